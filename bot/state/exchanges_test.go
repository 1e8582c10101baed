package state

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

func TestExchange(t *testing.T) {
	s := open(t, t.TempDir())
	want := Exchange{
		ID: s.NextID(), At: now, Front: "telegram", Reader: s.Hash("reader", "1"), Conversation: s.Hash("chat", "1"),
		Language: "zh", Question: "那\x00里?\xff", SearchedFor: "地铁4号线在哪里", Status: "answered", Method: "model",
		Answer: "在城东。", Failure: "timeout", Articles: []string{"a\n1", "b,2"}, Passages: []string{"a#1"},
		Took: 1234567 * time.Nanosecond, Tokens: 345,
	}
	s.Record(want)
	got, ok, err := s.Exchange(t.Context(), want.ID)
	if !ok || err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v %v\n got %+v\nwant %+v", ok, err, got, want)
	}
	if _, ok, err := s.Exchange(t.Context(), 1); ok || err != nil {
		t.Error("there is what nobody recorded", err)
	}
	want.Answer, want.Articles, want.Passages = "later", nil, nil
	s.Record(want)
	if got, _, _ = s.Exchange(t.Context(), want.ID); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	s.Record(Exchange{Conversation: "none given", Status: "answered"})
	h := must(s.History(t.Context(), "none given", time.Now().Add(-time.Minute), 1))(t)
	if len(h) != 1 || h[0].ID == 0 {
		t.Errorf("%+v", h)
	}
}

func TestIDs(t *testing.T) {
	s := open(t, t.TempDir())
	var all sync.WaitGroup
	var mu sync.Mutex
	seen := make(map[int64]bool)
	for range 4 {
		all.Go(func() {
			for range 2 * block {
				id := s.NextID()
				mu.Lock()
				if seen[id] || id <= 0 || len(strconv.FormatInt(id, 36)) > 9 {
					t.Errorf("%d is not an id", id)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
	// A burst may use up a block before the next is reserved, a calm never does.
	check(t, s.Flush(t.Context()))
	for range 3*block + unfinished(&s.ids) {
		s.NextID()
		if s.ids.asked {
			check(t, s.Flush(t.Context()))
		}
	}
	if id := s.NextID(); id >= unreserved {
		t.Errorf("%d is not of a reserved block", id)
	}
}

// unfinished is what is left of blocks that a burst may have made up.
func unfinished(i *ids) (n int) {
	for _, b := range i.blocks {
		n += int(b[1] - b[0])
	}
	return n
}

func TestHistory(t *testing.T) {
	s := open(t, t.TempDir())
	statuses := []string{"answered", "not_found", "partial", "error", "answered", "answered"}
	for i, status := range statuses {
		s.Record(Exchange{ID: int64(i + 1), At: now.Add(time.Duration(i) * time.Minute), Conversation: "c", Status: status})
		s.Record(Exchange{ID: int64(i + 101), At: now, Status: status})
	}
	for name, c := range map[string]struct {
		conversation string
		since        time.Duration
		most         int
		want         []int64
	}{
		"all":         {"c", 0, 10, []int64{1, 3, 5, 6}},
		"the latest":  {"c", 0, 2, []int64{5, 6}},
		"since":       {"c", time.Minute, 10, []int64{3, 5, 6}},
		"nothing new": {"c", time.Hour, 10, nil},
		"none":        {"c", 0, 0, nil},
		"nobody's":    {"", 0, 10, nil},
		"another's":   {"d", 0, 10, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []int64
			for _, e := range must(s.History(t.Context(), c.conversation, now.Add(c.since), c.most))(t) {
				got = append(got, e.ID)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestHistorySeesWhatWasJustRecorded(t *testing.T) {
	s := open(t, t.TempDir())
	for i := range 100 {
		s.Record(Exchange{Conversation: fmt.Sprint(i), Status: "answered"})
		if h, err := s.History(t.Context(), fmt.Sprint(i), time.Time{}, 1); len(h) != 1 || err != nil {
			t.Fatal(h, err)
		}
	}
}
