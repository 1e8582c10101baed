package bot

import (
	"context"
	"time"

	"xiangwen/bot/state"
	"xiangwen/knowledge"
	"xiangwen/rag"
)

// Search finds the n best passages for a text, best first.
func (d *Desk) Search(ctx context.Context, text string, n int) []rag.Passage {
	found, err := d.engine.Search(ctx, clean(text), n)
	if err != nil {
		d.log.Debug("vectors could not be asked", "error", err)
	}
	return found
}

// Status is how the desk is doing.
type Status struct {
	Articles, Chunks int
	Version          string // of the knowledge
	Skipped          []knowledge.Skip
	Since            time.Time // of the start
	Reloading        bool
	Durable          bool // what is remembered outlives a restart
	Uploads          bool // there is a folder that files can be added to
	Today, Week      state.Stats
}

// Status of the desk. An error is one of the disk.
func (d *Desk) Status(ctx context.Context) (Status, error) {
	now := time.Now()
	lib := d.Library()
	s := Status{
		Articles: lib.Len(), Chunks: d.engine.Chunks(), Version: lib.Version(), Skipped: lib.Skipped(), Since: d.since,
		Durable: d.state.Durable(), Uploads: d.options.Shelf != nil,
	}
	if s.Reloading = !d.reloading.TryLock(); !s.Reloading {
		d.reloading.Unlock()
	}
	var err error
	if s.Today, err = d.state.Stats(ctx, midnight(now), now.Add(time.Second)); err == nil {
		s.Week, err = d.state.Stats(ctx, now.Add(-week), now.Add(time.Second))
	}
	return s, err
}

// Daily counts the questions of so many days up to today, oldest first.
func (d *Desk) Daily(ctx context.Context, days int) ([]state.Day, error) {
	return d.state.Daily(ctx, days, time.Now())
}

// Feedback is what readers thought of answers since a time, newest first.
func (d *Desk) Feedback(ctx context.Context, since time.Time, most int) ([]state.FeedbackRow, error) {
	return d.state.FeedbackList(ctx, since, most)
}

// Exclusions are the articles that editors have taken out, newest first.
func (d *Desk) Exclusions(ctx context.Context) ([]state.Exclusion, error) {
	return d.state.Exclusions(ctx)
}

// Preview reads a file as it would be added, without keeping it.
func (d *Desk) Preview(ctx context.Context, f File) (*knowledge.Library, error) {
	if d.options.Shelf == nil {
		return nil, ErrNoShelf
	}
	return d.options.Shelf.Preview(ctx, f.Name, f.Data)
}

// GapsCSV is a table of gaps for spreadsheets, its heading in a language.
func (d *Desk) GapsCSV(gaps []Gap, language string) []byte { return gapsCSV(gaps, d.Words(language)) }
