package eval

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"xiangwen/rag"
)

// Model holds the measures of a model that writes; shares are of the questions
// that were put to it, or would have been.
type Model struct {
	Asked             int
	Written, FellBack float64            // FellBack: nothing it said was given, the extractive way was taken
	Reasons           map[rag.Reason]int // why, of those that fell back
	CutShort          int                // written, but not to the end

	// What it said, whether or not anything of that was given.
	DroppedSentences int
	DroppedKinds     map[string]int // of these, by the proof.Kind of what was wrong

	FigureBefore  int // replies with a figure, unit, date or qualifier that was dropped as unsupported
	UnprovenAfter int // answers of its that were given and in which something does not hold: must be 0

	PromptTokens, CompletionTokens int
	TokensEstimated                bool // some of them are counted by characters

	GenerateMedianMS, GenerateP95MS float64 // of the replies that were waited for
}

// unknownReason stands for a reason in results that were kept without it.
const unknownReason rag.Reason = "unknown"

// written reports whether a model wrote the answer.
func written(a rag.Answer) bool { return a.Method != "" && a.Method != rag.MethodExtractive }

// putToModel reports whether a model was asked, or would have been.
func (r Result) putToModel() bool {
	return written(r.Answer) || r.Failure != "" || r.Answer.Usage != nil || r.Answer.Cached
}

// summarizeModel is nil where there was no model. The answers withheld are not
// looked at: no model is asked for them.
func summarizeModel(results []Result) *Model {
	m := Model{Reasons: make(map[rag.Reason]int), DroppedKinds: make(map[string]int)}
	var usage rag.Usage
	var times []float64
	for _, r := range results {
		if !r.putToModel() {
			continue
		}
		m.Asked++
		if written(r.Answer) {
			m.Written++
			m.CutShort += int(count(r.Failure != ""))
			m.UnprovenAfter += int(count(r.Unproven != ""))
		} else {
			m.FellBack++
			m.Reasons[cmp.Or(r.Failure, unknownReason)]++
		}
		if r.Answer.Cached {
			continue // what it said was counted where it said it
		}
		m.DroppedSentences += len(r.Answer.Dropped)
		for _, d := range r.Answer.Dropped {
			m.DroppedKinds[string(d.Kind)]++
		}
		m.FigureBefore += int(count(slices.ContainsFunc(r.Answer.Dropped, unsupportedFigure)))
		if r.Answer.Usage != nil {
			usage.Add(*r.Answer.Usage)
		}
		if t := r.Answer.Stages.Generate; t > 0 && r.Failure != rag.Resting {
			times = append(times, t)
		}
	}
	if m.Asked == 0 {
		return nil
	}
	m.Written /= float64(m.Asked)
	m.FellBack /= float64(m.Asked)
	m.PromptTokens, m.CompletionTokens, m.TokensEstimated = usage.Prompt, usage.Completion, usage.Estimated
	slices.Sort(times)
	if len(times) > 0 {
		m.GenerateMedianMS, m.GenerateP95MS = times[len(times)/2], times[len(times)*95/100]
	}
	return &m
}

// figureKinds are the kinds of proof that compare figures.
var figureKinds = []string{"figure", "unit", "date", "qualifier"}

func unsupportedFigure(d rag.Dropped) bool { return slices.Contains(figureKinds, string(d.Kind)) }

// modelMeasures are the rows of each of the models, the same ones for all, with
// a dash for one that is nil; none if all are.
func modelMeasures(models ...*Model) [][]measure {
	rows := make([][]measure, len(models))
	if !slices.ContainsFunc(models, func(m *Model) bool { return m != nil }) {
		return rows
	}
	reasons, kinds := make(map[rag.Reason]int), make(map[string]int)
	tokens := "tokens"
	for _, m := range models {
		if m == nil {
			continue
		}
		maps.Copy(reasons, m.Reasons)
		maps.Copy(kinds, m.DroppedKinds)
		if m.TokensEstimated {
			tokens = "tokens (estimated)"
		}
	}
	for i, m := range models {
		known := m != nil
		if !known {
			m = &Model{}
		}
		add := func(name string, decimals int, value float64) {
			if !known {
				value = math.NaN()
			}
			rows[i] = append(rows[i], measure{name, decimals, value})
		}
		add("put to the model", 0, float64(m.Asked))
		add("written by the model", 3, m.Written)
		add("written, not to the end", 0, float64(m.CutShort))
		add("fell back to extractive", 3, m.FellBack)
		for _, reason := range slices.Sorted(maps.Keys(reasons)) {
			add("  "+oneLine(string(reason)), 0, float64(m.Reasons[reason]))
		}
		add("sentences dropped", 0, float64(m.DroppedSentences))
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			add("  "+oneLine(kind), 0, float64(m.DroppedKinds[kind]))
		}
		add("unsupported figure, before verification", 0, float64(m.FigureBefore))
		add("written and not proven, after it", 0, float64(m.UnprovenAfter))
		add("prompt "+tokens, 0, float64(m.PromptTokens))
		add("completion "+tokens, 0, float64(m.CompletionTokens))
		add("median time of generation (ms)", 0, m.GenerateMedianMS)
		add("95th percentile of it (ms)", 0, m.GenerateP95MS)
	}
	return rows
}
