package page

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// weights score a line for a role: a weighted sum of the features, each role
// with its own weights, and behind it a small network that sees features
// together, shared by the roles (one hidden layer of rectified units).
type weights struct {
	rows   [roleCount][]float32 // [role][feature]: local features, relative ones, the role of the line before
	hidden [hiddenUnits][]float32
	bias   [roleCount][]float32 // [role][unit]
	out    [roleCount][]float32 // [role][unit]
}

// hiddenUnits is the width of the network. Without one, pages-dev and printed
// pages could not be had at once; the mean of three networks was no better.
const hiddenUnits = 24

func newWeights() *weights {
	w := new(weights)
	for u := range w.hidden {
		w.hidden[u] = make([]float32, featureCount)
	}
	for r := range w.rows {
		w.rows[r] = make([]float32, featureCount)
		w.bias[r] = make([]float32, hiddenUnits)
		w.out[r] = make([]float32, hiddenUnits)
	}
	return w
}

// lineScores is what of the scores depends on the line alone.
type lineScores struct {
	role   [roleCount]float32
	hidden [hiddenUnits]float32
}

func (w *weights) line(local []float32) (s lineScores) {
	for r := range roleCount {
		s.role[r] = dot(w.rows[r], local)
	}
	for u := range s.hidden {
		s.hidden[u] = dot(w.hidden[u], local)
	}
	return s
}

// score completes a line's score for role r with what depends on the reading.
func (w *weights) score(line *lineScores, r, before role, relative []float32) float64 {
	last := len(localNames) + len(relativeNames) + int(before)
	sum := line.role[r] + dot(w.rows[r][len(localNames):], relative) + w.rows[r][last]
	for u := range hiddenUnits {
		h := line.hidden[u] + dot(w.hidden[u][len(localNames):], relative) + w.hidden[u][last] + w.bias[r][u]
		if h > 0 {
			sum += h * w.out[r][u]
		}
	}
	return float64(sum)
}

// dot multiplies b with the beginning of a.
func dot(a, b []float32) float32 {
	a = a[:len(b)]
	sum := float32(0)
	for i, x := range b {
		sum += a[i] * x
	}
	return sum
}

// The file says how it was made. A line names a row, a feature and the weight:
// a row is a role, or a unit of the network ("unit 3"); a unit's weights are
// those of the features, of the roles ("is headline"), and for the roles
// ("for headline"). What is not listed weighs nothing.
//
//go:embed weights.txt
var weightsFile string

var learned = mustParseWeights(weightsFile)

func mustParseWeights(file string) *weights {
	w, err := parseWeights(file)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return w
}

// each calls f for every weight by the names it has in the file.
func (w *weights) each(f func(row, feature string, weight *float32)) {
	features := slices.Concat(localNames, relativeNames)
	for r := range roleCount {
		features = append(features, "after "+r.String())
	}
	for r := range roleCount {
		for i, name := range features {
			f(r.String(), name, &w.rows[r][i])
		}
	}
	for u := range hiddenUnits {
		row := "unit " + strconv.Itoa(u)
		for i, name := range features {
			f(row, name, &w.hidden[u][i])
		}
		for r := range roleCount {
			f(row, "is "+r.String(), &w.bias[r][u])
			f(row, "for "+r.String(), &w.out[r][u])
		}
	}
}

func parseWeights(file string) (*weights, error) {
	w := newWeights()
	known := make(map[[2]string]*float32)
	w.each(func(row, feature string, weight *float32) { known[[2]string{row, feature}] = weight })
	n := 0
	for l := range strings.Lines(file) {
		n++
		l = strings.TrimSpace(l)
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		fields := strings.Split(l, "\t")
		if len(fields) != 3 {
			return nil, fmt.Errorf("weights.txt:%d: want row, feature and weight", n)
		}
		weight := known[[2]string{fields[0], fields[1]}]
		x, err := strconv.ParseFloat(fields[2], 32)
		if weight == nil || err != nil {
			return nil, fmt.Errorf("weights.txt:%d: unknown row or feature, or no number: %q", n, l)
		}
		*weight = float32(x)
	}
	return w, nil
}
