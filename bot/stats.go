package bot

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"xiangwen/rag"
)

// tally counts answers since the start. Times are kept in a ring, so that the
// median is of the latest questions and memory stays flat.
type tally struct {
	since time.Time

	mu      sync.Mutex
	status  map[rag.Status]int
	took    [1024]time.Duration
	answers int
}

func (t *tally) add(s rag.Status, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.status == nil {
		t.status = make(map[rag.Status]int)
	}
	t.status[s]++
	t.took[t.answers%len(t.took)] = took
	t.answers++
}

func (t *tally) median() time.Duration {
	t.mu.Lock()
	latest := slices.Clone(t.took[:min(t.answers, len(t.took))])
	t.mu.Unlock()
	if len(latest) == 0 {
		return 0
	}
	slices.Sort(latest)
	return latest[len(latest)/2]
}

func (t *tally) count(statuses ...rag.Status) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range statuses {
		n += t.status[s]
	}
	return n
}

func (d *Desk) stats(w *Words) string {
	lib := d.Library()
	answered := d.tally.count(rag.Answered, rag.Partial)
	notFound := d.tally.count(rag.NotFound)
	other := d.tally.count(rag.Clarify, rag.Redirected, rag.Declined, rag.Failed)
	return w.Stats.With(map[string]any{
		"Articles": lib.Len(), "Chunks": d.engine.Chunks(), "Version": lib.Version(),
		"Questions": answered + notFound + other, "Answered": answered, "NotFound": notFound, "Other": other,
		"MedianMS": strconv.FormatFloat(float64(d.tally.median().Microseconds())/1000, 'f', 1, 64),
		"Uptime":   time.Since(d.tally.since).Round(time.Second).String(),
	})
}

// seconds formats a duration for a report: two digits after the point.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) }
