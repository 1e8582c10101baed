// Package api is the desk for programs: /v1 as openapi.json describes it, and the
// part of OpenAI's API that chat front ends speak.
package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"xiangwen/bot"
	"xiangwen/bot/problem"
	"xiangwen/bot/state"
	"xiangwen/knowledge"
	"xiangwen/rag"
)

// Desk is what this front end asks of the desk.
type Desk interface {
	Ask(context.Context, bot.Message) rag.Answer
	Search(ctx context.Context, text string, n int) []rag.Passage
	Judge(context.Context, bot.Judgement, bot.Message) error
	Library() *knowledge.Library
	Status(context.Context) (bot.Status, error)
	Gaps(ctx context.Context, since time.Time) ([]bot.Gap, error)
	GapsCSV(gaps []bot.Gap, language string) []byte
	Feedback(ctx context.Context, since time.Time, most int) ([]state.FeedbackRow, error)
	Reload(context.Context) (bot.Report, error)
	Preview(context.Context, bot.File) (*knowledge.Library, error)
	Add(context.Context, bot.File) (bot.Report, error)
	TakeOut(ctx context.Context, a *knowledge.Article, remove bool, by string) error
	PutBack(ctx context.Context, articleID string) error
	Taken(ctx context.Context, articleID string, removed bool) bool
	Language(tag string) string
}

var _ Desk = (*bot.Desk)(nil)

// Config of the front end.
type Config struct {
	AdminToken string      // for /v1/admin; "" turns it off
	Keys       []string    // one of which the other endpoints want; none leaves them open
	PublicURL  string      // where readers reach the pages, "" if nobody knows
	Ready      func() bool // whether the knowledge is loaded
}

// Limits of a request and of the time it may take.
const (
	maxBody     = 64 << 10
	askTimeout  = 45 * time.Second
	loadTimeout = 15 * time.Minute
)

type server struct {
	desk   Desk
	config Config
	log    *slog.Logger
}

// route is an endpoint: its pattern, and who may use it.
type route struct {
	pattern string
	serve   http.HandlerFunc
	admin   bool
}

func (s *server) routes() []route {
	return []route{
		{"POST /v1/query", s.query, false},
		{"GET /v1/search", s.search, false},
		{"GET /v1/articles", s.articles, false},
		{"GET /v1/articles/{id}", s.article, false},
		{"POST /v1/feedback", s.feedback, false},
		{"POST /v1/chat/completions", s.completions, false},
		{"GET /v1/models", s.models, false},
		{"POST /v1/admin/reload", s.reload, true},
		{"GET /v1/admin/status", s.status, true},
		{"POST /v1/admin/articles", s.upload, true},
		{"DELETE /v1/admin/articles/{id}", s.takeOut, true},
		{"POST /v1/admin/articles/{id}/restore", s.putBack, true},
		{"GET /v1/admin/unanswered", s.unanswered, true},
		{"GET /v1/admin/feedback", s.judgements, true},
	}
}

// NewHandler serves the desk to programs.
func NewHandler(desk Desk, config Config, log *slog.Logger) http.Handler {
	s := &server{desk, config, log}
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		guard := s.key
		if r.admin {
			guard = s.admin
		}
		mux.HandleFunc(r.pattern, guard(s.ready(r.serve)))
	}
	mux.HandleFunc("GET /openapi.json", document)
	return problem.Fallback(mux)
}

// ready answers 503 until the knowledge is loaded.
func (s *server) ready(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.config.Ready() {
			w.Header().Set("Retry-After", "2")
			s.refuse(w, r, http.StatusServiceUnavailable, "the knowledge is still being loaded")
			return
		}
		next(w, r)
	}
}

// bearer is the token that a request carries.
func bearer(r *http.Request) string {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// same compares secrets in a time that tells nothing of them.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// admin lets only requests with the admin token through.
func (s *server) admin(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case s.config.AdminToken == "":
			problem.Write(w, http.StatusForbidden, "the admin endpoints are off: set XIANGWEN_ADMIN_TOKEN to turn them on")
		case !same(bearer(r), s.config.AdminToken):
			w.Header().Set("WWW-Authenticate", `Bearer realm="xiangwen"`)
			problem.Write(w, http.StatusUnauthorized, "a valid admin token is needed")
		default:
			next(w, r)
		}
	}
}

// key lets only requests with one of the keys through, if there are any.
func (s *server) key(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ok := len(s.config.Keys) == 0
		for _, k := range s.config.Keys {
			ok = same(bearer(r), k) || ok
		}
		if !ok {
			w.Header().Set("WWW-Authenticate", `Bearer realm="xiangwen"`)
			s.refuse(w, r, http.StatusUnauthorized, "a valid key is needed: Authorization: Bearer …")
			return
		}
		next(w, r)
	}
}

// refuse writes an error in the form that the endpoint's clients read.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, status int, detail string, fields ...problem.Field) {
	if strings.HasPrefix(r.URL.Path, "/v1/chat/") || r.URL.Path == "/v1/models" {
		refuseChat(w, status, detail, fields...)
		return
	}
	problem.Write(w, status, detail, fields...)
}

func (s *server) send(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-store")
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		s.log.Debug("response not written", "error", err)
	}
}

// fresh answers 304 if the client has what the tag names, and otherwise sets what
// lets it ask so the next time.
func fresh(w http.ResponseWriter, r *http.Request, tag string) (has bool) {
	tag = `"` + tag + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "private, no-cache") // ask each time whether it has changed
	for _, known := range strings.Split(r.Header.Get("If-None-Match"), ",") {
		if known = strings.TrimPrefix(strings.TrimSpace(known), "W/"); known == tag || known == "*" {
			w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// language is the one asked for, else the first of the client's that the desk
// speaks.
func (s *server) language(r *http.Request, asked string) string {
	if asked != "" {
		return s.desk.Language(asked)
	}
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	first, _, _ = strings.Cut(first, ";")
	return s.desk.Language(strings.TrimSpace(first))
}
