package faketelegram

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
)

//go:embed page.html
var pageFile string

var page = template.Must(template.New("page").Parse(pageFile))

// Shown is a message of a conversation, of a reader or of the bot.
type Shown struct {
	Bot     bool
	Text    string
	Message Message // the bot's
}

// Transcript is a chat's conversation in order.
func (s *Server) Transcript(chat int64) (out []Shown) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bot := make(map[int]Message)
	for _, m := range s.sent {
		if m.Chat == chat {
			bot[m.ID] = m
		}
	}
	var ids []int
	if c := s.chats[chat]; c != nil {
		for id := range c.messages {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		if m, ok := bot[id]; ok {
			out = append(out, Shown{Bot: true, Text: m.Text, Message: m})
		} else if text := s.said[id]; text != "" {
			out = append(out, Shown{Text: text})
		}
	}
	return out
}

// WritePage writes a conversation as a page that looks like a messenger.
func WritePage(w io.Writer, title string, conversation []Shown) error {
	type bubble struct {
		Bot     bool
		HTML    template.HTML
		Buttons [][]Button
		File    *File
	}
	data := struct {
		Title   string
		Bubbles []bubble
	}{Title: title}
	for _, s := range conversation {
		b := bubble{Bot: s.Bot, Buttons: s.Message.Buttons, File: s.Message.File}
		b.HTML = template.HTML(marked(s.Text, s.Message.Entities)) // escaped there
		data.Bubbles = append(data.Bubbles, b)
	}
	return page.Execute(w, data)
}

var tags = map[string][2]string{
	"bold": {"<b>", "</b>"}, "italic": {"<i>", "</i>"}, "blockquote": {"<blockquote>", "</blockquote>"}, "expandable_blockquote": {"<blockquote>", "</blockquote>"},
}

// marked is a text with its entities as HTML; the bot's don't overlap.
func marked(text string, entities []Entity) string {
	units := utf16.Encode([]rune(text))
	var b strings.Builder
	at := 0
	for _, e := range entities {
		if e.Offset < at {
			continue
		}
		b.WriteString(template.HTMLEscapeString(string(utf16.Decode(units[at:e.Offset]))))
		inside := template.HTMLEscapeString(string(utf16.Decode(units[e.Offset : e.Offset+e.Length])))
		if t, ok := tags[e.Type]; ok {
			b.WriteString(t[0] + inside + t[1])
		} else if e.Type == "text_link" {
			fmt.Fprintf(&b, `<a href="%s">%s</a>`, template.HTMLEscapeString(e.URL), inside)
		} else {
			b.WriteString(inside)
		}
		at = e.Offset + e.Length
	}
	b.WriteString(template.HTMLEscapeString(string(utf16.Decode(units[at:]))))
	return b.String()
}
