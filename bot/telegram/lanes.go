package telegram

import (
	"context"
	"sync"
	"time"
)

// laneDepth is how many messages of one conversation may wait.
const laneDepth = 20

// lanes run jobs: those of one conversation one after another in the order they
// came, those of different ones beside each other on a fixed number of workers.
// A conversation never holds more than one worker, however much it asks.
type lanes struct {
	workers chan struct{}
	running sync.WaitGroup

	mu      sync.Mutex
	waiting map[string][]func() // has a key while a worker is at it
}

func newLanes(workers int) *lanes {
	return &lanes{workers: make(chan struct{}, workers), waiting: make(map[string][]func())}
}

// add takes a job over, waiting for a free worker if its conversation has none.
// It returns false, with nothing taken over, once ctx is done. If too many jobs
// of the conversation wait, full is queued in place of the first one too many,
// and nothing for the others. Calls must not overlap.
func (l *lanes) add(ctx context.Context, conversation string, job, full func()) bool {
	if ctx.Err() != nil {
		return false
	}
	if l.queue(conversation, job, full) {
		return true
	}
	select {
	case l.workers <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	l.mu.Lock()
	l.waiting[conversation] = nil
	l.mu.Unlock()
	l.running.Go(func() { l.run(conversation, job) })
	return true
}

// queue puts the job behind those of its conversation; false if no worker is
// at that conversation.
func (l *lanes) queue(conversation string, job, full func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	jobs, ok := l.waiting[conversation]
	switch {
	case !ok:
		return false
	case len(jobs) < laneDepth:
		l.waiting[conversation] = append(jobs, job)
	case len(jobs) == laneDepth:
		l.waiting[conversation] = append(jobs, full)
	}
	return true
}

func (l *lanes) run(conversation string, job func()) {
	defer func() { <-l.workers }()
	for job != nil {
		job()
		l.mu.Lock()
		if jobs := l.waiting[conversation]; len(jobs) > 0 {
			job, l.waiting[conversation] = jobs[0], jobs[1:]
		} else {
			job = nil
			delete(l.waiting, conversation)
		}
		l.mu.Unlock()
	}
}

// wait returns true once every job has run, false if that takes longer.
func (l *lanes) wait(limit time.Duration) bool {
	done := make(chan struct{})
	go func() {
		l.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-time.After(limit):
		return false
	}
}

// throttle lets a log line through once a minute.
type throttle struct {
	mu      sync.Mutex
	last    time.Time
	skipped int
}

// allow tells whether to log now, and how many were not logged since.
func (t *throttle) allow(now time.Time) (skipped int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.last) < time.Minute {
		t.skipped++
		return 0, false
	}
	skipped, t.skipped, t.last = t.skipped, 0, now
	return skipped, true
}
