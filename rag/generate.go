package rag

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"strings"
	"text/template"
	"unicode/utf8"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/index"
)

//go:embed prompts/*.tmpl
var promptFiles embed.FS

var prompts = template.Must(template.New("").Option("missingkey=error").ParseFS(promptFiles, "prompts/*.tmpl"))

// sentPassages is how many passages a model is given: few and good ones.
const sentPassages = 5

// notFoundWord is what the prompt tells the model to say when the passages hold
// no answer.
const notFoundWord = "NOT_FOUND"

var errModelFoundNothing = errors.New("the model found no answer in the passages")

// prompt renders what is sent. fence must be a string that the passages can't
// hold; see newFence.
func prompt(q Question, hits []index.Hit, fence string) (system, user string, err error) {
	type passage struct {
		Number                           int
		Title, Source, Date, Place, Text string
	}
	data := struct {
		Fence, Language, Question string
		Passages                  []passage
	}{Fence: fence, Language: q.Language, Question: q.Text}
	for i, h := range hits {
		a := h.Chunk.Article
		data.Passages = append(data.Passages, passage{i + 1, h.Chunk.Breadcrumb(), a.Source, a.Date, a.Place, strings.TrimSpace(h.Chunk.Text())})
	}
	var s, u strings.Builder
	if err := prompts.ExecuteTemplate(&s, "system.tmpl", data); err != nil {
		return "", "", fmt.Errorf("render prompt: %w", err)
	}
	if err := prompts.ExecuteTemplate(&u, "user.tmpl", data); err != nil {
		return "", "", fmt.Errorf("render prompt: %w", err)
	}
	return s.String(), u.String(), nil
}

// newFence makes a delimiter that no article can have foreseen.
func newFence() string { return "=====" + rand.Text()[:12] + "=====" }

// generate lets the model answer from the hits. The claims are what it said,
// each with the ranges that support it best; nothing is verified yet.
func generate(ctx context.Context, chat Chat, q Question, hits []index.Hit) ([]claim, error) {
	hits = hits[:min(sentPassages, len(hits))]
	system, user, err := prompt(q, hits, newFence())
	if err != nil {
		return nil, err
	}
	var said strings.Builder
	if _, err := chat.Stream(ctx, Prompt{system, user}, func(s string) error { said.WriteString(s); return nil }); err != nil {
		return nil, err
	}
	reply := said.String()
	if strings.Contains(reply, notFoundWord) {
		return nil, errModelFoundNothing
	}
	var claims []claim
	for _, s := range parseMarked(reply) {
		c := claim{text: s.text}
		for _, n := range s.marks {
			if n < 1 || n > len(hits) {
				continue // a mark of nothing proves nothing
			}
			c.cited = append(c.cited, support(s.text, hits[n-1].Chunk))
		}
		claims = append(claims, c)
	}
	return claims, nil
}

// support is the range of the chunk that a sentence rests on: the sentence of
// the chunk that shares most with it, widened to its neighbours while a figure
// of the claim is missing from it.
func support(text string, chunk knowledge.Chunk) evidence {
	body := chunk.Text()
	sentences := zh.Sentences(body)
	want := make(map[zh.Term]bool)
	for _, t := range zh.AppendTerms(nil, zh.Normalize(text)) {
		want[t] = !t.IsUnigram()
	}
	best, most := 0, -1.0
	for i, s := range sentences {
		shared := 0
		for _, t := range zh.AppendTerms(nil, zh.Normalize(s.Of(body))) {
			if want[t] {
				shared++
			}
		}
		// Long sentences share more by chance.
		if score := float64(shared) / (20 + float64(utf8.RuneCountInString(s.Of(body)))); score > most {
			best, most = i, score
		}
	}
	first, last := best, best
	for {
		span := zh.Span{Start: chunk.Start + sentences[first].Start, End: chunk.Start + sentences[last].End}
		e := evidence{chunk.Article, span}
		if _, ok := unproven(text, citedText{e.quote(), chunk.Article.Date}); ok || first == 0 && last == len(sentences)-1 || last-first >= 3 {
			return e
		}
		if last+1 < len(sentences) {
			last++
		} else {
			first--
		}
	}
}
