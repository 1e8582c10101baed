package main

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"xiangwen/rag"
	"xiangwen/rag/eval"
	"xiangwen/rag/rank"
)

// policies are ways to cut and to add a second sentence that the report compares;
// rag uses the one numbered inUse.
var policies = []rank.Policy{
	{Long: 1000, Count: 1},
	{Price: .145, Long: 60, Short: 16, Least: .6, Next: .125, Count: 1},
	{Price: .145, Long: 60, Short: 16, Least: .6, Next: .125, Count: 2, Most: 140},
	{Price: .13, Long: 60, Short: 16, Least: .6, Next: .125, Count: 3, Most: 140},
	{Price: .145, Long: 60, Short: 16, Least: .6, Next: .125, Count: 3, Most: 140},
	{Price: .15, Long: 60, Short: 16, Least: .6, Next: .125, Count: 3, Most: 140},
}

const inUse = 4

// tally is what the report knows of a set.
type tally struct {
	set         string
	questions   float64
	hit, length []float64            // by policy: answers that hold what was wanted; their characters
	confidence  map[string][]float64 // by kind of example
	said        [2]float64           // hits and characters under the policy in use, where rag would not refuse
	answered    float64
}

// measured is what the report knows of an example.
type measured struct {
	confidence  float64
	hit, length []float64 // by policy
}

// report prints how good the weights are, by set.
func report(what string, examples []example, weights func(fold int) *rank.Weights) {
	results := make([]measured, len(examples))
	each(len(examples), func(i int) { results[i] = measure(&examples[i], weights(examples[i].fold)) })
	var tallies []*tally
	for i := range examples {
		e := &examples[i]
		at := slices.IndexFunc(tallies, func(t *tally) bool { return t.set == e.set })
		if at < 0 {
			at = len(tallies)
			tallies = append(tallies, &tally{set: e.set, hit: make([]float64, len(policies)), length: make([]float64, len(policies)), confidence: map[string][]float64{}})
		}
		tallies[at].add(e.kind, results[i])
	}
	fmt.Println(what)
	for _, t := range tallies {
		t.print()
	}
}

func measure(e *example, w *rank.Weights) measured {
	ranking := e.sorted(w)
	m := measured{confidence: ranking.Confidence}
	if e.kind != given {
		return m
	}
	right := e.places(e.right)
	for _, p := range policies {
		hit, length := 0.0, 0.0
		for _, x := range ranking.Excerpts(p) {
			length += float64(utf8.RuneCountInString(x.Text()))
			if right[placeOf(x.Sentence)] && eval.Holds(x.Text(), e.answers) {
				hit = 1
			}
		}
		m.hit, m.length = append(m.hit, hit), append(m.length, length)
	}
	return m
}

func (t *tally) add(kind string, m measured) {
	t.confidence[kind] = append(t.confidence[kind], m.confidence)
	if kind != given {
		return
	}
	t.questions++
	rank.AddTimes(t.hit, m.hit, 1)
	rank.AddTimes(t.length, m.length, 1)
	if m.confidence >= rag.MinConfidence {
		t.answered++
		t.said[0] += m.hit[inUse]
		t.said[1] += m.length[inUse]
	}
}

func (t *tally) print() {
	fmt.Printf("  %s: %.0f questions\n", t.set, t.questions)
	for i, p := range policies {
		fmt.Printf("    hit %.3f, mean length %5.1f  %+v\n", t.hit[i]/t.questions, t.length[i]/t.questions, p)
	}
	fmt.Printf("    with refusals at confidence %.2f: hit %.3f, mean length %5.1f, refuses %.1f %% falsely\n",
		rag.MinConfidence, t.said[0]/t.questions, t.said[1]/max(1, t.answered), 100*(1-t.answered/t.questions))
	confidence := slices.Sorted(slices.Values(t.confidence[given]))
	for _, refusals := range []float64{0.05, 0.08, 0.15} {
		at := confidence[int(refusals*float64(len(confidence)))]
		fmt.Printf("    confidence %.2f refuses %2.0f %% falsely", at, refusals*100)
		for _, kind := range []string{articleRemoved, sentenceRemoved, nameChanged} {
			n := 0.0
			for _, c := range t.confidence[kind] {
				if c < at {
					n++
				}
			}
			fmt.Printf(", %3.0f %% with the %s", 100*n/float64(len(t.confidence[kind])), kind)
		}
		fmt.Println()
	}
}
