package proof

import (
	"slices"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge/zh"
)

// quotations checks that what the claim has in quotation marks stands in the
// evidence, punctuation aside.
func quotations(c *claim, e *evidence) *Fault {
	for _, s := range zh.Quotations(c.s) {
		words := squeeze(s.Of(c.s))
		if words == "" || strings.Contains(e.squeezed, words) || strings.Contains(arabic(e.squeezed), arabic(words)) {
			continue
		}
		return &Fault{Quotation, s.Of(c.s)}
	}
	return nil
}

var numeralDigits = strings.NewReplacer("一", "1", "二", "2", "两", "2", "三", "3", "四", "4", "五", "5", "六", "6", "七", "7", "八", "8", "九", "9")

// arabic writes numerals as digits: “三天内办结” is “3天内办结”.
func arabic(s string) string { return numeralDigits.Replace(s) }

// swapped checks that what the claim says of a number, a date or a name is said
// of it in the evidence, and not of another one there.
func swapped(c *claim, e *evidence) *Fault {
	if c.english {
		return nil
	}
	for _, f := range c.figures {
		if f.measure == "" && f.Value.Exp == 0 && f.Value.Coef <= 2 || f.measure == "" && f.Unit == "" {
			continue // as good as an article: 两个村一起种竹荪
		}
		var same, others []zh.Span
		for _, g := range e.figures {
			switch {
			case f.sameNumber(g) && f.counts(g):
				same = append(same, zh.Span{Start: g.Start, End: g.end})
			case f.counts(g):
				others = append(others, zh.Span{Start: g.Start, End: g.end})
			}
		}
		if elsewhere(c, e, zh.Span{Start: f.Start, End: f.end}, same, others) {
			return &Fault{Swapped, c.s[f.Start:f.end]}
		}
	}
	if w := parted(c, e); w != "" {
		return &Fault{Swapped, w}
	}
	if w := renamed(c, e); w != "" {
		return &Fault{Swapped, w}
	}
	return nil
}

// parted is a pair of figures that one clause of the claim says together while
// the evidence says each only with another of the kind: 6个村突破50万元,
// 1个村突破100万元 is not 1个村突破50万元.
func parted(c *claim, e *evidence) string {
	for _, a := range c.figures {
		clause := around(c.clauses, a.Start)
		for _, b := range c.figures {
			if b.Start <= a.Start || around(c.clauses, b.Start) != clause || a.counts(b) {
				continue
			}
			if e.apart(a, b) && e.apart(b, a) {
				return c.s[a.Start:b.end]
			}
		}
	}
	return ""
}

// apart reports whether the evidence says a with another figure of b's kind, and
// never with b.
func (e *evidence) apart(a, b figure) bool {
	other := false
	for _, g := range e.figures {
		if !a.sameNumber(g) || !a.counts(g) {
			continue
		}
		clause := around(e.clauses, g.Start)
		for _, h := range e.figures {
			if h.Start == g.Start || around(e.clauses, h.Start) != clause || !b.counts(h) {
				continue
			}
			if b.sameNumber(h) {
				return false
			}
			other = true
		}
	}
	return other
}

// renamed is a name of which the claim says what the evidence says of another
// one of its kind.
func renamed(c *claim, e *evidence) string {
	theirs := areaNames(e.s, e)
	for _, s := range areaNames(c.s, e) {
		name, clause := s.Of(c.s), around(c.clauses, s.Start).Of(c.s)
		var same, others []zh.Span
		for _, t := range theirs {
			switch other := t.Of(e.s); {
			case other == name:
				same = append(same, t)
			case lastRunes(other, 1) == lastRunes(name, 1) && !strings.Contains(clause, other):
				others = append(others, t)
			}
		}
		if elsewhere(c, e, s, same, others) {
			return name
		}
	}
	return ""
}

// areaNames are the names of villages, towns and the like in a text, without
// what stands before them.
func areaNames(s string, e *evidence) []zh.Span {
	var out []zh.Span
	for _, span := range zh.Entities(s) {
		if first, _ := utf8.DecodeRuneInString(span.Of(s)); !zh.IsWord(first) || !hasSuffixAny(span.Of(s), areas) {
			continue
		}
		// As long as it stands more than once, it is a name.
		for utf8.RuneCountInString(span.Of(s)) > 3 && strings.Count(e.s, span.Of(s)) < 2 {
			_, size := utf8.DecodeRuneInString(span.Of(s))
			span.Start += size
		}
		if utf8.RuneCountInString(span.Of(s)) == 3 && !plain(string([]rune(span.Of(s))[:2]), &evidence{text: &text{}}, false) {
			out = append(out, span)
		}
	}
	return out
}

// elsewhere reports whether the words around a place of the claim stand around
// the others in the evidence, and not around those that are the same.
func elsewhere(c *claim, e *evidence, at zh.Span, same, others []zh.Span) bool {
	if len(same) == 0 || len(others) == 0 {
		return false
	}
	// What stands next to it says most of what it is.
	in := scope(c.text, at, nil)
	label := zh.Span{Start: in.Start, End: trimVerbs(c.s, in.Start, at.Start)}
	label.Start = max(label.Start, label.End-len(lastRunes(label.Of(c.s), 5)))
	said := append(pairsOf(c.s, label, zh.Span{}), pairsOf(c.s, zh.Span{Start: at.End, End: max(at.End, in.End)}, zh.Span{})...)
	if len(said) == 0 {
		for t := range c.question.terms {
			if t.IsBigram() {
				said = append(said, t)
			}
		}
	}
	all := append(slices.Clone(others), same...)
	mine := make(map[zh.Term]bool)
	for _, s := range same {
		at := scope(e.text, s, all)
		if strings.Contains(e.s[around(e.sentences, s.Start).Start:s.Start], "其中") {
			return false // what it is of was said before
		}
		for _, t := range pairsOf(e.s, at, s) {
			mine[t] = true
		}
	}
	for _, s := range others {
		theirs := make(map[zh.Term]bool)
		for _, t := range pairsOf(e.s, scope(e.text, s, all), s) {
			theirs[t] = true
		}
		right, wrong := 0, 0
		for _, t := range said {
			switch {
			case mine[t] && !theirs[t]:
				right++
			case theirs[t] && !mine[t]:
				wrong++
			}
		}
		if right == 0 && (wrong >= 2 || wrong > 0 && 2*wrong >= len(said)) {
			return true
		}
	}
	return false
}

// trimVerbs is where a range of a text ends without the words that only lead to
// a number.
func trimVerbs(s string, start, end int) int {
	for trimmed := true; trimmed; {
		trimmed = false
		for _, w := range []string{"超过", "突破", "达到", "达", "为", "约", "共", "有", "是", "的", "至", "了", "近", "到", "在", " "} {
			if strings.HasSuffix(s[start:end], w) {
				end -= len(w)
				trimmed = true
			}
		}
	}
	return end
}

// scope is what is said of a place: its clause, as far as the next of the same
// kind on either side.
func scope(t *text, at zh.Span, others []zh.Span) zh.Span {
	s := around(t.clauses, at.Start)
	if s.End < at.End {
		s = at
	}
	crowded := false
	for _, o := range others {
		if o == at {
			continue
		}
		if o.End <= at.Start && o.End > s.Start {
			s.Start, crowded = o.End, true
		}
		if o.Start >= at.End && o.Start < s.End {
			s.End, crowded = o.Start, true
		}
	}
	if crowded { // 提供1次指导、3次推荐
		if i := strings.LastIndex(t.s[s.Start:at.Start], "、"); i >= 0 {
			s.Start += i
		}
		if i := strings.Index(t.s[at.End:s.End], "、"); i >= 0 {
			s.End = at.End + i
		}
	}
	return s
}

// pairsOf are the pairs of characters in a range of a text, a part of it left
// out.
func pairsOf(s string, in, without zh.Span) []zh.Term {
	var out []zh.Term
	if without == (zh.Span{}) {
		without = zh.Span{Start: in.End, End: in.End}
	}
	for _, part := range []zh.Span{{Start: in.Start, End: max(in.Start, without.Start)}, {Start: min(in.End, without.End), End: in.End}} {
		if part.Start >= part.End {
			continue
		}
		for _, t := range zh.AppendTerms(nil, part.Of(s)) {
			if t.IsBigram() {
				out = append(out, t)
			}
		}
	}
	return out
}
