package zh

import (
	"unicode"
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
	var previous rune // the Chinese character just before, 0 if there is none
	word := -1        // start of the run of letters or digits, -1 outside one
	digits := false
	flush := func(end int) {
		if word >= 0 {
			dst = append(dst, wordTerm(text[word:end]))
			word = -1
		}
	}
	for i, r := range text {
		switch {
		case IsHan(r):
			flush(i)
			dst = append(dst, unigram(r))
			if previous != 0 {
				dst = append(dst, bigram(previous, r))
			}
			previous = r
			continue
		case r < 0x80 && !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z'), r >= 0x80 && !IsWord(r):
			if r == '.' && word >= 0 && digits && i+1 < len(text) && '0' <= text[i+1] && text[i+1] <= '9' {
				break
			}
			flush(i)
		default:
			d := unicode.IsDigit(r)
			if word >= 0 && d != digits {
				flush(i) // "g60" is found by "60" too
			}
			if word < 0 {
				word, digits = i, d
			}
		}
		previous = 0
	}
	flush(len(text))
	return dst
}

// wordTerm hashes with FNV-1a, so that a term is the same in every process.
func wordTerm(w string) Term {
	h := uint64(14695981039346656037)
	for i := 0; i < len(w); i++ {
		h = (h ^ uint64(w[i])) * 1099511628211
	}
	return Term(h | wordBit)
}
