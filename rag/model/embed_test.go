package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"xiangwen/rag"
)

type embedding struct {
	Index     int       `json:"index"`
	Embedding []float32 `json:"embedding"`
}

func texts(r *http.Request) []string {
	var body struct{ Input []string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		panic(err)
	}
	return body.Input
}

// embeddings gives each text the vector (3, its length), in reverse order: the
// index says which is whose.
func embeddings(w http.ResponseWriter, r *http.Request) {
	var data []embedding
	for i, text := range texts(r) {
		data = append(data, embedding{i, []float32{3, float32(len(text))}})
	}
	slices.Reverse(data)
	json.NewEncoder(w).Encode(map[string]any{"data": data})
}

// picky refuses requests of more than most texts, and those with a bad text.
func picky(status, most int, bad string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		all := texts(r)
		if len(all) > most || slices.Contains(all, bad) {
			failure(status, "input is too large to process")(w, r)
			return
		}
		body, _ := json.Marshal(map[string]any{"input": all})
		r.Body = http.NoBody
		embeddings(w, &http.Request{Body: readCloser{strings.NewReader(string(body))}})
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func newEmbedder(c Config) *Embedder {
	e := NewEmbedder(c)
	e.pause = time.Millisecond
	return e
}

func several(n int, bad ...int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = "four"
	}
	for _, i := range bad {
		out[i] = "bad"
	}
	return out
}

func TestEmbed(t *testing.T) {
	all := func(n int) func(*testing.T, [][]float32) {
		return func(t *testing.T, got [][]float32) {
			for i, v := range got {
				if len(v) != 2 || math.Abs(float64(v[1])-.8) > 1e-6 {
					t.Fatalf("vector %d is %v", i, v)
				}
			}
			if len(got) != n {
				t.Errorf("%d vectors, want %d", len(got), n)
			}
		}
	}
	but := func(n int, bad ...int) func(*testing.T, [][]float32) {
		return func(t *testing.T, got [][]float32) {
			for i, v := range got {
				if slices.Contains(bad, i) != (v == nil) {
					t.Errorf("vector %d is %v", i, v)
				}
			}
			if len(got) != n {
				t.Errorf("%d vectors, want %d", len(got), n)
			}
		}
	}
	reply := func(body string) http.HandlerFunc { return answer(200, body) }
	for name, c := range map[string]struct {
		script []http.HandlerFunc
		texts  []string
		check  func(*testing.T, [][]float32)
		reason rag.Reason
		asked  int
	}{
		"three batches":                {[]http.HandlerFunc{embeddings}, several(2*batch + 1), all(2*batch + 1), "", 3},
		"no texts":                     {[]http.HandlerFunc{embeddings}, nil, all(0), "", 0},
		"without an index":             {[]http.HandlerFunc{reply(`{"data":[{"embedding":[3,4]},{"embedding":[6,8]}]}`)}, several(2), all(2), "", 1},
		"5xx, 429 and a cut pass":      {[]http.HandlerFunc{answer(503, ""), failure(429, "", "Retry-After: 0.01"), reply(`{"data":[{`), embeddings}, several(1), all(1), "", 4},
		"fails half-way":               {[]http.HandlerFunc{embeddings, answer(500, "")}, several(batch + 1), all(batch), rag.Unavailable, 6},
		"wrong key":                    {[]http.HandlerFunc{failure(401, key)}, several(3), all(0), rag.Unauthorized, 1},
		"10 at most, as at DashScope":  {[]http.HandlerFunc{picky(400, 10, "")}, several(100), all(100), "", 3 + 8 + 5},
		"413":                          {[]http.HandlerFunc{picky(413, 32, "")}, several(64), all(64), "", 3},
		"one bad text":                 {[]http.HandlerFunc{picky(400, batch, "bad")}, several(batch, 17), but(batch, 17), "", 13},
		"two bad texts and llama.cpp":  {[]http.HandlerFunc{picky(500, batch, "bad")}, several(4, 0, 3), but(4, 0, 3), "", 8},
		"every text is refused":        {[]http.HandlerFunc{failure(400, "no embeddings here")}, several(batch), all(0), rag.Refused, 8},
		"a zero vector among others":   {[]http.HandlerFunc{reply(`{"data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":[0,0]}]}`)}, several(2), but(2, 0), "", 1},
		"nothing but zeros":            {[]http.HandlerFunc{reply(`{"data":[{"index":0,"embedding":[0,0]}]}`)}, several(1), all(0), rag.Garbage, 1},
		"too few":                      {[]http.HandlerFunc{reply(`{"data":[]}`)}, several(1), all(0), rag.Garbage, 1},
		"an index out of range":        {[]http.HandlerFunc{reply(`{"data":[{"index":9,"embedding":[1]}]}`)}, several(1), all(0), rag.Garbage, 1},
		"an index twice":               {[]http.HandlerFunc{reply(`{"data":[{"index":1,"embedding":[1]},{"index":1,"embedding":[1]}]}`)}, several(2), all(0), rag.Garbage, 1},
		"not JSON":                     {[]http.HandlerFunc{reply("<html>")}, several(1), all(0), rag.Garbage, 1},
		"lengths that differ in one":   {[]http.HandlerFunc{reply(`{"data":[{"index":0,"embedding":[3,4]},{"index":1,"embedding":[1]}]}`)}, several(2), all(1), rag.Garbage, 1},
		"lengths that differ in two":   {[]http.HandlerFunc{embeddings, reply(`{"data":[{"index":0,"embedding":[1]}]}`)}, several(batch + 1), all(batch), rag.Garbage, 2},
		"bad text, filtered by policy": {[]http.HandlerFunc{failure(400, "data_inspection_failed"), embeddings, embeddings}, several(1), but(1, 0), "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, c.script...)
			e := newEmbedder(s.Config)
			got, err := e.Embed(t.Context(), c.texts)
			if c.reason != "" {
				checkFault(t, err, c.reason)
			} else if err != nil {
				t.Error(err)
			}
			c.check(t, got)
			if s.asked() != c.asked {
				t.Errorf("%d requests, want %d", s.asked(), c.asked)
			}
		})
	}
}

func TestEmbedQuestion(t *testing.T) {
	s := newServer(t, embeddings, answer(503, ""), embeddings, silent)
	e := newEmbedder(s.Config)
	e.patience = 30 * time.Millisecond
	for range 2 { // the second is asked twice
		if v, err := e.EmbedQuestion(t.Context(), "four"); err != nil || math.Abs(float64(v[1])-.8) > 1e-6 {
			t.Errorf("%v, %v", v, err)
		}
	}
	start := time.Now()
	for range failuresInARow {
		_, err := e.EmbedQuestion(t.Context(), "four")
		checkFault(t, err, rag.TimedOut)
	}
	_, err := e.EmbedQuestion(t.Context(), "four")
	checkFault(t, err, rag.Resting)
	if took, most := time.Since(start), failuresInARow*e.patience+500*time.Millisecond; took > most || s.asked() != 3+failuresInARow {
		t.Errorf("it took %s and %d requests", took, s.asked())
	}
}

func TestNameTellsServersApart(t *testing.T) {
	for base, want := range map[string]string{
		"":                               "e@api.openai.com/v1",
		"http://u:p@localhost:11434/v1/": "e@localhost:11434/v1",
	} {
		if got := NewEmbedder(Config{BaseURL: base, EmbeddingModel: "e"}).Name(); got != want {
			t.Errorf("%q: %s, want %s", base, got, want)
		}
	}
}

func ExampleConfig_Check() {
	err := Config{BaseURL: "https://api.example/v1/chat/completions", ChatModel: DefaultChat, EmbeddingModel: DefaultEmbedding}.Check()
	fmt.Println(errors.Unwrap(err) == nil, err)
	// Output: true OPENAI_BASE_URL must end before the name of a call: leave /chat/completions off
}
