package eval

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"xiangwen/knowledge"
	"xiangwen/rag"
	"xiangwen/rag/proof"
)

// counting tells how often each question was asked.
type counting struct {
	canned
	asked map[string]int
}

func (c counting) Ask(ctx context.Context, q rag.Question) rag.Answer {
	c.asked[q.Text]++
	return c.canned.Ask(ctx, q)
}

func TestModelBesideExtractive(t *testing.T) {
	bridge := knowledge.NewArticleFromText(knowledge.Article{ID: "a", Title: "桥"}, "桥长950米。")
	library := knowledge.NewLibrary([]*knowledge.Article{bridge}, nil)
	by := func(method string, failure rag.Reason, usage *rag.Usage, generate float64, dropped ...proof.Kind) rag.Answer {
		a := from(bridge, 0)
		if method == "" {
			a = rag.Answer{Status: rag.NotFound}
		}
		a.Method, a.Failure, a.Usage, a.Stages.Generate = method, failure, usage, generate
		for _, kind := range dropped {
			a.Dropped = append(a.Dropped, rag.Dropped{Text: "x", Kind: kind})
		}
		return a
	}
	lie := by("m", "", &rag.Usage{Prompt: 100, Completion: 10}, 50)
	lie.Text = "桥长951米。[1]"
	cached := by("m", "", nil, 0, proof.Figure)
	cached.Cached = true
	generated := canned{
		"written":  by("m", "", &rag.Usage{Prompt: 100, Completion: 20}, 300, proof.Name, proof.Name),
		"cut":      by("m", rag.CutOff, &rag.Usage{Prompt: 100, Completion: 5, Estimated: true}, 200, proof.Date, proof.Unit),
		"lie":      lie,
		"cached":   cached,
		"unproven": by(rag.MethodExtractive, rag.NothingProven, &rag.Usage{Prompt: 100, Completion: 30}, 100, proof.Figure),
		"resting":  by(rag.MethodExtractive, rag.Resting, &rag.Usage{}, 0.001),
		"budget":   by("", rag.OverBudget, nil, 0),
		"nothing":  by("", rag.FoundNothing, &rag.Usage{Prompt: 100, Completion: 2}, 400),
		"greeting": {Status: rag.Redirected},
	}
	extractive := make(canned)
	var questions []Question
	for text := range generated {
		questions = append(questions, Question{ID: text, Question: text, Answers: []string{"950米"}, Documents: []string{"a"}})
		extractive[text] = from(bridge, 0.9)
	}
	run := func(c canned) ([]Result, map[string]int) {
		t.Helper()
		asked := make(map[string]int)
		var all []Result
		for _, q := range questions { // one by one: the map is not for several
			results, err := Run(context.Background(), counting{c, asked}, library, []Question{q}, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, results...)
		}
		return all, asked
	}
	now, asked := run(generated)
	for text, n := range asked {
		if n != 1 {
			t.Errorf("%s was asked %d times", text, n)
		}
	}
	s := Summarize(now)
	want := Model{
		Asked: 8, Written: 0.5, FellBack: 0.5, CutShort: 1,
		Reasons:          map[rag.Reason]int{rag.NothingProven: 1, rag.Resting: 1, rag.OverBudget: 1, rag.FoundNothing: 1},
		DroppedSentences: 5, DroppedKinds: map[string]int{"name": 2, "date": 1, "unit": 1, "figure": 1},
		FigureBefore: 2, UnprovenAfter: 1, PromptTokens: 500, CompletionTokens: 67, TokensEstimated: true,
		GenerateMedianMS: 200, GenerateP95MS: 400,
	}
	if !reflect.DeepEqual(*s.Model, want) {
		t.Errorf("got  %+v\nwant %+v", *s.Model, want)
	}
	if s.Curve.Unjudged != 8 {
		t.Errorf("%d are kept out of the curve", s.Curve.Unjudged)
	}

	for _, kind := range []proof.Kind{proof.Figure, proof.Unit, proof.Date, proof.Qualifier} {
		if !unsupportedFigure(rag.Dropped{Kind: kind}) {
			t.Errorf("%s is not of figures", kind)
		}
	}

	// What was kept says the same, the reasons too.
	var file bytes.Buffer
	if err := WriteLines(&file, now); err != nil {
		t.Fatal(err)
	}
	again, err := ReadLines(&file)
	if err != nil || !reflect.DeepEqual(Summarize(again), s) {
		t.Errorf("%v\n%+v", err, Summarize(again).Model)
	}

	then, _ := run(extractive)
	c := Compare(then, again)
	var out strings.Builder
	if err := c.Write(&out, "extractive.jsonl"); err != nil || c.Old.Model != nil {
		t.Errorf("%v, %+v", err, c.Old.Model)
	}
	for _, row := range []string{
		`citation precision +1\.000 +1\.000 +=`, `citation recall +1\.000`, `answers not proven +0 +1 +\+1`,
		`put to the model +– +8 +–`, `written by the model +– +0\.500`, `written, not to the end +– +1`,
		`fell back to extractive +– +0\.500`, `  over_budget +– +1`, `sentences dropped +– +5`, `  name +– +2`,
		`unsupported figure, before verification +– +2`, `written and not proven, after it +– +1`,
		`prompt tokens \(estimated\) +– +500`, `completion tokens \(estimated\) +– +67`,
		`median time of generation \(ms\) +– +200`, `95th percentile of it \(ms\) +– +400`,
	} {
		if !regexp.MustCompile(`(?m)^` + row).MatchString(out.String()) {
			t.Errorf("no %s", row)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}

	// Reasons and kinds of either side have a row on both.
	other := Model{Asked: 1, Reasons: map[rag.Reason]int{rag.TimedOut: 1}}
	rows := modelMeasures(s.Model, &other)
	if names := func(rows []measure) (out []string) {
		for _, m := range rows {
			out = append(out, m.name)
		}
		return out
	}; !reflect.DeepEqual(names(rows[0]), names(rows[1])) || !strings.Contains(strings.Join(names(rows[0]), ","), "  timeout") {
		t.Errorf("%v", rows)
	}
}

func TestNoModelNoRows(t *testing.T) {
	results, _ := missed(t)
	s := Summarize(results)
	var table strings.Builder
	if err := s.Write(&table); err != nil || strings.Contains(table.String(), "the model") || strings.Contains(table.String(), "tokens") {
		t.Errorf("%v\n%s", err, &table)
	}
	data, err := json.Marshal(s)
	if err != nil || strings.Contains(string(data), `"Model"`) {
		t.Errorf("%v %s", err, data)
	}
	// A file of before reasons were kept.
	old := Result{Answer: rag.Answer{Method: rag.MethodExtractive, Usage: &rag.Usage{Prompt: 1}}}
	if m := summarizeModel([]Result{old}); m == nil || !maps.Equal(m.Reasons, map[rag.Reason]int{unknownReason: 1}) {
		t.Errorf("%+v", m)
	}
}
