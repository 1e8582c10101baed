// Package faketelegram is a Bot API server for tests, as strict as Telegram's
// where a bot can get it wrong. It is not a Telegram: it has one bot, and no
// readers but those that a test speaks for.
package faketelegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The bot, as getMe tells.
const (
	BotID   int64 = 777000111
	BotName       = "xiangwen_bot"
)

// Server is a Bot API server for one token. Its methods can be used by several
// goroutines at once.
type Server struct {
	URL string // to give the bot as its API server

	token string
	http  *httptest.Server

	mu       sync.Mutex
	changed  chan struct{} // closed and made new on every change
	updates  []update      // not acknowledged yet, oldest first
	lastID   int64         // of an update
	lastMsg  int           // of a message
	chats    map[int64]*chat
	sent     []Message
	calls    []Call
	faults   map[string][]Fault
	allowed  []string // update kinds that the bot wants; nil for all
	webhook  string
	poll     int // number of the newest getUpdates
	menus    map[string][]Command
	finished bool

	queries map[string]*query
	drafts  map[int64][]Draft
	files   map[string]File
	said    map[int]string // by readers, by message
	chaos   Chaos
	random  *rand.Rand
}

type update struct {
	id   int64
	kind string
	body json.RawMessage
}

type chat struct {
	messages map[int]int64 // id → sender
	threads  map[int]bool
	gone     bool  // the bot was removed or blocked
	migrated int64 // what the group has become, 0 if nothing
}

// Call is a request that the bot made.
type Call struct {
	Method string // as in the documentation, e.g. sendMessage
	Form   map[string]string
	At     time.Time
}

// Fault is what happens to a call instead of what it asked for.
type Fault struct {
	Status      int    // HTTP status and error_code
	Description string // Telegram's words
	RetryAfter  int    // seconds
	MigrateTo   int64
	Page        string // sent in place of JSON
	Reset       bool   // the connection is reset
}

// TooMany is a 429.
func TooMany(retryAfter int) Fault {
	return Fault{Status: 429, Description: fmt.Sprintf("Too Many Requests: retry after %d", retryAfter), RetryAfter: retryAfter}
}

// Broken is a 5xx in Telegram's JSON form.
func Broken(status int) Fault { return Fault{Status: status, Description: http.StatusText(status)} }

// Refused is a 400 with Telegram's words.
func Refused(words string) Fault {
	return Fault{Status: 400, Description: "Bad Request: " + words}
}

// Blocked is the 403 of a reader who has blocked the bot.
func Blocked() Fault {
	return Fault{Status: 403, Description: "Forbidden: bot was blocked by the user"}
}

// Migrated is the 400 of a group that has become the supergroup to.
func Migrated(to int64) Fault {
	return Fault{Status: 400, Description: "Bad Request: group chat was upgraded to a supergroup chat", MigrateTo: to}
}

// NewServer starts a server that knows one token.
func NewServer(token string) *Server {
	s := &Server{
		token: token, changed: make(chan struct{}), chats: make(map[int64]*chat), faults: make(map[string][]Fault),
		menus: make(map[string][]Command), lastID: 100, queries: make(map[string]*query), drafts: make(map[int64][]Draft),
		files: make(map[string]File), said: make(map[int]string),
	}
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	return s
}

// Close ends all polls and stops the server.
func (s *Server) Close() {
	s.mu.Lock()
	s.finished = true
	s.notify()
	s.mu.Unlock()
	s.http.Close()
}

// notify wakes all that wait for a change. The lock is held.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Fail makes the next calls of a method fail, one for each fault.
func (s *Server) Fail(method string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[method] = append(s.faults[method], faults...)
}

// Chaos is how often calls fail by chance, from 0 to 1. getMe never fails, and
// getUpdates not by TooMany.
type Chaos struct {
	TooMany float64 // 429 with retry_after 1
	Broken  float64 // 502
	Reset   float64 // the connection is reset before the call is carried out
	Seed    uint64
}

// SetChaos lets calls fail by chance from now on.
func (s *Server) SetChaos(c Chaos) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chaos, s.random = c, rand.New(rand.NewPCG(c.Seed, 1))
}

// misfortune is what chance does to a call, nil for nothing. The lock is held.
func (s *Server) misfortune(method string) *Fault {
	if s.random == nil || method == "getMe" {
		return nil
	}
	var f Fault
	switch r := s.random.Float64(); {
	case r < s.chaos.Broken:
		f = Broken(http.StatusBadGateway)
	case r < s.chaos.Broken+s.chaos.Reset:
		f = Fault{Reset: true}
	case r < s.chaos.Broken+s.chaos.Reset+s.chaos.TooMany && method != "getUpdates":
		f = TooMany(1)
	default:
		return nil
	}
	return &f
}

// SetWebhook makes polling a conflict until the bot deletes the webhook.
func (s *Server) SetWebhook(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webhook = address
}

// Calls returns the calls of a method so far, failed ones included.
func (s *Server) Calls(method string) (calls []Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if c.Method == method {
			calls = append(calls, c)
		}
	}
	return calls
}

// Pending is how many updates the bot has not acknowledged.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.updates)
}

// apiError is a response with ok false.
type apiError struct {
	code      int
	words     string
	migrateTo int64
}

func (e apiError) Error() string { return e.words }

func badRequest(words string) error { return apiError{code: 400, words: "Bad Request: " + words} }

var _ http.Handler = (*Server)(nil)

// ServeHTTP answers /bot<token>/<method>.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/file/") {
		s.serveFile(w, r)
		return
	}
	token, method, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/bot"), "/")
	switch {
	case !ok || !strings.Contains(token, ":"):
		respond(w, Fault{Status: 404, Description: "Not Found"})
		return
	case token != s.token:
		respond(w, Fault{Status: 401, Description: "Unauthorized"})
		return
	}
	form, err := parameters(r)
	if err != nil {
		respond(w, Fault{Status: 400, Description: "Bad Request: " + err.Error()})
		return
	}
	s.mu.Lock()
	s.calls = append(s.calls, Call{method, form, time.Now()})
	var fault *Fault
	if waiting := s.faults[method]; len(waiting) > 0 {
		fault, s.faults[method] = &waiting[0], waiting[1:]
	} else {
		fault = s.misfortune(method)
	}
	s.notify()
	s.mu.Unlock()
	if fault != nil {
		respond(w, *fault)
		return
	}
	result, err := s.call(r, method, form)
	if e, ok := err.(apiError); ok {
		respond(w, Fault{Status: e.code, Description: e.words, MigrateTo: e.migrateTo})
		return
	} else if err != nil {
		respond(w, Fault{Status: 400, Description: err.Error()})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": result})
}

func (s *Server) call(r *http.Request, method string, form map[string]string) (any, error) {
	switch method {
	case "getMe":
		return map[string]any{"id": BotID, "is_bot": true, "first_name": "乡闻", "username": BotName, "can_join_groups": true}, nil
	case "getUpdates":
		return s.getUpdates(r, form)
	case "deleteWebhook":
		s.SetWebhook("")
		return true, nil
	case "sendMessage":
		return s.sendMessage(form)
	case "editMessageText":
		return s.editMessageText(form)
	case "editMessageReplyMarkup":
		return s.editMessageReplyMarkup(form)
	case "sendMessageDraft":
		return s.sendMessageDraft(form)
	case "answerCallbackQuery":
		return s.answerCallbackQuery(form)
	case "answerInlineQuery":
		return s.answerInlineQuery(form)
	case "getFile":
		return s.getFile(form)
	case "sendDocument":
		return s.sendDocument(r, form)
	case "sendChatAction":
		return s.sendChatAction(form)
	case "setMyCommands":
		return s.setMyCommands(form)
	}
	return nil, apiError{code: 404, words: "Not Found: method not found"}
}

// respond sends a failure.
func respond(w http.ResponseWriter, f Fault) {
	if f.Reset {
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // a reset, not an end
			}
			_ = conn.Close()
		}
		return
	}
	if f.Page != "" {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, f.Page)
		return
	}
	more := map[string]any{}
	if f.RetryAfter > 0 {
		more["retry_after"] = f.RetryAfter
	}
	if f.MigrateTo != 0 {
		more["migrate_to_chat_id"] = f.MigrateTo
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error_code": f.Status, "description": f.Description, "parameters": more})
}

// parameters reads a request in any of the forms that Telegram takes.
func parameters(r *http.Request) (map[string]string, error) {
	form := make(map[string]string)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		var body map[string]json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return nil, fmt.Errorf("object expected as JSON")
		}
		for k, raw := range body {
			var text string
			if json.Unmarshal(raw, &text) != nil {
				text = string(raw)
			}
			form[k] = text
		}
		return form, nil
	case "multipart/form-data":
		if err := r.ParseMultipartForm(16 << 20); err != nil && !errors.Is(err, io.EOF) { // without parameters the library sends an empty body
			return nil, fmt.Errorf("failed to parse multipart data: %w", err)
		}
	default:
		if err := r.ParseForm(); err != nil {
			return nil, err
		}
	}
	for k, v := range r.Form {
		form[k] = v[0]
	}
	return form, nil
}

// getUpdates holds the poll until there is an update or its time is over. A
// second poll ends the first one, as two bots with one token would.
func (s *Server) getUpdates(r *http.Request, form map[string]string) (any, error) {
	seconds, _ := strconv.Atoi(form["timeout"])
	offset, _ := strconv.ParseInt(form["offset"], 10, 64)
	limit, _ := strconv.Atoi(form["limit"])
	if limit < 1 || limit > 100 {
		limit = 100
	}
	over := time.NewTimer(time.Duration(seconds) * time.Second)
	defer over.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.webhook != "" {
		return nil, apiError{code: 409, words: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"}
	}
	if list := form["allowed_updates"]; list != "" {
		if json.Unmarshal([]byte(list), &s.allowed) != nil {
			return nil, badRequest("can't parse allowed_updates")
		}
	}
	s.poll++
	mine := s.poll
	s.updates = slices.DeleteFunc(s.updates, func(u update) bool {
		return u.id < offset || s.allowed != nil && !slices.Contains(s.allowed, u.kind)
	})
	s.notify()
	for {
		if mine != s.poll {
			return nil, apiError{code: 409, words: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}
		}
		bodies := []json.RawMessage{}
		for _, u := range s.updates[:min(limit, len(s.updates))] {
			bodies = append(bodies, u.body)
		}
		changed := s.changed
		if len(bodies) > 0 || seconds == 0 || s.finished {
			return bodies, nil
		}
		s.mu.Unlock()
		ended := false
		select {
		case <-changed:
		case <-over.C:
			ended = true
		case <-r.Context().Done():
			ended = true
		}
		s.mu.Lock()
		if ended {
			return bodies, nil
		}
	}
}

// webAddress tells whether Telegram takes an address for a button.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.Contains(u.Hostname(), ".")
}
