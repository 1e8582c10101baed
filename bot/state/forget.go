package state

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// slice is how many rows are deleted in a transaction, so that readers' questions
// need not wait long for their turn to write.
const slice = 1000

// Forgotten counts what [Store.Forget] has deleted.
type Forgotten struct{ Exchanges, Feedback, Follows, Languages int }

// Forget deletes all that is kept of a reader, of a conversation and of a chat; ""
// and 0 stand for none. What is queued of them is written first, so that nothing
// arrives later, except the exchange in which forgetting is asked for if it is
// recorded afterwards. Updates of the chat that are in work stay until they are done.
func (s *Store) Forget(ctx context.Context, reader, conversation string, chat int64) (Forgotten, error) {
	var f Forgotten
	// What could not be written does not arrive either.
	if err := s.writer.flush(ctx); ctx.Err() != nil {
		return f, s.wrap("forget", err)
	}
	err := within(ctx, s.write, func(tx *sql.Tx) error {
		for _, d := range []struct {
			ask   bool
			count *int
			from  string
			arg   any
		}{
			{reader != "", &f.Exchanges, "exchanges WHERE reader = ? AND reader <> ''", reader},
			{conversation != "", &f.Exchanges, "exchanges WHERE conversation = ? AND conversation <> ''", conversation},
			{reader != "", &f.Feedback, "feedback WHERE reader = ?", reader},
			{reader != "", &f.Languages, "languages WHERE reader = ?", reader},
			{reader != "", &f.Follows, "follows WHERE reader = ?", reader},
			{chat != 0, &f.Follows, "follows WHERE chat = ?", chat},
			{chat != 0, nil, "notices WHERE chat = ?", chat},
			{chat != 0, nil, "chats WHERE chat = ?", chat},
		} {
			if !d.ask {
				continue
			}
			n, err := affected(tx.ExecContext(ctx, "DELETE FROM "+d.from, d.arg))
			if err != nil {
				return err
			}
			if d.count != nil {
				*d.count += n
			}
		}
		return nil
	})
	if err != nil {
		return Forgotten{}, s.wrap("forget", err)
	}
	// The texts are in the log of writes too. If somebody reads it now, they go when
	// it is written over.
	s.write.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return f, nil
}

// Purge deletes what is older than a time: exchanges, feedback, notices (also those
// that nobody could be sent) and updates in work, which nobody waits for any more.
// Updates that are done are deleted after 48 hours, whatever before is. It returns
// how many rows that were, and gives their space back to the disk. Others can write
// in between.
func (s *Store) Purge(ctx context.Context, before time.Time) (int, error) {
	limit, done := before.UnixMicro(), time.Now().Add(-tombstones).UnixMicro()
	total := 0
	for _, d := range []struct {
		from, key, which string
		limit            int64
	}{
		{"exchanges", "id", "at < ?", limit},
		{"feedback", "exchange, reader", "at < ?", limit},
		{"notices", "id", "coalesce(sent, at) < ?", limit},
		{"journal", "id", "done IS NULL AND at < ?", limit},
		{"journal", "id", "done < ?", done},
		// Chats that follow nothing, once their pause is over.
		{"chats", "chat", "chat NOT IN (SELECT chat FROM follows) AND coalesce(last_sent, 0) < ?", limit},
	} {
		query := fmt.Sprintf("DELETE FROM %[1]s WHERE (%[2]s) IN (SELECT %[2]s FROM %[1]s WHERE %[3]s LIMIT ?)", d.from, d.key, d.which)
		for {
			n, err := s.change(ctx, do(query, d.limit, slice))
			if err != nil {
				return total, s.wrap("purge", err)
			}
			total += n
			if n < slice {
				break
			}
		}
	}
	return total, s.wrap("shrink the database", s.shrink(ctx))
}

// shrink gives free pages back, some at a time.
func (s *Store) shrink(ctx context.Context) error {
	for free := -1; ; {
		left, err := value[int](ctx, s.write, "PRAGMA freelist_count")
		if err != nil {
			return err
		}
		if left == 0 || left == free {
			break
		}
		free = left
		if _, err := s.write.ExecContext(ctx, "PRAGMA incremental_vacuum(1000)"); err != nil {
			return err
		}
	}
	_, err := s.write.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
	return err
}
