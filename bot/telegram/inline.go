package telegram

import (
	"context"
	"fmt"
	"strings"
	"time"

	"xiangwen/bot"
	"xiangwen/rag"
)

const (
	cardsKept   = 60 // seconds that Telegram may give the same cards to the same reader
	lookupTime  = 5 * time.Second
	maxCardText = 120 // characters of a card's description
)

// card is a result that can be put into any chat.
type card struct {
	id, title, about, html string
}

// lookUp answers what somebody types behind our name.
func (f *Front) lookUp(ctx context.Context, t typed) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	words := f.desk.Words(t.Language)
	a, near := f.desk.Lookup(ctx, t.Text, t.Language)
	if err := f.client.offer(ctx, t.ID, cards(t.Text, a, near, words, f.cfg.PublicURL)); err != nil {
		f.log.Debug("inline results were not taken", "error", err) // it came too late, most often
	}
}

// cards are the answer, if there is one, and the articles that come nearest.
func cards(question string, a rag.Answer, near []bot.Listed, w *bot.Words, public string) []card {
	var out []card
	if len(a.Citations) > 0 {
		body := append([]span{{text: question, tag: bold}, {text: "\n"}}, render(a, w, public).body...)
		out = append(out, card{"answer", question, shorten(plainText(a), maxCardText), paginate(body)[0].html})
	}
	for i, n := range near {
		about := strings.Join(strings.Fields(n.Source+" "+n.Date+" "+n.Lead), " ")
		r := compose(bot.Reply{Articles: []bot.Listed{n}}, public)
		r.body[1].text = "" // no bullet before a single one
		out = append(out, card{fmt.Sprintf("article-%d", i), n.Title, shorten(about, maxCardText), paginate(r.body)[0].html})
	}
	return out
}

// plainText is an answer without its marks.
func plainText(a rag.Answer) string {
	var b strings.Builder
	for _, s := range bot.Segments(a) {
		if s.Mark == nil {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}
