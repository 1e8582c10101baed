package state

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// block is how many ids a process reserves at a time. They come in blocks so
	// that an id costs nothing and two processes never give the same.
	block = 8192
	// Above this are the ids of blocks that could not be reserved. All are below
	// 2^45, which is nine digits to base 36.
	unreserved = 1 << 44
)

// epoch is when counting began. No block begins below the milliseconds since then,
// so that a new database does not give ids again that are on buttons in old
// messages.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// ids gives ids from reserved blocks.
type ids struct {
	mu     sync.Mutex
	blocks [][2]int64 // next id and end, the one in use first
	asked  bool       // another block is on its way
}

// NextID gives an id for an exchange, never the same twice whatever process
// asks; positive and below 2^45. It never waits for the disk.
func (s *Store) NextID() int64 {
	id, low := s.ids.next()
	if low && !s.writer.add(entry{reserve: true}) {
		s.ids.failed()
	}
	return id
}

// next says too whether another block should be reserved now.
func (i *ids) next() (id int64, low bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.blocks) == 0 {
		// The disk is slow or full. A random block out of 2^44 ids is as good as one
		// of our own.
		base := unreserved + rand.Int64N(unreserved-block)
		i.blocks = append(i.blocks, [2]int64{base, base + block})
	}
	b := &i.blocks[0]
	id = b[0]
	b[0]++
	low = len(i.blocks) == 1 && b[1]-b[0] < block/2 && !i.asked
	i.asked = i.asked || low
	if b[0] == b[1] {
		i.blocks = i.blocks[1:]
	}
	return id, low
}

func (i *ids) add(base int64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.blocks = append(i.blocks, [2]int64{base, base + block})
	i.asked = false
}

// failed allows to ask again.
func (i *ids) failed() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked = false
}

// reserve takes a block for this process and returns its first id.
func reserve(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) (base int64, err error) {
	now := time.Since(epoch).Milliseconds()
	if now < 0 || now > unreserved/2 {
		now = 0 // the clock is wrong
	}
	err = q.QueryRowContext(ctx, "UPDATE ids SET next = max(next, ?) + ? RETURNING next - ?", now, block, block).Scan(&base)
	return base, err
}
