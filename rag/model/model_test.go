package model

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"xiangwen/rag"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "sk-secret"

// server is an OpenAI-compatible server that answers by script: the nth request
// by the nth handler, those after it by the last.
type server struct {
	Config
	mu          sync.Mutex
	requests    []string // their bodies
	connections map[string]bool
}

func newServer(t *testing.T, script ...http.HandlerFunc) *server {
	t.Helper()
	s := &server{connections: make(map[string]bool)}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer "+key {
			t.Errorf("authorization %q", r.Header.Get("Authorization"))
		}
		s.mu.Lock()
		s.requests = append(s.requests, string(body))
		s.connections[r.RemoteAddr] = true
		handle := script[min(len(s.requests), len(script))-1]
		s.mu.Unlock()
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		handle(w, r)
	}))
	t.Cleanup(web.Close)
	s.Config = Config{
		Key: key, BaseURL: web.URL + "/v1/", ChatModel: "chatty", EmbeddingModel: "embeddy",
		Timeout: 4 * time.Second, FirstToken: 2 * time.Second,
	}
	return s
}

func (s *server) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// answer responds with a status, headers ("Name: value") and a body.
func answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// failure is an error as OpenAI words it.
func failure(status int, message string, headers ...string) http.HandlerFunc {
	return answer(status, fmt.Sprintf(`{"error":{"message":%q,"type":"invalid_request_error"}}`, message), append(headers, "Content-Type: application/json")...)
}

// silent never answers.
func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// checkFault holds an error against what it must be, and against holding the key.
func checkFault(t *testing.T, err error, reason rag.Reason) *rag.ModelError {
	t.Helper()
	var fault *rag.ModelError
	if !errors.As(err, &fault) || fault.Reason != reason {
		t.Errorf("error %v, want %s", err, reason)
		return &rag.ModelError{}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the key is in %q", err)
	}
	return fault
}

func TestCheckSettings(t *testing.T) {
	good := Config{ChatModel: "c", EmbeddingModel: "e"}
	with := func(change func(*Config)) Config { c := good; change(&c); return c }
	base := func(u string) Config { return with(func(c *Config) { c.BaseURL = u }) }
	for _, c := range []struct {
		config Config
		want   []string // in the lines of the error, one each
	}{
		{good, nil},
		{base("http://127.0.0.1:11434/v1"), nil},
		{base("https://user:hush@x.example/v1/"), nil},
		{base("localhost:11434"), []string{"OPENAI_BASE_URL must look like"}},
		{base("user:hush@x.example"), []string{"OPENAI_BASE_URL must look like"}},
		{base("ftp://x"), []string{"OPENAI_BASE_URL must look like"}},
		{base("http://"), []string{"OPENAI_BASE_URL must look like"}},
		{base("::"), []string{"OPENAI_BASE_URL must look like"}},
		{base("https://x.example/v1/chat/completions/"), []string{"leave /chat/completions off"}},
		{base("https://x:hush@x.example/v1/embeddings?version=1"), []string{"leave ? and # off", "leave /embeddings off"}},
		{Config{Temperature: 3, Timeout: -1, FirstToken: -1}, []string{"XIANGWEN_CHAT_MODEL", "XIANGWEN_EMBEDDING_MODEL", "XIANGWEN_TEMPERATURE", "XIANGWEN_MODEL_TIMEOUT", "XIANGWEN_FIRST_TOKEN_TIMEOUT"}},
	} {
		var lines []string
		if err := c.config.Check(); err != nil {
			lines = strings.Split(err.Error(), "\n")
		}
		for i, line := range lines {
			if len(lines) != len(c.want) || !strings.Contains(line, c.want[i]) || strings.Contains(line, "hush") {
				t.Errorf("%+v: %q, want %q", c.config, lines, c.want)
			}
		}
		if len(lines) != len(c.want) {
			t.Errorf("%+v: %q, want %q", c.config, lines, c.want)
		}
	}
}

func TestHide(t *testing.T) {
	for in, want := range map[string]string{
		"Incorrect API key provided: sk-other.":       "Incorrect API key provided: (key)",
		"Incorrect: sk-pr****abcd and risk-free":      "Incorrect: (key) and risk-free",
		"密钥tok-9错误":                                   "密钥(key)错误",
		"a\n  b":                                      "a b",
		strings.Repeat("好", 195) + "tok-9 and others": strings.Repeat("好", 195) + "(key)…",
	} {
		if got := hide(in, []string{"tok-9", ""}); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2024, 11, 26, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, value string
		want        time.Duration
	}{
		{"Retry-After", "3", 3 * time.Second},
		{"Retry-After", "0.5", time.Second / 2},
		{"Retry-After", "Tue, 26 Nov 2024 08:00:07 GMT", 7 * time.Second},
		{"Retry-After", "Tue, 26 Nov 2024 07:00:00 GMT", 0},
		{"Retry-After-Ms", "20", 20 * time.Millisecond},
		{"Retry-After", "-1", 0},
		{"Retry-After", "NaN", 0},
		{"Retry-After", "1e300", 24 * time.Hour},
		{"Retry-After", "soon", 0},
		{"Other", "3", 0},
	} {
		if got := retryAfter(http.Header{c.name: {c.value}}, now); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.name, c.value, got, c.want)
		}
	}
}

func TestCheckNamesTheSetting(t *testing.T) {
	const effect = "; answers are made without the model"
	for name, c := range map[string]struct {
		handle http.HandlerFunc
		want   string // $ stands for the server
	}{
		"well":          {stream(says("OK"), done), ""},
		"talkative":     {stream(says("OK and"), ends("length"), done), ""},
		"wrong key":     {failure(401, "Incorrect API key provided: "+key), "OPENAI_API_KEY is refused by $: status 401: Incorrect API key provided: (key)" + effect},
		"wrong model":   {failure(404, "model \"chatty\" not found\n, try pulling it"), `XIANGWEN_CHAT_MODEL "chatty" is unknown to $: status 404: model "chatty" not found , try pulling it` + effect},
		"invalid model": {failure(400, "Model Not Exist"), `XIANGWEN_CHAT_MODEL "chatty" is unknown to $: status 400: Model Not Exist` + effect},
		"wrong path":    {answer(404, "404 page not found"), "OPENAI_BASE_URL $ has nothing at this path (a version path, such as /v1, may be missing): status 404: 404 page not found" + effect},
		"not accepted":  {failure(402, "Insufficient Balance"), `XIANGWEN_CHAT_MODEL "chatty" is refused by $: status 402: Insufficient Balance` + effect},
		"no quota":      {failure(429, "You exceeded your current quota"), "OPENAI_API_KEY has used up what $ allows: status 429: You exceeded your current quota" + effect},
		"broken":        {answer(502, ""), "OPENAI_BASE_URL $ does not work at the moment: status 502" + effect},
		"a web page":    {answer(200, "<html>hello</html>", "Content-Type: text/html"), "OPENAI_BASE_URL $ does not speak OpenAI's API: the response is no stream of chat completions" + effect},
		"mute":          {stream(ends("stop"), done), `XIANGWEN_CHAT_MODEL "chatty" at $ gives no reply: the reply has no text` + effect},
		"slow":          {silent, `XIANGWEN_FIRST_TOKEN_TIMEOUT is too short for XIANGWEN_CHAT_MODEL "chatty" at $, or the server hangs: nothing came within 30ms` + effect},
	} {
		s := newServer(t, c.handle)
		s.FirstToken = 30 * time.Millisecond
		err := NewChat(s.Config).Check(t.Context())
		got := fmt.Sprint(err)
		if c.want == "" {
			c.want = "<nil>"
		}
		if want := strings.ReplaceAll(c.want, "$", strings.TrimSuffix(s.BaseURL, "/")); got != want || s.asked() != 1 {
			t.Errorf("%s: %d requests\n got %s\nwant %s", name, s.asked(), got, want)
		}
	}

	s := newServer(t, failure(401, "no"), embeddings)
	e := NewEmbedder(s.Config)
	if err := e.Check(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "OPENAI_API_KEY is refused") || !strings.HasSuffix(err.Error(), "by its words only") {
		t.Error(err)
	}
	if err := e.Check(t.Context()); err != nil {
		t.Error(err)
	}

	// Nobody listens, and the URL holds a password; then a server that hangs.
	gone := httptest.NewServer(nil)
	gone.Close()
	err := NewChat(Config{BaseURL: strings.Replace(gone.URL, "://", "://user:hush@", 1), ChatModel: "chatty"}).Check(t.Context())
	if want := "OPENAI_BASE_URL " + gone.URL + " cannot be reached: "; err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error(), "hush") {
		t.Errorf("%v, want %s", err, want)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := NewEmbedder(newServer(t, silent).Config).Check(ctx); err == nil || !strings.Contains(err.Error(), "does not answer in time") {
		t.Error(err)
	}
}
