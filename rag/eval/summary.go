package eval

import (
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
	"unicode/utf8"

	"xiangwen/rag"
)

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
	Curve                             Curve
	Model                             *Model `json:",omitempty"` // nil where none was asked
}

// Summarize computes the measures.
func Summarize(results []Result) Summary {
	s := Summary{Curve: curve(results), Model: summarizeModel(results)}
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
		s.Recall1 += count(r.Rank == 1)
		s.Recall5 += count(r.Rank > 0 && r.Rank <= 5)
		s.Recall10 += count(r.Rank > 0 && r.Rank <= 10)
		if r.Rank > 0 && r.Rank <= 10 {
			s.MRR += 1 / float64(r.Rank)
		}
		s.Hit += count(r.Hit)
		s.HitCited += count(r.Cited)
		s.FalseRefusal += count(r.Refused)
		if r.Refused {
			continue
		}
		answered++
		length += float64(utf8.RuneCountInString(r.Answer.Text))
		p, c := citationScores(r.Answer, r.Right)
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
func citationScores(a rag.Answer, right []string) (precision, recall float64) {
	cited := make(map[string]bool)
	for _, c := range a.Citations {
		cited[c.ArticleID] = true
	}
	if len(cited) == 0 || len(right) == 0 {
		return 0, 0
	}
	good := float64(len(citedRight(a, right)))
	return good / float64(len(cited)), good / float64(len(right))
}

// measure is a row of the table.
type measure struct {
	name     string
	decimals int
	value    float64 // NaN where there is nothing to measure
}

func (m measure) String() string {
	if math.IsNaN(m.value) {
		return "–"
	}
	return fmt.Sprintf("%.*f", m.decimals, m.value)
}

func (s Summary) measures() []measure {
	return []measure{
		{"answerable questions", 0, float64(s.Answerable)},
		{"recall@1", 3, s.Recall1},
		{"recall@5", 3, s.Recall5},
		{"recall@10", 3, s.Recall10},
		{"MRR@10", 3, s.MRR},
		{"answer hit", 3, s.Hit},
		{"answer hit, right article cited", 3, s.HitCited},
		{"mean length (characters)", 1, s.MeanLength},
		{"citation precision", 3, s.CitationPrecision},
		{"citation recall", 3, s.CitationRecall},
		{"false refusals", 3, s.FalseRefusal},
		{"questions to refuse", 0, float64(s.Unanswerable)},
		{"refused", 3, s.Refused},
		{"answers not proven", 0, float64(s.Unproven)},
		{"median time (ms)", 2, s.MedianMS},
		{"99th percentile (ms)", 2, s.P99MS},
	}
}

// Write prints the measures as a table, those of a model last, and the curve below
// it.
func (s Summary) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, m := range append(s.measures(), modelMeasures(s.Model)[0]...) {
		fmt.Fprintf(t, "%s\t%s\n", m.name, m)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return s.Curve.write(w)
}
