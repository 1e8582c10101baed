package main

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"xiangwen/bot/telegram/faketelegram"
)

// TestPictures makes the README's pictures: a conversation with the real bot on the
// bundled articles, and the web desk. It writes into the folder XIANGWEN_PICTURES and
// is skipped where that is not set.
func TestPictures(t *testing.T) {
	dir := os.Getenv("XIANGWEN_PICTURES")
	if dir == "" {
		t.Skip("XIANGWEN_PICTURES names no folder")
	}
	server := faketelegram.NewServer("123:tok")
	defer server.Close()
	t.Setenv("TELEGRAM_BOT_TOKEN", "123:tok")
	t.Setenv("TELEGRAM_API_URL", server.URL)
	base, _, stop := serve(t, "--public-url", "https://desk.example")
	defer stop()
	for i, text := range []string{"天祥大道隧道全长多少米？", "它的盾构段有多长？", "/follow 章贡区"} {
		server.SendText(7, text)
		if _, err := server.WaitSent(t.Context(), 7, i+1); err != nil {
			t.Fatal(err)
		}
	}
	var html bytes.Buffer
	if err := faketelegram.WritePage(&html, "乡闻", server.Transcript(7)); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "chat.html")
	if err := os.WriteFile(name, html.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	tab := newTab(t)
	shoot := func(width, height int64, address, file string) {
		var png []byte
		does(t, tab, chromedp.EmulateViewport(width, height), chromedp.Navigate(address), chromedp.FullScreenshot(&png, 100))
		if err := os.WriteFile(filepath.Join(dir, file), png, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	shoot(560, 400, "file://"+name, "telegram.png")
	shoot(900, 700, base+"/?lang=zh&q="+url.QueryEscape("章贡区一共建成了多少个就业之家？"), "desk.png")
}
