package rag

import (
	"regexp"
	"slices"
	"strings"

	"xiangwen/knowledge/zh"
	"xiangwen/rag/rank"
)

// MinConfidence is the one threshold of refusing: the estimated probability, both
// outcomes being equally likely beforehand, that the passages hold the answer,
// below which nothing is said. `xiangwen eval` prints what other values would
// answer and get wrong.
const MinConfidence = 0.20

// excerpts answers from the ranked sentences of an ordinary question.
func excerpts(q zh.Question, ranking rank.Ranking) []claim {
	p := policy
	if q.Asks > 1 || q.Kind == zh.List { // the answers stand in clauses of their own: cutting would take one
		p.Long = p.Most
	}
	var out []claim
	said := ranking.Excerpts(p)
	for i, e := range said {
		if slices.ContainsFunc(said[:i], func(o rank.Excerpt) bool { return alike(e.Sentence.Text(), o.Sentence.Text()) }) {
			continue // the same agency's story in another article
		}
		out = append(out, claimOf(q, newest(e, ranking.Sentences)))
	}
	return out
}

// newest is the excerpt from the article that is cited best for it, of those
// that have the same sentence.
func newest(e rank.Excerpt, sentences []rank.Sentence) rank.Excerpt {
	text := zh.Normalize(e.Sentence.Text())
	for i := range sentences {
		s := &sentences[i]
		if len(s.Clauses) == len(e.Clauses) && preferred(s.Article, e.Article) < 0 && zh.Normalize(s.Text()) == text {
			e.Sentence = s
		}
	}
	return e
}

// policy is what answers best for its length on held-out questions; rag/train
// prints how this one and its neighbours do.
var policy = rank.Policy{Price: 0.145, Long: 60, Short: 16, Least: 0.6, Count: 3, Next: 0.125, Most: 140}

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
	if q.Kind == zh.Time {
		text = fullDates(text, e.Article)
	}
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
var dateline = regexp.MustCompile(`^\s*(?:本[报報]|本刊|本[网網]|本[台臺]|新[华華]社|中新社|中新网|人民网|央视网|中央社|\p{Han}{2,6}(?:报|報|网|網|社|客户端))[\p{Han}\d]{0,14}?(?:讯|訊|电|電|消息)\s*(?:[（(][^（）()]{2,60}[）)]\s*|[\s:：]+)`)

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
