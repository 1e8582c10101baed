package api

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"xiangwen/bot"
	"xiangwen/bot/problem"
	"xiangwen/knowledge"
)

// articleHead is an article in a list.
type articleHead struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Source string `json:"source"`
	Date   string `json:"date"`
	Place  string `json:"place"`
	URL    string `json:"url"`
}

func headOf(a *knowledge.Article) articleHead {
	return articleHead{a.ID, a.Name(), a.Source, a.Date, a.Place, a.URL}
}

func heads(articles []*knowledge.Article) []articleHead {
	out := make([]articleHead, 0, len(articles))
	for _, a := range articles {
		out = append(out, headOf(a))
	}
	return out
}

const maxListed = 200

var dayForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// articles lists them, the newest first.
func (s *server) articles(w http.ResponseWriter, r *http.Request) {
	limit, err := number(r, "limit", 50, maxListed)
	offset, err2 := number(r, "offset", 0, 1<<30)
	query := r.URL.Query()
	from, to := query.Get("from"), query.Get("to")
	var wrong []problem.Field
	for name, err := range map[string]error{"limit": err, "offset": err2} {
		if err != nil {
			wrong = append(wrong, problem.Field{Field: name, Detail: err.Error()})
		}
	}
	for name, day := range map[string]string{"from": from, "to": to} {
		if day != "" && !dayForm.MatchString(day) {
			wrong = append(wrong, problem.Field{Field: name, Detail: "must be a day like 2024-11-26"})
		}
	}
	if len(wrong) > 0 {
		slices.SortFunc(wrong, func(a, b problem.Field) int { return strings.Compare(a.Field, b.Field) })
		problem.Write(w, http.StatusBadRequest, wrong[0].Field+": "+wrong[0].Detail, wrong...)
		return
	}
	library := s.desk.Library()
	if fresh(w, r, digest(library.Version(), r.URL.RawQuery)) {
		return
	}
	found := bot.Filter{Text: query.Get("q"), Place: query.Get("place"), Source: query.Get("source"), From: from, To: to}.Of(library)
	offset = min(offset, len(found))
	s.send(w, map[string]any{"total": len(found), "articles": heads(found[offset:min(len(found), offset+limit)])})
}

type paragraphBody struct {
	Heading string `json:"heading"`
	Text    string `json:"text"`
	Broken  bool   `json:"broken,omitempty"`
}

type articleBody struct {
	articleHead
	Kicker     string          `json:"kicker"`
	Subtitle   string          `json:"subtitle"`
	Authors    []string        `json:"authors"`
	Page       string          `json:"page"`
	Text       string          `json:"text"`
	Paragraphs []paragraphBody `json:"paragraphs"`
}

func bodyOf(a *knowledge.Article) articleBody {
	out := articleBody{headOf(a), a.Kicker, a.Subtitle, a.Authors, a.Page, a.Text, []paragraphBody{}}
	if out.Authors == nil {
		out.Authors = []string{}
	}
	for _, p := range a.Paragraphs {
		out.Paragraphs = append(out.Paragraphs, paragraphBody{p.Heading, p.Text, p.Broken})
	}
	return out
}

func (s *server) article(w http.ResponseWriter, r *http.Request) {
	a := s.desk.Library().Article(r.PathValue("id"))
	if a == nil {
		problem.Write(w, http.StatusNotFound, fmt.Sprintf("there is no article %q", r.PathValue("id")))
		return
	}
	if !fresh(w, r, a.Digest) {
		s.send(w, bodyOf(a))
	}
}
