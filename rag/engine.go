// Package rag turns a question into an answer that is proven by what the paper
// printed: it retrieves passages (rag/index), lets a model write from them or
// picks the sentences that answer, and verifies every sentence in code. It
// speaks no words of its own to readers; see bot for those.
package rag

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/index"
	"xiangwen/rag/proof"
	"xiangwen/rag/rank"
)

// Options configure an Engine.
type Options struct {
	Embedder index.Embedder
	Index    index.Options
	Chat     Chat          // nil answers extractively
	Timeout  time.Duration // for the model's answer; 0 is 20 s
	// DailyTokens is how many tokens a model may cost a day, after which it is not
	// asked; 0 is no bound.
	DailyTokens int
	Ledger      Ledger // nil counts since the start of the process
	// Remember is how many answers made without a model are given again to the same
	// question, as long as the knowledge stays; 0 is none.
	Remember int
	// Weights rank the sentences of answers made without a model; nil takes those that
	// rag/train has learned.
	Weights *rank.Weights
	// CacheFor is how long a model's whole answer is given again to the same
	// question on the same knowledge; 0 is not at all.
	CacheFor time.Duration
}

// Engine answers questions from a library that can be replaced at any time. It
// is safe for concurrent use: questions finish on the library they began with.
type Engine struct {
	options  Options
	log      *slog.Logger
	index    atomic.Pointer[index.Index]
	examples atomic.Pointer[[]string]
	spending *spending
	given    *lru.Cache[string, Answer] // nil if none are given again
}

var _ Asker = (*Engine)(nil)

// NewEngine makes an engine without any knowledge; see [Engine.Update].
func NewEngine(options Options, log *slog.Logger) *Engine {
	if options.Timeout == 0 {
		options.Timeout = 20 * time.Second
	}
	if options.Weights == nil {
		options.Weights = rank.Learned()
	}
	// More searches at once than cores only make each of them slower (RETRIEVAL.md,
	// p99 of 5 ms instead of 135).
	options.Index.Slots = make(chan struct{}, runtime.NumCPU())
	e := &Engine{options: options, log: log, spending: newSpending(options.DailyTokens, options.Ledger, options.CacheFor)}
	if options.Remember > 0 {
		e.given, _ = lru.New[string, Answer](options.Remember) // its only error is a size below one
	}
	return e
}

// Update indexes the library beside the one in use and swaps them. It fails only
// when ctx is done; then nothing has changed.
func (e *Engine) Update(ctx context.Context, library *knowledge.Library) (knowledge.Diff, error) {
	before := e.index.Load()
	var old *knowledge.Library
	if before != nil {
		old = before.Library()
	}
	diff := knowledge.Compare(old, library)
	if before != nil && diff.Empty() && before.Missing() == 0 {
		return diff, nil
	}
	next, err := index.Build(ctx, library, e.options.Embedder, e.options.Index, before)
	if next == nil {
		return knowledge.Diff{}, fmt.Errorf("index the library: %w", err)
	}
	if err != nil {
		e.log.Warn("some chunks have no vector and are found by their words only", "error", err)
	}
	e.index.Store(next)
	e.examples.Store(nil)
	return diff, nil
}

// source is what a question is answered from: the library it began with, and how
// sentences are ranked.
type source struct {
	*index.Index
	weights *rank.Weights
}

func (e *Engine) source() source { return source{e.index.Load(), e.options.Weights} }

func (x source) rank(q zh.Question, hits []index.Hit) rank.Ranking {
	return rank.Rank(q, hits, x.IDF, x.weights)
}

// Library is what is known now: an empty one before the first Update.
func (e *Engine) Library() *knowledge.Library {
	if x := e.index.Load(); x != nil {
		return x.Library()
	}
	return knowledge.NewLibrary(nil, nil)
}

// Chunks is how many chunks the library was cut into.
func (e *Engine) Chunks() int {
	if x := e.index.Load(); x != nil {
		return x.Len()
	}
	return 0
}

const defaultPassages = 10

// Ask answers a question. Its text is not filled in where there is nothing to
// cite: the words for that are the front end's.
func (e *Engine) Ask(ctx context.Context, q Question) Answer {
	x := e.source()
	if x.Index == nil {
		return Answer{Status: Failed}
	}
	asked := q.Text
	var a Answer
	e.complete(ctx, &q, &a)
	if e.given == nil || e.options.Chat != nil && !q.Extractive {
		return e.answer(ctx, x, q, asked, a)
	}
	key := answerKey(q, strconv.FormatBool(q.Eager)+" "+strconv.Itoa(q.Passages), x.Library().Version())
	start := time.Now()
	given, known := e.given.Get(key)
	if !known {
		given = e.answer(ctx, x, q, asked, a)
		if given.Status == Answered || given.Status == Partial || given.Status == NotFound {
			e.given.Add(key, given)
		}
		return given
	}
	given.Question, given.SearchedFor, given.Usage = asked, a.SearchedFor, a.Usage
	given.Stages = Stages{Retrieve: milliseconds(start)}
	return given
}

// answer is what Ask does for a question that leans on nothing any more; a holds
// what is known of the answer so far.
func (e *Engine) answer(ctx context.Context, x source, q Question, asked string, a Answer) Answer {
	parsed := zh.ParseQuestion(q.Text)
	if len(parsed.Terms) == 0 && !parsed.News {
		return Answer{Status: Clarify, SearchedFor: a.SearchedFor, Usage: a.Usage}
	}
	if q.Passages <= 0 {
		q.Passages = defaultPassages
	}
	a.Question = asked
	start := time.Now()
	hits, parts, err := searchAll(ctx, x.Index, parsed, max(q.Passages, defaultPassages), q.Article)
	if err != nil {
		if ctx.Err() != nil {
			e.log.Warn("question was given up before it was answered", "error", ctx.Err())
			return Answer{Status: Failed}
		}
		var fault *ModelError
		level := slog.LevelWarn
		if errors.As(err, &fault) && fault.Reason == Resting {
			level = slog.LevelDebug // said once, when it began to rest
		}
		e.log.Log(ctx, level, "vectors could not be asked, the passages are ranked by words", "error", err)
	}
	a.Stages.Retrieve = milliseconds(start)
	shown := hits
	if best := merged(parts); len(best) > 0 {
		shown = best
	}
	for _, h := range shown[:min(q.Passages, len(shown))] {
		a.Passages = append(a.Passages, passage(h))
	}
	if e.options.Chat != nil && !q.Extractive && len(shown) > 0 {
		e.generated(ctx, q, shown[:min(defaultPassages, len(shown))], &a)
	}
	if a.Status == "" && len(q.said) > 0 {
		e.more(parsed, hits, x, q.said, &a)
	}
	if a.Status == "" && len(parts) > 0 {
		e.comparison(q.Text, parts, x, q.Eager, &a)
	}
	if a.Status == "" {
		e.extracted(parsed, hits, x, q.Eager, &a)
	}
	return a
}

func passage(h index.Hit) Passage {
	return Passage{h.Chunk.Article.ID, h.Chunk.Ordinal, math.Round(h.Score*1e4) / 1e4, h.Chunk.Text()}
}

// generated fills in the model's answer as far as it came in time and is proven.
// It leaves the status empty if nothing did, and says why in a.Failure.
func (e *Engine) generated(ctx context.Context, q Question, hits []index.Hit, a *Answer) {
	key := answerKey(q, e.options.Chat.Name(), e.Library().Version())
	if kept, ok := e.spending.recall(key); ok {
		a.Status, a.Text, a.Method, a.Citations, a.Dropped, a.Cached = kept.Status, kept.Text, kept.Method, slices.Clone(kept.Citations), kept.Dropped, true
		if q.Said != nil {
			q.Said(a.Text)
		}
		return
	}
	if !e.spending.left() {
		a.Failure = OverBudget
		return
	}
	start := time.Now()
	timed, cancel := context.WithTimeout(ctx, e.options.Timeout)
	defer cancel()
	hits = fit(hits)
	c := composer{question: q.Text}
	foreign := foreignTo(q)
	var verifying time.Duration
	usage, err := generate(timed, e.options.Chat, q, hits, func(w written) error {
		if strings.Contains(w.text, notFoundWord) {
			return &ModelError{Reason: FoundNothing, Err: errStop}
		}
		if len(c.citations) == 0 && foreign(w.text) {
			return &ModelError{Reason: WrongLanguage, Err: errStop}
		}
		began := time.Now()
		said := c.write(w, hits)
		verifying += time.Since(began)
		if said != "" && q.Said != nil {
			q.Said(said)
		}
		return nil
	})
	e.spending.add(usage)
	if a.Usage != nil { // for completing the question
		usage.Add(*a.Usage)
	}
	a.Usage, a.Dropped = &usage, c.dropped
	a.Stages.Verify = float64(verifying.Microseconds()) / 1000
	a.Stages.Generate = milliseconds(start) - a.Stages.Verify
	for _, d := range c.dropped {
		e.log.Debug("sentence dropped", "model", e.options.Chat.Name(), "kind", d.Kind, "what", d.What)
	}
	a.Failure = failure(ctx, err)
	if len(c.citations) == 0 {
		a.Failure = cmp.Or(a.Failure, NothingProven)
	}
	if a.Failure != "" {
		e.log.Warn("the model's answer is not given, or not whole", "model", e.options.Chat.Name(), "reason", a.Failure, "error", err)
	}
	if len(c.citations) > 0 {
		a.Status, a.Text, a.Method, a.Citations = Answered, c.text.String(), e.options.Chat.Name(), c.citations
		if len(c.dropped) > 0 || err != nil {
			a.Status = Partial
		}
		if err == nil {
			e.spending.remember(key, *a)
		}
	}
}

// failure is the reason of an error of a model; "" for none.
func failure(ctx context.Context, err error) Reason {
	var fault *ModelError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &fault):
		return fault.Reason
	case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		return TimedOut
	case ctx.Err() != nil:
		return "given_up" // by the reader
	}
	return Garbage
}

// foreignTo tells sentences that are not in the language of the question.
func foreignTo(q Question) func(string) bool {
	english := q.Language == "en" && !strings.ContainsFunc(q.Text, zh.IsHan)
	return func(s string) bool { return proof.English(proof.WithoutLinks(s)) != english && len(s) > 12 }
}

// write adds a sentence of a model and returns what was said of it.
func (c *composer) write(w written, hits []index.Hit) string {
	cl, f := w.claim(hits)
	if f != nil {
		c.drop(w.text, f)
		return ""
	}
	if len(w.parts) > 1 { // what stands before a mark is to be proven by it
		for _, p := range w.parts {
			if len(p.marks) == 0 {
				continue
			}
			of, _ := written{parts: []stretch{p}}.claim(hits)
			of.text = p.text
			if f := of.check(c.question); f != nil {
				c.drop(w.text, f)
				return ""
			}
		}
	}
	return c.add(cl)
}

// extracted answers with the articles' own sentences, or says that nothing was
// found.
func (e *Engine) extracted(q zh.Question, hits []index.Hit, x source, eager bool, a *Answer) {
	start := time.Now()
	var claims []claim
	if q.Many {
		claims, a.Confidence = several(q, hits, x, eager)
	} else {
		ranking := x.rank(q, hits[:min(defaultPassages, len(hits))])
		a.Confidence = ranking.Confidence * suitability(q, ranking)
		if eager || a.Confidence >= MinConfidence {
			claims = excerpts(q, ranking)
		}
	}
	a.Confidence = math.Round(a.Confidence*1e4) / 1e4
	a.Stages.Extract = milliseconds(start)
	if e.say(q.Text, claims, a); a.Status == "" {
		a.Status, a.Suggestions = NotFound, near(hits)
	}
}

// say verifies the claims and makes them the answer; if nothing stands, the
// answer stays as it was.
func (e *Engine) say(question string, claims []claim, a *Answer) {
	start := time.Now()
	c := composer{question: question}
	for _, cl := range claims {
		cl.text = proof.WithoutLinks(cl.text)
		c.add(cl)
	}
	a.Stages.Verify += milliseconds(start)
	for _, d := range c.dropped {
		e.log.Debug("sentence dropped", "method", MethodExtractive, "kind", d.Kind, "what", d.What)
	}
	if len(c.citations) == 0 {
		return
	}
	a.Status, a.Text, a.Method, a.Citations = Answered, c.text.String(), MethodExtractive, c.citations
	if len(c.dropped) > 0 {
		a.Status = Partial
	}
}

// nearCoverage is the share of the question's words, by rarity, from which on a
// passage is worth naming.
const nearCoverage = 0.2

// near are the articles of the hits that are worth naming where none of them
// answers, best first, at most three.
func near(hits []index.Hit) []Suggestion {
	const most = 3
	var out []Suggestion
	for _, h := range hits {
		a := h.Chunk.Article
		if h.Coverage < nearCoverage || slices.ContainsFunc(out, func(s Suggestion) bool { return s.ArticleID == a.ID }) {
			continue
		}
		if out = append(out, Suggestion{a.ID, a.Name(), a.Source, a.Date, a.URL}); len(out) == most {
			break
		}
	}
	return out
}

func milliseconds(since time.Time) float64 {
	return float64(time.Since(since).Microseconds()) / 1000
}
