package httpd

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// start serves a handler as the program does.
func start(t *testing.T, next http.Handler, c Config) (address string) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	server := httptest.NewUnstartedServer(nil)
	server.Config = NewServer(Wrap(next, c, log), log)
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// send opens a connection and writes to it, and reads nothing.
func send(t *testing.T, address, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestSlowBodiesHaveNoTurn holds that who is still sending does not keep others out.
func TestSlowBodiesHaveNoTurn(t *testing.T) {
	address := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }), Config{AtOnce: 2})
	var slow []net.Conn
	for range 20 {
		c := send(t, address, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
		// The server says Continue when it begins to read the body.
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, "100") {
			t.Fatalf("%q %v", line, err)
		}
		slow = append(slow, c)
	}
	for range 5 {
		if resp, body := get(t, "http://"+address); resp.StatusCode != 200 {
			t.Fatalf("%d %s", resp.StatusCode, body)
		}
	}
	for _, c := range slow { // and are answered in the end
		io.WriteString(c, "slow")
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 && resp.StatusCode != 503 || resp.StatusCode == 200 && !strings.HasSuffix(string(body), "slow") {
			t.Fatalf("%d %q", resp.StatusCode, body)
		}
	}
}

// TestSlowReadersLoseTheirTurn holds the same of who does not take what is written.
func TestSlowReadersLoseTheirTurn(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") })
	blocked := make(chan struct{}, 10)
	mux.HandleFunc("GET /much", func(w http.ResponseWriter, r *http.Request) {
		blocked <- struct{}{}
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	})
	address := start(t, mux, Config{AtOnce: 2})
	for range 2 {
		send(t, address, "GET /much HTTP/1.1\r\nHost: x\r\n\r\n")
		<-blocked
	}
	for end := time.Now().Add(30 * time.Second); ; { // half of WriteTimeout, which would free them too
		resp, body := get(t, "http://"+address)
		if resp.StatusCode == 200 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d %s", resp.StatusCode, body)
		}
	}
}

// TestBodiesReadAhead holds that the handler sees the body, and its faults, as without.
func TestBodiesReadAhead(t *testing.T) {
	lengths := make(chan string, 10)
	address := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		data, err := io.ReadAll(r.Body)
		lengths <- fmt.Sprint(len(data), " ", errors.Is(err, io.ErrUnexpectedEOF), " ", err == nil)
		if err == nil {
			err = errors.Join(control.SetWriteDeadline(time.Now().Add(time.Minute)), control.Flush())
		}
		if err == nil && !bytes.Equal(data, bytes.Repeat([]byte("ab"), len(data)/2)) {
			err = errors.New("another body")
		}
		if err != nil {
			http.Error(w, err.Error(), 500)
		}
	}), Config{})
	for _, n := range []int{0, 2, ahead - 2, ahead, ahead + 2, 10 * ahead} {
		resp, err := http.Post("http://"+address, "text/plain", strings.NewReader(strings.Repeat("ab", n/2)))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := <-lengths; got != fmt.Sprint(n/2*2, " false true") || resp.StatusCode != 200 {
			t.Errorf("%d bytes: %s, %d", n, got, resp.StatusCode)
		}
	}
	c := send(t, address, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabab")
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got := <-lengths; got != "4 true false" {
		t.Errorf("a body that breaks off: %s", got)
	}
}

// TestTurnedAwayIsSaidOnce holds that a flood does not fill the log, and how it is told.
func TestTurnedAwayIsSaidOnce(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, nil))
	turn := &turns{work: make(chan struct{}), wait: make(chan struct{}), log: log}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if turn.take(httptest.NewRequest("GET", "/", nil).WithContext(ctx)) {
		t.Error("a turn out of nowhere")
	}
	for range 1000 {
		turn.say()
	}
	if strings.Count(b.String(), "\n") != 1 || !strings.Contains(b.String(), "--at-once") {
		t.Error(b.String())
	}
}
