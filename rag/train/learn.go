package main

import (
	"math"
	"slices"
	"strings"

	"xiangwen/rag/eval"
	"xiangwen/rag/rank"
)

// learn fits the nets that choose sentences and clauses, and the evidence behind them.
func learn(examples []example, l2 float64) rank.Weights {
	var w rank.Weights
	w.Sentence = learnNet(len(rank.Names), rank.SentenceUnits, sentences(examples))
	w.Clause = learnNet(len(rank.ClauseNames), rank.ClauseUnits, clauses(examples))
	learnEvidence(examples, &w, l2)
	return w
}

// list is one choice to learn from: options, of which some are right.
type list struct {
	options [][]float64
	right   []bool
	weight  float64
}

// weightOf an example in the choice among sentences and clauses: news counts
// twice, for it is what the desk is asked about and there is less of it.
func weightOf(e *example) float64 {
	if strings.HasPrefix(e.set, "crud") {
		return 2
	}
	return 1
}

// sentences are the choices among the sentences found for a question.
func sentences(examples []example) []list {
	var out []list
	for i := range examples {
		e := &examples[i]
		if e.kind != given || !e.answer || strings.HasSuffix(e.set, small) {
			continue
		}
		l := list{weight: weightOf(e)}
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
			l := list{weight: weightOf(e)}
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

// learnEvidence fits a logistic regression of whether the best sentence holds the
// answer, on the rankings that the sentence weights give.
func learnEvidence(examples []example, w *rank.Weights, l2 float64) {
	const n, m = len(rank.EvidenceNames), len(rank.Names)
	type row struct {
		x   [n + m + 1]float64
		y   int
		set string
	}
	var rows []row
	weights := make(map[string]*[2]float64) // by set, so that no set is mostly one class
	for i := range examples {
		e := examples[i]
		right, perhaps := e.places(e.right), e.places(e.perhaps)
		e.ranking.Sentences = slices.Clone(e.ranking.Sentences)
		e.ranking.Sort(w)
		if len(e.ranking.Sentences) == 0 || perhaps[placeOf(&e.ranking.Sentences[0])] {
			continue
		}
		best := &e.ranking.Sentences[0]
		r := row{set: e.set}
		copy(r.x[:n], e.ranking.Evidence[:])
		copy(r.x[n:], best.Features[:])
		r.x[n+m] = 1
		if right[placeOf(best)] {
			r.y = 1
		}
		if weights[e.set] == nil {
			weights[e.set] = new([2]float64)
		}
		weights[e.set][r.y]++
		rows = append(rows, r)
	}
	step := newAdam(n+m+1, 0.05)
	parameters, gradient := make([]float64, n+m+1), make([]float64, n+m+1)
	for range 800 {
		clear(gradient)
		for i := range rows {
			r := &rows[i]
			z := 0.0
			for j, x := range r.x {
				z += parameters[j] * x
			}
			// Both classes weigh the same, so that 0.5 is where they balance.
			d := (float64(r.y) - 1/(1+math.Exp(-z))) / weights[r.set][r.y]
			for j, x := range r.x {
				gradient[j] += d * x
			}
		}
		for j := range n + m {
			gradient[j] -= l2 * parameters[j] / float64(len(rows))
		}
		step.ascend(parameters, gradient)
	}
	copy(w.Evidence[:], parameters[:n])
	copy(w.Best[:], parameters[n:n+m])
	w.Bias = parameters[n+m]
}

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
