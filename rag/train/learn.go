package main

import (
	"math"
	"slices"
	"strings"

	"xiangwen/rag/eval"
	"xiangwen/rag/rank"
)

// learn fits the nets that choose sentences and clauses, and the evidence behind them.
func learn(examples []example) rank.Weights {
	var w rank.Weights
	w.Sentence = learnNets(len(rank.Names), rank.SentenceUnits, balanced(sentences(examples)))
	w.Clause = learnNets(len(rank.ClauseNames), rank.ClauseUnits, balanced(clauses(examples)))
	w.Trees = learnEvidence(examples, &w)
	return w
}

// list is one choice to learn from: options, of which some are right.
type list struct {
	set     string
	options [][]float64
	right   []bool
}

// often is how many times a list of a small set is learned from, at the most, for
// each of the largest: what is asked of one kind of text would be drowned otherwise.
const often = 3

// balanced has the lists of the smaller sets several times.
func balanced(lists []list) (out []list) {
	sizes := make(map[string]float64)
	largest := 0.0
	for _, l := range lists {
		sizes[l.set]++
		largest = max(largest, sizes[l.set])
	}
	for _, l := range lists {
		for range min(often, int(math.Round(math.Sqrt(largest/sizes[l.set])))) {
			out = append(out, l)
		}
	}
	return out
}

// sentences are the choices among the sentences found for a question.
func sentences(examples []example) []list {
	var out []list
	for i := range examples {
		e := &examples[i]
		if e.kind != given || !e.answer || strings.HasSuffix(e.set, small) {
			continue
		}
		l := list{set: e.set}
		for j := range e.ranking.Sentences {
			if e.perhaps[j] {
				continue
			}
			l.right = append(l.right, e.right[j])
			l.options = append(l.options, e.ranking.Sentences[j].Features[:])
		}
		out = append(out, l)
	}
	return out
}

// clauses are the choices among the clauses of the sentences that are right.
func clauses(examples []example) []list {
	var out []list
	for i := range examples {
		e := &examples[i]
		if e.kind != given || strings.HasSuffix(e.set, small) {
			continue
		}
		for j := range e.ranking.Sentences {
			s := &e.ranking.Sentences[j]
			if !e.right[j] || len(s.Clauses) < 2 {
				continue
			}
			l := list{set: e.set}
			any := false
			for k := range s.Clauses {
				c := &s.Clauses[k]
				right := eval.Holds(c.Span.Of(s.Article.Text), e.answers)
				any = any || right
				l.right = append(l.right, right)
				l.options = append(l.options, c.Features[:])
			}
			if any { // an answer across a comma is no clause's
				out = append(out, l)
			}
		}
	}
	return out
}

// learnEvidence fits trees that tell whether the best sentence holds the answer, on
// the rankings that the sentence weights give.
func learnEvidence(examples []example, w *rank.Weights) []rank.Tree {
	made := make([]*row, len(examples))
	each(len(examples), func(i int) {
		e := &examples[i]
		ranking := e.sorted(w)
		if len(ranking.Sentences) == 0 {
			return
		}
		best := placeOf(&ranking.Sentences[0])
		if e.places(e.perhaps)[best] {
			return
		}
		r := row{x: ranking.Inputs(), set: e.set, weight: 1}
		if e.places(e.right)[best] {
			r.y = 1
		}
		if e.kind == notTold {
			r.weight = natural
		}
		made[i] = &r
	})
	var rows []row
	for _, r := range made {
		if r != nil {
			rows = append(rows, *r)
		}
	}
	return learnTrees(weighted(rows))
}

// weighted makes the sets count the same, and in each of them the right and the wrong,
// so that 0.5 is where the classes balance.
func weighted(rows []row) []row {
	classes := make(map[string]*[2]float64)
	for _, r := range rows {
		if classes[r.set] == nil {
			classes[r.set] = new([2]float64)
		}
		classes[r.set][r.y] += r.weight
	}
	for i := range rows {
		rows[i].weight *= float64(len(rows)) / float64(2*len(classes)) / classes[rows[i].set][rows[i].y]
	}
	return rows
}

// sorted is the example's ranking by the weights; the example's own stays as it was.
func (e *example) sorted(w *rank.Weights) rank.Ranking {
	ranking := e.ranking
	ranking.Sentences = slices.Clone(ranking.Sentences)
	ranking.Sort(w)
	ranking.Slim()
	return ranking
}

// each calls a function for the numbers below n, on all cores.
func each(n int, do func(i int)) {
	group := inParallel()
	for i := range n {
		group.Go(func() error {
			do(i)
			return nil
		})
	}
	group.Wait() // none of them fails
}

// natural is how many simulated questions without an answer one counts for that
// somebody has asked.
const natural = 8

type adam struct {
	rate  float64
	m, v  []float64
	steps int
}

func newAdam(n int, rate float64) *adam {
	return &adam{rate: rate, m: make([]float64, n), v: make([]float64, n)}
}

func (a *adam) ascend(w, gradient []float64) {
	a.steps++
	for j, g := range gradient {
		a.m[j] = 0.9*a.m[j] + 0.1*g
		a.v[j] = 0.999*a.v[j] + 0.001*g*g
		m := a.m[j] / (1 - math.Pow(0.9, float64(a.steps)))
		v := a.v[j] / (1 - math.Pow(0.999, float64(a.steps)))
		w[j] += a.rate * m / (math.Sqrt(v) + 1e-8)
	}
}
