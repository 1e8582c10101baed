package bot

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"

	"xiangwen/rag"
)

// Segment is a stretch of an answer's text, or one of its marks.
type Segment struct {
	Text string
	Mark *rag.Citation // what the mark in Text stands for, nil for ordinary text
}

var markPattern = regexp.MustCompile(`\[(\d{1,3})\]`)

// Segments cuts an answer's text at its marks. A mark without a citation is
// ordinary text.
func Segments(a rag.Answer) []Segment {
	var out []Segment
	rest := 0
	for _, at := range markPattern.FindAllStringSubmatchIndex(a.Text, -1) {
		n, _ := strconv.Atoi(a.Text[at[2]:at[3]]) // at most three digits
		if n < 1 || n > len(a.Citations) {
			continue
		}
		if at[0] > rest {
			out = append(out, Segment{Text: a.Text[rest:at[0]]})
		}
		out = append(out, Segment{a.Text[at[0]:at[1]], &a.Citations[n-1]})
		rest = at[1]
	}
	if rest < len(a.Text) {
		out = append(out, Segment{Text: a.Text[rest:]})
	}
	return out
}

// ArticlePath is the path of an article's page on the web desk.
func ArticlePath(id string) string { return "/articles/" + url.PathEscape(id) }

// QuotePath is the path of the cited article's page with the quote highlighted.
func QuotePath(c rag.Citation) string {
	return fmt.Sprintf("%s?from=%d&to=%d", ArticlePath(c.ArticleID), c.Start, c.End)
}
