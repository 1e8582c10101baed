package bot

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"xiangwen/bot/state"
	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
)

const mostFollowed = 20 // topics of one chat

// follow makes the chat follow a topic in the reader's own words.
func (d *Desk) follow(ctx context.Context, m Message, w *Words, topic string) (Reply, error) {
	topic = strings.Join(strings.Fields(topic), " ")
	switch n := utf8.RuneCountInString(topic); {
	case m.Chat == 0:
		return say(w.FollowNowhere.String()), nil
	case n < 2 || n > longestTopic:
		return say(w.FollowLength.With(map[string]int{"Most": longestTopic})), nil
	}
	already, err := d.state.Following(ctx, m.Chat)
	if err != nil {
		return Reply{}, err
	}
	if len(already) >= mostFollowed {
		return say(w.FollowFull.With(map[string]int{"Most": mostFollowed})), nil
	}
	added, err := d.state.Follow(ctx, state.Follow{
		Chat: m.Chat, Thread: m.Thread, Reader: d.readerHash(m), Topic: topic, Language: d.Language(d.chosen(ctx, m)), At: time.Now(),
	})
	if err != nil {
		return Reply{}, err
	}
	phrase := w.Followed
	if !added {
		phrase = w.FollowedAlready
	}
	r := say(phrase.With(map[string]string{"Topic": topic}))
	r.Choices = [][]Choice{{{w.Button["unfollow"], "unfollow:" + short(topic)}, {w.Button["following"], "following"}}}
	return r, nil
}

// following lists what the chat follows, each with a button to stop.
func (d *Desk) following(ctx context.Context, m Message, w *Words) (Reply, error) {
	all, err := d.state.Following(ctx, m.Chat)
	if err != nil {
		return Reply{}, err
	}
	if len(all) == 0 {
		return say(w.FollowingNone.String()), nil
	}
	daily := all[0].Daily
	r := say(w.Following.With(map[string]any{"Follows": all, "Daily": daily}))
	for _, f := range all {
		r.Choices = append(r.Choices, []Choice{{w.Button["unfollow"] + " " + f.Topic, "unfollow:" + short(f.Topic)}})
	}
	last := []Choice{{w.Button["daily_on"], "daily:1"}, {w.Button["unfollow_all"], "unfollow:all"}}
	if daily {
		last[0] = Choice{w.Button["daily_off"], "daily:0"}
	}
	r.Choices = append(r.Choices, last)
	return r, nil
}

// notify notes which chats are to be told of new articles. After a start all
// articles are new: then only those count that were printed since a chat began to
// follow.
func (d *Desk) notify(ctx context.Context, added []*knowledge.Article, first bool) {
	follows, err := d.state.Follows(ctx)
	if err != nil || len(follows) == 0 {
		if err != nil {
			d.log.Error("followers are not told of new articles", "error", err)
		}
		return
	}
	var notices []state.Notice
	for _, a := range added {
		for _, f := range follows {
			if (!first || a.Date >= f.At.Format(time.DateOnly)) && concerns(a, f.Topic) {
				notices = append(notices, state.Notice{Chat: f.Chat, Thread: f.Thread, Topic: f.Topic, Article: a.ID, Language: f.Language, At: time.Now()})
			}
		}
	}
	n, err := d.state.AddNotices(ctx, notices)
	if err != nil {
		d.log.Error("followers are not told of new articles", "error", err)
		return
	}
	if n > 0 {
		d.log.Info("followers are to be told", "notices", n)
	}
}

// Delivery is one message for a chat.
type Delivery struct {
	Chat    int64
	Thread  int
	Reply   Reply
	notices []int64
}

// Deliveries are what can be sent now to those who follow something, one for each
// chat. Call [Desk.Deliver] for each right before it is sent.
func (d *Desk) Deliveries(ctx context.Context, now time.Time) ([]Delivery, error) {
	due, err := d.state.DueNotices(ctx, now)
	if err != nil {
		return nil, err
	}
	var out []Delivery
	for from := 0; from < len(due); {
		to := from
		for to < len(due) && due[to].Chat == due[from].Chat {
			to++
		}
		out = append(out, d.delivery(due[from:to]))
		from = to
	}
	return out, nil
}

func (d *Desk) delivery(notices []state.Notice) Delivery {
	w := d.Words(notices[0].Language)
	out := Delivery{Chat: notices[0].Chat, Thread: notices[0].Thread}
	var topics []string
	seen := make(map[string]bool)
	for _, n := range notices {
		out.notices = append(out.notices, n.ID)
		a := d.Library().Article(n.Article)
		if a == nil {
			continue // gone meanwhile
		}
		if !seen[n.Topic] {
			seen[n.Topic] = true
			topics = append(topics, n.Topic)
		}
		if len(out.Reply.Articles) == listedAtOnce {
			continue
		}
		l := listed(a)
		if s := zh.Sentences(a.Text); len(s) > 0 {
			l.Lead = cut(strings.TrimSpace(s[0].Of(a.Text)), 120)
		}
		out.Reply.Articles = append(out.Reply.Articles, l)
	}
	if len(out.Reply.Articles) > 0 {
		out.Reply.Text = w.News.With(map[string]any{"Topics": topics})
		out.Reply.Choices = [][]Choice{{{w.Button["following"], "following"}, {w.Button["unfollow_all"], "unfollow:all"}}}
	}
	return out
}

// Deliver says that a delivery is about to be sent: a process killed in the middle
// sends it once or not at all, never twice. Nothing is to be sent if it has no text.
func (d *Desk) Deliver(ctx context.Context, v Delivery) error {
	return d.state.NoticesSent(ctx, v.Chat, v.notices, time.Now())
}

// ChatMoved gives a chat's follows to what it has become, ChatGone ends them.
func (d *Desk) ChatMoved(ctx context.Context, from, to int64) {
	if err := d.state.MoveChat(ctx, from, to); err != nil {
		d.log.Error("a chat that moved could not be noted", "error", err)
	}
}

// ChatGone ends all that is sent to a chat that can't be reached any more.
func (d *Desk) ChatGone(ctx context.Context, chat int64) {
	if err := d.state.DropChat(ctx, chat); err != nil {
		d.log.Error("a chat that is gone could not be noted", "error", err)
	}
}
