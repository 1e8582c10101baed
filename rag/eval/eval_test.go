package eval

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"xiangwen/knowledge"
	"xiangwen/rag"
)

func TestHolds(t *testing.T) {
	for _, c := range []struct {
		text, answer string
		want         bool
	}{
		{"全长６３７９米。[1]", "6379米", true},
		{"共 1,240 人", "1240人", true},
		{"长4404米", "404米", false},
		{"长24.5米", "5米", false},
		{"长24.5米", "24", false},
		{"长15", "5", false},
		{"比分4:0", "40", false},
		{"增长3.7%", "3.7%", true},
		{"“英雄号”盾构机", "英雄号", true},
		{"任何话", "", false},
		{"10～12月", "10-12月", true},
	} {
		if got := Holds(c.text, []string{c.answer}); got != c.want {
			t.Errorf("%q holds %q: %t", c.text, c.answer, got)
		}
	}
}

func TestReadQuestions(t *testing.T) {
	qs, err := ReadQuestions(strings.NewReader("{\"id\":\"a\",\"question\":\"问？\",\"answers\":[\"答\"],\"doc_ids\":[\"d\"]}\n\n{\"question\":\"拒？\"}\n"))
	if err != nil || len(qs) != 2 || !qs[0].Answerable() || qs[1].Answerable() || qs[1].ID != "3" {
		t.Errorf("%+v, %v", qs, err)
	}
	for _, bad := range []string{"", "{", "[]"} {
		if _, err := ReadQuestions(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// canned answers each question with what a test wants.
type canned map[string]rag.Answer

func (c canned) Ask(_ context.Context, q rag.Question) rag.Answer { return c[q.Text] }

func TestMeasures(t *testing.T) {
	article := func(id, text string) *knowledge.Article {
		return knowledge.NewArticleFromText(knowledge.Article{ID: id, Title: id}, text)
	}
	library := knowledge.NewLibrary([]*knowledge.Article{article("a", "桥长950米。"), article("b", "路宽8米。")}, nil)
	cite := func(id, quote string, n int) rag.Answer {
		return rag.Answer{Status: rag.Answered, Text: quote + "[1]", Passages: []rag.Passage{{ArticleID: id}},
			Citations: []rag.Citation{{Number: 1, ArticleID: id, Quote: quote, Start: 0, End: n}}}
	}
	asker := canned{
		"right":   cite("a", "桥长950米。", 7),
		"wrong":   cite("b", "路宽8米。", 5),
		"refused": {Status: rag.NotFound, Passages: []rag.Passage{{ArticleID: "b"}, {ArticleID: "a"}}},
		"no":      {Status: rag.NotFound},
		"yes":     cite("a", "桥长951米。", 7),
	}
	questions := []Question{
		{ID: "1", Question: "right", Answers: []string{"950米"}, Documents: []string{"a"}},
		{ID: "2", Question: "wrong", AllAnswers: [][]string{{"950米"}, {"桥"}}, Articles: []string{"key"}},
		{ID: "3", Question: "refused", Answers: []string{"950米"}, Documents: []string{"a"}},
		{ID: "4", Question: "no"}, {ID: "5", Question: "yes"},
	}
	keys := map[string]string{"key": "a"}
	results, err := Run(context.Background(), asker, library, questions, keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := Summarize(results)
	third := 1.0 / 3
	for name, c := range map[string][2]float64{
		"recall@1": {s.Recall1, third}, "recall@5": {s.Recall5, 2 * third}, "MRR": {s.MRR, (1 + 0.5) / 3},
		"hit": {s.Hit, third}, "cited": {s.HitCited, third}, "false refusals": {s.FalseRefusal, third}, "refused": {s.Refused, 0.5},
		"length": {s.MeanLength, 9}, "precision": {s.CitationPrecision, 0.5}, "unproven": {float64(s.Unproven), 1},
	} {
		if d := c[0] - c[1]; d > 1e-9 || d < -1e-9 {
			t.Errorf("%s = %v, want %v", name, c[0], c[1])
		}
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(cancelled, asker, library, questions, keys, nil); err == nil {
		t.Error("a cancelled run has no error")
	}
}

func TestKeys(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "page.txt")
	gold := `{"articles":[{"key":"bridge","paragraphs":["东河大桥全长950米，连接两岸。","总投资1.2亿元。"]},{"key":"whale","paragraphs":["海里的鲸鱼。"]}]}`
	if err := os.WriteFile(filepath.Join(dir, "page.gold.json"), []byte(gold), 0o666); err != nil {
		t.Fatal(err)
	}
	library := knowledge.NewLibrary([]*knowledge.Article{
		knowledge.NewArticleFromText(knowledge.Article{ID: "x1"}, "东河大桥全长950米，连接两岸。\n总投资1.2亿元。"),
		knowledge.NewArticleFromText(knowledge.Article{ID: "x2"}, "西山村办起夜校。"),
	}, nil)
	keys, err := Keys(library, []string{page, filepath.Join(dir, "other.md")})
	if err != nil || keys["bridge"] != "x1" || len(keys) != 1 {
		t.Errorf("%v, %v", keys, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "page.gold.json"), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Keys(library, []string{page}); err == nil {
		t.Error("a broken gold file is taken")
	}
}
