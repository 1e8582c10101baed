package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"xiangwen/knowledge/zh"
	"xiangwen/rag/embed"
)

// Settings of the skip-gram model with negative sampling (Mikolov et al., NIPS
// 2013), over overlapping bigrams instead of words.
const (
	dimension = 64
	epochs    = 3
	rate      = 0.05
	reachMost = 12   // characters to either side that a term's surroundings may have
	negatives = 5    // terms drawn at random for each that stood there
	frequent  = 4e-5 // share of the corpus from which on occurrences of a term are skipped
)

type model struct {
	words    []word
	number   map[zh.Term]int
	keep     []float32 // probability of keeping an occurrence, by number
	draw     []uint32  // numbers to draw negatives from: by count to the power of 3/4
	in, out  []float32 // vectors of terms, and of terms as surroundings
	gradient [dimension]float32
	sigmoid  [1024]float32
	random   *rand.Rand
}

func newModel(words []word) *model {
	m := &model{words: words, number: make(map[zh.Term]int, len(words)), random: rand.New(rand.NewPCG(1, 2))}
	m.in, m.out = make([]float32, len(words)*dimension), make([]float32, len(words)*dimension)
	for i := range m.in {
		m.in[i] = (m.random.Float32() - 0.5) / dimension
	}
	for i := range m.sigmoid {
		m.sigmoid[i] = float32(1 / (1 + math.Exp(-(float64(i)-512)/512*6)))
	}
	var total, sum float64
	for i, w := range words {
		m.number[w.term] = i
		total += float64(w.count)
		sum += m.chance(w)
	}
	m.draw = make([]uint32, 1<<22)
	at, share := 0, 0.0
	for i, w := range words {
		f := float64(w.count) / total
		m.keep = append(m.keep, float32(min(1, math.Sqrt(frequent/f)+frequent/f)))
		for share += m.chance(w) / sum; at < len(m.draw) && float64(at) < share*float64(len(m.draw)); at++ {
			m.draw[at] = uint32(i)
		}
	}
	return m
}

// chance of a term as a negative: single characters are nobody's surroundings.
func (m *model) chance(w word) float64 {
	if w.term.IsUnigram() {
		return 0
	}
	return math.Pow(float64(w.count), 0.75)
}

// occurrence of a term: its number and the character it begins at.
type occurrence struct {
	number, at int
	single     bool
}

func (m *model) learn(texts []string) {
	var terms []zh.Term
	var kept []occurrence
	for epoch := range epochs {
		for n, text := range texts {
			alpha := float32(rate * max(0.01, 1-float64(epoch*len(texts)+n)/float64(epochs*len(texts))))
			terms = zh.AppendTerms(terms[:0], text)
			kept = kept[:0]
			next := 0
			for _, t := range terms {
				at := next
				if t.IsBigram() {
					at = next - 2 // comes behind its second character
				} else {
					next++
				}
				if i, ok := m.number[t]; ok && m.random.Float32() <= m.keep[i] {
					kept = append(kept, occurrence{i, at, t.IsUnigram()})
				}
			}
			m.text(kept, alpha)
		}
		fmt.Println("epoch", epoch+1, "of", epochs)
	}
}

// text takes one step for each pair of terms of a text that stand near to each
// other and share no character.
func (m *model) text(kept []occurrence, alpha float32) {
	for i, center := range kept {
		reach := 2 + m.random.IntN(reachMost-1)
		for j := i - 1; j >= 0 && center.at-kept[j].at <= reach; j-- {
			if !kept[j].single && center.at-kept[j].at >= 2 {
				m.step(center.number, kept[j].number, alpha)
			}
		}
		for j := i + 1; j < len(kept) && kept[j].at-center.at <= reach; j++ {
			if !kept[j].single && kept[j].at-center.at >= 2 {
				m.step(center.number, kept[j].number, alpha)
			}
		}
	}
}

// step moves the vector of a term towards a term that stood near to it, and away
// from some that did not.
func (m *model) step(center, near int, alpha float32) {
	v := m.in[center*dimension:][:dimension]
	clear(m.gradient[:])
	for k := range negatives + 1 {
		target, label := near, float32(1)
		if k > 0 {
			if target, label = int(m.draw[m.random.Uint32()&(1<<22-1)]), 0; target == near {
				continue
			}
		}
		u := m.out[target*dimension:][:dimension]
		var dot float32
		for j, x := range v {
			dot += float32(x * u[j]) // the conversion forbids fused arithmetic: the same on every machine
		}
		g := label
		if dot > -6 {
			g -= m.sigmoid[min(1023, int((dot/6+1)*512))]
		}
		g *= alpha
		for j, x := range v {
			m.gradient[j] += float32(g * u[j])
			u[j] += float32(g * x)
		}
	}
	for j, x := range m.gradient {
		v[j] += x
	}
}

// entries are the terms with their vectors, cut to unit length.
func (m *model) entries() []embed.Entry {
	total := 0.0
	for _, w := range m.words {
		total += float64(w.count)
	}
	var out []embed.Entry
	for i, w := range m.words {
		v := m.in[i*dimension:][:dimension]
		var square float64
		for _, x := range v {
			square += float64(x) * float64(x)
		}
		unit := make([]float32, dimension)
		for j, x := range v {
			unit[j] = float32(float64(x) / max(1e-9, math.Sqrt(square)))
		}
		out = append(out, embed.Entry{Term: w.term, Share: float64(w.count) / total, Vector: unit})
	}
	return out
}
