package state

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Exclusion is an article that an admin has taken out of the answers.
type Exclusion struct {
	Article string // id
	Title   string
	By      string // who did it
	Kind    string // "exclude" or "remove"
	At      time.Time
	Undo    string // what the caller needs to take it back
}

// Exclude keeps an exclusion, in place of an older one of the same article.
func (s *Store) Exclude(ctx context.Context, e Exclusion) error {
	_, err := s.change(ctx, do("INSERT OR REPLACE INTO exclusions (article, title, who, kind, at, undo) VALUES (?, ?, ?, ?, ?, ?)",
		e.Article, e.Title, e.By, e.Kind, micros(e.At), e.Undo))
	return s.wrap("exclude an article", err)
}

const exclusionColumns = "article, title, who, kind, at, undo"

// Include takes an exclusion back, and returns it if there was one.
func (s *Store) Include(ctx context.Context, article string) (Exclusion, bool, error) {
	var e Exclusion
	err := within(ctx, s.write, func(tx *sql.Tx) (err error) {
		e, err = scanExclusion(tx.QueryRowContext(ctx, "DELETE FROM exclusions WHERE article = ? RETURNING "+exclusionColumns, article).Scan)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Exclusion{}, false, nil
	}
	if err != nil {
		return Exclusion{}, false, s.wrap("include an article", err)
	}
	return e, true, nil
}

// Exclusions returns all exclusions, newest first.
func (s *Store) Exclusions(ctx context.Context) ([]Exclusion, error) {
	all, err := list(ctx, s.read, scanExclusion, "SELECT "+exclusionColumns+" FROM exclusions ORDER BY at DESC, article")
	return all, s.wrap("list exclusions", err)
}

func scanExclusion(scan func(...any) error) (e Exclusion, err error) {
	var at int64
	err = scan(&e.Article, &e.Title, &e.By, &e.Kind, &at, &e.Undo)
	e.At = time.UnixMicro(at)
	return e, err
}
