package state

import (
	"context"
	"time"
)

// Stats counts the exchanges of a time.
type Stats struct {
	Questions  int // all, whatever their status
	Answered   int // status "answered" or "partial"
	NotFound   int // "not_found"
	Redirected int // "redirected"
	Declined   int // "declined"
	Failed     int // "error"
	ByFailure  map[string]int
	Tokens     int
	Median     time.Duration // of what all questions took
	P95        time.Duration
	Readers    int // known ones
	Up, Down   int // feedback of the time, also on older answers
}

// Day counts the exchanges of a day.
type Day struct {
	Date      string // 2006-01-02
	Questions int
	Answered  int
	NotFound  int
}

// Unanswered is a question that nothing was found for.
type Unanswered struct {
	Question    string // without spaces around it
	Count       int    // how often it was asked
	Readers     int    // known ones who asked it
	First, Last time.Time
}

// Stats counts what was asked from since on and before until.
func (s *Store) Stats(ctx context.Context, since, until time.Time) (Stats, error) {
	stats := Stats{ByFailure: make(map[string]int)}
	err := s.count(ctx, &stats, since.UnixMicro(), until.UnixMicro())
	return stats, s.wrap("count", err)
}

type tally struct {
	status, failure string
	exchanges       int
	tokens          int
}

func (s *Store) count(ctx context.Context, stats *Stats, since, until int64) error {
	s.writer.flush(ctx) // counts what it can
	tallies, err := list(ctx, s.read, func(scan func(...any) error) (t tally, err error) {
		return t, scan(&t.status, &t.failure, &t.exchanges, &t.tokens)
	}, "SELECT status, failure, COUNT(*), SUM(tokens) FROM exchanges WHERE at >= ? AND at < ? GROUP BY status, failure", since, until)
	if err != nil {
		return err
	}
	for _, t := range tallies {
		stats.Questions += t.exchanges
		stats.Tokens += t.tokens
		if t.failure != "" {
			stats.ByFailure[t.failure] += t.exchanges
		}
		switch t.status {
		case "answered", "partial":
			stats.Answered += t.exchanges
		case "not_found":
			stats.NotFound += t.exchanges
		case "redirected":
			stats.Redirected += t.exchanges
		case "declined":
			stats.Declined += t.exchanges
		case "error":
			stats.Failed += t.exchanges
		}
	}
	if n := stats.Questions; n > 0 {
		const ranked = "SELECT took FROM exchanges WHERE at >= ? AND at < ? ORDER BY took LIMIT 1 OFFSET ?"
		if stats.Median, err = value[time.Duration](ctx, s.read, ranked, since, until, n/2); err != nil {
			return err
		}
		if stats.P95, err = value[time.Duration](ctx, s.read, ranked, since, until, (95*n-1)/100); err != nil {
			return err
		}
	}
	stats.Readers, err = value[int](ctx, s.read, "SELECT COUNT(DISTINCT nullif(reader, '')) FROM exchanges WHERE at >= ? AND at < ?", since, until)
	if err != nil {
		return err
	}
	return s.read.QueryRowContext(ctx, `SELECT COUNT(*) FILTER (WHERE verdict = 'up'), COUNT(*) FILTER (WHERE verdict = 'down')
		FROM feedback WHERE at >= ? AND at < ?`, since, until).Scan(&stats.Up, &stats.Down)
}

// Daily counts the exchanges of so many days up to that of now, oldest first. Days
// begin at midnight in the location of now.
func (s *Store) Daily(ctx context.Context, days int, now time.Time) ([]Day, error) {
	s.writer.flush(ctx)
	var out []Day
	for back := days - 1; back >= 0; back-- {
		begin := time.Date(now.Year(), now.Month(), now.Day()-back, 0, 0, 0, 0, now.Location())
		end := time.Date(now.Year(), now.Month(), now.Day()-back+1, 0, 0, 0, 0, now.Location())
		day := Day{Date: begin.Format(time.DateOnly)}
		err := s.read.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(*) FILTER (WHERE status IN ('answered', 'partial')),
			COUNT(*) FILTER (WHERE status = 'not_found')
			FROM exchanges WHERE at >= ? AND at < ?`, begin.UnixMicro(), end.UnixMicro()).Scan(&day.Questions, &day.Answered, &day.NotFound)
		if err != nil {
			return nil, s.wrap("count days", err)
		}
		out = append(out, day)
	}
	return out, nil
}

// Unanswered returns the questions since a time with status "not_found", the most
// asked first, at most so many. Questions that differ only in spaces around them
// are counted together.
func (s *Store) Unanswered(ctx context.Context, since time.Time, most int) ([]Unanswered, error) {
	if most <= 0 {
		return nil, nil
	}
	s.writer.flush(ctx)
	all, err := list(ctx, s.read, func(scan func(...any) error) (u Unanswered, err error) {
		var first, last int64
		err = scan(&u.Question, &u.Count, &u.Readers, &first, &last)
		u.First, u.Last = time.UnixMicro(first), time.UnixMicro(last)
		return u, err
		// Spaces: tab, line ends, the plain, the no-break and the ideographic one.
	}, `SELECT trim(question, char(9, 10, 13, 32, 160, 12288)) AS asked, COUNT(*), COUNT(DISTINCT nullif(reader, '')), min(at), max(at) AS last
		FROM exchanges WHERE at >= ? AND status = 'not_found'
		GROUP BY asked ORDER BY COUNT(*) DESC, last DESC, asked LIMIT ?`, since.UnixMicro(), most)
	return all, s.wrap("list unanswered questions", err)
}
