package main

import (
	"math/rand/v2"
	"slices"
	"testing"

	"xiangwen/rag/rank"
)

// TestLearnTrees: what a sum of separate inputs can't tell, trees do, and they are
// the same each time.
func TestLearnTrees(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	var rows []row
	for range 2000 {
		x := new(rank.Inputs)
		x[3], x[40], x[7] = random.Float64(), random.Float64(), random.Float64()
		r := row{x: x, weight: 1}
		if (x[3] > .5) != (x[40] > .5) {
			r.y = 1
		}
		rows = append(rows, r)
	}
	learned := learnTrees(rows)
	sum := func(x *rank.Inputs) (z float64) {
		for _, tree := range learned {
			z += tree.Value(x)
		}
		return z
	}
	wrong := 0
	for range 500 {
		x := new(rank.Inputs)
		x[3], x[40] = random.Float64(), random.Float64()
		if (sum(x) > 0) != ((x[3] > .5) != (x[40] > .5)) {
			wrong++
		}
	}
	if wrong > 25 {
		t.Errorf("%d of 500 are told wrongly", wrong)
	}
	for i, tree := range learnTrees(rows) {
		if !slices.Equal(tree.Splits, learned[i].Splits) || !slices.Equal(tree.Values, learned[i].Values) {
			t.Fatalf("tree %d differs when learned again", i)
		}
	}
}

func TestCuts(t *testing.T) {
	for _, c := range []struct {
		name         string
		values, want []float64
	}{
		{"none", []float64{0, 0, 0, 0}, nil},
		{"two values", []float64{1, 0, 1, 0, 0}, []float64{.5}},
		{"three", []float64{3, 1, 2, 1}, []float64{1.5, 2.5}},
		{"one row", []float64{4}, nil},
	} {
		if got := cutsOf(slices.Clone(c.values)); !slices.Equal(got, c.want) {
			t.Errorf("%s: cut at %v, want %v", c.name, got, c.want)
		}
	}
	many := make([]float64, 10000)
	for i := range many {
		many[i] = float64(i)
	}
	if n := len(cutsOf(many)); n >= bins || n < bins/2 {
		t.Errorf("%d cuts of 10,000 values", n)
	}
}
