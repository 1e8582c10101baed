package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"xiangwen/knowledge"
)

// Commands that readers may give, and those for admins, in the order of a menu.
// "ask" is not among them: it is a question.
var (
	ReaderCommands = []string{"help", "topics", "latest", "follow", "following", "sources", "language", "forget", "privacy", "start"}
	AdminCommands  = []string{"reload", "stats", "unanswered", "remove", "exclude", "excluded"}
)

const (
	listedAtOnce  = 10 // articles in one message
	sourcesAtOnce = 30
	skippedAtOnce = 10 // reasons in a chat message; the log has them all
	gapsAtOnce    = 15
	week          = 7 * 24 * time.Hour
)

// Command answers a command such as "help" (without slash); m.Text is what stands
// behind it. Commands for admins look unknown to everybody else.
func (d *Desk) Command(ctx context.Context, name string, m Message, admin bool) Reply {
	w := d.Words(d.chosen(ctx, m))
	if slices.Contains(AdminCommands, name) && !admin {
		d.log.Info("a command for admins was refused", "command", name)
		return unknown(w, name)
	}
	r, err := d.command(ctx, name, m, w, admin)
	if err != nil {
		d.log.Error("a command failed", "command", name, "error", err)
		return say(w.Failed.String())
	}
	return r
}

func unknown(w *Words, name string) Reply {
	return say(w.UnknownCommand.With(map[string]string{"Command": "/" + name}))
}

func (d *Desk) command(ctx context.Context, name string, m Message, w *Words, admin bool) (Reply, error) {
	text := strings.TrimSpace(clean(m.Text))
	switch name {
	case "start":
		return d.start(w), nil
	case "help":
		return say(d.help(w, admin)), nil
	case "sources":
		return d.sources(w, 0), nil
	case "topics":
		return d.topicList(w, 0), nil
	case "latest":
		return d.latest(w), nil
	case "language":
		return languages(w), nil
	case "privacy":
		return say(w.Privacy.With(map[string]any{"Days": int(d.options.Retention / (24 * time.Hour)), "Minutes": int(d.options.History / time.Minute)})), nil
	case "forget":
		return d.forget(ctx, m, w)
	case "follow":
		if text == "" {
			r := d.topicList(w, 0)
			r.Text = w.FollowWhat.String() + "\n\n" + r.Text
			return r, nil
		}
		return d.follow(ctx, m, w, text)
	case "following":
		return d.following(ctx, m, w)
	case "reload":
		return say(d.reloadReport(ctx, m, w)), nil
	case "stats":
		return d.statsReply(ctx, w)
	case "unanswered":
		return d.unanswered(ctx, m, w)
	case "remove", "exclude":
		return d.takeOut(w, name, text), nil
	case "excluded":
		return d.excluded(ctx, w)
	}
	return unknown(w, name), nil
}

func (d *Desk) start(w *Words) Reply {
	examples := d.Examples(3)
	r := say(w.Start.With(map[string]any{"Examples": examples}))
	for i, e := range examples { // by number: an example may be longer than an action
		r.Choices = append(r.Choices, []Choice{{e, fmt.Sprintf("example:%d:%s", i, short(e))}})
	}
	return r
}

func (d *Desk) help(w *Words, admin bool) string {
	return w.Help.With(map[string]any{"Articles": d.Library().Len(), "Admin": admin})
}

// sources lists the articles, the newest first, a page at a time.
func (d *Desk) sources(w *Words, n int) Reply {
	all := d.newestFirst()
	if len(all) == 0 {
		return say(w.SourcesNone.String())
	}
	shown, more := page(all, n, sourcesAtOnce)
	r := say(w.Sources.With(map[string]any{"Total": len(all)}))
	for _, a := range shown {
		r.Articles = append(r.Articles, listed(a))
	}
	r.Choices = turning(w, "sources", n, more)
	return r
}

// turning are the buttons to the pages before and behind.
func turning(w *Words, action string, n int, more bool) [][]Choice {
	var row []Choice
	if n > 0 {
		row = append(row, Choice{w.Button["before"], action + ":" + strconv.Itoa(n-1)})
	}
	if more {
		row = append(row, Choice{w.Button["next"], action + ":" + strconv.Itoa(n+1)})
	}
	if row == nil {
		return nil
	}
	return [][]Choice{row}
}

func (d *Desk) newestFirst() []*knowledge.Article {
	all := slices.Clone(d.Library().Articles())
	slices.SortStableFunc(all, func(a, b *knowledge.Article) int { return strings.Compare(b.Date, a.Date) })
	return all
}

func (d *Desk) latest(w *Words) Reply {
	all := d.newestFirst()
	if len(all) == 0 {
		return say(w.SourcesNone.String())
	}
	r := say(w.Latest.String())
	for _, a := range all[:min(listedAtOnce, len(all))] {
		r.Articles = append(r.Articles, listed(a))
	}
	return r
}

func (d *Desk) topicList(w *Words, n int) Reply {
	c := d.catalogue()
	if len(c.topics) == 0 {
		return say(w.TopicsNone.String())
	}
	r := say(w.Topics.String())
	shown, more := page(c.topics, n, topicsPerPage)
	for _, t := range shown {
		choice := Choice{fmt.Sprintf("%s · %d", t.Name, t.Articles), "topic:" + short(t.Name)}
		if last := len(r.Choices) - 1; last >= 0 && len(r.Choices[last]) < 2 {
			r.Choices[last] = append(r.Choices[last], choice)
		} else {
			r.Choices = append(r.Choices, []Choice{choice})
		}
	}
	r.Choices = append(r.Choices, turning(w, "topics", n, more)...)
	return r
}

// topic lists what the paper has on one.
func (d *Desk) topic(w *Words, name string) Reply {
	r := say(w.Topic.With(map[string]any{"Topic": name}))
	r.Articles = d.catalogue().about(name, listedAtOnce)
	r.Choices = [][]Choice{{{w.Button["follow"], "follow:" + short(name)}}}
	return r
}

func languages(w *Words) Reply {
	r := say(w.Language.String())
	for _, l := range Languages {
		r.Choices = append(r.Choices, []Choice{{w.Label["language_"+l], "language:" + l}})
	}
	return r
}

// forget deletes what is kept on a reader and says what that was.
func (d *Desk) forget(ctx context.Context, m Message, w *Words) (Reply, error) {
	turns := d.history.forget(m.Conversation)
	gone, err := d.state.Forget(ctx, d.readerHash(m), d.conversationHash(m), m.chatOfReader())
	if err != nil {
		return Reply{}, err
	}
	d.languages.Remove(d.readerHash(m))
	return say(w.Forgotten.With(map[string]int{
		"Turns": turns, "Questions": gone.Exchanges, "Feedback": gone.Feedback, "Follows": gone.Follows, "Languages": gone.Languages,
	})), nil
}

func (d *Desk) statsReply(ctx context.Context, w *Words) (Reply, error) {
	now := time.Now()
	var spans []map[string]any
	for _, span := range []struct {
		label string
		since time.Time
	}{{w.Label["today"], midnight(now)}, {w.Label["week"], now.Add(-week)}} {
		s, err := d.state.Stats(ctx, span.since, now.Add(time.Second))
		if err != nil {
			return Reply{}, err
		}
		faults := 0
		for _, n := range s.ByFailure {
			faults += n
		}
		share := 0
		if asked := s.Answered + s.NotFound; asked > 0 {
			share = (100*s.Answered + asked/2) / asked
		}
		spans = append(spans, map[string]any{
			"Label": span.label, "Questions": s.Questions, "Answered": s.Answered, "NotFound": s.NotFound,
			"Other": s.Redirected + s.Declined + s.Failed, "Share": share, "Faults": faults, "Tokens": s.Tokens,
			"MedianMS": milliseconds(s.Median), "P95MS": milliseconds(s.P95), "Readers": s.Readers, "Up": s.Up, "Down": s.Down,
		})
	}
	lib := d.Library()
	return say(w.Stats.With(map[string]any{
		"Articles": lib.Len(), "Chunks": d.engine.Chunks(), "Version": lib.Version(), "Spans": spans,
		"Uptime": time.Since(d.since).Round(time.Second).String(),
	})), nil
}

func midnight(t time.Time) time.Time {
	y, m, day := t.Date()
	return time.Date(y, m, day, 0, 0, 0, 0, t.Location())
}

func milliseconds(t time.Duration) string {
	return strconv.FormatFloat(float64(t.Microseconds())/1000, 'f', 1, 64)
}

// seconds formats a duration for a report: two digits after the point.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) }

// unanswered reports the questions of a week that nothing was found for.
func (d *Desk) unanswered(ctx context.Context, m Message, w *Words) (Reply, error) {
	gaps, err := d.Gaps(ctx, time.Now().Add(-week))
	if err != nil {
		return Reply{}, err
	}
	r := d.gapReport(gaps, w)
	weekly, err := d.state.Get(ctx, weeklyKey(m.Chat))
	if err != nil {
		return Reply{}, err
	}
	if weekly == "" {
		r.Choices = [][]Choice{{{w.Button["weekly_on"], "weekly:1"}}}
	} else {
		r.Choices = [][]Choice{{{w.Button["weekly_off"], "weekly:0"}}}
	}
	return r, nil
}

// Weekly is the digest of unanswered questions for a chat that wants one and has
// had none for a week.
func (d *Desk) Weekly(ctx context.Context, chat int64, lang string, now time.Time) (Reply, bool) {
	last, err := d.state.Get(ctx, weeklyKey(chat))
	if err != nil || last == "" {
		return Reply{}, false
	}
	day, err := time.ParseInLocation(time.DateOnly, last, now.Location())
	if err == nil && now.Sub(day) < week {
		return Reply{}, false
	}
	if err := d.state.Set(ctx, weeklyKey(chat), now.Format(time.DateOnly)); err != nil {
		d.log.Error("the weekly digest is not sent", "error", err)
		return Reply{}, false
	}
	gaps, err := d.Gaps(ctx, now.Add(-week))
	if err != nil {
		d.log.Error("the weekly digest is not sent", "error", err)
		return Reply{}, false
	}
	w := d.Words(lang)
	r := d.gapReport(gaps, w)
	r.Text = w.Weekly.String() + "\n\n" + r.Text
	r.Choices = [][]Choice{{{w.Button["weekly_off"], "weekly:0"}}}
	return r, true
}

func (d *Desk) gapReport(gaps []Gap, w *Words) Reply {
	if len(gaps) == 0 {
		return say(w.UnansweredNone.String())
	}
	r := say(w.Unanswered.With(map[string]any{"Total": len(gaps), "Gaps": gaps[:min(gapsAtOnce, len(gaps))], "More": max(0, len(gaps)-gapsAtOnce)}))
	r.File = &File{"unanswered-" + time.Now().Format(time.DateOnly) + ".csv", gapsCSV(gaps, w)}
	return r
}

func (d *Desk) reloadReport(ctx context.Context, m Message, w *Words) string {
	var told time.Time
	r, err := d.ReloadTold(ctx, func(articles int) {
		const pause = time.Second
		if m.Progress != nil && time.Since(told) > pause {
			told = time.Now()
			m.Progress(w.Reloading.With(map[string]int{"Articles": articles}))
		}
	})
	return ReloadText(r, err, w)
}

// ReloadText says what a reload did.
func ReloadText(r Report, err error, w *Words) string {
	switch {
	case errors.Is(err, ErrReloading):
		return w.ReloadRunning.String()
	case err != nil:
		return w.ReloadFailed.With(map[string]any{"Articles": r.Articles, "Reason": err.Error()})
	}
	var skipped []string
	for _, s := range r.Skipped[:min(skippedAtOnce, len(r.Skipped))] {
		skipped = append(skipped, s.String())
	}
	phrase := w.ReloadDone
	if r.Diff.Empty() {
		phrase = w.ReloadSame
	}
	return phrase.With(map[string]any{
		"Added": len(r.Diff.Added), "Removed": len(r.Diff.Removed), "Changed": len(r.Diff.Changed),
		"Articles": r.Articles, "Seconds": seconds(r.Took), "Skipped": skipped, "MoreSkipped": len(r.Skipped) - len(skipped),
	})
}

// excluded lists what is taken out of the answers, each with a button to take it
// back.
func (d *Desk) excluded(ctx context.Context, w *Words) (Reply, error) {
	all, err := d.state.Exclusions(ctx)
	if err != nil {
		return Reply{}, err
	}
	if len(all) == 0 {
		return say(w.ExcludedNone.String()), nil
	}
	r := say(w.Excluded.With(map[string]any{"Articles": all[:min(sourcesAtOnce, len(all))], "Total": len(all)}))
	for _, e := range all[:min(listedAtOnce, len(all))] {
		r.Choices = append(r.Choices, []Choice{{w.Button["undo"] + " " + cut(e.Title, 20), "include:" + short(e.Article)}})
	}
	return r, nil
}

// takeOut asks which article is meant, and whether it is.
func (d *Desk) takeOut(w *Words, command, text string) Reply {
	if text == "" {
		return say(w.TakeOutWhat.With(map[string]string{"Command": "/" + command}))
	}
	var found []*knowledge.Article
	for _, a := range d.Library().Articles() {
		if a.ID == text || strings.Contains(a.Name(), text) {
			found = append(found, a)
		}
	}
	if len(found) == 0 {
		return say(w.TakeOutNone.With(map[string]string{"Text": text}))
	}
	r := say(w.TakeOut[command].With(map[string]int{"Total": len(found)}))
	for _, a := range found[:min(listedAtOnce, len(found))] {
		r.Articles = append(r.Articles, listed(a))
		r.Choices = append(r.Choices, []Choice{{w.Button[command] + " " + cut(a.Name(), 20), command + ":" + short(a.ID)}})
	}
	r.Choices = append(r.Choices, []Choice{{w.Button["cancel"], "cancel"}})
	return r
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func weeklyKey(chat int64) string { return "weekly:" + strconv.FormatInt(chat, 10) }
