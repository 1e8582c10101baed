package rag

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
)

// Readings are passages of an article that a reader asks for by pressing a button:
// nothing is judged, everything is the article's own words.
const (
	mostRead     = 4   // sentences
	mostReadText = 300 // characters, as a chat shows without scrolling
)

// Section reads the opening of the section under an intertitle. ok is false if the
// library has no such article or section.
func (e *Engine) Section(articleID, heading string) (a Answer, ok bool) {
	article := e.Library().Article(articleID)
	if article == nil {
		return Answer{}, false
	}
	for _, p := range article.Paragraphs {
		if p.Heading == heading {
			return readFrom(article, p.Start), true
		}
	}
	return Answer{}, false
}

// After reads on behind a citation, or from the beginning of the article where it
// ends there. ok is false if the library does not have the article any more.
func (e *Engine) After(c Citation) (a Answer, ok bool) {
	article := e.Library().Article(c.ArticleID)
	if article == nil {
		return Answer{}, false
	}
	_, end, found := article.ByteRange(c.Start, c.End)
	if !found || strings.TrimSpace(article.Text[end:]) == "" {
		end = 0
	}
	return readFrom(article, end), true
}

// readFrom cites the first sentences of text at or behind an offset.
func readFrom(article *knowledge.Article, from int) Answer {
	var cited []evidence
	length := 0
	for _, p := range article.Paragraphs {
		if p.End() <= from {
			continue
		}
		for _, s := range zh.Sentences(p.Text) {
			span := zh.Span{Start: p.Start + s.Start, End: p.Start + s.End}
			if span.Start < from {
				continue
			}
			length += utf8.RuneCountInString(span.Of(article.Text))
			if len(cited) == mostRead || length > mostReadText && len(cited) > 0 {
				return quoted(cited)
			}
			cited = append(cited, evidence{article, span})
		}
	}
	return quoted(cited)
}

// quoted is an answer of sentences that follow one another, as one citation.
func quoted(cited []evidence) Answer {
	if len(cited) == 0 {
		return Answer{Status: NotFound}
	}
	first, last := cited[0], cited[len(cited)-1]
	article := first.article
	c := composer{}
	c.text.WriteString(strings.TrimSpace(markPattern.ReplaceAllString(article.Text[first.span.Start:last.span.End], "")))
	c.text.WriteString("[1]")
	return Answer{
		Status: Answered, Text: c.text.String(), Method: MethodExtractive,
		Citations: []Citation{cite(article, 1, first.span.Start, last.span.End)},
	}
}

// relatedCoverage is the share of an article's opening, by rarity of its words, that
// another one must have in a passage.
const relatedCoverage = 0.02

// Related are the articles that say most of the same as one, best first, at most n.
func (e *Engine) Related(ctx context.Context, articleID string, n int) []Suggestion {
	x := e.index.Load()
	if x == nil || x.Library().Article(articleID) == nil {
		return nil
	}
	of := x.Library().Article(articleID)
	q := zh.ParseQuestion(of.Name())
	about := of.Kicker + "\n" + of.Name() + "\n" + of.Place
	for _, p := range of.Paragraphs[:min(2, len(of.Paragraphs))] {
		about += "\n" + p.Heading + "\n" + p.Text
	}
	q.Terms = slices.DeleteFunc(zh.AppendTerms(nil, zh.Normalize(about)), zh.Term.IsUnigram)
	slices.Sort(q.Terms)
	q.Terms = slices.Compact(q.Terms)
	hits, _ := x.Search(ctx, q, 5*n+5)
	var out []Suggestion
	for _, h := range hits {
		a := h.Chunk.Article
		if a.ID == articleID || h.Coverage < relatedCoverage || slices.ContainsFunc(out, func(s Suggestion) bool { return s.ArticleID == a.ID }) {
			continue
		}
		if out = append(out, Suggestion{a.ID, a.Name(), a.Source, a.Date, a.URL}); len(out) == n {
			break
		}
	}
	return out
}

// Search finds the n best passages for a text, best first, without an answer. An
// error means that vectors could not be asked: the passages are those of the words
// alone.
func (e *Engine) Search(ctx context.Context, text string, n int) ([]Passage, error) {
	x := e.index.Load()
	if x == nil {
		return nil, nil
	}
	hits, err := x.Search(ctx, zh.ParseQuestion(text), n)
	var out []Passage
	for _, h := range hits {
		if h.Score > 0 {
			out = append(out, passage(h))
		}
	}
	return out, err
}
