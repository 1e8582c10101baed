package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"xiangwen/bot"
	"xiangwen/bot/problem"
	"xiangwen/rag"
)

// modelName is what the desk is called where a model is chosen.
const modelName = "xiangwen"

// chatRequest is the part of OpenAI's request that means something here. What else
// clients send (temperature, tools, …) is accepted and changes nothing.
type chatRequest struct {
	Model    string        `json:"model"`
	Messages []chatMessage `json:"messages"`
	Stream   bool          `json:"stream"`
	Options  *struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	N    *int   `json:"n"`
	User string `json:"user"`
}

type chatMessage struct {
	Role    string         `json:"role"`
	Content jsontext.Value `json:"content"` // a string, or parts of which those of type text count
}

// text is the message's text, "" if it has none.
func (m chatMessage) text() string {
	var text string
	if json.Unmarshal(m.Content, &text) == nil {
		return text
	}
	var parts []struct{ Type, Text string }
	if json.Unmarshal(m.Content, &parts) != nil {
		return ""
	}
	var all []string
	for _, p := range parts {
		if p.Type == "text" || p.Type == "input_text" {
			all = append(all, p.Text)
		}
	}
	return strings.Join(all, "\n")
}

// annotation marks a mark of the answer with the source that it stands for.
// StartIndex and EndIndex count code points of the content, as OpenAI's do.
type annotation struct {
	Type     string      `json:"type"` // url_citation
	Citation urlCitation `json:"url_citation"`
}

type urlCitation struct {
	StartIndex int    `json:"start_index"`
	EndIndex   int    `json:"end_index"`
	URL        string `json:"url"`
	Title      string `json:"title"`
}

type chatChoice struct {
	Index        int       `json:"index"`
	Message      *chatTurn `json:"message,omitempty"`
	Delta        *chatTurn `json:"delta,omitempty"`
	FinishReason *string   `json:"finish_reason"`
}

type chatTurn struct {
	Role        string       `json:"role,omitempty"`
	Content     *string      `json:"content,omitempty"`
	Refusal     *string      `json:"refusal,omitempty"`
	Annotations []annotation `json:"annotations,omitempty"`
}

type chatUsage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

type chatResponse struct {
	ID      string       `json:"id"`
	Object  string       `json:"object"`
	Created int64        `json:"created"`
	Model   string       `json:"model"`
	Choices []chatChoice `json:"choices"`
	Usage   *chatUsage   `json:"usage,omitempty"`
}

// refuseChat writes an error as OpenAI does.
func refuseChat(w http.ResponseWriter, status int, detail string, fields ...problem.Field) {
	kind := "invalid_request_error"
	if status >= 500 {
		kind = "server_error"
	}
	var param any
	if len(fields) > 0 {
		param = fields[0].Field
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": detail, "type": kind, "param": param, "code": nil}})
}

func (s *server) models(w http.ResponseWriter, r *http.Request) {
	s.send(w, map[string]any{"object": "list", "data": []any{
		map[string]any{"id": modelName, "object": "model", "created": 0, "owned_by": modelName},
	}})
}

// completions answers the last message of the user in the light of those before.
func (s *server) completions(w http.ResponseWriter, r *http.Request) {
	var q chatRequest
	if err := decode(w, r, &q, false); err != nil {
		refuseChat(w, err.status, err.detail, err.fields...)
		return
	}
	question, history, wrong := conversation(q.Messages)
	switch {
	case q.N != nil && *q.N != 1:
		wrong = &problem.Field{Field: "n", Detail: "there is one answer to a question: n must be 1"}
	case q.Model != "" && q.Model != modelName:
		refuseChat(w, http.StatusNotFound, fmt.Sprintf("there is no model %q here, only %q", q.Model, modelName), problem.Field{Field: "model"})
		return
	}
	if wrong != nil {
		refuseChat(w, http.StatusBadRequest, wrong.Detail, *wrong)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	m := bot.Message{Text: question, Front: "openai", Program: true, Reader: reader(r, q.User), Language: s.language(r, ""), History: history}
	if q.Stream {
		s.streamChat(ctx, w, m, q.Options != nil && q.Options.IncludeUsage)
		return
	}
	a := s.desk.Ask(ctx, m)
	stop := "stop"
	s.send(w, chatResponse{
		ID: "chatcmpl-" + a.ID, Object: "chat.completion", Created: time.Now().Unix(), Model: modelName, Usage: usage(a),
		Choices: []chatChoice{{Message: &chatTurn{Role: "assistant", Content: &a.Text, Annotations: s.annotations(a)}, FinishReason: &stop}},
	})
}

func usage(a rag.Answer) *chatUsage {
	u := &chatUsage{}
	if a.Usage != nil {
		u.PromptTokens, u.CompletionTokens, u.TotalTokens = a.Usage.Prompt, a.Usage.Completion, a.Usage.Total()
	}
	return u
}

// conversation is the question and what was said before it. System messages are
// nobody's question and tell the desk nothing.
func conversation(messages []chatMessage) (question string, history []rag.Turn, wrong *problem.Field) {
	last := -1
	for i, m := range messages {
		if m.Role == "user" {
			last = i
		}
	}
	if last < 0 {
		return "", nil, &problem.Field{Field: "messages", Detail: "messages must have one with the role user"}
	}
	history = []rag.Turn{}
	for i, m := range messages[:last] {
		if m.Role == "user" && i+1 < last && messages[i+1].Role == "assistant" {
			history = append(history, rag.Turn{Question: m.text(), Text: messages[i+1].text()})
		}
	}
	const most = 3 // as many as the desk remembers
	return messages[last].text(), history[max(0, len(history)-most):], nil
}

// streamChat sends the answer in chunks, the annotations in the last one with text.
func (s *server) streamChat(ctx context.Context, w http.ResponseWriter, m bot.Message, withUsage bool) {
	out := s.events(w)
	created := time.Now().Unix()
	id := "chatcmpl-" + fmt.Sprint(time.Now().UnixNano())
	chunk := func(choices []chatChoice, u *chatUsage) {
		out.send("", chatResponse{ID: id, Object: "chat.completion.chunk", Created: created, Model: modelName, Choices: choices, Usage: u})
	}
	delta := func(t chatTurn, finish *string) { chunk([]chatChoice{{Delta: &t, FinishReason: finish}}, nil) }
	empty := ""
	delta(chatTurn{Role: "assistant", Content: &empty}, nil)
	said := false
	m.Said = func(text string) { said = true; delta(chatTurn{Content: &text}, nil) }
	a := s.desk.Ask(ctx, m)
	if !said {
		delta(chatTurn{Content: &a.Text}, nil)
	}
	if marks := s.annotations(a); len(marks) > 0 {
		delta(chatTurn{Annotations: marks}, nil)
	}
	stop := "stop"
	delta(chatTurn{}, &stop)
	if withUsage {
		chunk([]chatChoice{}, usage(a))
	}
	fmt.Fprint(w, "data: [DONE]\n\n")
	if err := out.control.Flush(); err != nil {
		s.log.Debug("stream not ended", "error", err)
	}
}

// annotations are the marks of an answer and where they lead: to the quote on the
// desk's own page, or if nobody knows where that is to where the article was
// published.
func (s *server) annotations(a rag.Answer) (out []annotation) {
	at := 0
	for _, segment := range bot.Segments(a) {
		from := at
		at += utf8.RuneCountInString(segment.Text)
		if segment.Mark == nil {
			continue
		}
		url := cmp.Or(bot.QuoteURL(s.config.PublicURL, *segment.Mark), bot.QuotePath(*segment.Mark, ""))
		out = append(out, annotation{"url_citation", urlCitation{from, at, url, segment.Mark.Title}})
	}
	return out
}
