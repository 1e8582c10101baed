package web

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"xiangwen/bot"
	"xiangwen/bot/problem"
	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
	"xiangwen/rag"
)

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"segments":    bot.Segments,
	"articlePath": bot.ArticlePath,
	"quotePath":   bot.QuotePath,
	"originalURL": bot.OriginalURL,
	"fromModel":   func(method string) bool { return method != "" && method != rag.MethodExtractive },
	"join":        strings.Join,
}).ParseFS(pageFiles, "pages/*.html"))

// view is what every page is rendered with.
type view struct {
	Language, Other string // of this page, and the one it can be switched to
	Switch          string // where the switch leads
	Label, Button   map[string]string
	Title           string
	Canonical       string // address of this page, "" if nobody knows where readers reach it

	Question string
	Answer   *rag.Answer
	Examples []string

	Article    *knowledge.Article
	Paragraphs []shownParagraph
	Lead       string // first sentence of the article
	Data       *newsArticle

	Articles     []*knowledge.Article
	Places       []string
	Filter       bot.Filter
	Before, Next string // where the pages of the list are

	Message string
	Why     string // id of an answer that was judged and not yet why
	Admin   *adminView
}

// newsArticle is an article as schema.org has it, for search engines and previews.
type newsArticle struct {
	Context   string   `json:"@context"`
	Type      string   `json:"@type"`
	Headline  string   `json:"headline"`
	Published string   `json:"datePublished,omitempty"`
	Authors   []person `json:"author,omitempty"`
	Publisher *person  `json:"publisher,omitempty"`
	URL       string   `json:"url,omitempty"`
	Body      string   `json:"articleBody"`
	Language  string   `json:"inLanguage"`
}

type person struct {
	Type string `json:"@type"`
	Name string `json:"name"`
}

// shownParagraph is a paragraph with its heading, if that is new, and the
// highlighted part of its text.
type shownParagraph struct {
	Heading             string
	Before, Mark, After string
	First               bool // holds the beginning of the quote: the page opens there
	Broken              bool
}

func (s *server) view(r *http.Request) view {
	lang := s.language(r)
	w := s.desk.Words(lang)
	v := view{Language: lang, Other: "en", Label: w.Label, Button: w.Button}
	if lang == "en" {
		v.Other = "zh"
	}
	query := r.URL.Query()
	query.Set("lang", v.Other)
	v.Switch = r.URL.EscapedPath() + "?" + query.Encode()
	v.Title = v.Label["title"]
	return v
}

// language is that of ?lang=, else the first of the browser's that the desk
// speaks.
func (s *server) language(r *http.Request) string {
	if lang := r.URL.Query().Get("lang"); slices.Contains(bot.Languages, lang) {
		return lang
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return s.desk.Language("")
	}
	return s.desk.Language(tags[0].String())
}

func (s *server) show(w http.ResponseWriter, status int, name string, v view) {
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, name, v); err != nil {
		s.log.Error("page not rendered", "page", name, "error", err)
		problem.Write(w, http.StatusInternalServerError, "this page could not be rendered")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept-Language")
	w.WriteHeader(status)
	if _, err := page.WriteTo(w); err != nil {
		s.log.Debug("page not written", "error", err)
	}
}

func (s *server) home(w http.ResponseWriter, r *http.Request) {
	v := s.view(r)
	v.Examples = s.desk.Examples(4)
	if query := r.URL.Query(); query.Has("q") {
		v.Question = query.Get("q")
		a := s.desk.Ask(r.Context(), s.message(w, r, v.Language))
		v.Answer = &a
	}
	s.show(w, http.StatusOK, "home.html", v)
}

// message is the question of a request to / or /ask, in the conversation of the
// browser's session.
func (s *server) message(w http.ResponseWriter, r *http.Request, lang string) bot.Message {
	query := r.URL.Query()
	session := s.session(w, r)
	return bot.Message{Text: query.Get("q"), Front: "web", Language: lang, Article: query.Get("article"), Conversation: session, Reader: session}
}

// sessionCookie names the conversation, until the browser is closed. It tells
// nothing of the reader and is set by the first question only.
const sessionCookie = "xiangwen"

func (s *server) session(w http.ResponseWriter, r *http.Request) string {
	if c, err := r.Cookie(sessionCookie); err == nil && c.Value != "" && len(c.Value) <= 64 {
		return c.Value
	}
	id := rand.Text()
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: id, Path: "/", HttpOnly: true, Secure: s.config.Secure, SameSite: http.SameSiteLaxMode})
	return id
}

// ask answers in server-sent events: the text as it is proven, then the whole answer
// as HTML.
func (s *server) ask(w http.ResponseWriter, r *http.Request) {
	v := s.view(r)
	m := s.message(w, r, v.Language)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	control := http.NewResponseController(w)
	event := func(name string, value any) {
		data, err := json.Marshal(value)
		if err == nil {
			_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data)
		}
		if err == nil {
			err = control.Flush()
		}
		if err != nil {
			s.log.Debug("event not written", "event", name, "error", err)
		}
	}
	m.Said = func(text string) { event("token", map[string]string{"text": text}) }
	a := s.desk.Ask(r.Context(), m)
	v.Answer = &a
	var html bytes.Buffer
	if err := pages.ExecuteTemplate(&html, "answer", v); err != nil {
		s.log.Error("answer not rendered", "error", err)
		return
	}
	event("html", map[string]string{"html": html.String()})
}

// judge keeps a reader's feedback on an answer.
func (s *server) judge(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		problem.Write(w, http.StatusBadRequest, "the form could not be read")
		return
	}
	v := s.view(r)
	if lang := r.PostForm.Get("lang"); slices.Contains(bot.Languages, lang) {
		v.Language = lang
	}
	words := s.desk.Words(v.Language)
	session := ""
	if c, err := r.Cookie(sessionCookie); err == nil {
		session = c.Value
	}
	j := bot.Judgement{ID: r.PostForm.Get("id"), Verdict: r.PostForm.Get("verdict"), Reason: r.PostForm.Get("reason")}
	status := http.StatusOK
	switch err := s.desk.Judge(r.Context(), j, bot.Message{Front: "web", Reader: session}); {
	case errors.Is(err, bot.ErrNoAnswer):
		status, v.Message = http.StatusNotFound, words.ButtonOld.String()
	case errors.Is(err, bot.ErrNotAsker):
		status, v.Message = http.StatusForbidden, words.ButtonNotYours.String()
	case err != nil:
		s.log.Warn("feedback was not kept", "error", err)
		status, v.Message = http.StatusBadRequest, words.Failed.String()
	case j.Verdict == "down" && j.Reason == "":
		v.Message, v.Why = words.FeedbackWhy.String(), j.ID
	default:
		v.Message = words.FeedbackThanks.String()
	}
	page := "judged.html"
	if strings.Contains(r.Header.Get("Accept"), "part=judged") { // the script puts it in place of the buttons
		page = "judged"
	}
	s.show(w, status, page, v)
}

const articlesPerPage = 50

func (s *server) articleList(w http.ResponseWriter, r *http.Request) {
	v := s.view(r)
	query := r.URL.Query()
	v.Filter = bot.Filter{Text: query.Get("q"), Place: query.Get("place"), Source: query.Get("source"), From: query.Get("from"), To: query.Get("to")}
	library := s.desk.Library()
	found := v.Filter.Of(library)
	places := make(map[string]bool)
	for _, a := range library.Articles() {
		if a.Place != "" {
			places[a.Place] = true
		}
	}
	v.Places = slices.Sorted(maps.Keys(places))
	v.Places = v.Places[:min(200, len(v.Places))]
	n, _ := strconv.Atoi(query.Get("page"))
	from := min(max(0, n), len(found)/articlesPerPage) * articlesPerPage
	to := min(from+articlesPerPage, len(found))
	v.Articles = found[from:to]
	at := func(n int) string {
		query.Set("page", strconv.Itoa(n))
		return "/articles?" + query.Encode()
	}
	if from > 0 {
		v.Before = at(from/articlesPerPage - 1)
	}
	if to < len(found) {
		v.Next = at(from/articlesPerPage + 1)
	}
	s.show(w, http.StatusOK, "articles.html", v)
}

func (s *server) articlePage(w http.ResponseWriter, r *http.Request) {
	v := s.view(r)
	a := s.desk.Library().Article(r.PathValue("id"))
	if a == nil {
		v.Message = v.Label["no_article"]
		s.show(w, http.StatusNotFound, "message.html", v)
		return
	}
	v.Article, v.Title = a, a.Name()
	from, errFrom := strconv.Atoi(r.URL.Query().Get("from"))
	to, errTo := strconv.Atoi(r.URL.Query().Get("to"))
	start, end, ok := 0, 0, false
	if errFrom == nil && errTo == nil {
		start, end, ok = a.ByteRange(from, to)
	}
	if !ok { // a link that points outside shows the article without highlight
		start, end = 0, 0
	}
	v.Paragraphs = highlight(a, start, end)
	v.describe(a, s.config.PublicURL)
	s.show(w, http.StatusOK, "article.html", v)
}

// describe fills in what other programs read of an article.
func (v *view) describe(a *knowledge.Article, public string) {
	if said := zh.Sentences(a.Text); len(said) > 0 {
		v.Lead = strings.TrimSpace(said[0].Of(a.Text))
	}
	if public != "" {
		v.Canonical = strings.TrimRight(public, "/") + bot.ArticlePath(a.ID)
	}
	d := &newsArticle{Context: "https://schema.org", Type: "NewsArticle", Headline: a.Name(), Published: a.Date, URL: v.Canonical, Body: a.Text, Language: a.Language}
	if d.Language == "" {
		d.Language = "zh"
	}
	for _, name := range a.Authors {
		d.Authors = append(d.Authors, person{"Person", name})
	}
	if a.Source != "" {
		d.Publisher = &person{"Organization", a.Source}
	}
	v.Data = d
}

// highlight cuts the article's paragraphs at the range [start, end) of bytes of
// its text; an empty range highlights nothing.
func highlight(a *knowledge.Article, start, end int) []shownParagraph {
	var out []shownParagraph
	heading, marked := "", false
	for _, p := range a.Paragraphs {
		shown := shownParagraph{Broken: p.Broken}
		if p.Heading != heading {
			heading = p.Heading
			shown.Heading = heading
		}
		from := min(max(start, p.Start), p.End()) - p.Start
		to := max(min(end, p.End()), p.Start) - p.Start
		if to <= from {
			from, to = len(p.Text), len(p.Text)
		}
		shown.Before, shown.Mark, shown.After = p.Text[:from], p.Text[from:to], p.Text[to:]
		if shown.Mark != "" && !marked {
			shown.First, marked = true, true
		}
		out = append(out, shown)
	}
	return out
}

// static serves a file of the pages folder.
func static(name string) http.HandlerFunc {
	data, err := pageFiles.ReadFile("pages/" + name)
	if err != nil {
		panic(err) // it is compiled in
	}
	sum := sha256.Sum256(data)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
	}
}
