package mcp

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"xiangwen/bot"
	"xiangwen/bot/state"
	"xiangwen/knowledge"
	"xiangwen/rag"
	"xiangwen/rag/embed"
)

func newDesk(t *testing.T) *bot.Desk {
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
	engine := rag.NewEngine(rag.Options{Embedder: embed.News}, log)
	desk := bot.NewDesk(engine, nil, words, store, bot.Options{History: time.Hour}, log)
	article := knowledge.NewArticle(knowledge.Article{ID: "bridge", Title: "新桥通车", Source: "测试报", Date: "2024-05-06"},
		[]knowledge.Paragraph{{Text: "新桥全长900米，连接东河镇和西山村。新桥由省路桥公司承建，工期两年。"}})
	if _, err := desk.Install(t.Context(), knowledge.NewLibrary([]*knowledge.Article{article}, nil)); err != nil {
		t.Fatal(err)
	}
	return desk
}

// call calls a tool and reads its structured output.
func call(t *testing.T, s *sdk.ClientSession, tool string, arguments map[string]any, out any) *sdk.CallToolResult {
	t.Helper()
	r, err := s.CallTool(t.Context(), &sdk.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		t.Fatal(tool, err)
	}
	if out != nil {
		data, err := json.Marshal(r.StructuredContent)
		if err == nil {
			err = json.Unmarshal(data, out)
		}
		if err != nil {
			t.Fatal(tool, err)
		}
	}
	return r
}

func TestTools(t *testing.T) {
	desk := newDesk(t)
	loaded := true
	web := httptest.NewServer(NewHandler(desk, "https://desk.example/", "test", func() bool { return loaded }, slog.New(slog.DiscardHandler)))
	defer web.Close()
	inner, outer := sdk.NewInMemoryTransports()
	if _, err := newServer(desk, "https://desk.example/", "test").Connect(t.Context(), inner, nil); err != nil {
		t.Fatal(err)
	}
	for name, transport := range map[string]sdk.Transport{"memory": outer, "HTTP": &sdk.StreamableClientTransport{Endpoint: web.URL, DisableStandaloneSSE: true}} {
		s, err := sdk.NewClient(&sdk.Implementation{Name: "test"}, nil).Connect(t.Context(), transport, nil)
		if err != nil {
			t.Fatal(name, err)
		}
		tools, err := s.ListTools(t.Context(), nil)
		if err != nil || len(tools.Tools) != 3 {
			t.Fatalf("%s: %+v %v", name, tools, err)
		}
		for _, tool := range tools.Tools {
			if !tool.Annotations.ReadOnlyHint || tool.OutputSchema == nil || tool.Description == "" {
				t.Errorf("%s: %+v", name, tool)
			}
		}
		var first, second askOutput
		r := call(t, s, "ask", map[string]any{"question": "新桥全长多少米？"}, &first)
		if first.Status != "answered" || !strings.Contains(first.Answer, "900米") || len(first.Citations) != 1 || first.Citations[0].Quote != "新桥全长900米，连接东河镇和西山村。" ||
			!strings.HasPrefix(first.Citations[0].URL, "https://desk.example/articles/bridge?from=") || !strings.Contains(r.Content[0].(*sdk.TextContent).Text, "测试报 2024-05-06") {
			t.Errorf("%s: %+v", name, first)
		}
		call(t, s, "ask", map[string]any{"question": "它由谁承建？", "conversation": first.Conversation}, &second)
		if second.SearchedFor != "新桥由谁承建？" || !strings.Contains(second.Answer, "省路桥公司") {
			t.Errorf("%s: %+v", name, second)
		}
		var found searchOutput
		if call(t, s, "search", map[string]any{"query": "新桥", "limit": 1}, &found); len(found.Passages) != 1 || found.Passages[0].ArticleID != "bridge" {
			t.Errorf("%s: %+v", name, found)
		}
		var article articleOutput
		if call(t, s, "get_article", map[string]any{"id": "bridge"}, &article); !strings.Contains(article.Text, "900米") {
			t.Errorf("%s: %+v", name, article)
		}
		if r := call(t, s, "get_article", map[string]any{"id": "whale"}, nil); !r.IsError {
			t.Errorf("%s: %+v", name, r)
		}
		if _, err := s.CallTool(t.Context(), &sdk.CallToolParams{Name: "dance"}); err == nil {
			t.Errorf("%s: a tool that is not there", name)
		}
		if err := s.Close(); err != nil {
			t.Error(name, err)
		}
	}
	loaded = false
	if r, err := http.Post(web.URL, "application/json", strings.NewReader("{}")); err != nil || r.StatusCode != 503 {
		t.Errorf("%v %v", r, err)
	}
}

func TestStdioEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ServeStdio(ctx, newDesk(t), "", "test"); err != nil {
		t.Error(err)
	}
}
