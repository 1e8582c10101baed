package telegram

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What Telegram takes in one message. Of the entities it says only that there
// may be 100; that they may take about 9,500 bytes is measured. Both with some
// room, since their cost can only be guessed from here.
const (
	maxUnits       = 4096 // UTF-16 units after the markup was parsed
	maxEntities    = 90
	maxEntityBytes = 9000
	entityBytes    = 24 // for type, offset and length; a link has its address besides
)

// page is one message's text, with markup and without.
type page struct{ html, text string }

// paginate cuts a text into messages. Nothing but white space is lost, and that
// only where a message would hold nothing else.
func paginate(body []span) []page {
	body = slices.Clone(body)
	for i := range body { // Telegram refuses a message with a broken character
		body[i].text = strings.ToValidUTF8(body[i].text, "\uFFFD")
	}
	var pages []page
	for _, part := range split(body, maxUnits) {
		if p := (page{markup(part), text(part)}); strings.TrimSpace(p.text) != "" {
			pages = append(pages, p)
		}
	}
	return pages
}

func text(body []span) string {
	var b strings.Builder
	for _, s := range body {
		b.WriteString(s.text)
	}
	return b.String()
}

// markup writes spans as Telegram's HTML. Markup beyond what one message may
// have is left out; text never is.
func markup(body []span) string {
	var b strings.Builder
	entities, size := 0, 0
	for _, s := range body {
		before, after := "", ""
		switch s.tag {
		case bold:
			before, after = "<b>", "</b>"
		case italic:
			before, after = "<i>", "</i>"
		case quote:
			before, after = "<blockquote expandable>", "</blockquote>"
		case link:
			before, after = `<a href="`+html.EscapeString(s.url)+`">`, "</a>"
		}
		if before != "" {
			cost := entityBytes + len(s.url)
			if strings.TrimSpace(s.text) == "" || entities == maxEntities || size+cost > maxEntityBytes {
				before, after = "", ""
			} else {
				entities, size = entities+1, size+cost
			}
		}
		b.WriteString(before)
		b.WriteString(html.EscapeString(s.text))
		b.WriteString(after)
	}
	return b.String()
}

// split cuts a body into parts of at most most UTF-16 units (2 or more), a span
// on a cut in two: tags are written per span, so none is ever cut.
func split(body []span, most int) [][]span {
	var parts [][]span
	body = slices.Clone(body)
	for rest := text(body); rest != ""; {
		n := cut(rest, most)
		rest = rest[n:]
		var part []span
		for n > 0 {
			head := body[0]
			if len(head.text) <= n {
				body = body[1:]
			} else {
				head.text, body[0].text = head.text[:n], head.text[n:]
			}
			n -= len(head.text)
			part = append(part, head)
		}
		parts = append(parts, part)
	}
	return parts
}

// cut returns how many bytes of s to put into a message of at most most units.
// It cuts behind a paragraph, else a line, a sentence, a word, a character. A
// place in the first quarter is passed over: the next best one is better than a
// message of a few words.
func cut(s string, most int) int {
	end, units := 0, 0
	for i, r := range s {
		units += 1
		if r > 0xFFFF {
			units++
		}
		if units > most {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	if end == len(s) {
		return end
	}
	fits := s[:end]
	for _, find := range []func() int{
		func() int { return behind(fits, "\n\n") },
		func() int { return behind(fits, "\n") },
		func() int { return sentenceEnd(s, end) },
		func() int { return behind(fits, " ") },
	} {
		if at := find(); at > end/4 {
			return at
		}
	}
	return characterEnd(s, end)
}

func behind(s, separator string) int {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return i + len(separator)
	}
	return 0
}

var (
	ending = regexp.MustCompile(`[。！？；…]+[”’」』）】》]*(?:\[\d+\])*|[.!?;]+["'”’)]*(?:\[\d+\])*\s`)
	// closing is what belongs to the sentence before it, a mark included.
	closing = regexp.MustCompile(`^(?:[。！？；…”’」』）】》]|\[\d)`)
)

// sentenceEnd is where the last sentence that ends within s[:end] ends; 0 if
// there is none.
func sentenceEnd(s string, end int) int {
	for _, at := range slices.Backward(ending.FindAllStringIndex(s[:end], -1)) {
		if !closing.MatchString(s[at[1]:]) {
			return at[1]
		}
	}
	return 0
}

// characterEnd moves end back to where a reader sees a character end: emoji are
// made of several runes.
func characterEnd(s string, end int) int {
	const most = 16 // runes of one character, more than any emoji has
	at := end
	for range most {
		prev, size := utf8.DecodeLastRuneInString(s[:at])
		next, _ := utf8.DecodeRuneInString(s[at:])
		if !joined(prev, next) {
			return at
		}
		if at -= size; at == 0 {
			break
		}
	}
	return end
}

func joined(prev, next rune) bool {
	const joiner = '\u200D'
	flag := func(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }
	tone := next >= 0x1F3FB && next <= 0x1F3FF
	return prev == joiner || next == joiner || tone || unicode.In(next, unicode.M) || flag(prev) && flag(next)
}
