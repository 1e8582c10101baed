package bot

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"xiangwen/bot/state"
	"xiangwen/rag"
)

func (d *Desk) readerHash(m Message) string {
	if m.Reader == "" {
		return ""
	}
	return d.state.Hash("reader", m.Front+":"+m.Reader)
}

func (d *Desk) conversationHash(m Message) string {
	if m.Conversation == "" {
		return ""
	}
	return d.state.Hash("conversation", m.Front+":"+m.Conversation)
}

// chatOfReader is the chat whose follows are the reader's own.
func (m Message) chatOfReader() int64 {
	if m.Private {
		return m.Chat
	}
	return 0
}

// chosen is the language that the reader has chosen, else the one that the message
// shows.
func (d *Desk) chosen(ctx context.Context, m Message) string {
	reader := d.readerHash(m)
	if reader == "" {
		return m.Language
	}
	lang, known := d.languages.Get(reader)
	if !known {
		var err error
		if lang, err = d.state.Language(ctx, reader); err != nil {
			d.log.Warn("a reader's language could not be looked up", "error", err)
		} else {
			d.languages.Add(reader, lang)
		}
	}
	if lang == "" {
		return m.Language
	}
	return lang
}

// record keeps an exchange and names the answer by it.
func (d *Desk) record(m Message, a *rag.Answer, at time.Time, took time.Duration) {
	e := state.Exchange{
		ID: d.state.NextID(), At: at, Front: m.Front, Reader: d.readerHash(m), Conversation: d.conversationHash(m), Language: m.Language,
		Question: m.Text, SearchedFor: a.SearchedFor, Status: string(a.Status), Method: a.Method, Answer: a.Text, Failure: string(a.Failure), Took: took,
	}
	if a.Usage != nil {
		e.Tokens = a.Usage.Total()
	}
	for _, c := range a.Citations {
		e.Articles = append(e.Articles, c.ArticleID)
	}
	for _, p := range a.Passages {
		e.Passages = append(e.Passages, p.ArticleID+"#"+strconv.Itoa(p.Chunk))
	}
	a.ID = strconv.FormatInt(e.ID, 36)
	d.state.Record(e)
}

// remembered are the turns of a conversation, from the store after a restart.
func (d *Desk) remembered(ctx context.Context, m Message) []rag.Turn {
	if m.History != nil {
		return m.History
	}
	if turns := d.history.of(m.Conversation); turns != nil || d.options.History <= 0 || m.Conversation == "" {
		return turns
	}
	since := time.Now().Add(-d.options.History)
	if since.Before(d.since) {
		kept, err := d.state.History(ctx, d.conversationHash(m), since, keptTurns)
		if err != nil {
			d.log.Warn("a conversation could not be looked up", "error", err)
		}
		for _, e := range kept {
			t := rag.Turn{Question: e.Question, Text: e.Answer}
			if e.SearchedFor != "" {
				t.Question = e.SearchedFor
			}
			d.history.restore(m.Conversation, t)
		}
	}
	return d.history.of(m.Conversation)
}

// Alarm is something that admins should know, once and not with every question.
type Alarm string

const (
	ModelFails   Alarm = "model_fails"
	ModelWorks   Alarm = "model_works" // again
	ReloadFailed Alarm = "reload_failed"
)

// failuresToAlarm is how many answers in a row the model must have failed at.
const failuresToAlarm = 3

type alarms struct {
	mu       sync.Mutex
	tell     func(a Alarm, why string)
	failures int  // of the model, in a row
	raised   bool // for the model
	failed   bool // the last reload
}

// OnAlarm has tell called with each alarm. Set it before the first question.
func (d *Desk) OnAlarm(tell func(a Alarm, why string)) { d.alarms.tell = tell }

// model watches what becomes of the questions that are put to a model.
func (l *alarms) model(a rag.Answer, log *slog.Logger) {
	if a.Failure == "" && (a.Method == "" || a.Method == rag.MethodExtractive) {
		return // it was not asked
	}
	var tell func()
	l.mu.Lock()
	switch {
	case a.Failure == rag.FoundNothing, a.Failure == rag.NothingProven, a.Failure == rag.WrongLanguage:
		// It works, as models do.
	case a.Failure == "":
		if l.failures = 0; l.raised && l.tell != nil {
			tell = func() { l.tell(ModelWorks, "") }
		}
		l.raised = false
	default:
		if l.failures++; l.failures >= failuresToAlarm && !l.raised {
			l.raised = true
			log.Warn("the model fails again and again", "reason", a.Failure)
			if l.tell != nil {
				tell = func() { l.tell(ModelFails, string(a.Failure)) }
			}
		}
	}
	l.mu.Unlock()
	if tell != nil {
		go tell() // nobody's answer waits for it
	}
}

// knowledge watches what becomes of reloads.
func (l *alarms) knowledge(err error) {
	l.mu.Lock()
	first := err != nil && !l.failed
	l.failed = err != nil
	l.mu.Unlock()
	if first && l.tell != nil {
		go l.tell(ReloadFailed, err.Error())
	}
}
