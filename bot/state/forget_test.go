package state

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestForget(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	const secret = "nobody may read this again"
	for _, reader := range []string{"r", "other"} {
		for i := range 30 {
			e := Exchange{ID: s.NextID(), Reader: reader, Conversation: reader + "'s", Status: "answered", Question: "q"}
			if reader == "r" {
				e.Question = secret
			}
			if i == 0 {
				e.Reader = "" // known by the conversation only
			}
			s.Record(e)
			check(t, s.SetFeedback(t.Context(), Feedback{Exchange: e.ID, Reader: reader, Verdict: "up"}))
		}
		check(t, s.SetLanguage(t.Context(), reader, "zh"))
	}
	for chat := range int64(3) {
		must(s.Follow(t.Context(), Follow{Chat: chat, Reader: "r", Topic: "metro"}))(t)
		must(s.Follow(t.Context(), Follow{Chat: chat, Reader: "other", Topic: "water"}))(t)
	}
	must(s.AddNotices(t.Context(), []Notice{{Chat: 1, Article: "a", Topic: "water"}, {Chat: 2, Article: "a", Topic: "water"}}))(t)
	s.Record(Exchange{Reader: "r", Question: secret}) // still in the queue
	got := must(s.Forget(t.Context(), "r", "r's", 1))(t)
	if want := (Forgotten{Exchanges: 31, Feedback: 30, Follows: 4, Languages: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := must(s.Forget(t.Context(), "", "", 0))(t); got != (Forgotten{}) {
		t.Errorf("%+v", got)
	}
	if n := len(must(s.History(t.Context(), "other's", time.Time{}, 99))(t)); n != 30 {
		t.Errorf("%d of the other's exchanges are left", n)
	}
	if f := must(s.Follows(t.Context()))(t); len(f) != 2 {
		t.Errorf("%+v", f)
	}
	if got, _ := due(t, s, time.Now()); len(got) != 1 || got[0] != "2:a" {
		t.Error(got)
	}
	if got := must(s.Language(t.Context(), "r"))(t) + must(s.Language(t.Context(), "other"))(t); got != "zh" {
		t.Error(got)
	}
	check(t, s.Close())
	for _, name := range must(filepath.Glob(filepath.Join(folder, "*")))(t) {
		if data := must(os.ReadFile(name))(t); bytes.Contains(data, []byte(secret)) {
			t.Errorf("it can still be read in %s", name)
		}
	}
}

func TestPurge(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	long := strings.Repeat("新闻", 500)
	for i := range 3 * slice {
		s.Record(Exchange{ID: int64(i + 1), At: now.Add(time.Duration(i-5*slice/2) * time.Second), Answer: long})
	}
	for i := range 4 {
		at := now.Add(time.Duration(2*i-3) * time.Hour)
		check(t, s.SetFeedback(t.Context(), Feedback{Exchange: int64(i), Reader: "r", Verdict: "up", At: at}))
		must(s.AddNotices(t.Context(), []Notice{{Chat: 1, Article: fmt.Sprint(i), Topic: "metro", At: at}}))(t)
		must(s.JournalAdd(t.Context(), []JournalEntry{{ID: int64(i), Chat: 1, At: at}, {ID: int64(i + 10), Chat: 1, At: at}}))(t)
		s.JournalDone(int64(i + 10))
	}
	check(t, s.Flush(t.Context()))
	// An old one that was sent of late stays; of done updates it is the end that counts.
	_, err := s.write.Exec(`UPDATE notices SET sent = ? WHERE article = '0'; UPDATE journal SET done = ? WHERE id = 10`,
		now.UnixMicro(), time.Now().Add(-tombstones-time.Minute).UnixMicro())
	check(t, err)
	must(s.Follow(t.Context(), Follow{Chat: 1, Topic: "metro", Daily: true}))(t)
	check(t, s.SetDaily(t.Context(), 2, true))
	var before, after int
	check(t, s.read.QueryRow("PRAGMA page_count").Scan(&before))
	n := must(s.Purge(t.Context(), now))(t)
	if want := 5*slice/2 + 2 + 1 + 2 + 1 + 1; n != want { // exchanges, feedback, notices, pending, done, chats
		t.Errorf("%d are purged, want %d", n, want)
	}
	if n := must(s.Purge(t.Context(), now))(t); n != 0 {
		t.Errorf("%d more are purged", n)
	}
	check(t, s.read.QueryRow("PRAGMA page_count").Scan(&after))
	if after > before/3 {
		t.Errorf("the database had %d pages and has %d", before, after)
	}
	check(t, s.Close())
	if size := must(os.Stat(filepath.Join(folder, FileName)))(t).Size(); size > int64(after)*4096 {
		t.Errorf("the file has %d bytes, its pages %d", size, after*4096)
	}
	s = open(t, folder)
	if st := must(s.Stats(t.Context(), time.Time{}, now.AddDate(1, 0, 0)))(t); st.Questions != slice/2 || st.Up != 2 {
		t.Errorf("%+v", st)
	}
	fresh := must(s.JournalAdd(t.Context(), []JournalEntry{{ID: 10}, {ID: 11}, {ID: 0}, {ID: 3}}))(t)
	if fmt.Sprint(fresh) != "[true false true false]" {
		t.Error(fresh)
	}
}
