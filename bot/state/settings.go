package state

import (
	"context"
	"database/sql"
	"errors"
)

// SetLanguage keeps the language that a reader has chosen; "" takes the choice
// back.
func (s *Store) SetLanguage(ctx context.Context, reader, lang string) error {
	st := do("INSERT OR REPLACE INTO languages (reader, language) VALUES (?, ?)", reader, lang)
	if lang == "" {
		st = do("DELETE FROM languages WHERE reader = ?", reader)
	}
	_, err := s.change(ctx, st)
	return s.wrap("keep a language", err)
}

// Language returns the language that a reader has chosen, "" if none.
func (s *Store) Language(ctx context.Context, reader string) (string, error) {
	lang, err := value[string](ctx, s.read, "SELECT language FROM languages WHERE reader = ?", reader)
	return lang, s.wrap("read a language", err)
}

// Get returns a value that [Store.Set] has kept, "" if there is none.
func (s *Store) Get(ctx context.Context, key string) (string, error) {
	v, err := value[string](ctx, s.read, "SELECT value FROM settings WHERE key = ?", key)
	return v, s.wrap("read a setting", err)
}

// Set keeps a value; "" removes it.
func (s *Store) Set(ctx context.Context, key, value string) error {
	st := do("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", key, value)
	if value == "" {
		st = do("DELETE FROM settings WHERE key = ?", key)
	}
	_, err := s.change(ctx, st)
	return s.wrap("keep a setting", err)
}

const addSpending = "INSERT INTO spending (day, tokens) VALUES (?, ?) ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens"

// Spend adds tokens to what was spent on a day, in the background, within about
// 20 ms. If the disk fails it is tried until the store is closed.
func (s *Store) Spend(day string, tokens int) {
	s.writer.add(entry{spend: &spend{day, tokens}})
}

// Spent returns the tokens spent on a day by all processes that use the folder,
// those included that this one has queued.
func (s *Store) Spent(ctx context.Context, day string) (int, error) {
	if err := s.writer.flush(ctx); err != nil {
		return 0, s.wrap("read spending", err)
	}
	tokens, err := value[int](ctx, s.read, "SELECT tokens FROM spending WHERE day = ?", day)
	return tokens, s.wrap("read spending", err)
}

// value reads one value, the zero one if there is no row.
func value[T any](ctx context.Context, db *sql.DB, query string, args ...any) (v T, err error) {
	err = db.QueryRowContext(ctx, query, args...).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return v, err
}
