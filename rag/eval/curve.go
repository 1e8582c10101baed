package eval

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"xiangwen/rag"
)

// Curve says what other thresholds of refusing than [rag.MinConfidence] would
// answer and get wrong. Shares are of the questions counted in it: all but those
// whose answer no threshold decided on.
type Curve struct {
	Answerable, Unanswerable int // questions in it
	Unjudged                 int // questions kept out: a model was asked, or nobody estimated the confidence
	Points                   []Point
}

// Point is the curve at one threshold; shares are 0 to 1, and 0 where there is
// nothing to share.
type Point struct {
	Threshold    float64
	InUse        bool
	Coverage     float64 // answered, of the answerable questions
	Accuracy     float64 // hit, right article cited, of those answered
	HitCited     float64 // hit, right article cited, of the answerable questions
	FalseRefusal float64 // refused, of the answerable questions
	Refused      float64 // of the questions to refuse
	Wrong        float64 // answers that are wrong, not to be given or not proven, of all questions
}

// thresholds are the points of the curve beside the one in use.
var thresholds = []float64{0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}

func curve(results []Result) Curve {
	var c Curve
	var judged []Result
	for _, r := range results {
		switch {
		case !r.judged():
			c.Unjudged++
			continue
		case r.Question.Answerable():
			c.Answerable++
		default:
			c.Unanswerable++
		}
		judged = append(judged, r)
	}
	at := append([]float64{rag.MinConfidence}, thresholds...)
	slices.SortFunc(at, cmp.Compare[float64])
	for _, threshold := range slices.Compact(at) {
		c.Points = append(c.Points, c.point(judged, threshold))
	}
	return c
}

// judged reports whether the threshold decided, or would, on answering. A model's
// answer is not subject to it, what would have been said behind a model is not
// known, and a confidence of 0 is none.
func (r Result) judged() bool {
	switch {
	case r.putToModel():
		return false
	case !r.Refused:
		return r.Answer.Method == rag.MethodExtractive && r.Answer.Confidence > 0
	case r.Withheld != nil:
		return r.Withheld.Answer.Method == rag.MethodExtractive
	}
	return true // refused at every threshold
}

// at reports whether the question would be answered at a threshold, and how well.
// What was answered below the threshold in use (a question over several articles
// has its own test) would be at every lower one too.
func (r Result) at(threshold float64) (v Verdict, answered bool) {
	switch {
	case !r.Refused:
		return r.Verdict, threshold <= max(r.Answer.Confidence, rag.MinConfidence)
	case r.Withheld != nil:
		return r.Withheld.Verdict, threshold < rag.MinConfidence && threshold <= r.Withheld.Answer.Confidence
	}
	return Verdict{}, false
}

func (c Curve) point(judged []Result, threshold float64) Point {
	var answered, right, refused, wrong float64
	for _, r := range judged {
		v, given := r.at(threshold)
		answerable := r.Question.Answerable()
		answered += count(answerable && given)
		right += count(answerable && given && v.Cited)
		refused += count(!answerable && !given)
		wrong += count(given && !(answerable && v.good()))
	}
	answerable := max(1, float64(c.Answerable))
	return Point{
		Threshold: threshold, InUse: threshold == rag.MinConfidence,
		Coverage: answered / answerable, Accuracy: right / max(1, answered), HitCited: right / answerable,
		FalseRefusal: (float64(c.Answerable) - answered) / answerable,
		Refused:      refused / max(1, float64(c.Unanswerable)),
		Wrong:        wrong / max(1, float64(len(judged))),
	}
}

// write prints the curve as a table; where there is nothing to share it has a
// dash.
func (c Curve) write(w io.Writer) error {
	if c.Answerable+c.Unanswerable == 0 {
		_, err := fmt.Fprintf(w, "\nno curve: none of the %d answers depends on the threshold of refusing\n", c.Unjudged)
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nthreshold\tcoverage\taccuracy\tright\tfalse refusals\trefused\twrong")
	share := func(value float64, known bool) string {
		if !known {
			return "–"
		}
		return fmt.Sprintf("%.3f", value)
	}
	for _, p := range c.Points {
		mark := ""
		if p.InUse {
			mark = " *"
		}
		known := c.Answerable > 0
		fmt.Fprintf(t, "%.2f%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Threshold, mark, share(p.Coverage, known),
			share(p.Accuracy, p.Coverage > 0), share(p.HitCited, known), share(p.FalseRefusal, known),
			share(p.Refused, c.Unanswerable > 0), share(p.Wrong, true))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprint(w, "* in use. coverage: answered, of the answerable; accuracy: right with the right article cited, of those answered;\n"+
		"right: the same of all answerable; wrong: answers wrong, not to be given or not proven, of all questions.\n")
	if err == nil && c.Unjudged > 0 {
		_, err = fmt.Fprintf(w, "kept out: %d, whose answers no threshold decided on (a model was asked, or no confidence was estimated).\n", c.Unjudged)
	}
	return err
}
