package index

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"xiangwen/knowledge"
	"xiangwen/knowledge/load"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/embed"
)

// newsArticles loads crud-dev, 10,632 news articles.
func newsArticles(tb testing.TB) *knowledge.Library {
	tb.Helper()
	const name = "../../../shared/eval/crud-dev/docs.jsonl"
	if _, err := os.Stat(name); err != nil {
		if os.Getenv("XIANGWEN_REQUIRE_SHARED") != "" {
			tb.Fatal(err)
		}
		tb.Skip("needs the shared folder beside the checkout:", err)
	}
	sources, err := load.Paths([]string{name})
	if err != nil {
		tb.Fatal(err)
	}
	library, err := load.Load(context.Background(), sources, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return library
}

func library(articles ...*knowledge.Article) *knowledge.Library {
	return knowledge.NewLibrary(articles, nil)
}

func article(id, title, heading, text string) *knowledge.Article {
	return knowledge.NewArticle(knowledge.Article{ID: id, Title: title}, []knowledge.Paragraph{{Heading: heading, Text: text}})
}

func build(t *testing.T, l *knowledge.Library, e Embedder, previous *Index) *Index {
	t.Helper()
	x, err := Build(context.Background(), l, e, Options{VectorWeight: 0.4}, previous)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func found(t *testing.T, x *Index, question string) (ids []string) {
	t.Helper()
	hits, err := x.Search(context.Background(), zh.ParseQuestion(question), 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hits {
		ids = append(ids, h.Chunk.Article.ID)
	}
	return ids
}

func TestSearch(t *testing.T) {
	x := build(t, library(
		article("tea", "东河种茶", "", "东河镇今年新种茶树三百亩。"),
		article("road", "南门修路", "夜间施工", "工人们每天晚上十点开工。"),
		article("wifi", "广场上网", "", "市民广场装了免费Wi-Fi，型号AX3000。"),
	), embed.News, nil)
	for question, want := range map[string]string{
		"种了多少茶树？":     "tea",
		"南门那条路什么时候开工": "road", // the title counts
		"夜间施工":        "road", // so does the intertitle
		"WI-FI在哪里？":   "wifi", // case and width do not matter
		"ａｘ３０００":      "wifi",
		"广场":          "wifi",
	} {
		if got := found(t, x, question); len(got) == 0 || got[0] != want {
			t.Errorf("%s: %v, want %s first", question, got, want)
		}
	}
	if got := found(t, build(t, library(), embed.News, nil), "茶"); len(got) != 0 {
		t.Errorf("an empty library finds %v", got)
	}
}

func TestEqualHitsAreOrderedByID(t *testing.T) {
	for range 20 {
		x := build(t, library(article("c", "", "", "一样的话。"), article("a", "", "", "一样的话。"), article("b", "", "", "一样的话。")), embed.News, nil)
		if got := found(t, x, "一样的话"); len(got) != 3 || got[0] != "a" || got[1] != "b" || got[2] != "c" {
			t.Fatalf("order %v", got)
		}
	}
}

// counting embeds like the table and counts the texts.
type counting struct {
	*embed.Table
	name  string
	texts *int
}

func (c counting) Name() string { return c.name }
func (c counting) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	*c.texts += len(texts)
	return c.Table.Embed(ctx, texts)
}

func TestOnlyWhatChangedIsEmbedded(t *testing.T) {
	n := 0
	e := counting{Table: embed.News, name: "one", texts: &n}
	first := build(t, library(article("a", "", "", "甲。"), article("b", "", "", "乙。")), e, nil)
	second := build(t, library(article("b", "", "", "乙。"), article("c", "", "", "丙。")), e, first)
	if n != 3 {
		t.Errorf("%d texts were embedded, want 2 and then 1", n)
	}
	build(t, library(article("b", "", "", "乙。")), counting{Table: embed.News, name: "another", texts: &n}, second)
	if n != 4 {
		t.Error("the vectors of one model were taken for another's")
	}
}

// scripted embeds as it is told; a question is embedded apart.
type scripted struct {
	embed    func(texts []string) ([][]float32, error)
	question []float32
}

func (scripted) Name() string { return "scripted" }
func (s scripted) Embed(_ context.Context, texts []string) ([][]float32, error) {
	return s.embed(texts)
}
func (s scripted) EmbedQuestion(context.Context, string) ([]float32, error) { return s.question, nil }

func TestWhatCouldNotBeEmbeddedIsMissing(t *testing.T) {
	failed := errors.New("no vectors today")
	l := library(article("a", "", "", "甲。"), article("b", "", "", "乙。"), article("c", "", "", "丙。"), article("d", "", "", "丙。"))
	v := []float32{1, 0}
	for name, c := range map[string]struct {
		got     [][]float32
		err     error
		missing int
		again   int // texts that the next Build asks for
	}{
		"all":                       {[][]float32{v, v, v}, nil, 0, 0},
		"one can have none":         {[][]float32{v, nil, v}, nil, 0, 0},
		"a prefix":                  {[][]float32{v}, failed, 3, 2},
		"one missing in the middle": {[][]float32{v, nil, v}, failed, 1, 1},
		"too few":                   {[][]float32{v, v}, nil, 2, 1},
		"of another length":         {[][]float32{v, v, {1}}, nil, 2, 1},
	} {
		x, err := Build(t.Context(), l, scripted{embed: func([]string) ([][]float32, error) { return c.got, c.err }}, Options{}, nil)
		if x.Missing() != c.missing || (err != nil) != (c.missing > 0) || c.err != nil && !errors.Is(err, c.err) {
			t.Errorf("%s: %d are missing, want %d; %v", name, x.Missing(), c.missing, err)
		}
		asked := 0
		x, err = Build(t.Context(), l, scripted{embed: func(texts []string) ([][]float32, error) {
			asked += len(texts)
			return slices.Repeat([][]float32{v}, len(texts)), nil
		}}, Options{}, x)
		if asked != c.again || x.Missing() != 0 || err != nil {
			t.Errorf("%s: the next asks for %d texts, want %d; %d are missing, %v", name, asked, c.again, x.Missing(), err)
		}
	}
}

func TestAQuestionHasItsOwnEmbedding(t *testing.T) {
	vectors := func(texts []string) ([][]float32, error) { return [][]float32{{1, 0}, {0, 1}}, nil }
	l := library(article("a", "", "", "新桥通车。"), article("b", "", "", "夜校开班。"))
	for _, c := range []struct {
		question []float32
		first    string
		fails    bool
	}{{[]float32{1, 0}, "a", false}, {[]float32{0, 1}, "b", false}, {[]float32{1}, "b", true}, {nil, "b", true}} {
		x, err := Build(t.Context(), l, scripted{vectors, c.question}, Options{VectorWeight: 9, AlwaysVectors: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		hits, err := x.Search(t.Context(), zh.ParseQuestion("夜校"), 2)
		if len(hits) == 0 || hits[0].Chunk.Article.ID != c.first || (err != nil) != c.fails {
			t.Errorf("%v: %v, %v", c.question, hits, err)
		}
	}
}

func TestACancelledBuildHasNoIndex(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if x, err := Build(ctx, library(article("a", "", "", "甲。")), embed.News, Options{}, nil); x != nil || err == nil {
		t.Errorf("%v, %v", x, err)
	}
}

func TestRecallOnNews(t *testing.T) {
	x, err := Build(context.Background(), newsArticles(t), embed.News, Options{}, nil) // words alone
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.Open("../../../shared/eval/crud-dev/questions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	asked, good := 0, 0
	lines := json.NewDecoder(data)
	for lines.More() {
		var q struct {
			Question string
			Docs     []string `json:"doc_ids"`
		}
		if err := lines.Decode(&q); err != nil {
			t.Fatal(err)
		}
		hits, err := x.Search(context.Background(), zh.ParseQuestion(q.Question), 50)
		if err != nil {
			t.Fatal(err)
		}
		var five []string
		for _, h := range hits {
			if id := h.Chunk.Article.ID; !slices.Contains(five, id) && len(five) < 5 {
				five = append(five, id)
			}
		}
		asked++
		if slices.ContainsFunc(q.Docs, func(id string) bool { return slices.Contains(five, id) }) {
			good++
		}
	}
	if recall := float64(good) / float64(asked); recall < 0.985 {
		t.Errorf("recall@5 = %.4f of %d questions, want 0.985", recall, asked)
	}
}

func BenchmarkBuild(b *testing.B) {
	library := newsArticles(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Build(context.Background(), library, embed.News, Options{}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSearchWords is the lexical search alone.
func BenchmarkSearchWords(b *testing.B) {
	benchmarkSearch(b, Options{})
}

// BenchmarkSearchVectors asks the vectors for every question.
func BenchmarkSearchVectors(b *testing.B) {
	benchmarkSearch(b, Options{VectorWeight: 0.4, AlwaysVectors: true})
}

func benchmarkSearch(b *testing.B, options Options) {
	x, err := Build(context.Background(), newsArticles(b), embed.News, options, nil)
	if err != nil {
		b.Fatal(err)
	}
	var questions []zh.Question
	for _, q := range []string{"人体血液及血液成分袋式塑料容器是什么类型的产品？", "哪个机构对医疗器械进行了产品质量监督抽检？", "石景山区计划三年内引进多少名高层次人才？", "北京市什么时候发布暴雨预警？", "今年上半年全国居民人均可支配收入是多少元？"} {
		questions = append(questions, zh.ParseQuestion(q))
	}
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		if _, err := x.Search(context.Background(), questions[i%len(questions)], 10); err != nil {
			b.Fatal(err)
		}
	}
}

// slowly embeds questions only when it is let.
type slowly struct {
	Embedder
	asked, let chan struct{}
}

func (s slowly) EmbedQuestion(ctx context.Context, text string) ([]float32, error) {
	s.asked <- struct{}{}
	<-s.let
	units, err := s.Embed(ctx, []string{text})
	return units[0], err
}

func TestAVectorIsAwaitedWithoutASlot(t *testing.T) {
	s := slowly{embed.News, make(chan struct{}), make(chan struct{})}
	library := knowledge.NewLibrary([]*knowledge.Article{knowledge.NewArticleFromText(knowledge.Article{ID: "a"}, "东河镇今年新种茶树三百亩。")}, nil)
	x, err := Build(t.Context(), library, s, Options{VectorWeight: 0.2, AlwaysVectors: true, Slots: make(chan struct{}, 1)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	for range 2 {
		go func() {
			hits, err := x.Search(t.Context(), zh.ParseQuestion("种了多少茶树？"), 1)
			if len(hits) != 1 {
				err = errors.New("nothing was found")
			}
			done <- err
		}()
	}
	for range 2 { // the second gets here while the first still waits
		select {
		case <-s.asked:
		case <-time.After(10 * time.Second):
			t.Fatal("a search waits for a slot before it has its vector")
		}
	}
	close(s.let)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
