package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"xiangwen/rag/eval"
)

// written makes a file in dir and returns its name.
func written(t *testing.T, dir, name, text string) string {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

const evalSet = `{"id":"long","question":"天祥大道隧道全长多少米？","answers":["6379米"],"doc_ids":["changjiu-railway-tunnel"]}
{"id":"whale","question":"有没有鲸鱼？"}
{"id":"cost","question":"章贡区一共建成了多少个就业之家？","answers":["99个"],"doc_ids":["zhanggong-job-homes"]}
`

func TestEvalKeepsAndCompares(t *testing.T) {
	dir := t.TempDir()
	questions := written(t, dir, "q.jsonl", evalSet)
	lines, report := filepath.Join(dir, "run.jsonl"), filepath.Join(dir, "run.md")
	code, table, stderr := xiangwen(t, "", "eval", "--questions", questions, "--out", lines, "--out", report)
	if code != 0 || stderr != "" || !regexp.MustCompile(`(?m)^threshold +coverage +accuracy`).MatchString(table) {
		t.Fatalf("exit %d\n%s%s", code, table, stderr)
	}
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# 1 of 3 questions missed", "## wrong answer (right article cited): 1", "### cost: 章贡区", "**wanted:** 99个", "53个", "the bundled articles, 8 articles"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the report has no %q:\n%s", want, text)
		}
	}

	// Another time: one question is judged otherwise, one is gone, one is new.
	changed := strings.Replace(evalSet, "99个", "53个", 1)
	changed = strings.Replace(changed, `"whale","question":"有没有`, `"whale","question":"哪里有`, 1)
	questions = written(t, dir, "q.jsonl", changed)
	code, table, stderr = xiangwen(t, "", "eval", "--questions", questions, "--compare", lines, "--out", report)
	if code != 0 || stderr != "" {
		t.Fatalf("exit %d\n%s%s", code, table, stderr)
	}
	for _, want := range []string{"won 1, lost 0, right both times 1, wrong both times 0", "1 questions asked only before, 1 asked only now",
		"of 1 questions something else was wanted", "\nwon\n  cost  章贡区"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	if !regexp.MustCompile(`answer hit +0\.500 +1\.000 +\+0\.500`).MatchString(table) {
		t.Errorf("no difference of hits:\n%s", table)
	}
	if text, err := os.ReadFile(report); err != nil || !strings.Contains(string(text), "### Won: 1\n\n- cost: ") {
		t.Errorf("%v\n%s", err, text)
	}
	code, out, _ := xiangwen(t, "", "eval", "--json", "--questions", questions, "--compare", lines)
	var got struct {
		eval.Summary
		Comparison eval.Comparison
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 || len(got.Comparison.Won) != 1 || got.Comparison.Won[0].ID != "cost" ||
		got.Answerable != 2 || len(got.Curve.Points) < 10 || got.HitCited != 1 {
		t.Errorf("exit %d, %v\n%s", code, err, out)
	}
}

func TestEvalMistakes(t *testing.T) {
	dir := t.TempDir()
	q := written(t, dir, "q.jsonl", evalSet)
	other := written(t, dir, "other.jsonl", `{"question":{"id":"a","question":"b"},"answer":{},"refused":true,"right_articles":null,"rank":0}`)
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		name string
		args []string
		code int
		has  []string // in standard error
	}{
		{"no file", []string{"--questions", at("none.jsonl")}, 1, []string{"none.jsonl", "no such file"}},
		{"empty", []string{"--questions", written(t, dir, "empty.jsonl", "\n \n")}, 1, []string{"empty.jsonl", "holds no question"}},
		{"no JSON", []string{"--questions", written(t, dir, "bad.jsonl", evalSet+"问题？\n")}, 1, []string{"bad.jsonl: line 4", "invalid character"}},
		{"no question", []string{"--questions", written(t, dir, "nameless.jsonl", "\n{\"id\":\"a\"}")}, 1, []string{"line 2", `no "question"`}},
		{"singular", []string{"--questions", written(t, dir, "one.jsonl", `{"question":"谁？","answer":"我"}`)}, 1, []string{"line 1", `"answers"`}},
		{"same id", []string{"--questions", written(t, dir, "twice.jsonl", evalSet+`{"id":"long","question":"谁？"}`)}, 1, []string{"line 4", `id "long"`, "line 1"}},
		{"same file", []string{"--questions", q, "--questions", q}, 1, []string{q, `"long"`, "already"}},
		{"ending", []string{"--questions", q, "--out", at("x.txt")}, 2, []string{"x.txt", ".jsonl", ".md"}},
		{"no folder", []string{"--questions", q, "--out", at("no/x.md")}, 2, []string{at("no"), "make it first"}},
		{"the questions", []string{"--questions", q, "--out", q}, 2, []string{"overwrite the questions"}},
		{"no old run", []string{"--questions", q, "--compare", at("none.jsonl")}, 1, []string{"none.jsonl", "no such file"}},
		{"broken old run", []string{"--questions", q, "--compare", written(t, dir, "cut.jsonl", `{"question":{"id":"a"`)}, 1, []string{"cut.jsonl: line 1", "not written by eval --out"}},
		{"old run is a set", []string{"--questions", q, "--compare", q}, 1, []string{"q.jsonl: line 1", "not written by eval --out"}},
		{"other set", []string{"--questions", q, "--compare", other}, 1, []string{"other.jsonl", "another question set"}},
		{"empty old run", []string{"--questions", q, "--compare", at("empty.jsonl")}, 1, []string{"empty.jsonl", "no answer"}},
		{"flag", []string{"--questions", q, "--comparee", q}, 2, []string{`did you mean "--compare"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, stderr := xiangwen(t, "", append([]string{"eval"}, c.args...)...)
			if code != c.code || out != "" || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit %d, stdout %q, stderr %q", code, out, stderr)
			}
			for _, want := range c.has {
				if !strings.Contains(stderr, want) {
					t.Errorf("no %q in %q", want, stderr)
				}
			}
		})
	}
	if text, err := os.ReadFile(q); err != nil || string(text) != evalSet {
		t.Errorf("the questions have changed: %v\n%s", err, text)
	}
}

func TestEvalDoubts(t *testing.T) {
	q := written(t, t.TempDir(), "q.jsonl", `{"id":"a","question":"隧道有多长？","answers":["6379米"],"doc_ids":["changjiu"]}`)
	code, out, stderr := xiangwen(t, "", "eval", "--questions", q)
	if code != 0 || !strings.Contains(out, "answer hit") || !strings.Contains(stderr, "does not have: a (changjiu)") {
		t.Errorf("exit %d\n%s%s", code, out, stderr)
	}
}

func TestEvalStopped(t *testing.T) {
	dir := t.TempDir()
	questions, out := written(t, dir, "q.jsonl", evalSet), written(t, dir, "run.jsonl", "the run before")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr buffer
	code := run(ctx, []string{"eval", "--questions", questions, "--out", out}, streams{strings.NewReader(""), &stdout, &stderr})
	if code != 1 || stdout.String() != "" || !strings.Contains(stderr.String(), "stopped after 0 of 3 questions") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if text, err := os.ReadFile(out); err != nil || string(text) != "the run before" || len(files) != 2 {
		t.Errorf("%v %q, files %q", err, text, files)
	}
}

func TestEvalOfAModelBesideExtractive(t *testing.T) {
	dir := t.TempDir()
	questions, extractive := written(t, dir, "q.jsonl", evalSet), filepath.Join(dir, "extractive.jsonl")
	if code, out, stderr := xiangwen(t, "", "eval", "--questions", questions, "--out", extractive); code != 0 || strings.Contains(out, "tokens") {
		t.Fatalf("exit %d\n%s%s", code, out, stderr)
	}
	url, _ := modelServer(t, "天祥大道隧道全长6379米[1]。全长9999米[1]。")
	t.Setenv("XIANGWEN_DATA", dir)
	t.Setenv("OPENAI_BASE_URL", url)
	generated := filepath.Join(dir, "generated.jsonl")
	args := []string{"eval", "--questions", questions, "--embedding-model", "builtin", "--log-level", "error", "--compare", extractive, "--out", generated}
	code, table, stderr := xiangwen(t, "", args...)
	if code != 0 || stderr != "" || !regexp.MustCompile(`(?m)^written by the model +– +0\.\d+ +–$`).MatchString(table) {
		t.Fatalf("exit %d\n%s%s", code, table, stderr)
	}
	code, out, stderr := xiangwen(t, "", append(args, "--json")...)
	var got struct {
		eval.Summary
		Comparison eval.Comparison
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 || got.Comparison.Old.Model != nil || got.Comparison.New.Model == nil ||
		got.Model == nil || got.Model.Asked != 3 || got.Model.Written == 0 || got.Model.DroppedKinds["figure"] == 0 || got.Model.FigureBefore == 0 ||
		got.Model.UnprovenAfter != 0 || got.Model.PromptTokens == 0 || !got.Model.TokensEstimated || got.Unproven != 0 {
		t.Errorf("exit %d, %v\n%s%s", code, err, out, stderr)
	}
	if text, err := os.ReadFile(generated); err != nil || !strings.Contains(string(text), `"failure":"nothing_proven"`) {
		t.Errorf("%v\n%s", err, text)
	}
}
