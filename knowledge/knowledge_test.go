package knowledge

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func article(id, title string, paragraphs ...string) *Article {
	var ps []Paragraph
	for _, p := range paragraphs {
		ps = append(ps, Paragraph{Text: p})
	}
	return NewArticle(Article{ID: id, Title: title}, ps)
}

// checkRanges fails unless paragraphs and chunks are what they promise to be.
func checkRanges(t *testing.T, a *Article) {
	t.Helper()
	for i, p := range a.Paragraphs {
		if a.Text[p.Start:p.End()] != p.Text {
			t.Fatalf("paragraph %d is not the text at %d", i, p.Start)
		}
	}
	end := 0
	for i, c := range a.Chunks() {
		if c.Start != end || c.End <= c.Start || c.Ordinal != i {
			t.Fatalf("chunk %d is [%d, %d) after %d", i, c.Start, c.End, end)
		}
		if utf8.ValidString(a.Text) && !utf8.ValidString(c.Text()) {
			t.Fatalf("chunk %d is cut inside a character", i)
		}
		if n := utf8.RuneCountInString(strings.TrimSpace(c.Text())); n > chunkMost+10 {
			t.Fatalf("chunk %d has %d characters", i, n)
		}
		end = c.End
	}
	if len(a.Paragraphs) > 0 && end != len(a.Text) {
		t.Fatalf("chunks end at %d of %d", end, len(a.Text))
	}
}

func TestChunksCoverTheText(t *testing.T) {
	long := strings.Repeat("这一句话正好有十二个字呢。", 100)
	for _, a := range []*Article{
		article("a", "t"),
		article("a", "t", "一段。"),
		article("a", "t", "一段。", "又一段。", long, "末段"),
		article("a", "t", strings.Repeat("没有标点的长行", 200)),
		article("a", "t", strings.Repeat("逗号，", 400)),
		NewArticleFromText(Article{ID: "b"}, "\n\n  开头有空行。\r\n\r\n第二段。\n"),
		NewArticleFromText(Article{ID: "b"}, ""),
	} {
		checkRanges(t, a)
	}
}

func TestChunksStartAtIntertitles(t *testing.T) {
	a := NewArticle(Article{ID: "a", Title: "标题"}, []Paragraph{{Text: "导语。"}, {Text: "正文。", Heading: "小标题"}, {Text: "再一段。", Heading: "小标题"}})
	chunks := a.Chunks()
	if len(chunks) != 2 || chunks[0].Breadcrumb() != "标题" || chunks[1].Breadcrumb() != "标题 › 小标题" {
		t.Fatalf("chunks = %+v", chunks)
	}
}

func TestTextOfAGivenBodyIsKeptToTheLetter(t *testing.T) {
	const text = "　　首段。\r\n\n  次段。 "
	a := NewArticleFromText(Article{ID: "a"}, text)
	if a.Text != text || len(a.Paragraphs) != 2 || a.Paragraphs[1].Text != "次段。" {
		t.Fatalf("article = %q %+v", a.Text, a.Paragraphs)
	}
}

func TestByteRange(t *testing.T) {
	a := article("a", "t", "春耕x开始")
	for _, c := range []struct {
		start, end int
		want       string
		ok         bool
	}{
		{0, 2, "春耕", true}, {2, 3, "x", true}, {3, 5, "开始", true}, {0, 5, "春耕x开始", true},
		{0, 6, "", false}, {2, 2, "", false}, {3, 1, "", false}, {-1, 2, "", false}, {5, 6, "", false},
	} {
		start, end, ok := a.ByteRange(c.start, c.end)
		if ok != c.ok || ok && a.Text[start:end] != c.want {
			t.Errorf("ByteRange(%d, %d) = %d, %d, %t", c.start, c.end, start, end, ok)
		}
		if ok && (a.RuneOffset(start) != c.start || a.RuneOffset(end) != c.end) {
			t.Errorf("RuneOffset does not undo ByteRange(%d, %d)", c.start, c.end)
		}
	}
}

func TestContentIDDoesNotDependOnTheRest(t *testing.T) {
	opening := strings.Repeat("开头", 20)
	if ContentID("p", "题", opening+"甲") != ContentID("p", "题", opening+"乙") {
		t.Error("an edit far down changes the id")
	}
	if ContentID("p", "题", "甲文") == ContentID("p", "题", "乙文") || ContentID("p", "题", "文") == ContentID("p", "另题", "文") {
		t.Error("different articles have the same id")
	}
}

func TestCompare(t *testing.T) {
	old := NewLibrary([]*Article{article("a", "甲", "一。"), article("b", "乙", "二。"), article("c", "丙", "三。")}, nil)
	now := NewLibrary([]*Article{article("c", "丙", "三。"), article("b", "乙", "改。"), article("d", "丁", "四。")}, nil)
	d := Compare(old, now)
	if len(d.Added) != 1 || d.Added[0].ID != "d" || len(d.Changed) != 1 || d.Changed[0].Text != "改。" || len(d.Removed) != 1 || d.Removed[0].ID != "a" {
		t.Fatalf("diff = %+v", d)
	}
	if !Compare(now, now).Empty() || old.Version() == now.Version() {
		t.Error("equal libraries differ, or different ones have one version")
	}
	if d := Compare(nil, old); len(d.Added) != 3 {
		t.Errorf("first library: %+v", d)
	}
}

func TestDigestSeesWhatReadersSee(t *testing.T) {
	base := Article{ID: "a", Title: "题"}
	one := NewArticle(base, []Paragraph{{Text: "文。"}})
	for name, other := range map[string]*Article{
		"heading": NewArticle(base, []Paragraph{{Text: "文。", Heading: "小题"}}),
		"broken":  NewArticle(base, []Paragraph{{Text: "文。", Broken: true}}),
		"authors": NewArticle(Article{ID: "a", Title: "题", Authors: []string{"某"}}, []Paragraph{{Text: "文。"}}),
		"date":    NewArticle(Article{ID: "a", Title: "题", Date: "2024-01-02"}, []Paragraph{{Text: "文。"}}),
	} {
		if one.Digest == other.Digest {
			t.Errorf("a change of %s does not change the digest", name)
		}
	}
}

func TestLibraryKeepsTheFirstOfAnID(t *testing.T) {
	l := NewLibrary([]*Article{article("a", "甲", "一。"), article("a", "乙", "二。"), article("a", "甲", "一。")}, nil)
	if l.Len() != 1 || l.Article("a").Title != "甲" || len(l.Skipped()) != 2 {
		t.Fatalf("%d articles, skipped %v", l.Len(), l.Skipped())
	}
}

func FuzzChunks(f *testing.F) {
	f.Add("一段。\n二段。")
	f.Add(strings.Repeat("长", 700) + "\n\n，")
	f.Add("\xff\n。")
	f.Fuzz(func(t *testing.T, text string) {
		checkRanges(t, NewArticleFromText(Article{ID: "x"}, strings.ToValidUTF8(text, "?")))
		checkRanges(t, article("x", "t", strings.Split(text, "\n")...))
	})
}
