package rank

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"testing"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/embed"
	"xiangwen/rag/index"
)

func ranking(t *testing.T, question string, articles ...*knowledge.Article) Ranking {
	t.Helper()
	x, err := index.Build(context.Background(), knowledge.NewLibrary(articles, nil), embed.News, index.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	q := zh.ParseQuestion(question)
	hits, err := x.Search(context.Background(), q, 10)
	if err != nil {
		t.Fatal(err)
	}
	return Rank(q, hits, x.IDF, Learned())
}

func article(id, title, text string) *knowledge.Article {
	return knowledge.NewArticleFromText(knowledge.Article{ID: id, Title: title}, text)
}

func TestTheSentenceThatAnswersComesFirst(t *testing.T) {
	bridge := article("a", "东河大桥通车", "5月6日，东河大桥建成通车，两岸居民前来庆祝。大桥全长950米，总投资1.2亿元。设计师周大川说，桥墩立在岩石上。东河大桥的栏杆用当地石材雕成。")
	for question, want := range map[string]string{
		"东河大桥全长多少米？":   "950米",
		"东河大桥什么时候通车的？": "5月6日",
		"东河大桥的设计师是谁？":  "周大川",
		"东河大桥花了多少钱？":   "1.2亿元",
	} {
		r := ranking(t, question, bridge)
		if len(r.Sentences) == 0 || !strings.Contains(r.Sentences[0].Text(), want) {
			t.Errorf("%s: %d sentences, first %q", question, len(r.Sentences), r.Sentences[0].Text())
		}
	}
}

func TestConfidenceTellsAnswersFromNone(t *testing.T) {
	bridge := article("a", "东河大桥通车", "东河大桥5月6日建成通车。大桥全长950米，总投资1.2亿元。")
	with := ranking(t, "东河大桥全长多少米？", bridge).Confidence
	without := ranking(t, "火星探测器什么时候发射？", bridge).Confidence
	if with < 0.5 || without > 0.3 {
		t.Errorf("confidence %.2f with an answer, %.2f without", with, without)
	}
	if r := ranking(t, "东河大桥全长多少米？"); len(r.Sentences) != 0 {
		t.Errorf("%d sentences from nothing", len(r.Sentences))
	}
}

func TestRankingIsDeterministic(t *testing.T) {
	same := []*knowledge.Article{article("b", "", "桥长95米。路宽8米。"), article("a", "", "桥长95米。路宽8米。")}
	for range 10 {
		r := ranking(t, "桥长多少米？", same...)
		if r.Sentences[0].Article.ID != "a" || r.Sentences[1].Article.ID != "b" {
			t.Fatalf("order %s, %s", r.Sentences[0].Article.ID, r.Sentences[1].Article.ID)
		}
	}
}

func TestClausesCoverTheSentence(t *testing.T) {
	r := ranking(t, "大桥全长多少米？", article("a", "", "大桥（不含引桥，两端各1,200米）全长950米，总投资1.2亿元；“快，真快”，居民说。"))
	for _, s := range r.Sentences {
		s.weigh()
		end, sum := s.Span.Start, 0.0
		for _, c := range s.Clauses {
			if c.Span.Start != end {
				t.Fatalf("clause at %d after %d", c.Span.Start, end)
			}
			end = c.Span.End
			sum += c.Probability
		}
		if end != s.Span.End || sum < 0.999 || sum > 1.001 {
			t.Fatalf("clauses end at %d of %d, probabilities sum to %v", end, s.Span.End, sum)
		}
	}
	s := r.Sentences[0]
	if got := s.Clauses[0].Span.Of(s.Article.Text); got != "大桥（不含引桥，两端各1,200米）全长950米，" {
		t.Errorf("first clause %q", got)
	}
	dear := s.Excerpt(Policy{Price: 0.3, Least: 0.5})
	if got := dear.Text(); !strings.Contains(got, "950米") || strings.Contains(got, "居民说") {
		t.Errorf("excerpt %q", got)
	}
	for what, p := range map[string]Policy{"a probability that can't be reached": {Price: 0.3, Least: 1.1}, "a price of nothing": {}, "a short sentence": {Price: 0.3, Long: 1000}} {
		if e := s.Excerpt(p); e.From != 0 || e.To != len(s.Clauses) {
			t.Errorf("with %s clauses %d to %d are said", what, e.From, e.To)
		}
	}
	for _, p := range []Policy{{Price: 0.1, Count: 3, Most: 1000}, {Price: 0.001, Count: 3, Most: 1000}, {Price: 0.001, Count: 3, Most: 1}} {
		said := r.Excerpts(p)
		if len(said) == 0 || len(said) > p.Count || p.Most == 1 && len(said) != 1 {
			t.Errorf("%+v says %d sentences", p, len(said))
		}
	}
}

func TestWeightsReadBack(t *testing.T) {
	w := Learned()
	var out bytes.Buffer
	if err := w.Write(&out, "a\nb"); err != nil {
		t.Fatal(err)
	}
	back, err := ReadWeights(&out)
	if err != nil || !reflect.DeepEqual(&back, w) {
		t.Errorf("read back: %v", err)
	}
	for name, file := range map[string]string{
		"missing": "sentence.pairs 1", "unknown": "sentence.whales 1", "no number": "sentence.pairs x", "three": "sentence.pairs 1 2",
		"twice": "sentence.pairs 1\nsentence.pairs 2", "no group": "pairs 1", "clause": "clause.whales 1", "tree": "tree whales>=1 0 1",
		"tree without a value": "tree pairs>=1 0", "tree of words": "tree x",
	} {
		if _, err := ReadWeights(strings.NewReader(file)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestFeatureNumbers holds the lists of names against the numbers.
func TestFeatureNumbers(t *testing.T) {
	for _, c := range []struct {
		names  []string
		number int
		want   string
	}{
		{Names[:], fPairs, "pairs"}, {Names[:], fPassage, "passage"}, {Names[:], fNumber, "number"}, {Names[:], fHow, "how"}, {Names[:], fAsked, "asked"},
		{ClauseNames[:], cPairs, "pairs"}, {ClauseNames[:], cFigure, "figure"}, {ClauseNames[:], cHow, "how"}, {ClauseNames[:], cNew, "new"},
		{EvidenceNames[:], eScore, "score"}, {EvidenceNames[:], eNamesNear, "names_near"}, {EvidenceNames[:], eMany, "many"},
	} {
		if c.names[c.number] != c.want {
			t.Errorf("feature %d is %q, want %q", c.number, c.names[c.number], c.want)
		}
	}
	if len(Names) != fRestAnswer+1 || len(ClauseNames) != cOpenBefore+1 || len(EvidenceNames) != eUncounted+1 {
		t.Error("there are more names than numbers, or fewer")
	}
}

func BenchmarkRank(b *testing.B) {
	x, err := index.Build(context.Background(), knowledge.NewLibrary([]*knowledge.Article{
		article("a", "东河大桥通车", strings.Repeat("5月6日，东河大桥建成通车，两岸居民前来庆祝。大桥全长950米，总投资1.2亿元。设计师周大川说，桥墩立在岩石上。", 20)),
	}, nil), embed.News, index.Options{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	q := zh.ParseQuestion("东河大桥全长多少米？")
	hits, err := x.Search(context.Background(), q, 10)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		Rank(q, hits, x.IDF, Learned())
	}
}

func TestOpens(t *testing.T) {
	for text, want := range map[string]bool{"业绩预告显示,": true, "他说:": true, "他有名称,": false, "大桥由两家公司修建,": false, "记者了解到,": true, "他的行为,": false, "东河大桥名为,": true} {
		if opens(text) != want {
			t.Errorf("%q: want %t", text, want)
		}
	}
}
