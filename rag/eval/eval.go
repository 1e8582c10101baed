package eval

import (
	"context"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"xiangwen/knowledge"
	"xiangwen/rag"
)

// Passages is how many ranked passages an evaluation asks for, so that ten
// different articles are among them.
const Passages = 50

// Result is a question, what was answered, and how good that is. It is what a
// line of `eval --out FILE.jsonl` holds.
type Result struct {
	Question Question   `json:"question"`
	Answer   rag.Answer `json:"answer"`
	Verdict
	Failure rag.Reason `json:"failure,omitempty"` // why a model that was asked, or would have been, did not answer
	Refused bool       `json:"refused"`           // nothing was answered
	Right   []string   `json:"right_articles"`    // ids in the library of the articles that the question names
	Rank    int        `json:"rank"`              // of the first right article among those of the passages, from 1; 0 if it is not there

	// Withheld is what would have been said where nothing was found; nil if there
	// was nothing to say, the question was not refused or it was put to a model.
	Withheld *Withheld `json:"withheld,omitempty"`
}

// Verdict says how good an answer is.
type Verdict struct {
	Hit      bool   `json:"hit"`                // it holds what was wanted
	Cited    bool   `json:"cited"`              // and cites the article that says so
	Unproven string `json:"unproven,omitempty"` // what rag.Verify found
}

// Withheld is an answer that was not given; its passages are left out, being
// those of the answer that was.
type Withheld struct {
	Answer rag.Answer `json:"answer"`
	Verdict
}

// OK reports whether what was wanted was answered and proven, or what must be
// refused was refused.
func (r Result) OK() bool {
	if r.Refused {
		return !r.Question.Answerable()
	}
	return r.Question.Answerable() && r.Verdict.good()
}

// good reports whether the answer to an answerable question may be given.
func (v Verdict) good() bool { return v.Cited && v.Unproven == "" }

// citesRight reports whether at least one of the right articles is cited.
func (r Result) citesRight() bool { return len(citedRight(r.Answer, r.Right)) > 0 }

// Run asks all questions, two cores' worth at a time, and judges the answers.
// What was not found is asked once more with [rag.Question.Eager], so that it is
// known what would have been said; not if it was put to a model, which would be
// asked, and paid for, again.
// keys maps names of articles in the question set to their ids; see [Keys]. done
// is called after each question, by several goroutines; it may be nil. The error
// is that of ctx.
func Run(ctx context.Context, asker rag.Asker, library *knowledge.Library, questions []Question, keys map[string]string, done func()) ([]Result, error) {
	results := make([]Result, len(questions))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for i, q := range questions {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			results[i] = ask(ctx, asker, library, q, keys)
			if err := ctx.Err(); err != nil {
				return err // the answer may only say that it was given up
			}
			if done != nil {
				done()
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return results, nil
}

func ask(ctx context.Context, asker rag.Asker, library *knowledge.Library, q Question, keys map[string]string) Result {
	r := Result{Question: q, Right: rightArticles(q, keys)}
	asked := rag.Question{Text: q.Question, Passages: Passages}
	r.Answer = asker.Ask(ctx, asked)
	r.Failure = r.Answer.Failure
	r.Refused = !said(r.Answer)
	r.Rank = rankOf(r.Right, r.Answer.Passages)
	if !r.Refused {
		r.Verdict = judge(q, r.Answer, r.Right, library)
	}
	if r.Answer.Status != rag.NotFound || r.putToModel() {
		return r
	}
	asked.Eager = true
	if a := asker.Ask(ctx, asked); said(a) {
		a.Passages = nil
		r.Withheld = &Withheld{a, judge(q, a, r.Right, library)}
	}
	return r
}

// said reports whether the answer tells anything.
func said(a rag.Answer) bool { return a.Status == rag.Answered || a.Status == rag.Partial }

// judge holds an answer that was given against what was wanted.
func judge(q Question, a rag.Answer, right []string, library *knowledge.Library) Verdict {
	var v Verdict
	if err := rag.Verify(a, library); err != nil {
		v.Unproven = err.Error()
	}
	if !q.Answerable() {
		return v
	}
	text := squeeze(a.Text)
	v.Hit = !slices.ContainsFunc(q.groups(), func(group []string) bool { return !holdsAny(text, group) })
	cited := len(citedRight(a, right))
	_, all := q.documents()
	v.Cited = v.Hit && (all && cited == len(right) || !all && cited > 0)
	return v
}

// rightArticles are the ids, each once, of the articles that the question names.
func rightArticles(q Question, keys map[string]string) []string {
	var right []string
	ids, _ := q.documents()
	for _, id := range ids {
		if mapped, ok := keys[id]; ok {
			id = mapped
		}
		if !slices.Contains(right, id) {
			right = append(right, id)
		}
	}
	return right
}

// rankOf is the place of the first right article among the articles of the
// passages, from 1; 0 if none is right.
func rankOf(right []string, passages []rag.Passage) int {
	var ranked []string
	for _, p := range passages {
		if slices.Contains(ranked, p.ArticleID) {
			continue
		}
		ranked = append(ranked, p.ArticleID)
		if slices.Contains(right, p.ArticleID) {
			return len(ranked)
		}
	}
	return 0
}

// citedRight are the right articles that the answer cites, each once.
func citedRight(a rag.Answer, right []string) []string {
	var cited []string
	for _, c := range a.Citations {
		if slices.Contains(right, c.ArticleID) && !slices.Contains(cited, c.ArticleID) {
			cited = append(cited, c.ArticleID)
		}
	}
	return cited
}
