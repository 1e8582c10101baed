package telegram

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"xiangwen/bot"
)

// update is one of Telegram's, as far as we need it; one of its parts is set, or
// none. It is kept in the journal as JSON until it is answered.
type update struct {
	ID      int64       `json:"id"`
	Message *message    `json:"message,omitempty"`
	Press   *press      `json:"press,omitempty"`
	Typed   *typed      `json:"-"` // nobody waits for it after a restart
	Member  *membership `json:"member,omitempty"`
}

// message is what we need to know of a Telegram message.
type message struct {
	ID       int       `json:"id"`
	Thread   int       `json:"thread,omitempty"` // the forum topic, 0 for none
	Chat     int64     `json:"chat"`
	Sender   int64     `json:"sender"`
	Language string    `json:"language,omitempty"` // the sender's, a BCP 47 tag; "" if unknown
	Group    bool      `json:"group,omitempty"`
	ToUs     bool      `json:"to_us,omitempty"` // a reply to one of our own messages
	Media    bool      `json:"media,omitempty"` // holds something that is not text
	Edited   bool      `json:"edited,omitempty"`
	File     *document `json:"file,omitempty"`
	Text     string    `json:"text,omitempty"` // or the caption
	Commands []stretch `json:"commands,omitempty"`
	Ignore   bool      `json:"ignore,omitempty"` // of a bot, of a channel, of the service
}

// document is a file that was sent to us.
type document struct {
	ID, Name string
	Size     int64 // bytes, as Telegram says
}

// press is a pressed button.
type press struct {
	Query   string     `json:"query"`
	Data    string     `json:"data"`
	Message message    `json:"message"` // that the button is under; its sender is who pressed
	Buttons [][]button `json:"buttons,omitempty"`
	Gone    bool       `json:"gone,omitempty"` // the message can't be changed any more
}

// typed is what somebody types behind our name in any chat.
type typed struct {
	ID       string
	Sender   int64
	Language string
	Text     string
}

// membership is that we came into a chat or left it, or that it moved.
type membership struct {
	Chat     int64  `json:"chat"`
	Private  bool   `json:"private,omitempty"`
	Language string `json:"language,omitempty"`
	Added    bool   `json:"added,omitempty"`
	Gone     bool   `json:"gone,omitempty"`
	MovedTo  int64  `json:"moved_to,omitempty"`
}

// stretch is a part of a message's text, in UTF-16 units as Telegram counts.
type stretch struct{ Offset, Length int }

// conversation names the chat, or the topic in it, for the desk.
func (m message) conversation() string {
	id := "telegram:" + strconv.FormatInt(m.Chat, 10)
	if m.Thread != 0 {
		id += ":" + strconv.Itoa(m.Thread)
	}
	return id
}

// chat is where an update belongs.
func (u update) chat() int64 {
	switch {
	case u.Message != nil:
		return u.Message.Chat
	case u.Press != nil:
		return u.Press.Message.Chat
	case u.Member != nil:
		return u.Member.Chat
	}
	return 0
}

// lane keeps the order of what belongs together.
func (u update) lane() string {
	switch {
	case u.Message != nil:
		return u.Message.conversation()
	case u.Press != nil:
		return u.Press.Message.conversation()
	case u.Typed != nil:
		return "typed:" + strconv.FormatInt(u.Typed.Sender, 10)
	}
	return "service"
}

// request is what a message wants of the desk: a command, or an answer to text,
// or to be told that we read text only.
type request struct {
	command  string // without slash, lower case; "" and "ask" are a question
	text     string
	onlyText bool
}

// reader tells what messages want.
type reader struct {
	name    string         // our user name
	mention *regexp.Regexp // @name with what stands before it
}

// newReader makes a reader for a bot's user name. A mention is searched in the
// text and not taken from the entities: Telegram marks none where a Chinese
// character stands right before the @.
func newReader(name string) reader {
	return reader{name, regexp.MustCompile(`(?i)(^|[^\w/.@])@` + regexp.QuoteMeta(name) + `\b`)}
}

// read tells what a message wants of us; false if it is not ours to answer.
// In a private chat everything is. In a group that is a command addressed to
// us, /ask, a reply to us, or a mention.
func (r reader) read(m message) (request, bool) {
	if m.Ignore || m.Edited && m.Group {
		return request{}, false
	}
	if strings.TrimSpace(m.Text) == "" {
		return request{onlyText: true}, m.Media && !m.Group
	}
	called := !m.Group || m.ToUs || r.mention.MatchString(m.Text)
	units := utf16.Encode([]rune(m.Text))
	others := false // holds a command for another bot
	for _, c := range m.Commands {
		if c.Offset < 0 || c.Length < 2 || c.Offset > len(units) || c.Length > len(units)-c.Offset {
			continue
		}
		end := c.Offset + c.Length
		before, after := string(utf16.Decode(units[:c.Offset])), string(utf16.Decode(units[end:]))
		name, to, addressed := strings.Cut(string(utf16.Decode(units[c.Offset+1:end])), "@")
		name = strings.ToLower(name)
		switch {
		case addressed && !strings.EqualFold(to, r.name):
			others = true
		case !addressed && !called && name != "ask":
			// Another bot's, in a group.
		case !addressed && strings.TrimSpace(r.bare(before)) != "" && !known(name):
			// A path such as /home in the middle of a question.
		default:
			return request{command: name, text: r.bare(strings.TrimSpace(before) + " " + strings.TrimSpace(after))}, true
		}
	}
	return request{text: r.bare(m.Text)}, called && !others
}

// bare removes mentions of us.
func (r reader) bare(text string) string {
	return strings.TrimSpace(r.mention.ReplaceAllString(text, "$1"))
}

func known(command string) bool {
	return command == "ask" || slices.Contains(bot.ReaderCommands, command) || slices.Contains(bot.AdminCommands, command)
}
