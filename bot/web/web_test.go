package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
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
	_, response, data := desktest.Send(t, method, s.URL+path, body, headers...)
	return response.StatusCode, response.Header, string(data)
}

func TestPages(t *testing.T) {
	s := newSite(t)
	for name, c := range map[string]struct {
		path, language string
		status         int
		has            []string
		hasNot         string
	}{
		"home":             {"/", "zh-CN", 200, []string{`lang="zh"`, "您想了解什么", `name="q"`}, `class="answer"`},
		"home in English":  {"/", "en", 200, []string{`lang="en"`, "What would you like", `lang=zh`}, ""},
		"answer":           {"/?q=新桥全长多少米？", "zh", 200, []string{"900米", `href="#source-`, `<blockquote>新桥全长900米`, `/articles/bridge%2F1?from=7&amp;to=26`, "新桥&lt;通车&gt;"}, "<通车>"},
		"no answer":        {"/?q=有没有鲸鱼", "zh", 200, []string{"没有提到"}, "<blockquote>"},
		"hostile question": {"/?q=%3Cscript%3Ealert(1)%3C/script%3E", "zh", 200, []string{"&lt;script&gt;"}, "<script>"},
		"article":          {"/articles/bridge%2F1?from=7&to=26", "zh", 200, []string{`<mark id="quote"`, "新桥全长900米，连接东河镇和西山村。</mark>", "<h2>怎么建的</h2>", "版面缺失", "新桥&lt;通车&gt;"}, ""},
		"outside":          {"/articles/bridge%2F1?from=7&to=2600", "zh", 200, []string{"新桥全长900米"}, "<mark"},
		"odd range":        {"/articles/bridge%2F1?from=x&to=-1", "zh", 200, []string{"新桥全长900米"}, "<mark"},
		"unknown article":  {"/articles/whale", "zh", 404, []string{"没有这篇报道", `name="q"`}, ""},
		"list":             {"/articles", "zh", 200, []string{`href="/articles/bridge%2F1?`, "测试报"}, ""},
	} {
		status, header, body := s.do(t, "GET", c.path, "", "Accept-Language: "+c.language)
		if status != c.status || !strings.HasPrefix(header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %s", name, status, header.Get("Content-Type"))
		}
		for _, want := range c.has {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %q in\n%s", name, want, body)
			}
		}
		if c.hasNot != "" && strings.Contains(body, c.hasNot) {
			t.Errorf("%s: %q in\n%s", name, c.hasNot, body)
		}
	}
	if status, header, body := s.do(t, "GET", "/style.css", ""); status != 200 || !strings.HasPrefix(header.Get("Content-Type"), "text/css") || len(body) == 0 {
		t.Errorf("style: %d %s", status, header.Get("Content-Type"))
	}
}

func TestProbes(t *testing.T) {
	s := newSite(t)
	s.ready.Store(false)
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/": 503, "/articles": 503} {
		if status, _, _ := s.do(t, "GET", path, ""); status != want {
			t.Errorf("while loading %s: %d, want %d", path, status, want)
		}
	}
	s.ready.Store(true)
	if status, _, body := s.do(t, "GET", "/readyz", ""); status != 200 || body != "ready\n" {
		t.Errorf("ready: %d %q", status, body)
	}
}

func TestNothingFoundLeadsToWhatIsNear(t *testing.T) {
	s := newSite(t)
	question := url.QueryEscape("西山村有几所小学？")
	if status, _, page := s.do(t, "GET", "/?lang=zh&q="+question, ""); status != 200 || !strings.Contains(page, "相近的报道") || !strings.Contains(page, `<a href="/articles/`) || strings.Contains(page, "<blockquote>") {
		t.Errorf("%d: %s", status, page)
	}
}

// FuzzForms sends forms of any shape to the endpoints that read one.
func FuzzForms(f *testing.F) {
	for _, s := range []string{"id=a&verdict=up", "id=a&verdict=down&reason=wrong&lang=en", "%", "a=%zz&&&", "token=hush", "csrf=&id=", strings.Repeat("a=", 9000), "id=\x00\xff", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nx\r\n--b--"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	h := NewHandler(desktest.New(f, nil), Config{AdminToken: "hush", Ready: func() bool { return true }}, slog.New(slog.DiscardHandler))
	f.Fuzz(func(t *testing.T, body string, parts bool) {
		for _, path := range []string{"/feedback", "/admin/login", "/admin/logout", "/admin/upload", "/admin/add", "/admin/take"} {
			r := httptest.NewRequest("POST", path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if parts {
				r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code >= 500 {
				t.Fatalf("%s: %d %s for %q", path, w.Code, w.Body, body)
			}
		}
	})
}
