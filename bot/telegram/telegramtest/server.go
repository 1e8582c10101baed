// Package telegramtest is a Bot API server for tests, as strict as Telegram's
// where a bot can get it wrong, and with Telegram's words for what is wrong. It is
// not a Telegram: it has one bot, and no readers but those that a test speaks for.
//
// The reader's side is SendText, SendDocument, Press, Inline and the like. What the
// bot did is in Sent, Answered, InlineAnswer, Drafts, Menu and Calls; Transcript is
// both sides, and RenderChat draws it. Fail, Chaos and Limit make calls go wrong.
package telegramtest

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

	token   string
	http    *httptest.Server
	methods map[string]handler

	mu       sync.Mutex
	changed  chan struct{} // closed and made new on every change
	finished bool

	updates []update // not acknowledged yet, oldest first
	lastID  int64    // of an update
	allowed []string // update kinds that the bot wants; nil for the default
	webhook string
	poll    int // number of the newest getUpdates

	chats   map[int64]*chat
	lastMsg int      // of a message
	bodies  []*Shown // messages whose bodies are kept, oldest first
	keep    int      // how many of them, 0 for all

	calls  []*Call
	bare   int            // calls before it have lost their form
	called map[string]int // calls of each method

	queries  map[string]*query
	answered []string // the queries with an answer, oldest first
	life     time.Duration

	files     map[string]*stored // by file_id
	lastFile  int
	menus     map[menuKey][]Command
	faults    map[string][]Fault
	chaos     Chaos
	random    *rand.Rand // nil for no chaos
	perChat   float64    // messages a second, 0 for no limit
	overall   float64
	buckets   map[string]*bucket // by chat, "" for all of them
	unlucky   Tally
}

// handler carries out a method. Its result is sent as JSON, a []byte as it is.
type handler func(r *http.Request, form map[string]string) (any, error)

type chat struct {
	log      []*Shown
	byID     map[int]*Shown // without those that were deleted
	sent     int            // messages of the bot in log
	threads  map[int]bool
	drafts   []Draft
	status   string // of the bot
	migrated int64  // what the group has become, 0 if nothing
}

// Call is a request that the bot made.
type Call struct {
	Method string // as in the documentation, e.g. sendMessage; "file" is a download
	Form   map[string]string
	At     time.Time

	Done   bool   // it was carried out, whatever the client was told
	Status int    // that the client saw, 0 until it is answered
	Words  string // the description that the client saw, "" if all is well
}

// WasReset is the Status of a call whose client saw nothing but a broken connection.
const WasReset = -1

// Fault is what happens to a call instead of what it asked for.
type Fault struct {
	Status      int    // HTTP status and error_code
	Description string // Telegram's words
	RetryAfter  int    // seconds
	MigrateTo   int64
	Page        string // sent in place of JSON
	Reset       bool   // the connection is reset
	After       bool   // the call is carried out before, only its answer is lost
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
		token: token, changed: make(chan struct{}), lastID: 100, life: time.Minute,
		chats: make(map[int64]*chat), called: make(map[string]int), queries: make(map[string]*query), files: make(map[string]*stored),
		menus: make(map[menuKey][]Command), faults: make(map[string][]Fault), buckets: make(map[string]*bucket),
	}
	s.methods = s.table()
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

// Fail makes the next calls of a method fail, one for each fault. The method "file"
// is the download of a file.
func (s *Server) Fail(method string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[method] = append(s.faults[method], faults...)
}

// Calls returns the calls of a method so far, failed ones included.
func (s *Server) Calls(method string) (calls []Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if c.Method == method {
			calls = append(calls, *c)
		}
	}
	return calls
}

// apiError is a response with ok false.
type apiError struct {
	code      int
	words     string
	migrateTo int64
}

func (e apiError) Error() string { return e.words }

func badRequest(words string) error { return apiError{code: 400, words: "Bad Request: " + words} }

// table is the methods of the API that the server knows.
func (s *Server) table() map[string]handler {
	locked := func(f func(form map[string]string) (any, error)) handler {
		return func(_ *http.Request, form map[string]string) (any, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return f(form)
		}
	}
	return map[string]handler{
		"getMe": func(*http.Request, map[string]string) (any, error) {
			me := botUser()
			me["can_join_groups"], me["supports_inline_queries"] = true, true
			return me, nil
		},
		"getUpdates":             s.getUpdates,
		"setWebhook":             locked(s.setWebhook),
		"deleteWebhook":          locked(s.deleteWebhook),
		"sendMessage":            locked(s.sendMessage),
		"sendDocument":           s.sendDocument,
		"sendMessageDraft":       locked(s.sendMessageDraft),
		"sendChatAction":         locked(s.sendChatAction),
		"editMessageText":        locked(s.editMessageText),
		"editMessageReplyMarkup": locked(s.editMessageReplyMarkup),
		"answerCallbackQuery":    locked(s.answerCallbackQuery),
		"answerInlineQuery":      locked(s.answerInlineQuery),
		"getFile":                locked(s.getFile),
		"file":                   locked(s.download),
		"setMyCommands":          locked(s.setMyCommands),
		"deleteMyCommands":       locked(s.deleteMyCommands),
		"setMyName":              locked(atMost("name", 64)),
		"setMyDescription":       locked(atMost("description", 512)),
		"setMyShortDescription":  locked(atMost("short_description", 120)),
	}
}

var _ http.Handler = (*Server)(nil)

// ServeHTTP answers /bot<token>/<method> and /file/bot<token>/<path>.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, isFile := strings.CutPrefix(r.URL.Path, "/file")
	token, method, ok := strings.Cut(strings.TrimPrefix(path, "/bot"), "/")
	switch {
	case !ok || !strings.Contains(token, ":") || isFile && token != s.token || !isFile && method == "file":
		respond(w, Fault{Status: 404, Description: "Not Found"})
		return
	case token != s.token:
		respond(w, Fault{Status: 401, Description: "Unauthorized"})
		return
	}
	var form map[string]string
	var err error
	if isFile {
		form, method = map[string]string{"file_path": method}, "file"
	} else if form, err = parameters(r); err != nil {
		respond(w, Fault{Status: 400, Description: "Bad Request: " + err.Error()})
		return
	}
	c := &Call{Method: method, Form: form, At: time.Now()}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	s.called[method]++
	s.forget()
	fault := s.fault(method, form)
	s.notify()
	s.mu.Unlock()

	var result any
	carriedOut := fault == nil || fault.After
	if carriedOut {
		result, err = s.call(r, method, form)
	}
	if e, ok := errors.AsType[apiError](err); ok && fault == nil {
		fault = &Fault{Status: e.code, Description: e.words, MigrateTo: e.migrateTo}
	} else if err != nil && fault == nil {
		fault = &Fault{Status: 400, Description: err.Error()}
	}
	s.mu.Lock()
	c.Done, c.Status = carriedOut && err == nil, http.StatusOK
	if fault != nil {
		c.Status, c.Words = fault.Status, fault.Description
		if fault.Reset {
			c.Status = WasReset
		}
	}
	s.notify()
	s.mu.Unlock()

	if fault != nil {
		respond(w, *fault)
	} else if raw, ok := result.([]byte); ok {
		_, _ = w.Write(raw)
	} else {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": result})
	}
}

func (s *Server) call(r *http.Request, method string, form map[string]string) (any, error) {
	if f := s.methods[method]; f != nil {
		return f(r, form)
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
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		var body map[string]json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return nil, fmt.Errorf("object expected as JSON")
		}
		return fields(body), nil
	case "multipart/form-data":
		if err := r.ParseMultipartForm(16 << 20); err != nil && !errors.Is(err, io.EOF) { // without parameters the library sends an empty body
			return nil, fmt.Errorf("failed to parse multipart data: %w", err)
		}
	default:
		if err := r.ParseForm(); err != nil {
			return nil, err
		}
	}
	form := make(map[string]string)
	for k, v := range r.Form {
		form[k] = v[0]
	}
	return form, nil
}

// fields are a JSON object's, strings without their quotes.
func fields(body map[string]json.RawMessage) map[string]string {
	form := make(map[string]string)
	for k, raw := range body {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		form[k] = text
	}
	return form
}

// webAddress tells whether Telegram takes an address for a button.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.Contains(u.Hostname(), ".")
}
