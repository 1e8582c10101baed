package eval

import (
	"bytes"
	"context"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"xiangwen/knowledge"
	"xiangwen/rag"
)

// missed are results of each kind of miss, and their library. The texts try to
// be markup.
func missed(t *testing.T) ([]Result, *knowledge.Library) {
	t.Helper()
	bridge := knowledge.NewArticleFromText(knowledge.Article{ID: "a", Title: "# <b>桥</b> `x` [y](http://z)"}, "桥长950米。\n\n# 标题\n- 一项 <script>alert(1)</script> | *斜* &amp; ```\n> 引文 ![图](a.png)\u202e")
	road := knowledge.NewArticleFromText(knowledge.Article{ID: "b", Title: "路"}, strings.Repeat("路很长，", 100)+"宽8米。")
	library := knowledge.NewLibrary([]*knowledge.Article{bridge, road}, nil)
	nothing := rag.Answer{Status: rag.NotFound, Confidence: 0.1, Passages: []rag.Passage{{ArticleID: "a", Text: bridge.Text}, {ArticleID: "b", Text: road.Text}}}
	unproven := from(bridge, 0.6)
	unproven.Citations[0].Quote = "桥长"
	hostile := "\n# 大标题\n\n<h1>x</h1>\n```"
	asker := doubtful{
		sure: canned{"wrong": from(bridge, 0.8), "article": from(road, 0.7), "other": from(road, 0.7), "refused": nothing,
			"answered" + hostile: from(bridge, 0.5), "unproven": unproven, "right": from(bridge, 0.9)},
		eager: canned{"refused": from(road, 0.1)},
	}
	results, err := Run(context.Background(), asker, library, []Question{
		{ID: "1", Question: "wrong", Answers: []string{"951米", "九百五十一米"}, Documents: []string{"a"}},
		{ID: "2", Question: "article", AllAnswers: [][]string{{"950米"}, {"桥"}}, Articles: []string{"a"}},
		{ID: "3", Question: "other", Answers: []string{"8米"}, Documents: []string{"gone"}},
		{ID: "4", Question: "refused", Answers: []string{"8米"}, Documents: []string{"b"}},
		{ID: "5", Question: "answered" + hostile},
		{ID: "6", Question: "unproven", Answers: []string{"950米"}, Documents: []string{"a"}},
		{ID: "7", Question: "right", Answers: []string{"950米"}, Documents: []string{"a"}},
	}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return results, library
}

func TestReport(t *testing.T) {
	results, library := missed(t)
	comparison := Compare(results, results)
	comparison.Won = []Change{{ID: "<i>", Question: "*\n# x", Old: Said{Status: rag.NotFound}, New: Said{Status: rag.Answered, Answer: "`<b>`", Articles: []string{"a_"}}}}
	var out strings.Builder
	report := Report{Questions: []string{"a_b_.jsonl"}, Knowledge: []string{"<k>"}, Library: library, Results: results, Comparison: &comparison}
	if err := report.Write(&out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{
		"# 6 of 7 questions missed\n", "- wrong article: 2\n",
		"## not proven: 1\n\n### 6: unproven\n", "**not proven:** citation 1: the quote is not the text of article",
		"## answered though it must be refused: 1\n\n### 5: answered \\# 大标题",
		"## wrong answer (right article cited): 1\n\n### 1: wrong\n\n- **wanted:** 951米 or 九百五十一米 (from: \\# \\<b\\>桥",
		"- **wanted:** 950米; and 桥 (from: ", "what was wanted is in the answer, and not every article is cited",
		"(from: gone, which the knowledge does not have)",
		"## refused though the answer is there: 1\n\n### 4: refused\n\n- **wanted:** 8米 (from: 路)\n- **given:** nothing (not\\_found, confidence 0.10)\n- **would have been said** (right, confidence 0.10): 路很长",
		"- **right article:** rank 2 among those of the passages\n",
		"  - 2: **✔ holds what was wanted** 路 — …路很长，", "宽8米。\n",
		"### Won: 1\n\n- \\<i\\>: \\* \\# x\n  - before: (not\\_found)\n  - now: \\`\\<b\\>\\` (a\\_)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	// Rendered it has our own markup and nothing of the articles'.
	var html bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough)).Convert([]byte(text), &html); err != nil {
		t.Fatal(err)
	}
	for _, bad := range regexp.MustCompile(`<(?:script|b|i|a|img|em|table|blockquote|h1)\b[^>]*>|<!--[^>]*>`).FindAllString(html.String(), -1) {
		if bad != "<h1>" {
			t.Errorf("the report has %s", bad)
		}
	}
	if n := strings.Count(html.String(), "<h1>"); n != 1 {
		t.Errorf("%d headlines", n)
	}
	if n := strings.Count(html.String(), "<pre>"); n != 2 {
		t.Errorf("%d tables", n)
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestLinesAreReadAsTheyWereWritten(t *testing.T) {
	results, _ := missed(t)
	var out bytes.Buffer
	if err := WriteLines(&out, results); err != nil {
		t.Fatal(err)
	}
	again, err := ReadLines(&out)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, results) {
		t.Errorf("got\n%+v\nwant\n%+v", again, results)
	}
	if a, b := Summarize(results), Summarize(again); !reflect.DeepEqual(a, b) {
		t.Errorf("%+v\n%+v", a, b)
	}
}

func TestReadLines(t *testing.T) {
	const line = `{"question":{"id":"1","question":"a"},"answer":{},"refused":true,"rank":0}`
	if got, err := ReadLines(strings.NewReader("\ufeff" + line + "\n\n" + strings.Replace(line, `"1"`, `"2"`, 1))); err != nil || len(got) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	for text, want := range map[string]string{
		"":                                     "holds no answer",
		line + "\n" + line:                     "line 2: question \"1\" is that of line 1",
		line + "\n{":                           "line 2: not written by eval --out",
		`{"id":"1","question":"a"}`:            "line 1: not written by eval --out",
		`{"question":{"question":"a"}}`:        `line 1: not written by eval --out: has no "rank"`,
		line + "\n" + line[:len(line)/2]:       "line 2",
		strings.Repeat("x", maxLine+1):         "line 1: bufio.Scanner: token too long",
		line + "\n[" + line + "," + line + "]": "line 2",
	} {
		if _, err := ReadLines(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
}

func TestCompare(t *testing.T) {
	result := func(id string, ok bool) Result {
		r := Result{Question: Question{ID: id, Question: "q" + id, Answers: []string{"x"}, Documents: []string{"a"}},
			Answer: rag.Answer{Status: rag.Answered, Text: "text of " + id}, Rank: 1}
		r.Hit, r.Cited = ok, ok
		return r
	}
	old := []Result{result("won", false), result("lost", true), result("right", true), result("wrong", false), result("gone", true)}
	new := []Result{result("won", true), result("lost", false), result("right", true), result("wrong", false), result("new", true)}
	new[2].Question.Answers = []string{"y"}
	c := Compare(old, new)
	if len(c.Won) != 1 || c.Won[0].ID != "won" || len(c.Lost) != 1 || c.Lost[0].New.Answer != "text of lost" ||
		c.SameRight != 1 || c.SameWrong != 1 || c.OnlyOld != 1 || c.OnlyNew != 1 || c.Rewritten != 1 || c.Old.Answerable != 4 || c.New.HitCited != 0.5 {
		t.Errorf("%+v", c)
	}
	if SameSet(old[:1], []Question{new[1].Question}) || !SameSet(old, []Question{new[4].Question, new[0].Question}) {
		t.Error("SameSet")
	}
	unproven := result("won", true)
	unproven.Unproven = "a figure"
	if c := Compare([]Result{result("won", true)}, []Result{unproven}); len(c.Lost) != 1 {
		t.Errorf("an unproven answer is as good as a proven one: %+v", c)
	}
	var many Comparison
	for range mostChanges + 3 {
		many.Lost = append(many.Lost, Change{ID: "x"})
	}
	var out strings.Builder
	if err := many.Write(&out, "old.jsonl"); err != nil || strings.Count(out.String(), "  x  ") != mostChanges || !strings.Contains(out.String(), "and 3 more; --out FILE.md") {
		t.Errorf("%v\n%s", err, &out)
	}
}

func TestDoubts(t *testing.T) {
	library := knowledge.NewLibrary([]*knowledge.Article{knowledge.NewArticleFromText(knowledge.Article{ID: "a"}, "x")}, nil)
	fine := []Question{{ID: "1", Question: "x", Answers: []string{"y"}, Documents: []string{"key"}}, {ID: "2", Question: "x"}}
	if got := Doubts(fine, library, map[string]string{"key": "a"}); got != nil {
		t.Errorf("%q", got)
	}
	slips := []Question{
		{ID: "1", Question: " "}, {ID: "2", Question: "x", Answers: []string{"y"}}, {ID: "3", Question: "x", Articles: []string{"a"}},
	}
	for range 7 {
		slips = append(slips, Question{ID: "4", Question: "x", Answers: []string{"y"}, Documents: []string{"key"}})
	}
	got := Doubts(slips, library, nil)
	if len(got) != 4 || !strings.HasSuffix(got[0], ": 1") || !strings.HasSuffix(got[1], ": 2") || !strings.HasSuffix(got[2], ": 3") ||
		!strings.HasSuffix(got[3], "4 (key), and 2 more") {
		t.Errorf("%q", got)
	}
}
