package rank

import (
	"xiangwen/knowledge/zh"
	"xiangwen/rag/index"
)

// EvidenceNames are the features by which it is judged whether the passages hold
// an answer at all, in the order of an [Evidence].
var EvidenceNames = [...]string{
	"score",           // of the best sentence
	"gap",             // from the best to the second best sentence of another text
	"probability",     // that the best sentence holds the answer, if one of them does
	"context",         // share of the question's terms in sentence, sentence before and titles
	"passage_pairs",   // share in the best sentence's passage
	"article_pairs",   // share in its whole article
	"missing",         // the rarest term that the passage lacks, its IDF as a part of the largest
	"unknown",         // share of the question's terms that no article has
	"names_near",      // of the name in the question that is missing most: its share that sentence, sentence before and titles lack
	"names_article",   // the share that the article lacks
	"names_unknown",   // the share that no article has
	"quoted_missing",  // quoted names of the question that the sentence lacks
	"figures_missing", // figures of the question that the sentence lacks
	"figures_article", // figures of the question that the article lacks
	"coverage",        // the best passage's share of the question's terms
	"coverage_gap",    // and how much less the second article's has
	"many",            // the question asks for several things
	"asked_passage",   // what stands right before or at the end behind the question word is in the best sentence's passage
	"asked_unknown",   // it is in no article
	"asked_apart",     // it is in some article, not in the passage
	"size",            // of the library: IDF of a term that occurs nowhere, a tenth
	"missing_meaning", // as missing, less what the passage has of like meaning
	"asked_meaning",   // asked_apart and asked_unknown, less the same
	"measure_missing", // a measure is asked for (money, length), and no sentence of the best three has one
	"names",           // share of the question's bigrams and words that are in names
	"rest_near",       // share of what the question says besides its names in sentence, sentence before and titles
	"rest_passage",    // that in the passage
	"rest_article",    // that in the article
	"rest_elsewhere",  // how much more of it another sentence has
	"untold",          // the attribute that is asked for (a price, the mayor) is not spoken of
	"uncounted",       // nor is what is counted
}

// Evidence holds them.
type Evidence [len(EvidenceNames)]float64

const (
	eScore = iota
	eGap
	eProbability
	eContext
	ePassagePairs
	eArticlePairs
	eMissing
	eUnknown
	eNamesNear
	eNamesArticle
	eNamesUnknown
	eQuotedMissing
	eFiguresMissing
	eFiguresArticle
	eCoverage
	eCoverageGap
	eMany
	eAskedPassage
	eAskedUnknown
	eAskedApart
	eSize
	eMissingMeaning
	eAskedMeaning
	eMeasureMissing
	eNames
	eRestNear
	eRestPassage
	eRestArticle
	eRestElsewhere
	eUntold
	eUncounted
)

// judge fills in the evidence that does not depend on the order of sentences.
func (a *asker) judge(r *Ranking, hits []index.Hit, passages []mask) {
	r.asker, r.hits = a, hits
	e := &r.Evidence
	for i, w := range a.weight {
		if !a.double.has(i) {
			continue
		}
		r.most = max(r.most, w)
		if a.pairs > 0 && a.unknown.has(i) {
			e[eUnknown] += w / a.pairs
		}
	}
	r.coverage(passages)
	e[eSize] = a.nowhere / 10
	e[eNames] = 1 - share(a.weigh(a.rest), a.pairs)
	e[eMany] = yes(a.q.Many || a.q.Kind == zh.List)
}

// coverage notes how much of the question the best passage has, and the best one
// of another article, titles included.
func (r *Ranking) coverage(passages []mask) {
	e := &r.Evidence
	e[eCoverage], e[eCoverageGap] = 0, 0
	for i, h := range r.hits {
		a := h.Chunk.Article
		if i > 0 && a == r.hits[0].Chunk.Article {
			continue
		}
		share := r.asker.pairShare(passages[i].or(r.asker.mask(zh.Normalize(a.Title + "\n" + h.Chunk.Heading))))
		if i == 0 {
			e[eCoverage], e[eCoverageGap] = share, share
		} else {
			e[eCoverageGap] = e[eCoverage] - share
			return
		}
	}
}

// apart is the gap of a best sentence that no other text follows.
const apart = 10

// settle fills in the evidence that the best sentence gives; the sentences are
// in order.
func (r *Ranking) settle() {
	if len(r.Sentences) == 0 {
		return
	}
	e := &r.Evidence
	s := &r.Sentences[0]
	f := &s.Features
	e[eScore] = s.Score
	e[eGap] = apart
	for i := range r.Sentences[1:] {
		if o := &r.Sentences[1+i]; o.Text() != s.Text() {
			e[eGap] = s.Score - o.Score
			break
		}
	}
	e[eProbability], e[eContext] = s.Probability, s.Context
	e[eMeasureMissing] = yes(r.asker.q.Measure)
	for i := range r.Sentences[:min(3, len(r.Sentences))] {
		e[eMeasureMissing] *= yes(!r.Sentences[i].Fits)
	}
	e[eQuotedMissing] = yes(len(r.asker.q.Names) > 0) - f[fNames]
	e[eFiguresMissing] = yes(len(r.asker.figures) > 0) - f[fFigures]
	e[eRestNear], e[eRestElsewhere] = r.asker.within(r.asker.rest, s.near), 0
	for i := range r.Sentences {
		e[eRestElsewhere] = max(e[eRestElsewhere], r.Sentences[i].Features[fRest]-f[fRest])
	}
	told := zh.Normalize(s.Article.Title + "\n" + s.Text())
	e[eUntold], e[eUncounted] = yes(!r.asker.q.Tells(told)), yes(!r.asker.q.Counts(told))
	r.whole(s)
	e[ePassagePairs], e[eRestPassage], e[eMissing], e[eMissingMeaning] = 0, 0, 0, 0
	for _, h := range r.hits {
		if h.Chunk.Article != s.Article || s.Span.Start >= h.Chunk.End || s.Span.End <= h.Chunk.Start {
			continue
		}
		read := r.asker.read(zh.Normalize(s.Article.Title + "\n" + h.Chunk.Heading + "\n" + h.Chunk.Text()))
		passage, like := read.mask.or(r.asker.dated("", s.Article.Date)), read.like
		e[eAskedMeaning] = 0
		if r.asker.asked != (mask{}) {
			e[eAskedMeaning] = 1 - r.asker.hasAsked(passage, like)
		}
		e[ePassagePairs] = r.asker.pairShare(passage)
		e[eRestPassage] = r.asker.within(r.asker.rest, passage)
		r.asked(passage)
		for i, w := range r.asker.weight {
			if r.asker.double.has(i) && !passage.has(i) && r.most > 0 {
				e[eMissing] = max(e[eMissing], w/r.most)
				e[eMissingMeaning] = max(e[eMissingMeaning], w/r.most*(1-float64(like[i])))
			}
		}
		break
	}
}

// asked looks for what the question asks about: the noun before the question
// word (票价 in "票价是多少") and the verb at its end (通车 in "什么时候通车").
func (r *Ranking) asked(passage mask) {
	e := &r.Evidence
	e[eAskedPassage], e[eAskedUnknown], e[eAskedApart] = 0, 0, 0
	a := r.asker
	n := 0.0
	for i := range a.terms {
		if !a.asked.has(i) {
			continue
		}
		n++
		switch {
		case passage.has(i):
			e[eAskedPassage]++
		case a.unknown.has(i):
			e[eAskedUnknown]++
		default:
			e[eAskedApart]++
		}
	}
	if n > 0 {
		e[eAskedPassage], e[eAskedUnknown], e[eAskedApart] = e[eAskedPassage]/n, e[eAskedUnknown]/n, e[eAskedApart]/n
	}
}

// whole compares the question with all of the article that the best sentence is
// in: a name is often said in its first paragraph only.
func (r *Ranking) whole(s *Sentence) {
	e, a := &r.Evidence, r.asker
	text := zh.Normalize(s.Article.Title + "\n" + s.Article.Kicker + "\n" + s.Article.Subtitle + "\n" + s.Article.Place + "\n" + s.Article.Source + "\n" + s.Article.Text)
	article := a.mask(text).or(a.dated("", s.Article.Date)).or(s.near)
	e[eArticlePairs], e[eRestArticle] = a.pairShare(article), a.within(a.rest, article)
	if e[eFiguresArticle] = 0; len(a.figures) > 0 {
		e[eFiguresArticle] = 1 - a.hasFigures(zh.Figures(text+"\n"+s.Article.Date), article)
	}
	e[eNamesNear], e[eNamesArticle], e[eNamesUnknown] = 0, 0, 0
	for _, name := range a.names {
		e[eNamesNear] = max(e[eNamesNear], 1-a.within(name, s.near))
		e[eNamesArticle] = max(e[eNamesArticle], 1-a.within(name, article))
		e[eNamesUnknown] = max(e[eNamesUnknown], a.within(name, a.unknown))
	}
}
