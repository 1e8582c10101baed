package telegram

import (
	"fmt"
	"strings"

	"xiangwen/bot"
	"xiangwen/rag"
)

const (
	maxButtons = 5
	maxTitle   = 24 // characters of a title on a button
	maxLabel   = 60 // characters of any other
)

// tag is how a span is marked up. Spans don't nest: nothing we write needs it,
// and so a message can be cut anywhere.
type tag int

const (
	plain tag = iota
	bold
	italic
	link
	quote // an expandable block quotation
)

// span is a stretch of text with one mark-up.
type span struct {
	text string
	tag  tag
	url  string // of a link
}

// button opens a page or sends data back.
type button struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
	Data string `json:"callback_data,omitempty"` // at most 64 bytes
}

// reply is what goes back for a message: text of any length, and buttons under
// the end of it.
type reply struct {
	body    []span
	buttons [][]button
	file    *bot.File
}

// say is a reply of plain text.
func say(text string) reply { return reply{body: []span{{text: text}}} }

// render writes an answer with its sources. public is the base of the web desk,
// "" for none: then nothing links to the articles' pages.
func render(a rag.Answer, w *bot.Words, public string) reply {
	var r reply
	add := func(t tag, text string) { r.body = append(r.body, span{text: text, tag: t}) }
	if a.SearchedFor != "" { // a reader sees at once if it was misunderstood
		add(italic, w.Label["searched_for"]+a.SearchedFor)
		add(plain, "\n\n")
	}
	r.body = append(r.body, marked(a, public)...)
	if len(a.Citations) > 0 {
		add(plain, "\n\n")
		add(bold, w.Label["sources"])
	}
	for _, c := range a.Citations {
		add(plain, fmt.Sprintf("\n[%d] ", c.Number))
		r.body = append(r.body, titled(c))
		for _, more := range []string{c.Source, c.Date} {
			if more != "" {
				add(plain, " · "+more)
			}
		}
		if c.Quote != "" {
			add(plain, "\n")
			add(quote, c.Quote)
		}
		if page := articlePage(public, c); page != "" && len(r.buttons) < maxButtons {
			text := fmt.Sprintf("%s %d · %s", w.Label["open_article"], c.Number, shorten(titled(c).text, maxTitle))
			r.buttons = append(r.buttons, []button{{Text: strings.ToValidUTF8(text, "\uFFFD"), URL: page}})
		}
	}
	if len(a.Suggestions) > 0 {
		add(plain, "\n\n")
		add(bold, w.Label["near"])
	}
	for _, s := range a.Suggestions {
		add(plain, "\n· ")
		if page := webAddress(public + bot.ArticlePath(s.ArticleID)); public != "" && page != "" {
			r.body = append(r.body, span{s.Title, link, page})
		} else {
			add(plain, s.Title)
		}
		for _, more := range []string{s.Source, s.Date} {
			if more != "" {
				add(plain, " · "+more)
			}
		}
	}
	// The line says that each sentence was checked: only where there is one.
	byModel := a.Method != "" && a.Method != rag.MethodExtractive && len(a.Citations) > 0
	if label := w.Label["model"]; byModel && label != "" {
		add(plain, "\n\n")
		add(italic, label)
	}
	return r
}

// compose writes what a command comes to.
func compose(in bot.Reply, public string) reply {
	r := reply{body: []span{{text: in.Text}}, buttons: pressable(in.Choices), file: in.File}
	for _, a := range in.Articles {
		r.body = append(r.body, span{text: "\n\n· "})
		page := ""
		if public != "" && a.ID != "" {
			page = webAddress(public + bot.ArticlePath(a.ID))
		}
		if page != "" {
			r.body = append(r.body, span{a.Title, link, page})
		} else {
			r.body = append(r.body, span{text: a.Title, tag: bold})
		}
		for _, more := range []string{a.Source, a.Date} {
			if more != "" {
				r.body = append(r.body, span{text: " · " + more})
			}
		}
		if a.Lead != "" {
			r.body = append(r.body, span{text: "\n" + a.Lead})
		}
	}
	return r
}

// pressable makes buttons of choices.
func pressable(rows [][]bot.Choice) (out [][]button) {
	for _, row := range rows {
		var buttons []button
		for _, c := range row {
			buttons = append(buttons, button{Text: shorten(strings.ToValidUTF8(c.Label, "\uFFFD"), maxLabel), Data: c.Action})
		}
		out = append(out, buttons)
	}
	return out
}

// marked is the answer's text with its marks as links to the articles' pages.
func marked(a rag.Answer, public string) []span {
	var body []span
	for _, s := range bot.Segments(a) {
		if s.Mark != nil {
			if page := articlePage(public, *s.Mark); page != "" {
				body = append(body, span{s.Text, link, page})
				continue
			}
		}
		body = append(body, span{text: s.Text})
	}
	return body
}

// titled is the title of the cited article, linked to where it was published.
func titled(c rag.Citation) span {
	title := c.Title
	if strings.TrimSpace(title) == "" {
		title = c.ArticleID
	}
	if u := webAddress(bot.OriginalURL(c)); u != "" {
		return span{title, link, u}
	}
	return span{text: title}
}

// articlePage is the address of the article's page on the web desk with the
// quote highlighted; "" if there is none.
func articlePage(public string, c rag.Citation) string {
	if public == "" || c.ArticleID == "" {
		return ""
	}
	return webAddress(public + bot.QuotePath(c, ""))
}

// shorten cuts a text to at most most characters.
func shorten(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
