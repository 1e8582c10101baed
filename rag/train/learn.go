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
	w.Sentence = learnNet(len(rank.Names), rank.SentenceUnits, sentences(examples))
	w.Clause = learnNet(len(rank.ClauseNames), rank.ClauseUnits, clauses(examples))
	w.Trees = learnEvidence(examples, &w)
	return w
}

// list is one choice to learn from: options, of which some are right.
type list struct {
	options [][]float64
	right   []bool
}

// sentences are the choices among the sentences found for a question.
func sentences(examples []example) []list {
	var out []list
	for i := range examples {
		e := &examples[i]
		if e.kind != given || !e.answer || strings.HasSuffix(e.set, small) {
			continue
		}
		var l list
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
			var l list
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
	var rows []row
	classes := make(map[string]*[2]float64) // by set, so that no set is mostly one class
	for i := range examples {
		e := examples[i]
		right, perhaps := e.places(e.right), e.places(e.perhaps)
		e.ranking.Sentences = slices.Clone(e.ranking.Sentences)
		e.ranking.Sort(w)
		e.ranking.Slim()
		if len(e.ranking.Sentences) == 0 || perhaps[placeOf(&e.ranking.Sentences[0])] {
			continue
		}
		r := row{x: e.ranking.Inputs(), set: e.set, weight: 1}
		if right[placeOf(&e.ranking.Sentences[0])] {
			r.y = 1
		}
		if e.kind == notTold {
			r.weight = natural
		}
		if classes[e.set] == nil {
			classes[e.set] = new([2]float64)
		}
		classes[e.set][r.y] += r.weight
		rows = append(rows, r)
	}
	for i := range rows { // so that 0.5 is where the classes balance
		rows[i].weight *= float64(len(rows)) / float64(2*len(classes)) / classes[rows[i].set][rows[i].y]
	}
	return learnTrees(rows)
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
