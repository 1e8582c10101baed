// Package rank chooses among the sentences of the passages that a search
// found: how well each of them answers the question, and how sure one may be
// that any of them does. The weights are learned by rag/train.
package rank

import (
	"cmp"
	"math"
	"slices"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/index"
)

// Sentence is a sentence of an article that may answer.
type Sentence struct {
	Article  *knowledge.Article
	Span     zh.Span // in the article's text
	Clauses  []Clause
	Features Vector
	Score    float64 // comparable within one ranking
	// Probability that it holds the answer, given that one of the sentences does.
	Probability float64
	Context     float64  // share of the question's terms in it, the sentence before and the titles
	weights     *Weights // that its clauses are weighed by when it is cut; nil once they are
	near        mask     // of the question's terms in the same three
	Fits        bool     // has something of the kind asked for, or the kind has no form
	OtherYear   bool     // may be of another year than the question names: the article has no date and has not said the year so far
	Opposed     bool     // speaks of the opposite of what is asked about only (国际 for 国内), or of another in a row (第27届 for 第28届)
	Measures    bool     // has a figure of the very dimension that the question word names (多长), or what 三联三共 stands for
}

// Text is the sentence as printed.
func (s *Sentence) Text() string { return s.Span.Of(s.Article.Text) }

// Clause is a part of a sentence between commas.
type Clause struct {
	Span        zh.Span // in the article's text, punctuation behind it included
	Features    ClauseVector
	Probability float64 // that it holds the answer, given that its sentence does
	Unfolds     bool    // it has what 三联三共 stands for, and the question asks that
	Kept        bool    // it is not cut off: it does, or has a figure of the question
}

// Ranking holds the sentences, best first.
type Ranking struct {
	Sentences []Sentence
	Evidence  Evidence
	// Confidence is the estimated probability that the passages hold the answer.
	Confidence float64

	asker *asker // for the evidence, which depends on the order
	hits  []index.Hit
	most  float64 // the largest IDF of the question's bigrams and words
}

// Rank rates the sentences of the hits, each sentence once, by weights such as
// [Learned]. idf is that of the index the hits come from.
func Rank(q zh.Question, hits []index.Hit, idf func(zh.Term) float64, w *Weights) Ranking {
	r := Rate(q, hits, idf)
	r.Sort(w)
	return r
}

// Rate computes the features without scoring; the trainer starts from here.
func Rate(q zh.Question, hits []index.Hit, idf func(zh.Term) float64) Ranking {
	a := newAsker(q, idf)
	type place struct {
		article string
		start   int
	}
	type paragraphOf struct {
		article *knowledge.Article
		number  int
	}
	seen := make(map[place]bool)
	paragraphs := make(map[paragraphOf]*paragraph)
	r := Ranking{Sentences: make([]Sentence, 0, 5*len(hits))}
	best := 1e-9
	for _, h := range hits {
		best = max(best, h.Score)
	}
	passages := make([]mask, len(hits))
	near := make(likeness, len(a.terms))
	for rank, h := range hits {
		article := h.Chunk.Article
		year := a.yearSaid(article)
		titles := a.read(zh.Normalize(article.Title + "\n" + article.Kicker + "\n" + article.Place + "\n" + h.Chunk.Heading))
		passages[rank] = a.mask(zh.Normalize(h.Chunk.Text())).or(a.dated("", article.Date))
		for i := article.ParagraphAt(h.Chunk.Start); i < len(article.Paragraphs) && article.Paragraphs[i].Start < h.Chunk.End; i++ {
			p := paragraphs[paragraphOf{article, i}]
			if p == nil {
				p = a.paragraph(article.Paragraphs[i], article.Date)
				paragraphs[paragraphOf{article, i}] = p
			}
			for j, s := range p.sentences {
				span := zh.Span{Start: p.start + s.Start, End: p.start + s.End}
				if span.End <= h.Chunk.Start || span.Start >= h.Chunk.End || seen[place{article.ID, span.Start}] {
					continue
				}
				seen[place{article.ID, span.Start}] = true
				own, before := p.reading(j), p.reading(j-1)
				copy(near, own.like)
				near.add(titles.like)
				near.add(before.like)
				around := surroundings{
					before: before.mask, before2: p.reading(j - 2).mask, after: p.reading(j + 1).mask, title: titles.mask, chunk: titles.mask.or(passages[rank]),
					near: near, passage: max(0, h.Score) / best, rank: rank, lead: i == 0 && j == 0,
				}
				r.Sentences = append(r.Sentences, Sentence{Article: article, Span: span, OtherYear: span.End <= year})
				a.rate(&r.Sentences[len(r.Sentences)-1], own, around)
			}
		}
	}
	a.judge(&r, hits, passages)
	return r
}

// measured is what a figure behind 全长 is worth to a question with 多长, where
// sentences about the same thing have other figures of the unit, and what a name
// stands for to one that asks that. It is not learned: the sets have too few such
// questions.
const measured = 4

// opposed is what a sentence loses that speaks of the opposite of what is asked
// about: the fares of 国际 flights, asked for those of 国内 ones. Not learned either.
const opposed = 3

// unmeasured is what a sentence loses that has no figure of the measure asked for
// (money, a length): it can't be the answer.
const unmeasured = 2

// asking is what a sentence loses that asks itself: it does not answer.
const asking = 3

// otherYear is what a sentence loses that may be of another year, so that the same
// in an article with a date is said instead.
const otherYear = 1

// Sort scores the sentences by the weights and brings them in order; equal ones
// stay in the order of article id and place.
func (r *Ranking) Sort(w *Weights) {
	scores := w.Sentence.Scores(len(r.Sentences), func(i int) []float64 { return r.Sentences[i].Features[:] })
	for i := range r.Sentences {
		s := &r.Sentences[i]
		s.Score = scores[i]
		if s.Measures {
			s.Score += measured
		}
		if s.Opposed {
			s.Score -= opposed
		}
		if !s.Fits && r.asker != nil && r.asker.q.Measure {
			s.Score -= unmeasured
		}
		if s.Features[fQuestion] > 0 {
			s.Score -= asking
		}
		if s.OtherYear {
			s.Score -= otherYear
		}
	}
	r.order()
	var all float64
	for i := range r.Sentences {
		s := &r.Sentences[i]
		s.Probability = math.Exp(s.Score - r.Sentences[0].Score)
		all += s.Probability
	}
	for i := range r.Sentences {
		r.Sentences[i].Probability /= all
	}
	for i := range r.Sentences {
		r.Sentences[i].weights = w
	}
	r.settle()
	r.Confidence = w.confidence(r.Inputs())
}

// Slim lets go of memory that is had again at the cost of time: for who keeps many
// rankings.
func (r *Ranking) Slim() { r.asker.meaning.forget() }

// order sorts the sentences by their numbers first: each of them is large, and is
// to be moved once.
func (r *Ranking) order() {
	numbers := make([]int, len(r.Sentences))
	for i := range numbers {
		numbers[i] = i
	}
	slices.SortStableFunc(numbers, func(i, j int) int {
		a, b := &r.Sentences[i], &r.Sentences[j]
		if c := cmp.Compare(b.Score, a.Score); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(a.Article.ID, b.Article.ID), cmp.Compare(a.Span.Start, b.Span.Start))
	})
	sorted := make([]Sentence, len(numbers))
	for i, n := range numbers {
		sorted[i] = r.Sentences[n]
	}
	r.Sentences = sorted
}
