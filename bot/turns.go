package bot

import (
	"context"
	"sync"
)

// turns lets one question of a conversation be answered at a time. The zero value
// is ready.
type turns struct {
	mu    sync.Mutex
	taken map[string]*turn
}

type turn struct {
	free    chan struct{} // holds one token while nobody answers
	waiting int           // askers, the one being answered among them
}

// take waits for the conversation's turn, which done gives back. It fails only
// when ctx is done. Questions without a conversation never wait.
func (t *turns) take(ctx context.Context, conversation string) (done func(), err error) {
	if conversation == "" {
		return func() {}, nil
	}
	t.mu.Lock()
	if t.taken == nil {
		t.taken = make(map[string]*turn)
	}
	c := t.taken[conversation]
	if c == nil {
		c = &turn{free: make(chan struct{}, 1)}
		c.free <- struct{}{}
		t.taken[conversation] = c
	}
	c.waiting++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if c.waiting--; c.waiting == 0 {
			delete(t.taken, conversation)
		}
	}
	select {
	case <-c.free:
		return func() { c.free <- struct{}{}; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
