package model

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"xiangwen/rag"
)

// server is an OpenAI-compatible server that answers by script.
func server(t *testing.T, handle http.HandlerFunc) Config {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	return Config{Key: "sk-secret", BaseURL: s.URL + "/v1/", ChatModel: "chatty", EmbeddingModel: "embeddy"}
}

func TestComplete(t *testing.T) {
	c := NewChat(server(t, func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Model       string
			Temperature float64
			Messages    []struct{ Role, Content string }
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		if r.URL.Path != "/v1/chat/completions" || r.Header.Get("Authorization") != "Bearer sk-secret" {
			t.Errorf("path %s, authorization %q", r.URL.Path, r.Header.Get("Authorization"))
		}
		if body.Model != "chatty" || len(body.Messages) != 2 || body.Messages[0].Role != "system" || body.Messages[1].Content != "问" || body.Temperature > 1e-6 {
			t.Errorf("body %+v", body)
		}
		w.Write([]byte(`{"choices":[{"message":{"role":"assistant","content":"答[1]"}}]}`))
	}))
	var got string
	if _, err := c.Stream(context.Background(), rag.Prompt{System: "规则", User: "问"}, func(s string) error { got += s; return nil }); err != nil || got != "答[1]" {
		t.Errorf("%q, %v", got, err)
	}
	if c.Name() != "chatty" {
		t.Error(c.Name())
	}
}

func TestCompleteFails(t *testing.T) {
	for name, c := range map[string]struct {
		handle http.HandlerFunc
		want   string
	}{
		"wrong key": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(401)
			w.Write([]byte(`{"error":{"message":"Incorrect API key provided: sk-secret","type":"invalid_request_error"}}`))
		}, "status 401: Incorrect API key provided: (key)"},
		"no such model": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(404)
			w.Write([]byte(`{"error":{"message":"no such model"}}`))
		}, "status 404: no such model"},
		"not JSON":   {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(502); w.Write([]byte("<html>")) }, "status 502"},
		"garbage":    {func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("{")) }, "chat with chatty"},
		"no choices": {func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(`{"choices":[]}`)) }, "the reply is empty"},
		"blank": {func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte(`{"choices":[{"message":{"content":" "}}]}`))
		}, "the reply is empty"},
	} {
		_, err := NewChat(server(t, c.handle)).Stream(context.Background(), rag.Prompt{}, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCompleteEndsWithItsContext(t *testing.T) {
	gone := make(chan struct{})
	c := NewChat(server(t, func(w http.ResponseWriter, r *http.Request) { <-gone }))
	defer close(gone)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Stream(ctx, rag.Prompt{}, nil); err == nil {
		t.Error("a server that never answers has answered")
	}
}

func TestEmbed(t *testing.T) {
	requests := 0
	e := NewEmbedder(server(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		var body struct{ Input []string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		type datum struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		}
		var data []datum
		for i, text := range body.Input { // in reverse: the index says which is which
			data = append([]datum{{i, []float32{3, float32(len(text))}}}, data...)
		}
		json.NewEncoder(w).Encode(map[string]any{"data": data})
	}))
	texts := make([]string, 2*batch+1)
	texts[1] = "four"
	got, err := e.Embed(context.Background(), texts)
	if err != nil || len(got) != len(texts) || requests != 3 {
		t.Fatalf("%d vectors in %d requests, %v", len(got), requests, err)
	}
	if got[0][0] != 1 || math.Abs(float64(got[1][1])-0.8) > 1e-6 {
		t.Errorf("vectors = %v %v", got[0], got[1])
	}
}

func TestEmbedKeepsWhatItHas(t *testing.T) {
	requests := 0
	e := NewEmbedder(server(t, func(w http.ResponseWriter, r *http.Request) {
		if requests++; requests > 1 {
			w.WriteHeader(500)
			return
		}
		var body struct{ Input []string }
		json.NewDecoder(r.Body).Decode(&body)
		var data []map[string]any
		for i := range body.Input {
			data = append(data, map[string]any{"index": i, "embedding": []float32{1}})
		}
		json.NewEncoder(w).Encode(map[string]any{"data": data})
	}))
	got, err := e.Embed(context.Background(), make([]string, batch+1))
	if err == nil || len(got) != batch {
		t.Errorf("%d vectors, %v", len(got), err)
	}
}

func TestEmbedRefusesWhatIsNoVector(t *testing.T) {
	for _, reply := range []string{`{"data":[]}`, `{"data":[{"index":0,"embedding":[0,0]}]}`, `{"data":[{"index":9,"embedding":[1]}]}`} {
		e := NewEmbedder(server(t, func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(reply)) }))
		if _, err := e.Embed(context.Background(), []string{"x"}); err == nil {
			t.Errorf("%s was taken", reply)
		}
	}
}

func TestCheck(t *testing.T) {
	for url, ok := range map[string]bool{"": true, "http://127.0.0.1:11434/v1": true, "https://x.example/v1": true, "localhost:11434": false, "ftp://x": false, "http://": false, "::": false} {
		if err := (Config{BaseURL: url}).Check(); (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		} else if err != nil && !strings.Contains(err.Error(), "OPENAI_BASE_URL") {
			t.Errorf("%q: the error does not name the setting: %v", url, err)
		}
	}
}
