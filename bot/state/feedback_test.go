package state

import (
	"reflect"
	"testing"
	"time"
)

func TestFeedback(t *testing.T) {
	s := open(t, t.TempDir())
	id := s.NextID()
	check(t, s.SetFeedback(t.Context(), Feedback{Exchange: id, Reader: "a", Verdict: "up", At: now})) // before the exchange
	s.Record(Exchange{ID: id, At: now, Question: "q", Answer: "x", Status: "answered", Method: "model", Front: "web", Language: "zh", Articles: []string{"1"}})
	for _, f := range []Feedback{
		{Exchange: id, Reader: "a", Verdict: "down", Reason: "wrong", At: now.Add(time.Second)},
		{Exchange: id, Reader: "b", Verdict: "up", At: now.Add(2 * time.Second)},
		{Exchange: 99, Reader: "b", Verdict: "down", At: now.Add(3 * time.Second)},
		{Exchange: id, Reader: "c", Verdict: "up", At: now},
		{Exchange: id, Reader: "c"},
	} {
		check(t, s.SetFeedback(t.Context(), f))
	}
	row := func(exchange int64, reader, verdict, reason string, after time.Duration) FeedbackRow {
		r := FeedbackRow{Feedback: Feedback{exchange, reader, verdict, reason, now.Add(after)}}
		if exchange == id {
			r.Asked, r.Front, r.Language, r.Question, r.Status, r.Method, r.Answer, r.Articles = now, "web", "zh", "q", "answered", "model", "x", []string{"1"}
		}
		return r
	}
	want := []FeedbackRow{row(99, "b", "down", "", 3*time.Second), row(id, "b", "up", "", 2*time.Second), row(id, "a", "down", "wrong", time.Second)}
	for most := range 5 {
		got := must(s.FeedbackList(t.Context(), now, most))(t)
		if n := min(most, 3); len(got) != n || n > 0 && !reflect.DeepEqual(got, want[:n]) {
			t.Errorf("got %+v\nwant %+v", got, want[:n])
		}
	}
	if got := must(s.FeedbackList(t.Context(), now.Add(2*time.Second), 9))(t); len(got) != 2 {
		t.Errorf("%+v", got)
	}
	for _, f := range []Feedback{{Verdict: "so so"}, {Verdict: "down", Reason: "boring"}} {
		if s.SetFeedback(t.Context(), f) == nil {
			t.Errorf("%+v is kept", f)
		}
	}
}
