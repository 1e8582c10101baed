package api

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"unicode/utf8"

	"xiangwen/bot"
	"xiangwen/bot/problem"
)

// queryRequest is the body of POST /v1/query.
type queryRequest struct {
	Question     *string `json:"question"`
	Conversation string  `json:"conversation"`
	Language     string  `json:"language"`
	Article      string  `json:"article"`
	Stream       bool    `json:"stream"`
}

const maxConversation = 200 // characters of a conversation's id

func (s *server) query(w http.ResponseWriter, r *http.Request) {
	var q queryRequest
	if err := decode(w, r, &q, true); err != nil {
		problem.Write(w, err.status, err.detail, err.fields...)
		return
	}
	invalid := func(field, detail string) {
		problem.Write(w, http.StatusBadRequest, fmt.Sprintf("%q: %s", field, detail), problem.Field{Field: field, Detail: detail})
	}
	switch {
	case q.Question == nil:
		invalid("question", "is missing")
		return
	case utf8.RuneCountInString(q.Conversation) > maxConversation:
		invalid("conversation", fmt.Sprintf("is longer than %d characters", maxConversation))
		return
	case q.Article != "" && s.desk.Library().Article(q.Article) == nil:
		invalid("article", "is not the id of an article")
		return
	}
	if q.Conversation == "" {
		q.Conversation = rand.Text() // so that the client can ask on
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	m := bot.Message{Text: *q.Question, Front: "api", Program: true, Conversation: q.Conversation, Reader: reader(r, q.Conversation), Article: q.Article, Language: s.language(r, q.Language)}
	if q.Stream {
		s.stream(ctx, w, m)
		return
	}
	s.send(w, s.desk.Ask(ctx, m))
}

// reader is who asks: who has the key, and otherwise who knows the conversation.
func reader(r *http.Request, conversation string) string {
	if token := bearer(r); token != "" {
		return "key:" + token
	}
	return conversation
}

// events writes server-sent events.
type events struct {
	server  *server
	w       http.ResponseWriter
	control *http.ResponseController
}

func (s *server) events(w http.ResponseWriter) events {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	return events{s, w, http.NewResponseController(w)}
}

// send writes one event; name may be "".
func (e events) send(name string, value any) {
	data, err := json.Marshal(value)
	if err == nil && name != "" {
		_, err = fmt.Fprintf(e.w, "event: %s\n", name)
	}
	if err == nil {
		_, err = fmt.Fprintf(e.w, "data: %s\n\n", data)
	}
	if err == nil {
		err = e.control.Flush()
	}
	if err != nil {
		e.server.log.Debug("event not written", "event", name, "error", err)
	}
}

// stream answers in server-sent events: the text in tokens, a proven sentence each
// while a model writes, then the whole object, and done.
func (s *server) stream(ctx context.Context, w http.ResponseWriter, m bot.Message) {
	out := s.events(w)
	token := func(text string) { out.send("token", map[string]string{"text": text}) }
	said := false
	m.Said = func(text string) { said = true; token(text) }
	a := s.desk.Ask(ctx, m)
	if !said {
		for _, segment := range bot.Segments(a) {
			token(segment.Text)
		}
	}
	out.send("answer", a)
	out.send("done", struct{}{})
}

// feedbackRequest is the body of POST /v1/feedback.
type feedbackRequest struct {
	Answer       string `json:"answer"`
	Verdict      string `json:"verdict"`
	Reason       string `json:"reason"`
	Conversation string `json:"conversation"`
}

// feedback keeps what a reader thinks of an answer; sent again it changes nothing.
func (s *server) feedback(w http.ResponseWriter, r *http.Request) {
	var f feedbackRequest
	if err := decode(w, r, &f, true); err != nil {
		problem.Write(w, err.status, err.detail, err.fields...)
		return
	}
	err := s.desk.Judge(r.Context(), bot.Judgement{ID: f.Answer, Verdict: f.Verdict, Reason: f.Reason},
		bot.Message{Front: "api", Reader: reader(r, f.Conversation)})
	switch {
	case errors.Is(err, bot.ErrNoAnswer):
		problem.Write(w, http.StatusNotFound, "there is no such answer, or it is not kept any more", problem.Field{Field: "answer", Detail: "is not the id of an answer"})
	case errors.Is(err, bot.ErrNotAsker):
		problem.Write(w, http.StatusForbidden, "only who asked may judge: send the key or the conversation of the question")
	case err != nil:
		problem.Write(w, http.StatusBadRequest, err.Error())
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// search finds passages, without an answer.
func (s *server) search(w http.ResponseWriter, r *http.Request) {
	n, err := number(r, "n", 10, 100)
	text := r.URL.Query().Get("q")
	switch {
	case err != nil:
		problem.Write(w, http.StatusBadRequest, err.Error(), problem.Field{Field: "n", Detail: err.Error()})
		return
	case text == "" || utf8.RuneCountInString(text) > bot.MaxQuestion:
		detail := fmt.Sprintf("must have 1 to %d characters", bot.MaxQuestion)
		problem.Write(w, http.StatusBadRequest, `"q": `+detail, problem.Field{Field: "q", Detail: detail})
		return
	}
	type passage struct {
		ArticleID string  `json:"article_id"`
		Chunk     int     `json:"chunk"`
		Score     float64 `json:"score"`
		Text      string  `json:"text"`
		Title     string  `json:"title"`
		Source    string  `json:"source"`
		Date      string  `json:"date"`
		URL       string  `json:"url"`
	}
	out := []passage{}
	for _, p := range s.desk.Search(r.Context(), text, n) {
		if a := s.desk.Library().Article(p.ArticleID); a != nil {
			out = append(out, passage{p.ArticleID, p.Chunk, p.Score, p.Text, a.Name(), a.Source, a.Date, a.URL})
		}
	}
	s.send(w, map[string]any{"passages": out})
}

// number reads a whole number from 0 to most out of the query.
func number(r *http.Request, name string, missing, most int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("%q must be a whole number from 0 to %d", name, most)
	}
	return n, nil
}
