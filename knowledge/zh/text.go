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
// applied again. Offsets in the result are not offsets in s (see [FoldedLen]),
// and it is not for showing.
func Normalize(s string) string {
	s = compatible(s)
	fold := folds()
	var b strings.Builder
	b.Grow(len(s))
	from := 0 // what stands from here to the character at hand is copied as it is
	space, accents := false, false
	for i, size := 0, 0; i < len(s); i += size {
		r := hanAt(s, i)
		if size = 3; r == 0 {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		as := r
		switch {
		case firstHan <= r && r <= lastHan: // most of all, so nothing else is asked of it
			as = rune(fold[r-firstHan])
		case r < utf8.RuneSelf && asciiSpace[r], r >= utf8.RuneSelf && unicode.IsSpace(r):
			if !space {
				b.WriteString(s[from:i])
			}
			space = true
			from = i + size
			continue
		case 'A' <= r && r <= 'Z':
			as += 'a' - 'A'
		case 0xFF01 <= r && r <= 0xFF5E: // full width, which NFKC was spared
			if as -= 0xFEE0; 'A' <= as && as <= 'Z' {
				as += 'a' - 'A'
			}
		case r >= utf8.RuneSelf && !isHanOrMark(r):
			as = unicode.ToLower(r)
			accents = accents || unicode.IsMark(as)
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		if as != r {
			b.WriteString(s[from:i])
			b.WriteRune(as)
			from = i + size
		}
	}
	b.WriteString(s[from:])
	if accents { // a small letter may form one character with one where the capital did not: H̱
		return norm.NFKC.String(b.String())
	}
	return b.String()
}

// compatible is NFKC of s, but for full-width characters, which stay, and bytes
// that are no UTF-8, which become U+FFFD: behind one, norm leaves characters as
// they are. Only the runs of characters that are not plain go through norm, which
// takes ten times as long, each with the character before it, which it may join.
func compatible(s string) string {
	i := plainEnd(s, 0)
	if i == len(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD") // what stands before i is valid
	var b strings.Builder
	b.Grow(len(s))
	done := 0
	for i < len(s) {
		end := i
		for end < len(s) {
			r, size := utf8.DecodeRuneInString(s[end:])
			if isPlain(r) {
				break
			}
			end += size
		}
		_, before := utf8.DecodeLastRuneInString(s[done:i])
		b.WriteString(s[done : i-before])
		b.WriteString(norm.NFKC.String(s[i-before : end]))
		done = end
		i = plainEnd(s, end)
	}
	b.WriteString(s[done:])
	return b.String()
}

// plainEnd is where the run of plain characters at s[i:] ends.
func plainEnd(s string, i int) int {
	for i < len(s) {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		if hanAt(s, i) >= firstHan {
			i += 3
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !isPlain(r) {
			return i
		}
		i += size
	}
	return i
}

var asciiSpace = [utf8.RuneSelf]bool{' ': true, '\t': true, '\n': true, '\v': true, '\f': true, '\r': true}

// isPlain reports whether all that NFKC would do to r is to make a full-width
// character half-width, and whether r never joins what stands before it: true of
// most characters of most Chinese text.
func isPlain(r rune) bool {
	return r < utf8.RuneSelf || isHanOrMark(r) || 0xFF01 <= r && r <= 0xFF5E
}

// FoldedLen is how many bytes [Normalize] makes of the character r, whatever
// stands around it; 0 for white space, of which it depends, and -1 for characters
// that do not stay one character by themselves.
func FoldedLen(r rune) int {
	switch {
	case r < utf8.RuneSelf && asciiSpace[r], r == 0x3000:
		return 0
	case r < utf8.RuneSelf, 0xFF01 <= r && r <= 0xFF5E:
		return 1
	case isHanOrMark(r):
		return utf8.RuneLen(r)
	}
	return -1
}

// hanAt is the character at s[i:] if it is one from U+4000 to U+9FFF, which nearly
// all of a Chinese text is, 0 for any other. Unlike a function of utf8 it is
// compiled into the loops that call it.
func hanAt(s string, i int) rune {
	if i+2 < len(s) && s[i]-0xE4 < 6 && s[i+1]&0xC0 == 0x80 && s[i+2]&0xC0 == 0x80 {
		return rune(s[i]&0x0F)<<12 | rune(s[i+1]&0x3F)<<6 | rune(s[i+2]&0x3F)
	}
	return 0
}

// isHanOrMark reports whether r is one of the characters of everyday Chinese text
// that NFKC leaves alone: Han, and what isMark holds for; or the wide space, which
// is white space before and after.
func isHanOrMark(r rune) bool {
	return 0x4E00 <= r && r <= 0x9FFF || isMark(r) || 0x3000 <= r && r <= 0x3007
}

// isMark reports whether r is Chinese punctuation of the usual kind, or the dot
// in foreign names: no letter and no digit.
func isMark(r rune) bool {
	return 0x3001 <= r && r <= 0x3003 || 0x3008 <= r && r <= 0x3017 || 0x2018 <= r && r <= 0x201D || r == 0x2014 || r == 0xB7
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
		if c := text[i]; c >= utf8.RuneSelf && c != 0xE2 && c != 0xE3 && c != 0xEF {
			i++ // no part of a stop or a bracket: these begin with \xE2, \xE3 or \xEF
			continue
		}
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
	for utf8.RuneCountInString(s.Of(text)) > maxSentence {
		comma, end := 0, s.Start
		for range maxSentence {
			r, size := utf8.DecodeRuneInString(text[end:])
			if end += size; strings.ContainsRune("，；、,; ", r) && !InNumber(text, end-size) {
				comma = end
			}
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

func isStop(r rune) bool {
	switch r {
	case '。', '！', '？', '!', '?', '…', '｡':
		return true
	}
	return false
}

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
