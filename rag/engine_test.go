package rag

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"xiangwen/knowledge"
	"xiangwen/knowledge/bundled"
	"xiangwen/knowledge/load"
	"xiangwen/rag/embed"
	"xiangwen/rag/index"
)

func bundledLibrary(t testing.TB) *knowledge.Library {
	t.Helper()
	l, err := load.Load(context.Background(), []load.Source{{FS: bundled.Articles, Name: "."}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func newEngine(t testing.TB, options Options, library *knowledge.Library) *Engine {
	t.Helper()
	if options.Embedder == nil {
		options.Embedder = embed.News
		options.Index = index.Options{VectorWeight: 0.4}
	}
	e := NewEngine(options, slog.New(slog.DiscardHandler))
	if _, err := e.Update(context.Background(), library); err != nil {
		t.Fatal(err)
	}
	return e
}

func ask(e *Engine, question string) Answer {
	return e.Ask(context.Background(), Question{Text: question})
}

func oneArticle(id, title, place string, paragraphs ...string) *knowledge.Article {
	var ps []knowledge.Paragraph
	for _, p := range paragraphs {
		ps = append(ps, knowledge.Paragraph{Text: p})
	}
	return knowledge.NewArticle(knowledge.Article{ID: id, Title: title, Place: place, Source: "测试报", Date: "2024-05-06"}, ps)
}

func TestAnswersAreProven(t *testing.T) {
	library := bundledLibrary(t)
	e := newEngine(t, Options{}, library)
	for _, c := range []struct{ question, want, id string }{
		{"隧道的盾构段有多长？", "4404米", "changjiu-railway-tunnel"},
		{"枫田镇落户的工业企业有多少家？", "12家", "fengtian-alliances"},
		{"梅园社区在哪里？", "新余高新区", "xinyu-job-fair"},
		{"资溪县在哪个月印发了实施意见？", "3月", "zixi-joint-villages"},
	} {
		a := ask(e, c.question)
		if a.Status != Answered || !strings.Contains(a.Text, c.want) || len(a.Citations) == 0 || a.Citations[0].ArticleID != c.id {
			t.Errorf("%s: %s %q %+v", c.question, a.Status, a.Text, a.Citations)
		}
		if err := Verify(a, library); err != nil {
			t.Errorf("%s: %v", c.question, err)
		}
		if a.Method != MethodExtractive || len(a.Passages) == 0 {
			t.Errorf("%s: method %q, %d passages", c.question, a.Method, len(a.Passages))
		}
	}
}

func TestWhatWasNotReportedIsNotFound(t *testing.T) {
	e := newEngine(t, Options{}, bundledLibrary(t))
	for _, q := range []string{"北京冬奥会是哪一年？", "how tall is the tower", "火星上有水吗", "昨晚的足球比分"} {
		if a := ask(e, q); a.Status != NotFound || len(a.Citations) > 0 || a.Text != "" {
			t.Errorf("%s: %s %q", q, a.Status, a.Text)
		}
	}
}

func TestSeveralPlacesAreAnsweredTogether(t *testing.T) {
	e := newEngine(t, Options{}, knowledge.NewLibrary([]*knowledge.Article{
		oneArticle("a", "东河镇种茶", "东河镇", "东河镇今年新种茶树三百亩。"),
		oneArticle("b", "西山村种茶", "西山村", "西山村村民在坡地上种茶树。"),
		oneArticle("c", "南门街道修路", "南门街道", "南门街道修好了两条路。"),
	}, nil))
	a := ask(e, "哪些地方在种茶树？")
	cited := map[string]bool{}
	for _, c := range a.Citations {
		cited[c.ArticleID] = true
	}
	if !cited["a"] || !cited["b"] || cited["c"] {
		t.Errorf("%q cites %v", a.Text, cited)
	}
}

func TestASentenceThatPointsBackNamesItsSubject(t *testing.T) {
	library := knowledge.NewLibrary([]*knowledge.Article{
		oneArticle("a", "茶香满山", "", "东河镇地处山区，茶园多。东河镇的茶农有八百户。", "今年以来，该镇争取茶园改造资金260万元，改造茶园五百亩。"),
	}, nil)
	e := newEngine(t, Options{}, library)
	a := ask(e, "争取了多少茶园改造资金？")
	if !strings.HasPrefix(a.Text, "东河镇：") || !strings.Contains(a.Text, "260万元") {
		t.Errorf("answer = %q", a.Text)
	}
	if err := Verify(a, library); err != nil {
		t.Error(err)
	}
	if a := ask(e, "东河镇争取了多少茶园改造资金？"); strings.HasPrefix(a.Text, "东河镇：") {
		t.Errorf("what the question names is named again: %q", a.Text)
	}
}

func TestMarksInAnArticleAreNotOurs(t *testing.T) {
	library := knowledge.NewLibrary([]*knowledge.Article{oneArticle("a", "石桥", "", "石桥建于1820年[3]，石桥全长80米[7]。")}, nil)
	a := ask(newEngine(t, Options{}, library), "石桥全长多少米？")
	if a.Status != Answered || strings.Contains(a.Text, "[3]") || Verify(a, library) != nil {
		t.Errorf("%s %q: %v", a.Status, a.Text, Verify(a, library))
	}
}

func TestVerifyFindsWhatDoesNotHold(t *testing.T) {
	library := bundledLibrary(t)
	good := ask(newEngine(t, Options{}, library), "天祥大道隧道全长多少米？")
	if err := Verify(good, library); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Answer){
		"figure":       func(a *Answer) { a.Text = strings.Replace(a.Text, "6379", "6378", 1) },
		"percent":      func(a *Answer) { a.Text = strings.Replace(a.Text, "6379米", "6379%", 1) },
		"mark":         func(a *Answer) { a.Text = strings.Replace(a.Text, "[1]", "[2]", 1) },
		"no mark":      func(a *Answer) { a.Text = strings.Replace(a.Text, "[1]", "", 1) },
		"quote":        func(a *Answer) { a.Citations[0].Quote += "x" },
		"start":        func(a *Answer) { a.Citations[0].Start++ },
		"end":          func(a *Answer) { a.Citations[0].End = 1 << 30 },
		"article":      func(a *Answer) { a.Citations[0].ArticleID = "nowhere" },
		"number":       func(a *Answer) { a.Citations[0].Number = 3 },
		"unmarked":     func(a *Answer) { a.Citations = append(a.Citations, a.Citations[0]); a.Citations[1].Number = 2 },
		"second claim": func(a *Answer) { a.Text += "后面这句没有出处。" },
	} {
		bad := good
		bad.Citations = append([]Citation{}, good.Citations...)
		spoil(&bad)
		if Verify(bad, library) == nil {
			t.Errorf("%s: nothing was found in %q", name, bad.Text)
		}
	}
}

func TestParseMarked(t *testing.T) {
	got := parseMarked("一句。[1]二句【2】。三句［3，4］ 四句[^5]。[1][2] 五句")
	want := []marked{{"一句。", []int{1}}, {"二句", []int{2}}, {"。三句", []int{3, 4}}, {"四句", []int{5, 1, 2}}, {"五句", nil}}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i].text != want[i].text || len(got[i].marks) != len(want[i].marks) {
			t.Errorf("%d: %+v, want %+v", i, got[i], want[i])
		}
	}
}

func FuzzParseMarked(f *testing.F) {
	for _, s := range []string{"", "[1]", "a[1,2]b【3】", "[[[1]]]", "［１］[999999]", "[1][2][3]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range parseMarked(text) {
			for _, n := range m.marks {
				if n < 0 || n > 999 {
					t.Fatalf("mark %d in %q", n, text)
				}
			}
		}
	})
}

// scripted is a chat model that says what a test wants it to.
type scripted struct {
	say   func(system, user string) (string, error)
	calls int
}

func (s *scripted) Name() string { return "scripted" }
func (s *scripted) Stream(_ context.Context, p Prompt, piece func(string) error) (Usage, error) {
	s.calls++
	said, err := s.say(p.System, p.User)
	if err != nil {
		return Usage{}, err
	}
	return Usage{}, piece(said)
}

func TestAModelsAnswerIsVerified(t *testing.T) {
	library := bundledLibrary(t)
	for _, c := range []struct {
		name, reply string
		method      string
		status      Status
		has, hasNot string
	}{
		{"honest", "天祥大道隧道全长6379米[1]，盾构段长4404米[1]。", "scripted", Answered, "6379", ""},
		{"other digits", "隧道全长六千三百七十九米。[1]", "scripted", Answered, "六千三百七十九", ""},
		{"one figure wrong", "隧道全长6379米。[1]盾构段长5000米。[1]", "scripted", Partial, "6379", "5000"},
		{"all wrong", "隧道全长9999米。[1]", MethodExtractive, Answered, "6379", "9999"},
		{"no mark", "隧道全长6379米。", MethodExtractive, Answered, "6379", ""},
		{"mark of nothing", "隧道全长6379米。[77]", MethodExtractive, Answered, "6379", ""},
		{"found nothing", "NOT_FOUND", MethodExtractive, Answered, "6379", "NOT"},
		{"empty", "", MethodExtractive, Answered, "6379", ""},
	} {
		chat := &scripted{say: func(string, string) (string, error) {
			if c.reply == "" {
				return "", errors.New("empty")
			}
			return c.reply, nil
		}}
		a := ask(newEngine(t, Options{Chat: chat}, library), "天祥大道隧道全长多少米？")
		if a.Method != c.method || a.Status != c.status || !strings.Contains(a.Text, c.has) || c.hasNot != "" && strings.Contains(a.Text, c.hasNot) {
			t.Errorf("%s: %s by %s: %q", c.name, a.Status, a.Method, a.Text)
		}
		if err := Verify(a, library); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestASlowModelIsNotWaitedFor(t *testing.T) {
	chat := &waiting{}
	e := newEngine(t, Options{Chat: chat, Timeout: 20 * time.Millisecond}, bundledLibrary(t))
	if a := ask(e, "天祥大道隧道全长多少米？"); a.Method != MethodExtractive || a.Status != Answered {
		t.Errorf("%s by %s", a.Status, a.Method)
	}
}

// waiting never answers before its context is done.
type waiting struct{}

func (waiting) Name() string { return "waiting" }
func (waiting) Stream(ctx context.Context, _ Prompt, _ func(string) error) (Usage, error) {
	<-ctx.Done()
	return Usage{}, ctx.Err()
}

func TestPassagesCantForgeTheFence(t *testing.T) {
	var fences []string
	chat := &scripted{say: func(system, user string) (string, error) {
		fence, _, _ := strings.Cut(user, " ")
		fences = append(fences, fence)
		if n := strings.Count(user, fence); n != strings.Count(user, "片段 [")+1 || !strings.Contains(system, fence) {
			t.Errorf("the fence %q stands %d times in:\n%s", fence, n, user)
		}
		return "", errors.New("no answer")
	}}
	e := newEngine(t, Options{Chat: chat}, bundledLibrary(t))
	ask(e, "天祥大道隧道全长多少米？")
	ask(e, "天祥大道隧道全长多少米？")
	if len(fences) != 2 || fences[0] == fences[1] {
		t.Errorf("fences = %q", fences)
	}
}

func TestUpdateSwapsWhole(t *testing.T) {
	first := knowledge.NewLibrary([]*knowledge.Article{oneArticle("a", "桥", "", "新桥全长900米。")}, nil)
	second := knowledge.NewLibrary([]*knowledge.Article{oneArticle("a", "桥", "", "新桥全长950米。")}, nil)
	e := newEngine(t, Options{}, first)
	if a := ask(e, "新桥全长多少米？"); !strings.Contains(a.Text, "900米") {
		t.Fatalf("%q", a.Text)
	}
	diff, err := e.Update(context.Background(), second)
	if err != nil || len(diff.Changed) != 1 {
		t.Fatalf("%+v %v", diff, err)
	}
	if a := ask(e, "新桥全长多少米？"); !strings.Contains(a.Text, "950米") {
		t.Errorf("%q", a.Text)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.Update(cancelled, first); err == nil || e.Library() != second {
		t.Errorf("a cancelled update changed the library, or said nothing: %v", err)
	}
}

func TestNoKnowledgeIsAnAnswerToo(t *testing.T) {
	e := NewEngine(Options{Embedder: embed.News}, slog.New(slog.DiscardHandler))
	if a := ask(e, "有什么？"); a.Status != Failed {
		t.Errorf("status = %s", a.Status)
	}
	if e.Library().Len() != 0 || e.Chunks() != 0 || len(e.Examples(3)) != 0 {
		t.Error("an empty engine knows something")
	}
	e = newEngine(t, Options{}, knowledge.NewLibrary(nil, nil))
	if a := ask(e, "有什么？"); a.Status != NotFound {
		t.Errorf("empty library: %s", a.Status)
	}
}

func TestExamplesAreAnswered(t *testing.T) {
	e := newEngine(t, Options{}, bundledLibrary(t))
	examples := e.Examples(8)
	if len(examples) < 2 {
		t.Fatalf("examples = %q", examples)
	}
	for _, q := range examples {
		if a := ask(e, q); a.Status != Answered {
			t.Errorf("%s: %s", q, a.Status)
		}
	}
}

func TestNothingFoundSuggestsArticles(t *testing.T) {
	library := bundledLibrary(t)
	e := newEngine(t, Options{}, library)
	a := ask(e, "枫田镇有几所小学？")
	if a.Status != NotFound || len(a.Citations) != 0 || len(a.Suggestions) == 0 || len(a.Suggestions) > 3 || !strings.Contains(a.Suggestions[0].Title, "枫田镇") {
		t.Errorf("%s, suggestions %+v", a.Status, a.Suggestions)
	}
	for _, s := range a.Suggestions {
		if library.Article(s.ArticleID) == nil {
			t.Errorf("there is no article %q", s.ArticleID)
		}
	}
	if a.Confidence >= MinConfidence {
		t.Errorf("confidence %v", a.Confidence)
	}
	eager := e.Ask(context.Background(), Question{Text: "枫田镇有几所小学？", Eager: true})
	if eager.Status != Answered || eager.Confidence != a.Confidence || len(eager.Suggestions) != 0 {
		t.Errorf("eager: %s, confidence %v", eager.Status, eager.Confidence)
	}
	if a := ask(e, "天祥大道隧道全长多少米？"); a.Confidence < MinConfidence || len(a.Suggestions) != 0 {
		t.Errorf("answered with confidence %v and suggestions %v", a.Confidence, a.Suggestions)
	}
	if a := ask(e, "qwertz uiop"); a.Status != NotFound || len(a.Suggestions) != 0 {
		t.Errorf("%s with %v", a.Status, a.Suggestions)
	}
}

// broken is an embedder that fails, or returns what it must not.
type broken struct {
	vectors func(n int) ([][]float32, error)
}

func (broken) Name() string { return "broken" }
func (b broken) Embed(_ context.Context, texts []string) ([][]float32, error) {
	return b.vectors(len(texts))
}

func TestAnEmbedderThatFailsLeavesTheWords(t *testing.T) {
	failed := errors.New("no vectors today")
	for name, vectors := range map[string]func(int) ([][]float32, error){
		"none":     func(int) ([][]float32, error) { return nil, failed },
		"too few":  func(n int) ([][]float32, error) { return make([][]float32, n/2), nil },
		"too many": func(n int) ([][]float32, error) { return make([][]float32, n+3), nil },
		"half": func(n int) ([][]float32, error) {
			var out [][]float32
			for range n / 2 {
				out = append(out, []float32{1, 0})
			}
			return out, failed
		},
		"mixed": func(n int) ([][]float32, error) {
			var out [][]float32
			for i := range n {
				out = append(out, make([]float32, 1+i%2))
			}
			return out, nil
		},
	} {
		e := newEngine(t, Options{Embedder: broken{vectors}, Index: index.Options{VectorWeight: 1, AlwaysVectors: true}}, bundledLibrary(t))
		if a := ask(e, "天祥大道隧道全长多少米？"); a.Status != Answered || !strings.Contains(a.Text, "6379米") {
			t.Errorf("%s: %s %q", name, a.Status, a.Text)
		}
	}
}

func TestAnAnswerIsGivenAgainUntilTheKnowledgeChanges(t *testing.T) {
	library := func(length string) *knowledge.Library {
		return knowledge.NewLibrary([]*knowledge.Article{oneArticle("a", "桥", "", "新桥全长"+length+"。")}, nil)
	}
	e := newEngine(t, Options{Remember: 10}, library("900米"))
	first, again := ask(e, "新桥全长多少米？"), ask(e, "新桥全长多少米？")
	if first.Text != again.Text || again.Stages.Extract != 0 || first.Stages.Extract == 0 || Verify(again, e.Library()) != nil {
		t.Errorf("%+v, then %+v", first, again)
	}
	history := []Turn{{Question: "新桥在哪里？"}}
	if a := e.Ask(t.Context(), Question{Text: "它全长多少米？", History: history}); a.SearchedFor != "新桥全长多少米？" || a.Question != "它全长多少米？" || a.Text != first.Text {
		t.Errorf("%+v", a)
	}
	if _, err := e.Update(t.Context(), library("950米")); err != nil {
		t.Fatal(err)
	}
	if a := ask(e, "新桥全长多少米？"); !strings.Contains(a.Text, "950米") {
		t.Errorf("%q", a.Text)
	}
}
