package telegram

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// message is what we need to know of a Telegram message.
type message struct {
	id, thread   int // thread is the forum topic, 0 for none
	chat, sender int64
	language     string // the sender's, a BCP 47 tag; "" if unknown
	group        bool
	toUs         bool   // a reply to one of our own messages
	media        bool   // holds something that is not text
	text         string // or the caption
	commands     []stretch
	ignore       bool // of a bot, of a channel, of the service
}

// stretch is a part of a message's text, in UTF-16 units as Telegram counts.
type stretch struct{ offset, length int }

// conversation names the chat, or the topic in it, for the desk.
func (m message) conversation() string {
	id := "telegram:" + strconv.FormatInt(m.chat, 10)
	if m.thread != 0 {
		id += ":" + strconv.Itoa(m.thread)
	}
	return id
}

// request is what a message wants of the desk: a command, or an answer to text,
// or to be told that we read text only.
type request struct {
	command  string // without slash, lower case; "" and "ask" are a question
	text     string
	onlyText bool
}

// commands in the order of the menu; those for admins last.
var (
	readerCommands = []string{"ask", "help", "sources", "forget", "start"}
	adminCommands  = []string{"reload", "stats"}
)

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
	if m.ignore {
		return request{}, false
	}
	if strings.TrimSpace(m.text) == "" {
		return request{onlyText: true}, m.media && !m.group
	}
	called := !m.group || m.toUs || r.mention.MatchString(m.text)
	units := utf16.Encode([]rune(m.text))
	others := false // holds a command for another bot
	for _, c := range m.commands {
		if c.offset < 0 || c.length < 2 || c.offset > len(units) || c.length > len(units)-c.offset {
			continue
		}
		end := c.offset + c.length
		before, after := string(utf16.Decode(units[:c.offset])), string(utf16.Decode(units[end:]))
		name, to, addressed := strings.Cut(string(utf16.Decode(units[c.offset+1:end])), "@")
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
	return request{text: r.bare(m.text)}, called && !others
}

// bare removes mentions of us.
func (r reader) bare(text string) string {
	return strings.TrimSpace(r.mention.ReplaceAllString(text, "$1"))
}

func known(command string) bool {
	return slices.Contains(readerCommands, command) || slices.Contains(adminCommands, command)
}
