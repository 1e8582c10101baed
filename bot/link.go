package bot

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

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

// QuotePath leads to the quote on the cited article's page: highlighted by the page
// itself, and found again by its text should the article have changed since. The
// page is in a language, "" for the reader's own.
func QuotePath(c rag.Citation, language string) string {
	path := fmt.Sprintf("%s?from=%d&to=%d", ArticlePath(c.ArticleID), c.Start, c.End)
	if language != "" {
		path += "&lang=" + url.QueryEscape(language)
	}
	return path + "#quote" + TextDirective(c.Quote)
}

// OriginalURL leads to the quote where the article was published; "" if that is not
// known.
func OriginalURL(c rag.Citation) string {
	switch {
	case c.URL == "":
		return ""
	case strings.Contains(c.URL, "#"):
		return c.URL + TextDirective(c.Quote)
	}
	return c.URL + "#" + TextDirective(c.Quote)
}

// QuoteURL leads to the quote on the desk's own page, which readers reach below
// public, or where nobody knows that address to where the article was published; ""
// if that is not known either.
func QuoteURL(public string, c rag.Citation) string {
	if public == "" {
		return OriginalURL(c)
	}
	return strings.TrimRight(public, "/") + QuotePath(c, "")
}

// TextDirective is the end of a link that has a browser look for a quote on a page
// (https://wicg.github.io/scroll-to-text-fragment/); "" for a quote without text. A
// long quote is named by its first and last clause, as browsers match whole words
// and a quote may run over paragraphs.
func TextDirective(quote string) string {
	clauses := strings.FieldsFunc(quote, func(r rune) bool { return strings.ContainsRune("，。；：！？、…“”\n\r\t", r) })
	clauses = slices.DeleteFunc(clauses, func(c string) bool { return strings.TrimSpace(c) == "" })
	if len(clauses) == 0 {
		return ""
	}
	encode := func(s string) string { // these three mean something in a directive
		return strings.NewReplacer("-", "%2D", "&", "%26", ",", "%2C").Replace(url.PathEscape(strings.TrimSpace(s)))
	}
	directive := ":~:text=" + encode(clauses[0])
	if last := clauses[len(clauses)-1]; len(clauses) > 1 {
		directive += "," + encode(last)
	}
	return directive
}
