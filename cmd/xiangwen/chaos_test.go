package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"xiangwen/knowledge/bundled"
	"xiangwen/knowledge/load"
	"xiangwen/rag"
	"xiangwen/rag/embed"
	"xiangwen/rag/index"
	"xiangwen/rag/model"
)

// event is a chunk of a streamed completion.
func event(w io.Writer, text string, finish string) {
	choice := map[string]any{"index": 0, "delta": map[string]string{"content": text}}
	if finish != "" {
		choice["finish_reason"] = finish
	}
	data, _ := json.Marshal(map[string]any{"object": "chat.completion.chunk", "choices": []any{choice}})
	fmt.Fprintf(w, "data: %s\n\n", data)
	w.(http.Flusher).Flush()
}

// hang waits until the client is gone, which the server only sees behind the body.
func hang(r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

var firstPassage = regexp.MustCompile(`(?s)片段 \[1\][^\n]*\n(.*?)\n=====`)

// quoting answers with the first sentence of the first passage and its mark, and
// with one that it has made up.
func quoting(w http.ResponseWriter, r *http.Request) string {
	var body struct{ Messages []struct{ Content string } }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body.Messages) == 0 {
		http.Error(w, "bad request", http.StatusBadRequest)
		return ""
	}
	at := firstPassage.FindStringSubmatch(body.Messages[len(body.Messages)-1].Content)
	if at == nil {
		return "NOT_FOUND"
	}
	first, _, _ := strings.Cut(strings.TrimSpace(at[1]), "。")
	return first + "。[1]另外，项目总投资777亿元。[1]"
}

func newModelEngine(t *testing.T, handle http.HandlerFunc, timeout, firstToken time.Duration) *rag.Engine {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	log := slog.New(slog.DiscardHandler)
	chat := model.NewChat(model.Config{Key: "sk-test", BaseURL: server.URL + "/v1", ChatModel: "m", Timeout: timeout, FirstToken: firstToken, Log: log})
	e := rag.NewEngine(rag.Options{Embedder: embed.News, Index: index.Options{VectorWeight: builtinWeight}, Chat: chat, Timeout: timeout}, log)
	library, err := load.Load(context.Background(), []load.Source{{FS: bundled.Articles, Name: "."}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Update(context.Background(), library); err != nil {
		t.Fatal(err)
	}
	return e
}

const tunnel = "天祥大道隧道全长多少米？"

// TestWhatTheReaderGetsWhenTheModelFails goes through the ways in which a model
// fails: the reader has the extractive answer, in time, and the reason is known.
func TestWhatTheReaderGetsWhenTheModelFails(t *testing.T) {
	stream := func(pieces ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for _, p := range pieces {
				event(w, p, "")
			}
			event(w, "", "stop")
			fmt.Fprint(w, "data: [DONE]\n\n")
		}
	}
	status := func(code int, message string, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			fmt.Fprintf(w, `{"error":{"message":%q}}`, message)
		}
	}
	for name, c := range map[string]struct {
		handle http.HandlerFunc
		reason rag.Reason
		method string // of the answer; "" is extractive
	}{
		"401":           {status(401, "bad key"), rag.Unauthorized, ""},
		"404":           {status(404, "no such model"), rag.NoModel, ""},
		"429 for long":  {status(429, "slow down", "Retry-After", "3600"), rag.RateLimited, ""},
		"500":           {status(500, "oops"), rag.Unavailable, ""},
		"no first word": {func(w http.ResponseWriter, r *http.Request) { hang(r) }, rag.TooSlow, ""},
		"no end": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			event(w, "隧道", "")
			hang(r)
		}, rag.TimedOut, ""},
		"cut before a sentence": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			event(w, "昌九高铁天祥大道隧道全", "")
		}, rag.CutOff, ""},
		"cut behind a sentence": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			event(w, "天祥大道隧道全长6379米。[1][2]其中", "")
		}, rag.CutOff, "m"},
		"garbage": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, "data: {{{\n\ndata: <html>\n\n")
		}, rag.Garbage, ""},
		"content filter": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			event(w, "", "content_filter")
			fmt.Fprint(w, "data: [DONE]\n\n")
		}, rag.Filtered, ""},
		"empty":          {stream(""), rag.Empty, ""},
		"refusal":        {stream("抱歉，我无法回答这个问题。"), rag.NothingProven, ""},
		"found nothing":  {stream("NOT_FOUND"), rag.FoundNothing, ""},
		"wrong language": {stream("The tunnel is 6,379 metres long.[1]"), rag.WrongLanguage, ""},
		"no marks":       {stream("隧道全长6379米。"), rag.NothingProven, ""},
		"a lie":          {stream("隧道全长9999米。[1]"), rag.NothingProven, ""},
		"a link":         {stream("详见 https://evil.example/x 。[1]"), rag.NothingProven, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := newModelEngine(t, c.handle, 700*time.Millisecond, 200*time.Millisecond)
			start := time.Now()
			a := e.Ask(context.Background(), rag.Question{Text: tunnel, Language: "zh"})
			if took := time.Since(start); took > 5*time.Second { // the limit and a busy machine
				t.Errorf("it took %s", took)
			}
			method := c.method
			if method == "" {
				method = rag.MethodExtractive
			}
			if a.Failure != c.reason || a.Method != method || !strings.Contains(a.Text, "6379米") || strings.Contains(a.Text, "evil") {
				t.Errorf("%s by %s because %q: %s", a.Status, a.Method, a.Failure, a.Text)
			}
			if err := rag.Verify(a, e.Library()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestProvenSentencesLeaveAtOnce asks a model that stops in the middle of its
// reply: what it has said so far and is proven is out before it goes on.
func TestProvenSentencesLeaveAtOnce(t *testing.T) {
	said := make(chan string, 10) // more than sentences
	e := newModelEngine(t, func(w http.ResponseWriter, r *http.Request) {
		text := quoting(w, r)
		w.Header().Set("Content-Type", "text/event-stream")
		for _, piece := range strings.SplitAfter(text, "]") {
			event(w, piece, "")
			if strings.HasSuffix(piece, "[1]") && !strings.Contains(piece, "777") {
				select {
				case <-said: // goes on only when the reader has the first sentence
				case <-r.Context().Done():
					return
				}
			}
		}
		event(w, "", "stop")
		fmt.Fprint(w, "data: [DONE]\n\n")
	}, 5*time.Second, 5*time.Second)
	a := e.Ask(context.Background(), rag.Question{Text: tunnel, Language: "zh", Said: func(text string) { said <- text }})
	if a.Method != "m" || a.Status != rag.Partial || len(a.Dropped) != 1 || strings.Contains(a.Text, "777") {
		t.Errorf("%s by %s because %q: %q, dropped %v", a.Status, a.Method, a.Failure, a.Text, a.Dropped)
	}
}

// TestChaos has 200 readers ask at once while every tenth request is refused,
// every tenth stream cut and every twentieth garbage.
func TestChaos(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) }) // behind the server's end
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(1, 2))
	e := newModelEngine(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		luck := random.IntN(100)
		mu.Unlock()
		if luck < 10 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		text := quoting(w, r)
		w.Header().Set("Content-Type", "text/event-stream")
		switch {
		case luck < 20:
			runes := []rune(text)
			event(w, string(runes[:len(runes)/2]), "")
			return
		case luck < 25:
			fmt.Fprint(w, "data: \x00\xff{{\n\nnonsense\n\n")
			return
		}
		for _, piece := range strings.SplitAfter(text, "，") {
			event(w, piece, "")
		}
		event(w, "", "stop")
		fmt.Fprint(w, "data: [DONE]\n\n")
	}, 10*time.Second, 5*time.Second)
	questions := []string{tunnel, "枫田镇落户的工业企业有多少家？", "梅园社区在哪里？", "资溪县在哪个月印发了实施意见？", "章贡区建成了多少个就业之家？"}
	var wait sync.WaitGroup
	var by sync.Map
	for i := range 200 {
		wait.Go(func() {
			a := e.Ask(context.Background(), rag.Question{Text: questions[i%len(questions)], Language: "zh"})
			by.Store(i, a.Method)
			if a.Status != rag.Answered && a.Status != rag.Partial {
				t.Errorf("%s: %s because %q", a.Question, a.Status, a.Failure)
				return
			}
			if err := rag.Verify(a, e.Library()); err != nil || strings.Contains(a.Text, "777") {
				t.Errorf("%s: %q: %v", a.Question, a.Text, err)
			}
		})
	}
	wait.Wait()
	n := 0
	by.Range(func(_, method any) bool {
		if method == "m" {
			n++
		}
		return true
	})
	t.Logf("%d of 200 answers are the model's", n)
	if n < 20 {
		t.Errorf("only %d of 200 answers are the model's", n)
	}
}
