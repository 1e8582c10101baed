package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// Pauses between sendings to a chat.
const (
	sendingPause = time.Hour
	dailyPause   = 24 * time.Hour
)

// Notice is an article that a chat is to be told of.
type Notice struct {
	ID       int64 // set by the store
	Chat     int64
	Thread   int
	Topic    string
	Article  string // id
	Language string
	At       time.Time
}

// AddNotices adds what is to be sent and returns how many are new. A chat has an
// article once only, also after it was sent, until [Store.Purge] removes it: adding
// again repeats nothing. All are added or none.
func (s *Store) AddNotices(ctx context.Context, notices []Notice) (added int, err error) {
	if len(notices) == 0 {
		return 0, nil
	}
	err = within(ctx, s.write, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, `INSERT INTO notices (chat, article, thread, topic, language, at)
			VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
		if err != nil {
			return err
		}
		for _, n := range notices {
			rows, err := affected(insert.ExecContext(ctx, n.Chat, n.Article, n.Thread, n.Topic, n.Language, micros(n.At)))
			if err != nil {
				return err
			}
			added += rows
		}
		return nil
	})
	if err != nil {
		return 0, s.wrap("add notices", err)
	}
	return added, nil
}

// DueNotices returns what can be sent now, by chat, oldest first: notices of topics
// that the chat still follows, if nothing was sent to it for an hour, or for 24 if
// it wants one sending a day.
func (s *Store) DueNotices(ctx context.Context, now time.Time) ([]Notice, error) {
	due, err := list(ctx, s.read, func(scan func(...any) error) (n Notice, err error) {
		var at int64
		err = scan(&n.ID, &n.Chat, &n.Thread, &n.Topic, &n.Article, &n.Language, &at)
		n.At = time.UnixMicro(at)
		return n, err
	}, `SELECT n.id, n.chat, n.thread, n.topic, n.article, n.language, n.at
		FROM notices n LEFT JOIN chats c ON c.chat = n.chat
		WHERE n.sent IS NULL
			AND EXISTS (SELECT 1 FROM follows f WHERE f.chat = n.chat AND f.topic = n.topic)
			AND (c.last_sent IS NULL OR c.last_sent <= CASE WHEN c.daily THEN ? ELSE ? END)
		ORDER BY n.chat, n.at, n.id`, now.Add(-dailyPause).UnixMicro(), now.Add(-sendingPause).UnixMicro())
	return due, s.wrap("list due notices", err)
}

// NoticesSent says that notices were sent to a chat in one sending. They are not
// due again, and the chat's pause begins.
func (s *Store) NoticesSent(ctx context.Context, chat int64, ids []int64, at time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	these, err := json.Marshal(ids)
	if err == nil {
		_, err = s.change(ctx,
			do(`UPDATE notices SET sent = ? WHERE chat = ? AND sent IS NULL
				AND id IN (SELECT value FROM json_each(?))`, micros(at), chat, string(these)),
			do(`INSERT INTO chats (chat, last_sent) VALUES (?, ?)
				ON CONFLICT DO UPDATE SET last_sent = max(coalesce(last_sent, 0), excluded.last_sent)`, chat, micros(at)),
		)
	}
	return s.wrap("mark notices as sent", err)
}
