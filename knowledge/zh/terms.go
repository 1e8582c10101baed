package zh

import (
	"unicode"
	"unicode/utf8"
)

// Term is what text is searched by: a Chinese character, two neighbouring
// ones, or a word of another script or a number. Terms are equal when they are
// written alike after [Normalize].
type Term uint64

const wordBit = 1 << 63

// Kinds of terms by their layout: a word has the top bit set and a hash below
// it; a bigram holds its first character in bits 21 to 41 and its second in
// bits 0 to 20; a unigram only the latter.
func unigram(r rune) Term   { return Term(r) }
func bigram(a, b rune) Term { return Term(a)<<21 | Term(b) }

// IsBigram reports whether the term is two Chinese characters.
func (t Term) IsBigram() bool { return t&wordBit == 0 && t>>21 != 0 }

// Pair returns the two characters of a bigram.
func (t Term) Pair() (a, b rune) { return rune(t >> 21), rune(t & (1<<21 - 1)) }

// IsUnigram reports whether the term is one Chinese character.
func (t Term) IsUnigram() bool { return t&wordBit == 0 && t>>21 == 0 }

// IsWord reports whether the term is a word of another script or a number.
func (t Term) IsWord() bool { return t&wordBit != 0 }

// AppendTerms appends the terms of text, which must be normalised, in their
// order: each Chinese character, each pair of neighbouring ones, and each run
// of other letters or of digits. A decimal point inside a number belongs to it.
func AppendTerms(dst []Term, text string) []Term {
	dst, _ = appendTerms(dst, nil, text, false)
	return dst
}

// AppendPlaces is [AppendTerms] that appends too where each of the terms begins.
func AppendPlaces(dst []Term, starts []int, text string) ([]Term, []int) {
	return appendTerms(dst, starts, text, true)
}

func appendTerms(dst []Term, starts []int, text string, places bool) ([]Term, []int) {
	var previous rune // the Chinese character just before, 0 if there is none
	before := 0       // where it stands
	word := -1        // start of the run of letters or digits, -1 outside one
	digits := false
	for i := 0; i < len(text); {
		r, size := hanAt(text, i), 3
		if r == 0 {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		han := !isMark(r) && IsHan(r)
		inside := !han && inWord(text, i, r, word >= 0 && digits)
		d := inside && isDigit(r)
		if word >= 0 && (!inside || d != digits && r != '.') { // "g60" is found by "60" too
			dst = append(dst, wordTerm(text[word:i]))
			if places {
				starts = append(starts, word)
			}
			word = -1
		}
		if inside && word < 0 {
			word, digits = i, d
		}
		if !han {
			previous = 0
			i += size
			continue
		}
		if dst = append(dst, unigram(r)); places {
			starts = append(starts, i)
		}
		if previous != 0 {
			if dst = append(dst, bigram(previous, r)); places {
				starts = append(starts, before)
			}
		}
		previous, before = r, i
		i += size
		for r = hanAt(text, i); r >= firstHan; r = hanAt(text, i) {
			if dst = append(dst, unigram(r), bigram(previous, r)); places {
				starts = append(starts, i, before)
			}
			previous, before = r, i
			i += 3
		}
	}
	if word >= 0 {
		dst = append(dst, wordTerm(text[word:]))
		if places {
			starts = append(starts, word)
		}
	}
	return dst, starts
}

// inWord reports whether r, which stands at text[i:] and is no Chinese character,
// belongs to a word or a number; a point does inside a number only.
func inWord(text string, i int, r rune, inNumber bool) bool {
	switch {
	case r == '.':
		return inNumber && i+1 < len(text) && '0' <= text[i+1] && text[i+1] <= '9'
	case r < utf8.RuneSelf:
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z'
	}
	return !isMark(r) && IsWord(r)
}

func isDigit(r rune) bool {
	if r < utf8.RuneSelf {
		return '0' <= r && r <= '9'
	}
	return unicode.IsDigit(r)
}

// wordTerm hashes with FNV-1a, so that a term is the same in every process.
func wordTerm(w string) Term {
	h := uint64(14695981039346656037)
	for i := 0; i < len(w); i++ {
		h = (h ^ uint64(w[i])) * 1099511628211
	}
	return Term(h | wordBit)
}
