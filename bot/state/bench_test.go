package state

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func exchange(s *Store, i int) Exchange {
	return Exchange{
		ID: s.NextID(), At: time.Now(), Front: "telegram", Reader: s.Hash("reader", fmt.Sprint(i%5000)), Conversation: s.Hash("chat", fmt.Sprint(i%5000)),
		Language: "zh", Question: "地铁4号线什么时候开通？", SearchedFor: "地铁4号线什么时候开通", Status: "answered", Method: "model",
		Answer: strings.Repeat("地铁4号线将于今年年底开通试运营。", 10), Articles: []string{"2026-03-metro", "2026-02-metro"},
		Passages: []string{"2026-03-metro#0", "2026-03-metro#1", "2026-02-metro#0", "2026-01-bus#2", "2025-12-metro#0"},
		Took:     time.Second, Tokens: 1500,
	}
}

// BenchmarkRecord writes all that it records: it waits while the queue is half
// full.
func BenchmarkRecord(b *testing.B) {
	s := open(b, b.TempDir())
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Record(exchange(s, i))
		if i%(mostQueued/2) == 0 {
			check(b, s.Flush(b.Context()))
		}
	}
	check(b, s.Flush(b.Context()))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkHistory(b *testing.B) {
	s := open(b, b.TempDir())
	for i := range 100_000 {
		s.Record(exchange(s, i))
		if i%(mostQueued/2) == 0 {
			check(b, s.Flush(b.Context()))
		}
	}
	check(b, s.Flush(b.Context()))
	for i := 0; b.Loop(); i++ {
		h, err := s.History(b.Context(), s.Hash("chat", fmt.Sprint(i%5000)), time.Time{}, 3)
		if len(h) != 3 || err != nil {
			b.Fatal(len(h), err)
		}
	}
}

func BenchmarkStats(b *testing.B) {
	s := open(b, b.TempDir())
	for i := range 100_000 {
		s.Record(exchange(s, i))
		if i%(mostQueued/2) == 0 {
			check(b, s.Flush(b.Context()))
		}
	}
	for b.Loop() {
		if st, err := s.Stats(b.Context(), time.Time{}, time.Now()); st.Questions != 100_000 || err != nil {
			b.Fatal(st, err)
		}
	}
}

func BenchmarkJournalAdd(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := open(b, b.TempDir())
			entries := make([]JournalEntry, n)
			for id := int64(0); b.Loop(); {
				for i := range entries {
					entries[i] = JournalEntry{ID: id, Chat: 1, Payload: make([]byte, 500), At: time.Now()}
					id++
				}
				if _, err := s.JournalAdd(b.Context(), entries); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkWhole is what an update costs: taken into work, answered, recorded, done.
func BenchmarkWhole(b *testing.B) {
	s := open(b, b.TempDir())
	b.SetParallelism(32)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			e := exchange(s, 1)
			if _, err := s.JournalAdd(b.Context(), []JournalEntry{{ID: e.ID, Payload: make([]byte, 500)}}); err != nil {
				b.Error(err)
			}
			if err := s.JournalSending(b.Context(), e.ID); err != nil {
				b.Error(err)
			}
			s.Record(e)
			s.JournalDone(e.ID)
		}
	})
}
