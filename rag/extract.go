package rag

import (
	"regexp"
	"strings"

	"xiangwen/knowledge/zh"
	"xiangwen/rag/rank"
)

// MinConfidence is the one threshold of refusing: the estimated probability, both
// outcomes being equally likely beforehand, that the passages hold the answer,
// below which nothing is said. `xiangwen eval` prints what other values would
// answer and get wrong.
const MinConfidence = 0.33

// maxPlaces is how many articles a question over several of them is answered
// from.
const maxPlaces = 6

// extract answers from the ranked sentences.
func extract(q zh.Question, ranking rank.Ranking) []claim {
	if len(ranking.Sentences) == 0 {
		return nil
	}
	if q.Many {
		return places(q, ranking.Sentences)
	}
	var out []claim
	p := policy
	if q.Asks > 1 { // the answers stand in clauses of their own: cutting would take one
		p.Long = p.Most
	}
	for _, e := range ranking.Excerpts(p) {
		out = append(out, claimOf(q, e))
	}
	return out
}

// policy is what answers best for its length on held-out questions; rag/train
// prints how this one and its neighbours do.
var policy = rank.Policy{Long: 60, Window: 0.95, Sure: 0.55, Second: 0.18, Most: 120}

// eachPlace is for answers from several articles: a clause or two of each.
var eachPlace = rank.Policy{Long: 40, Window: 0.8}

// places answers a question over several articles: the best sentence of each
// article that is about it.
func places(q zh.Question, sentences []rank.Sentence) []claim {
	const (
		minContext = 0.3 // share of the question's terms, by rarity
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
		if out = append(out, claimOf(q, s.Excerpt(eachPlace))); len(out) == maxPlaces {
			break
		}
	}
	return out
}

// claimOf turns an excerpt into what is said: without the dateline, a cut marked,
// and with what names its subject in front where the reader could not know it.
// The evidence is the whole sentence.
func claimOf(q zh.Question, e rank.Excerpt) claim {
	text := e.Text()
	if e.From == 0 {
		text = text[len(dateline.FindString(text)):]
	} else {
		text = "…" + text
	}
	text = balance(text)
	if e.To < len(e.Clauses) {
		text = strings.TrimRight(text, "，；：,;: ") + "…"
	}
	c := claim{text: text, cited: []evidence{{e.Article, e.Span}}}
	if e.From > 0 {
		return c
	}
	name, where := subject(q, e.Sentence)
	if name == "" {
		return c
	}
	c.text = name + "：" + c.text
	if where != (zh.Span{}) { // what names it stands elsewhere in the article: cited too
		c.cited = append(c.cited, evidence{e.Article, where})
	}
	return c
}

// dateline is where a report says who filed it from where: 本报讯（记者某某）,
// 新华社某地8月1日电. It answers nothing.
var dateline = regexp.MustCompile(`^\s*(?:本报|本刊|本网|本台|新华社|中新社|中新网|人民网|央视网|\p{Han}{2,6}(?:报|网|社|客户端))[\p{Han}\d]{0,14}?(?:讯|电|消息)\s*(?:[（(][^（）()]{2,60}[）)]\s*|[\s:：]+)`)

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
