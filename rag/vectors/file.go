package vectors

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// keepDays is how long a vector stays that no load has asked for; markDays how
	// often one that is asked for is marked as in use, so that most loads write
	// nothing.
	keepDays = 90
	markDays = 7

	version = 1 // of the tables
)

// file is the open database. After a failure that is not damage it does nothing
// any more, which the log says once.
type file struct {
	name  string
	model string
	log   *slog.Logger
	db    *sql.DB // nil if it can't be used
}

var errVersion = errors.New("it is of another version of xiangwen")

// open opens or makes the file. A damaged one is set aside.
func open(dir, model string, log *slog.Logger) *file {
	f := &file{name: filepath.Join(dir, FileName), model: model, log: log}
	full, err := filepath.Abs(f.name)
	if err == nil {
		f.name = full
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		f.connect()
		err = f.use(prepare)
	}
	f.check(err)
	return f
}

func (f *file) connect() {
	// Nothing happens before the first statement, which reports all errors.
	address := url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(filepath.ToSlash(f.name), "/")}
	f.db, _ = sql.Open("sqlite", address.String()+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=synchronous(normal)")
	f.db.SetMaxOpenConns(1)
}

func (f *file) close() {
	if f.db != nil {
		f.db.Close()
		f.db = nil
	}
}

// prepare makes the tables of a new file.
func prepare(db *sql.DB) error {
	var now int
	if err := db.QueryRow("PRAGMA user_version").Scan(&now); err != nil || now == version {
		return err
	}
	if now != 0 {
		return errVersion
	}
	// Readers and a writer do not wait for each other in this mode. Where it can't
	// be set for a moment, another process is about to set it.
	if _, err := db.Exec("PRAGMA journal_mode = WAL"); err != nil && code(err) != sqlite3.SQLITE_BUSY {
		return err
	}
	return within(db, func(tx *sql.Tx) error {
		_, err := tx.Exec(fmt.Sprintf(`
			CREATE TABLE IF NOT EXISTS vectors (
				model  TEXT NOT NULL,    -- and its server
				digest BLOB NOT NULL,    -- of the text: half of its SHA-256
				day    INTEGER NOT NULL, -- of last use, since 1970
				vector BLOB NOT NULL,    -- float32, little-endian, of length one
				UNIQUE (model, digest)
			);
			CREATE INDEX IF NOT EXISTS vectors_by_day ON vectors (day);
			PRAGMA user_version = %d;`, version))
		return err
	})
}

// use runs an operation, and once more on a new file if the old one is damaged.
func (f *file) use(do func(*sql.DB) error) error {
	err := do(f.db)
	if !damaged(err) {
		return err
	}
	f.db.Close()
	aside := f.name + ".damaged"
	if failed := os.Rename(f.name, aside); failed != nil {
		f.db = nil
		return fmt.Errorf("%w; %w", err, failed)
	}
	os.Remove(f.name + "-wal")
	os.Remove(f.name + "-shm")
	f.log.Warn("the file of vectors can't be read, a new one is begun", "file", f.name, "kept as", aside, "error", err)
	f.connect()
	if err := prepare(f.db); err != nil {
		return err
	}
	return do(f.db)
}

func damaged(err error) bool {
	return code(err) == sqlite3.SQLITE_CORRUPT || code(err) == sqlite3.SQLITE_NOTADB || errors.Is(err, errVersion)
}

// code is SQLite's primary result code, 0 if the error is not SQLite's.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// check stops using the file if there was an error.
func (f *file) check(err error) {
	if err != nil {
		f.close()
		f.log.Warn("vectors can't be kept, the next start pays for them again", "file", f.name, "error", err)
	}
}

func within(db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func today() int64 { return time.Now().Unix() / (24 * 60 * 60) }

// read returns the vectors of those texts that are in the file.
func (f *file) read(ctx context.Context, texts map[digest]string) map[digest][]float32 {
	known := make(map[digest][]float32, len(texts))
	if f.db == nil {
		return known
	}
	const most = 500 // parameters of a statement
	args := []any{f.model}
	flush := func() error {
		if len(args) == 1 {
			return nil
		}
		in := "WHERE model = ? AND digest IN (?" + strings.Repeat(",?", len(args)-2) + ")"
		old, err := f.lookUp(ctx, in, args, known)
		if err == nil && old {
			_, err = f.db.ExecContext(ctx, "UPDATE vectors SET day = ? "+in, append([]any{today()}, args...)...)
		}
		args = args[:1]
		return err
	}
	err := f.use(func(*sql.DB) error {
		clear(known) // the rest of a damaged file is not trusted
		args = args[:1]
		for d := range texts {
			if args = append(args, d[:]); len(args) == most {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		return flush()
	})
	if ctx.Err() == nil {
		f.check(err)
	}
	return known
}

// lookUp adds rows to known, and says whether one is to be marked as in use.
func (f *file) lookUp(ctx context.Context, in string, args []any, known map[digest][]float32) (old bool, err error) {
	rows, err := f.db.QueryContext(ctx, "SELECT digest, day, vector FROM vectors "+in, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var key, blob sql.RawBytes
		var day int64
		if err := rows.Scan(&key, &day, &blob); err != nil {
			return false, err
		}
		if v := decode(blob); v != nil && len(key) == len(digest{}) {
			known[digest(key)] = v
			old = old || day < today()-markDays
		}
	}
	return old, rows.Err()
}

// write keeps vectors, all or none of them.
func (f *file) write(vectors map[digest][]float32) {
	if f.db == nil || len(vectors) == 0 {
		return
	}
	f.check(f.use(func(db *sql.DB) error {
		return within(db, func(tx *sql.Tx) error {
			insert, err := tx.Prepare("INSERT OR REPLACE INTO vectors (model, digest, day, vector) VALUES (?, ?, ?, ?)")
			if err != nil {
				return err
			}
			defer insert.Close()
			for d, v := range vectors {
				if _, err := insert.Exec(f.model, d[:], today(), encode(v)); err != nil {
					return err
				}
			}
			return nil
		})
	}))
}

// sweep removes what was not used for long, of all models.
func (f *file) sweep() {
	f.exec("DELETE FROM vectors WHERE day < ?", today()-keepDays)
}

// forget removes all vectors of the model.
func (f *file) forget() { f.exec("DELETE FROM vectors WHERE model = ?", f.model) }

func (f *file) exec(statement string, arg any) {
	if f.db == nil {
		return
	}
	f.check(f.use(func(db *sql.DB) error {
		_, err := db.Exec(statement, arg)
		return err
	}))
}

func encode(v []float32) []byte {
	out := make([]byte, 0, 4*len(v))
	for _, x := range v {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
	}
	return out
}

// decode returns nil for what is no unit vector, for damage in the middle of a
// file is not found otherwise.
func decode(blob []byte) []float32 {
	if len(blob) == 0 || len(blob)%4 != 0 {
		return nil
	}
	out := make([]float32, len(blob)/4)
	square := 0.0
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(blob[4*i:]))
		square += float64(out[i]) * float64(out[i])
	}
	if !(math.Abs(square-1) < 1e-3) {
		return nil
	}
	return out
}
