package page

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// line is one non-blank line of the page, the unit everything is decided for:
// a headline, a paragraph, a part of a paragraph, a byline.
type line struct {
	number   int    // 1-based in the file
	text     string // trimmed
	runes    []rune
	gap      int  // blank lines before it beyond what is usual on this page
	indented bool // it was set in, as a paragraph's first line is
	form
}

// longestLine is the length in bytes past which a line is not looked into
// beyond its two ends: whatever it is, it is not a headline.
const longestLine = 1 << 14

// mostLines is how many lines are looked at, some hundred pages' worth; what
// follows is taken for one long text, so that no input takes long.
const mostLines = 10_000

// readLines cuts the page into its non-blank lines.
func readLines(text string) []line {
	text = strings.TrimPrefix(text, "\ufeff")
	var lines []line
	number, blank := 0, 0
	for len(text) > 0 {
		var raw string
		raw, text = cutLine(text)
		number++
		trimmed := strings.TrimSpace(raw)
		if trimmed == "" {
			blank++
			continue
		}
		first, _ := utf8.DecodeRuneInString(raw)
		lines = append(lines, line{number: number, text: trimmed, gap: blank, indented: unicode.IsSpace(first)})
		blank = 0
	}
	usual := usualGap(lines)
	for i := range lines {
		l := &lines[i]
		l.gap = max(0, l.gap-usual)
		if i < mostLines {
			l.runes = ends(l.text)
			l.form = formOf(l.text, l.runes)
		}
	}
	return lines
}

// cutLine cuts the first line off; \n, \r\n and \r end a line.
func cutLine(text string) (line, rest string) {
	i := strings.IndexAny(text, "\r\n")
	if i < 0 {
		return text, ""
	}
	if strings.HasPrefix(text[i:], "\r\n") {
		return text[:i], text[i+2:]
	}
	return text[:i], text[i+1:]
}

// usualGap is the number of blank lines that most often lies between two lines.
func usualGap(lines []line) int {
	var count [4]int
	for i := 1; i < len(lines); i++ {
		count[min(lines[i].gap, 3)]++
	}
	best := 0
	for gap, n := range count {
		if n > count[best] {
			best = gap
		}
	}
	return best
}

// ends returns the characters of text, or of a very long text those of its
// start and its end.
func ends(text string) []rune {
	if len(text) <= longestLine {
		return []rune(text)
	}
	const each = longestLine / 2
	head, tail := each, len(text)-each
	for head > 0 && !utf8.RuneStart(text[head]) {
		head--
	}
	for tail < len(text) && !utf8.RuneStart(text[tail]) {
		tail++
	}
	return append([]rune(text[:head]), []rune(text[tail:])...)
}
