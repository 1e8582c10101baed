package rank

import (
	"math"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge/zh"
)

// ClauseNames are the features by which the clause of a sentence is found that
// holds the answer, in the order of a [ClauseVector].
var ClauseNames = [...]string{
	"pairs",          // share of the question's bigrams and words
	"pairs_before",   // that of the clause before it
	"pairs_after",    // that of the clause behind it
	"singles",        // share of single characters
	"answer",         // has something of the kind asked for
	"answer_alone",   // and is the only clause that has
	"answer_pairs",   // has it, as far as it and its neighbours have the question's terms
	"left_adjacent",  // what stands before the question word occurs in it
	"left_before",    // ... in the clause before it
	"right_adjacent", // what stands behind the question word occurs in it
	"right_after",    // ... in the clause behind it
	"first",
	"last",
	"length",                                                                    // ln of its length in characters
	"list",                                                                      // has 、
	"quoted",                                                                    // has a quotation or a title in 《》
	"figure",                                                                    // has a figure
	"asked_figure",                                                              // share of the question's figures that it has
	"asked_name",                                                                // share of the question's quoted names that it has
	"number", "time", "person", "place", "org", "name", "what", "reason", "how", // the kind asked for is this, and it has something of the kind; what: an unmatched clause behind a matched one
}

// ClauseVector holds the features of a clause.
type ClauseVector [len(ClauseNames)]float64

const (
	cPairs = iota
	cPairsBefore
	cPairsAfter
	cSingles
	cAnswer
	cAnswerAlone
	cAnswerPairs
	cLeftAdjacent
	cLeftBefore
	cRightAdjacent
	cRightAfter
	cFirst
	cLast
	cLength
	cList
	cQuoted
	cFigure
	cAskedFigure
	cAskedName
	cNumber
	cTime
	cPerson
	cPlace
	cOrg
	cName
	cWhat
	cReason
	cHow
)

var clauseKind = map[zh.Kind]int{
	zh.Number: cNumber, zh.Time: cTime, zh.Person: cPerson, zh.Place: cPlace, zh.Org: cOrg,
	zh.Name: cName, zh.Reason: cReason, zh.How: cHow,
}

// clauses cuts the sentence at commas outside of brackets and quotation marks
// and fills in the clauses' features.
func (a *asker) clauses(s *Sentence) {
	text := s.Text()
	var parts []string // normalised
	start, depth := 0, 0
	for i, r := range text {
		switch {
		case strings.ContainsRune("（(“《「【", r):
			depth++
		case strings.ContainsRune("）)”》」】", r):
			depth = max(0, depth-1)
		}
		end := i + utf8.RuneLen(r)
		if end == len(text) || depth == 0 && strings.ContainsRune("，；：,;", r) && !zh.InNumber(text, i) {
			s.Clauses = append(s.Clauses, Clause{Span: zh.Span{Start: s.Span.Start + start, End: s.Span.Start + end}})
			parts = append(parts, zh.Normalize(text[start:end]))
			start = end
		}
	}
	answering := 0
	for i, part := range parts {
		f := &s.Clauses[i].Features
		own := a.mask(part)
		f[cPairs], f[cSingles] = a.pairShare(own), a.singleShare(own)
		f[cAnswer] = yes(len(a.q.Answers(part)) > 0)
		answering += int(f[cAnswer])
		f[cLeftAdjacent] = yes(indexOf(part, a.adjacent[0]) >= 0)
		f[cRightAdjacent] = yes(indexOf(part, a.adjacent[1]) >= 0)
		f[cFirst], f[cLast] = yes(i == 0), yes(i == len(parts)-1)
		f[cLength] = math.Log(float64(max(1, utf8.RuneCountInString(part))))
		f[cList] = yes(strings.Contains(part, "、"))
		f[cQuoted] = yes(strings.ContainsAny(part, "“《「"))
		f[cFigure] = yes(len(zh.Figures(part)) > 0)
		f[cAskedFigure], f[cAskedName] = a.figures(part), shareOf(a.q.Names, part)
		if at, ok := clauseKind[a.q.Kind]; ok {
			f[at] = f[cAnswer]
		}
	}
	for i := range s.Clauses {
		f := &s.Clauses[i].Features
		if i > 0 {
			before := &s.Clauses[i-1].Features
			f[cPairsBefore], f[cLeftBefore] = before[cPairs], before[cLeftAdjacent]
		}
		if i+1 < len(s.Clauses) {
			after := &s.Clauses[i+1].Features
			f[cPairsAfter], f[cRightAfter] = after[cPairs], after[cRightAdjacent]
		}
		f[cAnswerAlone] = f[cAnswer] * yes(answering == 1)
		f[cAnswerPairs] = f[cAnswer] * (f[cPairs] + f[cPairsBefore]/2 + f[cPairsAfter]/2)
		if a.q.Kind == zh.What {
			f[cWhat] = max(0, f[cPairsBefore]-f[cPairs])
		}
	}
}

// weigh sets the probabilities of the sentence's clauses: a softmax.
func (s *Sentence) weigh(w *Weights) {
	var all float64
	for i := range s.Clauses {
		c := &s.Clauses[i]
		z := 0.0
		for j, x := range c.Features {
			z += w.Clause[j] * x
		}
		c.Probability = math.Exp(z)
		all += c.Probability
	}
	for i := range s.Clauses {
		s.Clauses[i].Probability /= all
	}
}

// Window is the shortest run of neighbouring clauses that holds the answer with
// at least the given probability, if the sentence does, and has the figures of
// the question that the sentence has: the indices of its first clause and behind
// its last.
func (s *Sentence) Window(probability float64) (from, to int) {
	best := len(s.Text()) + 1
	from, to = 0, len(s.Clauses)
	first, last := len(s.Clauses), 0 // around the clauses with figures of the question
	for i := range s.Clauses {
		if s.Clauses[i].Features[cAskedFigure] > 0 {
			first, last = min(first, i), i
		}
	}
	for i := range s.Clauses[:min(first+1, len(s.Clauses))] {
		sum := 0.0
		for j := i; j < len(s.Clauses); j++ {
			sum += s.Clauses[j].Probability
			if length := s.Clauses[j].Span.End - s.Clauses[i].Span.Start; sum >= probability && j >= last {
				if length < best {
					best, from, to = length, i, j+1
				}
				break
			}
		}
	}
	return from, to
}
