package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"xiangwen/rag/eval"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestBundledAnswers asks our own questions about the bundled articles, with no
// setting changed, and compares each answer with testdata/bundled.golden: what a
// change of retrieval or answering does is seen in review. Questions that are
// answered wrong today are in the set too.
func TestBundledAnswers(t *testing.T) {
	const set, golden = "testdata/bundled.jsonl", "testdata/bundled.golden"
	lines := filepath.Join(t.TempDir(), "answers.jsonl")
	code, out, stderr := xiangwen(t, "", "eval", "--json", "--questions", set, "--out", lines)
	if code != 0 || stderr != "" {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var summary eval.Summary
	if err := json.Unmarshal([]byte(out), &summary); err != nil {
		t.Fatal(err)
	}
	// Floors: what was reached when the set was made, rounded down.
	if summary.HitCited < 0.70 || summary.Refused < 0.55 || summary.Recall5 < 0.95 || summary.Unproven > 0 {
		t.Errorf("right with the right article cited %.3f, refused %.3f, recall@5 %.3f, not proven %d",
			summary.HitCited, summary.Refused, summary.Recall5, summary.Unproven)
	}
	if summary.Answerable < 60 || summary.Unanswerable < 24 {
		t.Errorf("%d answerable questions, %d to refuse", summary.Answerable, summary.Unanswerable)
	}
	f, err := os.Open(lines)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	results, err := eval.ReadLines(f)
	if err != nil {
		t.Fatal(err)
	}
	got := renderResults(results)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("answers differ from %s (go test ./cmd/xiangwen -update writes it anew):\n%s", golden, changedLines(string(want), got))
	}
}

// renderResults writes how many of each kind of question are right (the kind is
// the id without its number), then a line for each question.
func renderResults(results []eval.Result) string {
	var b strings.Builder
	right, asked := make(map[string]int), make(map[string]int)
	for _, r := range results {
		kind, _, _ := strings.Cut(r.Question.ID, "-")
		asked[kind]++
		if r.OK() {
			right[kind]++
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(asked)) {
		fmt.Fprintf(&b, "%s: %d of %d right\n", kind, right[kind], asked[kind])
	}
	for _, r := range results {
		var cited []string
		for _, c := range r.Answer.Citations {
			if !slices.Contains(cited, c.ArticleID) {
				cited = append(cited, c.ArticleID)
			}
		}
		line := fmt.Sprintf("%s | %s | rank %d | %s | %s", r.Question.ID, word(r), r.Rank, strings.Join(cited, " "), r.Question.Question)
		if r.Answer.Text != "" {
			line += " → " + r.Answer.Text
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// word says how a question came out.
func word(r eval.Result) string {
	switch answerable := r.Question.Answerable(); {
	case r.Unproven != "":
		return "NOT PROVEN"
	case r.OK() && answerable:
		return "right"
	case r.OK():
		return "refused"
	case !answerable:
		return "NOT REFUSED"
	case r.Refused:
		return "NOT FOUND"
	case r.Hit:
		return "WRONG ARTICLE"
	}
	return "WRONG"
}

// changedLines lists the lines that are in one text only, those that begin with
// the same id side by side.
func changedLines(want, got string) string {
	before, after := strings.Split(want, "\n"), strings.Split(got, "\n")
	id := func(line string) string { return line[:max(0, strings.IndexAny(line, ":|"))] }
	var b bytes.Buffer
	for _, line := range before {
		if slices.Contains(after, line) {
			continue
		}
		fmt.Fprintln(&b, "-", line)
		for _, now := range after {
			if id(now) == id(line) {
				fmt.Fprintln(&b, "+", now)
			}
		}
	}
	for _, line := range after {
		if !slices.ContainsFunc(before, func(then string) bool { return id(then) == id(line) }) {
			fmt.Fprintln(&b, "+", line)
		}
	}
	return b.String()
}
