// Package web is the HTTP front end of the desk: the query endpoint, the
// articles, and pages for people that work without JavaScript.
package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/http"
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
	Judge(context.Context, bot.Judgement, bot.Message) error
	Library() *knowledge.Library
	Status(context.Context) (bot.Status, error)
	Gaps(ctx context.Context, since time.Time) ([]bot.Gap, error)
	GapsCSV(gaps []bot.Gap, language string) []byte
	Daily(ctx context.Context, days int) ([]state.Day, error)
	Feedback(ctx context.Context, since time.Time, most int) ([]state.FeedbackRow, error)
	Exclusions(context.Context) ([]state.Exclusion, error)
	Reload(context.Context) (bot.Report, error)
	ReloadTold(ctx context.Context, progress func(articles int)) (bot.Report, error)
	Preview(context.Context, bot.File) (*knowledge.Library, error)
	Add(context.Context, bot.File) (bot.Report, error)
	TakeOut(ctx context.Context, a *knowledge.Article, remove bool, by string) error
	PutBack(ctx context.Context, articleID string) error
	Examples(n int) []string
	Words(tag string) *bot.Words
	Language(tag string) string
}

var _ Desk = (*bot.Desk)(nil)

// Config of the front end.
type Config struct {
	AdminToken string      // for the admin page; "" turns it off
	PublicURL  string      // where readers reach the pages, "" if nobody knows
	Secure     bool        // they do so over TLS: cookies are sent over nothing else
	Ready      func() bool // whether the knowledge is loaded
}

// Limits of a request and of the time it may take.
const (
	maxBody     = 64 << 10
	maxForm     = 16 << 10
	askTimeout  = 45 * time.Second
	loadTimeout = 15 * time.Minute
)

type server struct {
	desk     Desk
	config   Config
	log      *slog.Logger
	sessions sessions
}

// NewHandler serves the desk.
func NewHandler(desk Desk, config Config, log *slog.Logger) http.Handler {
	s := &server{desk, config, log, newSessions()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.ready(s.home))
	mux.HandleFunc("GET /articles", s.ready(s.articleList))
	mux.HandleFunc("GET /articles/{id}", s.ready(s.articlePage))
	mux.HandleFunc("GET /ask", s.ready(s.ask))
	mux.HandleFunc("POST /feedback", s.ready(s.judge))
	mux.HandleFunc("GET /admin", s.ready(s.adminPage))
	mux.HandleFunc("POST /admin/login", s.ready(s.signIn))
	mux.HandleFunc("POST /admin/logout", s.ready(s.editors(s.signOut)))
	mux.HandleFunc("POST /admin/reload", s.ready(s.editors(s.adminReload)))
	mux.HandleFunc("POST /admin/upload", s.ready(s.editors(s.adminUpload)))
	mux.HandleFunc("POST /admin/add", s.ready(s.editors(s.adminAdd)))
	mux.HandleFunc("POST /admin/take", s.ready(s.editors(s.adminTake)))
	mux.HandleFunc("GET /admin/unanswered.csv", s.ready(s.adminCSV))
	for _, name := range []string{"style.css", "script.js", "widget.js"} {
		mux.HandleFunc("GET /"+name, static(name))
	}
	mux.HandleFunc("POST /v1/query", s.ready(s.query))
	mux.HandleFunc("GET /v1/articles", s.ready(s.articles))
	mux.HandleFunc("GET /v1/articles/{id}", s.ready(s.article))
	mux.HandleFunc("POST /v1/admin/reload", s.ready(s.admin(s.reload)))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !config.Ready() {
			plain(w, http.StatusServiceUnavailable, "loading")
			return
		}
		plain(w, http.StatusOK, "ready")
	})
	return fallback(mux)
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte(text + "\n"))
}

// ready answers 503 until the knowledge is loaded.
func (s *server) ready(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.config.Ready() {
			w.Header().Set("Retry-After", "2")
			problem.Write(w, http.StatusServiceUnavailable, "the knowledge is still being loaded")
			return
		}
		next(w, r)
	}
}

// admin lets only requests with the admin token through.
func (s *server) admin(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.config.AdminToken == "" {
			problem.Write(w, http.StatusForbidden, "the admin endpoints are off: set XIANGWEN_ADMIN_TOKEN to turn them on")
			return
		}
		// Hashes are of equal length, so that the time tells nothing.
		want := sha256.Sum256([]byte("Bearer " + s.config.AdminToken))
		got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
		if subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="xiangwen"`)
			problem.Write(w, http.StatusUnauthorized, "a valid admin token is needed")
			return
		}
		next(w, r)
	}
}

// fallback turns the multiplexer's plain 404 and 405 into problem documents.
func fallback(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		probe := &statusOnly{header: w.Header()}
		mux.ServeHTTP(probe, r)
		w.Header().Del("Content-Length")
		switch probe.status {
		case http.StatusMethodNotAllowed:
			problem.Write(w, probe.status, r.Method+" is not possible here; allowed: "+w.Header().Get("Allow"))
		case http.StatusNotFound:
			problem.Write(w, probe.status, "there is nothing at "+r.URL.Path)
		default: // a redirect to the clean path
			w.WriteHeader(probe.status)
		}
	})
}

// statusOnly takes a response's status and header and drops its body.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
