package telegram

import (
	"context"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"xiangwen/bot"
)

const (
	maxTries   = 5               // of one call, those not counted that Telegram has put off
	maxWaiting = 2 * time.Minute // for one call with its retries, retry_after included
)

// outgoing is one message to send.
type outgoing struct {
	chat    int64
	thread  int    // forum topic, 0 for none
	replyTo int    // message that is quoted, 0 for none
	edits   int    // message whose text is replaced, 0 to send a new one
	html    string // at most 4,096 UTF-16 units after parsing; "" to send text
	text    string // the same without markup
	buttons [][]button
	file    *bot.File // goes instead of the text
}

// menuItem is a command in the menu.
type menuItem struct{ command, about string }

// kind is what a failed call calls for.
type kind int

const (
	none       kind = iota
	refused         // for good
	temporary       // network, 5xx: again, later and later
	throttled       // again after callError.after
	forbidden       // the reader has blocked us, or we were removed
	migrated        // again, to callError.chat
	unmodified      // what an edit wanted is there already
	badMarkup       // again as plain text
	badButtons      // again without buttons
	lost            // the message to change is not there any more
	badToken
)

// callError is a failed call of the Bot API. Its text holds no token, and no
// message of a reader.
type callError struct {
	kind  kind
	text  string
	after time.Duration // throttled
	chat  int64         // migrated
	cause error
}

func (e *callError) Error() string { return e.text }
func (e *callError) Unwrap() error { return e.cause }

var _ error = (*callError)(nil)

// kindOf is none for nil.
func kindOf(err error) kind {
	if err == nil {
		return none
	}
	if e, ok := err.(*callError); ok {
		return e.kind
	}
	return refused
}

// refusal sorts Telegram's "Bad Request" by its text: there is nothing else to
// tell them apart.
func refusal(text string) kind {
	text = strings.ToLower(text)
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(text, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("message is not modified"):
		return unmodified
	case has("message to edit not found", "message can't be edited", "message_id_invalid"):
		return lost
	case has("can't parse entities", "entities_too_long", "entity_"):
		return badMarkup
	case has("button", "reply markup", "keyboard"): // a public URL such as http://localhost is "Wrong HTTP URL"
		return badButtons
	}
	return refused
}

// retry makes a call until it succeeds, fails for good, or has taken too many
// tries or too long. The error is the last try's *callError.
func retry[T any](ctx context.Context, call func() (T, error)) (T, error) {
	var last error
	tries := 0
	pause := backoff.NewExponentialBackOff()
	pause.Multiplier, pause.MaxInterval = 2, 15*time.Second
	v, err := backoff.Retry(ctx, func() (T, error) {
		v, err := call()
		last = err
		switch kindOf(err) {
		case none:
			return v, nil
		case throttled:
			// A little more than asked: Telegram counts whole seconds. It is no failed
			// try: giving up would drop a reply that Telegram wants later.
			return v, &backoff.RetryAfterError{Duration: err.(*callError).after + 200*time.Millisecond}
		case temporary:
			if tries++; tries < maxTries {
				return v, err
			}
		}
		return v, backoff.Permanent(err)
	}, backoff.WithBackOff(pause), backoff.WithMaxElapsedTime(maxWaiting))
	if err != nil {
		return v, last
	}
	return v, nil
}

// post sends a message, giving up what Telegram won't have: its markup, its
// buttons, its old chat. It returns the chat that the message went to, and its id.
func (f *Front) post(ctx context.Context, m outgoing) (chat int64, id int, err error) {
	for {
		id, err := retry(ctx, func() (int, error) { return f.client.send(ctx, m) })
		switch k := kindOf(err); {
		case k == none, k == unmodified:
			return m.chat, id, nil
		case k == lost && m.edits != 0: // deleted meanwhile: a new one, then
			m.edits = 0
		case k == badMarkup && m.html != "":
			f.log.Warn("Telegram refused the markup, the plain text goes out", "error", err)
			m.html = ""
		case k == badButtons && m.buttons != nil:
			f.log.Warn("Telegram refused the buttons, they are left out", "error", err)
			m.buttons = nil
		case k == migrated && err.(*callError).chat != m.chat:
			to := err.(*callError).chat
			f.desk.ChatMoved(ctx, m.chat, to)
			// Message ids and topics are those of the old chat.
			m.chat, m.replyTo, m.thread, m.edits = to, 0, 0, 0
		default:
			return m.chat, 0, err
		}
	}
}

// deliver sends a reply to a message: the pages in order, the first as a reply to
// it in groups, or in place of a message of ours, the last with the buttons, then
// the file.
func (f *Front) deliver(ctx context.Context, m message, r reply, edits int) {
	pages := paginate(r.body)
	var all []outgoing
	for i, p := range pages {
		out := outgoing{chat: m.Chat, thread: m.Thread, html: p.html, text: p.text}
		if i == 0 {
			out.edits = edits
		}
		if i == 0 && m.Group {
			out.replyTo = m.ID
		}
		if i == len(pages)-1 {
			out.buttons = r.buttons
		}
		all = append(all, out)
	}
	if r.file != nil {
		all = append(all, outgoing{chat: m.Chat, thread: m.Thread, file: r.file})
	}
	for _, out := range all {
		out.chat, out.thread = m.Chat, m.Thread
		chat, _, err := f.post(ctx, out)
		switch {
		case kindOf(err) == forbidden:
			f.log.Info("a reader can't be reached, the reply is dropped", "error", err)
			f.desk.ChatGone(ctx, m.Chat)
			return
		case err != nil:
			f.log.Error("a reply could not be sent", "error", err)
			return
		}
		if chat != m.Chat {
			m.Chat, m.Thread = chat, 0
		}
	}
}
