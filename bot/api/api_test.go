package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"xiangwen/bot"
	"xiangwen/bot/desktest"
	"xiangwen/knowledge"
)

// site is a desk over HTTP with a loader that a test can change.
type site struct {
	*httptest.Server
	load  atomic.Pointer[bot.Loader]
	ready atomic.Bool
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{}
	s.loads(func(context.Context, func(int)) (*knowledge.Library, error) {
		return desktest.Library("新桥全长950米。"), nil
	})
	desk := desktest.New(t, func(ctx context.Context, told func(int)) (*knowledge.Library, error) {
		return (*s.load.Load())(ctx, told)
	})
	s.ready.Store(true)
	s.Server = httptest.NewServer(NewHandler(desk, Config{AdminToken: "hush", Ready: s.ready.Load}, slog.New(slog.DiscardHandler)))
	t.Cleanup(s.Close)
	return s
}

func (s *site) loads(l bot.Loader) { s.load.Store(&l) }

// do sends a request; headers are "Name: value".
func (s *site) do(t testing.TB, method, path, body string, headers ...string) (int, http.Header, string) {
	t.Helper()
	r, response, data := desktest.Send(t, method, s.URL+path, body, headers...)
	described(t, r, response, body, data)
	return response.StatusCode, response.Header, string(data)
}

const asJSON = "Content-Type: application/json"

func TestQuery(t *testing.T) {
	s := newSite(t)
	status, header, body := s.do(t, "POST", "/v1/query", `{"question":"新桥全长多少米？","conversation":"c7"}`, asJSON)
	var a map[string]any
	if err := json.Unmarshal([]byte(body), &a); err != nil || status != 200 || !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
		t.Fatalf("%d %s", status, body)
	}
	for _, field := range []string{"question", "status", "answer", "method", "citations", "passages", "conversation", "took_ms"} {
		if _, ok := a[field]; !ok {
			t.Errorf("the answer object has no %q: %s", field, body)
		}
	}
	citation := a["citations"].([]any)[0].(map[string]any)
	if a["status"] != "answered" || a["conversation"] != "c7" || !strings.Contains(a["answer"].(string), "900米") || citation["article_id"] != "bridge/1" ||
		citation["quote"] != "新桥全长900米，连接东河镇和西山村。" || citation["start"] != 7.0 || citation["end"] != 26.0 {
		t.Errorf("%s", body)
	}
	if _, _, body := s.do(t, "POST", "/v1/query", `{"question":"any whales?"}`, asJSON, "Accept-Language: en"); !strings.Contains(body, `"not_found"`) || !strings.Contains(body, "did not report") || !strings.Contains(body, `"citations":[]`) {
		t.Error(body)
	}
	if _, _, body := s.do(t, "POST", "/v1/query", `{"question":""}`, asJSON); !strings.Contains(body, `"redirected"`) {
		t.Error(body)
	}
}

func TestQueryAsEvents(t *testing.T) {
	_, header, body := newSite(t).do(t, "POST", "/v1/query", `{"question":"新桥全长多少米？","stream":true}`, asJSON)
	if header.Get("Content-Type") != "text/event-stream" || !strings.HasPrefix(body, "event: token\ndata: ") || !strings.Contains(body, "event: answer\ndata: {\"id\"") || !strings.HasSuffix(body, "event: done\ndata: {}\n\n") {
		t.Errorf("%s", body)
	}
}

func TestBadRequests(t *testing.T) {
	s := newSite(t)
	for name, c := range map[string]struct {
		method, path, body string
		header             string
		status             int
		has                string
	}{
		"no content type": {"POST", "/v1/query", `{"question":"x"}`, "X: y", 415, "Content-Type"},
		"form":            {"POST", "/v1/query", `question=x`, "Content-Type: application/x-www-form-urlencoded", 415, "JSON"},
		"not JSON":        {"POST", "/v1/query", `{"question"`, asJSON, 400, "not valid JSON"},
		"array":           {"POST", "/v1/query", `[]`, asJSON, 400, "JSON object"},
		"two objects":     {"POST", "/v1/query", `{"question":"x"}{}`, asJSON, 400, "not valid JSON"},
		"no question":     {"POST", "/v1/query", `{}`, asJSON, 400, `\"question\": is missing`},
		"number":          {"POST", "/v1/query", `{"question":7}`, asJSON, 400, `\"question\": must not be of the JSON type number`},
		"long talk":       {"POST", "/v1/query", `{"question":"x","conversation":"` + strings.Repeat("c", 201) + `"}`, asJSON, 400, "conversation"},
		"huge":            {"POST", "/v1/query", `{"question":"` + strings.Repeat("长", 30000) + `"}`, asJSON, 413, "64 KiB"},
		"not UTF-8":       {"POST", "/v1/query", "{\"question\":\"\xff\"}", asJSON, 400, "UTF-8"},
		"twice":           {"POST", "/v1/query", `{"question":"x","question":"y"}`, asJSON, 400, `\"question\": stands there twice`},
		"unknown field":   {"POST", "/v1/query", `{"question":"x","qestion":"y"}`, asJSON, 400, `\"qestion\": there is no such field`},
		"deep":            {"POST", "/v1/query", `{"question":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, asJSON, 400, "deeper than 32"},
		"compressed":      {"POST", "/v1/query", `{}`, asJSON + "\nContent-Encoding: gzip", 415, "gzip"},
		"odd article":     {"POST", "/v1/query", `{"question":"x","article":"whale"}`, asJSON, 400, "article"},
		"odd day":         {"GET", "/v1/articles?from=yesterday", "", asJSON, 400, "2024-11-26"},
		"nothing sought":  {"GET", "/v1/search", "", asJSON, 400, `\"q\"`},
		"odd number":      {"GET", "/v1/search?q=x&n=-1", "", asJSON, 400, "0 to 100"},
		"odd days":        {"GET", "/v1/admin/unanswered?days=x", "", "Authorization: Bearer hush", 400, "days"},
		"strange answer":  {"POST", "/v1/feedback", `{"answer":"!","verdict":"up"}`, asJSON, 404, "answer"},
		"nameless file":   {"POST", "/v1/admin/articles", "x", "Authorization: Bearer hush", 400, "name"},
		"no folder":       {"POST", "/v1/admin/articles?name=a.txt", "x", "Authorization: Bearer hush", 409, "folder"},
		"nothing to drop": {"DELETE", "/v1/admin/articles/whale", "", "Authorization: Bearer hush", 404, "whale"},
		"wrong method":    {"GET", "/v1/query", "", asJSON, 405, "POST"},
		"nowhere":         {"GET", "/v2/query", "", asJSON, 404, "/v2/query"},
		"no such article": {"GET", "/v1/articles/whale", "", asJSON, 404, "whale"},
		"odd limit":       {"GET", "/v1/articles?limit=many", "", asJSON, 400, "limit"},
		"no token":        {"POST", "/v1/admin/reload", "", asJSON, 401, "token"},
		"wrong token":     {"POST", "/v1/admin/reload", "", "Authorization: Bearer hus", 401, "token"},
		"reload by GET":   {"GET", "/v1/admin/reload", "", "Authorization: Bearer hush", 405, "POST"},
	} {
		status, header, body := s.do(t, c.method, c.path, c.body, strings.Split(c.header, "\n")...)
		var p struct {
			Title, Detail string
			Status        int
		}
		if err := json.Unmarshal([]byte(body), &p); err != nil || header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: no problem document: %s %s", name, header.Get("Content-Type"), body)
		}
		if status != c.status || p.Status != c.status || p.Title == "" || !strings.Contains(body, c.has) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if status, _, body := s.do(t, "POST", "/v1/query", `{"question":"新桥全长多少米？"}`, asJSON); status != 200 {
		t.Errorf("afterwards: %d %s", status, body)
	}
}

func TestArticlesOverHTTP(t *testing.T) {
	s := newSite(t)
	if _, _, body := s.do(t, "GET", "/v1/articles", ""); !strings.Contains(body, `"total":1`) || !strings.Contains(body, `"id":"bridge/1"`) {
		t.Error(body)
	}
	if _, _, body := s.do(t, "GET", "/v1/articles?offset=5", ""); !strings.Contains(body, `"articles":[]`) {
		t.Error(body)
	}
	_, _, body := s.do(t, "GET", "/v1/articles/bridge%2F1", "")
	for _, want := range []string{`"text":"导语在这里。\n新桥`, `"heading":"怎么建的"`, `"broken":true`, `"kicker":"眉题"`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
}

func TestReload(t *testing.T) {
	s := newSite(t)
	const token = "Authorization: Bearer hush"
	status, _, body := s.do(t, "POST", "/v1/admin/reload", "", token)
	if status != 200 || !strings.Contains(body, `"changed":[{"id":"bridge/1"`) || !strings.Contains(body, `"added":[]`) || !strings.Contains(body, `"skipped":[]`) {
		t.Fatalf("%d %s", status, body)
	}
	if _, _, body := s.do(t, "POST", "/v1/query", `{"question":"新桥全长多少米？"}`, asJSON); !strings.Contains(body, "950米") {
		t.Errorf("old content: %s", body)
	}
	s.loads(func(context.Context, func(int)) (*knowledge.Library, error) {
		return knowledge.NewLibrary(nil, nil), nil
	})
	if status, _, body := s.do(t, "POST", "/v1/admin/reload", "", token); status != 422 || !strings.Contains(body, "the 1 articles from before stay in use") {
		t.Errorf("nothing to load: %d %s", status, body)
	}
	if _, _, body := s.do(t, "POST", "/v1/query", `{"question":"新桥全长多少米？"}`, asJSON); !strings.Contains(body, "950米") {
		t.Errorf("after a failed reload: %s", body)
	}
}

// TestReloadUnderQuestions reloads while questions come from many sides: none
// fails, and the answers change. How long they wait is measured by .ci/figures.
func TestReloadUnderQuestions(t *testing.T) {
	s := newSite(t)
	var n atomic.Int64
	s.loads(func(context.Context, func(int)) (*knowledge.Library, error) {
		return desktest.Library("新桥全长" + string('1'+rune(n.Add(1)%9)) + "00米。"), nil
	})
	done := make(chan struct{})
	var group sync.WaitGroup
	answers := sync.Map{}
	for range 8 {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				status, _, body := s.do(t, "POST", "/v1/query", `{"question":"新桥全长多少米？"}`, asJSON)
				if status != 200 || !strings.Contains(body, `"answered"`) {
					t.Errorf("%d %s", status, body)
					return
				}
				_, rest, _ := strings.Cut(body, `"answer":"新桥全长`)
				answers.Store(rest[:3], true)
			}
		})
	}
	for range 20 {
		if status, _, body := s.do(t, "POST", "/v1/admin/reload", "", "Authorization: Bearer hush"); status != 200 {
			t.Errorf("reload: %d %s", status, body)
		}
	}
	close(done)
	group.Wait()
	different := 0
	answers.Range(func(any, any) bool { different++; return true })
	if different < 2 {
		t.Errorf("the answers did not change: %d different", different)
	}
}

func TestWithoutATokenAdminIsOff(t *testing.T) {
	h := NewHandler(nil, Config{Ready: func() bool { return true }}, slog.New(slog.DiscardHandler))
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/v1/admin/reload", nil)
	r.Header.Set("Authorization", "Bearer ")
	h.ServeHTTP(w, r)
	if w.Code != 403 || !strings.Contains(w.Body.String(), "XIANGWEN_ADMIN_TOKEN") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{`{"question":"x"}`, `{"question":null}`, `[`, `{"question":"` + "\x00" + `"}`, `{"a":{"a":{"a":{}}}}`, `{"question":"\ud800"}`} {
		f.Add(s)
	}
	h := NewHandler(desktest.New(f, nil), Config{Ready: func() bool { return true }}, slog.New(slog.DiscardHandler))
	f.Fuzz(func(t *testing.T, body string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/v1/query", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		h.ServeHTTP(w, r)
		if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%d %s for %q", w.Code, w.Body, body)
		}
	})
}
