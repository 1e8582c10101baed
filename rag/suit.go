package rag

import (
	"strings"

	"xiangwen/knowledge/zh"
	"xiangwen/rag/rank"
)

// unsuited is what of the confidence is left to an answer that does not suit its
// question, by rules that hold whatever was learned: on the question sets, next to
// none of the answers against them was right.
const unsuited = 0.25

// suits judges what would be said as a whole. When is answered by a time, how many
// by a figure, nothing by another question, by something about the opposite or by
// what may have been another year.
func suits(q zh.Question, ranking rank.Ranking) bool {
	said := ranking.Excerpts(policy)
	if len(said) == 0 {
		return true
	}
	var all strings.Builder
	for _, e := range said {
		all.WriteString(e.Text())
	}
	best := said[0]
	end := strings.TrimRight(best.Text(), " ”\"")
	return !best.Opposed && !best.OtherYear && !strings.HasSuffix(end, "？") && !strings.HasSuffix(end, "?") &&
		q.Suits(zh.Normalize(all.String()))
}
