// Package telegram is the front end for Telegram: it polls the Bot API, tells
// what each message wants of the desk, and sends what the desk says as HTML
// with its sources. It holds no conversation logic; that is the desk's.
//
// client.go is the only file that knows the Bot API library, route.go reads
// messages, lanes.go keeps their order, render.go and split.go write replies,
// send.go delivers them.
package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"xiangwen/bot"
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
}

// Desk is what answers. It is safe for concurrent use.
type Desk interface {
	Ask(ctx context.Context, m bot.Message) rag.Answer
	Command(ctx context.Context, name string, m bot.Message, admin bool) string
	Words(tag string) *bot.Words
	LanguageOf(m bot.Message) string
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
	var menus sync.WaitGroup
	menus.Go(func() { f.setMenus(ctx) })
	f.log.Info("polling Telegram", "bot", f.client.name)
	f.client.poll(ctx, func(ctx context.Context, m message) bool {
		taken := true // also if it makes us panic: it would come again for ever
		f.survive(func() { taken = f.take(ctx, work, lanes, m) })
		return taken
	})
	menus.Wait()

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

// take takes a message over, to be answered in its conversation's turn with the
// context work; false if it has to stay with Telegram since ctx is done.
func (f *Front) take(ctx, work context.Context, lanes *lanes, m message) bool {
	r, ours := f.reader.read(m)
	if !ours {
		return ctx.Err() == nil
	}
	return lanes.add(ctx, m.conversation(),
		func() { f.answer(work, m, func(ctx context.Context) reply { return f.consult(ctx, m, r) }) },
		func() {
			f.answer(work, m, func(context.Context) reply { return say(f.desk.Words(m.language).Busy.String()) })
		})
}

// answer sends what think comes to. A panic ends neither the process nor the
// conversation.
func (f *Front) answer(ctx context.Context, m message, think func(context.Context) reply) {
	var out reply
	if !f.survive(func() { out = think(ctx) }) {
		out = say(f.desk.Words(m.language).Failed.String())
	}
	f.survive(func() { f.deliver(ctx, m, out) })
}

// consult asks the desk.
func (f *Front) consult(ctx context.Context, m message, r request) reply {
	ctx, cancel := context.WithTimeout(ctx, deskTimeout)
	defer cancel()
	defer f.keepTyping(ctx, m)()
	words := f.desk.Words(m.language)
	in := bot.Message{Text: r.text, Conversation: m.conversation(), Language: m.language}
	switch {
	case r.onlyText:
		return say(words.OnlyText.String())
	case r.command == "" || r.command == "ask":
		return render(f.desk.Ask(ctx, in), f.desk.Words(f.desk.LanguageOf(in)), f.cfg.PublicURL)
	}
	admin := slices.Contains(f.cfg.Admins, m.sender)
	if !admin && slices.Contains(adminCommands, r.command) {
		f.log.Info("a command for admins was refused", "command", r.command)
	}
	return say(f.desk.Command(ctx, r.command, in, admin))
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
			if err := f.client.typing(one, m.chat, m.thread); err != nil {
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
	all := append(slices.Clone(readerCommands), adminCommands...)
	for _, chat := range append([]int64{0}, f.cfg.Admins...) {
		commands := readerCommands
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
