package state

import (
	"context"
	"database/sql"
	"time"
)

// JournalState is how far an update in work has come.
type JournalState string

// States of a pending update.
const (
	JournalNew     JournalState = "new"     // surely nothing was answered
	JournalSending JournalState = "sending" // an answer may have been sent
)

// tombstones is how long the id of a done update is known. Telegram offers an
// update again for 24 hours at most.
const tombstones = 48 * time.Hour

const endUpdate = "UPDATE journal SET done = ?, payload = NULL, chat = 0 WHERE id = ? AND done IS NULL"

// JournalEntry is an update that must be answered even if the process dies.
type JournalEntry struct {
	ID      int64 // the sender's, once only
	Chat    int64
	Payload []byte // what is needed to answer it
	At      time.Time
	State   JournalState // set by the store
}

// JournalAdd takes updates into work and says of each whether it is fresh: an id
// that was added before is not, also if it is done, for 48 hours at least. When it
// returns without an error all of them survive the end of this process, SIGKILL
// included; the last ones before a loss of power may not. All are added or none.
func (s *Store) JournalAdd(ctx context.Context, entries []JournalEntry) (fresh []bool, err error) {
	if len(entries) == 0 {
		return nil, nil
	}
	fresh = make([]bool, len(entries))
	err = within(ctx, s.write, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, "INSERT INTO journal (id, chat, payload, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
		if err != nil {
			return err
		}
		for i, e := range entries {
			n, err := affected(insert.ExecContext(ctx, e.ID, e.Chat, e.Payload, micros(e.At)))
			if err != nil {
				return err
			}
			fresh[i] = n > 0
		}
		return nil
	})
	if err != nil {
		return nil, s.wrap("add to the journal", err)
	}
	return fresh, nil
}

// JournalSending says that an answer to an update is about to be sent. It is
// durable like [Store.JournalAdd] when it returns. For an update that is done or not
// known it does nothing.
func (s *Store) JournalSending(ctx context.Context, id int64) error {
	_, err := s.change(ctx, do("UPDATE journal SET sending = 1 WHERE id = ? AND done IS NULL", id))
	return s.wrap("mark an update as being answered", err)
}

// JournalDone ends the work on an update, in the background, in the order of calls
// and within about 20 ms. Its payload is deleted, its id stays known. If the disk
// fails it is tried until the store is closed.
func (s *Store) JournalDone(id int64) { s.writer.add(entry{done: id}) }

// JournalPending returns the updates in work, of all processes that use the folder,
// oldest first.
func (s *Store) JournalPending(ctx context.Context) ([]JournalEntry, error) {
	// What is done already but queued is not to be done again.
	if err := s.writer.flush(ctx); ctx.Err() != nil {
		return nil, s.wrap("read the journal", err)
	}
	pending, err := list(ctx, s.read, func(scan func(...any) error) (e JournalEntry, err error) {
		var at int64
		var sending bool
		err = scan(&e.ID, &e.Chat, &e.Payload, &at, &sending)
		e.At, e.State = time.UnixMicro(at), JournalNew
		if sending {
			e.State = JournalSending
		}
		return e, err
	}, "SELECT id, chat, payload, at, sending FROM journal WHERE done IS NULL ORDER BY at, id")
	return pending, s.wrap("read the journal", err)
}
