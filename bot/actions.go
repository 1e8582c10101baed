package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"xiangwen/bot/state"
	"xiangwen/knowledge"
	"xiangwen/rag"
)

// Outcome is what pressing a button comes to. All parts may be empty.
type Outcome struct {
	Toast   string      // shown to the reader for a moment
	Answer  *rag.Answer // a new message
	Reply   *Reply      // a new message, or with Edit in place of the pressed one
	Edit    bool
	Choices [][]Choice // with Edit and without Reply: the new buttons of the message
}

var errOld = errors.New("the button is of an older state")

// Act performs the action of a button, on behalf of the reader who pressed it. An
// action that is not known or not possible any more says so.
func (d *Desk) Act(ctx context.Context, action string, m Message, admin bool) Outcome {
	w := d.Words(d.chosen(ctx, m))
	name, argument, _ := strings.Cut(action, ":")
	if slices.Contains(adminActions, name) && !admin {
		d.log.Info("a button for admins was refused", "action", name)
		return Outcome{Toast: w.ButtonNotYours.String()}
	}
	o, err := d.act(ctx, name, argument, m, w)
	switch {
	case errors.Is(err, errOld):
		return Outcome{Toast: w.ButtonOld.String()}
	case errors.Is(err, errNotYours):
		return Outcome{Toast: w.ButtonNotYours.String()}
	case err != nil:
		d.log.Error("a button failed", "action", name, "error", err)
		return Outcome{Toast: w.Failed.String()}
	}
	return o
}

var errNotYours = errors.New("the button is another reader's")

var adminActions = []string{"remove", "exclude", "remove-yes", "exclude-yes", "include", "weekly", "add"}

func (d *Desk) act(ctx context.Context, name, argument string, m Message, w *Words) (Outcome, error) {
	replied := func(r Reply, err error) (Outcome, error) { return Outcome{Reply: &r}, err }
	turned := func(show func(*Words, int) Reply) (Outcome, error) {
		n, err := strconv.Atoi(argument)
		if err != nil {
			return Outcome{}, errOld
		}
		r := show(w, n)
		return Outcome{Reply: &r, Edit: true}, nil
	}
	switch name {
	case "up", "down", "why":
		return d.judged(ctx, name, argument, m, w)
	case "more":
		return d.readOn(argument)
	case "section":
		return d.section(argument)
	case "related":
		return d.related(ctx, argument, w)
	case "example":
		return d.example(ctx, argument, m)
	case "sources":
		return turned(d.sources)
	case "topics":
		return turned(d.topicList)
	case "topic":
		if t, ok := d.catalogue().byName[argument]; ok {
			return replied(d.topic(w, t.Name), nil)
		}
	case "follow":
		if t, ok := d.catalogue().byName[argument]; ok {
			return replied(d.follow(ctx, m, w, t.Name))
		}
	case "following":
		return replied(d.following(ctx, m, w))
	case "unfollow":
		return d.unfollow(ctx, argument, m, w)
	case "daily":
		if err := d.state.SetDaily(ctx, m.Chat, argument == "1"); err != nil {
			return Outcome{}, err
		}
		r, err := d.following(ctx, m, w)
		return Outcome{Reply: &r, Edit: true}, err
	case "language":
		if !slices.Contains(Languages, argument) {
			return Outcome{}, errOld
		}
		d.languages.Add(d.readerHash(m), argument)
		if err := d.state.SetLanguage(ctx, d.readerHash(m), argument); err != nil {
			return Outcome{}, err
		}
		return Outcome{Reply: &Reply{Text: d.words[argument].LanguageSet.String()}, Edit: true}, nil
	case "weekly":
		value, toast := "", w.WeeklyOff
		if argument == "1" {
			value, toast = time.Now().Format(time.DateOnly), w.WeeklyOn
		}
		return Outcome{Toast: toast.String()}, d.state.Set(ctx, weeklyKey(m.Chat), value)
	case "remove", "exclude":
		return d.confirm(name, argument, w)
	case "remove-yes", "exclude-yes":
		return d.takenOut(ctx, strings.TrimSuffix(name, "-yes"), argument, m, w)
	case "include":
		return d.include(ctx, argument, w)
	case "add":
		return d.add(ctx, argument, w)
	case "cancel":
		d.intake.drop(argument)
		return Outcome{Reply: &Reply{Text: w.Cancelled.String()}, Edit: true}, nil
	}
	return Outcome{}, errOld
}

// Choices are the buttons under an answer.
func (d *Desk) Choices(a rag.Answer, w *Words) [][]Choice {
	var rows [][]Choice
	if a.ID != "" && (len(a.Citations) > 0 || a.Status == rag.NotFound) {
		rows = append(rows, []Choice{{w.Button["up"], "up:" + a.ID}, {w.Button["down"], "down:" + a.ID}})
	}
	if len(a.Citations) == 0 {
		return rows
	}
	first := a.Citations[0]
	id := short(first.ArticleID)
	rows = append(rows, []Choice{
		{w.Button["more"], fmt.Sprintf("more:%s:%d:%d", id, first.Start, first.End)}, {w.Button["related"], "related:" + id},
	})
	article := d.Library().Article(first.ArticleID)
	if article == nil {
		return rows
	}
	if _, ok := d.catalogue().byName[short(article.Place)]; ok && article.Place != "" {
		rows = append(rows, []Choice{{w.Button["follow"] + " " + cut(article.Place, 20), "follow:" + short(article.Place)}})
	}
	sections := 0
	for i, heading := range headings(article) {
		if holds(article, heading, first) {
			continue // that is what was answered from
		}
		rows = append(rows, []Choice{{w.Button["section"] + cut(heading, 24), fmt.Sprintf("section:%s:%d", id, i)}})
		if sections++; sections == mostSections {
			break
		}
	}
	return rows
}

const mostSections = 3

// headings are the intertitles of an article, in order.
func headings(a *knowledge.Article) (out []string) {
	for _, p := range a.Paragraphs {
		if p.Heading != "" && !slices.Contains(out, p.Heading) {
			out = append(out, p.Heading)
		}
	}
	return out
}

func holds(a *knowledge.Article, heading string, c rag.Citation) bool {
	start, _, ok := a.ByteRange(c.Start, c.End)
	return ok && a.Paragraphs[a.ParagraphAt(start)].Heading == heading
}

// reasons of a thumb down, by the letter in the action.
var reasons = map[string]string{"w": "wrong", "i": "incomplete", "o": "outdated"}

// judged keeps a thumb up or down, or the reason of one.
func (d *Desk) judged(ctx context.Context, name, argument string, m Message, w *Words) (Outcome, error) {
	code, letter, _ := strings.Cut(argument, ":")
	f := Judgement{ID: code, Verdict: name}
	if name == "why" {
		f.Verdict, f.Reason = "down", reasons[letter]
	}
	if err := d.Judge(ctx, f, m); err != nil {
		return Outcome{}, err
	}
	if name == "down" {
		var row []Choice
		for _, l := range []string{"w", "i", "o"} {
			row = append(row, Choice{w.Button[reasons[l]], "why:" + code + ":" + l})
		}
		return Outcome{Toast: w.FeedbackWhy.String(), Edit: true, Choices: [][]Choice{row}}, nil
	}
	return Outcome{Toast: w.FeedbackThanks.String(), Edit: name == "why", Choices: nil}, nil
}

// Judgement is what a reader thinks of an answer.
type Judgement struct {
	ID      string // of the answer
	Verdict string // "up", "down", or "" to take it back
	Reason  string // "", "wrong", "incomplete" or "outdated"
}

// Errors of [Desk.Judge] beside those of the disk.
var (
	ErrNoAnswer = fmt.Errorf("there is no such answer, or it is not kept any more: %w", errOld)
	ErrNotAsker = fmt.Errorf("only the reader who asked may judge the answer: %w", errNotYours)
)

// Judge keeps a reader's feedback on an answer that the same reader was given.
func (d *Desk) Judge(ctx context.Context, j Judgement, m Message) error {
	id, err := strconv.ParseInt(j.ID, 36, 64)
	if err != nil {
		return ErrNoAnswer
	}
	e, found, err := d.state.Exchange(ctx, id)
	switch {
	case err != nil:
		return err
	case !found:
		return ErrNoAnswer
	case e.Reader != d.readerHash(m):
		return ErrNotAsker
	}
	return d.state.SetFeedback(ctx, state.Feedback{Exchange: id, Reader: e.Reader, Verdict: j.Verdict, Reason: j.Reason, At: time.Now()})
}

func (d *Desk) readOn(argument string) (Outcome, error) {
	var from, to int
	code, rest, _ := strings.Cut(argument, ":")
	article := d.catalogue().articles[code]
	if _, err := fmt.Sscanf(rest, "%d:%d", &from, &to); err != nil || article == nil {
		return Outcome{}, errOld
	}
	a, ok := d.engine.After(rag.Citation{ArticleID: article.ID, Start: from, End: to})
	if !ok || a.Status != rag.Answered {
		return Outcome{}, errOld
	}
	return Outcome{Answer: &a}, nil
}

func (d *Desk) section(argument string) (Outcome, error) {
	code, n, _ := strings.Cut(argument, ":")
	article := d.catalogue().articles[code]
	i, err := strconv.Atoi(n)
	if article == nil || err != nil {
		return Outcome{}, errOld
	}
	all := headings(article)
	if i < 0 || i >= len(all) {
		return Outcome{}, errOld
	}
	a, ok := d.engine.Section(article.ID, all[i])
	if !ok || a.Status != rag.Answered {
		return Outcome{}, errOld
	}
	return Outcome{Answer: &a}, nil
}

func (d *Desk) related(ctx context.Context, code string, w *Words) (Outcome, error) {
	article := d.catalogue().articles[code]
	if article == nil {
		return Outcome{}, errOld
	}
	r := say(w.Related.With(map[string]string{"Title": article.Name()}))
	for _, s := range d.engine.Related(ctx, article.ID, 5) {
		r.Articles = append(r.Articles, Listed{ID: s.ArticleID, Title: s.Title, Source: s.Source, Date: s.Date})
	}
	if len(r.Articles) == 0 {
		r.Text = w.RelatedNone.With(map[string]string{"Title": article.Name()})
	}
	return Outcome{Reply: &r}, nil
}

// example asks one of the examples, as they were when the button was made.
func (d *Desk) example(ctx context.Context, argument string, m Message) (Outcome, error) {
	n, code, _ := strings.Cut(argument, ":")
	i, err := strconv.Atoi(n)
	examples := d.Examples(i + 1)
	if err != nil || i < 0 || i >= len(examples) || short(examples[i]) != code {
		return Outcome{}, errOld
	}
	m.Text = examples[i]
	a := d.Ask(ctx, m)
	return Outcome{Answer: &a}, nil
}

func (d *Desk) unfollow(ctx context.Context, code string, m Message, w *Words) (Outcome, error) {
	all, err := d.state.Following(ctx, m.Chat)
	if err != nil {
		return Outcome{}, err
	}
	if code == "all" {
		if _, err := d.state.Unfollow(ctx, m.Chat, ""); err != nil {
			return Outcome{}, err
		}
		return Outcome{Reply: &Reply{Text: w.FollowingNone.String()}, Edit: true}, nil
	}
	for _, f := range all {
		if short(f.Topic) == code {
			if _, err := d.state.Unfollow(ctx, m.Chat, f.Topic); err != nil {
				return Outcome{}, err
			}
			return Outcome{Reply: &Reply{Text: w.Unfollowed.With(map[string]string{"Topic": f.Topic})}, Edit: true}, nil
		}
	}
	return Outcome{}, errOld
}

// confirm asks again before an article is taken out.
func (d *Desk) confirm(command, code string, w *Words) (Outcome, error) {
	a := d.catalogue().articles[code]
	if a == nil {
		return Outcome{}, errOld
	}
	r := say(w.TakeOutSure[command].With(map[string]string{"Title": a.Name(), "File": a.File}))
	r.Choices = [][]Choice{{{w.Button[command+"_yes"], command + "-yes:" + code}, {w.Button["cancel"], "cancel"}}}
	return Outcome{Reply: &r, Edit: true}, nil
}

func (d *Desk) takenOut(ctx context.Context, command, code string, m Message, w *Words) (Outcome, error) {
	a := d.catalogue().articles[code]
	if a == nil {
		return Outcome{}, errOld
	}
	if err := d.TakeOut(ctx, a, command == "remove", m.Reader); err != nil {
		return Outcome{}, err
	}
	r := say(w.TakenOut.With(map[string]any{"Title": a.Name(), "Articles": d.Library().Len()}))
	r.Choices = [][]Choice{{{w.Button["undo"], "include:" + code}}}
	return Outcome{Reply: &r, Edit: true}, nil
}

func (d *Desk) include(ctx context.Context, code string, w *Words) (Outcome, error) {
	all, err := d.state.Exclusions(ctx)
	if err != nil {
		return Outcome{}, err
	}
	for _, e := range all {
		if short(e.Article) == code {
			if err := d.PutBack(ctx, e.Article); err != nil {
				return Outcome{}, err
			}
			return Outcome{Reply: &Reply{Text: w.PutBack.With(map[string]any{"Title": e.Title, "Articles": d.Library().Len()})}, Edit: true}, nil
		}
	}
	return Outcome{}, errOld
}
