package eval

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Holds reports whether the text holds one of the answers, whatever their width,
// case, spaces and punctuation, and not as a part of a longer number.
func Holds(text string, answers []string) bool { return holdsAny(squeeze(text), answers) }

func holdsAny(text string, wanted []string) bool {
	return slices.ContainsFunc(wanted, func(w string) bool { return holds(text, squeeze(w)) })
}

// holds reports whether wanted stands in text, both squeezed, and is not a part
// of a longer number there.
func holds(text, wanted string) bool {
	if wanted == "" {
		return false
	}
	for from := 0; ; {
		i := strings.Index(text[from:], wanted)
		if i < 0 {
			return false
		}
		i += from
		before, after := text[:i], text[i+len(wanted):]
		longer := isDigit(wanted[0]) && endsInNumber(before) || isDigit(wanted[len(wanted)-1]) && goesOnAsNumber(after)
		if !longer {
			return true
		}
		from = i + 1
		for from < len(text) && !utf8.RuneStart(text[from]) {
			from++
		}
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func endsInNumber(s string) bool {
	n := len(s)
	return n > 0 && (isDigit(s[n-1]) || s[n-1] == '.' && n > 1 && isDigit(s[n-2]))
}

func goesOnAsNumber(s string) bool {
	return len(s) > 0 && (isDigit(s[0]) || s[0] == '.' && len(s) > 1 && isDigit(s[1]))
}

// squeeze keeps letters and digits, percent signs, and the points, colons,
// slashes and hyphens between digits, so that answers compare whatever their
// width, case, spaces and punctuation.
func squeeze(s string) string {
	runes := []rune(strings.ToLower(norm.NFKC.String(s)))
	var b strings.Builder
	digit := func(i int) bool { return i >= 0 && i < len(runes) && '0' <= runes[i] && runes[i] <= '9' }
	for i, r := range runes {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '%':
			b.WriteRune(r)
		case !digit(i-1) || !digit(i+1):
		case strings.ContainsRune(".:/-", r):
			b.WriteRune(r)
		case strings.ContainsRune("~～—–−－", r):
			b.WriteByte('-')
		}
	}
	return b.String()
}
