package rag

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/proof"
)

// claim is one sentence of an answer and what proves it.
type claim struct {
	text  string // without marks
	cited []evidence
	line  bool // it begins a line
}

// evidence is a range of bytes of an article's text.
type evidence struct {
	article *knowledge.Article
	span    zh.Span
}

func (e evidence) quote() string { return e.span.Of(e.article.Text) }

// check reports why a claim must not be said, nil if it may: it needs evidence,
// and what it asserts must stand in what it cites.
func (c claim) check(question string) *proof.Fault {
	if len(c.cited) == 0 {
		return &proof.Fault{Kind: proof.Mark, What: c.text}
	}
	sources := make([]proof.Source, len(c.cited))
	for i, e := range c.cited {
		if e.span.Start < 0 || e.span.End > len(e.article.Text) || e.span.Start >= e.span.End {
			return &proof.Fault{Kind: proof.Mark, What: c.text}
		}
		sources[i] = e.source()
	}
	return proof.Check(c.text, question, unique(sources))
}

// source is what the evidence proves a sentence with: the passage that it is in.
func (e evidence) source() proof.Source {
	a := e.article
	source := proof.Source{Date: a.Date}
	about := []string{a.Kicker, a.Title, a.Subtitle, a.Place, a.Source}
	var text strings.Builder
	for _, c := range a.Chunks() {
		if c.Start < e.span.End && e.span.Start < c.End {
			text.WriteString(c.Text())
			about = append(about, c.Heading)
		}
	}
	source.Text, source.About = text.String(), strings.Join(about, "\n")
	return source
}

func unique(sources []proof.Source) []proof.Source {
	var out []proof.Source
	for _, s := range sources {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// composer writes proven claims as one text with marks, and lists the citations
// in the order of their first mark.
type composer struct {
	question  string
	text      strings.Builder
	citations []Citation
	numbers   map[evidence]int
	dropped   []Dropped
}

// add appends a claim and returns what was appended: nothing if it is not
// proven, and then the claim is among the dropped.
func (c *composer) add(cl claim) string {
	if f := cl.check(c.question); f != nil {
		c.drop(cl.text, f)
		return ""
	}
	before := c.text.Len()
	if cl.line && before > 0 {
		c.text.WriteByte('\n')
	}
	if c.numbers == nil {
		c.numbers = make(map[evidence]int)
	}
	// What looks like a mark in an article's own text is not one of ours.
	c.text.WriteString(strings.TrimSpace(markPattern.ReplaceAllString(cl.text, "")))
	for _, e := range cl.cited {
		n, cited := c.numbers[e]
		if !cited {
			n = len(c.citations) + 1
			c.numbers[e] = n
			c.citations = append(c.citations, cite(e.article, n, e.span.Start, e.span.End))
		}
		c.text.WriteString("[" + strconv.Itoa(n) + "]")
	}
	return c.text.String()[before:]
}

func (c *composer) drop(text string, f *proof.Fault) {
	c.dropped = append(c.dropped, Dropped{Text: text, Kind: f.Kind, What: f.What})
}

// Verify proves an answer against the library it was made from, independently
// of how it was made: each mark resolves, each citation is marked, each quote is
// the article's text at its place, and what each sentence asserts stands in the
// passages it cites. It returns the first thing that does not hold.
func Verify(a Answer, library *knowledge.Library) error {
	marked := make(map[int]bool)
	for _, s := range parseMarked(a.Text) {
		c := claim{text: s.text}
		for _, n := range s.marks {
			if n < 1 || n > len(a.Citations) {
				return fmt.Errorf("mark [%d] has no citation", n)
			}
			marked[n] = true
			if e, ok := cites(a.Citations[n-1], library); ok {
				c.cited = append(c.cited, e)
			}
		}
		if f := c.check(cmp.Or(a.SearchedFor, a.Question)); f != nil {
			return f
		}
	}
	for i, c := range a.Citations {
		switch {
		case c.Number != i+1:
			return fmt.Errorf("citation %d has number %d", i+1, c.Number)
		case !marked[c.Number]:
			return fmt.Errorf("citation %d has no mark", c.Number)
		}
		if e, ok := cites(c, library); !ok || e.quote() != c.Quote {
			return fmt.Errorf("citation %d: the quote is not the text of article %q at %d to %d", c.Number, c.ArticleID, c.Start, c.End)
		}
	}
	return nil
}

// cites is the range of an article that a citation gives.
func cites(c Citation, library *knowledge.Library) (evidence, bool) {
	a := library.Article(c.ArticleID)
	if a == nil {
		return evidence{}, false
	}
	start, end, ok := a.ByteRange(c.Start, c.End)
	return evidence{a, zh.Span{Start: start, End: end}}, ok
}

// marked is a sentence of a text with marks.
type marked struct {
	text  string
	marks []int
}

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
