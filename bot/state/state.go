// Package state is everything the desk remembers between restarts, in one SQLite
// database: exchanges with readers and their feedback, what chats follow and are
// still to be sent, updates in work, excluded articles, spending. It holds no
// articles and no vectors, and knows nothing of what it keeps: the meaning of a
// status or a topic is its caller's.
//
// Several processes may use one folder. Readers and conversations are hashes, see
// [Store.Hash]; the only plain ids are those of chats that something is to be sent
// to. Texts of readers are never logged.
package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Names of the files in the folder.
const (
	FileName = "state.db"
	KeyName  = "state.key"
	lockName = "state.lock" // always empty
)

// ErrNewer is in the error of [Open] for a database that a newer version of
// xiangwen has made.
var ErrNewer = errors.New("it was made by a newer version of xiangwen")

// Store is the open database. It is safe for concurrent use. Methods that take a
// context give up when it is done, also while they wait for another writer; what
// they were to change may then be changed or not, but never half. Times come back
// in local time, rounded down to microseconds. A zero time given as the time of an
// event means now.
type Store struct {
	name    string // full path of the database
	log     *slog.Logger
	key     []byte
	durable bool

	write *sql.DB // one connection, which all writing of this process queues for
	read  *sql.DB // the same as write if the database is in memory

	ids    ids
	writer *writer

	closing sync.Once
	closed  error
}

// Open opens the database in a folder and makes what is missing: folder, database,
// key. A database that is damaged is set aside as state.db.damaged-<time> with one
// warning, and a new one is begun. If the folder can't be used, read-only or on a
// full disk, the database is in memory instead, which one warning tells, see
// [Store.Durable]; it begins with the exclusions, languages, settings and spending
// of the file, if that can be read.
//
// The one error is a database of a newer version ([ErrNewer]): beginning a new one
// would hide what it holds.
func Open(folder string, log *slog.Logger) (*Store, error) {
	s := &Store{name: filepath.Join(folder, FileName), log: log, durable: true}
	full, err := filepath.Abs(s.name)
	fresh := true
	if err == nil {
		s.name = full
		err = os.MkdirAll(filepath.Dir(full), 0o700)
	}
	if err == nil {
		defer alone(filepath.Dir(full))()
		if info, err := os.Stat(full); err == nil {
			fresh = info.Size() == 0
		}
		err = s.openFile()
	}
	if errors.Is(err, ErrNewer) {
		return nil, fmt.Errorf("state: the database %s can't be used: %w", s.name, err)
	}
	if err != nil {
		log.Warn("nothing is remembered over a restart", "file", s.name, "reason", err)
		if err := s.openMemory(); err != nil {
			return nil, fmt.Errorf("state: make a database in memory: %w", err)
		}
	}
	s.key = loadKey(filepath.Dir(s.name), s.durable, fresh, log)
	s.writer = startWriter(s.writeGroup, log)
	return s, nil
}

// OpenMemory makes a store that lives as long as the process, for what need not be
// remembered: questions from the command line, tests.
func OpenMemory(log *slog.Logger) (*Store, error) {
	s := &Store{log: log, key: newKey()}
	if err := s.openMemory(); err != nil {
		return nil, fmt.Errorf("state: make a database in memory: %w", err)
	}
	s.writer = startWriter(s.writeGroup, log)
	return s, nil
}

// Durable reports whether the database is a file. If not, the folder could not be
// used and all is lost when the process ends.
func (s *Store) Durable() bool { return s.durable }

// Flush waits until everything that was recorded before is written. The error says
// that some of it could not be.
func (s *Store) Flush(ctx context.Context) error {
	return s.wrap("flush", s.writer.flush(ctx))
}

// Close writes what is queued and closes the database. What is recorded afterwards
// is dropped. Closing again returns the same error.
func (s *Store) Close() error {
	s.closing.Do(func() {
		err := s.writer.close()
		if s.read != s.write {
			err = errors.Join(err, s.read.Close())
		}
		s.closed = s.wrap("close", errors.Join(err, s.write.Close()))
	})
	return s.closed
}

// wrap says what failed, and remembers damage for the next start. It is nil for
// nil.
func (s *Store) wrap(operation string, err error) error {
	if err == nil {
		return nil
	}
	s.suspect(err)
	return fmt.Errorf("state: %s: %w", operation, err)
}

// within runs a transaction that holds the write lock from its beginning.
func within(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// change runs statements in one transaction and returns how many rows they have
// changed together.
func (s *Store) change(ctx context.Context, statements ...statement) (rows int, err error) {
	err = within(ctx, s.write, func(tx *sql.Tx) error {
		for _, st := range statements {
			n, err := affected(tx.ExecContext(ctx, st.sql, st.args...))
			if err != nil {
				return err
			}
			rows += n
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return rows, nil
}

type statement struct {
	sql  string
	args []any
}

func do(sql string, args ...any) statement { return statement{sql, args} }

func affected(result sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// list reads all rows of a query. Rows are read before anything else is asked: in
// memory there is one connection only.
func list[T any](ctx context.Context, db *sql.DB, scan func(func(...any) error) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		one, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

// micros is the time of an event as it is kept.
func micros(t time.Time) int64 {
	if t.IsZero() {
		t = time.Now()
	}
	return t.UnixMicro()
}
