package telegram

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"xiangwen/bot/telegram/faketelegram"
	"xiangwen/rag"
)

// check sends what paginate made of a body through the server's parser.
func check(t *testing.T, body []span) []page {
	t.Helper()
	pages := paginate(body)
	var all strings.Builder
	for i, p := range pages {
		parsed, entities, err := faketelegram.ParseHTML(p.html)
		switch {
		case err != nil:
			t.Fatalf("page %d is refused: %v\n%s", i, err, p.html)
		case faketelegram.Units(parsed) > 4096:
			t.Fatalf("page %d has %d units", i, faketelegram.Units(parsed))
		case parsed != p.text:
			t.Fatalf("page %d reads\n%q\nwithout markup\n%q", i, parsed, p.text)
		case strings.Contains(p.html, `href=""`):
			t.Fatalf("page %d has a link to nowhere", i)
		case len(entities) > 90:
			t.Fatalf("page %d has %d entities", i, len(entities))
		}
		size := 0
		for _, e := range entities {
			size += 12 + len(e.URL)
		}
		if size > 9500 {
			t.Fatalf("page %d has %d bytes of entities", i, size)
		}
		all.WriteString(parsed)
	}
	var whole strings.Builder
	for _, s := range body {
		whole.WriteString(strings.ToValidUTF8(s.text, "\uFFFD"))
	}
	if got, want := squeeze(all.String()), squeeze(whole.String()); got != want {
		t.Fatalf("text was lost:\n%q\nwant\n%q", got, want)
	}
	return pages
}

func TestRandomAnswers(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	words := newStub(t).words
	pieces := []string{
		"竹荪种植", "隧道", "村民", "。", "，", "！", "\n", "\n\n", " ", "3,200 万元", "<b>", "</a>", "&amp;", "&", "<", ">", `"`, "'",
		"🎋", "👩‍👩‍👧‍👦", "👋🏽", "🇨🇳", "e\u0301", "𠮷", "“他说：‘好’。”", "《〈内〉外》", "[1]", "[2]", "[99]", "a sentence in English. ", "\\_*`",
		"https://example.org/" + strings.Repeat("path/", 60) + "?a=1&b=<2>", "\u200F\u202Eשלום", "\t", "\u0007", "&#60;", "&nbsp;", "<!--",
	}
	prose := func(most int) string {
		var b strings.Builder
		for range random.IntN(most) + 1 {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		return b.String()
	}
	split := 0
	for i := range 10000 {
		a := rag.Answer{Text: prose(1 << random.IntN(12)), Method: []string{"", rag.MethodExtractive, "model"}[i%3]}
		for n := range random.IntN(12) {
			a.Citations = append(a.Citations, rag.Citation{
				Number: n + 1, ArticleID: prose(3), Title: prose(6), Source: prose(2), Date: "2024-11-26", Quote: prose(1 << random.IntN(9)),
				URL:   []string{"", "https://x.example/" + prose(3), "mailto:a@b", strings.Repeat("https://x.example/a", 300)}[random.IntN(4)],
				Start: random.IntN(9), End: 9 + random.IntN(9),
			})
		}
		public := []string{"", "https://x.example", "https://x.example/" + strings.Repeat("l", 900)}[random.IntN(3)]
		r := render(a, words[[]string{"zh", "en"}[i%2]], public)
		if got := text(marked(a, public)); got != a.Text {
			t.Fatalf("the marks changed the text: %q", got)
		}
		if len(check(t, r.body)) > 1 {
			split++
		}
		if len(r.buttons) > 5 {
			t.Fatalf("%d buttons", len(r.buttons))
		}
		for _, row := range r.buttons {
			b := row[0]
			if utf8.RuneCountInString(b.Text) > 64 || !strings.HasPrefix(b.URL, public+"/articles/") {
				t.Fatalf("button %+v", b)
			}
		}
	}
	if split < 100 {
		t.Errorf("only %d answers were split", split)
	}
}

func TestMarkupBudget(t *testing.T) {
	t.Parallel()
	var body []span
	for i := range 300 {
		body = append(body, span{fmt.Sprintf("[%d]", i), link, "https://x.example/" + strings.Repeat("a", i%200)}, span{text: " "})
	}
	pages := check(t, body)
	if len(pages) != 1 {
		t.Fatalf("%d pages", len(pages))
	}
	if n := strings.Count(pages[0].html, "<a "); n < 50 || n > 90 {
		t.Errorf("%d links", n)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("字", 30)
	for name, c := range map[string]struct {
		in   string
		most int
		want string
	}{
		"all":                   {"abc", 3, "abc"},
		"paragraph":             {long + "\n\n" + "甲。乙\n" + long, 40, long + "\n\n"},
		"line":                  {long + "\n" + "甲。乙" + long, 40, long + "\n"},
		"sentence":              {long + "。”[1]" + long, 40, long + "。”[1]"},
		"mark is over":          {"字字字字。字字字。[12]字", 10, "字字字字。"},
		"English":               {"Read the paper. It has 3.5 pages of news", 30, "Read the paper. "},
		"word":                  {"Read the paper it has", 20, "Read the paper it "},
		"character":             {long, 10, strings.Repeat("字", 10)},
		"early break passed":    {"a\n\n" + long, 20, "a\n\n" + strings.Repeat("字", 17)},
		"surrogates":            {strings.Repeat("🎋", 10), 7, "🎋🎋🎋"},
		"joined emoji":          {"字字👩‍👩‍👧‍👦", 9, "字字"},
		"tone":                  {"字字👋🏽", 5, "字字"},
		"accent":                {"ae\u0301", 2, "a"},
		"flag":                  {"字🇨🇳字", 4, "字"},
		"longer than any limit": {strings.Repeat("\u200D", 40), 20, strings.Repeat("\u200D", 20)},
	} {
		if got := c.in[:cut(c.in, c.most)]; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestTagsAreReopened(t *testing.T) {
	t.Parallel()
	pages := check(t, []span{{text: "前"}, {text: strings.Repeat("引文<&>", 1000), tag: quote}, {text: "后"}})
	if len(pages) != 2 || !strings.HasSuffix(pages[0].html, "</blockquote>") || !strings.HasPrefix(pages[1].html, "<blockquote expandable>") {
		t.Errorf("%d pages", len(pages))
	}
}

func TestBlankBodySendsNothing(t *testing.T) {
	t.Parallel()
	if pages := paginate([]span{{text: " \n"}, {text: strings.Repeat("\n", 9000), tag: bold}}); len(pages) != 0 {
		t.Errorf("%d pages", len(pages))
	}
}

func FuzzPaginate(f *testing.F) {
	f.Add("两个村增收16万余元。[1]", "原文<b>&", uint8(3), uint16(4096))
	f.Add(strings.Repeat("🎋👩‍👩‍👧‍👦。", 90), "\xff\xfe", uint8(40), uint16(2))
	f.Add("a\n\nb", strings.Repeat("<&>\"' ", 300), uint8(200), uint16(17))
	f.Fuzz(func(t *testing.T, one, two string, repeat uint8, most uint16) {
		var body []span
		for i := range int(repeat)%50 + 1 {
			body = append(body, span{one, tag(i) % 5, "https://x.example/?q=" + two}, span{text: two, tag: quote})
		}
		check(t, body)
		for i := range body {
			body[i].text = strings.ToValidUTF8(body[i].text, "\uFFFD")
		}
		whole := text(body)
		var joined strings.Builder
		for _, part := range split(body, max(int(most), 2)) {
			p := text(part)
			if n := faketelegram.Units(p); p == "" || n > max(int(most), 2) || !utf8.ValidString(p) {
				t.Fatalf("a part of %d units: %q", n, p)
			}
			joined.WriteString(p)
		}
		if joined.String() != whole {
			t.Fatal("the parts are not the whole")
		}
	})
}
