package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xiangwen/bot/telegram/faketelegram"
)

// xiangwen runs the program with settings "NAME=value" in its environment.
func xiangwen(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, streams{strings.NewReader(stdin), &out, &err})
	return code, out.String(), err.String()
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		has  string // in standard error, or in standard output where the code is 0
	}{
		{[]string{"--help"}, 0, "serve"},
		{[]string{"help"}, 0, "TELEGRAM_BOT_TOKEN"},
		{nil, 0, "Usage: xiangwen"},
		{[]string{"help", "serve"}, 0, "--public-url"},
		{[]string{"serve", "--help"}, 0, "XIANGWEN_HTTP"},
		{[]string{"version"}, 0, "xiangwen "},
		{[]string{"serv"}, 2, `did you mean "serve"`},
		{[]string{"dance"}, 2, "dance"},
		{[]string{"ask", "--knowlege", "x"}, 2, `did you mean "--knowledge"`},
		{[]string{"ask", "--language", "de", "x"}, 2, "zh"},
		{[]string{"ask", "--passages", "0", "x"}, 2, "--passages"},
		{[]string{"ask", "--knowledge", "no/such", "x"}, 2, "no/such"},
		{[]string{"ask", "--openai-base-url", "localhost:1", "x"}, 2, "OPENAI_BASE_URL"},
		{[]string{"ask", "--words", "no/such", "x"}, 2, "words"},
		{[]string{"import"}, 2, "file"},
		{[]string{"import", "no/such"}, 1, "no/such"},
		{[]string{"eval"}, 2, "--questions"},
		{[]string{"eval", "--questions", "no/such"}, 1, "no/such"},
		{[]string{"serve", "--http", "off"}, 2, "TELEGRAM_BOT_TOKEN"},
		{[]string{"serve", "--http", "8080"}, 2, "host:port"},
		{[]string{"serve", "--public-url", "x.example"}, 2, "--public-url"},
		{[]string{"serve", "--tls-cert", "x.pem"}, 2, "--tls-key"},
		{[]string{"serve", "--tls-cert", "no/such.pem", "--tls-key", "x.pem", "--http", "127.0.0.1:0"}, 2, "--tls-cert: open no/such.pem"},
		{[]string{"serve", "--acme", "desk.example", "--acme-directory", "x"}, 2, "--acme-directory"},
		{[]string{"serve", "--acme-email", "x@desk.example"}, 2, "without --acme"},
	} {
		code, stdout, stderr := xiangwen(t, "", c.args...)
		text := stderr
		if c.code == 0 {
			text = stdout
		}
		if code != c.code || !strings.Contains(text, c.has) {
			t.Errorf("%q: exit %d, stdout %q, stderr %q", c.args, code, stdout, stderr)
		}
		if c.code != 0 && strings.Count(strings.TrimSpace(stderr), "\n") > 0 {
			t.Errorf("%q: more than one line: %q", c.args, stderr)
		}
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	code, _, stderr := xiangwen(t, "", "serve", "--knowledge", "no/such", "--http", "8080", "--public-url", "x", "--openai-base-url", "y")
	for _, want := range []string{"no/such", "host:port", "--public-url", "OPENAI_BASE_URL"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("exit %d without %q in:\n%s", code, want, stderr)
		}
	}
}

func TestAsk(t *testing.T) {
	code, out, stderr := xiangwen(t, "", "ask", "天祥大道隧道全长多少米？", "有没有鲸鱼？")
	if code != 0 || !strings.Contains(out, "6379米") || !strings.Contains(out, "[1] 昌九高铁") || !strings.Contains(out, "没有提到") || stderr != "" {
		t.Errorf("exit %d\n%s\n%s", code, out, stderr)
	}
	if code, out, _ := xiangwen(t, "\n有没有鲸鱼？\n\n", "ask"); code != 0 || strings.Count(out, "没有提到") != 1 || strings.Contains(out, "请发一个问题") {
		t.Errorf("exit %d\n%s", code, out)
	}
	code, out, _ = xiangwen(t, "天祥大道隧道全长多少米？\n\n有没有鲸鱼？\r\n你好", "ask", "--json", "--passages", "3")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 4 {
		t.Fatalf("exit %d, %d lines:\n%s", code, len(lines), out)
	}
	for i, want := range []string{"answered", "redirected", "not_found", "redirected"} {
		var a struct {
			Question, Status string
			Passages         []any
		}
		if err := json.Unmarshal([]byte(lines[i]), &a); err != nil || a.Status != want || len(a.Passages) > 3 || strings.Contains(a.Question, "\r") {
			t.Errorf("line %d: %s %v", i+1, lines[i], err)
		}
	}
}

func TestAskEndsOnCtrlC(t *testing.T) {
	in, _ := io.Pipe() // nothing ever comes
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	done := make(chan int, 1)
	go func() { done <- run(ctx, []string{"ask"}, streams{in, io.Discard, io.Discard}) }()
	select {
	case code := <-done:
		if code != 0 {
			t.Errorf("exit %d", code)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still waiting for input")
	}
}

func TestFolderWithoutArticles(t *testing.T) {
	dir := t.TempDir()
	code, _, stderr := xiangwen(t, "", "ask", "--knowledge", dir, "有什么？")
	if code != 1 || !strings.Contains(stderr, dir) || !strings.Contains(stderr, ".jsonl") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

const page = `河口县新桥通车

本报河口讯（记者林小河）5月6日，河口县东河大桥建成通车。大桥全长950米，连接东河镇和西山村，总投资1.2亿元。

桥上设有双向四车道，两岸居民过河只要三分钟。

西山村办起夜校

记者 白水

西山村利用旧祠堂办起夜校，每周二晚上教村民算账和电商。目前已有86人报名。
`

func TestImport(t *testing.T) {
	dir := t.TempDir()
	raw := filepath.Join(dir, "page.txt")
	if err := os.WriteFile(raw, []byte(page), 0o666); err != nil {
		t.Fatal(err)
	}
	code, out, _ := xiangwen(t, "", "import", "--json", raw)
	var got imported
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 || len(got.Articles) != 2 || got.Skipped == nil {
		t.Fatalf("exit %d %v\n%s", code, err, out)
	}
	if a := got.Articles[0]; a.Title != "河口县新桥通车" || len(a.Paragraphs) != 2 || !slices.Equal(a.Authors, []string{"林小河"}) {
		t.Errorf("%+v", a)
	}
	to := filepath.Join(dir, "out", "articles")
	code, out, stderr := xiangwen(t, "", "import", "--out", to, raw)
	files, _ := filepath.Glob(filepath.Join(to, "*"))
	if code != 0 || len(files) != 2 || !strings.Contains(out, "2 articles, 0 skipped") {
		t.Fatalf("exit %d, files %q\n%s%s", code, files, out, stderr)
	}
	code, out, _ = xiangwen(t, "", "ask", "--knowledge", to, "东河大桥全长多少米？")
	if code != 0 || !strings.Contains(out, "950米") {
		t.Errorf("exit %d\n%s", code, out)
	}
	other := filepath.Join(dir, "with, comma.md")
	if err := os.WriteFile(other, []byte("# 山上有茶\n\n茶园三百亩。"), 0o666); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := xiangwen(t, "", "import", raw, other); code != 0 || !strings.Contains(out, "3 articles") {
		t.Errorf("two files: exit %d\n%s", code, out)
	}
	if code, out, _ := xiangwen(t, "茶园有多少亩？\n东河大桥全长多少米？", "ask", "--knowledge", raw, "--knowledge", other); code != 0 || !strings.Contains(out, "三百亩") || !strings.Contains(out, "950米") {
		t.Errorf("two places: exit %d\n%s", code, out)
	}
	t.Setenv("XIANGWEN_KNOWLEDGE", raw+string(os.PathListSeparator)+other)
	if code, out, _ := xiangwen(t, "茶园有多少亩？\n东河大桥全长多少米？", "ask"); code != 0 || !strings.Contains(out, "三百亩") || !strings.Contains(out, "950米") {
		t.Errorf("two places in the environment: exit %d\n%s", code, out)
	}
	blank := filepath.Join(dir, "blank.txt")
	if err := os.WriteFile(blank, []byte(" \n\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if code, out, stderr := xiangwen(t, "", "import", blank); code != 1 || !strings.Contains(out, "holds no text") || !strings.Contains(stderr, "no article") {
		t.Errorf("exit %d\n%s%s", code, out, stderr)
	}
	if code, _, _ := xiangwen(t, "", "import", "--json", "--out", to, raw); code != 2 {
		t.Errorf("--json with --out: exit %d", code)
	}
}

func TestEval(t *testing.T) {
	dir := t.TempDir()
	questions := filepath.Join(dir, "q.jsonl")
	set := `{"id":"1","question":"天祥大道隧道全长多少米？","answers":["6379米"],"doc_ids":["changjiu-railway-tunnel"]}
{"id":"2","question":"有没有鲸鱼？","answers":[],"doc_ids":[]}
{"id":"3","question":"哪家公司在培养班组长？","answers_all":[["潭晖供电公司"]],"articles":["tanhui-team-leaders"]}
`
	if err := os.WriteFile(questions, []byte(set), 0o666); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "answers.jsonl")
	code, table, stderr := xiangwen(t, "", "eval", "--questions", questions, "--out", out)
	if code != 0 || !regexp.MustCompile(`answer hit, right article cited +1\.000`).MatchString(table) || !regexp.MustCompile(`refused +1\.000`).MatchString(table) {
		t.Fatalf("exit %d\n%s%s", code, table, stderr)
	}
	data, err := os.ReadFile(out)
	if err != nil || bytes.Count(data, []byte("\n")) != 3 {
		t.Errorf("%d lines, %v", bytes.Count(data, []byte("\n")), err)
	}
	if err := os.WriteFile(questions, []byte("{\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := xiangwen(t, "", "eval", "--questions", questions); code != 1 || !strings.Contains(stderr, "line 1") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

// buffer is a bytes.Buffer that a running program may write to.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// serve starts the program and waits until it is ready. stop ends it as a
// signal would and returns its exit code.
func serve(t *testing.T, args ...string) (url string, log *buffer, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	log = &buffer{}
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, append([]string{"serve", "--http", "127.0.0.1:0"}, args...), streams{strings.NewReader(""), io.Discard, log})
	}()
	stop = func() int { cancel(); code := <-done; done <- code; return code }
	t.Cleanup(func() { stop() })
	return ready(t, log), log, stop
}

// ready waits until the program that writes the log is ready, and returns its URL.
func ready(t *testing.T, log *buffer) (url string) {
	t.Helper()
	address := regexp.MustCompile(`url=(https?://\S+)`)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if m := address.FindStringSubmatch(log.String()); m != nil && strings.Contains(log.String(), "msg=ready") {
			return m[1]
		}
		if time.Now().After(deadline) {
			t.Fatalf("not ready:\n%s", log)
		}
	}
}

func query(t *testing.T, url, question string) string {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"question": question})
	response, err := http.Post(url+"/v1/query", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestServe(t *testing.T) {
	t.Setenv("XIANGWEN_ADMIN_TOKEN", "hush-hush")
	dir := t.TempDir()
	name := filepath.Join(dir, "page.txt")
	write := func(text string) {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(page)
	url, log, stop := serve(t, "--knowledge", dir)
	if got := query(t, url, "东河大桥全长多少米？"); !strings.Contains(got, "950米") {
		t.Fatal(got)
	}
	reload := func() string {
		r, _ := http.NewRequest("POST", url+"/v1/admin/reload", nil)
		r.Header.Set("Authorization", "Bearer hush-hush")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		data, _ := io.ReadAll(response.Body)
		return response.Status + " " + string(data)
	}
	write(strings.Replace(page, "950米", "955米", 1))
	if got := reload(); !strings.Contains(got, "200") || !strings.Contains(got, "河口县新桥通车") || strings.Contains(got, "夜校") {
		t.Error(got)
	}
	if got := query(t, url, "东河大桥全长多少米？"); !strings.Contains(got, "955米") {
		t.Error(got)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if got := reload(); !strings.Contains(got, "422") || !strings.Contains(got, "stay in use") {
		t.Error(got)
	}
	if got := query(t, url, "东河大桥全长多少米？"); !strings.Contains(got, "955米") {
		t.Error(got)
	}
	if code := stop(); code != 0 {
		t.Errorf("exit %d\n%s", code, log)
	}
	if strings.Contains(log.String(), "hush-hush") || strings.Contains(log.String(), "东河大桥全长") {
		t.Errorf("a secret or a question is in the log:\n%s", log)
	}
}

func TestASecondStartIsTold(t *testing.T) {
	url, _, _ := serve(t)
	address := strings.TrimPrefix(url, "http://")
	code, _, stderr := xiangwen(t, "", "serve", "--http", address)
	if code != 1 || !strings.Contains(stderr, address) || !strings.Contains(stderr, "in use already") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if _, err := net.Dial("tcp", address); err != nil {
		t.Error("the first one is gone:", err)
	}
}

func TestServeInTelegram(t *testing.T) {
	bot := faketelegram.NewServer("123:tok")
	defer bot.Close()
	t.Setenv("TELEGRAM_BOT_TOKEN", "123:tok")
	t.Setenv("TELEGRAM_API_URL", bot.URL)
	t.Setenv("XIANGWEN_ADMINS", "7,8")
	_, log, stop := serve(t, "--http", "127.0.0.1:0", "--public-url", "https://desk.example")
	bot.SendText(42, "天祥大道隧道全长多少米？")
	deadline := time.Now().Add(10 * time.Second)
	for len(bot.Sent(42)) == 0 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	if got := fmt.Sprintf("%+v", bot.Sent(42)); !strings.Contains(got, "6379米") || !strings.Contains(got, "https://desk.example/articles/changjiu-railway-tunnel") {
		t.Errorf("sent %s\n%s", got, log)
	}
	if code := stop(); code != 0 {
		t.Errorf("exit %d\n%s", code, log)
	}
	t.Setenv("TELEGRAM_BOT_TOKEN", "999:wrong-secret")
	code, _, stderr := xiangwen(t, "", "serve", "--http", "off")
	if code != 1 || !strings.Contains(stderr, "Unauthorized") || strings.Contains(stderr, "wrong-secret") {
		t.Errorf("a wrong token: exit %d: %s", code, stderr)
	}
}

// imports says which packages of ours each folder may import; see DESIGN.md.
var imports = map[string][]string{
	"knowledge":                 {"knowledge/zh"},
	"knowledge/zh":              {"knowledge/ngram"},
	"knowledge/bundled":         {},
	"knowledge/page":            {"knowledge", "knowledge/zh", "knowledge/ngram"},
	"knowledge/ngram":           {"knowledge/zh"},
	"knowledge/ngram/train":     {"knowledge/ngram", "knowledge/zh"},
	"knowledge/load":            {"knowledge", "knowledge/zh", "knowledge/page"},
	"knowledge/shelf":           {"knowledge", "knowledge/load"},
	"rag/index":                 {"knowledge", "knowledge/zh"},
	"rag/embed":                 {"knowledge/zh"},
	"rag/embed/train":           {"knowledge/zh", "knowledge/ngram", "rag/embed"},
	"rag/rank":                  {"knowledge", "knowledge/zh", "knowledge/ngram", "rag/embed", "rag/index"},
	"rag/proof":                 {"knowledge/zh", "knowledge/ngram", "rag/embed"},
	"rag/plant":                 {"knowledge/zh"},
	"rag/followup":              {"knowledge/zh", "knowledge/ngram"},
	"rag":                       {"knowledge", "knowledge/zh", "rag/followup", "rag/index", "rag/proof", "rag/rank"},
	"rag/model":                 {"rag", "rag/index"},
	"rag/vectors":               {"rag/index"},
	"rag/eval":                  {"knowledge", "knowledge/zh", "rag"},
	"rag/train":                 {"knowledge", "knowledge/zh", "knowledge/load", "rag/embed", "rag", "rag/eval", "rag/index", "rag/rank"},
	"bot/state":                 {},
	"bot":                       {"knowledge", "knowledge/shelf", "knowledge/zh", "rag", "bot/state"},
	"bot/problem":               {},
	"bot/httpd":                 {"bot/problem"},
	"bot/metrics":               {"bot", "knowledge", "rag"},
	"bot/api":                   {"bot", "bot/problem", "bot/state", "knowledge", "knowledge/load", "knowledge/shelf", "rag"},
	"bot/desktest":              {"bot", "bot/state", "knowledge", "knowledge/load", "knowledge/shelf", "rag", "rag/embed", "rag/index"},
	"bot/mcp":                   {"bot", "knowledge", "rag"},
	"bot/telegram":              {"bot", "bot/state", "knowledge/load", "rag"},
	"bot/telegram/faketelegram": {},
	"bot/web":                   {"bot", "bot/problem", "bot/state", "knowledge", "knowledge/load", "knowledge/zh", "rag"},
	"cmd/xiangwen":              {"*"},
}

// sdks are the libraries that only one file each may import.
var sdks = []string{"github.com/philippgille/chromem-go", "github.com/go-telegram/bot", "github.com/sashabaranov/go-openai", "github.com/sony/gobreaker", "github.com/modelcontextprotocol/go-sdk"}

// TestImportDirections walks the real imports.
func TestImportDirections(t *testing.T) {
	const top = "../.."
	sdkFiles := make(map[string][]string)
	seen := make(map[string]bool)
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		dir, err := filepath.Rel(top, filepath.Dir(name))
		if err != nil {
			return err
		}
		dir = filepath.ToSlash(dir)
		allowed, known := imports[dir]
		if !known {
			t.Errorf("folder %s is not in the table of imports", dir)
		}
		seen[dir] = true
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range file.Imports {
			path := strings.Trim(i.Path.Value, `"`)
			if ours, ok := strings.CutPrefix(path, "xiangwen/"); ok && !slices.Contains(allowed, ours) && !slices.Contains(allowed, "*") {
				t.Errorf("%s imports %s", name, ours)
			}
			for _, sdk := range sdks {
				if path == sdk || strings.HasPrefix(path, sdk+"/") {
					if !slices.Contains(sdkFiles[sdk], name) {
						sdkFiles[sdk] = append(sdkFiles[sdk], name)
					}
				}
			}
			if (path == "testing" || strings.HasSuffix(path, "/desktest")) && !strings.HasSuffix(dir, "/desktest") {
				t.Errorf("%s is shipped and imports %s", name, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range imports {
		if !seen[dir] {
			t.Errorf("folder %s of the table does not exist", dir)
		}
	}
	for _, sdk := range sdks {
		if len(sdkFiles[sdk]) != 1 {
			t.Errorf("%s is imported by %q, want one file", sdk, sdkFiles[sdk])
		}
	}
}

// TestTourNamesRealPackages holds this package's comment against the folders.
func TestTourNamesRealPackages(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	comment, _, _ := strings.Cut(string(source), "\npackage main")
	named := regexp.MustCompile(`(?m)^//   - ([a-z/]+):`).FindAllStringSubmatch(comment, -1)
	if len(named) < 5 {
		t.Fatalf("the tour names %d packages", len(named))
	}
	for _, m := range named {
		if files, _ := filepath.Glob(filepath.Join("../..", m[1], "*.go")); len(files) == 0 {
			t.Errorf("the tour names %s, which has no Go file", m[1])
		}
	}
}
