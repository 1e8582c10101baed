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
// by a figure, nothing by another question, by something about the opposite, by
// what may have been another year or by what the question says already.
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
	answer := zh.Normalize(all.String())
	return !best.Opposed && addsTo(q, answer) && !best.OtherYear && !strings.HasSuffix(end, "？") && !strings.HasSuffix(end, "?") &&
		q.Suits(answer)
}

// addsTo reports whether an answer has any character that the question, if it is
// none of yes or no, has not.
func addsTo(q zh.Question, answer string) bool {
	return q.Kind == zh.YesNo || strings.ContainsFunc(answer, func(r rune) bool { return zh.IsWord(r) && !strings.ContainsRune(q.Text, r) })
}
