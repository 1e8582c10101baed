// Package telegram is the front end for Telegram: it polls the Bot API, tells
// what each message wants of the desk, and sends what the desk says as HTML
// with its sources. It holds no conversation logic; that is the desk's.
//
// client.go is the only file that knows the Bot API library, route.go reads
// messages, lanes.go keeps their order, render.go and split.go write replies,
// send.go delivers them, progress.go shows them growing; inline.go answers in
// other chats, notify.go tells followers and admins.
package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"xiangwen/bot"
	"xiangwen/bot/state"
	"xiangwen/knowledge/load"
	"xiangwen/rag"
)

const (
	defaultWorkers = 8
	deskTimeout    = 5 * time.Minute  // for one message; a reload may embed many articles
	drainTimeout   = 25 * time.Second // for the replies under way at shutdown; Kubernetes kills after 30 s
	drainGrace     = 2 * time.Second  // for them to notice that they were cut off
	typingEvery    = 4 * time.Second  // Telegram shows it for 5 s
	typingTimeout  = 2 * time.Second
)

// Config is how to reach Telegram, and for whom.
type Config struct {
	Token       string
	APIURL      string        // another Bot API server; "" is Telegram's
	PublicURL   string        // base of the web desk; "" if it has none: then nothing links to articles
	Admins      []int64       // user ids
	Workers     int           // conversations answered at the same time; 0 is 8
	PollTimeout time.Duration // how long Telegram may hold a poll, whole seconds; 0 is 50 s
	NotifyEvery time.Duration // how often notices are looked up; 0 is 20 s
	Journal     Journal       // of updates in work, nil keeps none: then a killed process loses them
}

// Journal keeps updates until they are answered, over a SIGKILL too.
type Journal interface {
	JournalAdd(ctx context.Context, entries []state.JournalEntry) (fresh []bool, err error)
	JournalDone(id int64)
	JournalPending(ctx context.Context) ([]state.JournalEntry, error)
}

var _ Journal = (*state.Store)(nil)

// Desk is what answers. It is safe for concurrent use.
type Desk interface {
	Ask(ctx context.Context, m bot.Message) rag.Answer
	Lookup(ctx context.Context, text, language string) (rag.Answer, []bot.Listed)
	Command(ctx context.Context, name string, m bot.Message, admin bool) bot.Reply
	Act(ctx context.Context, action string, m bot.Message, admin bool) bot.Outcome
	Choices(a rag.Answer, w *bot.Words) [][]bot.Choice
	Offer(ctx context.Context, f bot.File, m bot.Message) bot.Reply
	Words(tag string) *bot.Words
	WordsFor(ctx context.Context, m bot.Message) *bot.Words

	Deliveries(ctx context.Context, now time.Time) ([]bot.Delivery, error)
	Deliver(ctx context.Context, v bot.Delivery) error
	Weekly(ctx context.Context, chat int64, language string, now time.Time) (bot.Reply, bool)
	ChatMoved(ctx context.Context, from, to int64)
	ChatGone(ctx context.Context, chat int64)
	OnAlarm(tell func(a bot.Alarm, why string))
}

var _ Desk = (*bot.Desk)(nil)

// Front is the bot.
type Front struct {
	cfg    Config
	desk   Desk
	log    *slog.Logger
	client *client
	reader reader
}

// New checks the token with getMe; its error holds Telegram's own message and
// never the token. A server that can't be reached is tried a few times.
func New(ctx context.Context, cfg Config, desk Desk, log *slog.Logger) (*Front, error) {
	if cfg.Workers <= 0 {
		cfg.Workers = defaultWorkers
	}
	if cfg.NotifyEvery <= 0 {
		cfg.NotifyEvery = notifyEvery
	}
	cfg.PublicURL = strings.TrimRight(cfg.PublicURL, "/")
	if cfg.PublicURL != "" && webAddress(cfg.PublicURL) == "" {
		return nil, errors.New("telegram: the public URL is not an http or https address (check XIANGWEN_PUBLIC_URL)")
	}
	f := &Front{cfg: cfg, desk: desk, log: log}
	var err error
	if f.client, err = connect(ctx, cfg, log); err != nil {
		return nil, err
	}
	f.reader = newReader(f.client.name)
	return f, nil
}

// Run polls until ctx is done, then finishes what was taken over: it returns
// when every reply is sent, or after some 25 s with an error. It is called once.
func (f *Front) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	lanes := newLanes(f.cfg.Workers)
	defer f.client.wire.http.CloseIdleConnections()

	if err := f.client.dropWebhook(ctx); err != nil && ctx.Err() == nil {
		f.log.Warn("Telegram did not drop the webhook", "error", err)
	}
	var beside sync.WaitGroup
	beside.Go(func() { f.setMenus(ctx) })
	beside.Go(func() { f.notify(ctx) })
	f.desk.OnAlarm(func(a bot.Alarm, why string) { f.alarm(work, a, why) })
	f.resume(ctx, work, lanes)
	f.log.Info("polling Telegram", "bot", f.client.name)
	f.client.poll(ctx, func(ctx context.Context, u update) bool {
		taken := true // also if it makes us panic: it would come again for ever
		f.survive(func() { taken = f.take(ctx, work, lanes, u) })
		return taken
	})
	beside.Wait()

	if !lanes.wait(drainTimeout) {
		stop()
		// Not acknowledged: better answered twice than not at all.
		lanes.wait(drainGrace)
		return errors.New("telegram: replies were cut off by the shutdown")
	}
	if err := f.client.acknowledge(work); err != nil {
		f.log.Warn("the last messages were not acknowledged and may be answered again", "error", err)
	}
	return nil
}

// resume takes up what a process that was killed has not answered.
func (f *Front) resume(ctx, work context.Context, lanes *lanes) {
	if f.cfg.Journal == nil {
		return
	}
	pending, err := f.cfg.Journal.JournalPending(ctx)
	if err != nil {
		f.log.Error("updates that a killed process has left could not be looked up", "error", err)
	}
	for _, e := range pending {
		var u update
		if err := json.Unmarshal(e.Payload, &u); err != nil {
			f.log.Warn("an update that was left can't be read", "error", err)
			f.cfg.Journal.JournalDone(e.ID)
			continue
		}
		f.survive(func() { f.queue(ctx, work, lanes, u) })
	}
	if len(pending) > 0 {
		f.log.Info("updates that were left are answered now", "updates", len(pending))
	}
}

// take takes an update over, to be answered in its conversation's turn with the
// context work; false if it has to stay with Telegram since ctx is done.
func (f *Front) take(ctx, work context.Context, lanes *lanes, u update) bool {
	if ctx.Err() != nil {
		return false
	}
	if u.Message != nil {
		if _, ours := f.reader.read(*u.Message); !ours {
			return true
		}
	}
	if f.cfg.Journal != nil && (u.Message != nil || u.Press != nil || u.Member != nil) {
		payload, err := json.Marshal(u)
		if err == nil {
			var fresh []bool
			fresh, err = f.cfg.Journal.JournalAdd(ctx, []state.JournalEntry{{ID: u.ID, Chat: u.chat(), Payload: payload, At: time.Now()}})
			if err == nil && !fresh[0] {
				return true // it is in work, or answered
			}
		}
		if err != nil && ctx.Err() == nil {
			f.log.Error("an update could not be noted, it is answered nevertheless", "error", err)
		}
	}
	return f.queue(ctx, work, lanes, u)
}

// queue puts an update into its lane.
func (f *Front) queue(ctx, work context.Context, lanes *lanes, u update) bool {
	done := func() {
		if f.cfg.Journal != nil && work.Err() == nil {
			f.cfg.Journal.JournalDone(u.ID)
		}
	}
	return lanes.add(ctx, u.lane(), func() { f.handle(work, u); done() }, func() { f.turnAway(work, u); done() })
}

// handle does what an update wants.
func (f *Front) handle(ctx context.Context, u update) {
	f.survive(func() {
		switch {
		case u.Message != nil:
			f.reply(ctx, *u.Message)
		case u.Press != nil:
			f.pressed(ctx, *u.Press)
		case u.Typed != nil:
			f.lookUp(ctx, *u.Typed)
		case u.Member != nil:
			f.member(ctx, *u.Member)
		}
	})
}

// turnAway answers where too much of a conversation waits already.
func (f *Front) turnAway(ctx context.Context, u update) {
	f.survive(func() {
		switch {
		case u.Message != nil:
			f.deliver(ctx, *u.Message, say(f.words(ctx, *u.Message).Busy.String()), 0)
		case u.Press != nil:
			f.toast(ctx, u.Press.Query, f.words(ctx, u.Press.Message).Busy.String())
		}
	})
}

// reply answers a message. A panic in finding the answer is told to the reader.
func (f *Front) reply(ctx context.Context, m message) {
	out := say(f.desk.Words(m.Language).Failed.String())
	shown := 0
	f.survive(func() { out, shown = f.consult(ctx, m) })
	f.deliver(ctx, m, out, shown)
}

// from is a message as the desk takes it.
func (m message) from(text string) bot.Message {
	return bot.Message{
		Text: text, Front: "telegram", Conversation: m.conversation(), Language: m.Language,
		Reader: strconv.FormatInt(m.Sender, 10), Chat: m.Chat, Thread: m.Thread, Private: !m.Group,
	}
}

func (f *Front) words(ctx context.Context, m message) *bot.Words {
	return f.desk.WordsFor(ctx, m.from(m.Text))
}

// consult asks the desk. shown is the message in which the answer grew, 0 for none.
func (f *Front) consult(ctx context.Context, m message) (out reply, shown int) {
	ctx, cancel := context.WithTimeout(ctx, deskTimeout)
	defer cancel()
	defer f.keepTyping(ctx, m)()
	r, _ := f.reader.read(m)
	in := m.from(r.text)
	admin := slices.Contains(f.cfg.Admins, m.Sender)
	grows := f.watch(ctx, m)
	defer func() { shown = grows.stop() }()
	switch {
	case m.Edited:
		return say(f.words(ctx, m).Edited.String()), 0
	case m.Media && admin && !m.Group && r.command == "":
		return compose(f.offered(ctx, m, in), f.cfg.PublicURL), 0
	case r.onlyText:
		return say(f.words(ctx, m).OnlyText.String()), 0
	case r.command == "" || r.command == "ask":
		in.Said = grows.add
		return f.answered(ctx, f.desk.Ask(ctx, in), in), 0
	}
	in.Progress = grows.put
	return compose(f.desk.Command(ctx, r.command, in, admin), f.cfg.PublicURL), 0
}

// answered writes an answer with its buttons.
func (f *Front) answered(ctx context.Context, a rag.Answer, in bot.Message) reply {
	w := f.desk.WordsFor(ctx, in)
	r := render(a, w, f.cfg.PublicURL)
	r.buttons = append(r.buttons, pressable(f.desk.Choices(a, w))...)
	return r
}

// offered says what a file that an admin has sent would add.
func (f *Front) offered(ctx context.Context, m message, in bot.Message) bot.Reply {
	w := f.words(ctx, m)
	switch {
	case m.File == nil:
		return bot.Reply{Text: w.UploadKind.With(map[string]string{"File": w.Label["no_file"]})}
	case m.File.Size > load.MaxFile:
		return bot.Reply{Text: w.UploadSize.With(map[string]string{"File": m.File.Name})}
	}
	data, err := retry(ctx, func() ([]byte, error) { return f.client.download(ctx, m.File.ID, load.MaxFile) })
	if err != nil {
		f.log.Error("a file could not be fetched", "error", err)
		return bot.Reply{Text: w.UploadFailed.With(map[string]string{"File": m.File.Name, "Reason": err.Error()})}
	}
	return f.desk.Offer(ctx, bot.File{Name: m.File.Name, Data: data}, in)
}

// pressed does what a button says.
func (f *Front) pressed(ctx context.Context, p press) {
	timed, cancel := context.WithTimeout(ctx, deskTimeout)
	defer cancel()
	in := p.Message.from("")
	o := bot.Outcome{Toast: f.desk.Words(p.Message.Language).Failed.String()}
	f.survive(func() {
		o = f.desk.Act(timed, p.Data, in, slices.Contains(f.cfg.Admins, p.Message.Sender))
	})
	f.toast(ctx, p.Query, o.Toast)
	switch {
	case o.Answer != nil:
		f.deliver(ctx, p.Message, f.answered(ctx, *o.Answer, in), 0)
	case o.Reply != nil && o.Edit && !p.Gone:
		f.deliver(ctx, p.Message, compose(*o.Reply, f.cfg.PublicURL), p.Message.ID)
	case o.Reply != nil:
		f.deliver(ctx, p.Message, compose(*o.Reply, f.cfg.PublicURL), 0)
	case o.Edit && !p.Gone:
		rows := replaceRow(p.Buttons, p.Data, pressable(o.Choices))
		_, err := retry(ctx, func() (struct{}, error) { return struct{}{}, f.client.relabel(ctx, p.Message.Chat, p.Message.ID, rows) })
		if k := kindOf(err); k != none && k != unmodified {
			f.log.Info("the buttons of a message could not be changed", "error", err)
		}
	}
}

// replaceRow puts other buttons in place of the row that holds one.
func replaceRow(rows [][]button, data string, with [][]button) (out [][]button) {
	for _, row := range rows {
		if slices.ContainsFunc(row, func(b button) bool { return b.Data == data }) {
			out = append(out, with...)
		} else {
			out = append(out, row)
		}
	}
	return out
}

// toast ends a button's waiting, with a word for the reader or none.
func (f *Front) toast(ctx context.Context, query, text string) {
	const most = 200 // characters, Telegram's limit
	_, err := retry(ctx, func() (struct{}, error) {
		return struct{}{}, f.client.answer(ctx, query, shorten(text, most))
	})
	if err != nil { // it is too old, most often
		f.log.Debug("a button's press could not be answered", "error", err)
	}
}

// member notes where we came in and where we are not any more.
func (f *Front) member(ctx context.Context, c membership) {
	switch {
	case c.MovedTo != 0:
		f.desk.ChatMoved(ctx, c.Chat, c.MovedTo)
	case c.Gone:
		f.desk.ChatGone(ctx, c.Chat)
	case c.Added && !c.Private:
		f.deliver(ctx, message{Chat: c.Chat}, say(f.desk.Words(c.Language).Added.String()), 0)
	}
}

// keepTyping shows "typing …" until the returned function is called. That one
// waits for the call under way, so that none arrives after the reply.
func (f *Front) keepTyping(ctx context.Context, m message) (stop func()) {
	quit := make(chan struct{})
	var shown sync.WaitGroup
	shown.Go(func() {
		again := time.NewTicker(typingEvery)
		defer again.Stop()
		for {
			one, cancel := context.WithTimeout(ctx, typingTimeout)
			if err := f.client.typing(one, m.Chat, m.Thread); err != nil {
				f.log.Debug("typing could not be shown", "error", err)
			}
			cancel()
			select {
			case <-again.C:
			case <-quit:
				return
			}
		}
	})
	return func() {
		close(quit)
		shown.Wait()
	}
}

// survive runs do; false if it panicked.
func (f *Front) survive(do func()) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			// What was thrown may hold a question; where it was thrown does not.
			f.log.Error("a message could not be answered: panic", "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			if err, is := p.(runtime.Error); is {
				f.log.Error("the panic was a fault of the program", "error", err)
			}
			f.log.Debug("the panic said", "panic", fmt.Sprint(p))
		}
	}()
	do()
	return true
}

// setMenus tells Telegram which commands to offer, in each of our languages;
// those for admins only in their own chats. The bot works without, so failures
// are only logged: an admin who never wrote to the bot has no chat yet.
func (f *Front) setMenus(ctx context.Context) {
	readers := append([]string{"ask"}, bot.ReaderCommands...)
	all := append(slices.Clone(readers), bot.AdminCommands...)
	for _, chat := range append([]int64{0}, f.cfg.Admins...) {
		commands := readers
		if chat != 0 {
			commands = all
		}
		for _, language := range append([]string{""}, bot.Languages...) {
			var items []menuItem
			for _, c := range commands {
				if about := f.desk.Words(language).Menu[c]; about != "" {
					items = append(items, menuItem{c, about})
				}
			}
			_, err := retry(ctx, func() (struct{}, error) { return struct{}{}, f.client.menu(ctx, language, chat, items) })
			if err != nil && ctx.Err() == nil {
				f.log.Info("a command menu was not set", "language", language, "admin", chat != 0, "error", err)
				break // the other languages of this chat would fail too
			}
		}
	}
}

// webAddress is the address if it is one for the web that Telegram takes,
// otherwise "".
func webAddress(s string) string {
	const most = 1024 // bytes; longer ones are nobody's
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || len(u.String()) > most {
		return ""
	}
	return u.String()
}
