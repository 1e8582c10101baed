package telegram

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

const (
	draftEvery = 400 * time.Millisecond
	editEvery  = 1100 * time.Millisecond // Telegram takes about one edit a second
)

// progress lets a reader see an answer grow: as a draft in a private chat, in a
// group and where drafts are refused as a message that is edited. What does not
// arrive in time is left out; the final message has everything.
type progress struct {
	f  *Front
	to message

	mu    sync.Mutex
	text  string
	grown chan struct{} // has a token when text is not shown yet

	drafts bool
	draft  int32 // id
	shown  int   // id of the message that is edited, 0 if there is none
	quit   chan struct{}
	ended  sync.WaitGroup
}

// watch begins to show what is said. stop must be called; it returns the id of the
// message that the final text goes in place of, 0 for none.
func (f *Front) watch(ctx context.Context, to message) *progress {
	p := &progress{f: f, to: to, grown: make(chan struct{}, 1), quit: make(chan struct{}), drafts: !to.Group, draft: rand.Int32N(1<<31-2) + 1}
	p.ended.Go(func() { p.run(ctx) })
	return p
}

// add appends a sentence, put replaces all.
func (p *progress) add(sentence string) {
	p.change(func(text string) string { return text + sentence })
}
func (p *progress) put(text string) { p.change(func(string) string { return text }) }

func (p *progress) change(by func(string) string) {
	p.mu.Lock()
	p.text = by(p.text)
	p.mu.Unlock()
	select {
	case p.grown <- struct{}{}:
	default:
	}
}

func (p *progress) stop() (shown int) {
	close(p.quit)
	p.ended.Wait()
	return p.shown
}

func (p *progress) run(ctx context.Context) {
	for {
		select {
		case <-p.quit:
			return
		case <-p.grown:
		}
		pause := p.show(ctx)
		select {
		case <-p.quit:
			return
		case <-time.After(pause):
		}
	}
}

// show sends what there is and says how long to wait before the next time.
func (p *progress) show(ctx context.Context) time.Duration {
	p.mu.Lock()
	text := strings.TrimSpace(p.text)
	p.mu.Unlock()
	if text == "" {
		return 0
	}
	page := paginate([]span{{text: text}})[0]
	out := outgoing{chat: p.to.Chat, thread: p.to.Thread, html: page.html, text: page.text}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if p.drafts {
		err := p.f.client.draft(ctx, out, p.draft)
		switch {
		case err == nil:
			return draftEvery
		case kindOf(err) == throttled:
			return err.(*callError).after
		}
		p.f.log.Debug("drafts are not taken, the message is edited instead", "error", err)
		p.drafts = false
	}
	if out.edits = p.shown; p.shown == 0 && p.to.Group {
		out.replyTo = p.to.ID
	}
	id, err := p.f.client.send(ctx, out)
	switch {
	case err == nil:
		p.shown = id
	case kindOf(err) == throttled:
		return err.(*callError).after
	default:
		p.f.log.Debug("an answer under way could not be shown", "error", err)
	}
	return editEvery
}
