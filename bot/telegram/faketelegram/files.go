package faketelegram

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// File is a document that was sent, by a reader or by the bot.
type File struct {
	Name string
	Data []byte
}

// largest is the size in bytes up to which a bot may fetch a file.
const largest = 20 << 20

// SendFile has a reader send a document.
func (s *Server) SendFile(chat int64, name string, data []byte, opts ...Option) int {
	s.mu.Lock()
	id := fmt.Sprintf("file-%d", len(s.files))
	s.files[id] = File{name, data}
	s.mu.Unlock()
	document := map[string]any{"file_id": id, "file_unique_id": id, "file_name": name, "file_size": len(data)}
	return s.Push("message", chat, "", append([]Option{Media("document", document)}, opts...)...)
}

func (s *Server) getFile(form map[string]string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.files[form["file_id"]]
	switch {
	case !ok:
		return nil, badRequest("invalid file_id")
	case len(f.Data) > largest:
		return nil, badRequest("file is too big")
	}
	return map[string]any{"file_id": form["file_id"], "file_unique_id": form["file_id"], "file_size": len(f.Data), "file_path": "documents/" + form["file_id"]}, nil
}

// serveFile answers /file/bot<token>/<path>.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := strings.CutPrefix(r.URL.Path, "/file/bot"+s.token+"/documents/")
	f, known := s.files[id]
	if !ok || !known {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write(f.Data)
}

func (s *Server) sendDocument(r *http.Request, form map[string]string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, c, err := s.chatOf(form)
	if err != nil {
		return nil, err
	}
	if r.MultipartForm == nil {
		return nil, badRequest("there is no document in the request")
	}
	headers := slices.Concat(slices.Collect(maps.Values(r.MultipartForm.File))...)
	if len(headers) != 1 {
		return nil, badRequest("there is no document in the request")
	}
	part, err := headers[0].Open()
	if err != nil {
		return nil, badRequest(err.Error())
	}
	defer part.Close()
	data, err := io.ReadAll(part)
	if err != nil {
		return nil, badRequest(err.Error())
	}
	s.lastMsg++
	m := Message{Chat: id, ID: s.lastMsg, At: time.Now(), File: &File{headers[0].Filename, data}}
	m.Thread, _ = strconv.Atoi(form["message_thread_id"])
	c.messages[m.ID] = BotID
	s.sent = append(s.sent, m)
	s.notify()
	return m.wire(), nil
}

// Member has the bot be added to a chat or removed from it; a private chat that
// removes it has blocked it. Sending to such a chat is forbidden from then on.
func (s *Server) Member(chatID int64, in bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.know(chatID)
	s.chats[chatID].gone = !in
	kind, was, is := "supergroup", "left", "member"
	if chatID > 0 {
		kind, was = "private", "kicked"
	}
	if !in {
		was, is = is, was
	}
	status := func(name string) map[string]any {
		return map[string]any{"status": name, "user": map[string]any{"id": BotID, "is_bot": true, "first_name": "乡闻"}}
	}
	s.push("my_chat_member", map[string]any{"my_chat_member": map[string]any{
		"chat": map[string]any{"id": chatID, "type": kind}, "date": time.Now().Unix(),
		"from":            map[string]any{"id": 1, "is_bot": false, "first_name": "读者", "language_code": "zh-hans"},
		"old_chat_member": status(was), "new_chat_member": status(is),
	}})
}

// Migrate makes a group a supergroup: the bot is told, and sending to the old number
// fails with the new one.
func (s *Server) Migrate(from, to int64) {
	s.mu.Lock()
	s.know(to)
	s.chats[from].migrated = to
	s.mu.Unlock()
	s.Push("message", from, "", Field("migrate_to_chat_id", to))
}
