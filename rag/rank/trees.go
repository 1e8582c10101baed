package rank

import (
	"math"
	"strconv"
	"strings"
)

// Tree asks the same few questions of every input, whether a number is at least so
// large, and gives the value that stands for the answers (Prokhorenkova et al.,
// NeurIPS 2018, "oblivious trees").
type Tree struct {
	Splits []Split
	Values []float64 // one for all answers; the n-th question is bit n of the place
}

// Split is such a question.
type Split struct {
	Input int // number in [Inputs]
	Least float64
}

// Value for an input.
func (t Tree) Value(x *Inputs) float64 {
	at := 0
	for i, s := range t.Splits {
		if x[s.Input] >= s.Least {
			at |= 1 << i
		}
	}
	return t.Values[at]
}

// Inputs are what it is judged by whether the best sentence of a ranking holds an
// answer: the evidence, and the features of that sentence.
type Inputs [len(EvidenceNames) + len(Names)]float64

// Inputs of the ranking, whose sentences are in order.
func (r *Ranking) Inputs() *Inputs {
	x := new(Inputs)
	copy(x[:], r.Evidence[:])
	if len(r.Sentences) > 0 {
		copy(x[len(r.Evidence):], r.Sentences[0].Features[:])
	}
	return x
}

// confidence is the probability that the best sentence holds an answer.
func (w *Weights) confidence(x *Inputs) float64 {
	z := 0.0
	for _, t := range w.Trees {
		z += t.Value(x)
	}
	return 1 / (1 + math.Exp(-z))
}

// inputName is a feature's name in the weights file.
func inputName(i int) string {
	if i < len(EvidenceNames) {
		return EvidenceNames[i]
	}
	return "best." + Names[i-len(EvidenceNames)]
}

var inputNumbers = func() map[string]int {
	numbers := make(map[string]int)
	for i := range len(Inputs{}) {
		numbers[inputName(i)] = i
	}
	return numbers
}()

// appendLine writes a tree: its splits, then the values.
func (t Tree) appendLine(b *strings.Builder) {
	b.WriteString("tree")
	for _, s := range t.Splits {
		b.WriteString(" " + inputName(s.Input) + ">=" + strconv.FormatFloat(s.Least, 'g', 4, 64))
	}
	for _, v := range t.Values {
		b.WriteString(" " + strconv.FormatFloat(v, 'g', 3, 64))
	}
	b.WriteByte('\n')
}

// readTree reads the fields behind the word tree. ok is false if they make none.
func readTree(fields []string) (t Tree, ok bool) {
	for len(fields) > 0 && strings.Contains(fields[0], ">=") {
		name, least, _ := strings.Cut(fields[0], ">=")
		input, known := inputNumbers[name]
		number, err := strconv.ParseFloat(least, 64)
		if !known || err != nil {
			return t, false
		}
		t.Splits = append(t.Splits, Split{input, number})
		fields = fields[1:]
	}
	for _, f := range fields {
		value, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return t, false
		}
		t.Values = append(t.Values, value)
	}
	return t, len(t.Splits) < 16 && len(t.Values) == 1<<len(t.Splits)
}
