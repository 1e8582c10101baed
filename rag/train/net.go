package main

import (
	"math"
	"math/rand/v2"
	"sync"

	"xiangwen/rag/rank"
)

// How nets are learned; chosen by cross-validation.
const (
	rounds   = 20  // over all examples
	batch    = 64  // examples a step
	dropped  = 0.5 // part of the units that each example does without (Srivastava et al. 2014)
	decay    = 0.3 // of the weights, apart from the gradient (Loshchilov and Hutter 2019), times the rate
	fastest  = 3e-3
	slowest  = 6e-5
	learners = 2 // at the same time; what is learned does not depend on the machine's number of cores
)

// learner holds a net, flat: for each input (a feature of the option, then the
// largest of each) a row of the units' weights; then the units'
// biases, what they count for, and the linear weights. Inputs are standardised.
type learner struct {
	features, units int
	w               []float64
}

func (l *learner) row(w []float64, input int) []float64 { return w[input*l.units:][:l.units] }
func (l *learner) bias(w []float64) []float64           { return w[2*l.features*l.units:][:l.units] }
func (l *learner) out(w []float64) []float64            { return w[(2*l.features+1)*l.units:][:l.units] }
func (l *learner) linear(w []float64) []float64         { return w[(2*l.features+2)*l.units:] }

// sample is a list with what its options share.
type sample struct {
	list
	most []float64 // of each feature
}

// learnNet maximises the probability, under a softmax over the options, of those
// that are right (Cao et al. 2007, "ListNet", for the top one), by gradient ascent
// with steps per weight (Adam; Kingma and Ba 2015).
func learnNet(features, units int, lists []list) rank.Net {
	middle, spread := moments(features, lists)
	samples := make([]sample, len(lists))
	for i, l := range lists {
		s := sample{list: list{right: l.right}}
		for _, option := range l.options {
			z := make([]float64, features)
			for j, x := range option {
				z[j] = (x - middle[j]) / spread[j]
			}
			s.options = append(s.options, z)
		}
		s.most = rank.Most(features, len(s.options), func(i int) []float64 { return s.options[i] })
		samples[i] = s
	}
	random := rand.New(rand.NewPCG(1, 2))
	l := &learner{features: features, units: units, w: make([]float64, (2*features+2)*units+features)}
	for i := range 2 * features {
		for k := range l.row(l.w, i) {
			l.row(l.w, i)[k] = (2*random.Float64() - 1) / math.Sqrt(float64(2*features))
		}
	}
	step := newAdam(len(l.w), 0)
	steps := rounds * ((len(samples) + batch - 1) / batch)
	gradients := make([][]float64, learners)
	for i := range gradients {
		gradients[i] = make([]float64, len(l.w))
	}
	for done := 0; done < steps; {
		order := random.Perm(len(samples))
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
						l.ascend(&samples[these[n]], gradient, random)
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
	return l.net(middle, spread)
}

// ascend adds a sample's gradient.
func (l *learner) ascend(s *sample, gradient []float64, random *rand.Rand) {
	shared := append([]float64(nil), l.bias(l.w)...)
	for j := range l.features {
		rank.AddTimes(shared, l.row(l.w, l.features+j), s.most[j])
	}
	units := make([]float64, len(s.options)*l.units) // 0 where dropped
	p := make([]float64, len(s.options))
	for i, option := range s.options {
		u := units[i*l.units:][:l.units]
		copy(u, shared)
		for j, x := range option {
			rank.AddTimes(u, l.row(l.w, j), x)
			p[i] += x * l.linear(l.w)[j]
		}
		for k := range u {
			if u[k] <= 0 || random.Float64() < dropped {
				u[k] = 0
				continue
			}
			u[k] /= 1 - dropped
			p[i] += u[k] * l.out(l.w)[k]
		}
	}
	good := softmax(p, s.right)
	all := make([]float64, l.units) // gradients of what is shared
	delta := make([]float64, l.units)
	for i, option := range s.options {
		d := -p[i]
		if s.right[i] {
			d += p[i] / good
		}
		u := units[i*l.units:][:l.units]
		for k := range u {
			delta[k] = 0
			if u[k] > 0 {
				delta[k] = d * l.out(l.w)[k] / (1 - dropped)
			}
			all[k] += delta[k]
			l.out(gradient)[k] += d * u[k]
		}
		for j, x := range option {
			rank.AddTimes(l.row(gradient, j), delta, x)
			l.linear(gradient)[j] += d * x
		}
	}
	rank.AddTimes(l.bias(gradient), all, 1)
	for j := range l.features {
		rank.AddTimes(l.row(gradient, l.features+j), all, s.most[j])
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
func (l *learner) net(middle, spread []float64) rank.Net {
	net := rank.NewNet(l.features, l.units)
	copy(net.Bias, l.bias(l.w))
	copy(net.Out, l.out(l.w))
	for j := range l.features {
		net.Linear[j] = l.linear(l.w)[j] / spread[j]
		for part, rows := range [][][]float64{net.Own, net.Most} {
			row := l.row(l.w, part*l.features+j)
			rank.AddTimes(rows[j], row, 1/spread[j])
			rank.AddTimes(net.Bias, row, -middle[j]/spread[j])
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
