package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"xiangwen/rag/vectors"
)

// modelServer answers every question with the same words, and embeds.
func modelServer(t *testing.T, words string) (url string, embedded *atomic.Int64) {
	t.Helper()
	embedded = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Input []string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		if strings.HasSuffix(r.URL.Path, "/embeddings") {
			embedded.Add(int64(len(body.Input)))
			var data []map[string]any
			for i, text := range body.Input {
				data = append(data, map[string]any{"index": i, "embedding": []int{1, len(text)}})
			}
			json.NewEncoder(w).Encode(map[string]any{"data": data})
			return
		}
		reply, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{"delta": map[string]string{"content": words}, "finish_reason": "stop"}}})
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: "+string(reply)+"\n\ndata: [DONE]\n\n")
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v1", embedded
}

func TestAModelWrites(t *testing.T) {
	url, embedded := modelServer(t, "天祥大道隧道全长6379米[1]。")
	data := filepath.Join(t.TempDir(), "data")
	t.Setenv("XIANGWEN_DATA", data)
	t.Setenv("OPENAI_BASE_URL", url)
	for run, args := range [][]string{{"--embedding-model", "builtin"}, nil, nil} {
		before := embedded.Load()
		code, out, stderr := xiangwen(t, "", append([]string{"ask", "--json", "天祥大道隧道全长多少米？"}, args...)...)
		if code != 0 || !strings.Contains(out, `"method":"gpt-4o-mini"`) || stderr != "" {
			t.Errorf("run %d: exit %d\n%s%s", run, code, out, stderr)
		}
		_, err := os.Stat(filepath.Join(data, vectors.FileName))
		switch n := embedded.Load() - before; {
		case run == 0 && (n > 0 || err == nil):
			t.Errorf("%d texts were embedded without a model, and a file was made: %v", n, err)
		case run == 1 && (n < 2 || err != nil):
			t.Errorf("%d texts were embedded, %v", n, err)
		case run == 2 && n != 1:
			t.Errorf("%d texts were embedded, want the question alone", n)
		}
	}
}

func TestAModelThatDoesNotWork(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(401)
		io.WriteString(w, `{"error":{"message":"Incorrect API key provided: hush-hush"}}`)
	}))
	defer server.Close()
	t.Setenv("XIANGWEN_DATA", t.TempDir())
	t.Setenv("OPENAI_API_KEY", "hush-hush")
	url, log, stop := serve(t, "--openai-base-url", server.URL+"/v1")
	if got := query(t, url, "天祥大道隧道全长多少米？"); !strings.Contains(got, "6379米") || !strings.Contains(got, `"extractive"`) {
		t.Error(got)
	}
	const line = `error="OPENAI_API_KEY is refused by `
	for end := time.Now().Add(5 * time.Second); strings.Count(log.String(), line) < 2 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	if code := stop(); code != 0 || strings.Count(log.String(), line) != 2 || strings.Contains(log.String(), "hush-hush") {
		t.Errorf("exit %d\n%s", code, log)
	}
}
