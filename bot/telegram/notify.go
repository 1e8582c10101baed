package telegram

import (
	"context"
	"time"

	"xiangwen/bot"
)

const (
	notifyEvery = 20 * time.Second
	weeklyEvery = time.Hour
	// notifyPause keeps notices below the 30 messages a second that a bot may send, with
	// room for answers.
	notifyPause = 100 * time.Millisecond
)

// notify sends followers what is new and admins their digests, until ctx is done.
func (f *Front) notify(ctx context.Context) {
	tick := time.NewTicker(f.cfg.NotifyEvery)
	defer tick.Stop()
	var weekly time.Time
	for {
		f.survive(func() { f.tellFollowers(ctx) })
		if time.Since(weekly) > weeklyEvery {
			weekly = time.Now()
			f.survive(func() { f.tellAdmins(ctx) })
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (f *Front) tellFollowers(ctx context.Context) {
	due, err := f.desk.Deliveries(ctx, time.Now())
	if err != nil && ctx.Err() == nil {
		f.log.Error("notices could not be looked up", "error", err)
	}
	for _, v := range due {
		if ctx.Err() != nil {
			return
		}
		if err := f.desk.Deliver(ctx, v); err != nil {
			f.log.Error("a notice could not be noted as sent, it is not sent", "error", err)
			continue
		}
		if v.Reply.Text != "" {
			f.deliver(ctx, message{Chat: v.Chat, Thread: v.Thread}, compose(v.Reply, f.cfg.PublicURL), 0)
		}
		select {
		case <-time.After(notifyPause):
		case <-ctx.Done():
			return
		}
	}
}

// tellAdmins sends the weekly digest to those who want it.
func (f *Front) tellAdmins(ctx context.Context) {
	for _, admin := range f.cfg.Admins {
		if r, due := f.desk.Weekly(ctx, admin, "", time.Now()); due {
			f.deliver(ctx, message{Chat: admin}, compose(r, f.cfg.PublicURL), 0)
		}
	}
}

// alarm tells the admins that something has failed, or works again.
func (f *Front) alarm(ctx context.Context, a bot.Alarm, why string) {
	text := f.desk.Words("").Alarm[string(a)].With(map[string]string{"Reason": why})
	for _, admin := range f.cfg.Admins {
		f.survive(func() { f.deliver(ctx, message{Chat: admin}, say(text), 0) })
	}
}
