package state

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	mostQueued  = 8192                   // exchanges; more are dropped
	mostEntries = 8 * mostQueued         // of all kinds
	mostInGroup = 512                    // entries of a transaction
	groupPause  = 20 * time.Millisecond  // between transactions, if nobody waits
	retryPause  = 250 * time.Millisecond // before a group is tried again
	keptPause   = 5 * time.Second        // before what was kept is tried again
	logPause    = time.Minute            // between lines about what was dropped
)

var errFull = errors.New("the queue is full")

// entry is one thing to be written. One field is set.
type entry struct {
	exchange *Exchange
	spend    *spend
	done     int64 // id of the journal; 0 is one too, if nothing else is set
	reserve  bool  // ids
}

type spend struct {
	day    string
	tokens int
}

// writer writes in the background, in groups, in the order of adding. When the
// disk fails, a group is tried once more; then its exchanges are dropped, and the
// small rest of it, which is worth more than it weighs, goes with the next group.
type writer struct {
	commit  func([]entry) error
	log     *slog.Logger
	wake    chan struct{}
	closing chan struct{}
	stopped chan struct{}

	mu             sync.Mutex
	queue          []entry // oldest first
	records        int     // exchanges in it
	today          *spend  // in the queue, to be added to
	writing        []entry
	added, written int64 // entries so far
	waiting        []*waiter
	kept           []entry // of groups that have failed
	closed         bool

	dropped int   // since the log told
	reason  error // of the last
	told    time.Time
}

// waiter waits until so many entries are written or dropped.
type waiter struct {
	until int64
	err   error
	done  chan struct{}
}

func startWriter(commit func([]entry) error, log *slog.Logger) *writer {
	w := &writer{
		commit:  commit,
		log:     log,
		wake:    make(chan struct{}, 1),
		closing: make(chan struct{}),
		stopped: make(chan struct{}),
	}
	go w.run()
	return w
}

// add queues an entry and reports whether there was room for it.
func (w *writer) add(e entry) bool {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return false
	}
	if e.spend != nil && w.today != nil && w.today.day == e.spend.day {
		w.today.tokens += e.spend.tokens
		w.mu.Unlock()
		return true
	}
	if e.exchange != nil && w.records >= mostQueued || len(w.queue) >= mostEntries {
		tell := w.drop(1, errFull)
		w.mu.Unlock()
		tell()
		return false
	}
	if e.exchange != nil {
		w.records++
	}
	if e.spend != nil {
		w.today = e.spend
	}
	w.queue = append(w.queue, e)
	w.added++
	w.mu.Unlock()
	w.rouse()
	return true
}

func (w *writer) rouse() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// drop counts what is lost, and why. The function it returns logs that, if it is
// time to, and is called without the lock.
func (w *writer) drop(n int, reason error) (tell func()) {
	w.dropped += n
	if n > 0 {
		w.reason = reason
	}
	if w.dropped == 0 || !w.closed && time.Since(w.told) < logPause {
		return func() {}
	}
	dropped, reason := w.dropped, w.reason
	w.dropped, w.told = 0, time.Now()
	return func() {
		w.log.Warn("what was to be remembered is dropped, answers go on", "entries", dropped, "error", reason)
	}
}

// flush waits until everything added before is written.
func (w *writer) flush(ctx context.Context) error {
	w.mu.Lock()
	if w.idle() {
		w.mu.Unlock()
		return nil
	}
	wait := &waiter{until: w.added, done: make(chan struct{})}
	w.waiting = append(w.waiting, wait)
	w.mu.Unlock()
	w.rouse()
	select {
	case <-wait.done:
		return wait.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// settle makes sure that a reader sees the queued exchanges that match. Those that
// can't be written are no error of the reader's.
func (w *writer) settle(ctx context.Context, match func(*Exchange) bool) error {
	is := func(e entry) bool { return e.exchange != nil && match(e.exchange) }
	w.mu.Lock()
	found := slices.ContainsFunc(w.writing, is) || slices.ContainsFunc(w.queue, is)
	w.mu.Unlock()
	if found {
		w.flush(ctx)
	}
	return ctx.Err()
}

// close writes the rest and ends the goroutine.
func (w *writer) close() error {
	w.mu.Lock()
	wait := &waiter{until: w.added, done: make(chan struct{})}
	if !w.idle() {
		w.waiting = append(w.waiting, wait)
	}
	w.closed = true
	w.mu.Unlock()
	close(w.closing)
	<-w.stopped
	w.mu.Lock()
	tell := w.drop(0, nil) // what the log has not told yet
	w.mu.Unlock()
	tell()
	return wait.err
}

func (w *writer) idle() bool {
	return w.written == w.added && w.writing == nil && len(w.kept) == 0
}

func (w *writer) run() {
	defer close(w.stopped)
	var last time.Time
	for {
		group, fresh, ok := w.next(last)
		if !ok {
			return
		}
		last = time.Now()
		err := w.commit(group)
		if err != nil {
			select {
			case <-time.After(retryPause):
			case <-w.closing:
			}
			err = w.commit(group)
		}
		w.finish(group, fresh, err)
	}
}

// next waits for a group, of which so many entries are written for the first time.
// It is not ok when there will be no more.
func (w *writer) next(last time.Time) (group []entry, fresh int, ok bool) {
	for {
		w.mu.Lock()
		n := min(len(w.queue), mostInGroup)
		pause := groupPause
		if n == 0 {
			pause = keptPause
		}
		if w.closed || len(w.waiting) > 0 || n == mostInGroup {
			pause = 0
		}
		some := n > 0 || len(w.kept) > 0
		if rest := pause - time.Since(last); some && rest > 0 {
			w.mu.Unlock()
			select {
			case <-time.After(rest):
			case <-w.wake:
			case <-w.closing:
			}
			continue
		}
		if some {
			group = w.take(n)
			w.mu.Unlock()
			return group, n, true
		}
		closed := w.closed
		w.mu.Unlock()
		if closed {
			return nil, 0, false
		}
		select {
		case <-w.wake:
		case <-w.closing:
		}
	}
}

// take makes a group of what was kept and the first n of the queue.
func (w *writer) take(n int) []entry {
	group := slices.Concat(w.kept, w.queue[:n])
	w.queue = slices.Delete(w.queue, 0, n)
	for _, e := range group {
		if e.exchange != nil {
			w.records--
		}
		if e.spend == w.today {
			w.today = nil
		}
	}
	w.kept, w.writing = nil, group
	return group
}

// finish releases who waits for the group. After an error it keeps what is small.
func (w *writer) finish(group []entry, fresh int, err error) {
	w.mu.Lock()
	w.writing = nil
	w.written += int64(fresh)
	if err != nil && !(w.closed && len(w.queue) == 0) {
		w.kept = keep(group)
	}
	tell := func() {}
	if err != nil {
		tell = w.drop(len(group)-len(w.kept), err)
	}
	for _, wait := range w.waiting {
		wait.err = errors.Join(wait.err, err)
	}
	w.waiting = slices.DeleteFunc(w.waiting, func(wait *waiter) bool {
		if wait.until > w.written {
			return false
		}
		close(wait.done)
		return true
	})
	w.mu.Unlock()
	tell()
}

// keep returns what of a failed group is tried again: spending, a line a day, and
// ends of updates, of which the newest count most.
func keep(group []entry) (kept []entry) {
	days := make(map[string]*spend)
	for _, e := range group {
		switch {
		case e.exchange != nil || e.reserve:
		case e.spend == nil:
			kept = append(kept, e)
		case days[e.spend.day] == nil:
			days[e.spend.day] = e.spend
			kept = append(kept, e)
		default:
			days[e.spend.day].tokens += e.spend.tokens
		}
	}
	return kept[max(0, len(kept)-mostEntries):]
}
