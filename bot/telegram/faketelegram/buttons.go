package faketelegram

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// Toast is what a reader who pressed a button was shown for a moment.
type Toast struct {
	Text  string
	Alert bool
}

const tooOld = "query is too old and response timeout expired or query ID is invalid"

// Press has a reader press a button of a message that the bot has sent, and returns
// the id of the query. It panics if the message has no such button.
func (s *Server) Press(chatID int64, messageID int, data string, opts ...Option) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.sent {
		if m.Chat != chatID || m.ID != messageID {
			continue
		}
		for _, row := range m.Buttons {
			for _, b := range row {
				if b.Callback == data {
					wire := m.wire()
					wire["reply_markup"] = map[string]any{"inline_keyboard": keyboardOf(m.Buttons)}
					if m.Thread != 0 {
						wire["message_thread_id"], wire["is_topic_message"] = m.Thread, true
					}
					return s.press(chatID, wire, data, opts)
				}
			}
		}
	}
	panic(fmt.Sprintf("faketelegram: message %d of chat %d has no button %q", messageID, chatID, data))
}

// PressOld has a reader press a button of a message that is too old for the bot to
// see.
func (s *Server) PressOld(chatID int64, messageID int, data string, opts ...Option) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.know(chatID)
	kind := "private"
	if chatID < 0 {
		kind = "supergroup"
	}
	return s.press(chatID, map[string]any{"message_id": messageID, "date": 0, "chat": map[string]any{"id": chatID, "type": kind}}, data, opts)
}

func keyboardOf(rows [][]Button) (out [][]map[string]string) {
	for _, row := range rows {
		var buttons []map[string]string
		for _, b := range row {
			one := map[string]string{"text": b.Text}
			if b.URL != "" {
				one["url"] = b.URL
			} else {
				one["callback_data"] = b.Callback
			}
			buttons = append(buttons, one)
		}
		out = append(out, buttons)
	}
	return out
}

func (s *Server) press(chatID int64, message map[string]any, data string, opts []Option) string {
	sender := chatID
	if chatID < 0 {
		sender = 1
	}
	// Options change who presses, as they do for messages.
	m := map[string]any{"chat": message["chat"], "from": map[string]any{"id": sender, "is_bot": false, "first_name": "读者", "username": "reader_name", "language_code": "zh-hans"}}
	for _, o := range opts {
		o(s, m)
	}
	id := strconv.FormatInt(s.lastID+1, 10) + "000"
	s.queries[id] = &query{}
	s.push("callback_query", map[string]any{"callback_query": map[string]any{
		"id": id, "from": m["from"], "message": message, "chat_instance": "1", "data": data,
	}})
	return id
}

// query waits to be answered: a pressed button, or what somebody types.
type query struct {
	answered bool
	toast    Toast
	inline   *InlineAnswer // nil for a button
}

func (s *Server) answerCallbackQuery(form map[string]string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queries[form["callback_query_id"]]
	switch {
	case q == nil || q.answered || q.inline != nil:
		return nil, badRequest(tooOld)
	case utf8.RuneCountInString(form["text"]) > 200:
		return nil, badRequest("MESSAGE_TOO_LONG")
	}
	q.answered, q.toast = true, Toast{form["text"], form["show_alert"] == "true"}
	s.notify()
	return true, nil
}

// WaitToast waits until a pressed button was answered.
func (s *Server) WaitToast(ctx context.Context, queryID string) (Toast, error) {
	err := s.wait(ctx, func() bool { return s.queries[queryID].answered })
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queries[queryID].toast, err
}

func (s *Server) editMessageReplyMarkup(form map[string]string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, _, err := s.chatOf(form)
	if err != nil {
		return nil, err
	}
	buttons, err := readKeyboard(form["reply_markup"])
	if err != nil {
		return nil, err
	}
	number, _ := strconv.Atoi(form["message_id"])
	for i := range s.sent {
		old := &s.sent[i]
		if old.Chat != id || old.ID != number {
			continue
		}
		if fmt.Sprint(old.Buttons) == fmt.Sprint(buttons) {
			return nil, badRequest("message is not modified: specified new message content and reply markup are exactly the same" +
				" as a current content and reply markup of the message")
		}
		old.Buttons = buttons
		s.notify()
		return old.wire(), nil
	}
	return nil, badRequest("message to edit not found")
}

// Draft is a text that a reader sees growing.
type Draft struct {
	ID   int
	Text string
	At   time.Time
}

// Drafts returns the drafts of a chat, also those that have faded.
func (s *Server) Drafts(chat int64) []Draft {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Draft(nil), s.drafts[chat]...)
}

func (s *Server) sendMessageDraft(form map[string]string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	chat, _, err := s.chatOf(form)
	if err != nil {
		return nil, err
	}
	id, err := strconv.ParseInt(form["draft_id"], 10, 32)
	switch {
	case chat < 0:
		return nil, badRequest("TEXTDRAFT_PEER_INVALID")
	case err != nil || id == 0:
		return nil, badRequest("RANDOM_ID_INVALID")
	}
	m, err := compose(form)
	if err != nil {
		return nil, err
	}
	s.drafts[chat] = append(s.drafts[chat], Draft{int(id), m.Text, time.Now()})
	s.notify()
	return true, nil
}

// InlineResult is a card that can be put into any chat, as the message it becomes.
type InlineResult struct {
	ID, Title, Description string
	Message                Message
}

// InlineAnswer is what the bot offers for what somebody types.
type InlineAnswer struct {
	Results   []InlineResult
	CacheTime int
	Personal  bool
}

// Inline has somebody type behind the bot's name, and returns the id of the query.
func (s *Server) Inline(user int64, text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := strconv.FormatInt(s.lastID+1, 10) + "001"
	s.queries[id] = &query{inline: &InlineAnswer{}}
	s.push("inline_query", map[string]any{"inline_query": map[string]any{
		"id": id, "query": text, "offset": "", "from": map[string]any{"id": user, "is_bot": false, "first_name": "读者", "language_code": "zh-hans"},
	}})
	return id
}

func (s *Server) answerInlineQuery(form map[string]string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queries[form["inline_query_id"]]
	if q == nil || q.answered || q.inline == nil {
		return nil, badRequest(tooOld)
	}
	var results []struct {
		Type, ID, Title, Description string
		Content                      map[string]json.RawMessage `json:"input_message_content"`
	}
	if err := json.Unmarshal([]byte(form["results"]), &results); err != nil {
		return nil, badRequest("can't parse inline query results: " + err.Error())
	}
	if len(results) > 50 {
		return nil, badRequest("RESULTS_TOO_MUCH")
	}
	seen := make(map[string]bool)
	for _, r := range results {
		switch {
		case len(r.ID) < 1 || len(r.ID) > 64:
			return nil, badRequest("RESULT_ID_INVALID")
		case seen[r.ID]:
			return nil, badRequest("RESULT_ID_DUPLICATE")
		case r.Type != "article" || r.Title == "":
			return nil, badRequest("article title is empty")
		}
		seen[r.ID] = true
		content := make(map[string]string)
		for k, raw := range r.Content {
			var text string
			if json.Unmarshal(raw, &text) != nil {
				text = string(raw)
			}
			content[k] = text
		}
		content["text"] = content["message_text"]
		m, err := compose(content)
		if err != nil {
			return nil, err
		}
		q.inline.Results = append(q.inline.Results, InlineResult{r.ID, r.Title, r.Description, m})
	}
	q.answered = true
	q.inline.CacheTime, _ = strconv.Atoi(form["cache_time"])
	q.inline.Personal = form["is_personal"] == "true"
	s.notify()
	return true, nil
}

// WaitInline waits until what somebody typed was answered.
func (s *Server) WaitInline(ctx context.Context, queryID string) (InlineAnswer, error) {
	err := s.wait(ctx, func() bool { return s.queries[queryID].answered })
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.queries[queryID].inline, err
}
