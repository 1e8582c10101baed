// Package desktest has small desks for the tests of the front ends.
package desktest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xiangwen/bot"
	"xiangwen/bot/state"
	"xiangwen/knowledge"
	"xiangwen/knowledge/load"
	"xiangwen/knowledge/shelf"
	"xiangwen/rag"
	"xiangwen/rag/embed"
	"xiangwen/rag/index"
)

// Library has one article, with markup in its title, whose second paragraph is the
// text.
func Library(text string) *knowledge.Library {
	a := knowledge.NewArticle(knowledge.Article{ID: "bridge/1", Title: "新桥<通车>", Kicker: "眉题", Authors: []string{"甲"}, Source: "测试报", Date: "2024-05-06"},
		[]knowledge.Paragraph{{Text: "导语在这里。"}, {Heading: "怎么建的", Text: text, Broken: true}})
	return knowledge.NewLibrary([]*knowledge.Article{a}, nil)
}

// New is a desk that knows a [Library] of a bridge 900 metres long, and what load
// reads once it is told to reload.
func New(t testing.TB, read bot.Loader) *bot.Desk {
	t.Helper()
	desk, engine := desk(t, read, bot.Options{})
	if _, err := engine.Update(t.Context(), Library("新桥全长900米，连接东河镇和西山村。")); err != nil {
		t.Fatal(err)
	}
	return desk
}

// Folder is a desk on a folder of two articles, which editors can change.
func Folder(t testing.TB) (desktop *bot.Desk, folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, text := range map[string]string{
		"bridge.md": "---\nid: bridge\ntitle: 新桥通车\nplace: 东河镇\nsource: 测试报\ndate: 2024-05-06\nauthors: [甲]\nurl: https://paper.example/bridge\n---\n\n新桥全长900米，连接东河镇和西山村。\n\n## 怎么建的\n\n新桥由省路桥公司承建，工期两年。\n",
		"tea.md":    "---\nid: tea\ntitle: 西山村种茶\nplace: 西山村\nsource: 测试报\ndate: 2024-06-07\n---\n\n西山村今年新种茶树三百亩。\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	changed, err := shelf.New(folder)
	if err != nil {
		t.Fatal(err)
	}
	desktop, _ = desk(t, func(ctx context.Context, told func(int)) (*knowledge.Library, error) {
		sources, err := load.Paths([]string{folder})
		if err != nil {
			return nil, err
		}
		return load.Load(ctx, sources, func(_ string, n int) { told(n) })
	}, bot.Options{History: time.Hour, Shelf: changed})
	if _, err := desktop.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	return desktop, folder
}

func desk(t testing.TB, read bot.Loader, options bot.Options) (*bot.Desk, *rag.Engine) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	words, err := bot.LoadWords("")
	if err != nil {
		t.Fatal(err)
	}
	store, err := state.OpenMemory(log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	engine := rag.NewEngine(rag.Options{Embedder: embed.News, Index: index.Options{VectorWeight: 0.4}}, log)
	return bot.NewDesk(engine, read, words, store, options, log), engine
}

// Send sends a request, with headers such as "Accept: text/html", and reads the
// response to its end.
func Send(t testing.TB, method, url, body string, headers ...string) (*http.Request, *http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, response, data
}
