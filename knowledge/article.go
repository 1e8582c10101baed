// Package knowledge holds what the paper has printed: articles, the chunks
// they are cut into for retrieval, and the library they form. It knows
// neither files (see knowledge/load) nor raw pages (knowledge/page) nor
// questions (rag).
package knowledge

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// Article is one piece of a newspaper. Build it with [NewArticle] so that
// text, paragraphs and digest agree; treat it as read-only afterwards.
type Article struct {
	ID       string
	Title    string
	Kicker   string // the line above the headline
	Subtitle string // the line below it
	Authors  []string
	Source   string // the newspaper
	Date     string // day of issue as 2006-01-02, or "" if unknown
	Page     string // page of the issue as printed ("6版")
	Place    string
	URL      string
	Language string // BCP 47, "zh" unless stated

	// Text is the body. Every offset in this project that points into an
	// article points into Text.
	Text       string
	Paragraphs []Paragraph // in order; each is a range of Text

	Digest string // hex, changes when anything a reader sees changes
	File   string // where it was read from, for reports
	Line   int    // first line in File, 1-based; 0 if the file is the article
}

// Paragraph is one paragraph of an article and the intertitle it stands under.
type Paragraph struct {
	Heading string // intertitle of the section, "" before the first one
	Text    string // equal to Article.Text[Start:Start+len(Text)]
	Start   int    // byte offset in Article.Text
	Broken  bool   // the page lost a part of it
}

// End is the byte offset in Article.Text just behind the paragraph.
func (p Paragraph) End() int { return p.Start + len(p.Text) }

// NewArticle completes meta with the given paragraphs: they are joined with
// line breaks to form Text, blank ones are left out, their Start is set and the
// digest computed.
func NewArticle(meta Article, paragraphs []Paragraph) *Article {
	a := meta
	var text strings.Builder
	a.Paragraphs = make([]Paragraph, 0, len(paragraphs))
	for _, p := range paragraphs {
		p.Text = strings.TrimSpace(p.Text)
		if p.Text == "" {
			continue
		}
		if text.Len() > 0 {
			text.WriteByte('\n')
		}
		p.Start = text.Len()
		text.WriteString(p.Text)
		a.Paragraphs = append(a.Paragraphs, p)
	}
	a.Text = text.String()
	for i, p := range a.Paragraphs {
		a.Paragraphs[i].Text = a.Text[p.Start : p.Start+len(p.Text)] // share Text's memory
	}
	a.Digest = a.digest()
	return &a
}

// NewArticleFromText completes meta with a body that is kept to the letter, so
// that offsets count in exactly the text that was given; every line of it that
// is not blank is a paragraph.
func NewArticleFromText(meta Article, text string) *Article {
	a := meta
	a.Text = text
	for start := 0; start < len(text); {
		line, _, _ := strings.Cut(text[start:], "\n")
		if p := strings.TrimSpace(line); p != "" {
			a.Paragraphs = append(a.Paragraphs, Paragraph{Text: p, Start: start + strings.Index(line, p)})
		}
		start += len(line) + 1
	}
	a.Digest = a.digest()
	return &a
}

// Name is what a reader knows the article by: its title, or for a piece that
// has none (a photo with a caption) the opening of its text.
func (a *Article) Name() string {
	if a.Title != "" {
		return a.Title
	}
	const most = 24 // characters, about one line of a phone's screen
	opening, _, _ := strings.Cut(a.Text, "\n")
	if i := strings.IndexAny(opening, "。！？；"); i > 0 {
		opening = opening[:i]
	}
	if utf8.RuneCountInString(opening) <= most {
		return opening
	}
	return string([]rune(opening)[:most]) + "…"
}

// RuneOffset converts a byte offset in Text to the character offset that
// citations carry.
func (a *Article) RuneOffset(byteOffset int) int {
	return utf8.RuneCountInString(a.Text[:byteOffset])
}

// ByteRange converts a range of characters of Text to bytes. ok is false when
// the range is empty, reversed or reaches outside the text.
func (a *Article) ByteRange(startRune, endRune int) (start, end int, ok bool) {
	if startRune < 0 || endRune <= startRune {
		return 0, 0, false
	}
	n := 0
	start, end = -1, -1
	for i := range a.Text {
		if n == startRune {
			start = i
		}
		if n == endRune {
			end = i
			break
		}
		n++
	}
	if end < 0 && n == endRune {
		end = len(a.Text)
	}
	return start, end, start >= 0 && end > start
}

// ParagraphAt returns the index of the paragraph that holds the byte offset,
// or that of the nearest one before it.
func (a *Article) ParagraphAt(offset int) int {
	at := 0
	for i, p := range a.Paragraphs {
		if p.Start > offset {
			break
		}
		at = i
	}
	return at
}

func (a *Article) digest() string {
	h := sha256.New()
	field := func(s string) { h.Write([]byte(s)); h.Write([]byte{0}) }
	for _, s := range []string{a.Title, a.Kicker, a.Subtitle, a.Source, a.Date, a.Page, a.Place, a.URL, a.Language, a.Text} {
		field(s)
	}
	for _, s := range a.Authors {
		field(s)
	}
	field("")
	for _, p := range a.Paragraphs {
		field(p.Heading)
		if p.Broken {
			field("broken")
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// ContentID makes an id for an article that was given none: a digest of its
// title and the opening of its text under a readable prefix. It does not depend
// on the article's neighbours, and stays when the body is edited further down.
func ContentID(prefix, title, text string) string {
	const opening = 24 // characters: enough to tell two untitled pieces apart
	runes := []rune(text)
	sum := sha256.Sum256([]byte(title + "\x00" + string(runes[:min(opening, len(runes))])))
	id := hex.EncodeToString(sum[:5])
	if prefix == "" {
		return id
	}
	return prefix + "-" + id
}
