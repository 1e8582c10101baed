// Package bot is the desk that all front ends share: what a message means
// (a command, small talk, a question), limits, and the words in Chinese and
// English that people read. The front ends in its sub-packages only translate
// between their protocol and the desk.
package bot

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	lru "github.com/hashicorp/golang-lru/v2"

	"xiangwen/bot/state"
	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
	"xiangwen/rag"
)

// MaxQuestion is the longest question in characters. DESIGN.md, "Check".
const MaxQuestion = 500

// Engine is what the desk asks of rag.
type Engine interface {
	rag.Asker
	Library() *knowledge.Library
	Chunks() int             // how many the index holds
	Examples(n int) []string // questions that the library answers
	Section(articleID, heading string) (rag.Answer, bool)
	After(c rag.Citation) (rag.Answer, bool)
	Related(ctx context.Context, articleID string, n int) []rag.Suggestion
	Search(ctx context.Context, text string, n int) ([]rag.Passage, error)
	Update(context.Context, *knowledge.Library) (knowledge.Diff, error)
}

// Loader reads the knowledge from where it is configured to be. It tells progress
// how many articles it has read so far.
type Loader func(ctx context.Context, progress func(articles int)) (*knowledge.Library, error)

// Desk answers messages. It is safe for concurrent use.
type Desk struct {
	engine  Engine
	load    Loader
	words   map[string]*Words
	options Options
	state   *state.Store
	log     *slog.Logger
	since   time.Time

	reloading sync.Mutex
	turns     turns
	history   *history
	limits    *limits
	intake    intake
	catalogs  atomic.Pointer[catalog]
	languages *lru.Cache[string, string] // that readers have chosen, by their hash
	alarms    alarms
}

// Options configure a Desk.
type Options struct {
	Language  string        // for readers who show no other; "" is Languages[0]
	History   time.Duration // how long a conversation is remembered after its last question; 0 is not at all
	PerMinute int           // questions of one reader, 0 is any number; a chat may ask three times as many
	Retention time.Duration // how long questions and feedback are kept; 0 is for ever
	Shelf     Shelf         // where editors' files go, nil if nowhere

	// Told of each answer and each reading of the knowledge, for metrics; may be nil.
	Answered func(front string, a rag.Answer)
	Reloaded func(Report, error)
}

// NewDesk makes a desk; everything that it remembers is in the store.
func NewDesk(engine Engine, load Loader, words map[string]*Words, store *state.Store, o Options, log *slog.Logger) *Desk {
	o.Language = cmp.Or(o.Language, Languages[0])
	languages, err := lru.New[string, string](limitedNames)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &Desk{
		engine: engine, load: load, words: words, options: o, state: store, log: log, since: time.Now(),
		history: newHistory(o.History), limits: newLimits(o.PerMinute), intake: newIntake(), languages: languages,
	}
}

// Run does what the desk has to do now and then, until ctx is done.
func (d *Desk) Run(ctx context.Context) {
	const often = time.Hour
	for tick := time.NewTicker(often); ; {
		d.tidy(ctx, time.Now())
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			return
		}
	}
}

// tidy deletes what is older than it may be.
func (d *Desk) tidy(ctx context.Context, now time.Time) {
	d.discard(ctx, now)
	before := time.Time{}
	if d.options.Retention > 0 {
		before = now.Add(-d.options.Retention)
	}
	switch n, err := d.state.Purge(ctx, before); {
	case err != nil && ctx.Err() == nil:
		d.log.Error("what is too old could not be deleted", "error", err)
	case n > 0:
		d.log.Info("what is too old was deleted", "rows", n)
	}
}

// Message is what a reader sent, whatever the front end.
type Message struct {
	Text         string
	Front        string // where it came in: telegram, web, api …
	Conversation string // opaque, returned in the answer
	Reader       string // who sent it, "" if unknown; kept as a keyed hash only
	Chat         int64  // where notices to the reader go, 0 if nowhere
	Thread       int    // of the chat
	Private      bool   // the chat is the reader's alone
	Program      bool   // a program asks, for many perhaps: the limits are those of its connection
	Language     string // the reader's, a BCP 47 tag; "" if unknown
	Passages     int    // ranked passages to return, 0 for the default
	Article      string // id of the one article that is asked about, "" for all
	// History is the conversation so far, where the front end keeps it; nil where the
	// desk does.
	History []rag.Turn
	// Said is called with each sentence of a model's answer as soon as it is proven;
	// see [rag.Question]. May be nil.
	Said func(text string)
	// Progress is called with what a long command is at, in words; may be nil.
	Progress func(text string)
}

// Library is what the desk knows now.
func (d *Desk) Library() *knowledge.Library { return d.engine.Library() }

// Examples are questions that the library answers, at most n.
func (d *Desk) Examples(n int) []string { return d.engine.Examples(n) }

// Words returns the words for a language tag, in the desk's own language if it
// speaks no such.
func (d *Desk) Words(tag string) *Words { return d.words[d.Language(tag)] }

// WordsFor are the words for a message: in the language that its reader has chosen,
// else the one of the message.
func (d *Desk) WordsFor(ctx context.Context, m Message) *Words {
	m.Language = d.chosen(ctx, m)
	return d.words[d.LanguageOf(m)]
}

// Language maps a BCP 47 tag to a language the desk speaks.
func (d *Desk) Language(tag string) string {
	base, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	if slices.Contains(Languages, base) {
		return base
	}
	if base != "" && base != "*" {
		return "en" // whoever set another language reads English sooner than Chinese
	}
	return d.options.Language
}

// LanguageOf is the language a message is answered in: Chinese for a text with
// Chinese characters, otherwise the reader's.
func (d *Desk) LanguageOf(m Message) string {
	if strings.ContainsFunc(m.Text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return "zh"
	}
	return d.Language(m.Language)
}

// Ask answers a message that is not a command. It always returns something
// that can be shown.
func (d *Desk) Ask(ctx context.Context, m Message) rag.Answer {
	start := time.Now()
	m.Language = d.chosen(ctx, m)
	a := d.ask(ctx, m)
	a.Question, a.Conversation = m.Text, m.Conversation
	if a.Citations == nil {
		a.Citations = []rag.Citation{} // the contract says lists, also when empty
	}
	if a.Passages == nil {
		a.Passages = []rag.Passage{}
	}
	took := time.Since(start)
	a.TookMS = float64(took.Microseconds()) / 1000
	d.record(m, &a, start, took)
	d.alarms.model(a, d.log)
	if d.options.Answered != nil {
		d.options.Answered(m.Front, a)
	}
	d.log.Debug("answered", "status", a.Status, "method", a.Method, "took", took)
	return a
}

func (d *Desk) ask(ctx context.Context, m Message) rag.Answer {
	lang := d.LanguageOf(m)
	w := d.words[lang]
	text := clean(m.Text)
	reply := func(status rag.Status, text string) rag.Answer { return rag.Answer{Status: status, Text: text} }
	switch length := utf8.RuneCountInString(text); {
	case text == "":
		if strings.TrimSpace(m.Text) == "" {
			return reply(rag.Redirected, w.Empty.String())
		}
		return reply(rag.Clarify, w.Unreadable.String())
	case length > MaxQuestion:
		return reply(rag.Clarify, w.TooLong.With(map[string]int{"Length": length, "Most": MaxQuestion}))
	case !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }):
		return reply(rag.Clarify, w.Unreadable.String())
	}
	route, in, text := w.router.read(text, lang)
	switch route {
	case "":
	case "abuse", "injection":
		return reply(rag.Declined, d.words[in].Declined.String())
	default:
		return reply(rag.Redirected, d.routed(route, d.words[in]))
	}
	if !m.Program && !d.limits.allow(m.Reader, m.Conversation) {
		return reply(rag.Declined, w.TooFast.String())
	}
	text = strings.ReplaceAll(text, "\n", " ")
	done, err := d.turns.take(ctx, m.Conversation)
	if err != nil {
		return reply(rag.Failed, w.Failed.String())
	}
	defer done()
	a := d.engine.Ask(ctx, rag.Question{
		Text: text, Language: lang, Passages: m.Passages, Said: m.Said, Article: m.Article, History: d.remembered(ctx, m),
	})
	d.history.add(m.Conversation, text, a)
	switch a.Status {
	case rag.NotFound:
		a.Text = w.NotFound.String()
	case rag.Failed:
		a.Text = w.Failed.String()
	case rag.Clarify:
		a.Text = w.Unreadable.String()
	}
	return a
}

func (d *Desk) routed(route string, w *Words) string {
	switch route {
	case "greeting":
		return w.Greeting.String()
	case "thanks":
		return w.Thanks.String()
	case "goodbye":
		return w.Goodbye.String()
	case "about":
		return w.About.String()
	case "emergency":
		return w.Emergency.String()
	}
	return d.help(w, false)
}

// clean removes what a reader cannot have typed on purpose: control and format
// characters, among them the invisible Unicode tags that can carry hidden text.
// Invalid UTF-8 is dropped too.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r // ends a clause
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// Report says what a reload did.
type Report struct {
	Diff     knowledge.Diff
	Articles int // in use afterwards
	Skipped  []knowledge.Skip
	Took     time.Duration
}

// Errors of [Desk.Reload].
var (
	ErrReloading = errors.New("a reload is running already")
	ErrNothing   = errors.New("no article was found")
)

// Reload reads the knowledge again and swaps it in. On an error, and when the
// new knowledge holds no article, what was there before stays in use.
func (d *Desk) Reload(ctx context.Context) (Report, error) {
	return d.ReloadTold(ctx, func(int) {})
}

// ReloadTold is [Desk.Reload] that tells how many articles it has read.
func (d *Desk) ReloadTold(ctx context.Context, progress func(articles int)) (Report, error) {
	if !d.reloading.TryLock() {
		return Report{}, ErrReloading
	}
	defer d.reloading.Unlock()
	start := time.Now()
	r, err := d.reload(ctx, progress)
	r.Took, r.Articles = time.Since(start), d.Library().Len()
	d.alarms.knowledge(err)
	if d.options.Reloaded != nil {
		d.options.Reloaded(r, err)
	}
	if err != nil {
		d.log.Error("reload failed, the knowledge from before stays in use", "error", err, "articles", r.Articles)
		return r, err
	}
	d.log.Info("reloaded", "added", len(r.Diff.Added), "removed", len(r.Diff.Removed), "changed", len(r.Diff.Changed),
		"skipped", len(r.Skipped), "articles", r.Articles, "took", r.Took)
	return r, nil
}

func (d *Desk) reload(ctx context.Context, progress func(int)) (Report, error) {
	lib, err := d.load(ctx, progress)
	if err != nil {
		return Report{}, err
	}
	diff, err := d.Install(ctx, lib)
	return Report{Diff: diff, Skipped: lib.Skipped()}, err
}

// Install takes a library into use but for what editors have excluded, and has
// followers told of what is new.
func (d *Desk) Install(ctx context.Context, lib *knowledge.Library) (knowledge.Diff, error) {
	lib, err := d.without(ctx, lib)
	if err != nil {
		return knowledge.Diff{}, err
	}
	if lib.Len() == 0 {
		return knowledge.Diff{}, ErrNothing
	}
	first := d.Library().Len() == 0
	diff, err := d.engine.Update(ctx, lib)
	if err != nil {
		return diff, err
	}
	d.notify(ctx, diff.Added, first)
	return diff, nil
}

// Lookup answers a text that may not be finished yet, as typed in another chat:
// without a model and without being remembered. near are the articles that come
// nearest, the best first.
func (d *Desk) Lookup(ctx context.Context, text, lang string) (a rag.Answer, near []Listed) {
	const most = 5
	text = clean(text)
	if n := utf8.RuneCountInString(text); n < 2 || n > MaxQuestion {
		return rag.Answer{Status: rag.Clarify}, nil
	}
	a = d.engine.Ask(ctx, rag.Question{Text: text, Language: d.Language(lang), Extractive: true})
	found, err := d.engine.Search(ctx, text, 5*most)
	if err != nil {
		d.log.Debug("vectors could not be asked", "error", err)
	}
	seen := make(map[string]bool)
	for _, p := range found {
		article := d.Library().Article(p.ArticleID)
		if article == nil || seen[p.ArticleID] || len(near) == most {
			continue
		}
		seen[p.ArticleID] = true
		l := listed(article)
		if s := zh.Sentences(article.Text); len(s) > 0 {
			l.Lead = cut(strings.TrimSpace(s[0].Of(article.Text)), 120)
		}
		near = append(near, l)
	}
	return a, near
}
