package main

import (
	"slices"

	"xiangwen/rag/rank"
)

// Two rules to measure the learned weights by. Neither judges the evidence or
// knows the clauses.

// naive takes the sentence with most of the question's bigrams, by rarity.
func naive() rank.Weights { return weights(map[string]float64{"pairs": 1}) }

// byHand is what one would think of: words of the question in the sentence and
// around it, and something of the kind that is asked for, near to them.
func byHand() rank.Weights {
	return weights(map[string]float64{
		"pairs": 6, "pairs_before": 1, "pairs_title": 2, "pairs_passage": 1, "left_adjacent": 0.5, "right_adjacent": 0.5,
		"answer_near": 2, "answer_clause": 1, "names": 1, "figures": 1, "passage": 2, "question": -2, "short": -1,
		"number_missing": -2, "time_missing": -2, "person_missing": -1, "place_missing": -1, "org_missing": -1, "reason": 1, "list": 0.5,
	})
}

func weights(features map[string]float64) rank.Weights {
	w := rank.Weights{Sentence: rank.NewNet(len(rank.Names), 0), Clause: rank.NewNet(len(rank.ClauseNames), 0)}
	for name, value := range features {
		i := slices.Index(rank.Names[:], name)
		if i < 0 {
			panic("there is no feature " + name)
		}
		w.Sentence.Linear[i] = value
	}
	return w
}
