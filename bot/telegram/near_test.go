package telegram

import (
	"context"
	"strings"
	"testing"

	"xiangwen/bot"
	"xiangwen/bot/telegram/faketelegram"
	"xiangwen/rag"
)

func TestNothingFoundListsWhatIsNear(t *testing.T) {
	t.Parallel()
	for public, pages := range map[string]int{"": 0, "https://xiangwen.example": 2} {
		desk := newStub(t)
		desk.ask = func(context.Context, bot.Message) rag.Answer {
			return rag.Answer{Status: rag.NotFound, Text: "没有提到。", Suggestions: []rag.Suggestion{
				{ArticleID: "a", Title: "竹荪 & <菌>", Source: "江西日报", Date: "2024-11-26"}, {ArticleID: "b", Title: "隧道"}}}
		}
		r := newRig(t, desk, func(c *Config) { c.PublicURL = public })
		r.SendText(7, "x", faketelegram.Language("zh"))
		m := r.got(7, 1)[0]
		if m.Text != "没有提到。\n\n相近的报道\n· 竹荪 & <菌> · 江西日报 · 2024-11-26\n· 隧道" {
			t.Errorf("%q", m.Text)
		}
		if n := strings.Count(m.Raw, "/articles/"); n != pages {
			t.Errorf("%d links to pages, want %d: %s", n, pages, m.Raw)
		}
	}
}
