package rank

import (
	"xiangwen/knowledge/zh"
	"xiangwen/rag/embed"
)

// likeness is how near a text comes in meaning to each of the question's
// bigrams, by bit: the best similarity of one of its own, from 0 to 1.
type likeness []float32

// add takes the better of two, bit by bit.
func (l likeness) add(o likeness) {
	for i, x := range o {
		if x > l[i] {
			l[i] = x
		}
	}
}

// floor is the cosine up to which two bigrams are as good as unrelated.
const floor = 0.35

// meaning compares texts with the question's bigrams and words. The similarities
// of each term of a text are computed once a question.
type meaning struct {
	bits    []int // of those of the question's terms that the table of vectors has
	few     *embed.Few
	at      []uint16 // by number in the table, which has less than 65,535: where in rows, plus one; 0 if not yet compared
	rows    []row    // the first one is that of all terms that are like none
	all     row      // what the rows are pieces of
	cosines []float64
}

// row is what a term is like.
type row []similarity

type similarity struct {
	bit  int
	like float32
}

func newMeaning(terms []zh.Term) *meaning {
	m := &meaning{}
	var numbers []int
	for bit, t := range terms {
		if n := embed.News.Find(t); n >= 0 && !t.IsUnigram() {
			m.bits, numbers = append(m.bits, bit), append(numbers, n)
		}
	}
	m.few = embed.News.Few(numbers)
	return m
}

// forget lets go of the similarities, which are computed again when they are asked for.
func (m *meaning) forget() {
	m.at, m.rows, m.all = nil, nil, nil
}

// similar is what a term is like.
func (m *meaning) similar(t zh.Term) row {
	number := embed.News.Find(t)
	if number < 0 {
		return nil
	}
	if m.at == nil {
		m.at, m.rows = make([]uint16, embed.News.Len()), make([]row, 1)
	}
	if m.at[number] == 0 {
		m.compare(number)
	}
	return m.rows[m.at[number]-1]
}

// compare fills in the row of a term.
func (m *meaning) compare(number int) {
	m.cosines = m.few.AppendCosines(m.cosines[:0], number)
	from := len(m.all)
	for i, c := range m.cosines {
		if c > floor {
			m.all = append(m.all, similarity{m.bits[i], float32((c - floor) / (1 - floor))})
		}
	}
	if m.at[number] = 1; len(m.all) > from {
		m.rows = append(m.rows, m.all[from:])
		m.at[number] = uint16(len(m.rows))
	}
}

// meant is the part of the question's bigrams and words, by weight, that a text
// lacks and comes near to in meaning.
func (a *asker) meant(m mask, l likeness) float64 { return a.meantOf(a.double, m, l) }

// meantOf is the same of some of them.
func (a *asker) meantOf(of, m mask, l likeness) float64 {
	var sum float64
	for i, x := range l {
		if x > 0 && of.has(i) && !m.has(i) {
			sum += a.weight[i] * float64(x)
		}
	}
	return share(sum, a.weigh(of))
}

// hasAsked is how near a text comes to what the question asks about: 1 if it has
// it.
func (a *asker) hasAsked(m mask, l likeness) (best float64) {
	for i := range a.terms {
		if a.asked.has(i) {
			if m.has(i) {
				return 1
			}
			best = max(best, float64(l[i]))
		}
	}
	return best
}

// meantBy is meantOf for a normalised text that was not read.
func (a *asker) meantBy(of, m mask, text string) float64 {
	if a.like == nil {
		a.like = make(likeness, len(a.terms))
	}
	clear(a.like)
	a.buffer = zh.AppendTerms(a.buffer[:0], text)
	a.likeOf(a.buffer, a.like)
	return a.meantOf(of, m, a.like)
}

// likeOf adds what the terms of a text are like.
func (a *asker) likeOf(terms []zh.Term, to likeness) {
	for _, t := range terms {
		if t.IsUnigram() {
			continue
		}
		for _, s := range a.meaning.similar(t) {
			to[s.bit] = max(to[s.bit], s.like)
		}
	}
}
