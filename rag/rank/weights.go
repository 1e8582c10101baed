package rank

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Weights are what the trainer learns.
type Weights struct {
	Sentence Vector       // linear score of a sentence
	Clause   ClauseVector // linear score of a clause within its sentence
	// Logistic regression of "the best sentence holds the answer": on the evidence
	// and on the best sentence's features.
	Evidence Evidence
	Best     Vector
	Bias     float64
}

//go:embed weights.txt
var weightsFile string

var learned = mustRead(weightsFile)

func mustRead(s string) Weights {
	w, err := ReadWeights(strings.NewReader(s))
	if err != nil {
		panic(err) // the file is compiled in; a test reads it
	}
	return w
}

// Learned are the weights in use.
func Learned() Weights { return learned }

// ReadWeights reads lines of a name and a number; # starts a comment. Each
// feature must be there once.
func ReadWeights(r io.Reader) (Weights, error) {
	var w Weights
	seen := make(map[string]bool)
	in := bufio.NewScanner(r)
	for n := 1; in.Scan(); n++ {
		line, _, _ := strings.Cut(in.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) != 2 {
			return w, fmt.Errorf("weights line %d: want a name and a number, got %q", n, line)
		}
		value, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			return w, fmt.Errorf("weights line %d: %w", n, err)
		}
		to := w.slot(fields[0])
		if to == nil {
			return w, fmt.Errorf("weights line %d: there is no feature %q", n, fields[0])
		}
		if seen[fields[0]] {
			return w, fmt.Errorf("weights line %d: %q is there twice", n, fields[0])
		}
		seen[fields[0]] = true
		*to = value
	}
	if want := 2*len(Names) + len(ClauseNames) + len(EvidenceNames) + 1; in.Err() == nil && len(seen) != want {
		return w, fmt.Errorf("weights: %d of %d features are there", len(seen), want)
	}
	return w, in.Err()
}

func (w *Weights) slot(name string) *float64 {
	if feature, ok := strings.CutPrefix(name, "sentence."); ok {
		if i := slices.Index(Names[:], feature); i >= 0 {
			return &w.Sentence[i]
		}
		return nil
	}
	if feature, ok := strings.CutPrefix(name, "clause."); ok {
		if i := slices.Index(ClauseNames[:], feature); i >= 0 {
			return &w.Clause[i]
		}
		return nil
	}
	if feature, ok := strings.CutPrefix(name, "best."); ok {
		if i := slices.Index(Names[:], feature); i >= 0 {
			return &w.Best[i]
		}
		return nil
	}
	if feature, ok := strings.CutPrefix(name, "evidence."); ok {
		if feature == "bias" {
			return &w.Bias
		}
		if i := slices.Index(EvidenceNames[:], feature); i >= 0 {
			return &w.Evidence[i]
		}
	}
	return nil
}

// Write writes the weights in the form that ReadWeights reads, under a comment.
func (w *Weights) Write(out io.Writer, comment string) error {
	var b strings.Builder
	for _, line := range strings.Split(strings.TrimSpace(comment), "\n") {
		b.WriteString("# " + line + "\n")
	}
	for i, name := range Names {
		fmt.Fprintf(&b, "sentence.%s %.4f\n", name, w.Sentence[i])
	}
	for i, name := range ClauseNames {
		fmt.Fprintf(&b, "clause.%s %.4f\n", name, w.Clause[i])
	}
	for i, name := range EvidenceNames {
		fmt.Fprintf(&b, "evidence.%s %.4f\n", name, w.Evidence[i])
	}
	for i, name := range Names {
		fmt.Fprintf(&b, "best.%s %.4f\n", name, w.Best[i])
	}
	fmt.Fprintf(&b, "evidence.bias %.4f\n", w.Bias)
	_, err := io.WriteString(out, b.String())
	return err
}
