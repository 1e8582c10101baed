// Package web is the desk as pages for people, which work without JavaScript too.
package web

import (
	"context"
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
	maxForm     = 16 << 10
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
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !config.Ready() {
			plain(w, http.StatusServiceUnavailable, "loading")
			return
		}
		plain(w, http.StatusOK, "ready")
	})
	return problem.Fallback(mux)
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
