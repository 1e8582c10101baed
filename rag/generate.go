package rag

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode"
	"unicode/utf8"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/index"
	"xiangwen/rag/proof"
)

//go:embed prompts/*.tmpl
var promptFiles embed.FS

var prompts = template.Must(template.New("").Option("missingkey=error").ParseFS(promptFiles, "prompts/*.tmpl"))

// sentPassages is how many passages a model is given: few and good ones.
const sentPassages = 5

// sentCharacters bounds the text of the passages that a model is given, in
// characters, each of which is about a token.
const sentCharacters = 2500

// fit are the first hits that a model is given: at least one.
func fit(hits []index.Hit) []index.Hit {
	length := 0
	for i, h := range hits[:min(sentPassages, len(hits))] {
		if length += utf8.RuneCountInString(h.Chunk.Text()); length > sentCharacters && i > 0 {
			return hits[:i]
		}
	}
	return hits[:min(sentPassages, len(hits))]
}

// visible leaves out what no reader sees and a model may obey: format characters,
// among them the Unicode tags, and those of private use.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, s)
}

// notFoundWord is what the prompt tells the model to say when the passages hold
// no answer.
const notFoundWord = "NOT_FOUND"

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
		Said                      []string
	}{Fence: fence, Language: q.Language, Question: visible(q.Text)}
	for _, c := range q.said {
		data.Said = append(data.Said, visible(c.Quote))
	}
	for i, h := range hits {
		a := h.Chunk.Article
		data.Passages = append(data.Passages, passage{i + 1, visible(h.Chunk.Breadcrumb()), visible(a.Source), visible(a.Date), visible(a.Place), strings.TrimSpace(visible(h.Chunk.Text()))})
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

// patience is how long a sentence that is complete but for marks that may follow
// is held back.
const patience = 20 * time.Millisecond

// errStop ends a reply that is not wanted any more.
var errStop = errors.New("the rest of the reply is not wanted")

// generate lets the model answer from the hits and hands each sentence to say as
// soon as it is complete. It returns when the reply has ended, or say returned an
// error, which is then its own.
func generate(ctx context.Context, chat Chat, q Question, hits []index.Hit, say func(written) error) (Usage, error) {
	system, user, err := prompt(q, hits, newFence())
	if err != nil {
		return Usage{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pieces := make(chan string)
	var usage Usage
	ended := make(chan error, 1)
	go func() {
		var err error
		usage, err = chat.Stream(ctx, Prompt{system, user}, func(s string) error {
			select {
			case pieces <- s:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		ended <- err
	}()
	var s splitter
	sayAll := func(sentences []written) error {
		for _, w := range sentences {
			if err := say(w); err != nil {
				return err
			}
		}
		return nil
	}
	for {
		var held <-chan time.Time
		if s.waits() {
			held = time.After(patience)
		}
		var err error
		select {
		case piece := <-pieces:
			err = sayAll(s.add(piece))
		case <-held:
			err = sayAll(s.flush(false))
		case failed := <-ended:
			return usage, cmp.Or(sayAll(s.flush(failed != nil)), failed)
		}
		if err != nil {
			cancel()
			<-ended
			return usage, err
		}
	}
}

// claim resolves the marks of a sentence to the ranges of the hits that support
// it best. A mark of nothing that was sent is a fault.
func (w written) claim(hits []index.Hit) (claim, *proof.Fault) {
	c := claim{text: w.text, line: w.line}
	for _, p := range w.parts {
		for _, n := range p.marks {
			if n < 1 || n > len(hits) {
				return c, &proof.Fault{Kind: proof.Mark, What: "[" + strconv.Itoa(n) + "]"}
			}
			for _, e := range support(p.text, hits[n-1].Chunk) {
				if !slices.Contains(c.cited, e) {
					c.cited = append(c.cited, e)
				}
			}
		}
	}
	return c, nil
}

// support are the sentences of a chunk that a sentence rests on: the one that
// shares most with it, and while a figure of the claim is missing, those that
// have it.
func support(text string, chunk knowledge.Chunk) []evidence {
	const most = 3
	body := chunk.Text()
	wanted := make(map[zh.Term]bool)
	normalized := zh.Normalize(text)
	for _, t := range zh.AppendTerms(nil, normalized) {
		wanted[t] = !t.IsUnigram()
	}
	figures := zh.Figures(normalized)
	var out []evidence
	for len(out) < most {
		var best evidence
		score := 0.0
		for _, s := range zh.Sentences(body) {
			said := zh.Normalize(s.Of(body))
			shared := 0
			for _, t := range zh.AppendTerms(nil, said) {
				if wanted[t] {
					shared++
				}
			}
			// Long sentences share more by chance.
			got := float64(shared) / (20 + float64(utf8.RuneCountInString(said)))
			for _, f := range figures {
				if slices.ContainsFunc(zh.Figures(said), f.Same) {
					got++
				}
			}
			if got > score {
				best, score = evidence{chunk.Article, zh.Span{Start: chunk.Start + s.Start, End: chunk.Start + s.End}}, got
			}
		}
		if score == 0 {
			break
		}
		out = append(out, best)
		figures = slices.DeleteFunc(figures, func(f zh.Figure) bool { return slices.ContainsFunc(zh.Figures(zh.Normalize(best.quote())), f.Same) })
		if len(figures) == 0 {
			break
		}
		clear(wanted)
	}
	if len(out) == 0 && strings.TrimSpace(body) != "" { // an English sentence shares nothing
		s := zh.Sentences(body)[0]
		out = append(out, evidence{chunk.Article, zh.Span{Start: chunk.Start + s.Start, End: chunk.Start + s.End}})
	}
	return out
}
