package rag

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// markPattern is a mark in the variants that models write: [1] 【1】 ［1］ [1,2]
// [1、2] [^1].
var markPattern = regexp.MustCompile(`\s*[\[【［]\^?\s*(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\s*[\]】］]`)

// openMark is the beginning of a mark at the end of what has come so far.
var openMark = regexp.MustCompile(`[\[【［][\^\d\s,，、]*$`)

// written is a sentence of a reply.
type written struct {
	text  string    // without marks
	parts []stretch // what stands before each group of its marks; the last may have none
	line  bool      // it begins a line
}

type stretch struct {
	text  string
	marks []int
}

// splitter cuts a reply that comes in pieces into sentences with their marks. A
// sentence ends behind its full stop and the marks that follow, or with its line;
// a line that ends in a colon goes on in the next.
type splitter struct {
	rest string
	line bool
}

// add takes the next piece and returns the sentences that are complete.
func (s *splitter) add(piece string) []written {
	s.rest += piece
	return s.take(false)
}

// waits reports whether the rest is a whole sentence with its marks, and only
// more marks could make it longer.
func (s *splitter) waits() bool {
	end, whole := sentenceEnd(s.rest)
	return whole && end == len(s.rest) && markPattern.MatchString(s.rest)
}

// flush returns what is left. A sentence that did not come to its end is left
// out if the reply was cut off.
func (s *splitter) flush(cut bool) []written {
	out := s.take(true)
	if w, ok := read(s.rest); ok && !cut {
		w.line = s.line
		out = append(out, w)
	}
	s.rest = ""
	return out
}

func (s *splitter) take(final bool) (out []written) {
	for {
		end, whole := sentenceEnd(s.rest)
		if !whole || end == len(s.rest) && !final {
			return out
		}
		sentence := s.rest[:end]
		s.rest = s.rest[end:]
		if w, ok := read(sentence); ok {
			w.line = s.line || strings.HasPrefix(sentence, "\n")
			out = append(out, w)
			s.line = false
		}
		s.line = s.line || strings.HasSuffix(sentence, "\n")
	}
}

// sentenceEnd is where the first sentence of s ends, its marks included; whole
// is false if that is not seen yet.
func sentenceEnd(s string) (end int, whole bool) {
	for i, r := range s {
		next := i + utf8.RuneLen(r)
		switch {
		case r == '\n':
			if before := strings.TrimRight(s[:i], " \t\n"); before == "" || strings.HasSuffix(before, "：") || strings.HasSuffix(before, ":") {
				continue
			}
			return next, true
		case strings.ContainsRune("。！？!?", r):
		case r == '.':
			if !endsEnglish(s, i) {
				continue
			}
		default:
			continue
		}
		for {
			r, size := utf8.DecodeRuneInString(s[next:])
			if size == 0 || !strings.ContainsRune("”’」』）)。！？!?…", r) {
				break
			}
			next += size
		}
		for {
			at := markPattern.FindStringIndex(s[next:])
			if at == nil || at[0] != 0 {
				break
			}
			next += at[1]
		}
		if openMark.MatchString(s[next:]) && strings.TrimLeft(s[next:], " ")[:1] == openMark.FindString(s[next:])[:1] {
			return next, false
		}
		return next, true
	}
	return 0, false
}

// endsEnglish reports whether the point at s[i] ends a sentence: not in a number,
// not behind a short word such as Nov. or No.
func endsEnglish(s string, i int) bool {
	if i+1 < len(s) && s[i+1] != ' ' && s[i+1] != '\n' && s[i+1] != '[' && s[i+1] != '"' && s[i+1] != '\'' {
		r, _ := utf8.DecodeRuneInString(s[i+1:])
		if !strings.ContainsRune("【［”’", r) {
			return false
		}
	}
	word := s[:i]
	start := strings.LastIndexFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }) + 1
	word = word[max(0, start):]
	if word == "" {
		return i > 0 // behind a digit or a mark
	}
	return len(word) > 3 || !unicode.IsUpper([]rune(word)[0])
}

var (
	markup  = strings.NewReplacer("**", "", "__", "", "`", "")
	heading = regexp.MustCompile(`^\s*(?:#+\s*|[-*•·–—]\s+|\(?\d{1,2}[.、)）]\s*|（\d{1,2}）\s*)`)
)

// read takes a sentence apart; ok is false if it says nothing.
func read(s string) (w written, ok bool) {
	s = strings.TrimSpace(markup.Replace(s))
	s = heading.ReplaceAllString(s, "")
	var text strings.Builder
	start := 0
	for _, m := range markPattern.FindAllStringSubmatchIndex(s, -1) {
		between := s[start:m[0]]
		start = m[1]
		text.WriteString(between)
		if strings.ContainsFunc(between, isWord) || len(w.parts) == 0 {
			w.parts = append(w.parts, stretch{text: strings.TrimSpace(between)})
		}
		last := &w.parts[len(w.parts)-1]
		for _, n := range strings.FieldsFunc(s[m[2]:m[3]], func(r rune) bool { return r < '0' || r > '9' }) {
			i, _ := strconv.Atoi(n) // at most three digits
			last.marks = append(last.marks, i)
		}
	}
	text.WriteString(s[start:])
	if rest := s[start:]; strings.ContainsFunc(rest, isWord) {
		w.parts = append(w.parts, stretch{text: strings.TrimSpace(rest)})
	}
	w.text = strings.TrimSpace(text.String())
	return w, strings.ContainsFunc(w.text, isWord)
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
