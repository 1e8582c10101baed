package rag

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"xiangwen/knowledge/load"
)

// BenchmarkAsk asks the questions of crud-dev over its 10,632 articles, one at a
// time, and reports the median: go test -bench Ask -cpu 1 ./rag
func BenchmarkAsk(b *testing.B) {
	const set = "../../shared/eval/crud-dev/"
	f, err := os.Open(set + "questions.jsonl")
	if err != nil && os.Getenv("XIANGWEN_REQUIRE_SHARED") != "" {
		b.Fatal(err)
	}
	if err != nil {
		b.Skip("needs the shared folder beside the checkout:", err)
	}
	defer f.Close()
	var questions []string
	for lines := json.NewDecoder(f); lines.More(); {
		var q struct{ Question string }
		if err := lines.Decode(&q); err != nil {
			b.Fatal(err)
		}
		questions = append(questions, q.Question)
	}
	sources, err := load.Paths([]string{set + "docs.jsonl"})
	if err != nil {
		b.Fatal(err)
	}
	library, err := load.Load(b.Context(), sources, nil)
	if err != nil {
		b.Fatal(err)
	}
	e := newEngine(b, Options{}, library)
	var took []time.Duration
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		start := time.Now()
		e.Ask(b.Context(), Question{Text: questions[i%len(questions)]})
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
