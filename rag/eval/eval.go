package eval

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"
	"golang.org/x/text/unicode/norm"

	"xiangwen/knowledge"
	"xiangwen/rag"
)

// Passages is how many ranked passages an evaluation asks for, so that ten
// different articles are among them.
const Passages = 50

// Result is a question and what was answered.
type Result struct {
	Question Question   `json:"question"`
	Answer   rag.Answer `json:"answer"`
	Hit      bool       `json:"hit"`                // the answer holds what was wanted
	Cited    bool       `json:"cited"`              // and cites the article that says so
	Refused  bool       `json:"refused"`            // nothing was answered
	Unproven string     `json:"unproven,omitempty"` // what rag.Verify found
	rank     int        // of the first right article, from 1; 0 if not among the passages
}

// Run asks all questions, two cores' worth at a time, and judges the answers.
// keys maps names of articles in the question set to their ids; see [Keys].
func Run(ctx context.Context, asker rag.Asker, library *knowledge.Library, questions []Question, keys map[string]string, done func()) ([]Result, error) {
	results := make([]Result, len(questions))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for i, q := range questions {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			answer := asker.Ask(ctx, rag.Question{Text: q.Question, Passages: Passages})
			results[i] = judge(q, answer, library, keys)
			if done != nil {
				done()
			}
			return nil
		})
	}
	return results, group.Wait()
}

func judge(q Question, a rag.Answer, library *knowledge.Library, keys map[string]string) Result {
	r := Result{Question: q, Answer: a, Refused: a.Status != rag.Answered && a.Status != rag.Partial}
	if !r.Refused {
		if err := rag.Verify(a, library); err != nil {
			r.Unproven = err.Error()
		}
	}
	ids, all := q.documents()
	right := make(map[string]bool, len(ids))
	for _, id := range ids {
		if mapped, ok := keys[id]; ok {
			id = mapped
		}
		right[id] = true
	}
	var ranked []string
	for _, p := range a.Passages {
		if !slices.Contains(ranked, p.ArticleID) {
			ranked = append(ranked, p.ArticleID)
		}
	}
	r.rank = slices.IndexFunc(ranked, func(id string) bool { return right[id] }) + 1
	if r.Refused || !q.Answerable() {
		return r
	}
	text := squeeze(a.Text)
	switch {
	case len(q.AllAnswers) > 0:
		r.Hit = true
		for _, group := range q.AllAnswers {
			r.Hit = r.Hit && holdsAny(text, group)
		}
	default:
		r.Hit = holdsAny(text, q.Answers)
	}
	cited := citedRight(a, right)
	r.Cited = r.Hit && (all && len(cited) == len(right) || !all && len(cited) > 0)
	return r
}

// citedRight are the right articles that the answer cites.
func citedRight(a rag.Answer, right map[string]bool) map[string]bool {
	cited := make(map[string]bool)
	for _, c := range a.Citations {
		if right[c.ArticleID] {
			cited[c.ArticleID] = true
		}
	}
	return cited
}

// Holds reports whether the text holds one of the answers, whatever their width,
// case, spaces and punctuation, and not as a part of a longer number.
func Holds(text string, answers []string) bool { return holdsAny(squeeze(text), answers) }

func holdsAny(text string, wanted []string) bool {
	return slices.ContainsFunc(wanted, func(w string) bool { return holds(text, squeeze(w)) })
}

// holds reports whether wanted stands in text, both squeezed, and is not a part
// of a longer number there.
func holds(text, wanted string) bool {
	if wanted == "" {
		return false
	}
	for from := 0; ; {
		i := strings.Index(text[from:], wanted)
		if i < 0 {
			return false
		}
		i += from
		before, after := text[:i], text[i+len(wanted):]
		longer := isDigit(wanted[0]) && endsInNumber(before) || isDigit(wanted[len(wanted)-1]) && goesOnAsNumber(after)
		if !longer {
			return true
		}
		from = i + 1
		for !utf8.RuneStart(text[from]) {
			from++
		}
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func endsInNumber(s string) bool {
	n := len(s)
	return n > 0 && (isDigit(s[n-1]) || s[n-1] == '.' && n > 1 && isDigit(s[n-2]))
}

func goesOnAsNumber(s string) bool {
	return len(s) > 0 && (isDigit(s[0]) || s[0] == '.' && len(s) > 1 && isDigit(s[1]))
}

// squeeze keeps letters and digits, percent signs, and the points, colons,
// slashes and hyphens between digits, so that answers compare whatever their
// width, case, spaces and punctuation.
func squeeze(s string) string {
	runes := []rune(strings.ToLower(norm.NFKC.String(s)))
	var b strings.Builder
	digit := func(i int) bool { return i >= 0 && i < len(runes) && '0' <= runes[i] && runes[i] <= '9' }
	for i, r := range runes {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '%':
			b.WriteRune(r)
		case !digit(i-1) || !digit(i+1):
		case strings.ContainsRune(".:/-", r):
			b.WriteRune(r)
		case strings.ContainsRune("~～—–−－", r):
			b.WriteByte('-')
		}
	}
	return b.String()
}

// Summary holds the measures of a run; shares are 0 to 1.
type Summary struct {
	Answerable, Unanswerable          int
	Recall1, Recall5, Recall10, MRR   float64 // of articles, over answerable questions; MRR of the first ten
	Hit, HitCited, FalseRefusal       float64 // over answerable questions
	MeanLength                        float64 // characters with marks, over those answered
	CitationPrecision, CitationRecall float64 // over those answered
	Refused                           float64 // over unanswerable questions
	Unproven                          int     // answers in which something does not hold
	MedianMS, P99MS                   float64
}

// Summarize computes the measures; keys as in [Run].
func Summarize(results []Result, keys map[string]string) Summary {
	var s Summary
	var answered, length, precision, recall float64
	var times []float64
	for _, r := range results {
		st := r.Answer.Stages
		times = append(times, st.Retrieve+st.Generate+st.Extract+st.Verify)
		if r.Unproven != "" {
			s.Unproven++
		}
		if !r.Question.Answerable() {
			s.Unanswerable++
			s.Refused += count(r.Refused)
			continue
		}
		s.Answerable++
		s.Recall1 += count(r.rank == 1)
		s.Recall5 += count(r.rank > 0 && r.rank <= 5)
		s.Recall10 += count(r.rank > 0 && r.rank <= 10)
		if r.rank > 0 && r.rank <= 10 {
			s.MRR += 1 / float64(r.rank)
		}
		s.Hit += count(r.Hit)
		s.HitCited += count(r.Cited)
		s.FalseRefusal += count(r.Refused)
		if r.Refused {
			continue
		}
		answered++
		length += float64(utf8.RuneCountInString(r.Answer.Text))
		p, c := citationScores(r, keys)
		precision, recall = precision+p, recall+c
	}
	n, m := max(1, float64(s.Answerable)), max(1, answered)
	for _, share := range []*float64{&s.Recall1, &s.Recall5, &s.Recall10, &s.MRR, &s.Hit, &s.HitCited, &s.FalseRefusal} {
		*share /= n
	}
	s.MeanLength, s.CitationPrecision, s.CitationRecall = length/m, precision/m, recall/m
	s.Refused /= max(1, float64(s.Unanswerable))
	slices.Sort(times)
	if len(times) > 0 {
		s.MedianMS, s.P99MS = times[len(times)/2], times[len(times)*99/100]
	}
	return s
}

func count(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// citationScores are the share of cited articles that are right, and of right
// ones that are cited.
func citationScores(r Result, keys map[string]string) (precision, recall float64) {
	ids, _ := r.Question.documents()
	right := make(map[string]bool)
	for _, id := range ids {
		if mapped, ok := keys[id]; ok {
			id = mapped
		}
		right[id] = true
	}
	all := make(map[string]bool)
	for _, c := range r.Answer.Citations {
		all[c.ArticleID] = true
	}
	if len(all) == 0 || len(right) == 0 {
		return 0, 0
	}
	good := float64(len(citedRight(r.Answer, right)))
	return good / float64(len(all)), good / float64(len(right))
}

// Write prints the summary as a table.
func (s Summary) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, value any) { fmt.Fprintf(t, "%s\t"+format+"\n", name, value) }
	row("answerable questions", "%d", s.Answerable)
	row("recall@1", "%.3f", s.Recall1)
	row("recall@5", "%.3f", s.Recall5)
	row("recall@10", "%.3f", s.Recall10)
	row("MRR@10", "%.3f", s.MRR)
	row("answer hit", "%.3f", s.Hit)
	row("answer hit, right article cited", "%.3f", s.HitCited)
	row("mean length (characters)", "%.1f", s.MeanLength)
	row("citation precision", "%.3f", s.CitationPrecision)
	row("citation recall", "%.3f", s.CitationRecall)
	row("false refusals", "%.3f", s.FalseRefusal)
	row("questions to refuse", "%d", s.Unanswerable)
	row("refused", "%.3f", s.Refused)
	row("answers not proven", "%d", s.Unproven)
	row("median time (ms)", "%.2f", s.MedianMS)
	row("99th percentile (ms)", "%.2f", s.P99MS)
	return t.Flush()
}
