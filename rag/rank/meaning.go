package rank

import (
	"xiangwen/knowledge/zh"
	"xiangwen/rag/embed"
)

// likeness is how near a text comes in meaning to each of the question's
// bigrams, by bit: the best similarity of one of its own, from 0 to 1.
type likeness []float32

// floor is the cosine up to which two bigrams are as good as unrelated.
const floor = 0.35

// likeness of a normalised text. The similarities of each term of a text are
// computed once a question.
func (a *asker) likeness(text string) likeness {
	out := make(likeness, len(a.terms))
	a.buffer = zh.AppendTerms(a.buffer[:0], text)
	for _, t := range a.buffer {
		if t.IsUnigram() {
			continue
		}
		row, known := a.similar[t]
		if !known {
			row = a.similarities(t)
			a.similar[t] = row
		}
		for i, x := range row {
			out[i] = max(out[i], x)
		}
	}
	return out
}

// similarities of a term to each of the question's terms, nil if it is like none.
func (a *asker) similarities(t zh.Term) likeness {
	at := embed.News.Find(t)
	if at < 0 {
		return nil
	}
	var row likeness
	for i, n := range a.numbers {
		if n < 0 {
			continue
		}
		if c := embed.News.Cosine(at, n); c > floor {
			if row == nil {
				row = make(likeness, len(a.numbers))
			}
			row[i] = float32((c - floor) / (1 - floor))
		}
	}
	return row
}

// or is the better likeness of two, bit by bit.
func (l likeness) or(o likeness) likeness {
	if l == nil {
		return o
	}
	out := make(likeness, len(l))
	copy(out, l)
	for i, x := range o {
		out[i] = max(out[i], x)
	}
	return out
}

// meant is the part of the question's bigrams and words, by weight, that a text
// lacks and comes near to in meaning.
func (a *asker) meant(m mask, l likeness) float64 {
	if a.pairs == 0 {
		return 0
	}
	var sum float64
	for i, x := range l {
		if !m.has(i) && !a.terms[i].IsUnigram() {
			sum += a.weight[i] * float64(x)
		}
	}
	return sum / a.pairs
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
