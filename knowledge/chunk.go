package knowledge

import (
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge/zh"
)

// Chunk is a piece of an article that is retrieved as one: a range of its text.
type Chunk struct {
	Article *Article
	Ordinal int // 0-based within the article
	Start   int // byte offset in Article.Text, never inside a rune
	End     int // byte offset just behind it
	Heading string
}

// Text is the chunk's text: that range of the article, to the letter.
func (c Chunk) Text() string { return c.Article.Text[c.Start:c.End] }

// Breadcrumb says where in the paper the chunk stands: title › intertitle.
func (c Chunk) Breadcrumb() string {
	switch {
	case c.Heading == "":
		return c.Article.Title
	case c.Article.Title == "":
		return c.Heading
	}
	return c.Article.Title + " › " + c.Heading
}

// Sizes of chunks in characters. Retrieval was measured with chunks of about
// 208 (RETRIEVAL.md); a chunk is closed once it has reached chunkSize, and a
// piece is only added to it while it stays within chunkMost.
const (
	chunkSize = 200
	chunkMost = 300
)

// Chunks cuts an article into consecutive chunks that cover all of its text:
// at intertitles always, otherwise between paragraphs and, where those are
// long, between sentences; inside a sentence only when it alone is longer than
// a chunk may be.
func (a *Article) Chunks() []Chunk {
	var out []Chunk
	open := false
	length := 0 // characters of the open chunk
	for i, p := range a.Paragraphs {
		end := len(a.Text)
		if i+1 < len(a.Paragraphs) {
			end = a.Paragraphs[i+1].Start
		}
		if open && p.Heading != out[len(out)-1].Heading {
			open = false
		}
		// Pieces meet without a gap, so white space between them belongs to
		// the one before; the first takes what precedes the first paragraph.
		for _, cut := range pieceEnds(p, end) {
			start := 0
			if len(out) > 0 {
				start = out[len(out)-1].End
			}
			n := utf8.RuneCountInString(a.Text[start:cut])
			if !open || length >= chunkSize || length+n > chunkMost {
				out = append(out, Chunk{Article: a, Ordinal: len(out), Start: start, Heading: p.Heading})
				open, length = true, 0
			}
			out[len(out)-1].End = cut
			length += n
		}
	}
	return out
}

// pieceEnds returns the offsets at which the paragraph may be cut, the last of
// them being end, where the next paragraph starts.
func pieceEnds(p Paragraph, end int) []int {
	if utf8.RuneCountInString(p.Text) <= chunkSize {
		return []int{end}
	}
	var cuts []int
	for _, s := range zh.Sentences(p.Text) {
		for piece := s.Of(p.Text); utf8.RuneCountInString(piece) > chunkMost; {
			n := cutLong(piece)
			s.Start += n
			piece = piece[n:]
			cuts = append(cuts, p.Start+s.Start)
		}
		cuts = append(cuts, p.Start+s.End)
	}
	cuts[len(cuts)-1] = end
	return cuts
}

// cutLong returns where to cut a piece that is longer than chunkMost: behind
// the last comma that is within reach, otherwise at chunkMost characters.
func cutLong(piece string) int {
	n, limit := 0, 0
	for i := range piece {
		if n == chunkMost {
			limit = i
			break
		}
		n++
	}
	if i := strings.LastIndexAny(piece[:limit], "，；、,; "); i > limit/2 {
		_, size := utf8.DecodeRuneInString(piece[i:])
		return i + size
	}
	return limit
}
