package state

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestJournal(t *testing.T) {
	s := open(t, t.TempDir())
	add := func(want []bool, ids ...int64) {
		t.Helper()
		var entries []JournalEntry
		for _, id := range ids {
			entries = append(entries, JournalEntry{ID: id, Chat: -id, Payload: []byte{byte(id)}, At: now.Add(-time.Duration(id))})
		}
		if got, err := s.JournalAdd(t.Context(), entries); !slices.Equal(got, want) || err != nil {
			t.Errorf("fresh %v, want %v; %v", got, want, err)
		}
	}
	pending := func() (list []string) {
		for _, e := range must(s.JournalPending(t.Context()))(t) {
			list = append(list, fmt.Sprintln(e.ID, e.Chat, e.Payload, e.State))
		}
		return list
	}
	wants := func(want ...string) {
		t.Helper()
		if got := pending(); !slices.Equal(got, want) {
			t.Errorf("pending %q, want %q", got, want)
		}
	}
	add(nil)
	add([]bool{true, true, false}, 1, 2, 1)
	add([]bool{false, true}, 2, 3)
	check(t, s.JournalSending(t.Context(), 2))
	check(t, s.JournalSending(t.Context(), 2))
	check(t, s.JournalSending(t.Context(), 99))
	wants("1 -1 [1] new\n", "2 -2 [2] sending\n", "3 -3 [3] new\n")
	s.JournalDone(1)
	s.JournalDone(2)
	s.JournalDone(99)
	wants("3 -3 [3] new\n")
	check(t, s.JournalSending(t.Context(), 2))
	wants("3 -3 [3] new\n")
	add([]bool{false, false, true}, 1, 2, 4)
	check(t, s.DropChat(t.Context(), -4))
	wants("3 -3 [3] new\n")
	add([]bool{false}, 4)
	var left int
	check(t, s.read.QueryRow("SELECT COUNT(*) FROM journal WHERE done IS NOT NULL AND (payload IS NOT NULL OR chat <> 0)").Scan(&left))
	if left > 0 {
		t.Errorf("%d done updates are kept whole", left)
	}
	want := JournalEntry{ID: 9, At: now, State: JournalNew}
	must(s.JournalAdd(t.Context(), []JournalEntry{{ID: 9, At: now, State: JournalSending}}))(t)
	if got := must(s.JournalPending(t.Context()))(t); !slices.ContainsFunc(got, func(e JournalEntry) bool { return reflect.DeepEqual(e, want) }) {
		t.Errorf("%+v", got)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if fresh, err := s.JournalAdd(cancelled, []JournalEntry{{ID: 10}}); err == nil || fresh != nil {
		t.Error(fresh, err)
	}
	add([]bool{true}, 10)
}

// child is the process that TestKill kills: it says what is durable, and goes on
// until it is dead.
func child(folder string) {
	s, err := Open(folder, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	for id := int64(1); ; id++ {
		if _, err := s.JournalAdd(ctx, []JournalEntry{{ID: id, Payload: []byte("x")}}); err != nil {
			panic(err)
		}
		fmt.Println("add", id)
		if id%2 == 0 {
			if err := s.JournalSending(ctx, id); err != nil {
				panic(err)
			}
			fmt.Println("sending", id)
		}
		s.Record(Exchange{ID: id, Conversation: "c", Status: "answered", Answer: strings.Repeat("答", 100)})
		if id%4 == 0 {
			s.JournalDone(id)
		}
		if id%100 == 0 {
			s.Flush(ctx)
			fmt.Println("flush", id)
		}
		if id == 1050 {
			self, _ := os.FindProcess(os.Getpid())
			self.Kill()
			time.Sleep(time.Hour)
		}
	}
}

func TestKill(t *testing.T) {
	self, err := os.Executable()
	check(t, err)
	folder := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	process := exec.CommandContext(ctx, self)
	process.Env = append(os.Environ(), "STATE_TEST_CHILD="+folder)
	process.Stderr = os.Stderr
	out, err := process.StdoutPipe()
	check(t, err)
	check(t, process.Start())
	said := make(map[string]int64) // the last of each kind
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var what string
		var id int64
		fmt.Sscan(lines.Text(), &what, &id)
		said[what] = id
	}
	if err := process.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatal(err)
	}
	if said["add"] != 1050 || said["flush"] != 1000 {
		t.Fatal(said)
	}

	s := open(t, folder)
	states := make(map[int64]JournalState)
	for _, e := range must(s.JournalPending(t.Context()))(t) {
		states[e.ID] = e.State
	}
	for id := int64(1); id <= said["add"]; id++ {
		state, pending := states[id]
		switch {
		case id%4 == 0 && id <= said["flush"]:
			if pending {
				t.Errorf("%d was done and is pending", id)
			}
		case id%4 == 0 && !pending: // done in time
		case !pending:
			t.Errorf("%d is lost", id)
		case (state == JournalSending) != (id%2 == 0):
			t.Errorf("%d is %q", id, state)
		}
		fresh := must(s.JournalAdd(t.Context(), []JournalEntry{{ID: id}}))(t)
		if fresh[0] {
			t.Errorf("%d is not known any more", id)
		}
	}
	h := must(s.History(t.Context(), "c", time.Time{}, 2000))(t)
	if int64(len(h)) < said["flush"] {
		t.Errorf("%d exchanges are kept, %d were flushed", len(h), said["flush"])
	}
}
