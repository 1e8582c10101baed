package state

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestFollow(t *testing.T) {
	s := open(t, t.TempDir())
	follow := func(f Follow, want bool) {
		t.Helper()
		if added, err := s.Follow(t.Context(), f); added != want || err != nil {
			t.Error(added, err)
		}
	}
	is := func(chat int64, want ...Follow) {
		t.Helper()
		if got := must(s.Following(t.Context(), chat))(t); !slices.Equal(got, want) {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
	}
	metro := Follow{Chat: 1, Thread: 3, Reader: "r", Topic: "地铁", Language: "zh", At: now}
	water := Follow{Chat: 1, Topic: "water", Language: "en", At: now.Add(time.Second)}
	other := Follow{Chat: -100123, Topic: "water", Daily: true, At: now}
	follow(metro, true)
	follow(water, true)
	follow(other, true)
	is(1, metro, water)
	metro.Thread, metro.Language = 4, "en"
	follow(Follow{Chat: 1, Thread: 4, Reader: "x", Topic: "地铁", Language: "en", At: now.Add(time.Hour)}, false)
	is(1, metro, water)
	check(t, s.SetDaily(t.Context(), 1, true))
	follow(water, false) // stays daily
	metro.Daily, water.Daily = true, true
	is(1, metro, water)
	if got := must(s.Follows(t.Context()))(t); !slices.Equal(got, []Follow{other, metro, water}) {
		t.Errorf("%+v", got)
	}
	check(t, s.SetDaily(t.Context(), 1, false))
	metro.Daily, water.Daily = false, false
	for _, c := range []struct {
		chat  int64
		topic string
		want  bool
	}{{1, "gas", false}, {1, "water", true}, {1, "water", false}, {1, "", true}, {1, "", false}, {5, "", false}} {
		if ok, err := s.Unfollow(t.Context(), c.chat, c.topic); ok != c.want || err != nil {
			t.Error(c, ok, err)
		}
	}
	is(1)
	is(-100123, other)
}

// due returns the due notices as "chat:article".
func due(t *testing.T, s *Store, at time.Time) (list []string, ids []int64) {
	t.Helper()
	for _, n := range must(s.DueNotices(t.Context(), at))(t) {
		list = append(list, fmt.Sprintf("%d:%s", n.Chat, n.Article))
		ids = append(ids, n.ID)
	}
	return list, ids
}

func TestNotices(t *testing.T) {
	s := open(t, t.TempDir())
	for chat := range int64(3) {
		for _, topic := range []string{"metro", "water"} {
			must(s.Follow(t.Context(), Follow{Chat: chat, Topic: topic, Daily: chat == 2}))(t)
		}
	}
	add := func(want int, notices ...Notice) {
		t.Helper()
		if n, err := s.AddNotices(t.Context(), notices); n != want || err != nil {
			t.Errorf("%d are new, want %d, %v", n, want, err)
		}
	}
	wants := func(after time.Duration, want ...string) []int64 {
		t.Helper()
		got, ids := due(t, s, now.Add(after))
		if !slices.Equal(got, want) {
			t.Errorf("after %s %s are due, want %s", after, got, want)
		}
		return ids
	}
	add(0)
	add(3,
		Notice{Chat: 1, Article: "b", Topic: "metro", At: now.Add(time.Second)},
		Notice{Chat: 1, Article: "a", Topic: "metro", Thread: 7, Language: "zh", At: now},
		Notice{Chat: 1, Article: "a", Topic: "water", At: now},
		Notice{Chat: 2, Article: "a", Topic: "metro", At: now})
	full := must(s.DueNotices(t.Context(), now))(t)[0]
	if want := (Notice{full.ID, 1, 7, "metro", "a", "zh", now}); full != want {
		t.Errorf("%+v, want %+v", full, want)
	}
	ids := wants(0, "1:a", "1:b", "2:a")
	check(t, s.NoticesSent(t.Context(), 1, ids[:1], now)) // the other one failed
	check(t, s.NoticesSent(t.Context(), 1, nil, now.Add(time.Hour)))
	check(t, s.NoticesSent(t.Context(), 2, ids[2:], now))
	add(2, Notice{Chat: 1, Article: "a", Topic: "metro"}, Notice{Chat: 2, Article: "a", Topic: "metro"},
		Notice{Chat: 1, Article: "c", Topic: "water", At: now.Add(time.Minute)}, Notice{Chat: 2, Article: "c", Topic: "water", At: now.Add(time.Minute)})
	wants(time.Hour - time.Microsecond)
	wants(time.Hour, "1:b", "1:c")
	wants(24*time.Hour-time.Microsecond, "1:b", "1:c")
	ids = wants(24*time.Hour, "1:b", "1:c", "2:c")
	check(t, s.NoticesSent(t.Context(), 5, ids, now)) // another chat's are not touched
	check(t, s.SetDaily(t.Context(), 2, false))
	wants(time.Hour, "1:b", "1:c", "2:c")

	must(s.Unfollow(t.Context(), 1, "metro"))(t)
	wants(time.Hour, "1:c", "2:c")
	must(s.Follow(t.Context(), Follow{Chat: 1, Topic: "metro"}))(t)
	wants(time.Hour, "1:c", "2:c")
	add(0, Notice{Chat: 1, Article: "b", Topic: "metro"})
	add(1, Notice{Chat: 1, Article: "d", Topic: "not followed"})
	wants(time.Hour, "1:c", "2:c")
	check(t, s.DropChat(t.Context(), 1))
	wants(time.Hour, "2:c")
	if f := must(s.Following(t.Context(), 1))(t); len(f) > 0 {
		t.Error(f)
	}
	add(0, Notice{Chat: 1, Article: "c", Topic: "water"})
}

func TestMoveChat(t *testing.T) {
	s := open(t, t.TempDir())
	for _, f := range []Follow{{Chat: 1, Topic: "metro"}, {Chat: 1, Topic: "water", Daily: true}, {Chat: 2, Topic: "water"}} {
		must(s.Follow(t.Context(), f))(t)
	}
	must(s.AddNotices(t.Context(), []Notice{
		{Chat: 1, Article: "a", Topic: "water"}, {Chat: 1, Article: "b", Topic: "metro"}, {Chat: 2, Article: "a", Topic: "water"}, {Chat: 2, Article: "c", Topic: "water"},
	}))(t)
	_, ids := due(t, s, now)
	check(t, s.NoticesSent(t.Context(), 1, ids[:1], now))
	must(s.JournalAdd(t.Context(), []JournalEntry{{ID: 5, Chat: 1}}))(t)
	check(t, s.MoveChat(t.Context(), 1, 1))
	check(t, s.MoveChat(t.Context(), 1, 2))
	check(t, s.MoveChat(t.Context(), 77, 78))
	if f := must(s.Follows(t.Context()))(t); len(f) != 2 || f[0].Chat != 2 || f[1].Chat != 2 || !f[0].Daily {
		t.Errorf("%+v", f)
	}
	if got, _ := due(t, s, now.Add(time.Hour)); got != nil {
		t.Errorf("the pause is forgotten: %s", got)
	}
	if got, _ := due(t, s, now.Add(24*time.Hour)); !slices.Equal(got, []string{"2:b", "2:c"}) && !slices.Equal(got, []string{"2:c", "2:b"}) {
		t.Errorf("%s", got)
	}
	if p := must(s.JournalPending(t.Context()))(t); len(p) != 1 || p[0].Chat != 2 {
		t.Errorf("%+v", p)
	}
}
