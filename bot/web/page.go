package web

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"xiangwen/bot"
	"xiangwen/knowledge"
	"xiangwen/rag"
)

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"segments":    bot.Segments,
	"articlePath": bot.ArticlePath,
	"quotePath":   bot.QuotePath,
	"fromModel":   func(method string) bool { return method != "" && method != rag.MethodExtractive },
	"join":        strings.Join,
}).ParseFS(pageFiles, "pages/*.html"))

// view is what every page is rendered with.
type view struct {
	Language, Other string // of this page, and the one it can be switched to
	Switch          string // where the switch leads
	Label           map[string]string
	Title           string

	Question string
	Answer   *rag.Answer
	Examples []string

	Article    *knowledge.Article
	Paragraphs []shownParagraph
	Articles   []*knowledge.Article
	More       int // articles that the list leaves out
	Message    string
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
	v := view{Language: lang, Other: "en", Label: s.desk.Words(lang).Label}
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
		fail(w, http.StatusInternalServerError, "this page could not be rendered")
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
		a := s.desk.Ask(r.Context(), bot.Message{Text: v.Question, Language: v.Language})
		v.Answer = &a
	}
	s.show(w, http.StatusOK, "home.html", v)
}

func (s *server) articleList(w http.ResponseWriter, r *http.Request) {
	v := s.view(r)
	all := slices.Clone(s.desk.Library().Articles())
	slices.SortStableFunc(all, func(a, b *knowledge.Article) int { return strings.Compare(b.Date, a.Date) })
	v.Articles = all[:min(maxListed, len(all))]
	v.More = len(all) - len(v.Articles)
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
	s.show(w, http.StatusOK, "article.html", v)
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

func style(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "max-age=3600")
	http.ServeFileFS(w, r, pageFiles, "pages/style.css")
}
