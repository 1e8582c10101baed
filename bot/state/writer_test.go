package state

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// disk is what a writer writes to.
type disk struct {
	mu     sync.Mutex
	groups []string
	fails  error
	slow   time.Duration
}

func (d *disk) commit(group []entry) error {
	time.Sleep(d.slow)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails != nil {
		return d.fails
	}
	var text string
	for _, e := range group {
		switch {
		case e.exchange != nil:
			text += fmt.Sprintf("e%d ", e.exchange.ID)
		case e.spend != nil:
			text += fmt.Sprintf("s%s=%d ", e.spend.day, e.spend.tokens)
		case e.reserve:
			text += "r "
		default:
			text += fmt.Sprintf("d%d ", e.done)
		}
	}
	d.groups = append(d.groups, text)
	return nil
}

func (d *disk) set(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fails = err
}

func (d *disk) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	got := d.groups
	d.groups = nil
	return got
}

func record(id int64) entry { return entry{exchange: &Exchange{ID: id}} }

func TestGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		w := startWriter(d.commit, slog.New(slog.DiscardHandler))
		want := func(groups ...string) {
			t.Helper()
			if got := d.take(); !slices.Equal(got, groups) {
				t.Errorf("wrote %q, want %q", got, groups)
			}
		}
		w.add(record(1))
		synctest.Wait()
		want("e1 ") // at once
		w.add(record(2))
		w.add(entry{spend: &spend{"a", 1}})
		w.add(entry{done: 5})
		w.add(entry{spend: &spend{"a", 2}})
		w.add(entry{spend: &spend{"b", 4}})
		w.add(record(3))
		synctest.Wait()
		want()
		time.Sleep(groupPause)
		synctest.Wait()
		want("e2 sa=3 d5 sb=4 e3 ")
		w.add(record(4))
		check(t, w.flush(t.Context())) // does not wait
		want("e4 ")
		check(t, w.flush(t.Context()))
		for i := range 2*mostInGroup + 1 {
			w.add(record(int64(i)))
		}
		start := time.Now()
		check(t, w.flush(t.Context()))
		if got := d.take(); len(got) != 3 || time.Since(start) > 0 {
			t.Errorf("%d groups", len(got))
		}
		w.add(record(9))
		check(t, w.close())
		want("e9 ")
	})
}

func TestADiskThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := disk{}, &text{}
		w := startWriter(d.commit, slog.New(slog.NewTextHandler(log, nil)))
		full := errors.New("no space left")
		d.set(full)
		w.add(record(1))
		time.Sleep(retryPause / 2)
		d.set(nil)
		check(t, w.flush(t.Context()))
		if got := d.take(); !slices.Equal(got, []string{"e1 "}) {
			t.Errorf("the retry wrote %q", got)
		}
		time.Sleep(time.Hour)
		d.set(full)
		for i := range 100 {
			w.add(record(int64(i)))
			w.add(entry{done: int64(i)})
			w.add(entry{spend: &spend{"a", 1}})
			if err := w.flush(t.Context()); !errors.Is(err, full) {
				t.Fatal(err)
			}
		}
		if n := log.lines(t, "dropped"); n != 1 { // 25 s have gone by
			t.Errorf("%d lines", n)
		}
		d.set(nil)
		time.Sleep(keptPause)
		synctest.Wait()
		got := d.take()
		if len(got) != 1 || !strings.HasPrefix(got[0], "d0 sa=100 d1 ") || strings.Contains(got[0], "e") {
			t.Errorf("%.40q was kept", got)
		}
		time.Sleep(time.Hour)
		d.set(full)
		w.add(record(7))
		w.add(entry{done: 7})
		if err := w.close(); !errors.Is(err, full) {
			t.Error(err)
		}
		if n := log.lines(t, "dropped"); n != 2 && n != 3 {
			t.Errorf("%d lines\n%s", n, log)
		}
	})
}

func TestADiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := disk{slow: time.Second}, &text{}
		w := startWriter(d.commit, slog.New(slog.NewTextHandler(log, nil)))
		dropped := 0
		for i := range 2 * mostQueued {
			if !w.add(record(int64(i))) {
				dropped++
			}
			w.add(entry{done: int64(i)})
		}
		if n := log.lines(t, "queue is full"); n != 1 || dropped < mostQueued-mostInGroup {
			t.Errorf("%d are dropped, %d lines", dropped, n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := w.flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		check(t, w.close())
		n := 0
		for _, g := range d.take() {
			for _, c := range g {
				if c == 'd' {
					n++
				}
			}
		}
		if n != 2*mostQueued {
			t.Errorf("%d of %d ends of updates are written", n, 2*mostQueued)
		}
	})
}
