package state

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Feedback is what a reader thinks of an answer.
type Feedback struct {
	Exchange int64
	Reader   string // hash
	Verdict  string // "up", "down", or "" to take it back
	Reason   string // "", "wrong", "incomplete" or "outdated"
	At       time.Time
}

// FeedbackRow is feedback with what it is about. That is empty if the exchange is
// not kept any more.
type FeedbackRow struct {
	Feedback
	Asked    time.Time
	Front    string
	Language string
	Question string
	Status   string
	Method   string
	Answer   string
	Articles []string // ids cited
}

// SetFeedback keeps the feedback of a reader on an exchange, in place of what the
// reader said of it before. The exchange need not be written yet, nor exist. Another
// verdict or reason than those of [Feedback] is an error.
func (s *Store) SetFeedback(ctx context.Context, f Feedback) error {
	if !slices.Contains([]string{"", "up", "down"}, f.Verdict) || !slices.Contains([]string{"", "wrong", "incomplete", "outdated"}, f.Reason) {
		return s.wrap("keep feedback", fmt.Errorf("no such feedback: verdict %q, reason %q", f.Verdict, f.Reason))
	}
	st := do("INSERT OR REPLACE INTO feedback (exchange, reader, verdict, reason, at) VALUES (?, ?, ?, ?, ?)",
		f.Exchange, f.Reader, f.Verdict, f.Reason, micros(f.At))
	if f.Verdict == "" {
		st = do("DELETE FROM feedback WHERE exchange = ? AND reader = ?", f.Exchange, f.Reader)
	}
	_, err := s.change(ctx, st)
	return s.wrap("keep feedback", err)
}

// FeedbackList returns the feedback since a time, newest first, at most so much.
func (s *Store) FeedbackList(ctx context.Context, since time.Time, most int) ([]FeedbackRow, error) {
	if most <= 0 {
		return nil, nil
	}
	// What is shown together should be there together; a disk that fails is no
	// reason to show nothing.
	s.writer.flush(ctx)
	rows, err := list(ctx, s.read, func(scan func(...any) error) (r FeedbackRow, err error) {
		var at, asked int64
		var articles string
		err = scan(&r.Exchange, &r.Reader, &r.Verdict, &r.Reason, &at, &asked,
			&r.Front, &r.Language, &r.Question, &r.Status, &r.Method, &r.Answer, &articles)
		r.At, r.Articles = time.UnixMicro(at), decode(articles)
		if asked != 0 {
			r.Asked = time.UnixMicro(asked)
		}
		return r, err
	}, `SELECT f.exchange, f.reader, f.verdict, f.reason, f.at, coalesce(e.at, 0),
			coalesce(e.front, ''), coalesce(e.language, ''), coalesce(e.question, ''), coalesce(e.status, ''),
			coalesce(e.method, ''), coalesce(e.answer, ''), coalesce(e.articles, '')
		FROM feedback f LEFT JOIN exchanges e ON e.id = f.exchange
		WHERE f.at >= ? ORDER BY f.at DESC, f.exchange DESC LIMIT ?`, since.UnixMicro(), most)
	return rows, s.wrap("list feedback", err)
}
