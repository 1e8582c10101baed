package rank

import (
	"math"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge/zh"
	"xiangwen/rag/index"
)

// Names of the features of a sentence, in the order of a [Vector]. A share is a
// part of the question's terms, weighted by IDF, from 0 to 1.
var Names = [...]string{
	"pairs",          // share of bigrams and words
	"singles",        // share of single characters
	"pairs_before",   // share that the sentence before adds
	"pairs_before2",  // share that the two sentences before add
	"pairs_after",    // share that the sentence behind adds
	"pairs_title",    // share that the titles add
	"pairs_passage",  // share that the whole passage adds
	"density",        // matched bigrams for each bigram of the sentence
	"common",         // longest common string with the question, as a part of the question
	"left",           // share of what stands before the question word
	"right",          // share of what stands behind it
	"left_adjacent",  // the two characters before the question word occur
	"right_adjacent", // the two characters behind it occur
	"in_order",       // both occur, in the question's order and near to each other
	"names",          // quoted names of the question that occur
	"figures",        // figures of the question that occur
	"clause",         // share of the best clause
	"answer_near",    // share within 15 characters of something of the kind asked for
	"answer_clause",  // share of the best clause that has something of the kind
	"passage",        // the passage's score, the best passage's being 1
	"first_passage",  // it is in the best passage
	"lead",           // it opens the article
	"length",         // ln of its length in characters
	"short",          // under ten characters
	"long",           // characters over 80, in hundreds
	"points_back",    // opens with a word that points to what was said before
	"speech",         // is mostly quoted speech
	"question",       // is a question itself
	"number", "number_missing", "time", "time_missing", "person", "person_missing", "place", "place_missing",
	"org", "org_missing", "name", "list", "reason", "how", // the kind asked for is this, and it is in the sentence (or missing)
	"list_long",           // asked for a list: number of 、
	"definition",          // asked what something is: 是 follows a matched term
	"adjacent_in_context", // left_adjacent, as far as the passage has the question's terms
	"right_in_context",    // the same of right_adjacent
	"answer_in_context",   // the kind asked for is there, as far as sentence, neighbours and titles have the terms
	"rare",                // has the question's rarest term
}

// Vector holds the features of a sentence.
type Vector [len(Names)]float64

// feature numbers, so that code can name them.
const (
	fPairs = iota
	fSingles
	fPairsBefore
	fPairsBefore2
	fPairsAfter
	fPairsTitle
	fPairsPassage
	fDensity
	fCommon
	fLeft
	fRight
	fLeftAdjacent
	fRightAdjacent
	fInOrder
	fNames
	fFigures
	fClause
	fAnswerNear
	fAnswerClause
	fPassage
	fFirstPassage
	fLead
	fLength
	fShort
	fLong
	fPointsBack
	fSpeech
	fQuestion
	fNumber
	fNumberMissing
	fTime
	fTimeMissing
	fPerson
	fPersonMissing
	fPlace
	fPlaceMissing
	fOrg
	fOrgMissing
	fName
	fList
	fReason
	fHow
	fListLong
	fDefinition
	fAdjacentInContext
	fRightInContext
	fAnswerInContext
	fRare
)

// kindFeature is the feature of a kind; the next one is "missing" for kinds
// that have a form.
var kindFeature = map[zh.Kind]int{
	zh.Number: fNumber, zh.Time: fTime, zh.Person: fPerson, zh.Place: fPlace, zh.Org: fOrg,
	zh.Name: fName, zh.List: fList, zh.Reason: fReason, zh.How: fHow,
}

// surroundings is what a sentence's features take from beside it.
type surroundings struct {
	before, before2, after, title, chunk mask
	passage                              float64
	rank                                 int
	lead                                 bool
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// rate fills the features in. text is the sentence, normalised; offsets of its
// clauses in the article are found in the article's own text.
func (a *asker) rate(s *Sentence, text string, own mask, around surroundings) {
	f := &s.Features
	f[fPairs] = a.pairShare(own)
	f[fSingles] = a.singleShare(own)
	f[fPairsBefore] = a.pairShare(own.or(around.before)) - f[fPairs]
	f[fPairsAfter] = a.pairShare(own.or(around.after)) - f[fPairs]
	f[fPairsBefore2] = a.pairShare(own.or(around.before).or(around.before2)) - f[fPairs]
	f[fPairsPassage] = a.pairShare(own.or(around.chunk)) - f[fPairs]
	f[fPairsTitle] = a.pairShare(own.or(around.title)) - f[fPairs]
	s.Context = a.pairShare(own.or(around.before).or(around.title))
	length := utf8.RuneCountInString(text)
	matched := 0
	for i := range a.terms {
		if own.has(i) && !a.terms[i].IsUnigram() {
			matched++
		}
	}
	f[fDensity] = float64(matched) / float64(max(8, length))
	f[fCommon] = float64(longestCommon(a.q.Text, text)) / float64(max(1, utf8.RuneCountInString(a.q.Text)))
	f[fLeft], f[fRight] = a.within(a.left, own), a.within(a.right, own)
	l, r := indexOf(text, a.adjacent[0]), indexOf(text, a.adjacent[1])
	f[fLeftAdjacent], f[fRightAdjacent] = yes(l >= 0), yes(r >= 0)
	f[fInOrder] = yes(l >= 0 && r > l && r-l < 90)
	f[fNames] = shareOf(a.q.Names, text)
	f[fFigures] = a.figures(text)
	answers := a.q.Answers(text)
	f[fAnswerNear] = a.near(text, answers)
	a.clauses(s)
	for i := range s.Clauses {
		c := &s.Clauses[i].Features
		f[fClause] = max(f[fClause], c[cPairs])
		f[fAnswerClause] = max(f[fAnswerClause], c[cPairs]*c[cAnswer])
	}
	f[fPassage], f[fFirstPassage], f[fLead] = around.passage, yes(around.rank == 0), yes(around.lead)
	f[fLength] = math.Log(float64(max(1, length)))
	f[fShort], f[fLong] = yes(length < 10), float64(max(0, length-80))/100
	f[fPointsBack] = yes(PointsBack(text))
	f[fSpeech] = yes(strings.Count(text, "”") > 0 && strings.HasPrefix(strings.TrimSpace(text), "“"))
	f[fQuestion] = yes(strings.HasSuffix(strings.TrimRight(text, "”\""), "?"))
	s.Fits = true
	if at, ok := kindFeature[a.q.Kind]; ok {
		f[at] = yes(len(answers) > 0)
		if a.q.Kind.HasForm() {
			f[at+1] = yes(len(answers) == 0)
			s.Fits = len(answers) > 0
		}
	}
	wide := f[fPairs] + f[fPairsPassage]
	f[fAdjacentInContext] = f[fLeftAdjacent] * wide
	f[fRightInContext] = f[fRightAdjacent] * wide
	f[fAnswerInContext] = yes(len(answers) > 0) * wide
	f[fRare] = yes(a.rarest >= 0 && own.has(max(0, a.rarest)))
	if a.q.Kind == zh.List {
		f[fListLong] = min(1, float64(strings.Count(text, "、"))/4)
	}
	if a.q.Kind == zh.What {
		f[fDefinition] = yes(a.adjacent[0] != "" && strings.Contains(text, a.adjacent[0]+"是"))
	}
}

// indexOf is the byte offset of a part in text, -1 for an empty part too.
func indexOf(text, part string) int {
	if part == "" {
		return -1
	}
	return strings.Index(text, part)
}

func shareOf(names []string, text string) float64 {
	if len(names) == 0 {
		return 0
	}
	n := 0
	for _, name := range names {
		if strings.Contains(text, name) {
			n++
		}
	}
	return float64(n) / float64(len(names))
}

// figures is the share of the question's figures that the text has too.
func (a *asker) figures(text string) float64 {
	asked := zh.Figures(a.q.Text)
	if len(asked) == 0 {
		return 0
	}
	have := zh.Figures(text)
	n := 0
	for _, f := range asked {
		for _, h := range have {
			if f.Same(h) {
				n++
				break
			}
		}
	}
	return float64(n) / float64(len(asked))
}

// near is the best share of the question's bigrams within 15 characters around
// one of the answers.
func (a *asker) near(text string, answers []zh.Span) (best float64) {
	const around = 15 * 3 // bytes of 15 Chinese characters
	for _, s := range answers[:min(12, len(answers))] {
		from, to := max(0, s.Start-around), min(len(text), s.End+around)
		for from > 0 && !utf8.RuneStart(text[from]) {
			from--
		}
		for to < len(text) && !utf8.RuneStart(text[to]) {
			to++
		}
		best = max(best, a.pairShare(a.mask(text[from:to])))
	}
	return best
}

// longestCommon is the length in characters of the longest string that both
// texts have.
func longestCommon(x, y string) int {
	a, b := []rune(x), []rune(y)
	row := make([]int, len(b)+1)
	best := 0
	for i := range a {
		diagonal := 0
		for j := range b {
			above := row[j+1]
			if a[i] == b[j] {
				row[j+1] = diagonal + 1
				best = max(best, row[j+1])
			} else {
				row[j+1] = 0
			}
			diagonal = above
		}
	}
	return best
}

// dangling are openings that point back to what was named before.
var dangling = []string{"该", "此次", "这", "其", "目前", "今年以来", "同时", "此外", "另外", "他", "她", "它", "两", "当地", "据了解", "据介绍", "据悉", "为此", "对此", "至此", "如今", "下一步", "接下来", "近日", "日前", "近年来"}

// PointsBack reports whether a sentence opens with a word that points to what
// was said before it, or names its subject by 该 only.
func PointsBack(s string) bool {
	s = strings.TrimLeft(s, "“‘（ ")
	for _, d := range dangling {
		if strings.HasPrefix(s, d) {
			return true
		}
	}
	return strings.Contains(s, "该")
}

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
