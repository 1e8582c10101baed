package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// Exchange is a question and what was answered. Status, Method, Failure and Front
// are the caller's words; [Store.History], [Store.Stats], [Store.Daily] and
// [Store.Unanswered] know the statuses that they name.
type Exchange struct {
	ID           int64     // of [Store.NextID]; 0 means that one is taken
	At           time.Time // when it was asked
	Front        string    // where: telegram, web, api
	Reader       string    // hash, "" if nobody is known
	Conversation string    // hash, "" if there is none
	Language     string
	Question     string // as it was asked
	SearchedFor  string // what was made of it
	Status       string
	Method       string // how the answer was made
	Answer       string
	Failure      string   // why a model did not answer, "" if it did or was not asked
	Articles     []string // ids cited
	Passages     []string // considered, as "articleID#chunk"
	Took         time.Duration
	Tokens       int // of the model, both ways
}

const exchangeColumns = `id, at, took, tokens, status, failure, method, front, language,
	reader, conversation, question, searched_for, answer, articles, passages`

// Record keeps an exchange, in the background and without waiting: it is written
// within about 20 ms. It is dropped, which the log tells at most once a minute, when
// 8,192 are queued because the disk is slow, or when writing has failed twice. A
// second exchange with the same id replaces the first.
func (s *Store) Record(e Exchange) {
	if e.ID == 0 {
		e.ID = s.NextID()
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	e.Articles, e.Passages = slices.Clone(e.Articles), slices.Clone(e.Passages)
	s.writer.add(entry{exchange: &e})
}

// writeGroup writes entries in one transaction.
func (s *Store) writeGroup(group []entry) error {
	var base int64
	err := within(context.Background(), s.write, func(tx *sql.Tx) (err error) {
		var insert, done, spend *sql.Stmt
		prepared := func(st **sql.Stmt, query string) *sql.Stmt {
			if *st == nil && err == nil {
				*st, err = tx.Prepare(query) // closed with the transaction
			}
			return *st
		}
		for _, e := range group {
			var st *sql.Stmt
			var args []any
			switch {
			case e.exchange != nil:
				st, args = prepared(&insert, insertExchange), exchangeArgs(e.exchange)
			case e.spend != nil:
				st, args = prepared(&spend, addSpending), []any{e.spend.day, e.spend.tokens}
			case e.reserve:
				if base, err = reserve(context.Background(), tx); err != nil {
					return err
				}
				continue
			default:
				st, args = prepared(&done, endUpdate), []any{time.Now().UnixMicro(), e.done}
			}
			if err != nil {
				return err
			}
			if _, err := st.Exec(args...); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case err != nil:
		s.suspect(err)
		s.ids.failed()
	case base > 0:
		s.ids.add(base)
	}
	return err
}

const insertExchange = "INSERT OR REPLACE INTO exchanges (" + exchangeColumns + ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"

func exchangeArgs(e *Exchange) []any {
	return []any{
		e.ID, e.At.UnixMicro(), int64(e.Took), e.Tokens, e.Status, e.Failure, e.Method, e.Front, e.Language,
		e.Reader, e.Conversation, e.Question, e.SearchedFor, e.Answer, encode(e.Articles), encode(e.Passages),
	}
}

func scanExchange(scan func(...any) error) (e Exchange, err error) {
	var at int64
	var articles, passages string
	err = scan(&e.ID, &at, &e.Took, &e.Tokens, &e.Status, &e.Failure, &e.Method, &e.Front, &e.Language,
		&e.Reader, &e.Conversation, &e.Question, &e.SearchedFor, &e.Answer, &articles, &passages)
	e.At, e.Articles, e.Passages = time.UnixMicro(at), decode(articles), decode(passages)
	return e, err
}

func encode(list []string) string {
	if len(list) == 0 {
		return ""
	}
	text, _ := json.Marshal(list) // strings always can be
	return string(text)
}

func decode(text string) (list []string) {
	if text != "" {
		json.Unmarshal([]byte(text), &list) // written by encode
	}
	return list
}

// Exchange returns the exchange with an id, queued or written, and whether there
// is one.
func (s *Store) Exchange(ctx context.Context, id int64) (Exchange, bool, error) {
	if err := s.writer.settle(ctx, func(e *Exchange) bool { return e.ID == id }); err != nil {
		return Exchange{}, false, s.wrap("read an exchange", err)
	}
	e, err := scanExchange(s.read.QueryRowContext(ctx, "SELECT "+exchangeColumns+" FROM exchanges WHERE id = ?", id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Exchange{}, false, nil
	}
	if err != nil {
		return Exchange{}, false, s.wrap("read an exchange", err)
	}
	return e, true, nil
}

// History returns the latest exchanges of a conversation since a time that were
// "answered" or "partial", at most so many, oldest first. The empty conversation
// has no history.
func (s *Store) History(ctx context.Context, conversation string, since time.Time, most int) ([]Exchange, error) {
	if conversation == "" || most <= 0 {
		return nil, nil
	}
	if err := s.writer.settle(ctx, func(e *Exchange) bool { return e.Conversation == conversation }); err != nil {
		return nil, s.wrap("read a conversation", err)
	}
	// The second condition lets SQLite use the partial index.
	latest, err := list(ctx, s.read, scanExchange, "SELECT "+exchangeColumns+` FROM exchanges
		WHERE conversation = ? AND conversation <> '' AND at >= ? AND status IN ('answered', 'partial')
		ORDER BY at DESC, id DESC LIMIT ?`, conversation, since.UnixMicro(), most)
	if err != nil {
		return nil, s.wrap("read a conversation", err)
	}
	slices.Reverse(latest)
	return latest, nil
}
