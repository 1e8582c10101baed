package main

import (
	"math"
	"math/rand/v2"
	"sync"

	"xiangwen/rag/rank"
)

// How nets are learned; chosen by cross-validation.
const (
	rounds   = 12  // over all examples
	batch    = 64  // examples a step
	dropped  = 0.5 // part of the units that each list does without (Srivastava et al. 2014)
	decay    = 0.3 // of the weights, apart from the gradient (Loshchilov and Hutter 2019), times the rate
	fastest  = 3e-3
	slowest  = 6e-5
	nets     = 2 // whose scores are averaged
	learners = 2 // at the same time; what is learned does not depend on the machine's number of cores
)

// learner holds a net, flat: for each input (a feature of the option, then the
// largest of each) a row of the units' weights; then the units'
// biases, what they count for, and the linear weights. They are those of standardised
// inputs, (x - middle) / spread; the options are never copied for it.
type learner struct {
	features, units int
	middle, spread  []float64
	w               []float64
}

func (l *learner) row(w []float64, input int) []float64 { return w[input*l.units:][:l.units] }
func (l *learner) bias(w []float64) []float64           { return w[2*l.features*l.units:][:l.units] }
func (l *learner) out(w []float64) []float64            { return w[(2*l.features+1)*l.units:][:l.units] }
func (l *learner) linear(w []float64) []float64         { return w[(2*l.features+2)*l.units:] }

// learnNets averages the scores of a few nets that begin at other weights and see the
// lists in other orders (Lakshminarayanan et al. 2017, "deep ensembles"): what one of
// them has from chance weighs less. Together they are one net with the units of all.
func learnNets(features, units int, lists []list) rank.Net {
	all := rank.NewNet(features, 0)
	for seed := range uint64(nets) {
		net := learnNet(features, units/nets, lists, seed)
		rank.AddTimes(all.Linear, net.Linear, 1.0/nets)
		all.Bias = append(all.Bias, net.Bias...)
		for _, out := range net.Out {
			all.Out = append(all.Out, out/nets)
		}
		for j := range features {
			all.Own[j] = append(all.Own[j], net.Own[j]...)
			all.Most[j] = append(all.Most[j], net.Most[j]...)
		}
	}
	return all
}

// learnNet maximises the probability, under a softmax over the options, of those
// that are right (Cao et al. 2007, "ListNet", for the top one), by gradient ascent
// with steps per weight (Adam; Kingma and Ba 2015).
func learnNet(features, units int, lists []list, seed uint64) rank.Net {
	l := &learner{features: features, units: units, w: make([]float64, (2*features+2)*units+features)}
	l.middle, l.spread = moments(features, lists)
	random := rand.New(rand.NewPCG(1+seed, 2))
	for i := range 2 * features {
		for k := range l.row(l.w, i) {
			l.row(l.w, i)[k] = (2*random.Float64() - 1) / math.Sqrt(float64(2*features))
		}
	}
	step := newAdam(len(l.w), 0)
	steps := rounds * ((len(lists) + batch - 1) / batch)
	gradients := make([][]float64, learners)
	for i := range gradients {
		gradients[i] = make([]float64, len(l.w))
	}
	for done := 0; done < steps; {
		order := random.Perm(len(lists))
		for ; len(order) > 0; done++ {
			these := order[:min(batch, len(order))]
			order = order[len(these):]
			var working sync.WaitGroup
			for i, gradient := range gradients {
				seed := random.Uint64()
				working.Go(func() {
					clear(gradient)
					random := rand.New(rand.NewPCG(seed, 0))
					for n := i; n < len(these); n += learners {
						l.ascend(lists[these[n]], gradient, random)
					}
				})
			}
			working.Wait()
			step.rate = max(slowest, fastest*(1-float64(done)/float64(steps)))
			for _, other := range gradients[1:] {
				rank.AddTimes(gradients[0], other, 1)
			}
			for j := range l.w {
				gradients[0][j] /= float64(len(these))
				l.w[j] -= step.rate * decay * l.w[j]
			}
			step.ascend(l.w, gradients[0])
		}
	}
	return l.net()
}

// ascend adds a list's gradient, in a part of the net: some of its units, drawn anew
// for each list.
func (l *learner) ascend(s list, gradient []float64, random *rand.Rand) {
	var used []int
	for k := range l.units {
		if random.Float64() >= dropped {
			used = append(used, k)
		}
	}
	most := rank.Most(l.features, len(s.options), func(i int) []float64 { return s.options[i] })
	own := make([]float64, l.features*len(used)) // by feature, not standardised, and used unit
	row := func(of []float64, j int) []float64 { return of[j*len(used):][:len(used)] }
	shared := make([]float64, len(used))
	out := make([]float64, len(used))
	for n, k := range used {
		shared[n], out[n] = l.bias(l.w)[k], l.out(l.w)[k]/(1-dropped)
	}
	for j := range l.features {
		mine, largest, to := l.row(l.w, j), l.row(l.w, l.features+j), row(own, j)
		above := (most[j] - l.middle[j]) / l.spread[j]
		for n, k := range used {
			to[n] = mine[k] / l.spread[j]
			shared[n] += above*largest[k] - l.middle[j]*to[n]
		}
	}
	units := make([]float64, len(s.options)*len(used)) // 0 where not above it
	p := make([]float64, len(s.options))
	for i, option := range s.options {
		u := row(units, i)
		copy(u, shared)
		for j, x := range option {
			rank.AddTimes(u, row(own, j), x)
			p[i] += x * l.linear(l.w)[j] / l.spread[j]
		}
		for n := range u {
			u[n] = max(0, u[n])
			p[i] += u[n] * out[n]
		}
	}
	good := softmax(p, s.right)
	all := make([]float64, len(used)) // gradients of what is shared
	delta := make([]float64, len(used))
	owns := make([]float64, len(own))
	for i, option := range s.options {
		d := -p[i]
		if s.right[i] {
			d += p[i] / good
		}
		if math.Abs(d) < 1e-5 {
			continue
		}
		for n, u := range row(units, i) {
			delta[n] = 0
			if u > 0 {
				delta[n] = d * out[n]
				all[n] += delta[n]
				l.out(gradient)[used[n]] += d * u / (1 - dropped)
			}
		}
		for j, x := range option {
			rank.AddTimes(row(owns, j), delta, x)
			l.linear(gradient)[j] += d * x / l.spread[j]
		}
	}
	for j := range l.features {
		mine, largest, from := l.row(gradient, j), l.row(gradient, l.features+j), row(owns, j)
		above := (most[j] - l.middle[j]) / l.spread[j]
		for n, k := range used {
			mine[k] += (from[n] - l.middle[j]*all[n]) / l.spread[j]
			largest[k] += all[n] * above
		}
	}
	for n, k := range used {
		l.bias(gradient)[k] += all[n]
	}
}

// softmax turns scores into probabilities, and returns that of the right ones.
func softmax(p []float64, right []bool) (good float64) {
	most, all := math.Inf(-1), 0.0
	for _, z := range p {
		most = max(most, z)
	}
	for i, z := range p {
		p[i] = math.Exp(z - most)
		all += p[i]
	}
	for i := range p {
		p[i] /= all
		if right[i] {
			good += p[i]
		}
	}
	return good
}

// net is the same for inputs that are not standardised.
func (l *learner) net() rank.Net {
	net := rank.NewNet(l.features, l.units)
	copy(net.Bias, l.bias(l.w))
	copy(net.Out, l.out(l.w))
	for j := range l.features {
		net.Linear[j] = l.linear(l.w)[j] / l.spread[j]
		for part, rows := range [][][]float64{net.Own, net.Most} {
			row := l.row(l.w, part*l.features+j)
			rank.AddTimes(rows[j], row, 1/l.spread[j])
			rank.AddTimes(net.Bias, row, -l.middle[j]/l.spread[j])
		}
	}
	return net
}

// moments are mean and standard deviation of each feature.
func moments(features int, lists []list) (middle, spread []float64) {
	middle, spread = make([]float64, features), make([]float64, features)
	n := 0.0
	for _, l := range lists {
		for _, option := range l.options {
			n++
			for j, x := range option {
				middle[j] += x
				spread[j] += x * x
			}
		}
	}
	for j := range middle {
		middle[j] /= n
		spread[j] = math.Sqrt(max(0, spread[j]/n-middle[j]*middle[j])) + 1e-6
	}
	return middle, spread
}
