package httpd

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"xiangwen/bot/problem"
)

const (
	// queueFor is how long a request waits for its turn, then it is 503. Two cores that
	// answer 1,300 different questions a second and are asked four times as many have
	// 256 of them at work for 0.2 s; with this in front the accepted have their answer
	// within a second. Where a model takes its time a turn comes too seldom for any
	// wait that a reader would bear.
	queueFor = 500 * time.Millisecond
	// busyFor is the seconds after which a client is told to come again.
	busyFor = 1
	// ahead is how much of a body is read before the turn: a little more than the
	// 64 KiB that an endpoint reads at most without an editor's token.
	ahead = 65 << 10
	// patience is how long a request keeps its turn while its client takes what is
	// written, all waits together. It is well below queueFor, so that those who wait
	// outlast a crowd that does not read. To lose the turn harms nobody.
	patience = 100 * time.Millisecond
	// sayEvery is how often the log says that requests are turned away.
	sayEvery = 10 * time.Second
)

// turns are what requests wait for. A turn is for work: who keeps us waiting over the
// network has none, or else a few hundred slow clients would shut everybody out.
type turns struct {
	work, wait chan struct{} // full when so many are at work, or wait
	log        *slog.Logger
	shed       atomic.Int64 // since said
	said       atomic.Int64 // when, in Unix nanoseconds
}

// throttle lets so many requests through at once; four times as many wait for their
// turn, and the rest is told to come again. What is said to be too much at once is
// said early: waiting would only make all slower.
func throttle(next http.Handler, atOnce int, log *slog.Logger) http.Handler {
	t := &turns{work: make(chan struct{}, atOnce), wait: make(chan struct{}, 4*atOnce), log: log}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if exempt(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		readAhead(r)
		if !t.take(r) {
			t.say()
			w.Header().Set("Retry-After", strconv.Itoa(busyFor))
			problem.Write(w, http.StatusServiceUnavailable, "too many requests at once; Retry-After says when to come again")
			return
		}
		giveBack := sync.OnceFunc(func() { <-t.work })
		defer giveBack()
		next.ServeHTTP(&patientWriter{ResponseWriter: w, left: patience, giveBack: giveBack}, r)
	})
}

// take waits for a turn, if there is room to wait.
func (t *turns) take(r *http.Request) bool {
	select {
	case t.work <- struct{}{}:
		return true
	default:
	}
	select {
	case t.wait <- struct{}{}:
		defer func() { <-t.wait }()
	default:
		return false
	}
	timer := time.NewTimer(queueFor)
	defer timer.Stop()
	select {
	case t.work <- struct{}{}:
		return true
	case <-timer.C:
	case <-r.Context().Done():
	}
	return false
}

// say logs that requests are turned away: not each of them, they come by the thousand.
func (t *turns) say() {
	t.shed.Add(1)
	now, said := time.Now().UnixNano(), t.said.Load()
	if now-said > int64(sayEvery) && t.said.CompareAndSwap(said, now) {
		t.log.Warn("too many requests at once, some are turned away (--at-once)", "requests", t.shed.Swap(0))
	}
}

// readAhead reads the body as far as it is small. An error is kept for the handler,
// which says so in its own way; the body itself would not tell it a second time.
func readAhead(r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	head, err := io.ReadAll(io.LimitReader(r.Body, ahead))
	rest := io.Reader(r.Body)
	if err != nil {
		rest = failed{err}
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), rest), r.Body}
}

// failed is the end of a body that could not be read.
type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }

// patientWriter gives the turn back when its client takes too long to read. The
// handler goes on: the server's WriteTimeout ends it.
type patientWriter struct {
	http.ResponseWriter
	left     time.Duration
	giveBack func()
}

var _ http.Flusher = (*patientWriter)(nil)

func (w *patientWriter) Write(p []byte) (n int, err error) {
	w.waiting(func() { n, err = w.ResponseWriter.Write(p) })
	return n, err
}

// FlushError is Flush for [http.ResponseController].
func (w *patientWriter) FlushError() (err error) {
	w.waiting(func() { err = http.NewResponseController(w.ResponseWriter).Flush() })
	return err
}

func (w *patientWriter) Flush() { w.FlushError() }

// Unwrap is for [http.ResponseController].
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *patientWriter) waiting(f func()) {
	began, timer := time.Now(), time.AfterFunc(w.left, w.giveBack)
	f()
	timer.Stop()
	w.left -= time.Since(began)
}
