package page

import (
	"flag"
	"fmt"
	"math"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"
)

var (
	learnOut    = flag.String("learn", "", "learn the weights and write them to this `file`")
	learnEpochs = flag.Int("learn-epochs", 10, "rounds through all pages")
	learnSynth  = flag.Int("learn-synth", 2000, "made pages to learn from")
	learnRepeat = flag.Int("learn-repeat", 5, "how often each of the pages counts, against once for a made one")
	learnFrom   = flag.String("learn-from", "all", "the pages to learn from: design, held, all or none")
)

// goldStep is what a line is by the gold page; article counts in gold order,
// -1 for none, and known is false where the gold does not tell.
type goldStep struct {
	role      role
	article   int
	paragraph int
	from, to  int // where in the paragraph it starts and ends, in bytes of it without white space
	before    int // the line that holds the part of the paragraph before it, -1 if none does
	known     bool
}

// align finds out what each line of a gold page is.
func align(p goldPage, lines []line) []goldStep {
	steps := make([]goldStep, len(lines))
	current := -1
	for i := range lines {
		st := alignLine(p, squeeze(lines[i].text), current)
		if st.known && st.role == headline && i > 0 && steps[i-1].role == headline && steps[i-1].article == st.article {
			st.role = headline2
		}
		if st.known && st.article >= 0 && !st.role.aside() {
			current = st.article
		}
		steps[i] = st
	}
	for i := range steps {
		st := &steps[i]
		st.before = -1
		if !st.known || st.role != joined {
			continue
		}
		for k, o := range steps {
			if o.known && (o.role == joined || o.role == paragraph) && o.article == st.article && o.paragraph == st.paragraph && o.to == st.from {
				st.before = k
			}
		}
	}
	return steps
}

func alignLine(p goldPage, text string, current int) goldStep {
	for k, o := range p.Other {
		body, by := squeeze(o.Text), squeeze(o.Credit)
		_ = k
		st := goldStep{article: -1, known: true}
		switch {
		case o.Kind == "folio" && text == body:
			st.role = furniture
		case o.Kind == "notice" && text == body:
			st.role = noticeBody
		case o.Kind == "notice" && text == by:
			st.role = noticeHead
		case o.Kind == "caption" && (text == body || text == body+by):
			st.role = caption
		case o.Kind == "caption" && text == by:
			st.role = credit
		default:
			continue
		}
		return st
	}
	order := make([]int, 0, len(p.Articles)+1)
	if current >= 0 {
		order = append(order, current)
	}
	for k := range p.Articles {
		order = append(order, k)
	}
	for _, body := range []bool{false, true} {
		for _, k := range order {
			a := p.Articles[k]
			st := goldStep{article: k, known: true}
			if r, ok := headRole(a, text); ok && !body {
				if r == heading && k != current || r != heading && k == current && r != headline && r != bylineRole && r != subtitle {
					continue
				}
				st.role = r
				return st
			}
			if body {
				if r, para, from, to, ok := bodyRole(a, text); ok {
					st.role, st.paragraph, st.from, st.to = r, para, from, to
					return st
				}
			}
		}
	}
	return goldStep{}
}

func headRole(a goldArticle, text string) (role, bool) {
	title := squeeze(a.Title)
	switch {
	case text == title, a.Kicker != "" && text == squeeze(a.Kicker)+title,
		len(text) > 6 && (strings.HasPrefix(title, text) || strings.HasSuffix(title, text)):
		return headline, true
	case a.Kicker != "" && text == squeeze(a.Kicker):
		return kicker, true
	case a.Subhead != "" && strings.Trim(text, "—") == strings.Trim(squeeze(a.Subhead), "—"):
		return subtitle, true
	case a.Byline != "" && text == squeeze(a.Byline):
		return bylineRole, true
	case a.AuthorEnd != "" && text == squeeze(a.AuthorEnd):
		return authorEnd, true
	}
	for _, h := range a.Intertitles {
		if text == squeeze(h) {
			return heading, true
		}
	}
	return 0, false
}

func bodyRole(a goldArticle, text string) (r role, paragraphIndex, from, to int, ok bool) {
	text = strings.TrimPrefix(text, squeeze(a.Byline))
	text = strings.TrimSuffix(text, squeeze(a.AuthorEnd))
	if text == "" {
		return 0, 0, 0, 0, false
	}
	for k, p := range a.Paragraphs {
		switch at := strings.Index(squeeze(p), text); {
		case at == 0:
			return paragraph, k, 0, len(text), true
		case at > 0:
			return joined, k, at, at + len(text), true
		}
	}
	return 0, 0, 0, 0, false
}

// vary replaces intertitles and kickers. Those of the generated pages are words
// of the text below, or from a short list; on printed pages they are neither.
func vary(p goldPage, random *rand.Rand) goldPage {
	phrase := func(a goldArticle) string {
		text := []rune(squeeze(a.Title + strings.Join(a.Paragraphs, "")))
		n := 4 + random.Intn(4)
		if len(text) <= n {
			return string(text)
		}
		at := random.Intn(len(text) - n)
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune("，。、；：“”（）《》！？ ", r) {
				return -1
			}
			return r
		}, string(text[at:at+n]))
	}
	any := func() goldArticle { return p.Articles[random.Intn(len(p.Articles))] }
	make := func(a goldArticle) string {
		first, second := phrase(a), phrase(any())
		switch random.Intn(4) {
		case 0:
			return "“" + first + "”" + second
		case 1:
			return second + first
		case 2:
			return second + "“" + first + "”"
		}
		return first + " " + second
	}
	articles := slices.Clone(p.Articles)
	replace := func(old, new string) bool {
		changed := strings.Replace(p.text, "\n"+old+"\n", "\n"+new+"\n", 1)
		ok := changed != p.text
		p.text = changed
		return ok
	}
	for k := range articles {
		a := &articles[k]
		a.Intertitles = slices.Clone(a.Intertitles)
		for n, old := range a.Intertitles {
			if new := make(*a); replace(old, new) {
				a.Intertitles[n] = new
			}
		}
		if a.Kicker != "" && random.Intn(6) == 0 {
			if new := phrase(*a) + " " + phrase(*a); replace(a.Kicker, new) {
				a.Kicker = new
			}
		}
	}
	p.Articles = articles
	return p
}

// example is one decision: the features of each option, and the right one.
type example struct {
	options []exampleOption
	right   int
}

type exampleOption struct {
	role, after role
	local       []float32
	relative    []float32
}

// examplesOf follows the gold page and notes each decision on the way.
func examplesOf(t *testing.T, p goldPage) (out []example) {
	lines := readLines(p.text)
	gold := align(p, lines)
	s := newSegmenter(lines, newWeights())
	h := &reading{step: step{furniture, -1, -1}, main: furniture}
	for i := range lines {
		g := gold[i]
		if !g.known {
			t.Logf("%s:%d: not in the gold: %.60s", p.id, lines[i].number, lines[i].text)
		}
		options := s.options(h, i)
		right := -1
		want := g.role
		if g.role == joined {
			switch {
			case g.before < 0 || g.before > i:
				want = loose
			case h.story == nil || h.story.tail != g.before:
				want = resumed
			}
		}
		for k, o := range options {
			if g.known && o.role == want && (o.role != resumed || h.open[o.which].tail == g.before) {
				right = k
				break
			}
		}
		if right < 0 {
			if g.known {
				t.Logf("%s:%d: %v is no option after %v: %.60s", p.id, lines[i].number, want, h.role, lines[i].text)
			}
			// Go on with what comes nearest.
			right = slices.IndexFunc(options, func(o option) bool { return o.role == paragraph })
			right = max(right, 0)
		} else {
			e := example{right: right}
			for _, o := range options {
				e.options = append(e.options, exampleOption{o.role, h.role, s.local[i], s.relativeFeatures(nil, h, i, o)})
			}
			out = append(out, e)
		}
		h = s.take(h, i, options[right])
	}
	return out
}

// learner fits the weights by maximum likelihood of the right decisions, with
// AdaGrad.
type learner struct {
	w, squares *weights
	rate       float32
}

func (l *learner) update(w, square *float32, gradient float32) {
	*square += gradient * gradient
	*w -= l.rate * gradient / (float32(math.Sqrt(float64(*square))) + 1e-6)
}

// input is an option's features as one sparse vector.
func (o *exampleOption) input() (at []int, x []float32) {
	for f, v := range o.local {
		if v != 0 {
			at, x = append(at, f), append(x, v)
		}
	}
	for f, v := range o.relative {
		if v != 0 {
			at, x = append(at, len(o.local)+f), append(x, v)
		}
	}
	return append(at, len(o.local)+len(o.relative)+int(o.after)), append(x, 1)
}

func (l *learner) step(e *example) (loss float64) {
	scores := make([]float64, len(e.options))
	for k, o := range e.options {
		line := l.w.line(o.local)
		scores[k] = l.w.score(&line, o.role, o.after, o.relative)
	}
	norm := logSum(scores)
	for k := range e.options {
		o := &e.options[k]
		g := float32(math.Exp(scores[k] - norm))
		if k == e.right {
			g--
			loss = norm - scores[k]
		}
		if g > -1e-4 && g < 1e-4 {
			continue
		}
		at, x := o.input()
		for n, f := range at {
			l.update(&l.w.rows[o.role][f], &l.squares.rows[o.role][f], g*x[n])
		}
		for u := range hiddenUnits {
			h := l.w.bias[o.role][u]
			for n, f := range at {
				h += l.w.hidden[u][f] * x[n]
			}
			if h <= 0 {
				continue
			}
			back := g * l.w.out[o.role][u]
			l.update(&l.w.out[o.role][u], &l.squares.out[o.role][u], g*h)
			l.update(&l.w.bias[o.role][u], &l.squares.bias[o.role][u], back)
			for n, f := range at {
				l.update(&l.w.hidden[u][f], &l.squares.hidden[u][f], back*x[n])
			}
		}
	}
	return loss
}

func learn(t *testing.T, examples []example, epochs int) *weights {
	random := rand.New(rand.NewSource(1))
	l := learner{w: newWeights(), squares: newWeights(), rate: 0.05}
	for u := range hiddenUnits {
		for f := range l.w.hidden[u] {
			l.w.hidden[u][f] = float32(random.NormFloat64()) * .1
		}
		for r := range roleCount {
			l.w.bias[r][u] = float32(random.NormFloat64()) * .3
			l.w.out[r][u] = float32(random.NormFloat64()) * .2
		}
	}
	for n := range epochs {
		random.Shuffle(len(examples), func(i, j int) { examples[i], examples[j] = examples[j], examples[i] })
		loss := 0.0
		for k := range examples {
			loss += l.step(&examples[k])
		}
		t.Logf("epoch %d: loss %.4f", n+1, loss/float64(len(examples)))
	}
	return l.w
}

func TestLearn(t *testing.T) {
	if *learnOut == "" {
		t.Skip("learns the weights when -learn names a file")
	}
	var examples []example
	random := rand.New(rand.NewSource(2))
	for _, p := range readGoldPages(t) {
		if *learnFrom == "all" || *learnFrom == "design" && designHalf(p) || *learnFrom == "held" && !designHalf(p) {
			own := slices.Concat(examplesOf(t, p), examplesOf(t, vary(p, random)))
			for range *learnRepeat {
				examples = append(examples, own...)
			}
		}
	}
	maker := newSynth(t, 3)
	for n := range *learnSynth {
		examples = append(examples, examplesOf(t, maker.page(fmt.Sprintf("made%d", n)))...)
	}
	w := learn(t, examples, *learnEpochs)
	var b strings.Builder
	fmt.Fprintf(&b, "# What the scores of the page splitter weigh. Learned from pages-dev (%s, counted %d times) and %d made pages by\n"+
		"#\tgo test ./knowledge/page -run TestLearn -learn weights.txt -learn-from %s -learn-repeat %d -learn-synth %d -learn-epochs %d\n",
		*learnFrom, *learnRepeat, *learnSynth, *learnFrom, *learnRepeat, *learnSynth, *learnEpochs)
	w.each(func(row, feature string, weight *float32) {
		if x := float64(*weight); math.Abs(x) >= 0.01 {
			fmt.Fprintf(&b, "%s\t%s\t%.2f\n", row, feature, x)
		}
	})
	if err := os.WriteFile(*learnOut, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d decisions", len(examples))
}
