package httpd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// site serves "fine" at /, panics at /panic, and holds a request at /wait.
func site(t *testing.T, c Config, log *slog.Logger) (url string, release func()) {
	t.Helper()
	hold := make(chan struct{})
	release = sync.OnceFunc(func() { close(hold) })
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") })
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	mux.HandleFunc("GET /v1/admin/x", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "admin") })
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("a question of a reader") })
	mux.HandleFunc("GET /wait", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	})
	server := httptest.NewUnstartedServer(nil)
	server.Config = NewServer(Wrap(mux, c, log), log)
	server.Start()
	t.Cleanup(func() { release(); server.Close() })
	return server.URL, release
}

func get(t *testing.T, url string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestHeadersAndLog(t *testing.T) {
	var b bytes.Buffer
	routes := make(map[string]int)
	url, _ := site(t, Config{TLS: true, Request: func(route string, status int, _ time.Duration) { routes[route] = status }},
		slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug})))
	resp, body := get(t, url+"/?q=secret")
	for name, has := range map[string]string{
		"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age=",
		"Referrer-Policy": "same-origin", "X-Request-Id": "-",
	} {
		if !strings.Contains(resp.Header.Get(name), has) {
			t.Errorf("%s: %q", name, resp.Header.Get(name))
		}
	}
	if strings.Contains(resp.Header.Get("Content-Security-Policy"), "unsafe") || body != "fine" {
		t.Errorf("%v %s", resp.Header, body)
	}
	if resp, body := get(t, url+"/panic"); resp.StatusCode != 500 || resp.Header.Get("Content-Type") != "application/problem+json" || strings.Contains(body, "reader") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if log := b.String(); strings.Contains(log, "secret") || strings.Contains(log, "question of") || !strings.Contains(log, resp.Header.Get("X-Request-Id")) {
		t.Error(log)
	}
	if routes["GET /{$}"] != 200 || routes["GET /panic"] != 500 {
		t.Errorf("%v", routes)
	}
}

func TestLimit(t *testing.T) {
	url, _ := site(t, Config{PerMinute: 3, Proxies: []string{"127.0.0.0/8"}}, slog.New(slog.DiscardHandler))
	for i := range 3 {
		if resp, _ := get(t, url, "X-Forwarded-For: 203.0.113.7"); resp.StatusCode != 200 || resp.Header.Get("X-RateLimit-Limit") != "3" {
			t.Fatalf("%d: %d %v", i, resp.StatusCode, resp.Header)
		}
	}
	resp, body := get(t, url, "X-Forwarded-For: 203.0.113.7")
	if resp.StatusCode != 429 || resp.Header.Get("Retry-After") == "" || !strings.Contains(body, `"status":429`) {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Header, body)
	}
	// What the client itself puts in front is not believed.
	if resp, _ := get(t, url, "X-Forwarded-For: 1.2.3.4, 203.0.113.7"); resp.StatusCode != 429 {
		t.Errorf("a forged address: %d", resp.StatusCode)
	}
	if resp, _ := get(t, url, "X-Forwarded-For: 203.0.113.8"); resp.StatusCode != 200 {
		t.Errorf("another address: %d", resp.StatusCode)
	}
	for range 5 {
		if resp, _ := get(t, url+"/healthz", "X-Forwarded-For: 203.0.113.7"); resp.StatusCode != 200 {
			t.Errorf("a probe: %d", resp.StatusCode)
		}
	}
}

func TestForwardedForIsNotBelievedWithoutProxies(t *testing.T) {
	h := Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), Config{PerMinute: 1}, slog.New(slog.DiscardHandler))
	ask := func(remote, forwarded string) int {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		r.Header.Set("X-Forwarded-For", forwarded)
		h.ServeHTTP(w, r)
		return w.Code
	}
	if a, b := ask("198.51.100.7:1000", "203.0.113.7"), ask("198.51.100.7:1001", "203.0.113.8"); a != 200 || b != 429 {
		t.Errorf("%d, %d", a, b)
	}
	for range 5 {
		if got := ask("127.0.0.1:1000", ""); got != 200 {
			t.Errorf("this machine: %d", got)
		}
	}
}

func TestTooMuchAtOnce(t *testing.T) {
	url, release := site(t, Config{AtOnce: 2}, slog.New(slog.DiscardHandler))
	const asked = 40
	statuses := make(chan int, asked)
	var kind, again string // of the last that was turned away
	var mu sync.Mutex
	for range asked {
		go func() {
			resp, err := http.Get(url + "/wait")
			if err != nil {
				statuses <- 0
				return
			}
			resp.Body.Close()
			if resp.StatusCode == http.StatusServiceUnavailable {
				mu.Lock()
				kind, again = resp.Header.Get("Content-Type"), resp.Header.Get("Retry-After")
				mu.Unlock()
			}
			statuses <- resp.StatusCode
		}()
	}
	shed := 0
	for range asked - 2*1 - 4*2 { // two run, eight wait
		select {
		case s := <-statuses:
			if s != http.StatusServiceUnavailable {
				t.Errorf("status %d", s)
			}
			shed++
		case <-time.After(10 * time.Second):
			t.Fatalf("%d were turned away", shed)
		}
	}
	if resp, _ := get(t, url+"/healthz"); resp.StatusCode != 200 {
		t.Errorf("a probe: %d", resp.StatusCode)
	}
	release()
	for range 2 + 4*2 {
		if s := <-statuses; s != 200 && s != http.StatusServiceUnavailable {
			t.Errorf("status %d", s)
		}
	}
	if resp, _ := get(t, url); resp.StatusCode != 200 {
		t.Errorf("afterwards: %d", resp.StatusCode)
	}
	if kind != "application/problem+json" || again != "1" {
		t.Errorf("turned away with %q, Retry-After %q", kind, again)
	}
}

func TestOrigins(t *testing.T) {
	url, _ := site(t, Config{Origins: []string{"https://paper.example"}}, slog.New(slog.DiscardHandler))
	for _, c := range []struct{ path, origin, allowed string }{
		{"/", "https://paper.example", "https://paper.example"}, {"/", "https://evil.example", ""}, {"/v1/admin/x", "https://paper.example", ""},
	} {
		resp, _ := get(t, url+c.path, "Origin: "+c.origin)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != c.allowed {
			t.Errorf("%s from %s: %q", c.path, c.origin, got)
		}
	}
	closed, _ := site(t, Config{}, slog.New(slog.DiscardHandler))
	if resp, _ := get(t, closed, "Origin: https://paper.example"); resp.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("open by default")
	}
}

// TestSlowClients holds that clients which send nothing, or a byte at a time, do
// not keep others from being answered.
func TestSlowClients(t *testing.T) {
	url, _ := site(t, Config{AtOnce: 2}, slog.New(slog.DiscardHandler))
	address := strings.TrimPrefix(url, "http://")
	var idle []net.Conn
	for range 500 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		idle = append(idle, c)
		if len(idle)%2 == 0 {
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
		}
	}
	defer func() {
		for _, c := range idle {
			c.Close()
		}
	}()
	if resp, body := get(t, url); resp.StatusCode != 200 || body != "fine" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestShutdownGivesUp(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	server.Start()
	defer server.Close()
	defer server.CloseClientConnections()
	go http.Get(server.URL)
	time.Sleep(50 * time.Millisecond) // until the request is in
	if err := Shutdown(t.Context(), server.Config, 20*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// TestTraces holds that spans are named by their routes, reach the collector, and hold
// no query.
func TestTraces(t *testing.T) {
	got := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		got <- string(data)
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
	stop, err := Trace(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	url, _ := site(t, Config{Traced: true}, slog.New(slog.DiscardHandler))
	get(t, url+"/?q=secret-question")
	if err := stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if span := <-got; !strings.Contains(span, "GET /{$}") || strings.Contains(span, "secret-question") {
		t.Errorf("%q", span)
	}
}
