package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/text/encoding/simplifiedchinese"

	"xiangwen/knowledge"
	"xiangwen/knowledge/bundled"
)

func loadFS(t *testing.T, files map[string]string) *knowledge.Library {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, data := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(data)}
	}
	library, err := Load(context.Background(), []Source{{FS: fsys, Name: ".", Root: "in"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return library
}

// reasons are the skips as "file:line reason".
func reasons(l *knowledge.Library) string {
	var b strings.Builder
	for _, s := range l.Skipped() {
		fmt.Fprintln(&b, s)
	}
	return b.String()
}

func TestMarkdown(t *testing.T) {
	l := loadFS(t, map[string]string{"sub/桥.md": "---\ntitle: 新桥通车\nauthors: [甲, 乙]\nsource: 测试报\ndate: 2024-05-06\nplace: 河口县\n---\n\n第一段**加粗**，有[链接](http://x.example)\n接着写。\n\n## 怎么走\n\n- 骑车\n- 走路\n\n1\\. 不是列表\n"})
	a := l.Article("sub-桥")
	if a == nil {
		t.Fatalf("articles: %v, skipped: %s", l.Articles(), reasons(l))
	}
	if a.Title != "新桥通车" || a.Source != "测试报" || a.Date != "2024-05-06" || a.Place != "河口县" || !slices.Equal(a.Authors, []string{"甲", "乙"}) {
		t.Errorf("front matter: %+v", a)
	}
	want := []knowledge.Paragraph{{Text: "第一段加粗，有链接接着写。"}, {Heading: "怎么走", Text: "骑车"}, {Heading: "怎么走", Text: "走路"}, {Heading: "怎么走", Text: "1. 不是列表"}}
	if len(a.Paragraphs) != len(want) {
		t.Fatalf("paragraphs: %+v", a.Paragraphs)
	}
	for i, p := range a.Paragraphs {
		if p.Text != want[i].Text || p.Heading != want[i].Heading {
			t.Errorf("paragraph %d: %+v, want %+v", i, p, want[i])
		}
	}
}

func TestMarkdownWithoutFrontMatter(t *testing.T) {
	a := loadFS(t, map[string]string{"a.md": "# 标题在这里\n\n正文。\n"}).Article("a")
	if a == nil || a.Title != "标题在这里" || a.Text != "正文。" {
		t.Fatalf("article: %+v", a)
	}
}

func TestWrittenMarkdownReadsBack(t *testing.T) {
	before := knowledge.NewArticle(knowledge.Article{
		ID: "x: \"1\"", Title: "“标题”：一\\二", Kicker: "眉题", Subtitle: "副题", Authors: []string{"甲"}, Source: "某报", Date: "2024-01-02", Page: "3版", Place: "某县", URL: "https://x.example/?a=1&b=2", Language: "zh", File: "in/x.md",
	}, []knowledge.Paragraph{
		{Text: "# 不是标题 *星号* _下划线_ `反引号` [方括号](x) <b>尖括号</b> &amp; a|b ~~x~~ \\ 反斜杠"},
		{Text: "1. 不是列表", Heading: "小标题 #1"}, {Text: "- 也不是", Heading: "小标题 #1"}, {Text: "12) 不是", Heading: "另一个"}, {Text: "> 不是引文"}, {Text: "---"}, {Text: "===", Heading: "x"},
	})
	got := loadFS(t, map[string]string{"x.md": string(Markdown(before))}).Articles()
	if len(got) != 1 {
		t.Fatalf("%d articles from:\n%s", len(got), Markdown(before))
	}
	after := got[0]
	if after.ID != before.ID || after.Text != before.Text {
		t.Fatalf("read back:\n%s\nwritten:\n%s", after.Text, before.Text)
	}
	// A heading can't be taken back in Markdown, so that one paragraph differs.
	after.Paragraphs[4].Heading, after.Paragraphs[5].Heading = "", ""
	for i := range before.Paragraphs {
		if before.Paragraphs[i].Heading != after.Paragraphs[i].Heading {
			t.Errorf("paragraph %d stands under %q, want %q", i, after.Paragraphs[i].Heading, before.Paragraphs[i].Heading)
		}
	}
}

func TestJSONLines(t *testing.T) {
	l := loadFS(t, map[string]string{"a.jsonl": strings.Join([]string{
		`{"id":"n1","title":"甲","date":"2024年3月5日","text":"一。\n二。"}`,
		``,
		`{"id":7,"text":"数字编号。"}`,
		`{"id":"n3","text":""}`,
		`{"id":"n4",`,
		`{"id":"n5","date":"前天","text":"日期不懂。"}`,
		`{"text":"没有编号。"}`,
		`{"id":"n1","text":"编号用过了。"}`,
		`{"id":{"x":1},"text":"编号不对。"}`,
	}, "\n")})
	if l.Len() != 4 {
		t.Fatalf("%d articles; skipped:\n%s", l.Len(), reasons(l))
	}
	if a := l.Article("n1"); a.Date != "2024-03-05" || a.Text != "一。\n二。" || len(a.Paragraphs) != 2 || a.Line != 1 {
		t.Errorf("n1: %+v", a)
	}
	if l.Article("7") == nil {
		t.Error("a number is no id")
	}
	for _, want := range []string{`in/a.jsonl:4: "text" is missing`, "in/a.jsonl:5: not an article in JSON", "in/a.jsonl:6: date \"前天\"", "in/a.jsonl:8: id \"n1\" is already used", "in/a.jsonl:9: \"id\" is neither"} {
		if !strings.Contains(reasons(l), want) {
			t.Errorf("no skip %q in:\n%s", want, reasons(l))
		}
	}
}

func TestALongLineDoesNotStopTheNext(t *testing.T) {
	l := loadFS(t, map[string]string{"a.jsonl": `{"id":"long","text":"` + strings.Repeat("长", maxLine/3+10) + `"}` + "\n" + `{"id":"next","text":"短。"}`,
		"b.jsonl": `{"id":"big","text":"` + strings.Repeat("大", MaxArticle/3+10) + `"}`})
	if l.Len() != 1 || l.Article("next") == nil || !strings.Contains(reasons(l), "in/a.jsonl:1: line is longer") || !strings.Contains(reasons(l), "in/b.jsonl:1: article") {
		t.Fatalf("%d articles; skipped:\n%.300s", l.Len(), reasons(l))
	}
}

func TestEncodings(t *testing.T) {
	const text = "河口县新建了一座桥，全长九百八十米，今年通车。"
	gb, _ := simplifiedchinese.GB18030.NewEncoder().String(text)
	for name, c := range map[string]struct {
		data string
		want string
		ok   bool
	}{
		"utf-8":    {text, text, true},
		"bom":      {"\xEF\xBB\xBF" + text, text, true},
		"gb18030":  {gb, text, true},
		"utf-16le": {"\xFF\xFEa\x00", "a", true},
		"damaged":  {strings.Repeat(text, 4) + "\xff" + text, strings.Repeat(text, 4) + "\uFFFD" + text, true},
		"binary":   {"PK\x03\x04\x00\x00", "", false},
		"noise":    {"\xff\xff\xff\xfe\xfe\x80\x80", "", false},
	} {
		got, note, err := Decode([]byte(c.data))
		if (err == nil) != c.ok || got != c.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if name == "damaged" && note == "" {
			t.Error("damaged text is taken without a word")
		}
	}
}

func TestOneBadFileNeverStopsTheRest(t *testing.T) {
	l := loadFS(t, map[string]string{
		"bad.md": "---\ntitle: [\n---\n正文。", "empty.md": "", "noise.md": "\x00\x01", "photo.jpg": "x", "good.md": "# 好\n\n正文。",
		"head.md": "# 只有标题", "date.md": "---\ndate: 某天\n---\n正文。", ".hidden.md": "# 藏\n\n文。", ".git/x.md": "# 藏\n\n文。",
	})
	if l.Len() != 1 || l.Article("good") == nil {
		t.Errorf("%d articles", l.Len())
	}
	for _, want := range []string{"in/bad.md: front matter", "in/empty.md: holds no text", "in/noise.md: not a text", "in/photo.jpg: not a kind of file", "in/head.md: holds no paragraph", "in/date.md: front matter: date"} {
		if !strings.Contains(reasons(l), want) {
			t.Errorf("no skip %q in:\n%s", want, reasons(l))
		}
	}
	if strings.Contains(reasons(l), "hidden") || strings.Contains(reasons(l), ".git") {
		t.Error("hidden files are reported")
	}
}

func TestATooLargeFileIsSkipped(t *testing.T) {
	l := loadFS(t, map[string]string{"a.txt": strings.Repeat("x", MaxFile+1)})
	if l.Len() != 0 || !strings.Contains(reasons(l), "in/a.txt: larger than 16 MiB") {
		t.Fatal(reasons(l))
	}
}

func TestPaths(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.md")
	if err := os.WriteFile(file, []byte("# 题\n\n文。"), 0o666); err != nil {
		t.Fatal(err)
	}
	sources, err := Paths([]string{dir, file})
	if err != nil || len(sources) != 2 {
		t.Fatalf("%v, %v", sources, err)
	}
	l, err := Load(context.Background(), sources[1:], nil)
	if err != nil || l.Len() != 1 || l.Articles()[0].File != filepath.ToSlash(file) {
		t.Fatalf("%v %v", l, err)
	}
	_, err = Paths([]string{filepath.Join(dir, "no"), file, filepath.Join(dir, "neither")})
	if err == nil || !strings.Contains(err.Error(), "no: ") || !strings.Contains(err.Error(), "neither: ") {
		t.Errorf("missing paths: %v", err)
	}
	t.Chdir(dir)
	sources, err = Paths([]string{"a.md"})
	if err != nil {
		t.Fatal(err)
	}
	if l, err := Load(context.Background(), sources, nil); err != nil || l.Len() != 1 {
		t.Errorf("a relative path: %v, %v", l, err)
	}
}

func TestAVanishedFolderIsAnError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	sources, err := Paths([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(context.Background(), sources, nil); err == nil {
		t.Error("a folder that vanished is an empty library")
	}
}

func TestLoadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Load(ctx, []Source{{FS: bundled.Articles, Name: "."}}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
}

func TestBundledArticles(t *testing.T) {
	l, err := Load(context.Background(), []Source{{FS: bundled.Articles, Name: "."}}, nil)
	if err != nil || l.Len() != 8 || len(l.Skipped()) != 0 {
		t.Fatalf("%d articles, %v, %s", l.Len(), err, reasons(l))
	}
	for _, a := range l.Articles() {
		if a.Title == "" || a.Source == "" || a.Date == "" {
			t.Errorf("%s lacks title, source or date", a.ID)
		}
	}
}

func FuzzJSONLines(f *testing.F) {
	f.Add([]byte(`{"id":"a","text":"x"}`))
	f.Add([]byte("{\"id\":1e9,\"text\":\"\\u0000\"}\n\n["))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &reader{ctx: context.Background()}
		if err := r.jsonLines(bytes.NewReader(data), "f", "f"); err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(data, []byte("\n"))
		if len(r.articles) > len(lines) {
			t.Fatalf("%d articles from %d lines", len(r.articles), len(lines))
		}
	})
}
