package rank

// Net scores the options of a choice, each by its features: a linear score, and
// units that see beside an option's features the largest of each among all options:
// a share of .4 says one thing where it is the best there is, and another where the
// next sentence has .9. Scores compare within one choice only.
type Net struct {
	Linear []float64 // by feature

	Own, Most [][]float64 // by feature and unit: of the option, and of the largest
	Bias, Out []float64   // by unit: before it is rectified, and what it counts for
}

// NewNet is a net that scores everything 0.
func NewNet(features, units int) Net {
	matrix := func() [][]float64 {
		m := make([][]float64, features)
		for i := range m {
			m[i] = make([]float64, units)
		}
		return m
	}
	return Net{Linear: make([]float64, features), Own: matrix(), Most: matrix(), Bias: make([]float64, units), Out: make([]float64, units)}
}

// Scores are those of n options, whose features are asked for by number.
func (net *Net) Scores(n int, features func(int) []float64) []float64 {
	scores := make([]float64, n)
	shared := net.shared(n, features)
	units := make([]float64, len(net.Bias))
	for i := range scores {
		copy(units, shared)
		for j, x := range features(i) {
			if x == 0 {
				continue
			}
			scores[i] += x * net.Linear[j]
			AddTimes(units, net.Own[j], x)
		}
		for k, u := range units {
			scores[i] += max(0, u) * net.Out[k]
		}
	}
	return scores
}

// shared is what all options bring to each unit together.
func (net *Net) shared(n int, features func(int) []float64) []float64 {
	units := append([]float64(nil), net.Bias...)
	for j, x := range Most(len(net.Linear), n, features) {
		AddTimes(units, net.Most[j], x)
	}
	return units
}

// Most is the largest of each of m features among n options.
func Most(m, n int, features func(int) []float64) []float64 {
	most := make([]float64, m)
	for i := range n {
		for j, x := range features(i) {
			if i == 0 || x > most[j] {
				most[j] = x
			}
		}
	}
	return most
}

// AddTimes adds a row, times a number, to another of the same length.
func AddTimes(to, row []float64, times float64) {
	if times == 0 {
		return
	}
	row = row[:len(to)]
	k := 0
	for ; k+4 <= len(to); k += 4 { // most of the time goes by here
		t, r := to[k:k+4:k+4], row[k:k+4:k+4]
		t[0] += times * r[0]
		t[1] += times * r[1]
		t[2] += times * r[2]
		t[3] += times * r[3]
	}
	for ; k < len(to); k++ {
		to[k] += times * row[k]
	}
}
