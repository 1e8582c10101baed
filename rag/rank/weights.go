package rank

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Weights are what the trainer learns.
type Weights struct {
	Sentence Net // scores the sentences of a ranking, by the features of a [Vector]
	Clause   Net // scores the clauses of a sentence, by those of a [ClauseVector]
	// Trees together give the log odds of "the best sentence holds the answer", both
	// outcomes being equally likely beforehand (Friedman 2001, gradient boosting).
	Trees []Tree
}

// Units of the nets.
const (
	SentenceUnits = 128
	ClauseUnits   = 32
)

//go:embed weights.txt
var weightsFile string

// Learned are the weights in use. They are read when they are first asked for: the
// trainer does without, so that it can write a file in which features have changed.
var Learned = sync.OnceValue(func() *Weights {
	w, err := ReadWeights(strings.NewReader(weightsFile))
	if err != nil {
		panic(err) // the file is compiled in; a test reads it
	}
	return &w
})

// ReadWeights reads lines of a name and its numbers, as [Weights.Write] writes
// them; # starts a comment. Each name must be there once.
func ReadWeights(r io.Reader) (Weights, error) {
	w := Weights{Sentence: NewNet(len(Names), SentenceUnits), Clause: NewNet(len(ClauseNames), ClauseUnits)}
	to := make(map[string][]*float64)
	var names []string
	w.each(func(name string, numbers []*float64) {
		to[name] = numbers
		names = append(names, name)
	})
	in := bufio.NewScanner(r)
	for n := 1; in.Scan(); n++ {
		line, _, _ := strings.Cut(in.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if fields[0] == "tree" {
			t, ok := readTree(fields[1:])
			if !ok {
				return w, fmt.Errorf("weights line %d: not a tree: feature>=number for each split, and a value for each way through them", n)
			}
			w.Trees = append(w.Trees, t)
			continue
		}
		numbers, wanted := to[fields[0]]
		switch {
		case !slices.Contains(names, fields[0]):
			return w, fmt.Errorf("weights line %d: there is no feature %q", n, fields[0])
		case !wanted:
			return w, fmt.Errorf("weights line %d: %q is there twice", n, fields[0])
		case len(numbers) != len(fields)-1:
			return w, fmt.Errorf("weights line %d: want %d numbers behind %s, got %d", n, len(numbers), fields[0], len(fields)-1)
		}
		for i, field := range fields[1:] {
			value, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return w, fmt.Errorf("weights line %d: %w", n, err)
			}
			*numbers[i] = value
		}
		delete(to, fields[0])
	}
	if in.Err() == nil && len(to) > 0 {
		return w, fmt.Errorf("weights: %d of %d lines are missing, such as %s", len(to), len(names), slices.Min(slices.Collect(maps.Keys(to))))
	}
	return w, in.Err()
}

// each names every line of the file but the trees with its numbers, in order.
func (w *Weights) each(line func(name string, numbers []*float64)) {
	w.Sentence.each("sentence.", Names[:], line)
	w.Clause.each("clause.", ClauseNames[:], line)
}

// each names the lines of a net: the linear weight of a feature, and one for each
// unit of the feature and of its largest.
func (net *Net) each(prefix string, names []string, line func(name string, numbers []*float64)) {
	all := func(rows ...[]float64) (numbers []*float64) {
		for _, row := range rows {
			for i := range row {
				numbers = append(numbers, &row[i])
			}
		}
		return numbers
	}
	for i, name := range names {
		line(prefix+name, all(net.Linear[i:i+1], net.Own[i]))
		line(prefix+name+".most", all(net.Most[i]))
	}
	line(prefix+"units.bias", all(net.Bias))
	line(prefix+"units.out", all(net.Out))
}

// Write writes the weights in the form that ReadWeights reads, under a comment.
func (w *Weights) Write(out io.Writer, comment string) error {
	var b strings.Builder
	for _, line := range strings.Split(strings.TrimSpace(comment), "\n") {
		b.WriteString("# " + line + "\n")
	}
	w.each(func(name string, numbers []*float64) {
		b.WriteString(name)
		for _, n := range numbers {
			b.WriteString(" " + strconv.FormatFloat(*n, 'g', 4, 64))
		}
		b.WriteByte('\n')
	})
	for _, t := range w.Trees {
		t.appendLine(&b)
	}
	_, err := io.WriteString(out, b.String())
	return err
}
