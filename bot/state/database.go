package state

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Each file brings the database from the version before its number to its number.
// A file that was released is never changed.
//
//go:embed migrations/*.sql
var migrations embed.FS

const (
	// checkTime bounds the integrity check of a start: it covers about a gigabyte,
	// and what it does not reach is checked when it is suspect.
	checkTime = 2 * time.Second
	readers   = 4 // connections that read at a time
)

// pragmas are those of the connection that writes. In WAL mode synchronous=NORMAL
// leaves a commit in the kernel's hands: it survives the end of the process however
// it ends, and only a loss of power can take the last ones back, without damage.
// Deleted texts are overwritten, because readers may ask for that.
const pragmas = "_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=synchronous(normal)" +
	"&_pragma=auto_vacuum(incremental)&_pragma=secure_delete(1)" +
	"&_pragma=journal_size_limit(16777216)&_pragma=cache_size(-2048)&_pragma=temp_store(memory)"

var errDamaged = errors.New("the integrity check has failed")

// openFile opens or makes the file. A damaged one is set aside.
func (s *Store) openFile() error {
	err := s.connect()
	if err == nil || !damaged(err) {
		return err
	}
	if failed := s.setAside(err); failed != nil {
		return fmt.Errorf("%w; %w", err, failed)
	}
	return s.connect()
}

// alone waits until no other process is opening the folder, so that what one sets
// aside and makes anew is not set aside by the next. The lock is SQLite's, because
// that works on every system and ends with the process. Without it opening goes on:
// whatever prevents it is about to be found out.
func alone(folder string) (done func()) {
	db, err := sql.Open("sqlite", address(filepath.Join(folder, lockName))+"?_txlock=exclusive&_pragma=busy_timeout(10000)")
	if err != nil {
		return func() {}
	}
	tx, err := db.Begin()
	return func() {
		if err == nil {
			tx.Rollback()
		}
		db.Close()
	}
}

func address(name string) string {
	u := url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(filepath.ToSlash(name), "/")}
	return u.String()
}

// connect opens the file and brings it to the newest version.
func (s *Store) connect() error {
	// Made here only for the mode; SQLite gives it to the files beside it too. The
	// file is never opened if it exists: closing it would release the locks that
	// SQLite holds in this process.
	if f, err := os.OpenFile(s.name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600); err == nil {
		f.Close()
	}
	write, err := sql.Open("sqlite", address(s.name)+"?"+pragmas)
	if err != nil {
		return err
	}
	write.SetMaxOpenConns(1)
	if err := s.prepare(write); err != nil {
		write.Close()
		return err
	}
	read, err := sql.Open("sqlite", address(s.name)+"?_pragma=busy_timeout(5000)&_pragma=query_only(1)&_pragma=temp_store(memory)")
	if err != nil {
		write.Close()
		return err
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	s.write, s.read = write, read
	return nil
}

// openMemory makes a database that goes with its one connection.
func (s *Store) openMemory() error {
	db, err := sql.Open("sqlite", ":memory:?"+pragmas)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	if err := s.prepare(db); err != nil {
		db.Close()
		return err
	}
	s.copyDecisions(db)
	s.write, s.read, s.durable = db, db, false
	return nil
}

// copyDecisions takes into memory what readers and admins have decided, as far as a
// file that can't be used can still be read: an article that was taken out stays
// out on a full disk too. Opened as immutable a file needs no other beside it; what
// a killed process has left in the log of writes is not seen then.
func (s *Store) copyDecisions(db *sql.DB) {
	if s.name == "" {
		return
	}
	if _, err := os.Stat(s.name); err != nil {
		return
	}
	if _, err := db.Exec("ATTACH ? AS old", address(s.name)+"?mode=ro&immutable=1"); err != nil {
		return
	}
	defer db.Exec("DETACH old")
	known, err := version(db)
	if err != nil {
		return
	}
	var old int
	if err := db.QueryRow("PRAGMA old.user_version").Scan(&old); err != nil || old != known {
		return
	}
	for _, table := range []string{"exclusions", "languages", "settings", "spending"} {
		db.Exec("INSERT INTO main." + table + " SELECT * FROM old." + table) // as much as there is
	}
}

func (s *Store) prepare(db *sql.DB) error {
	if err := s.check(db); err != nil {
		return err
	}
	// Readers and a writer do not wait for each other in this mode. Where it can't
	// be set for a moment, another process is about to set it.
	if _, err := db.Exec("PRAGMA journal_mode = WAL"); err != nil && code(err) != sqlite3.SQLITE_BUSY {
		return err
	}
	if err := migrate(db, migrations); err != nil {
		return err
	}
	base, err := reserve(context.Background(), db)
	if err == nil {
		s.ids.add(base)
	}
	return err
}

// migrate applies the files that the database has not seen, each in a transaction.
// Of several processes one applies them, the others wait.
func migrate(db *sql.DB, files fs.FS) error {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return err
	}
	for i := -1; i < len(names); i++ {
		version, err := version(db)
		switch {
		case err != nil:
			return err
		case version > len(names):
			return fmt.Errorf("%w: version %d, this one knows %d", ErrNewer, version, len(names))
		case version == len(names):
			return nil
		}
		if err := apply(db, files, names[version], version); err != nil {
			return fmt.Errorf("%s: %w", names[version], err)
		}
	}
	return nil
}

func version(q interface {
	QueryRow(string, ...any) *sql.Row
}) (n int, err error) {
	return n, q.QueryRow("PRAGMA user_version").Scan(&n)
}

// apply brings the database from a version to the one after it, unless another
// process has been faster.
func apply(db *sql.DB, files fs.FS, name string, from int) error {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	return within(context.Background(), db, func(tx *sql.Tx) error {
		if now, err := version(tx); err != nil || now != from {
			return err
		}
		if _, err := tx.Exec(string(text)); err != nil {
			return err
		}
		_, err := tx.Exec(fmt.Sprintf("PRAGMA user_version = %d", from+1))
		return err
	})
}

// check looks for damage, for no longer than a start may take. A file in which
// damage was met while it was in use is checked to its end.
func (s *Store) check(db *sql.DB) error {
	ctx := context.Background()
	_, err := os.Stat(s.mark())
	marked := err == nil
	if !marked {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, checkTime)
		defer cancel()
	}
	var result string
	err = db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&result)
	switch {
	case ctx.Err() != nil:
		return nil // as far as it got, it is well
	case err != nil:
		return err
	case result != "ok":
		return fmt.Errorf("%w: %s", errDamaged, result)
	}
	if marked {
		os.Remove(s.mark())
	}
	return nil
}

// setAside renames a damaged file and what belongs to it.
func (s *Store) setAside(reason error) error {
	aside := s.name + ".damaged-" + time.Now().UTC().Format("20060102T150405.000000")
	if err := os.Rename(s.name, aside); err != nil {
		return err
	}
	os.Rename(s.name+"-wal", aside+"-wal") // it may hold what can be rescued
	os.Remove(s.name + "-shm")
	os.Remove(s.mark())
	s.log.Warn("the database is damaged, a new one is begun", "file", s.name, "kept as", aside, "error", reason)
	return nil
}

// mark is a file that tells the next start to check the whole database.
func (s *Store) mark() string { return s.name + ".suspect" }

func (s *Store) suspect(err error) {
	if s.durable && damaged(err) {
		os.WriteFile(s.mark(), nil, 0o600)
	}
}

func damaged(err error) bool {
	return errors.Is(err, errDamaged) || code(err) == sqlite3.SQLITE_CORRUPT || code(err) == sqlite3.SQLITE_NOTADB
}

// code is SQLite's primary result code, 0 if the error is not SQLite's.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}
