package eval

import (
	"context"
	"math"
	"strings"
	"testing"

	"xiangwen/knowledge"
	"xiangwen/rag"
)

// doubtful answers what it is asked eagerly otherwise.
type doubtful struct{ sure, eager canned }

func (d doubtful) Ask(_ context.Context, q rag.Question) rag.Answer {
	if q.Eager {
		return d.eager[q.Text]
	}
	return d.sure[q.Text]
}

// from is an answer that quotes all of an article.
func from(a *knowledge.Article, confidence float64) rag.Answer {
	return rag.Answer{Status: rag.Answered, Method: rag.MethodExtractive, Confidence: confidence, Text: a.Text + "[1]",
		Citations: []rag.Citation{{Number: 1, ArticleID: a.ID, Title: a.Title, Quote: a.Text, End: len([]rune(a.Text))}},
		Passages:  []rag.Passage{{ArticleID: a.ID, Text: a.Text}}}
}

func TestCurve(t *testing.T) {
	bridge := knowledge.NewArticleFromText(knowledge.Article{ID: "a", Title: "桥"}, "桥长950米。")
	road := knowledge.NewArticleFromText(knowledge.Article{ID: "b", Title: "路"}, "路宽8米。")
	library := knowledge.NewLibrary([]*knowledge.Article{bridge, road}, nil)
	refused := func(confidence float64) rag.Answer { return rag.Answer{Status: rag.NotFound, Confidence: confidence} }
	const low = rag.MinConfidence / 2
	written := from(bridge, 0)
	written.Method = "some model"
	asker := doubtful{
		sure: canned{
			"sure": from(bridge, 0.95), "sure and wrong": from(road, 0.75), "own test": from(bridge, low),
			"unsure": refused(low), "whale": refused(low), "nothing": refused(0), "greeting": {Status: rag.Redirected},
			"model": written,
		},
		eager: canned{"unsure": from(bridge, low), "whale": from(bridge, low), "nothing": refused(0), "greeting": from(bridge, 1)},
	}
	wanted := func(texts ...string) (out []Question) {
		for _, text := range texts {
			out = append(out, Question{ID: text, Question: text, Answers: []string{"950米"}, Documents: []string{"a"}})
		}
		return out
	}
	summarize := func(questions []Question) Summary {
		results, err := Run(context.Background(), asker, library, questions, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		return Summarize(results)
	}
	questions := append(wanted("sure", "sure and wrong", "own test", "unsure", "nothing", "greeting"), Question{ID: "whale", Question: "whale"})
	s := summarize(append(questions, wanted("model")...))
	if c := s.Curve; c.Answerable != 6 || c.Unanswerable != 1 || c.Unjudged != 1 {
		t.Fatalf("%+v", c)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
	for _, p := range s.Curve.Points {
		var want Point
		switch { // answered are, from the top: sure; sure and wrong; own test; unsure and the whale
		case p.Threshold > 0.75:
			want = Point{Coverage: 1, Accuracy: 1, HitCited: 1, Refused: 1}
		case p.Threshold > rag.MinConfidence:
			want = Point{Coverage: 2, Accuracy: 0.5, HitCited: 1, Refused: 1, Wrong: 1}
		case p.Threshold > low:
			want = Point{Coverage: 3, Accuracy: 2.0 / 3, HitCited: 2, Refused: 1, Wrong: 1}
		default:
			want = Point{Coverage: 4, Accuracy: 0.75, HitCited: 3, Refused: 0, Wrong: 2}
		}
		if !near(p.Coverage, want.Coverage/6) || !near(p.Accuracy, want.Accuracy) || !near(p.HitCited, want.HitCited/6) ||
			!near(p.FalseRefusal, 1-want.Coverage/6) || !near(p.Refused, want.Refused) || !near(p.Wrong, want.Wrong/7) {
			t.Errorf("%+v, want %+v", p, want)
		}
	}

	// At the threshold in use the curve says what the measures say.
	s = summarize(questions)
	inUse := 0
	for _, p := range s.Curve.Points {
		if p.InUse {
			inUse++
			if !near(p.HitCited, s.HitCited) || !near(p.FalseRefusal, s.FalseRefusal) || !near(p.Refused, s.Refused) {
				t.Errorf("%+v of %+v", p, s)
			}
		}
	}
	if inUse != 1 {
		t.Errorf("%d points are in use", inUse)
	}

	for _, c := range []struct {
		name      string
		questions []Question
		want      []string
	}{
		{"no question to refuse", wanted("sure"), []string{"0.90       1.000     1.000     1.000  0.000           –        0.000"}},
		{"none to answer", []Question{{ID: "whale", Question: "whale"}}, []string{"0.90       –         –         –      –               1.000    0.000"}},
		{"none answered", wanted("nothing"), []string{"0.90       0.000     –         0.000  1.000"}},
		{"a model beside", append(wanted("model"), wanted("sure")...), []string{"kept out: 1,"}},
		{"a model for all", wanted("model"), []string{"no curve: none of the 1 answers"}},
		{"no question", nil, []string{"no curve"}},
	} {
		var out strings.Builder
		if err := summarize(c.questions).Write(&out); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in\n%s", c.name, want, &out)
			}
		}
	}
}

func TestRunStopsInTheMiddle(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	questions := make([]Question, 50)
	asked := askerFunc(func() rag.Answer { cancel(); return rag.Answer{Status: rag.Failed} })
	results, err := Run(ctx, asked, knowledge.NewLibrary(nil, nil), questions, nil, func() { t.Error("a question that was given up counts as asked") })
	if err == nil || results != nil {
		t.Errorf("%d results, %v", len(results), err)
	}
}

type askerFunc func() rag.Answer

func (f askerFunc) Ask(context.Context, rag.Question) rag.Answer { return f() }
