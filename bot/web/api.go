package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"xiangwen/bot"
	"xiangwen/bot/problem"
	"xiangwen/knowledge"
)

func (s *server) send(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		s.log.Debug("response not written", "error", err)
	}
}

// queryRequest is the body of POST /v1/query.
type queryRequest struct {
	Question     *string `json:"question"`
	Conversation string  `json:"conversation"`
	Language     string  `json:"language"`
	Stream       bool    `json:"stream"`
}

const maxConversation = 200 // characters of a conversation's id

func (s *server) query(w http.ResponseWriter, r *http.Request) {
	var q queryRequest
	if status, err := decode(w, r, &q); err != nil {
		problem.Write(w, status, err.Error())
		return
	}
	switch {
	case q.Question == nil:
		problem.Write(w, http.StatusBadRequest, `"question" is missing`)
		return
	case utf8.RuneCountInString(q.Conversation) > maxConversation:
		problem.Write(w, http.StatusBadRequest, fmt.Sprintf(`"conversation" is longer than %d characters`, maxConversation))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	if q.Language == "" {
		q.Language = s.language(r)
	}
	m := bot.Message{Text: *q.Question, Conversation: q.Conversation, Language: q.Language}
	if q.Stream {
		s.stream(ctx, w, m)
		return
	}
	s.send(w, s.desk.Ask(ctx, m))
}

// stream answers in server-sent events: the text in tokens, a proven sentence each
// while a model writes, then the whole object, and done.
func (s *server) stream(ctx context.Context, w http.ResponseWriter, m bot.Message) {
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
	token := func(text string) { event("token", map[string]string{"text": text}) }
	said := false
	m.Said = func(text string) { said = true; token(text) }
	a := s.desk.Ask(ctx, m)
	if !said {
		for _, segment := range bot.Segments(a) {
			token(segment.Text)
		}
	}
	event("answer", a)
	event("done", struct{}{})
}

// decode reads a JSON body of at most maxBody bytes into value, and says which
// status an error deserves.
func decode(w http.ResponseWriter, r *http.Request, value any) (status int, err error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return http.StatusUnsupportedMediaType, errors.New("the body must be JSON, with the header Content-Type: application/json")
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, fmt.Errorf("the body is larger than %d KiB", maxBody>>10)
	case err != nil:
		return http.StatusBadRequest, errors.New("the body could not be read to its end")
	case !utf8.Valid(data):
		return http.StatusBadRequest, errors.New("the body is not UTF-8")
	}
	var wrongType *json.UnmarshalTypeError
	switch err := json.Unmarshal(data, value); {
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return http.StatusBadRequest, fmt.Errorf("%q must be a %s, not %s", wrongType.Field, wrongType.Type, wrongType.Value)
	case err != nil:
		return http.StatusBadRequest, fmt.Errorf("the body is not a JSON object: %v", err)
	}
	return 0, nil
}

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

func (s *server) articles(w http.ResponseWriter, r *http.Request) {
	limit, err := number(r, "limit", 50, maxListed)
	if err == nil {
		var offset int
		if offset, err = number(r, "offset", 0, 1<<30); err == nil {
			all := s.desk.Library().Articles()
			offset = min(offset, len(all))
			s.send(w, map[string]any{"total": len(all), "articles": heads(all[offset:min(len(all), offset+limit)])})
			return
		}
	}
	problem.Write(w, http.StatusBadRequest, err.Error())
}

// number reads a whole number from 0 to most out of the query.
func number(r *http.Request, name string, missing, most int) (int, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("%q must be a whole number from 0 to %d", name, most)
	}
	return n, nil
}

type paragraphBody struct {
	Heading string `json:"heading"`
	Text    string `json:"text"`
	Broken  bool   `json:"broken,omitempty"`
}

func (s *server) article(w http.ResponseWriter, r *http.Request) {
	a := s.desk.Library().Article(r.PathValue("id"))
	if a == nil {
		problem.Write(w, http.StatusNotFound, fmt.Sprintf("there is no article %q", r.PathValue("id")))
		return
	}
	paragraphs := []paragraphBody{}
	for _, p := range a.Paragraphs {
		paragraphs = append(paragraphs, paragraphBody{p.Heading, p.Text, p.Broken})
	}
	authors := a.Authors
	if authors == nil {
		authors = []string{}
	}
	s.send(w, struct {
		articleHead
		Kicker     string          `json:"kicker"`
		Subtitle   string          `json:"subtitle"`
		Authors    []string        `json:"authors"`
		Page       string          `json:"page"`
		Text       string          `json:"text"`
		Paragraphs []paragraphBody `json:"paragraphs"`
	}{headOf(a), a.Kicker, a.Subtitle, authors, a.Page, a.Text, paragraphs})
}

func (s *server) reload(w http.ResponseWriter, r *http.Request) {
	// A large library takes longer to load than a page may take to write.
	control := http.NewResponseController(w)
	if err := control.SetWriteDeadline(time.Now().Add(loadTimeout)); err != nil {
		s.log.Debug("write deadline not extended", "error", err)
	}
	// A client that gives up does not stop a reload half-way.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), loadTimeout)
	defer cancel()
	report, err := s.desk.Reload(ctx)
	switch {
	case errors.Is(err, bot.ErrReloading):
		problem.Write(w, http.StatusConflict, err.Error())
		return
	case err != nil:
		problem.Write(w, http.StatusUnprocessableEntity, fmt.Sprintf("%v; the %d articles from before stay in use", err, report.Articles))
		return
	}
	skipped := report.Skipped
	if skipped == nil {
		skipped = []knowledge.Skip{}
	}
	s.send(w, map[string]any{
		"added": heads(report.Diff.Added), "changed": heads(report.Diff.Changed), "removed": heads(report.Diff.Removed),
		"articles": report.Articles, "skipped": skipped, "took_ms": float64(report.Took.Microseconds()) / 1000,
	})
}
