package rag

import (
	"strings"

	"xiangwen/knowledge/zh"
	"xiangwen/rag/rank"
)

// What of the confidence is left to an answer that does not suit its question, by
// rules that hold whatever was learned.
const (
	// unsuited: on the question sets, few of these answers were right, so it is no more
	// than MinConfidence.
	unsuited = 0.2
	// doubtful: one in two was.
	doubtful = 0.5
)

// suitability is what of the confidence is left to what would be said. When is
// answered by a time, how many by a figure, a price by what speaks of a price;
// nothing by another question, by something about the opposite, by what may have been
// another year or by what the question says already.
func suitability(q zh.Question, ranking rank.Ranking) float64 {
	said := ranking.Excerpts(policy)
	if len(said) == 0 {
		return 1
	}
	var excerpts, whole strings.Builder
	for _, e := range said {
		excerpts.WriteString(e.Text())
		whole.WriteString(e.Article.Title + "\n" + e.Sentence.Text() + "\n")
	}
	best := said[0]
	end := strings.TrimRight(best.Text(), " ”\"")
	answer, told := zh.Normalize(excerpts.String()), zh.Normalize(whole.String())
	switch {
	case best.Opposed || best.OtherYear || strings.HasSuffix(end, "？") || strings.HasSuffix(end, "?"),
		!addsTo(q, answer), !q.Suits(answer), !q.Tells(told):
		return unsuited
	case !q.Counts(told) && q.Crowd() != "": // of 64 that speak of none of those asked for, 14 were right
		return unsuited
	case !q.Counts(told):
		return doubtful
	}
	return 1
}

// addsTo reports whether an answer has any character that the question, if it is
// none of yes or no, has not.
func addsTo(q zh.Question, answer string) bool {
	return q.Kind == zh.YesNo || strings.ContainsFunc(answer, func(r rune) bool { return zh.IsWord(r) && !strings.ContainsRune(q.Text, r) })
}
