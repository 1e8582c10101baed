package faketelegram

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"
)

// Message is what the bot has sent, as a reader gets it.
type Message struct {
	Chat      int64
	ID        int
	Thread    int
	ReplyTo   int
	Text      string // parsed and trimmed
	Entities  []Entity
	Raw       string // as sent
	ParseMode string
	Buttons   [][]Button
	Preview   bool // of links
	Edits     int  // how often its text was replaced
	File      *File
	At        time.Time
}

// Button is under a message.
type Button struct {
	Text     string          `json:"text"`
	URL      string          `json:"url"`
	Callback string          `json:"callback_data"`
	Copy     json.RawMessage `json:"copy_text"`
}

// Command is an item of the bot's menu.
type Command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

// Sent returns what the bot has sent to a chat.
func (s *Server) Sent(chat int64) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sentTo(chat)
}

func (s *Server) sentTo(chat int64) (messages []Message) {
	for _, m := range s.sent {
		if m.Chat == chat {
			messages = append(messages, m)
		}
	}
	return messages
}

// WaitSent waits until the bot has sent n messages to a chat.
func (s *Server) WaitSent(ctx context.Context, chat int64, n int) ([]Message, error) {
	err := s.wait(ctx, func() bool { return len(s.sentTo(chat)) >= n })
	messages := s.Sent(chat)
	if err != nil {
		return messages, fmt.Errorf("%d messages of %d came to chat %d: %w", len(messages), n, chat, err)
	}
	return messages, nil
}

// WaitCalls waits until the bot has called a method n times.
func (s *Server) WaitCalls(ctx context.Context, method string, n int) error {
	return s.wait(ctx, func() bool {
		seen := 0
		for _, c := range s.calls {
			if c.Method == method {
				seen++
			}
		}
		return seen >= n
	})
}

// WaitTaken waits until the bot has acknowledged all updates.
func (s *Server) WaitTaken(ctx context.Context) error {
	return s.wait(ctx, func() bool { return len(s.updates) == 0 })
}

// wait waits until ready, which is called with the lock held.
func (s *Server) wait(ctx context.Context, ready func() bool) error {
	for {
		s.mu.Lock()
		ok, changed := ready(), s.changed
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Menu returns the commands that were set for a language and a chat, "" and 0
// for those of all.
func (s *Server) Menu(language string, chat int64) []Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.menus[fmt.Sprint(language, "/", chat)]
}

// chatOf finds the chat of a call. The lock is held.
func (s *Server) chatOf(form map[string]string) (int64, *chat, error) {
	id, err := strconv.ParseInt(form["chat_id"], 10, 64)
	if err != nil {
		return 0, nil, badRequest("chat_id is empty")
	}
	c := s.chats[id]
	if c == nil {
		return 0, nil, badRequest("chat not found")
	}
	switch {
	case c.migrated != 0:
		return 0, nil, apiError{400, "Bad Request: group chat was upgraded to a supergroup chat", c.migrated}
	case c.gone && id < 0:
		return 0, nil, apiError{code: 403, words: "Forbidden: bot was kicked from the supergroup chat"}
	case c.gone:
		return 0, nil, apiError{code: 403, words: "Forbidden: bot was blocked by the user"}
	}
	return id, c, nil
}

// compose reads the text and the keyboard of a message.
func compose(form map[string]string) (m Message, err error) {
	m.Raw, m.ParseMode, m.Preview = form["text"], form["parse_mode"], true
	switch {
	case !utf8.ValidString(m.Raw):
		return m, badRequest("text must be encoded in UTF-8")
	case m.ParseMode == "HTML":
		if m.Text, m.Entities, err = ParseHTML(m.Raw); err != nil {
			return m, err
		}
	case m.ParseMode == "":
		m.Text = m.Raw
	default:
		return m, badRequest("unsupported parse_mode")
	}
	if m.Text, m.Entities = trim(m.Text, m.Entities); m.Text == "" {
		return m, badRequest("message text is empty")
	}
	if Units(m.Text) > maxUnits {
		return m, badRequest("message is too long")
	}
	size := 0
	for _, e := range m.Entities {
		size += 12 + len(e.URL)
	}
	if size > maxEntityBytes {
		return m, badRequest("ENTITIES_TOO_LONG")
	}
	m.Entities = m.Entities[:min(len(m.Entities), maxEntities)]
	var preview struct {
		Disabled bool `json:"is_disabled"`
	}
	if o := form["link_preview_options"]; o != "" {
		if json.Unmarshal([]byte(o), &preview) != nil {
			return m, badRequest("object expected as link_preview_options")
		}
		m.Preview = !preview.Disabled
	}
	m.Buttons, err = readKeyboard(form["reply_markup"])
	return m, err
}

// readKeyboard reads an inline keyboard.
func readKeyboard(s string) ([][]Button, error) {
	if s == "" {
		return nil, nil
	}
	var k struct {
		Rows [][]Button `json:"inline_keyboard"`
	}
	if json.Unmarshal([]byte(s), &k) != nil {
		return nil, badRequest("object expected as reply markup")
	}
	for _, row := range k.Rows {
		for _, b := range row {
			switch {
			case b.Text == "":
				return nil, badRequest("inline keyboard button text can't be empty")
			case len(b.Callback) > 64:
				return nil, badRequest("BUTTON_DATA_INVALID")
			case b.URL != "" && !webAddress(b.URL):
				return nil, badRequest("inline keyboard button URL '" + b.URL + "' is invalid: Wrong HTTP URL")
			case b.URL == "" && b.Callback == "":
				return nil, badRequest("text buttons are unallowed in the inline keyboard")
			case b.Copy != nil:
				return nil, badRequest("a button with two actions") // ours: Telegram takes the first one it knows
			}
		}
	}
	return k.Rows, nil
}

func (s *Server) sendMessage(form map[string]string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, c, err := s.chatOf(form)
	if err != nil {
		return nil, err
	}
	m, err := compose(form)
	if err != nil {
		return nil, err
	}
	m.Thread, _ = strconv.Atoi(form["message_thread_id"])
	if m.Thread != 0 && !c.threads[m.Thread] {
		return nil, badRequest("message thread not found")
	}
	if p := form["reply_parameters"]; p != "" {
		var reply struct {
			ID      int  `json:"message_id"`
			Without bool `json:"allow_sending_without_reply"`
		}
		if json.Unmarshal([]byte(p), &reply) != nil {
			return nil, badRequest("object expected as reply parameters")
		}
		if _, ok := c.messages[reply.ID]; ok {
			m.ReplyTo = reply.ID
		} else if !reply.Without {
			return nil, badRequest("message to be replied not found")
		}
	}
	s.lastMsg++
	m.Chat, m.ID, m.At = id, s.lastMsg, time.Now()
	c.messages[m.ID] = BotID
	s.sent = append(s.sent, m)
	s.notify()
	return m.wire(), nil
}

func (s *Server) editMessageText(form map[string]string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, _, err := s.chatOf(form)
	if err != nil {
		return nil, err
	}
	m, err := compose(form)
	if err != nil {
		return nil, err
	}
	number, _ := strconv.Atoi(form["message_id"])
	for i := range s.sent {
		old := &s.sent[i]
		if old.Chat != id || old.ID != number {
			continue
		}
		if old.Text == m.Text && fmt.Sprint(old.Entities, old.Buttons) == fmt.Sprint(m.Entities, m.Buttons) {
			return nil, badRequest("message is not modified: specified new message content and reply markup are exactly the same" +
				" as a current content and reply markup of the message")
		}
		old.Text, old.Entities, old.Buttons, old.Raw, old.Edits = m.Text, m.Entities, m.Buttons, m.Raw, old.Edits+1
		s.notify()
		return old.wire(), nil
	}
	return nil, badRequest("message to edit not found")
}

// wire is the message as the API returns it.
func (m Message) wire() map[string]any {
	kind := "private"
	if m.Chat < 0 {
		kind = "supergroup"
	}
	return map[string]any{
		"message_id": m.ID, "date": m.At.Unix(), "text": m.Text, "entities": m.Entities,
		"chat": map[string]any{"id": m.Chat, "type": kind},
		"from": map[string]any{"id": BotID, "is_bot": true, "first_name": "乡闻", "username": BotName},
	}
}

func (s *Server) sendChatAction(form map[string]string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, _, err := s.chatOf(form); err != nil {
		return nil, err
	}
	if form["action"] != "typing" {
		return nil, badRequest("wrong parameter action in request")
	}
	return true, nil
}

var commandName = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

func (s *Server) setMyCommands(form map[string]string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var commands []Command
	if json.Unmarshal([]byte(form["commands"]), &commands) != nil {
		return nil, badRequest("can't parse commands JSON object")
	}
	for _, c := range commands {
		if !commandName.MatchString(c.Command) {
			return nil, badRequest("BOT_COMMAND_INVALID")
		}
		if n := utf8.RuneCountInString(c.Description); n < 1 || n > 256 {
			return nil, badRequest("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	var scope struct {
		Type string `json:"type"`
		Chat int64  `json:"chat_id"`
	}
	if v := form["scope"]; v != "" && json.Unmarshal([]byte(v), &scope) != nil {
		return nil, badRequest("can't parse BotCommandScope")
	}
	if scope.Type == "chat" && s.chats[scope.Chat] == nil {
		return nil, badRequest("chat not found")
	}
	s.menus[fmt.Sprint(form["language_code"], "/", scope.Chat)] = commands
	s.notify()
	return true, nil
}
