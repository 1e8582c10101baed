// Package rank chooses among the sentences of the passages that a search
// found: how well each of them answers the question, and how sure one may be
// that any of them does. The weights are learned by rag/train.
package rank

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge"
	"xiangwen/knowledge/ngram"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/embed"
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
	Context     float64 // share of the question's terms in it, the sentence before and the titles
	near        mask    // of the question's terms in the same three
	Fits        bool    // has something of the kind asked for, or the kind has no form
}

// Text is the sentence as printed.
func (s *Sentence) Text() string { return s.Span.Of(s.Article.Text) }

// Clause is a part of a sentence between commas.
type Clause struct {
	Span        zh.Span // in the article's text, punctuation behind it included
	Features    ClauseVector
	Probability float64 // that it holds the answer, given that its sentence does
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

// mask says which of the question's terms a text has, a bit a term.
type mask [4]uint64

func (m *mask) set(i int)     { m[i>>6] |= 1 << (i & 63) }
func (m mask) has(i int) bool { return m[i>>6]>>(i&63)&1 == 1 }
func (m mask) or(o mask) mask {
	for i := range m {
		m[i] |= o[i]
	}
	return m
}

// asker is the question as the features see it.
type asker struct {
	q        zh.Question
	bits     map[zh.Term]int
	terms    []zh.Term // by bit
	weight   []float64 // by bit: IDF
	pairs    float64   // sum of the weights of bigrams and words
	singles  float64   // and of single characters
	rarest   int       // bit of the bigram or word with the largest IDF, -1 if there is none
	left     mask      // terms before the question word
	right    mask
	adjacent [2]string // what stands directly before and behind the question word
	dates    []zh.Date // that the question names, by year or month at least
	names    []mask    // bigrams and words of each name in the question
	asked    mask      // what stands right before the question word, and what ends the question
	numbers  []int     // by bit: in the table of vectors, -1 for terms that are not compared
	similar  map[zh.Term]likeness
	idf      func(zh.Term) float64
	buffer   []zh.Term
}

func newAsker(q zh.Question, idf func(zh.Term) float64) *asker {
	a := &asker{q: q, bits: make(map[zh.Term]int), idf: idf}
	for _, t := range q.Terms {
		if len(a.terms) == 256 {
			break // a question of 500 characters is said in its first 128 as well
		}
		w := idf(t) * wordness(t, idf)
		a.bits[t] = len(a.terms)
		a.terms = append(a.terms, t)
		a.weight = append(a.weight, w)
		if t.IsUnigram() {
			a.singles += w
		} else {
			a.pairs += w
		}
	}
	a.rarest = -1
	for i, t := range a.terms {
		if !t.IsUnigram() && (a.rarest < 0 || a.weight[i] > a.weight[a.rarest]) {
			a.rarest = i
		}
	}
	a.similar = make(map[zh.Term]likeness)
	a.numbers = make([]int, len(a.terms))
	for i, t := range a.terms {
		if a.numbers[i] = -1; !t.IsUnigram() {
			a.numbers[i] = embed.News.Find(t)
		}
	}
	for _, name := range zh.Entities(q.Text) {
		m := a.mask(name.Of(q.Text))
		for i, t := range a.terms {
			if t.IsUnigram() {
				m[i>>6] &^= 1 << (i & 63)
			}
		}
		if m != (mask{}) {
			a.names = append(a.names, m)
		}
	}
	a.left, a.right = a.mask(q.Left), a.mask(q.Right)
	a.adjacent = [2]string{lastRunes(strings.TrimRight(q.Left, " 的是有在为了，,"), 2), firstRunes(strings.TrimLeft(counted(q), " 的是有在为了，,"), 2)}
	for _, d := range zh.Dates(q.Text, zh.Date{}) {
		if d.Year != 0 || d.Month != 0 {
			a.dates = append(a.dates, d)
		}
	}
	for _, noun := range []string{a.adjacent[0], lastRunes(strings.TrimRight(q.Right, " ?!。,的了吗呢"), 2)} {
		for _, t := range zh.AppendTerms(nil, noun) {
			if bit, known := a.bits[t]; known && !t.IsUnigram() {
				a.asked.set(bit)
			}
		}
	}
	return a
}

// counted is what stands behind the question word, and behind the measure word
// where one follows: 班组 in "多少个班组".
func counted(q zh.Question) string {
	if q.Kind != zh.Number {
		return q.Right
	}
	first, size := utf8.DecodeRuneInString(q.Right)
	next, _ := utf8.DecodeRuneInString(q.Right[size:])
	if strings.ContainsRune("个名位家所座条项种次件辆台起宗批只头户间套份张块棵株部支场期届", first) && zh.IsHan(next) {
		return q.Right[size:]
	}
	return q.Right
}

// wordness is how much a bigram of the question counts: less where its characters
// meet only by chance, at the seam of two words ("靠抱" in 靠抱团发展). What the
// library itself has and the table of news does not is most likely a name.
func wordness(t zh.Term, idf func(zh.Term) float64) float64 {
	if !t.IsBigram() {
		return 1
	}
	bits, known := ngram.News.Cohesion(t.Pair())
	switch {
	case known && bits >= 2:
		return 1
	case known:
		return 0.5
	case idf(t) < idf(0)-1e-6:
		return 1
	}
	return 0.3
}

func lastRunes(s string, n int) string {
	end := len(s)
	for i := 0; i < n && end > 0; i++ {
		r, size := utf8.DecodeLastRuneInString(s[:end])
		if !zh.IsWord(r) {
			break
		}
		end -= size
	}
	return s[end:]
}

func firstRunes(s string, n int) string {
	for i, r := range s {
		if n == 0 || !zh.IsWord(r) {
			return s[:i]
		}
		n--
	}
	return s
}

// mask of a normalised text.
func (a *asker) mask(text string) (m mask) {
	a.buffer = zh.AppendTerms(a.buffer[:0], text)
	for _, t := range a.buffer {
		if bit, ok := a.bits[t]; ok {
			m.set(bit)
		}
	}
	return m
}

// pairShare is the part of the question's bigrams and words in the mask, by
// weight.
func (a *asker) pairShare(m mask) float64 { return a.share(m, false, a.pairs) }

// singleShare is the same for single characters.
func (a *asker) singleShare(m mask) float64 { return a.share(m, true, a.singles) }

func (a *asker) share(m mask, single bool, all float64) float64 {
	if all == 0 {
		return 0
	}
	var sum float64
	for i, w := range a.weight {
		if m.has(i) && a.terms[i].IsUnigram() == single {
			sum += w
		}
	}
	return sum / all
}

// within is the part of one mask's weight that the other has; 0 if the first is
// empty.
func (a *asker) within(of, m mask) float64 {
	var sum, all float64
	for i, w := range a.weight {
		if of.has(i) {
			all += w
			if m.has(i) {
				sum += w
			}
		}
	}
	if all == 0 {
		return 0
	}
	return sum / all
}

// Rank rates the sentences of the hits, each sentence once. idf is that of the
// index the hits come from.
func Rank(q zh.Question, hits []index.Hit, idf func(zh.Term) float64) Ranking {
	r := Rate(q, hits, idf)
	r.Sort(learned)
	return r
}

// Rate computes the features without scoring; the trainer starts from here.
func Rate(q zh.Question, hits []index.Hit, idf func(zh.Term) float64) Ranking {
	a := newAsker(q, idf)
	type key struct {
		id    string
		start int
	}
	seen := make(map[key]bool)
	var r Ranking
	best := 1e-9
	for _, h := range hits {
		best = max(best, h.Score)
	}
	for rank, h := range hits {
		article := h.Chunk.Article
		titles := zh.Normalize(article.Title + "\n" + article.Kicker + "\n" + article.Place + "\n" + h.Chunk.Heading)
		title, titleLike := a.mask(titles), a.likeness(titles)
		chunk := title.or(a.mask(zh.Normalize(h.Chunk.Text())))
		for i := article.ParagraphAt(h.Chunk.Start); i < len(article.Paragraphs) && article.Paragraphs[i].Start < h.Chunk.End; i++ {
			p := article.Paragraphs[i]
			sentences := zh.Sentences(p.Text)
			masks := make([]mask, len(sentences))
			texts := make([]string, len(sentences))
			like := make([]likeness, len(sentences))
			for j, s := range sentences {
				texts[j] = zh.Normalize(s.Of(p.Text))
				masks[j] = a.mask(texts[j])
				like[j] = a.likeness(texts[j])
			}
			for j, s := range sentences {
				span := zh.Span{Start: p.Start + s.Start, End: p.Start + s.End}
				if span.End <= h.Chunk.Start || span.Start >= h.Chunk.End || seen[key{article.ID, span.Start}] {
					continue
				}
				seen[key{article.ID, span.Start}] = true
				around := surroundings{title: title, chunk: chunk, passage: max(0, h.Score) / best, rank: rank, lead: i == 0 && j == 0}
				around.like, around.near = like[j], like[j].or(titleLike)
				if j > 0 {
					around.before = masks[j-1]
					around.near = around.near.or(like[j-1])
				}
				if j > 1 {
					around.before2 = masks[j-2]
				}
				if j+1 < len(sentences) {
					around.after = masks[j+1]
				}
				c := Sentence{Article: article, Span: span}
				a.rate(&c, texts[j], masks[j], around)
				r.Sentences = append(r.Sentences, c)
			}
		}
	}
	a.judge(&r, hits)
	return r
}

// Sort scores the sentences by the weights and brings them in order; equal ones
// stay in the order of article id and place.
func (r *Ranking) Sort(w Weights) {
	for i := range r.Sentences {
		s := &r.Sentences[i]
		s.Score = 0
		for j, x := range s.Features {
			s.Score += w.Sentence[j] * x
		}
	}
	slices.SortStableFunc(r.Sentences, func(a, b Sentence) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Article.ID, b.Article.ID), cmp.Compare(a.Span.Start, b.Span.Start))
	})
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
		r.Sentences[i].weigh(&w)
	}
	r.settle()
	z := w.Bias
	for j, x := range r.Evidence {
		z += w.Evidence[j] * x
	}
	if len(r.Sentences) > 0 {
		for j, x := range r.Sentences[0].Features {
			z += w.Best[j] * x
		}
	}
	r.Confidence = 1 / (1 + math.Exp(-z))
}
