package state

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv("STATE_TEST_CHILD"); folder != "" {
		child(folder)
	}
	goleak.VerifyTestMain(m)
}

// now is a time that the database keeps exactly.
var now = time.Date(2026, 3, 14, 15, 9, 26, 535_000_000, time.Local)

// text is a log that goroutines may write.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// lines counts the lines of the log, and fails if one of them lacks the words.
func (t *text) lines(tb testing.TB, words string) int {
	tb.Helper()
	all := t.String()
	for line := range strings.Lines(all) {
		if !strings.Contains(line, words) {
			tb.Errorf("the log has %q, want %q", line, words)
		}
	}
	return strings.Count(all, "\n")
}

// logged opens a store that is closed with the test, and returns its log.
func logged(tb testing.TB, folder string) (*Store, *text) {
	tb.Helper()
	log := &text{}
	s, err := Open(folder, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s, log
}

// open opens a store that has nothing to complain about.
func open(tb testing.TB, folder string) *Store {
	tb.Helper()
	s, log := logged(tb, folder)
	tb.Cleanup(func() { log.lines(tb, "no line at all") })
	if !s.Durable() {
		tb.Fatal("the store is in memory")
	}
	return s
}

func must[T any](value T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return value
	}
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func TestItIsThereAfterARestart(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a b%20#?c", "data")
	s := open(t, folder)
	hash := s.Hash("reader", "42")
	check(t, s.Set(t.Context(), "k", "v"))
	s.Record(Exchange{ID: 7, Question: "质量如何？"})
	s.JournalDone(0)
	s.Spend("2026-03-14", 12)
	check(t, s.Close())
	check(t, s.Close())
	if _, err := s.Get(t.Context(), "k"); err == nil {
		t.Error("a closed store can be read")
	}
	s.Record(Exchange{})
	s.Spend("x", 1)
	if s.NextID() <= 0 {
		t.Error("a closed store gives no ids")
	}
	check(t, s.Flush(t.Context()))

	s = open(t, folder)
	if e, ok, err := s.Exchange(t.Context(), 7); !ok || err != nil || e.Question != "质量如何？" {
		t.Error(e, ok, err)
	}
	if n := must(s.Spent(t.Context(), "2026-03-14"))(t); n != 12 {
		t.Error(n)
	}
	if v := must(s.Get(t.Context(), "k"))(t); v != "v" || s.Hash("reader", "42") != hash {
		t.Error(v, hash)
	}
	for _, name := range []string{"", FileName, FileName + "-wal", KeyName} {
		info, err := os.Stat(filepath.Join(folder, name))
		check(t, err)
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others can read %q: %v", name, info.Mode())
		}
	}
}

func TestHash(t *testing.T) {
	s := open(t, t.TempDir())
	seen := make(map[string]bool)
	for _, c := range [][2]string{{"reader", "1"}, {"reader", "2"}, {"chat", "1"}, {"", ""}, {"a", "b\x00c"}} {
		h := s.Hash(c[0], c[1])
		if len(h) != 32 || seen[h] || h != s.Hash(c[0], c[1]) {
			t.Errorf("%q is %q", c, h)
		}
		seen[h] = true
	}
}

func TestKey(t *testing.T) {
	for name, c := range map[string]struct {
		change func(name string) error
		warns  string
	}{
		"lost":        {os.Remove, "the key is lost"},
		"damaged":     {func(name string) error { return os.WriteFile(name, []byte("no hex"), 0o600) }, "the key is lost"},
		"short":       {func(name string) error { return os.WriteFile(name, []byte("abcd"), 0o600) }, "the key is lost"},
		"with spaces": {func(name string) error { return appendTo(name, " \r\n") }, ""},
		"a folder": {func(name string) error {
			return errors.Join(os.Remove(name), os.MkdirAll(filepath.Join(name, "x"), 0o700))
		}, "the key "},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			s := open(t, folder)
			was := s.Hash("a", "b")
			check(t, s.Close())
			check(t, c.change(filepath.Join(folder, KeyName)))
			s, log := logged(t, folder)
			if c.warns == "" != (s.Hash("a", "b") == was) || c.warns == "" != (log.lines(t, c.warns) == 0) {
				t.Errorf("was %s, is %s; %s", was, s.Hash("a", "b"), log)
			}
			if left, _ := filepath.Glob(filepath.Join(folder, KeyName+".*")); len(left) > 0 {
				t.Errorf("left behind: %s", left)
			}
		})
	}
}

func appendTo(name, text string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(data, text...), 0o600)
}

// fill makes a closed database of some hundred kilobytes.
func fill(t *testing.T, folder string) {
	t.Helper()
	s := open(t, folder)
	for i := range 500 {
		s.Record(Exchange{Reader: fmt.Sprint(i), Question: strings.Repeat("问", 100), Answer: strings.Repeat("答", 200)})
	}
	check(t, s.Close())
}

func noise(data []byte) []byte {
	for i := range data {
		data[i] = byte(i*7 + i>>8)
	}
	return data
}

func TestADamagedDatabaseIsSetAside(t *testing.T) {
	for name, c := range map[string]struct {
		change func([]byte) []byte
		quiet  bool
	}{
		"noise":               {noise, false},
		"a few bytes":         {func([]byte) []byte { return []byte("SQLite") }, false},
		"empty":               {func([]byte) []byte { return nil }, true},
		"truncated":           {func(data []byte) []byte { return data[:len(data)/2] }, false},
		"noise in the middle": {func(data []byte) []byte { noise(data[len(data)/3 : len(data)/2]); return data }, false},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			fill(t, folder)
			file := filepath.Join(folder, FileName)
			data, err := os.ReadFile(file)
			check(t, err)
			check(t, os.WriteFile(file, c.change(data), 0o600))
			// Several processes find it at the same time.
			var all sync.WaitGroup
			var logs [3]*text
			for i := range logs {
				logs[i] = &text{}
				all.Go(func() {
					s, err := Open(folder, slog.New(slog.NewTextHandler(logs[i], nil)))
					if err != nil {
						t.Error(err)
						return
					}
					defer s.Close()
					if err := s.Set(t.Context(), "k", "v"); err != nil || !s.Durable() {
						t.Error(err)
					}
				})
			}
			all.Wait()
			warned := 0
			for _, log := range logs {
				warned += log.lines(t, "the database is damaged")
			}
			kept, _ := filepath.Glob(file + ".damaged-*[0-9]") // and not -wal
			if c.quiet != (warned == 0) || !c.quiet && (warned != 1 || len(kept) != 1) {
				t.Errorf("%d warnings, kept %s", warned, kept)
			}
			s := open(t, folder)
			if v := must(s.Get(t.Context(), "k"))(t); v != "v" {
				t.Error(v)
			}
			if id := s.NextID(); id < time.Since(epoch).Milliseconds()-time.Minute.Milliseconds() {
				t.Errorf("%d may be on a button already", id)
			}
		})
	}
}

func TestDamageThatIsMetIsLookedForAtTheNextStart(t *testing.T) {
	folder := t.TempDir()
	s, _ := logged(t, folder)
	if err := s.wrap("x", errDamaged); !errors.Is(err, errDamaged) {
		t.Error(err)
	}
	check(t, s.Close())
	mark := filepath.Join(folder, FileName+".suspect")
	if _, err := os.Stat(mark); err != nil {
		t.Error(err)
	}
	open(t, folder)
	if _, err := os.Stat(mark); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a sound database stays suspect", err)
	}
}

func TestWithoutAFolderItIsInMemory(t *testing.T) {
	for name, folder := range map[string]func(t *testing.T) string{
		"no folder can be made": func(t *testing.T) string {
			file := filepath.Join(t.TempDir(), "file")
			check(t, os.WriteFile(file, nil, 0o600))
			return filepath.Join(file, "data")
		},
		"a folder has its name": func(t *testing.T) string {
			dir := t.TempDir()
			check(t, os.Mkdir(filepath.Join(dir, FileName), 0o700))
			return dir
		},
		"a read-only folder": func(t *testing.T) string {
			if os.Getuid() == 0 {
				t.Skip("root writes everywhere")
			}
			dir := t.TempDir()
			check(t, os.Chmod(dir, 0o500))
			return dir
		},
		"proc": func(t *testing.T) string {
			if _, err := os.Stat("/proc/self"); err != nil {
				t.Skip(err)
			}
			return "/proc/self"
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, log := logged(t, folder(t))
			if s.Durable() || log.lines(t, "nothing is remembered over a restart") != 1 {
				t.Error(s.Durable(), log)
			}
			// All of it works, with cancelled queries in between.
			cancelled, cancel := context.WithCancel(t.Context())
			cancel()
			for range 50 {
				if _, err := s.Follows(cancelled); !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
			}
			check(t, s.Set(t.Context(), "k", "v"))
			s.Record(Exchange{ID: s.NextID(), Conversation: "c", Status: "answered"})
			if h, err := s.History(t.Context(), "c", time.Time{}, 5); len(h) != 1 || err != nil {
				t.Error(h, err)
			}
			if _, err := s.Purge(t.Context(), time.Now()); err != nil {
				t.Error(err)
			}
			if _, err := s.Forget(t.Context(), "r", "c", 1); err != nil {
				t.Error(err)
			}
			if v := must(s.Get(t.Context(), "k"))(t); v != "v" || len(s.Hash("a", "b")) != 32 {
				t.Error(v)
			}
		})
	}
}

func TestInMemoryDecisionsHold(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	check(t, s.Exclude(t.Context(), Exclusion{Article: "a"}))
	check(t, s.SetLanguage(t.Context(), "r", "zh"))
	check(t, s.Set(t.Context(), "k", "v"))
	s.Spend("day", 5)
	was := s.Hash("a", "b")
	check(t, s.Close())
	check(t, os.Mkdir(filepath.Join(folder, FileName+"-shm"), 0o700)) // as if there were no room for it
	s, log := logged(t, folder)
	if s.Durable() || log.lines(t, "nothing is remembered") != 1 || s.Hash("a", "b") != was {
		t.Error(s.Durable(), log)
	}
	excluded := must(s.Exclusions(t.Context()))(t)
	got := must(s.Language(t.Context(), "r"))(t) + must(s.Get(t.Context(), "k"))(t)
	if n := must(s.Spent(t.Context(), "day"))(t); n != 5 || got != "zhv" || len(excluded) != 1 {
		t.Error(n, got, excluded)
	}
}

func TestAFullDisk(t *testing.T) {
	s, log := logged(t, t.TempDir())
	check(t, s.Exclude(t.Context(), Exclusion{Article: "a"}))
	var pages int
	check(t, s.write.QueryRow("PRAGMA page_count").Scan(&pages))
	room := func(more int) {
		_, err := s.write.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages+more))
		check(t, err)
	}
	room(0)
	big := strings.Repeat("secret ", 1000)
	for range 3 {
		if _, err := s.JournalAdd(t.Context(), []JournalEntry{{ID: 1, Payload: []byte(big)}}); err == nil {
			t.Error("a full disk is no error")
		}
		s.Record(Exchange{ID: 5, Question: big})
		s.Spend("day", 1)
		if s.Flush(t.Context()) == nil {
			t.Error("a full disk is no error")
		}
	}
	if got, err := s.Exclusions(t.Context()); len(got) != 1 || err != nil {
		t.Error(got, err)
	}
	if id := s.NextID(); id >= unreserved {
		t.Error(id)
	}
	if _, ok, err := s.Exchange(t.Context(), 5); ok || err != nil {
		t.Error(ok, err)
	}
	room(1000)
	if fresh, err := s.JournalAdd(t.Context(), []JournalEntry{{ID: 1, Payload: []byte(big)}}); len(fresh) != 1 || !fresh[0] || err != nil {
		t.Error(fresh, err)
	}
	if n, err := s.Spent(t.Context(), "day"); n != 3 || err != nil {
		t.Error(n, err)
	}
	check(t, s.Close())
	if n := log.lines(t, "dropped"); n != 2 || strings.Contains(log.String(), "secret") { // the first, and the rest at the end
		t.Error(log)
	}
}

func TestADatabaseOfANewerVersion(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	_, err := s.write.Exec("PRAGMA user_version = 1000")
	check(t, err)
	check(t, s.Close())
	_, err = Open(folder, slog.New(slog.DiscardHandler))
	if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), filepath.Join(folder, FileName)) {
		t.Error(err)
	}
}

func TestMigrate(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	files := fstest.MapFS{"migrations/0001_a.sql": file("CREATE TABLE a (x); INSERT INTO a VALUES (1);")}
	db, err := sql.Open("sqlite", ":memory:?"+pragmas)
	check(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	step := func(version int, want string, fails bool) {
		t.Helper()
		if err := migrate(db, files); fails != (err != nil) {
			t.Error(err)
		}
		var is int
		var got string
		check(t, db.QueryRow("PRAGMA user_version").Scan(&is))
		check(t, db.QueryRow("SELECT group_concat(x) FROM a").Scan(&got))
		if is != version || got != want {
			t.Errorf("version %d has %q, want %d with %q", is, got, version, want)
		}
	}
	step(1, "1", false)
	step(1, "1", false)
	files["migrations/0002_b.sql"] = file("INSERT INTO a VALUES (2); INSERT INTO b VALUES (3);")
	step(1, "1", true) // nothing of it stays
	files["migrations/0002_b.sql"] = file("INSERT INTO a VALUES (2);")
	files["migrations/0003_c.sql"] = file("INSERT INTO a VALUES (3);")
	step(3, "1,2,3", false)
}

func TestTwoProcessesOnOneFolder(t *testing.T) {
	const stores, each = 3, 400
	folder := t.TempDir()
	var all sync.WaitGroup
	var mu sync.Mutex
	ids := make(map[int64]bool)
	fresh := 0
	for n := range stores {
		s := open(t, folder)
		all.Go(func() {
			for i := range each {
				e := Exchange{ID: s.NextID(), Conversation: "c", Status: "answered"}
				s.Record(e)
				s.Spend("day", 1)
				got, err := s.JournalAdd(t.Context(), []JournalEntry{{ID: int64(i), Chat: int64(n)}})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if ids[e.ID] {
					t.Errorf("%d was given twice", e.ID)
				}
				ids[e.ID] = true
				if got[0] {
					fresh++
				}
				mu.Unlock()
				s.JournalDone(int64(i))
			}
			if _, err := s.Purge(t.Context(), now.AddDate(-1, 0, 0)); err != nil {
				t.Error(err)
			}
			if err := s.Flush(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s := open(t, folder)
	h := must(s.History(t.Context(), "c", time.Time{}, stores*each+1))(t)
	if spent := must(s.Spent(t.Context(), "day"))(t); len(h) != stores*each || spent != stores*each || fresh != each {
		t.Errorf("%d exchanges, %d spent, %d fresh", len(h), spent, fresh)
	}
	if p := must(s.JournalPending(t.Context()))(t); len(p) > 0 {
		t.Errorf("%d are not done", len(p))
	}
}
