// Package mcp is the desk as a source for assistants, over the Model Context
// Protocol: they ask, search and read, and get the same citations as readers do.
package mcp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"xiangwen/bot"
	"xiangwen/knowledge"
	"xiangwen/rag"
)

// Desk is what this front end asks of the desk.
type Desk interface {
	Ask(context.Context, bot.Message) rag.Answer
	Search(ctx context.Context, text string, n int) []rag.Passage
	Library() *knowledge.Library
}

var _ Desk = (*bot.Desk)(nil)

const (
	askTimeout = 45 * time.Second
	mostFound  = 50 // passages of one search
)

type server struct {
	desk   Desk
	public string // base of the pages that citations lead to, "" if nobody knows
}

// newServer makes the server with its tools. version is the program's.
func newServer(desk Desk, public, version string) *sdk.Server {
	s := &server{desk, strings.TrimRight(public, "/")}
	out := sdk.NewServer(&sdk.Implementation{Name: "xiangwen", Title: "乡闻 Xiangwen", Version: version}, &sdk.ServerOptions{
		Instructions: "Answers from the articles of a local newspaper. Each sentence of an answer carries a mark [n]; citation n holds the printed sentence that proves it. Quote it, and name the newspaper and the date.",
	})
	closed := false
	reads := func(title string) *sdk.ToolAnnotations {
		return &sdk.ToolAnnotations{Title: title, ReadOnlyHint: true, IdempotentHint: true, OpenWorldHint: &closed}
	}
	sdk.AddTool(out, &sdk.Tool{Name: "ask", Annotations: reads("Ask the local paper"),
		Description: "Ask the local paper a question, best in Chinese. The answer is made of what it printed, with citations; status not_found means that it did not report it."}, s.ask)
	sdk.AddTool(out, &sdk.Tool{Name: "search", Annotations: reads("Search the articles"),
		Description: "Find the passages of the paper's articles that come nearest to a text, without an answer."}, s.search)
	sdk.AddTool(out, &sdk.Tool{Name: "get_article", Annotations: reads("Read an article"),
		Description: "Read an article by the id that a citation or a passage has."}, s.article)
	return out
}

// NewHandler serves the protocol's streamable HTTP. Requests are independent of each
// other, so that any of several desks may take the next one.
func NewHandler(desk Desk, public, version string, ready func() bool, log *slog.Logger) http.Handler {
	s := newServer(desk, public, version)
	next := sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return s }, &sdk.StreamableHTTPOptions{Stateless: true, JSONResponse: true, Logger: log})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ready() {
			w.Header().Set("Retry-After", "2")
			http.Error(w, "the knowledge is still being loaded", http.StatusServiceUnavailable)
			return
		}
		const most = 64 << 10 // bytes of a request
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}

// ServeStdio serves the protocol on standard input and output until the client
// closes them or ctx is done.
func ServeStdio(ctx context.Context, desk Desk, public, version string) error {
	err := newServer(desk, public, version).Run(ctx, &sdk.StdioTransport{})
	if err != nil && (ctx.Err() != nil || errors.Is(err, sdk.ErrConnectionClosed)) {
		return nil
	}
	return err
}

type askInput struct {
	Question     string `json:"question" jsonschema:"the question, at most 500 characters"`
	Conversation string `json:"conversation,omitempty" jsonschema:"what an earlier answer called its conversation, if the question leans on it"`
}

type citation struct {
	Number    int    `json:"number" jsonschema:"as in the mark"`
	ArticleID string `json:"article_id"`
	Title     string `json:"title"`
	Source    string `json:"source" jsonschema:"the newspaper"`
	Date      string `json:"date" jsonschema:"day of issue as 2006-01-02, or empty"`
	Quote     string `json:"quote" jsonschema:"the printed sentence, to the letter"`
	URL       string `json:"url" jsonschema:"where a reader finds it, or empty"`
}

type askOutput struct {
	Status       string     `json:"status" jsonschema:"answered, partial, not_found, clarify, redirected, declined or error"`
	Answer       string     `json:"answer" jsonschema:"with marks [n]"`
	SearchedFor  string     `json:"searched_for,omitempty" jsonschema:"the question as it was completed from the conversation"`
	Citations    []citation `json:"citations"`
	Conversation string     `json:"conversation"`
}

func (s *server) ask(ctx context.Context, _ *sdk.CallToolRequest, in askInput) (*sdk.CallToolResult, askOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if in.Conversation == "" {
		in.Conversation = rand.Text()
	}
	a := s.desk.Ask(ctx, bot.Message{Text: in.Question, Front: "mcp", Program: true, Conversation: in.Conversation})
	out := askOutput{string(a.Status), a.Text, a.SearchedFor, []citation{}, in.Conversation}
	var text strings.Builder
	text.WriteString(a.Text)
	for _, c := range a.Citations {
		url := bot.QuoteURL(s.public, c)
		out.Citations = append(out.Citations, citation{c.Number, c.ArticleID, c.Title, c.Source, c.Date, c.Quote, url})
		fmt.Fprintf(&text, "\n[%d] %s %s %s “%s” %s", c.Number, c.Title, c.Source, c.Date, c.Quote, url)
	}
	return said(text.String()), out, nil
}

func said(text string) *sdk.CallToolResult {
	return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: text}}}
}

type searchInput struct {
	Query string `json:"query" jsonschema:"what to look for"`
	Limit int    `json:"limit,omitempty" jsonschema:"how many passages, 10 without, at most 50"`
}

type passage struct {
	ArticleID string `json:"article_id"`
	Title     string `json:"title"`
	Source    string `json:"source"`
	Date      string `json:"date"`
	Text      string `json:"text"`
}

type searchOutput struct {
	Passages []passage `json:"passages"`
}

func (s *server) search(ctx context.Context, _ *sdk.CallToolRequest, in searchInput) (*sdk.CallToolResult, searchOutput, error) {
	if in.Limit <= 0 {
		in.Limit = 10
	}
	out := searchOutput{[]passage{}}
	var text strings.Builder
	for _, p := range s.desk.Search(ctx, in.Query, min(in.Limit, mostFound)) {
		if a := s.desk.Library().Article(p.ArticleID); a != nil {
			out.Passages = append(out.Passages, passage{a.ID, a.Name(), a.Source, a.Date, p.Text})
			fmt.Fprintf(&text, "%s (%s %s, id %s)\n%s\n\n", a.Name(), a.Source, a.Date, a.ID, p.Text)
		}
	}
	return said(text.String()), out, nil
}

type articleInput struct {
	ID string `json:"id" jsonschema:"the article's id"`
}

type articleOutput struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Kicker   string   `json:"kicker"`
	Subtitle string   `json:"subtitle"`
	Authors  []string `json:"authors"`
	Source   string   `json:"source"`
	Date     string   `json:"date"`
	Place    string   `json:"place"`
	URL      string   `json:"url"`
	Text     string   `json:"text"`
}

func (s *server) article(_ context.Context, _ *sdk.CallToolRequest, in articleInput) (*sdk.CallToolResult, articleOutput, error) {
	a := s.desk.Library().Article(in.ID)
	if a == nil {
		return nil, articleOutput{}, fmt.Errorf("there is no article %q; take the id from a citation or a passage", in.ID)
	}
	url := a.URL
	if s.public != "" {
		url = s.public + bot.ArticlePath(a.ID)
	}
	authors := a.Authors
	if authors == nil {
		authors = []string{}
	}
	out := articleOutput{a.ID, a.Name(), a.Kicker, a.Subtitle, authors, a.Source, a.Date, a.Place, url, a.Text}
	return said(fmt.Sprintf("%s\n%s %s\n\n%s", out.Title, out.Source, out.Date, out.Text)), out, nil
}
