package bot

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
)

func TestOneQuestionOfAConversationAtATime(t *testing.T) {
	var turns turns
	var now, most atomic.Int32
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			done, err := turns.take(context.Background(), "a")
			if err != nil {
				t.Error(err)
				return
			}
			defer done()
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			now.Add(-1)
		})
	}
	wait.Wait()
	if most.Load() != 1 || len(turns.taken) != 0 {
		t.Errorf("%d at once, %d left", most.Load(), len(turns.taken))
	}
	done, _ := turns.take(context.Background(), "a")
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := turns.take(ended, "a"); err == nil {
		t.Error("two have the same turn")
	}
	done()
	if len(turns.taken) != 0 {
		t.Errorf("%d left", len(turns.taken))
	}
}
