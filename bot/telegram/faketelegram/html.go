package faketelegram

import (
	"cmp"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Entity is a stretch of a message's text with a meaning, in UTF-16 units.
type Entity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Length int    `json:"length"`
	URL    string `json:"url,omitempty"`
}

// Limits of a message. The entity limits are what was seen of Telegram.
const (
	maxUnits       = 4096
	maxEntities    = 100  // those beyond are dropped without a word
	maxEntityBytes = 9500 // all together
)

var entityTypes = map[string]string{
	"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
	"s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
	"code": "code", "pre": "pre", "a": "text_link", "blockquote": "blockquote", "tg-emoji": "custom_emoji",
}

// Units counts as Telegram does: in UTF-16.
func Units(s string) int { return len(utf16.Encode([]rune(s))) }

type openTag struct {
	name, url  string
	expandable bool
	from       int // in units
}

var reference = regexp.MustCompile(`^&(?:lt|gt|amp|quot|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});`)

// ParseHTML reads a message's text in parse mode HTML. The errors are those of
// Telegram, in its words, but for one: a bare & is refused here, which Telegram
// lets pass, since it always is a mistake of the sender.
func ParseHTML(s string) (text string, entities []Entity, err error) {
	fail := func(format string, args ...any) (string, []Entity, error) {
		return "", nil, fmt.Errorf("Bad Request: can't parse entities: "+format, args...)
	}
	var out strings.Builder
	var open []openTag
	units := 0
	write := func(t string) {
		out.WriteString(t)
		units += Units(t)
	}
	for i := 0; i < len(s); {
		switch s[i] {
		default:
			_, size := utf8.DecodeRuneInString(s[i:])
			write(s[i : i+size])
			i += size
		case '&':
			ref := reference.FindString(s[i:])
			if ref == "" {
				return fail("Unescaped & at byte offset %d", i)
			}
			write(html.UnescapeString(ref))
			i += len(ref)
		case '<':
			end := strings.IndexByte(s[i:], '>')
			closes := strings.HasPrefix(s[i:], "</")
			if end < 0 {
				return fail("Unclosed %s tag at byte offset %d", map[bool]string{true: "end", false: "start"}[closes], i)
			}
			inner := s[i+1 : i+end]
			if !closes {
				t, problem := startTag(inner)
				if problem != "" {
					return fail("%s at byte offset %d", problem, i)
				}
				t.from = units
				open = append(open, t)
				i += end + 1
				continue
			}
			name := strings.ToLower(strings.TrimSpace(inner[1:]))
			if len(open) == 0 {
				return fail("Unexpected end tag at byte offset %d", i)
			}
			t := open[len(open)-1]
			if name != "" && name != t.name {
				return fail("Unmatched end tag at byte offset %d, expected \"</%s>\", found \"</%s>\"", i, t.name, name)
			}
			open = open[:len(open)-1]
			if e, ok := t.entity(units); ok {
				entities = append(entities, e)
			}
			i += end + 1
		}
	}
	if len(open) > 0 {
		return fail("Can't find end tag corresponding to start tag %q", open[len(open)-1].name)
	}
	slices.SortStableFunc(entities, func(a, b Entity) int { return cmp.Or(a.Offset-b.Offset, b.Length-a.Length) })
	return out.String(), entities, nil
}

var attribute = regexp.MustCompile(`^\s+([A-Za-z-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[A-Za-z0-9.-]+))?`)

// startTag reads what stands between < and >. An attribute's value can't hold
// > here; Telegram allows it, but every sender escapes it.
func startTag(s string) (t openTag, problem string) {
	name, rest := s, ""
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		name, rest = s[:i], s[i:]
	}
	t.name = strings.ToLower(name)
	if entityTypes[t.name] == "" {
		return t, fmt.Sprintf("Unsupported start tag %q", t.name)
	}
	for strings.TrimSpace(rest) != "" {
		m := attribute.FindStringSubmatch(rest)
		if m == nil {
			return t, fmt.Sprintf("Empty attribute name in the tag %q", t.name)
		}
		rest = rest[len(m[0]):]
		switch key := strings.ToLower(m[1]); {
		case t.name == "blockquote" && key == "expandable":
			t.expandable = true
		case m[2] == "":
			return t, fmt.Sprintf("Expected equal sign in declaration of an attribute of the tag %q", t.name)
		case t.name == "a" && key == "href":
			t.url = html.UnescapeString(strings.Trim(m[2], `"'`))
		}
	}
	return t, ""
}

// entity is what the tag makes of the text up to to; false for nothing.
func (t openTag) entity(to int) (Entity, bool) {
	e := Entity{Type: entityTypes[t.name], Offset: t.from, Length: to - t.from, URL: t.url}
	if t.expandable {
		e.Type = "expandable_blockquote"
	}
	return e, e.Length > 0 && (t.name != "a" || t.url != "")
}

// trim takes the white space off both ends, as Telegram does.
func trim(text string, entities []Entity) (string, []Entity) {
	right := strings.TrimRightFunc(text, unicode.IsSpace)
	left := strings.TrimLeftFunc(right, unicode.IsSpace)
	shift, most := Units(right)-Units(left), Units(left)
	var kept []Entity
	for _, e := range entities {
		from, to := max(e.Offset-shift, 0), min(e.Offset-shift+e.Length, most)
		if e.Offset, e.Length = from, to-from; e.Length > 0 {
			kept = append(kept, e)
		}
	}
	return left, kept
}

var found = regexp.MustCompile(`/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?|@[A-Za-z0-9_]{2,32}`)

// findEntities finds the commands and mentions in what a reader typed. Like
// Telegram it sees none right behind a letter, a Chinese one included.
func findEntities(text string) (entities []Entity) {
	for _, at := range found.FindAllStringIndex(text, -1) {
		before, _ := utf8.DecodeLastRuneInString(text[:at[0]])
		after, _ := utf8.DecodeRuneInString(text[at[1]:])
		word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
		if at[0] > 0 && (word(before) || strings.ContainsRune("/<>@", before)) || at[1] < len(text) && (word(after) || strings.ContainsRune("/<>", after)) {
			continue
		}
		kind := "bot_command"
		if text[at[0]] == '@' {
			kind = "mention"
		}
		entities = append(entities, Entity{Type: kind, Offset: Units(text[:at[0]]), Length: Units(text[at[0]:at[1]])})
	}
	return entities
}
