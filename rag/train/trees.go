package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"xiangwen/rag/rank"
)

// How trees are learned; chosen by cross-validation.
const (
	trees     = 300
	depth     = 5
	shrinkage = 0.1
	penalty   = 20.0 // on the values: so many rows are seen beside those of a leaf that say nothing
	bins      = 64   // each input is cut in so many parts that hold as many rows
	rowsUsed  = 0.7  // part of the rows that a tree is grown on; each split is chosen from half of the inputs
)

// row is an example of a decision.
type row struct {
	x      *rank.Inputs
	y      int
	weight float64
	set    string
}

// learnTrees maximises the likelihood of y by adding trees, each a Newton step
// (Friedman 2001; Chen and Guestrin 2016).
func learnTrees(rows []row) []rank.Tree {
	const inputs = len(rank.Inputs{})
	cuts := make([][]float64, inputs)
	binned := make([][]uint8, inputs) // by input and row: the number of cuts that it reaches
	for j := range inputs {
		values := make([]float64, len(rows))
		for i, r := range rows {
			values[i] = r.x[j]
		}
		cuts[j] = cutsOf(values)
		binned[j] = make([]uint8, len(rows))
		for i, r := range rows {
			n, found := slices.BinarySearch(cuts[j], r.x[j])
			if found {
				n++
			}
			binned[j][i] = uint8(n)
		}
	}
	var told []int // inputs that differ between rows
	for j := range inputs {
		if len(cuts[j]) > 0 {
			told = append(told, j)
		}
	}
	if len(told) == 0 {
		return nil
	}
	random := rand.New(rand.NewPCG(3, 4))
	z := make([]float64, len(rows))
	slope, curve := make([]float64, len(rows)), make([]float64, len(rows))
	leaf := make([]uint8, len(rows))
	var out []rank.Tree
	for range trees {
		var used []int
		for i, r := range rows {
			p := 1 / (1 + math.Exp(-z[i]))
			slope[i], curve[i] = r.weight*(float64(r.y)-p), r.weight*p*(1-p)
			if random.Float64() < rowsUsed {
				used = append(used, i)
			}
		}
		clear(leaf)
		var t rank.Tree
		for level := range depth {
			random.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
			candidates := told[:(len(told)+1)/2]
			gains, at := make([]float64, len(candidates)), make([]int, len(candidates))
			var working sync.WaitGroup
			for worker := range learners {
				working.Go(func() {
					for c := worker; c < len(candidates); c += learners {
						gains[c], at[c] = bestCut(binned[candidates[c]], len(cuts[candidates[c]]), used, leaf, 1<<level, slope, curve)
					}
				})
			}
			working.Wait()
			best := 0
			for c := range candidates {
				if gains[c] > gains[best] {
					best = c
				}
			}
			input := candidates[best]
			t.Splits = append(t.Splits, rank.Split{Input: input, Least: cuts[input][at[best]]})
			for i := range rows {
				if int(binned[input][i]) > at[best] {
					leaf[i] |= 1 << level
				}
			}
		}
		sums := make([][2]float64, 1<<depth)
		for _, i := range used {
			sums[leaf[i]][0] += slope[i]
			sums[leaf[i]][1] += curve[i]
		}
		for _, s := range sums {
			t.Values = append(t.Values, shrinkage*s[0]/(s[1]+penalty/4)) // a row that says nothing has a curvature of 1/4
		}
		for i := range rows {
			z[i] += t.Values[leaf[i]]
		}
		out = append(out, t)
	}
	return out
}

// cutsOf are where an input is cut: half-way between values, so that what is written
// in few digits cuts the same.
func cutsOf(values []float64) []float64 {
	slices.Sort(values)
	var cuts []float64
	for b := 1; b < bins; b++ {
		v := values[b*len(values)/bins]
		first, _ := slices.BinarySearch(values, v)
		if first == 0 {
			continue
		}
		if cut := (values[first-1] + v) / 2; len(cuts) == 0 || cut > cuts[len(cuts)-1] {
			cuts = append(cuts, cut)
		}
	}
	return cuts
}

// bestCut is the cut of an input that gains most, all leaves being split at it.
func bestCut(binned []uint8, cuts int, used []int, leaf []uint8, leaves int, slope, curve []float64) (gain float64, at int) {
	sums := make([][2]float64, leaves*bins)
	for _, i := range used {
		s := &sums[int(leaf[i])*bins+int(binned[i])]
		s[0] += slope[i]
		s[1] += curve[i]
	}
	worth := func(s [2]float64) float64 { return s[0] * s[0] / (s[1] + penalty/4) }
	gains := make([]float64, cuts)
	for l := range leaves {
		var all, below [2]float64
		of := sums[l*bins:][:cuts+1]
		for _, s := range of {
			all[0], all[1] = all[0]+s[0], all[1]+s[1]
		}
		for c := range cuts {
			below[0], below[1] = below[0]+of[c][0], below[1]+of[c][1]
			gains[c] += worth(below) + worth([2]float64{all[0] - below[0], all[1] - below[1]})
		}
	}
	for c, g := range gains {
		if g > gains[at] {
			at = c
		}
	}
	return gains[at], at
}
