package rag

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
)

// claim is one sentence of an answer and what proves it.
type claim struct {
	text  string // without marks
	cited []evidence
}

// evidence is a range of bytes of an article's text.
type evidence struct {
	article *knowledge.Article
	span    zh.Span
}

func (e evidence) quote() string { return e.span.Of(e.article.Text) }

// check reports why a claim must not be said, nil if it may: it needs evidence,
// and each figure in it must stand in what it cites.
func (c claim) check() error {
	if strings.TrimSpace(c.text) == "" {
		return fmt.Errorf("says nothing")
	}
	if len(c.cited) == 0 {
		return fmt.Errorf("cites nothing")
	}
	var cited []citedText
	for _, e := range c.cited {
		if e.span.Start < 0 || e.span.End > len(e.article.Text) || e.span.Start >= e.span.End {
			return fmt.Errorf("cites a range that is not in article %s", e.article.ID)
		}
		cited = append(cited, citedText{e.quote() + "\n" + e.article.Title, e.article.Date})
	}
	if f, ok := unproven(c.text, cited...); !ok {
		return fmt.Errorf("figure %q is not in what it cites", f)
	}
	return nil
}

// citedText is what is cited: a text and the date of its article.
type citedText struct{ text, date string }

// unproven returns the first figure of text that does not stand in what is
// cited; ok is true if all do. Figures are compared as numbers (1,200 = 1200 =
// 一千二百, 3.7亿 = 37000万) and a percentage only proves a percentage. A date is
// proven by one that means the same on the day of the issue: 今年3月 of 2024 proves
// 2024年3月.
func unproven(text string, cited ...citedText) (figure string, ok bool) {
	var have []zh.Figure
	for _, c := range cited {
		// The date of the issue proves the year of "今年" and the like.
		have = append(have, zh.Figures(zh.Normalize(c.text+"\n"+c.date))...)
	}
	normalized := zh.Normalize(text)
next:
	for _, f := range zh.Figures(normalized) {
		for _, h := range have {
			if f.Same(h) && (f.Unit == "%") == (h.Unit == "%") {
				continue next
			}
		}
		for _, d := range zh.Dates(normalized, zh.Date{}) {
			if d.Start <= f.Start && f.End <= d.End && dateStands(d, cited) {
				continue next
			}
		}
		return f.Of(normalized) + f.Unit, false
	}
	return "", true
}

// dateStands reports whether one of the texts says the date.
func dateStands(d zh.Date, cited []citedText) bool {
	for _, c := range cited {
		for _, said := range zh.Dates(zh.Normalize(c.text), zh.ParseAnchor(c.date)) {
			if said.Implies(d) {
				return true
			}
		}
	}
	return false
}

// compose writes the claims as one text with marks and lists the citations in
// the order of their first mark. Claims that fail their check are left out and
// their reasons returned.
func compose(claims []claim) (text string, citations []Citation, dropped []error) {
	numbers := make(map[evidence]int)
	var out strings.Builder
	for _, c := range claims {
		if err := c.check(); err != nil {
			dropped = append(dropped, err)
			continue
		}
		// What looks like a mark in an article's own text is not one of ours.
		out.WriteString(strings.TrimSpace(markPattern.ReplaceAllString(c.text, "")))
		for _, e := range c.cited {
			n, cited := numbers[e]
			if !cited {
				n = len(citations) + 1
				numbers[e] = n
				citations = append(citations, cite(e.article, n, e.span.Start, e.span.End))
			}
			out.WriteString("[" + strconv.Itoa(n) + "]")
		}
	}
	return out.String(), citations, dropped
}

// Verify proves an answer against the library it was made from, independently
// of how it was made: each mark resolves, each citation is marked, each quote is
// the article's text at its place, each figure stands in what its sentence
// cites. It returns the first thing that does not hold.
func Verify(a Answer, library *knowledge.Library) error {
	marked := make(map[int]bool)
	for _, s := range parseMarked(a.Text) {
		var cited []citedText
		for _, n := range s.marks {
			if n < 1 || n > len(a.Citations) {
				return fmt.Errorf("mark [%d] has no citation", n)
			}
			c := a.Citations[n-1]
			marked[n] = true
			cited = append(cited, citedText{c.Quote + "\n" + c.Title, c.Date})
		}
		if len(s.marks) == 0 {
			return fmt.Errorf("sentence without a mark: %q", s.text)
		}
		if f, ok := unproven(s.text, cited...); !ok {
			return fmt.Errorf("figure %q is not in what its sentence cites", f)
		}
	}
	for i, c := range a.Citations {
		article := library.Article(c.ArticleID)
		switch {
		case c.Number != i+1:
			return fmt.Errorf("citation %d has number %d", i+1, c.Number)
		case !marked[c.Number]:
			return fmt.Errorf("citation %d has no mark", c.Number)
		case article == nil:
			return fmt.Errorf("citation %d: no article %q", c.Number, c.ArticleID)
		}
		start, end, ok := article.ByteRange(c.Start, c.End)
		if !ok || article.Text[start:end] != c.Quote {
			return fmt.Errorf("citation %d: the quote is not the article's text at %d to %d", c.Number, c.Start, c.End)
		}
	}
	return nil
}

// marked is a sentence of a text with marks.
type marked struct {
	text  string
	marks []int
}

// markPattern is a mark in the variants that models write: [1] 【1】 ［1］ [1,2]
// [1、2] [^1].
var markPattern = regexp.MustCompile(`\s*[\[【［]\^?\s*(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\s*[\]】］]`)

// parseMarked cuts a text into the stretches that end with marks, and a last
// one without if there is such.
func parseMarked(text string) []marked {
	var out []marked
	start := 0
	for _, m := range markPattern.FindAllStringSubmatchIndex(text, -1) {
		between := strings.TrimSpace(text[start:m[0]])
		start = m[1]
		if between != "" && strings.Trim(between, "。！？.!?；;，,") != "" || len(out) == 0 {
			out = append(out, marked{text: between})
		}
		last := &out[len(out)-1]
		for _, n := range strings.FieldsFunc(text[m[2]:m[3]], func(r rune) bool { return r < '0' || r > '9' }) {
			i, _ := strconv.Atoi(n) // at most three digits
			last.marks = append(last.marks, i)
		}
	}
	if rest := strings.TrimSpace(text[start:]); strings.Trim(rest, "。！？.!?；;，, \n") != "" {
		out = append(out, marked{text: rest})
	}
	return out
}
