// Package zh is the Chinese text kit: normalisation, the two scripts, sentences,
// numbers, dates, what a question asks for and the terms that text is searched
// by. It knows nothing of articles.
package zh

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Normalize makes text comparable: NFKC (full width becomes half width,
// ligatures are taken apart), lower case, traditional characters simplified one
// by one ([Simplify]), all white space a single space. It changes nothing when
// applied again. Offsets in the result are not offsets in s, and it is not for
// showing.
func Normalize(s string) string {
	if !isPlain(s) {
		// Behind a byte that is no UTF-8, norm leaves characters as they are.
		s = norm.NFKC.String(strings.ToValidUTF8(s, "\uFFFD"))
	}
	fold := folds()
	var b strings.Builder
	b.Grow(len(s))
	space, accents := false, false
	for _, r := range s {
		han := firstHan <= r && r <= lastHan // most of all, so nothing else is asked of it
		if !han && (r < utf8.RuneSelf && asciiSpace[r] || r >= utf8.RuneSelf && unicode.IsSpace(r)) {
			space = true
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		switch {
		case han:
			r = rune(fold[r-firstHan])
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case 0xFF01 <= r && r <= 0xFF5E: // full width, which NFKC was spared
			if r -= 0xFEE0; 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
		case r >= utf8.RuneSelf && !isHanOrMark(r):
			r = unicode.ToLower(r)
			accents = accents || unicode.IsMark(r)
		}
		b.WriteRune(r)
	}
	if accents { // a small letter may form one character with one where the capital did not: H̱
		return norm.NFKC.String(b.String())
	}
	return b.String()
}

var asciiSpace = [utf8.RuneSelf]bool{' ': true, '\t': true, '\n': true, '\v': true, '\f': true, '\r': true}

// isPlain reports whether all that NFKC would do to s is to make full-width
// characters half-width: true for most Chinese text, and ten times as fast.
func isPlain(s string) bool {
	for _, r := range s {
		if r >= utf8.RuneSelf && !isHanOrMark(r) && !(0xFF01 <= r && r <= 0xFF5E) {
			return false
		}
	}
	return true
}

// isHanOrMark reports whether r is one of the characters of everyday Chinese text
// that NFKC leaves alone: Han, Chinese punctuation, quotation marks; or the wide
// space, which is white space before and after.
func isHanOrMark(r rune) bool {
	return 0x4E00 <= r && r <= 0x9FFF || 0x3000 <= r && r <= 0x3011 || 0x2018 <= r && r <= 0x201D || r == 0x2014
}

// IsHan reports whether r is a Chinese character.
func IsHan(r rune) bool {
	return 0x4E00 <= r && r <= 0x9FFF || r > 0x2E7F && unicode.Is(unicode.Han, r)
}

// Span is a range of bytes of the text it was made from.
type Span struct{ Start, End int }

// Of returns the text of the span.
func (s Span) Of(text string) string { return text[s.Start:s.End] }

// maxQuotation is the length in characters up to which a quotation is kept in
// one piece: a longer one is cut at the sentences inside it, since nobody
// reads a speech as one sentence.
const maxQuotation = 120

// maxSentence is the length in characters from which on a sentence is cut at a
// comma: what has no full stop for so long is a list, a table or a damaged page,
// and no reader is shown all of it as the proof of one figure.
const maxSentence = 400

// Sentences cuts text at 。！？… and line breaks. Closing quotes and brackets
// stay with the sentence they end; nothing is cut inside brackets, or inside a
// quotation of at most 120 characters. The spans are trimmed of white space,
// in order, and do not overlap; together they hold everything in text that is
// not white space.
func Sentences(text string) []Span {
	var out []Span
	start := 0
	emit := func(end int) {
		s := text[start:end]
		trimmed := strings.TrimLeftFunc(s, unicode.IsSpace)
		from := end - len(trimmed)
		trimmed = strings.TrimRightFunc(trimmed, unicode.IsSpace)
		if trimmed != "" {
			out = appendCut(out, text, Span{from, from + len(trimmed)})
		}
		start = end
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		next := i + size
		switch {
		case r == '\n':
			emit(next)
		case isStop(r) || isFullStop(text, i):
			for next < len(text) { // the rest of the stop, and what closes with it
				r, size := utf8.DecodeRuneInString(text[next:])
				if !isStop(r) && !isCloser(r) {
					break
				}
				next += size
			}
			emit(next)
		case closerOf(r) != 0:
			if end := closing(text[i:], r, closerOf(r)); end > 0 {
				next = i + end
				if last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(text[i:next], closers)); isQuote(r) && isStop(last) && endsThere(text[next:]) {
					emit(next)
				}
			}
		}
		i = next
	}
	emit(len(text))
	return out
}

// appendCut appends a sentence, in pieces of at most maxSentence characters if it
// is longer: cut behind its last comma or space within these, or just there.
func appendCut(out []Span, text string, s Span) []Span {
	for s.End-s.Start > maxSentence { // bytes: at least as many as characters
		n, comma, end := 0, 0, s.Start
		for end < s.End {
			if n++; n > maxSentence {
				break
			}
			r, size := utf8.DecodeRuneInString(text[end:])
			if end += size; strings.ContainsRune("，；、,; ", r) && !InNumber(text, end-size) {
				comma = end
			}
		}
		if n <= maxSentence {
			break
		}
		if comma > 0 {
			end = comma
		}
		if part := strings.TrimRightFunc(text[s.Start:end], unicode.IsSpace); part != "" {
			out = append(out, Span{s.Start, s.Start + len(part)})
		}
		rest := strings.TrimLeftFunc(text[end:s.End], unicode.IsSpace)
		s.Start = s.End - len(rest)
	}
	if s.Start < s.End {
		out = append(out, s)
	}
	return out
}

// InNumber reports whether the byte text[i] is part of a number: 1,200.
func InNumber(text string, i int) bool {
	return i > 0 && i+1 < len(text) && '0' <= text[i-1] && text[i-1] <= '9' && '0' <= text[i+1] && text[i+1] <= '9'
}

const closers = "”’』」）】〕》〉)]\""

func isStop(r rune) bool   { return strings.ContainsRune("。！？!?…｡", r) }
func isCloser(r rune) bool { return strings.ContainsRune(closers, r) }
func isQuote(r rune) bool  { return strings.ContainsRune("“‘「『", r) }

// isFullStop reports whether the Latin full stop at text[i] ends a sentence:
// white space or nothing follows, and it is not part of a number.
func isFullStop(text string, i int) bool {
	if text[i] != '.' || i == 0 || i+1 < len(text) && text[i+1] != ' ' && text[i+1] != '\n' {
		return false
	}
	before := text[i-1]
	return 'a' <= before && before <= 'z' || before >= utf8.RuneSelf || before == ')' || before == '"'
}

// endsThere reports whether a sentence may end before rest: a quotation that
// holds a full sentence ends it, unless the surrounding sentence goes on with
// punctuation or with 的 (“好不好？”的疑问).
func endsThere(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return !strings.ContainsRune("，、；：,;:的地得等之和与及或", r)
}

func closerOf(r rune) rune {
	switch r {
	case '“':
		return '”'
	case '‘':
		return '’'
	case '「':
		return '」'
	case '『':
		return '』'
	case '（':
		return '）'
	case '(':
		return ')'
	case '《':
		return '》'
	case '【':
		return '】'
	}
	return 0
}

// closing returns the offset behind the bracket that closes the one text
// starts with, or 0 if the paragraph or maxQuotation characters end before it
// does: an opener that is never closed must not swallow the text.
func closing(text string, open, close rune) int {
	depth, n := 0, 0
	for i, r := range text {
		switch {
		case r == close:
			if depth--; depth == 0 {
				return i + utf8.RuneLen(r)
			}
		case r == open:
			depth++
		case r == '\n':
			return 0
		}
		if n++; n > maxQuotation {
			return 0
		}
	}
	return 0
}

// IsWord reports whether r is part of a word or number: a letter of any script
// or a digit.
func IsWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
