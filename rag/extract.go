package rag

import (
	"strings"

	"xiangwen/knowledge/zh"
	"xiangwen/rag/rank"
)

// Limits of an extractive answer.
const (
	// minConfidence is the estimated probability, both outcomes being equally
	// likely beforehand, that the passages hold the answer, below which nothing
	// is said.
	minConfidence = 0.4
	maxPlaces     = 6 // articles that a question over several of them is answered from
)

// extract answers from the ranked sentences, or returns no claim if they hold no
// evidence.
func extract(q zh.Question, ranking rank.Ranking) []claim {
	if len(ranking.Sentences) == 0 {
		return nil
	}
	if q.Many {
		return places(q, ranking.Sentences)
	}
	if ranking.Confidence < minConfidence {
		return nil
	}
	return []claim{claimOf(q, &ranking.Sentences[0])}
}

// places answers a question over several articles: the best sentence of each
// article that is about it.
func places(q zh.Question, sentences []rank.Sentence) []claim {
	const (
		minContext = 0.4 // share of the question's terms, by rarity
		minScore   = 2.5 // points behind the best sentence
	)
	var out []claim
	used := map[string]bool{}
	for i := range sentences {
		s := &sentences[i]
		if used[s.Article.ID] || s.Score < sentences[0].Score-minScore || s.Context < minContext {
			continue
		}
		used[s.Article.ID] = true
		if out = append(out, claimOf(q, s)); len(out) == maxPlaces {
			break
		}
	}
	return out
}

// claimOf turns a sentence into what is said, with what names its subject in
// front where the reader could not know it.
func claimOf(q zh.Question, s *rank.Sentence) claim {
	c := claim{text: balance(s.Text()), cited: []evidence{{s.Article, s.Span}}}
	name, where := subject(q, s)
	if name == "" {
		return c
	}
	c.text = name + "：" + c.text
	if where != (zh.Span{}) { // what names it stands elsewhere in the article: cited too
		c.cited = append(c.cited, evidence{s.Article, where})
	}
	return c
}

// balance takes quotation marks off the ends of a sentence that open or close
// nothing in it.
func balance(s string) string {
	if strings.Count(s, "“") < strings.Count(s, "”") {
		s = strings.TrimSuffix(s, "”")
	}
	if strings.Count(s, "“") > strings.Count(s, "”") {
		s = strings.TrimPrefix(s, "“")
	}
	return s
}
