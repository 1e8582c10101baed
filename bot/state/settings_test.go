package state

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestSettings(t *testing.T) {
	s := open(t, t.TempDir())
	for name, c := range map[string]struct {
		set func(key, value string) error
		get func(key string) (string, error)
	}{
		"language": {
			func(key, value string) error { return s.SetLanguage(t.Context(), key, value) },
			func(key string) (string, error) { return s.Language(t.Context(), key) },
		},
		"value": {
			func(key, value string) error { return s.Set(t.Context(), key, value) },
			func(key string) (string, error) { return s.Get(t.Context(), key) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, value := range []string{"zh", "en", ""} {
				check(t, c.set("k", value))
				if got := must(c.get("k"))(t); got != value {
					t.Errorf("%q, want %q", got, value)
				}
				if got := must(c.get("other"))(t); got != "" {
					t.Errorf("%q", got)
				}
			}
		})
	}
}

func TestSpending(t *testing.T) {
	s := open(t, t.TempDir())
	for i := range 100 {
		s.Spend("2026-03-14", 1)
		s.Spend("2026-03-15", i)
		if got := must(s.Spent(t.Context(), "2026-03-14"))(t); got != i+1 {
			t.Fatalf("%d, want %d", got, i+1)
		}
	}
	if got := must(s.Spent(t.Context(), "2026-03-15"))(t); got != 4950 {
		t.Error(got)
	}
	if got := must(s.Spent(t.Context(), "1999-01-01"))(t); got != 0 {
		t.Error(got)
	}
}

func TestExclusions(t *testing.T) {
	s := open(t, t.TempDir())
	a := Exclusion{Article: "a", Title: "标题", By: "me", Kind: "exclude", At: now, Undo: "x"}
	b := Exclusion{Article: "b", Kind: "remove", At: now.Add(time.Second)}
	check(t, s.Exclude(t.Context(), a))
	a.Kind = "remove"
	check(t, s.Exclude(t.Context(), a))
	check(t, s.Exclude(t.Context(), b))
	if got := must(s.Exclusions(t.Context()))(t); !slices.Equal(got, []Exclusion{b, a}) {
		t.Errorf("%+v", got)
	}
	if got, ok, err := s.Include(t.Context(), "a"); got != a || !ok || err != nil {
		t.Error(got, ok, err)
	}
	if got, ok, err := s.Include(t.Context(), "a"); got != (Exclusion{}) || ok || err != nil {
		t.Error(got, ok, err)
	}
	if got := must(s.Exclusions(t.Context()))(t); !slices.Equal(got, []Exclusion{b}) {
		t.Errorf("%+v", got)
	}
}

func TestStats(t *testing.T) {
	s := open(t, t.TempDir())
	empty := Stats{ByFailure: map[string]int{}}
	if got := must(s.Stats(t.Context(), time.Time{}, now))(t); !reflect.DeepEqual(got, empty) {
		t.Errorf("%+v", got)
	}
	statuses := []string{"answered", "partial", "not_found", "redirected", "declined", "error", "clarify", "answered", "not_found", "answered"}
	for i, status := range statuses {
		e := Exchange{ID: int64(i + 1), At: now.Add(time.Duration(i) * time.Second), Status: status, Tokens: 10, Took: time.Duration(i+1) * time.Millisecond, Reader: "r"}
		if i == 0 {
			e.Reader = ""
		}
		if i > 7 {
			e.Reader = "s"
		}
		if status == "error" || i == 9 {
			e.Failure = "timeout"
		}
		s.Record(e)
		check(t, s.SetFeedback(t.Context(), Feedback{Exchange: e.ID, Verdict: []string{"up", "down", "up"}[i%3], At: e.At}))
	}
	got := must(s.Stats(t.Context(), now, now.Add(time.Minute)))(t)
	want := Stats{Questions: 10, Answered: 4, NotFound: 2, Redirected: 1, Declined: 1, Failed: 1, ByFailure: map[string]int{"timeout": 2},
		Tokens: 100, Median: 6 * time.Millisecond, P95: 10 * time.Millisecond, Readers: 2, Up: 7, Down: 3}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	got = must(s.Stats(t.Context(), now.Add(time.Second), now.Add(2*time.Second)))(t)
	want = Stats{Questions: 1, Answered: 1, ByFailure: map[string]int{}, Tokens: 10, Median: 2 * time.Millisecond, P95: 2 * time.Millisecond, Readers: 1, Down: 1}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestDaily(t *testing.T) {
	s := open(t, t.TempDir())
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Skip(err)
	}
	// The 29th of March 2026 has 23 hours there.
	midnight := time.Date(2026, 3, 30, 0, 0, 0, 0, paris)
	for at, status := range map[time.Duration]string{
		-48 * time.Hour: "not_found", -23 * time.Hour: "answered", -1: "not_found", 0: "partial", time.Hour: "clarify", -1000 * time.Hour: "answered",
	} {
		s.Record(Exchange{At: midnight.Add(at), Status: status})
	}
	want := []Day{{"2026-03-27", 1, 0, 1}, {"2026-03-28", 0, 0, 0}, {"2026-03-29", 2, 1, 1}, {"2026-03-30", 2, 1, 0}}
	if got := must(s.Daily(t.Context(), 4, midnight.Add(time.Hour)))(t); !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if got := must(s.Daily(t.Context(), 0, midnight))(t); got != nil {
		t.Error(got)
	}
}

func TestUnanswered(t *testing.T) {
	s := open(t, t.TempDir())
	for i, e := range []Exchange{
		{Question: "停水？", Reader: "a"}, {Question: " 停水？\n", Reader: "b"}, {Question: "　停水？", Reader: "b"},
		{Question: "gas?"}, {Question: "gas?"}, {Question: "bus?"}, {Question: "known", Status: "answered"},
	} {
		e.At = now.Add(time.Duration(i) * time.Second)
		if e.Status == "" {
			e.Status = "not_found"
		}
		s.Record(e)
	}
	second := func(n int) time.Time { return now.Add(time.Duration(n) * time.Second) }
	want := []Unanswered{{"停水？", 3, 2, now, second(2)}, {"gas?", 2, 0, second(3), second(4)}, {"bus?", 1, 0, second(5), second(5)}}
	for most := range 5 {
		got := must(s.Unanswered(t.Context(), now, most))(t)
		if n := min(most, 3); len(got) != n || n > 0 && !reflect.DeepEqual(got, want[:n]) {
			t.Errorf("got %v\nwant %v", got, want[:n])
		}
	}
	if got := must(s.Unanswered(t.Context(), second(5), 9))(t); len(got) != 1 {
		t.Error(got)
	}
}
