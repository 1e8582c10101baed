package page

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"xiangwen/knowledge"
)

var update = flag.Bool("update", false, "write the .golden files anew")

// TestCases splits each testdata/name.txt and compares with name.golden.
func TestCases(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases in testdata (%v)", err)
	}
	for _, name := range names {
		golden := strings.TrimSuffix(name, ".txt") + ".golden"
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			articles, skipped := Split(string(text), name)
			if err := checkSplit(string(text), articles, skipped); err != nil {
				t.Error(err)
			}
			got := render(articles, skipped)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// render writes out a split page: every field of every article but the texts
// that only repeat the paragraphs.
func render(articles []*knowledge.Article, skipped []knowledge.Skip) string {
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	for _, a := range articles {
		fmt.Fprintf(&b, "== article %s, line %d\n", a.ID, a.Line)
		field("kicker", a.Kicker)
		field("title", a.Title)
		field("subtitle", a.Subtitle)
		field("authors", strings.Join(a.Authors, ", "))
		field("place", a.Place)
		field("source", a.Source)
		field("date", a.Date)
		field("page", a.Page)
		heading := ""
		for _, p := range a.Paragraphs {
			if p.Heading != heading {
				heading = p.Heading
				fmt.Fprintf(&b, "-- %s\n", heading)
			}
			broken := ""
			if p.Broken {
				broken = " [broken]"
			}
			fmt.Fprintf(&b, "%s%s\n", p.Text, broken)
		}
	}
	for _, s := range skipped {
		fmt.Fprintf(&b, "== skipped, line %d: %s: %s\n", s.Line, s.Reason, s.Text)
	}
	return b.String()
}

// checkSplit verifies what Split promises of any input.
func checkSplit(text string, articles []*knowledge.Article, skipped []knowledge.Skip) error {
	var kept, names strings.Builder
	for _, a := range articles {
		if a.Title == "" && a.Text == "" {
			return fmt.Errorf("article %s is empty", a.ID)
		}
		fmt.Fprintf(&kept, "%s\x00%s %s\x00", squeeze(a.Subtitle), squeeze(a.Kicker), squeeze(a.Title))
		kept.WriteString(squeeze(a.Kicker) + squeeze(a.Title) + "\x00")
		names.WriteString(strings.Join(a.Authors, "\x00") + "\x00")
		for _, p := range a.Paragraphs {
			if p.End() > len(a.Text) || a.Text[p.Start:p.End()] != p.Text {
				return fmt.Errorf("article %s: paragraph at %d is not that range of the text", a.ID, p.Start)
			}
			kept.WriteString(squeeze(p.Heading) + "\x00" + squeeze(p.Text) + "\x00")
		}
		if utf8.ValidString(text) && !utf8.ValidString(a.Text+a.Title) {
			return fmt.Errorf("article %s is not valid UTF-8, the input is", a.ID)
		}
	}
	if !utf8.ValidString(text) {
		return nil // the halves of a character may meet when lines are joined
	}
	gone := make(map[int]bool)
	for _, s := range skipped {
		gone[s.Line] = true
	}
	all := kept.String()
	number := 0
	for rest := strings.TrimPrefix(text, "\ufeff"); rest != ""; {
		var l string
		l, rest = cutLine(rest)
		number++
		l = strings.TrimSpace(l)
		if l == "" || gone[number] || strings.Contains(all, squeeze(l)) {
			continue
		}
		b, ok := parseByline(l)
		if !ok {
			return fmt.Errorf("line %d is neither in an article nor skipped: %q", number, opening(l))
		}
		for _, n := range b.names {
			if !strings.Contains(names.String(), n+"\x00") {
				return fmt.Errorf("line %d: %s is nobody's author", number, n)
			}
		}
	}
	return nil
}

func TestContinuesInOrder(t *testing.T) {
	// Line 5 belongs between lines 1 and 3, and brings line 6 along.
	steps := []step{
		{headline, 0, -1}, {paragraph, 0, 0}, {furniture, -1, -1}, {loose, 0, 1},
		{headline, 4, -1}, {resumed, 0, 1}, {paragraph, 0, 5},
	}
	got := fmt.Sprint(inOrder(steps))
	if want := "[[0 1 5 6 3] [4]]"; got != want {
		t.Errorf("inOrder = %s, want %s", got, want)
	}
}

// hugeTexts are 2 MiB each of what is no page.
func hugeTexts() map[string]string {
	const size = 2 << 20
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	return map[string]string{
		"no line break": fill("没有换行的长文。"),
		"brackets":      fill("（"),
		"paragraphs":    fill(strings.Repeat("没有换行的长文，它一直说下去。", 12) + "\n\n"),
		"many lines":    fill("一行既不长也不短的文字\n"),
	}
}

func TestHugeInputIsKept(t *testing.T) {
	for name, text := range hugeTexts() {
		articles, skipped := Split(text, "huge.txt")
		kept := 0
		for _, a := range articles {
			kept += len(a.Title) + len(a.Kicker) + len(a.Subtitle) + len(a.Text)
		}
		if want := len(squeeze(text)) * 9 / 10; kept < want { // intertitles are not counted
			t.Errorf("%s: kept %d of %d bytes in %d articles, %d skipped", name, kept, want, len(articles), len(skipped))
		}
	}
}

// BenchmarkSplitHuge is to stay under about a second each.
func BenchmarkSplitHuge(b *testing.B) {
	for name, text := range hugeTexts() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Split(text, "huge.txt")
			}
		})
	}
}

// hardSeeds are inputs that are not newspaper pages.
var hardSeeds = []string{
	"", "\n\n \u3000\n", "。", "——", "\ufeff", "公告", "标题", "（", "记者", "a\rb\r\nc\n\rd",
	"甲\n乙\n丙\n丁", "张三\n\n张三摄\n\n张三摄", "1\n2\n3\n4", "\xff\xfe\n\xe6\x9c", "5版\n\n公告\n\n6版",
	"标题\n\n正文在这里没有结束，\n\n标题二\n\n另一篇的正文。\n\n接着上一篇的正文写完。",
	strings.Repeat("没有换行的长文。", 3000), strings.Repeat("短\n", 500),
}

func FuzzSplit(f *testing.F) {
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) == 0 {
		f.Fatalf("no cases in testdata (%v)", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, s := range hardSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		articles, skipped := Split(text, "fuzz.txt")
		if err := checkSplit(text, articles, skipped); err != nil {
			t.Fatalf("%v\n%s", err, render(articles, skipped))
		}
	})
}

// bigPage is a page of all the cases.
func bigPage(t testing.TB) string {
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases in testdata (%v)", err)
	}
	var b strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
		b.WriteString("\n\n")
	}
	return b.String()
}

func BenchmarkSplit(b *testing.B) {
	text := bigPage(b)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Split(text, "page.txt")
	}
}
