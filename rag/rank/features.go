package rank

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge/zh"
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
	"meant",               // share of bigrams and words that the sentence lacks and comes near to in meaning
	"meant_near",          // share that sentence, sentence before and titles lack and come near to
	"dates",               // dates of the question that the sentence agrees with, today being the article's date
	"dates_against",       // dates of the question that it contradicts: it has dates, and none agrees
	"asked",               // it has what the question asks about, the best of its bigrams counting; or comes near to it in meaning
	"rest",                // share of what the question says besides its names
	"rest_meant",          // share of that which the sentence lacks and comes near to in meaning
	"rest_answer",         // share of that within 15 characters of something of the kind asked for
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
	fMeant
	fMeantNear
	fDates
	fDatesAgainst
	fAsked
	fRest
	fRestMeant
	fRestAnswer
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
	near                                 likeness // of it, the sentence before and the titles
	passage                              float64
	rank                                 int
	lead                                 bool
}

// lettersPerCharacter is how many letters of English say what one Chinese
// character does, about: lengths were learned from Chinese text.
const lettersPerCharacter = 4

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// rate fills the features in. Offsets of the sentence's clauses in the article are
// found in the article's own text.
func (a *asker) rate(s *Sentence, read *reading, around surroundings) {
	text, own := read.text, read.mask
	f := &s.Features
	f[fPairs] = a.pairShare(own)
	f[fSingles] = a.singleShare(own)
	f[fPairsBefore] = a.pairShare(own.or(around.before)) - f[fPairs]
	f[fPairsAfter] = a.pairShare(own.or(around.after)) - f[fPairs]
	f[fPairsBefore2] = a.pairShare(own.or(around.before).or(around.before2)) - f[fPairs]
	f[fPairsPassage] = a.pairShare(own.or(around.chunk)) - f[fPairs]
	f[fPairsTitle] = a.pairShare(own.or(around.title)) - f[fPairs]
	s.near = own.or(around.before).or(around.title)
	s.Context = a.pairShare(s.near)
	length := utf8.RuneCountInString(text)
	if !strings.ContainsFunc(text, zh.IsHan) {
		length /= lettersPerCharacter
	}
	f[fDensity] = float64(own.and(a.double).len()) / float64(max(8, length))
	f[fCommon] = float64(a.common.longest(text)) / float64(max(1, a.common.len()))
	f[fLeft], f[fRight] = a.within(a.left, own), a.within(a.right, own)
	l, r := indexOf(text, a.adjacent[0]), indexOf(text, a.adjacent[1])
	f[fLeftAdjacent], f[fRightAdjacent] = yes(l >= 0), yes(r >= 0)
	f[fInOrder] = yes(l >= 0 && r > l && r-l < 90)
	f[fNames] = shareOf(a.q.Names, text)
	figures := zh.Figures(text)
	f[fFigures] = a.hasFigures(figures, own)
	answers := a.q.Answers(text)
	f[fAnswerNear], f[fRestAnswer] = a.around(read, answers)
	f[fRest], f[fRestMeant] = a.within(a.rest, own), a.meantOf(a.rest, own, read.like)
	a.clauses(s, read, figures, answers)
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
	s.Opposed = slices.ContainsFunc(a.opposed, func(o zh.Opposition) bool { return o.Against(text) }) ||
		len(a.ordinals) > 0 && zh.OtherOrdinal(a.ordinals, zh.Ordinals(text))
	s.Measures = a.q.Dimension != "" && a.q.Measures(text, answers) || a.q.Unfolds(text)
	f[fAnswerInContext] = yes(len(answers) > 0) * wide
	f[fRare] = yes(a.rarest >= 0 && own.has(max(0, a.rarest)))
	f[fMeant], f[fMeantNear] = a.meant(own, read.like), a.meant(s.near, around.near)
	f[fDates], f[fDatesAgainst] = a.compareDates(text, s.Article.Date)
	f[fAsked] = a.hasAsked(own, read.like)
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

// hasFigures is the share of the question's figures that are among those of a
// text; own is what the text has of its terms, and of its dates.
func (a *asker) hasFigures(have []zh.Figure, own mask) float64 {
	if len(a.figures) == 0 {
		return 0
	}
	n := 0
	for _, f := range a.figures {
		if slices.ContainsFunc(have, f.Same) || a.saysDate(f, own) {
			n++
		}
	}
	return float64(n) / float64(len(a.figures))
}

// compareDates are the shares of the question's dates that the text agrees with
// and that it contradicts. A text without dates is of the date of its article.
func (a *asker) compareDates(text, printed string) (agreed, contradicted float64) {
	if len(a.dates) == 0 {
		return 0, 0
	}
	said := datesOf(text, printed)
	for _, asked := range a.dates {
		agrees, against := false, false
		for _, d := range said {
			agrees = agrees || asked.Agrees(d)
			against = against || asked.Contradicts(d)
		}
		switch {
		case agrees:
			agreed++
		case against:
			contradicted++
		}
	}
	n := float64(len(a.dates))
	return agreed / n, contradicted / n
}

// around is what of the question is within 15 characters around one of the answers:
// the share of its bigrams and words, and of those besides its names, each for the
// answer that has most of it.
func (a *asker) around(read *reading, answers []zh.Span) (pairs, rest float64) {
	text := read.text
	const around = 15 * 3 // bytes of 15 Chinese characters
	for _, s := range answers[:min(12, len(answers))] {
		from, to := max(0, s.Start-around), min(len(text), s.End+around)
		for from > 0 && !utf8.RuneStart(text[from]) {
			from--
		}
		for to < len(text) && !utf8.RuneStart(text[to]) {
			to++
		}
		m := a.maskWithin(read, from, to)
		pairs, rest = max(pairs, a.pairShare(m)), max(rest, a.within(a.rest, m))
	}
	return pairs, rest
}

// common finds the longest string that the question and a text have in common.
type common struct {
	last [256]int // by the last byte of a character's number: where such a one is last in the question
	at   []place  // by place in the question, from 1
	time int      // characters of texts that were read
}

// place is a character of the question.
type place struct {
	char    rune
	earlier int // the place before it whose character ends in the same byte, 0 if there is none
	run     int // how long a string that a text had in common ended here
	time    int // when
}

func newCommon(question string) *common {
	c := &common{at: make([]place, 1, len(question)+1)}
	for _, r := range question {
		c.at = append(c.at, place{char: r, earlier: c.last[byte(r)]})
		c.last[byte(r)] = len(c.at) - 1
	}
	return c
}

// has reports whether the question has a character.
func (c *common) has(r rune) bool {
	for i := c.last[byte(r)]; i > 0; i = c.at[i].earlier {
		if c.at[i].char == r {
			return true
		}
	}
	return false
}

// len is the number of the question's characters.
func (c *common) len() int { return len(c.at) - 1 }

// longest is the length of that string in characters.
func (c *common) longest(text string) (best int) {
	c.time++ // no string goes on from one text to the next
	for _, r := range text {
		c.time++
		for i := c.last[byte(r)]; i > 0; i = c.at[i].earlier { // from the end, so that the place before is as the character before left it
			if c.at[i].char != r {
				continue
			}
			run := 1
			if before := c.at[i-1]; before.time == c.time-1 {
				run += before.run
			}
			c.at[i].run, c.at[i].time = run, c.time
			best = max(best, run)
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
