package rank

import (
	"math"
	"slices"
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
	"only",        // share of the question's bigrams and words that no other clause of the sentence has
	"only_before", // that of the clause before it
	"only_after",  // that of the clause behind it
	"rest",        // share of what the question says besides its names
	"rest_answer", // share of that within 15 characters of something of the kind asked for in it
	"meant",       // share of bigrams and words that it lacks and comes near to in meaning
	"new",         // ln of its characters that the question lacks
	"open",        // ends in what stands before the question word: its object follows
	"open_before", // the clause before it does
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
	cOnly
	cOnlyBefore
	cOnlyAfter
	cRest
	cRestAnswer
	cMeant
	cNew
	cOpen
	cOpenBefore
)

var clauseKind = map[zh.Kind]int{
	zh.Number: cNumber, zh.Time: cTime, zh.Person: cPerson, zh.Place: cPlace, zh.Org: cOrg,
	zh.Name: cName, zh.Reason: cReason, zh.How: cHow,
}

// part is a clause of a sentence, and where it is in the normalised text of the
// sentence.
type part struct {
	span     zh.Span // in the sentence
	from, to int     // -1, -1 if the clause has to be normalised by itself
}

// clauses cuts the sentence into clauses and fills in their features. figures and
// answers are those of the whole sentence, in the normalised text: unless one
// reaches over the end of a clause, as 1,200 may, a clause has those of them that
// stand in it, and none of its own.
func (a *asker) clauses(s *Sentence, read *reading, figures []zh.Figure, answers []zh.Span) {
	a.parts = appendParts(a.parts[:0], s.Text())
	alike := true
	for _, p := range a.parts {
		alike = alike && p.from >= 0 && !slices.ContainsFunc(figures, func(f zh.Figure) bool { return f.Start < p.to && p.to < f.End })
	}
	s.Clauses = make([]Clause, len(a.parts))
	masks := make([]mask, len(a.parts))
	answering := 0
	for i, p := range a.parts {
		s.Clauses[i].Span = zh.Span{Start: s.Span.Start + p.span.Start, End: s.Span.Start + p.span.End}
		f := &s.Clauses[i].Features
		var text string // normalised
		var own mask
		if alike {
			text, own = read.text[p.from:p.to], a.maskWithin(read, p.from, p.to)
			var inside []zh.Span
			for _, at := range answers {
				if p.holds(at) {
					inside = append(inside, at)
				}
			}
			f[cAnswer] = yes(len(inside) > 0)
			_, f[cRestAnswer] = a.around(read, inside)
			f[cFigure] = yes(slices.ContainsFunc(figures, func(f zh.Figure) bool { return p.holds(f.Span) }))
		} else {
			text = zh.Normalize(p.span.Of(s.Text()))
			own = a.mask(text)
			f[cFigure] = yes(len(zh.Figures(text)) > 0)
			f[cRestAnswer] = a.within(a.rest, own) * yes(len(a.q.Answers(text)) > 0)
		}
		if !alike || a.q.Kind == zh.List { // of which the answer in a sentence may be all of it
			f[cAnswer] = yes(len(a.q.Answers(text)) > 0)
		}
		masks[i] = own
		f[cPairs], f[cSingles], f[cRest] = a.pairShare(own), a.singleShare(own), a.within(a.rest, own)
		if len(a.parts) > 1 { // one alone is not chosen
			f[cMeant] = a.meantBy(a.double, own, text)
		}
		f[cNew] = math.Log(float64(1 + a.unasked(text)))
		f[cOpen] = yes(a.adjacent[0] != "" && strings.HasSuffix(strings.TrimRight(text, ",;:了的 "), a.adjacent[0]))
		answering += int(f[cAnswer])
		f[cLeftAdjacent] = yes(indexOf(text, a.adjacent[0]) >= 0)
		f[cRightAdjacent] = yes(indexOf(text, a.adjacent[1]) >= 0)
		f[cFirst], f[cLast] = yes(i == 0), yes(i == len(a.parts)-1)
		f[cLength] = math.Log(float64(max(1, utf8.RuneCountInString(text))))
		f[cList] = yes(strings.Contains(text, "、"))
		f[cQuoted] = yes(strings.Contains(text, "“") || strings.Contains(text, "《") || strings.Contains(text, "「"))
		if f[cFigure] > 0 && len(a.figures) > 0 {
			f[cAskedFigure] = a.hasFigures(zh.Figures(text), mask{})
		}
		f[cAskedName] = shareOf(a.q.Names, text)
		s.Clauses[i].Unfolds = a.q.Unfolds(text)
		s.Clauses[i].Kept = f[cAskedFigure] > 0 || s.Clauses[i].Unfolds
		if at, ok := clauseKind[a.q.Kind]; ok {
			f[at] = f[cAnswer]
		}
	}
	for i := range s.Clauses {
		f := &s.Clauses[i].Features
		f[cOnly] = a.pairShare(onlyIn(masks, i))
		if i > 0 {
			before := &s.Clauses[i-1].Features
			f[cPairsBefore], f[cLeftBefore], f[cOpenBefore] = before[cPairs], before[cLeftAdjacent], before[cOpen]
			f[cOnlyBefore] = before[cOnly]
		}
		if i+1 < len(s.Clauses) {
			after := &s.Clauses[i+1].Features
			f[cPairsAfter], f[cRightAfter] = after[cPairs], after[cRightAdjacent]
			f[cOnlyAfter] = a.pairShare(onlyIn(masks, i+1))
		}
		f[cAnswerAlone] = f[cAnswer] * yes(answering == 1)
		f[cAnswerPairs] = f[cAnswer] * (f[cPairs] + f[cPairsBefore]/2 + f[cPairsAfter]/2)
		if a.q.Kind == zh.What {
			f[cWhat] = max(0, f[cPairsBefore]-f[cPairs])
		}
	}
}

// onlyIn is what the i-th mask has and no other one.
func onlyIn(masks []mask, i int) mask {
	m := masks[i]
	for j, o := range masks {
		if j != i {
			m = m.less(o)
		}
	}
	return m
}

// unasked is how many characters of words in a text the question lacks.
func (a *asker) unasked(text string) (n int) {
	for _, r := range text {
		if !a.common.has(r) && zh.IsWord(r) {
			n++
		}
	}
	return n
}

// announcing words end a clause that says nothing by itself: 数据显示, 他表示.
var announcing = strings.Fields("表示 显示 指出 认为 强调 介绍 透露 宣布 提出 规定 获悉 了解到 看到 包括 如下 称 即 为 是")

// opens reports whether a clause, normalised, leaves open what follows it.
func opens(text string) bool {
	if strings.HasSuffix(text, ":") {
		return true
	}
	text = strings.TrimRight(text, ",; ")
	return slices.ContainsFunc(announcing, func(w string) bool {
		rest, is := strings.CutSuffix(text, w)
		return is && (utf8.RuneCountInString(w) > 1 || !zh.WithinWord(text, len(rest))) // 名称 and 行为 announce nothing
	})
}

// holds reports whether what stands at the span is in the clause.
func (p part) holds(s zh.Span) bool { return p.from <= s.Start && s.End <= p.to }

// appendParts cuts a sentence at commas outside of brackets and quotation marks.
// A clause by itself is normalised to what it is in the normalised sentence, but
// for a space in front, unless some character does not stand alone.
func appendParts(dst []part, text string) []part {
	start, depth := 0, 0
	from, at := -1, 0 // of the clause, and of the character at hand, in the normalised text
	space, plain := false, true
	for i, r := range text {
		switch length := zh.FoldedLen(r); length {
		case -1:
			plain = false
		case 0:
			space = true
		default:
			if space && at > 0 {
				at++
			}
			space = false
			if from < 0 {
				from = at
			}
			at += length
		}
		end := i + utf8.RuneLen(r)
		cut := end == len(text)
		switch r {
		case '（', '(', '“', '《', '「', '【':
			depth++
		case '）', ')', '”', '》', '」', '】':
			depth = max(0, depth-1)
		case '，', '；', '：', ',', ';':
			cut = cut || depth == 0 && !zh.InNumber(text, i)
		}
		if cut {
			dst = append(dst, part{zh.Span{Start: start, End: end}, from, at})
			start, from = end, -1
		}
	}
	if !plain {
		for i := range dst {
			dst[i].from, dst[i].to = -1, -1
		}
	}
	return dst
}

// weigh sets the probabilities of the sentence's clauses, a softmax, if they are not
// set yet: few sentences are ever cut.
func (s *Sentence) weigh() {
	if s.weights == nil {
		return
	}
	var all float64
	scores := s.weights.Clause.Scores(len(s.Clauses), func(i int) []float64 { return s.Clauses[i].Features[:] })
	for i, z := range scores {
		c := &s.Clauses[i]
		if c.Unfolds {
			z += measured
		}
		c.Probability = math.Exp(z)
		all += c.Probability
	}
	for i := range s.Clauses {
		s.Clauses[i].Probability /= all
	}
	s.weights = nil
}
