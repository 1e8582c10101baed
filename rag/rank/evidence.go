package rank

import (
	"math"
	"strings"

	"xiangwen/knowledge/zh"
	"xiangwen/rag/index"
)

// EvidenceNames are the features by which it is judged whether the passages hold
// an answer at all, in the order of an [Evidence].
var EvidenceNames = [...]string{
	"score", // of the best sentence, squashed to 0…1
	"gap",   // from the best to the second best sentence of another text
	"pairs", // the best sentence's
	"singles",
	"context",       // share of the question's terms in sentence, sentence before and titles
	"passage_pairs", // share in the best sentence's passage
	"missing",       // the rarest term that the passage lacks, its IDF as a part of the largest
	"unknown",       // share of the question's terms that no article has
	"left", "right", "left_adjacent", "right_adjacent", "in_order", "common",
	"answer_near", "answer_clause",
	"fits",          // the kind has a form and the sentence has it
	"fits_not",      // and lacks it
	"names_missing", // quoted names of the question that the sentence lacks
	"figures_missing",
	"first_passage",
	"coverage",        // the best passage's share of the question's terms
	"coverage_gap",    // and how much less the second article's has
	"many",            // the question asks for several things
	"asked_passage",   // what stands right before or at the end behind the question word is in the best sentence's passage
	"asked_unknown",   // it is in no article
	"asked_apart",     // it is in some article, not in the passage
	"size",            // of the library: IDF of a term that occurs nowhere, a tenth
	"measure_missing", // a measure is asked for (money, length), and no sentence of the best three has one
}

// Evidence holds them.
type Evidence [len(EvidenceNames)]float64

const (
	eScore = iota
	eGap
	ePairs
	eSingles
	eContext
	ePassagePairs
	eMissing
	eUnknown
	eLeft
	eRight
	eLeftAdjacent
	eRightAdjacent
	eInOrder
	eCommon
	eAnswerNear
	eAnswerClause
	eFits
	eFitsNot
	eNamesMissing
	eFiguresMissing
	eFirstPassage
	eCoverage
	eCoverageGap
	eMany
	eAskedPassage
	eAskedUnknown
	eAskedApart
	eSize
	eMeasureMissing
)

// judge fills in the evidence that does not depend on the order of sentences.
func (a *asker) judge(r *Ranking, hits []index.Hit) {
	r.asker, r.hits = a, hits
	e := &r.Evidence
	for i, t := range a.terms {
		if t.IsUnigram() {
			continue
		}
		r.most = max(r.most, a.weight[i])
	}
	nowhere := a.idf(0) // of a term that no text has: the largest there is
	for i, t := range a.terms {
		if !t.IsUnigram() && a.pairs > 0 && a.idf(t) >= nowhere-1e-6 {
			e[eUnknown] += a.weight[i] / a.pairs
		}
	}
	r.coverage(hits)
	e[eSize] = nowhere / 10
	e[eMany] = yes(a.q.Many || a.q.Kind == zh.List)
}

// coverage notes how much of the question the best passage has, and the best one
// of another article.
func (r *Ranking) coverage(hits []index.Hit) {
	e := &r.Evidence
	e[eCoverage], e[eCoverageGap] = 0, 0
	for i, h := range hits {
		a := h.Chunk.Article
		share := r.asker.pairShare(r.asker.mask(zh.Normalize(a.Title + "\n" + h.Chunk.Heading + "\n" + h.Chunk.Text())))
		if i == 0 {
			e[eCoverage], e[eCoverageGap] = share, share
		} else if a != hits[0].Chunk.Article {
			e[eCoverageGap] = e[eCoverage] - share
			return
		}
	}
}

// settle fills in the evidence that the best sentence gives; the sentences are
// in order.
func (r *Ranking) settle() {
	if len(r.Sentences) == 0 {
		return
	}
	e := &r.Evidence
	s := &r.Sentences[0]
	f := &s.Features
	e[eScore] = 1 / (1 + math.Exp(-s.Score))
	e[eGap] = 1
	for i := range r.Sentences[1:] {
		if o := &r.Sentences[1+i]; o.Text() != s.Text() {
			e[eGap] = math.Tanh(s.Score - o.Score)
			break
		}
	}
	e[ePairs], e[eSingles], e[eContext] = f[fPairs], f[fSingles], s.Context
	e[eLeft], e[eRight], e[eLeftAdjacent], e[eRightAdjacent] = f[fLeft], f[fRight], f[fLeftAdjacent], f[fRightAdjacent]
	e[eInOrder], e[eCommon], e[eAnswerNear], e[eAnswerClause] = f[fInOrder], f[fCommon], f[fAnswerNear], f[fAnswerClause]
	form := r.asker.q.Kind.HasForm()
	e[eFits], e[eFitsNot] = yes(form && s.Fits), yes(form && !s.Fits)
	e[eMeasureMissing] = yes(r.asker.q.Measure)
	for i := range r.Sentences[:min(3, len(r.Sentences))] {
		e[eMeasureMissing] *= yes(!r.Sentences[i].Fits)
	}
	e[eNamesMissing] = yes(len(r.asker.q.Names) > 0) - f[fNames]
	e[eFiguresMissing] = yes(len(zh.Figures(r.asker.q.Text)) > 0) - f[fFigures]
	e[eFirstPassage] = f[fFirstPassage]
	e[ePassagePairs], e[eMissing] = 0, 0
	for _, h := range r.hits {
		if h.Chunk.Article != s.Article || s.Span.Start >= h.Chunk.End || s.Span.End <= h.Chunk.Start {
			continue
		}
		passage := r.asker.mask(zh.Normalize(s.Article.Title + "\n" + h.Chunk.Heading + "\n" + h.Chunk.Text()))
		e[ePassagePairs] = r.asker.pairShare(passage)
		r.asked(passage)
		for i, t := range r.asker.terms {
			if !t.IsUnigram() && !passage.has(i) && r.most > 0 {
				e[eMissing] = max(e[eMissing], r.asker.weight[i]/r.most)
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
	nowhere := a.idf(0)
	n := 0.0
	for _, noun := range []string{a.adjacent[0], lastRunes(strings.TrimRight(a.q.Right, " ?!。,的了吗呢"), 2)} {
		for _, t := range zh.AppendTerms(nil, noun) {
			bit, known := a.bits[t]
			if t.IsUnigram() || !known {
				continue
			}
			n++
			switch {
			case passage.has(bit):
				e[eAskedPassage]++
			case a.idf(t) >= nowhere-1e-6:
				e[eAskedUnknown]++
			default:
				e[eAskedApart]++
			}
		}
	}
	if n > 0 {
		e[eAskedPassage], e[eAskedUnknown], e[eAskedApart] = e[eAskedPassage]/n, e[eAskedUnknown]/n, e[eAskedApart]/n
	}
}
