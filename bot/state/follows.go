package state

import (
	"context"
	"database/sql"
	"time"
)

// Follow is a topic that a chat is told of.
type Follow struct {
	Chat     int64
	Thread   int    // of the chat, 0 if it has none
	Reader   string // hash of who asked for it
	Topic    string
	Language string // of the notices
	Daily    bool   // one sending a day; of the whole chat, see [Store.SetDaily]
	At       time.Time
}

// Follow makes a chat follow a topic. If it does already, added is false and
// notices go to the thread and in the language given now. Daily makes all of the
// chat's sendings daily; without it they stay as they are.
func (s *Store) Follow(ctx context.Context, f Follow) (added bool, err error) {
	err = within(ctx, s.write, func(tx *sql.Tx) error {
		n, err := affected(tx.ExecContext(ctx, `INSERT INTO follows (chat, topic, thread, reader, language, at)
			VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, f.Chat, f.Topic, f.Thread, f.Reader, f.Language, micros(f.At)))
		if err != nil {
			return err
		}
		if added = n > 0; !added {
			if _, err := tx.ExecContext(ctx, "UPDATE follows SET thread = ?, language = ? WHERE chat = ? AND topic = ?",
				f.Thread, f.Language, f.Chat, f.Topic); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO chats (chat, daily) VALUES (?, ?) ON CONFLICT DO UPDATE SET daily = max(daily, excluded.daily)",
			f.Chat, f.Daily)
		return err
	})
	return added && err == nil, s.wrap("follow", err)
}

// Unfollow ends following a topic, or all topics if it is "", and reports whether
// the chat followed it. What was still to be sent of it is not sent any more, also
// not when the chat follows again.
func (s *Store) Unfollow(ctx context.Context, chat int64, topic string) (bool, error) {
	n := 0
	err := within(ctx, s.write, func(tx *sql.Tx) (err error) {
		const which = " WHERE chat = ?1 AND (?2 = '' OR topic = ?2)"
		if _, err = tx.ExecContext(ctx, "UPDATE notices SET sent = ?3"+which+" AND sent IS NULL", chat, topic, micros(time.Time{})); err != nil {
			return err
		}
		n, err = affected(tx.ExecContext(ctx, "DELETE FROM follows"+which, chat, topic))
		return err
	})
	return n > 0 && err == nil, s.wrap("unfollow", err)
}

// Following returns what a chat follows, oldest first.
func (s *Store) Following(ctx context.Context, chat int64) ([]Follow, error) {
	return s.follows(ctx, "WHERE f.chat = ? ORDER BY f.at, f.topic", chat)
}

// Follows returns what all chats follow, by chat, oldest first.
func (s *Store) Follows(ctx context.Context) ([]Follow, error) {
	return s.follows(ctx, "ORDER BY f.chat, f.at, f.topic")
}

func (s *Store) follows(ctx context.Context, which string, args ...any) ([]Follow, error) {
	all, err := list(ctx, s.read, func(scan func(...any) error) (f Follow, err error) {
		var at int64
		err = scan(&f.Chat, &f.Thread, &f.Reader, &f.Topic, &f.Language, &f.Daily, &at)
		f.At = time.UnixMicro(at)
		return f, err
	}, `SELECT f.chat, f.thread, f.reader, f.topic, f.language, coalesce(c.daily, 0), f.at
		FROM follows f LEFT JOIN chats c ON c.chat = f.chat `+which, args...)
	return all, s.wrap("list follows", err)
}

// SetDaily says whether a chat is sent notices once a day or, at most, once an
// hour.
func (s *Store) SetDaily(ctx context.Context, chat int64, daily bool) error {
	_, err := s.change(ctx, do("INSERT INTO chats (chat, daily) VALUES (?, ?) ON CONFLICT DO UPDATE SET daily = excluded.daily", chat, daily))
	return s.wrap("set daily", err)
}

// MoveChat gives all that a chat has (follows, notices, updates in work) to the
// chat that it has become.
func (s *Store) MoveChat(ctx context.Context, from, to int64) error {
	if from == to {
		return nil
	}
	_, err := s.change(ctx,
		do("UPDATE OR IGNORE follows SET chat = ?2 WHERE chat = ?1", from, to),
		do("DELETE FROM follows WHERE chat = ?1", from),
		// What one of the two has got is not sent to the other.
		do(`UPDATE notices SET sent = (SELECT o.sent FROM notices o WHERE o.chat = ?1 AND o.article = notices.article)
			WHERE chat = ?2 AND sent IS NULL AND article IN (SELECT article FROM notices WHERE chat = ?1)`, from, to),
		do("UPDATE OR IGNORE notices SET chat = ?2 WHERE chat = ?1", from, to),
		do("DELETE FROM notices WHERE chat = ?1", from),
		do("UPDATE journal SET chat = ?2 WHERE chat = ?1 AND done IS NULL", from, to),
		do(`INSERT INTO chats (chat, daily, last_sent) SELECT ?2, daily, last_sent FROM chats WHERE chat = ?1
			ON CONFLICT DO UPDATE SET daily = max(daily, excluded.daily),
				last_sent = nullif(max(coalesce(last_sent, 0), coalesce(excluded.last_sent, 0)), 0)`, from, to),
		do("DELETE FROM chats WHERE chat = ?1", from),
	)
	return s.wrap("move a chat", err)
}

// DropChat ends all that is sent to a chat, for one that can't be reached any more:
// it follows nothing, its notices count as sent, its updates in work as done.
func (s *Store) DropChat(ctx context.Context, chat int64) error {
	now := micros(time.Time{})
	_, err := s.change(ctx,
		do("DELETE FROM follows WHERE chat = ?", chat),
		do("DELETE FROM chats WHERE chat = ?", chat),
		do("UPDATE notices SET sent = ? WHERE chat = ? AND sent IS NULL", now, chat),
		do("UPDATE journal SET done = ?, payload = NULL, chat = 0 WHERE chat = ? AND done IS NULL", now, chat),
	)
	return s.wrap("drop a chat", err)
}
