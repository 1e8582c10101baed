package model

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"xiangwen/rag"
)

// Parts of a streamed reply.
type part func(io.Writer)

func event(data string) part { return func(w io.Writer) { io.WriteString(w, "data: "+data+"\n\n") } }

func says(text string) part {
	quoted, _ := json.Marshal(text)
	return event(`{"choices":[{"index":0,"delta":{"content":` + string(quoted) + `},"finish_reason":null}]}`)
}

func ends(reason string) part {
	return event(`{"choices":[{"index":0,"delta":{},"finish_reason":"` + reason + `"}]}`)
}

var (
	done   = event("[DONE]")
	stop   = ends("stop")
	role   = event(`{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}`)
	thinks = event(`{"choices":[{"index":0,"delta":{"reasoning_content":"想想"}}]}`)
	paid   = event(`{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}`)
)

// cut breaks the connection.
func cut(io.Writer) { panic(http.ErrAbortHandler) }

// stream sends the parts as they come.
func stream(parts ...part) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		for _, p := range parts {
			if r.Context().Err() != nil {
				return
			}
			p(w)
			w.(http.Flusher).Flush()
		}
	}
}

// hang keeps the stream open.
func hang(parts ...part) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { stream(parts...)(w, r); silent(w, r) }
}

func newChat(c Config) *Chat {
	chat := NewChat(c)
	chat.pause = time.Millisecond
	return chat
}

var prompt = rag.Prompt{System: "规则", User: "问题abcd"} // 5 tokens, estimated

func ask(ctx context.Context, c *Chat) (text string, usage rag.Usage, err error) {
	usage, err = c.Stream(ctx, prompt, func(s string) error { text += s; return nil })
	return text, usage, err
}

func TestStream(t *testing.T) {
	chunk := func(n int) []part { return []part{says(strings.Repeat("a", n)), stop, done} }
	good, ok := []part{role, says("答"), says("案[1]"), stop, done}, "答案[1]"
	estimated := func(completion int) rag.Usage { return rag.Usage{Prompt: 5, Completion: completion, Estimated: true} }
	full := `{"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"答\n案[1]"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3}}`
	for name, c := range map[string]struct {
		script []http.HandlerFunc
		text   string
		reason rag.Reason // "" where it succeeds
		asked  int
		usage  rag.Usage
	}{
		"good":                   {[]http.HandlerFunc{stream(good...)}, ok, "", 1, estimated(3)},
		"usage at the end":       {[]http.HandlerFunc{stream(says("答"), stop, paid, done)}, "答", "", 1, rag.Usage{Prompt: 7, Completion: 3}},
		"usage before a cut":     {[]http.HandlerFunc{stream(says("答"), paid, cut)}, "答", rag.CutOff, 1, rag.Usage{Prompt: 7, Completion: 3}},
		"reasoning apart":        {[]http.HandlerFunc{stream(thinks, says("答"), stop, done)}, "答", "", 1, estimated(3)},
		"reasoning in the text":  {[]http.HandlerFunc{stream(says("\n<thi"), says("nk>想[1]。</th"), says("ink>答"), stop, done)}, "答", "", 1, estimated(8)},
		"no [DONE]":              {[]http.HandlerFunc{stream(says("答"), stop)}, "答", "", 1, estimated(1)},
		"[DONE] without reason":  {[]http.HandlerFunc{stream(says("答"), done)}, "答", "", 1, estimated(1)},
		"stays open at the end":  {[]http.HandlerFunc{hang(says("答"), stop)}, "答", "", 1, estimated(1)},
		"comments while waiting": {[]http.HandlerFunc{stream(func(w io.Writer) { io.WriteString(w, strings.Repeat(": wait\n\n", 500)) }, says("答"), stop, done)}, "答", "", 1, estimated(1)},
		"JSON though a stream was asked for": {[]http.HandlerFunc{answer(200, full, "Content-Type: application/json; charset=utf-8")},
			"答\n案[1]", "", 1, rag.Usage{Prompt: 7, Completion: 3}},
		"a stream that is called JSON": {[]http.HandlerFunc{answer(200, "data: "+strings.Replace(full, "message", "delta", 1)+"\n\n", "Content-Type: application/json")},
			"答\n案[1]", "", 1, rag.Usage{Prompt: 7, Completion: 3}},
		"an error that is called OK": {[]http.HandlerFunc{answer(200, `{"error":{"message":"out of memory","code":507}}`, "Content-Type: application/json")},
			"", rag.Unavailable, 3, rag.Usage{Prompt: 15, Estimated: true}},

		"recovers from 5xx":         {[]http.HandlerFunc{answer(503, ""), failure(500, "oops"), stream(good...)}, ok, "", 3, estimated(3)},
		"does not recover":          {[]http.HandlerFunc{answer(503, "<html>")}, "", rag.Unavailable, 3, rag.Usage{}},
		"recovers from 429":         {[]http.HandlerFunc{failure(429, "slowly", "Retry-After: 0.02"), stream(good...)}, ok, "", 2, estimated(3)},
		"429 for too long":          {[]http.HandlerFunc{failure(429, "slowly", "Retry-After: 60"), stream(good...)}, "", rag.RateLimited, 1, rag.Usage{}},
		"429 for good":              {[]http.HandlerFunc{failure(429, "You exceeded your current quota")}, "", rag.RateLimited, 1, rag.Usage{}},
		"wrong key":                 {[]http.HandlerFunc{failure(401, "Incorrect API key provided: "+key)}, "", rag.Unauthorized, 1, rag.Usage{}},
		"forbidden":                 {[]http.HandlerFunc{failure(403, "country")}, "", rag.Unauthorized, 1, rag.Usage{}},
		"no such model":             {[]http.HandlerFunc{failure(404, "no such model")}, "", rag.NoModel, 1, rag.Usage{}},
		"refused":                   {[]http.HandlerFunc{failure(400, "context length")}, "", rag.Refused, 1, rag.Usage{}},
		"filtered before":           {[]http.HandlerFunc{failure(400, "Content Exists Risk")}, "", rag.Filtered, 1, rag.Usage{}},
		"filtered in the middle":    {[]http.HandlerFunc{stream(says("答"), ends("content_filter"), done)}, "答", rag.Filtered, 1, estimated(1)},
		"refused by the model":      {[]http.HandlerFunc{stream(event(`{"choices":[{"delta":{"refusal":"no"},"finish_reason":"stop"}]}`), done)}, "", rag.Filtered, 1, estimated(0)},
		"at its limit":              {[]http.HandlerFunc{stream(says("答"), ends("length"), done)}, "答", rag.CutOff, 1, estimated(1)},
		"error in the middle":       {[]http.HandlerFunc{stream(says("答"), event(`{"error":{"message":"overloaded","code":529}}`), done)}, "答", rag.Unavailable, 1, estimated(1)},
		"error before the first":    {[]http.HandlerFunc{stream(event(`{"error":{"message":"overloaded"}}`)), stream(good...)}, ok, "", 2, rag.Usage{Prompt: 10, Completion: 3, Estimated: true}},
		"cut":                       {[]http.HandlerFunc{stream(says("答"), cut)}, "答", rag.CutOff, 1, estimated(1)},
		"cut without a break":       {[]http.HandlerFunc{stream(says("答"))}, "答", rag.CutOff, 1, estimated(1)},
		"garbage":                   {[]http.HandlerFunc{stream(says("答"), event("{"), stop)}, "答", rag.Garbage, 1, estimated(1)},
		"garbage from the start":    {[]http.HandlerFunc{stream(func(w io.Writer) { io.WriteString(w, "<html>\n") })}, "", rag.Garbage, 1, estimated(0)},
		"nothing":                   {[]http.HandlerFunc{stream()}, "", rag.Garbage, 1, estimated(0)},
		"blank":                     {[]http.HandlerFunc{stream(says(" "), stop, done)}, "", rag.Empty, 1, estimated(1)},
		"blank JSON":                {[]http.HandlerFunc{answer(200, `{"choices":[{"message":{"content":null}}]}`, "Content-Type: application/json")}, "", rag.Empty, 1, estimated(0)},
		"the longest":               {[]http.HandlerFunc{stream(chunk(mostText)...)}, strings.Repeat("a", mostText), "", 1, estimated(mostText / 4)},
		"too long":                  {[]http.HandlerFunc{hang(append([]part{says("答")}, chunk(mostText)...)...)}, "答", rag.CutOff, 1, estimated(1 + mostText/4)},
		"a line that never ends":    {[]http.HandlerFunc{stream(func(w io.Writer) { io.WriteString(w, "data: "+strings.Repeat("a", mostOfStream+1)) })}, "", rag.Garbage, 1, estimated(0)},
		"connection lost, then not": {[]http.HandlerFunc{func(http.ResponseWriter, *http.Request) { cut(nil) }, stream(good...)}, ok, "", 2, estimated(3)},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, c.script...)
			start := time.Now()
			text, usage, err := ask(t.Context(), newChat(s.Config))
			if text != c.text {
				t.Errorf("text %.100q, want %.100q", text, c.text)
			}
			if c.reason != "" {
				checkFault(t, err, c.reason)
			} else if err != nil {
				t.Error(err)
			}
			if s.asked() != c.asked || usage != c.usage {
				t.Errorf("%d requests, usage %+v, want %d, %+v", s.asked(), usage, c.asked, c.usage)
			}
			if took := time.Since(start); took > s.FirstToken {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestStreamSendsWhatEveryServerKnows(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/chat/completions" {
			t.Error(r.URL.Path)
		}
		stream(says("答"), stop, done)(w, r)
	})
	for _, temperature := range []float32{0, .5} {
		s.Temperature = temperature
		if _, _, err := ask(t.Context(), newChat(s.Config)); err != nil {
			t.Error(err)
		}
	}
	const rest = `,"stream":true}`
	const first = `{"model":"chatty","messages":[{"role":"system","content":"规则"},{"role":"user","content":"问题abcd"}],"temperature":`
	if s.requests[0] != first+"1e-45"+rest || s.requests[1] != first+"0.5"+rest {
		t.Errorf("sent %q", s.requests)
	}
}

func TestAModelThatTakesNoTemperature(t *testing.T) {
	s := newServer(t, failure(400, "Unsupported value: 'temperature' does not support 0 with this model."), stream(says("答"), stop, done))
	c := newChat(s.Config)
	for range 2 {
		if text, _, err := ask(t.Context(), c); text != "答" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
	}
	s.ChatModel = "o3-mini" // the library itself refuses to send a temperature to it
	if text, _, err := ask(t.Context(), newChat(s.Config)); text != "答" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if s.asked() != 4 {
		t.Errorf("%d requests, want two for the first question and one for each other", s.asked())
	}
}

func TestAConnectionIsUsedAgain(t *testing.T) {
	s := newServer(t, stream(says("答"), stop, done))
	c := newChat(s.Config)
	for range 3 {
		if _, _, err := ask(t.Context(), c); err != nil {
			t.Error(err)
		}
	}
	if len(s.connections) != 1 {
		t.Errorf("%d connections for 3 requests", len(s.connections))
	}
}

func TestTime(t *testing.T) {
	const first, whole, enough = 60 * time.Millisecond, 120 * time.Millisecond, 20 * time.Millisecond
	background := func() (context.Context, context.CancelFunc) { return context.WithCancel(context.Background()) }
	for name, c := range map[string]struct {
		handle http.HandlerFunc
		ctx    func() (context.Context, context.CancelFunc)
		reason rag.Reason // "" for the caller's own
		least  time.Duration
	}{
		"no answer at all":        {silent, background, rag.TooSlow, first},
		"headers but no token":    {hang(role), background, rag.TooSlow, first},
		"a token but no end":      {hang(says("答")), background, rag.TimedOut, whole},
		"thoughts but no end":     {hang(thinks), background, rag.TimedOut, whole},
		"JSON that does not come": {answer(200, "{", "Content-Type: application/json", "Content-Length: 9"), background, rag.CutOff, 0},
		"the caller's deadline": {silent, func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), enough)
		}, rag.TimedOut, enough},
		"the caller leaves": {hang(says("答")), func() (context.Context, context.CancelFunc) {
			ctx, cancel := background()
			time.AfterFunc(enough, cancel)
			return ctx, cancel
		}, "", enough},
		"the caller leaves between tries": {failure(503, "", "Retry-After: 0.1"), func() (context.Context, context.CancelFunc) {
			ctx, cancel := background()
			time.AfterFunc(enough, cancel)
			return ctx, cancel
		}, "", enough},
		"a retry would come too late": {failure(503, "", "Retry-After: 0.2"), background, rag.Unavailable, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, c.handle)
			s.FirstToken, s.Timeout = first, whole
			ctx, cancel := c.ctx()
			defer cancel()
			start := time.Now()
			_, _, err := ask(ctx, newChat(s.Config))
			took := time.Since(start)
			if c.reason != "" {
				checkFault(t, err, c.reason)
			} else if !errors.Is(err, context.Canceled) || errors.As(err, new(*rag.ModelError)) {
				t.Errorf("error %v", err)
			}
			if c.reason == rag.TimedOut && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v is no exceeded deadline", err)
			}
			if took < c.least/2 || took > c.least+2*time.Second { // the machine may be busy
				t.Errorf("it took %s, want %s", took, c.least)
			}
		})
	}
}

func TestAnErrorOfPieceEndsTheReply(t *testing.T) {
	s := newServer(t, hang(says("答"), says("案")))
	c := newChat(s.Config)
	for _, own := range []error{errors.New("enough"), &rag.ModelError{Reason: rag.Unavailable, Err: errors.New("mine")}, context.Canceled} {
		for range failuresInARow { // it is not the model's failure
			n := 0
			_, err := c.Stream(t.Context(), prompt, func(string) error { n++; return own })
			if err != own || n != 1 {
				t.Errorf("%v after %d pieces", err, n)
			}
		}
	}
}

func TestAModelThatFailsIsLeftAlone(t *testing.T) {
	var log bytes.Buffer
	good := stream(says("答"), stop, done)
	bad := stream(says("答"), cut)
	s := newServer(t, bad, bad, failure(400, "?"), bad, bad, bad, bad, good)
	s.Log = slog.New(slog.NewTextHandler(&log, nil))
	const rest = 100 * time.Millisecond
	c := newChat(s.Config)
	c.breaker = newBreaker("chatty", rest, s.Log)
	fail := func(reasons ...rag.Reason) {
		t.Helper()
		for _, reason := range reasons {
			_, _, err := ask(t.Context(), c)
			checkFault(t, err, reason)
		}
	}
	// A refused question shows that the model is there.
	fail(rag.CutOff, rag.CutOff, rag.Refused, rag.CutOff, rag.CutOff, rag.CutOff)
	start := time.Now()
	fail(rag.Resting, rag.Resting)
	if took := time.Since(start); took > rest || s.asked() != 6 {
		t.Errorf("%d requests; being told of a rest took %s", s.asked(), took)
	}
	time.Sleep(rest + rest/10)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := ask(gone, c); !errors.Is(err, context.Canceled) { // neither well nor not
		t.Error(err)
	}
	fail(rag.CutOff, rag.Resting) // the one that is tried
	time.Sleep(rest + rest/10)
	for range 2 {
		if text, _, err := ask(t.Context(), c); text != "答" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], "left alone") || !strings.Contains(lines[0], "the response was cut") && !strings.Contains(lines[0], "EOF") || !strings.Contains(lines[2], "is back") {
		t.Errorf("log:\n%s", log.String())
	}

	// With a wrong key once is enough; readers who leave do not count.
	s = newServer(t, failure(401, key))
	c = newChat(s.Config)
	for range failuresInARow {
		if _, _, err := ask(gone, c); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	fail(rag.Unauthorized, rag.Resting)
}

// FuzzThinking: what is left out does not depend on where the text is cut.
func FuzzThinking(f *testing.F) {
	f.Add("\n<think>想</thi</think>答", 5)
	f.Add("<thin>答", 3)
	f.Fuzz(func(t *testing.T, s string, at int) {
		if at < 0 || at > len(s) || at < len(s) && !utf8.RuneStart(s[at]) {
			return // JSON holds whole characters only
		}
		var whole, cut thinking
		if a, b := whole.rest(s), cut.rest(s[:at])+cut.rest(s[at:]); a != b {
			t.Errorf("%q, cut at %d: %q, want %q", s, at, b, a)
		}
	})
}
