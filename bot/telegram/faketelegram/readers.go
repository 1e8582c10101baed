package faketelegram

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// Option changes a message that a reader sends.
type Option func(s *Server, m map[string]any)

// From sets the sender's id; without, it is the chat's, or 1 in a group.
func From(id int64) Option {
	return func(_ *Server, m map[string]any) { m["from"].(map[string]any)["id"] = id }
}

// Language sets the sender's language_code; without, it is zh-hans.
func Language(code string) Option {
	return func(_ *Server, m map[string]any) { m["from"].(map[string]any)["language_code"] = code }
}

// Thread puts the message in a forum topic, in which every message replies to
// the one that opened it.
func Thread(id int) Option {
	return func(s *Server, m map[string]any) {
		m["message_thread_id"], m["is_topic_message"] = id, true
		c := m["chat"].(map[string]any)
		c["is_forum"] = true
		s.chats[c["id"].(int64)].threads[id] = true
		if m["reply_to_message"] == nil {
			m["reply_to_message"] = map[string]any{
				"message_id": id, "date": 1, "chat": c, "forum_topic_created": map[string]any{"name": "议题", "icon_color": 1},
				"from": map[string]any{"id": BotID, "is_bot": true, "first_name": "乡闻", "username": BotName},
			}
		}
	}
}

// ReplyTo makes the message a reply to another one of the chat.
func ReplyTo(id int) Option {
	return func(s *Server, m map[string]any) {
		c := m["chat"].(map[string]any)
		sender := s.chats[c["id"].(int64)].messages[id]
		m["reply_to_message"] = map[string]any{
			"message_id": id, "date": 1, "chat": c, "text": "…",
			"from": map[string]any{"id": sender, "is_bot": sender == BotID, "first_name": "某人"},
		}
	}
}

// Media makes the text the caption of something else: field is the name in the
// Bot API, such as sticker or photo.
func Media(field string, value any) Option {
	return func(_ *Server, m map[string]any) {
		m[field] = value
		if m["text"] != "" {
			m["caption"], m["caption_entities"] = m["text"], m["entities"]
		}
		delete(m, "text")
		delete(m, "entities")
	}
}

// Field sets any field of the message.
func Field(name string, value any) Option {
	return func(_ *Server, m map[string]any) { m[name] = value }
}

// SendText has a reader send a text to a chat, a group if its number is
// negative. It returns the message's id.
func (s *Server) SendText(chat int64, text string, opts ...Option) int {
	return s.Push("message", chat, text, opts...)
}

// Push has a message arrive as another kind of update, such as edited_message.
func (s *Server) Push(kind string, chatID int64, text string, opts ...Option) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.know(chatID)
	sender, where := chatID, map[string]any{"id": chatID, "type": "private", "first_name": "读者"}
	if chatID < 0 {
		sender, where = 1, map[string]any{"id": chatID, "type": "supergroup", "title": "邻里"}
	}
	s.lastMsg++
	id := s.lastMsg
	m := map[string]any{
		"message_id": id, "date": time.Now().Unix(), "chat": where, "text": text, "entities": findEntities(text),
		"from": map[string]any{"id": sender, "is_bot": false, "first_name": "读者", "username": "reader_name", "language_code": "zh-hans"},
	}
	for _, o := range opts {
		o(s, m)
	}
	from, _ := m["from"].(map[string]any)["id"].(int64)
	s.chats[chatID].messages[id] = from
	s.said[id] = text
	s.push(kind, map[string]any{kind: m})
	return id
}

// PushRaw has an update of any form arrive; update_id is added.
func (s *Server) PushRaw(kind string, body map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.push(kind, maps.Clone(body))
}

func (s *Server) push(kind string, body map[string]any) {
	s.lastID++
	body["update_id"] = s.lastID
	raw, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("faketelegram: an update that is no JSON: %v", err))
	}
	s.updates = append(s.updates, update{s.lastID, kind, raw})
	s.notify()
}

// Delete takes a message out of a chat.
func (s *Server) Delete(chat int64, id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.chats[chat].messages, id)
}

// Know makes the bot have a chat without a message in it.
func (s *Server) Know(chatID int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.know(chatID)
}

func (s *Server) know(chatID int64) {
	if s.chats[chatID] == nil {
		s.chats[chatID] = &chat{messages: make(map[int]int64), threads: make(map[int]bool)}
	}
}
