package web

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"xiangwen/bot/desktest"
)

// browser keeps cookies, as a reader's does.
type browser struct {
	t    *testing.T
	base string
	http.Client
}

func (b *browser) do(method, path string, form url.Values, header ...string) (int, string) {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	return b.send(req)
}

func (b *browser) send(req *http.Request) (int, string) {
	b.t.Helper()
	resp, err := b.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// newLibrary is a desk on a folder of articles, served.
func newLibrary(t *testing.T) (open func() *browser, folder string) {
	t.Helper()
	desk, folder := desktest.Folder(t)
	server := httptest.NewServer(NewHandler(desk, Config{AdminToken: "hush", PublicURL: "https://paper.example/desk", Ready: func() bool { return true }}, slog.New(slog.DiscardHandler)))
	t.Cleanup(server.Close)
	return func() *browser {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		return &browser{t, server.URL, http.Client{Jar: jar}}
	}, folder
}

func wants(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("no %q in\n%s", p, text)
		}
	}
}

var answerID = regexp.MustCompile(`id="answer-(\w+)"`)

func TestAConversationOnThePage(t *testing.T) {
	open, _ := newLibrary(t)
	anna, ben := open(), open()
	_, page := anna.do("GET", "/?q="+url.QueryEscape("新桥全长多少米？"), nil)
	wants(t, page, "900米")
	_, page = anna.do("GET", "/?q="+url.QueryEscape("它由谁承建？"), nil)
	wants(t, page, "我理解的问题：新桥由谁承建？", "省路桥公司")
	_, other := ben.do("GET", "/?q="+url.QueryEscape("它由谁承建？"), nil)
	if strings.Contains(other, "我理解的问题") {
		t.Error("another reader's conversation is known")
	}

	// Feedback of the asker only, with and without the script.
	id := answerID.FindStringSubmatch(page)[1]
	if status, page := ben.do("POST", "/feedback", url.Values{"id": {id}, "verdict": {"up"}, "lang": {"zh"}}); status != 403 {
		t.Errorf("%d %s", status, page)
	}
	_, part := anna.do("POST", "/feedback", url.Values{"id": {id}, "verdict": {"down"}, "lang": {"zh"}}, "Accept: text/html;part=judged")
	wants(t, part, "是哪里不好", `value="outdated"`)
	if strings.Contains(part, "<html") {
		t.Error("a whole page where a part was asked for")
	}
	_, page = anna.do("POST", "/feedback", url.Values{"id": {id}, "verdict": {"down"}, "reason": {"wrong"}, "lang": {"en"}})
	wants(t, page, "<html", "Thank you")
	for _, form := range []url.Values{{"id": {"!"}, "verdict": {"up"}}, {}} {
		if status, _ := anna.do("POST", "/feedback", form); status != 404 {
			t.Errorf("%v: %d", form, status)
		}
	}
	if status, _ := anna.do("POST", "/feedback", url.Values{"id": {id}, "verdict": {"sideways"}}); status != 400 {
		t.Errorf("%d", status)
	}
}

func TestAnswersStreamAsHTML(t *testing.T) {
	open, _ := newLibrary(t)
	_, body := open().do("GET", "/ask?lang=en&q="+url.QueryEscape("新桥全长多少米？<b>"), nil)
	_, data, ok := strings.Cut(body, "event: html\ndata: ")
	var event struct{ HTML string }
	if err := json.Unmarshal([]byte(strings.TrimSpace(data)), &event); !ok || err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	wants(t, event.HTML, "900米", "<blockquote>", "Sources", "&lt;b&gt;", `data-judge`)
	if strings.Contains(event.HTML, "<html") {
		t.Error("a whole page")
	}
}

func TestArticlesAreFiltered(t *testing.T) {
	open, _ := newLibrary(t)
	b := open()
	for query, want := range map[string][2]bool{ // the bridge, the tea
		"": {true, true}, "?q=" + url.QueryEscape("茶树"): {false, true}, "?place=" + url.QueryEscape("东河"): {true, false},
		"?from=2024-06-01": {false, true}, "?to=2024-06-01": {true, false}, "?source=x": {false, false}, "?page=77": {true, true}, "?page=-1": {true, true},
	} {
		_, page := b.do("GET", "/articles"+query, nil)
		if got := [2]bool{strings.Contains(page, ">新桥通车</a>"), strings.Contains(page, ">西山村种茶</a>")}; got != want {
			t.Errorf("%q: %v", query, got)
		}
	}
	_, page := b.do("GET", "/articles/bridge", nil)
	wants(t, page, `"@type":"NewsArticle"`, `property="og:title" content="新桥通车"`, `content="新桥全长900米，连接东河镇和西山村。"`,
		`rel="canonical" href="https://paper.example/desk/articles/bridge"`, `name="article" value="bridge"`)
	_, body := b.do("GET", "/ask?article=tea&q="+url.QueryEscape("新桥全长多少米？"), nil)
	if strings.Contains(body, "900米") {
		t.Error("asked about one article, answered from another")
	}
}

func TestAdminPage(t *testing.T) {
	open, folder := newLibrary(t)
	editor, stranger := open(), open()
	_, page := stranger.do("GET", "/admin", nil)
	wants(t, page, `type="password"`)
	if status, page := stranger.do("POST", "/admin/login", url.Values{"token": {"guess"}}); status != 401 || strings.Contains(page, "csrf") {
		t.Errorf("%d %s", status, page)
	}
	_, page = stranger.do("POST", "/admin/reload", url.Values{"csrf": {""}})
	wants(t, page, `type="password"`)
	_, page = stranger.do("GET", "/admin/unanswered.csv", nil)
	wants(t, page, `type="password"`)

	_, page = editor.do("POST", "/admin/login?lang=zh", url.Values{"token": {"hush"}})
	csrf := regexp.MustCompile(`name="csrf" value="(\w+)"`).FindStringSubmatch(page)
	if csrf == nil {
		t.Fatal(page)
	}
	for _, forged := range []string{"", "x"} {
		if status, _ := editor.do("POST", "/admin/reload", url.Values{"csrf": {forged}}); status != 403 {
			t.Errorf("csrf %q: %d", forged, status)
		}
	}
	_, page = editor.do("POST", "/admin/reload?lang=zh", url.Values{"csrf": {csrf[1]}})
	wants(t, page, "没有变化，现有 2 篇")
	_, events := editor.do("POST", "/admin/reload?lang=en", url.Values{"csrf": {csrf[1]}}, "Accept: text/event-stream")
	wants(t, events, "event: progress", "Nothing has changed: 2 articles")

	upload := func(name, text string) string {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		_ = form.WriteField("csrf", csrf[1])
		part, err := form.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(part, text)
		_ = form.Close()
		req, err := http.NewRequestWithContext(t.Context(), "POST", editor.base+"/admin/upload?lang=zh", &b)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", form.FormDataContentType())
		_, page := editor.send(req)
		return page
	}
	wants(t, upload("a.docx", "x"), "读不了")
	page = upload("school.txt", "丁村办学<b>\n\n丁村的小学办起来了，有三个班，一百二十名学生，老师来自县里。村里还给学生们修了操场。\n")
	wants(t, page, "拆出的报道 · 1", "丁村办学&lt;b&gt;", "一百二十名学生")
	if files, _ := os.ReadDir(folder); len(files) != 2 {
		t.Errorf("a preview was kept: %v", files)
	}
	token := regexp.MustCompile(`name="token" value="(\w+)"`).FindStringSubmatch(page)
	_, page = editor.do("POST", "/admin/add?lang=zh", url.Values{"csrf": {csrf[1]}, "token": {token[1]}})
	wants(t, page, "1 −0 ~0，现有 3 篇")
	if status, page := editor.do("POST", "/admin/add?lang=zh", url.Values{"csrf": {csrf[1]}, "token": {token[1]}}); status != 410 {
		t.Errorf("added twice: %d %s", status, page)
	}

	_, page = editor.do("POST", "/admin/take?lang=zh", url.Values{"csrf": {csrf[1]}, "id": {"tea"}})
	wants(t, page, "西山村种茶", "放回")
	if status, _ := stranger.do("GET", "/articles/tea", nil); status != 404 {
		t.Errorf("an article that was taken out: %d", status)
	}
	editor.do("POST", "/admin/take", url.Values{"csrf": {csrf[1]}, "id": {"tea"}, "back": {"1"}})
	if status, _ := stranger.do("GET", "/articles/tea", nil); status != 200 {
		t.Errorf("an article that was put back: %d", status)
	}

	stranger.do("GET", "/?q="+url.QueryEscape("火星上有多少人？"), nil)
	_, page = editor.do("GET", "/admin", nil)
	wants(t, page, "火星上有多少人？")
	_, csv := editor.do("GET", "/admin/unanswered.csv", nil)
	wants(t, csv, "火星上有多少人？")
	editor.do("POST", "/admin/logout", url.Values{"csrf": {csrf[1]}})
	_, page = editor.do("GET", "/admin", nil)
	wants(t, page, `type="password"`)
}

// TestThePageIsLight holds the weight of all that the first visit loads.
func TestThePageIsLight(t *testing.T) {
	open, _ := newLibrary(t)
	b := open()
	total := 0
	for _, path := range []string{"/?q=" + url.QueryEscape("新桥全长多少米？"), "/style.css", "/script.js"} {
		status, text := b.do("GET", path, nil)
		if status != 200 {
			t.Fatalf("%s: %d", path, status)
		}
		total += len(text)
	}
	if total > 60<<10 {
		t.Errorf("%d bytes", total)
	}
}
