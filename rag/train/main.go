// Command train learns the weights of rag/rank from question sets and writes
// them to its weights file. From the top of the repository:
//
//	go run ./rag/train -o rag/rank/weights.txt SET…
//
// Each SET is a folder with docs.jsonl and questions.jsonl (see rag/eval). It
// prints, cross-validated over articles, how often the best sentence holds the
// answer under the weights it starts from and under the learned ones, and how
// well the evidence tells questions with an answer from those without.
package main

import (
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"xiangwen/knowledge"
	"xiangwen/knowledge/load"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/eval"
	"xiangwen/rag/index"
	"xiangwen/rag/rank"
)

func main() {
	out := flag.String("o", "", "weights file to write")
	group := flag.Int("group", 10, "articles in each of the small libraries that the evidence is learned from too")
	l2 := flag.Float64("l2", 0.5, "strength of the penalty on large weights")
	flag.Parse()
	if err := train(*out, *group, *l2, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

const folds = 5

// example is a question with the sentences found for it.
type example struct {
	fold    int
	set     string
	ranking rank.Ranking
	right   []bool // by sentence: it holds the answer and is in the right article
	answer  bool   // the passages hold the answer
	answers []string
	kind    string
}

// Kinds of examples: how they were made.
const (
	given           = "given"
	articleRemoved  = "article removed"
	sentenceRemoved = "sentence removed"
)

func train(out string, group int, l2 float64, sets []string) error {
	if len(sets) == 0 {
		return fmt.Errorf("name at least one folder with docs.jsonl and questions.jsonl")
	}
	var examples []example
	for _, set := range sets {
		got, err := readSet(set, group)
		if err != nil {
			return fmt.Errorf("%s: %w", set, err)
		}
		examples = append(examples, got...)
	}
	start := rank.Learned()
	report("weights before", examples, func(int) rank.Weights { return start })
	var byFold [folds]rank.Weights
	for f := range byFold {
		byFold[f] = learn(slices.DeleteFunc(slices.Clone(examples), func(e example) bool { return e.fold == f }), l2)
	}
	report("learned, cross-validated", examples, func(fold int) rank.Weights { return byFold[fold] })
	w := learn(examples, l2)
	report("learned, on its own data", examples, func(int) rank.Weights { return w })
	if out == "" {
		return nil
	}
	names := make([]string, len(sets))
	for i, s := range sets {
		names[i] = filepath.Base(s)
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer f.Close()
	return w.Write(f, fmt.Sprintf("Learned weights of rag/rank; the features are explained in features.go.\n"+
		"Data: %s (cmrc: CMRC 2018, Cui et al., EMNLP 2019, CC BY-SA 4.0; crud: CRUD-RAG, Lyu et al. 2024, Apache-2.0).\n"+
		"Command: go run ./rag/train -group %d -l2 %g -o rag/rank/weights.txt followed by the folders of these sets.", strings.Join(names, ", "), group, l2))
}

// readSet makes the examples of a question set: asked of the whole library, and
// of small ones, so that the weights hold for a page as for an archive.
func readSet(dir string, group int) ([]example, error) {
	f, err := os.Open(filepath.Join(dir, "questions.jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	questions, err := eval.ReadQuestions(f)
	if err != nil {
		return nil, err
	}
	questions = slices.DeleteFunc(questions, func(q eval.Question) bool { return len(q.Answers) == 0 || len(q.Documents) == 0 || q.Question == "" })
	sources, err := load.Paths([]string{filepath.Join(dir, "docs.jsonl")})
	if err != nil {
		return nil, err
	}
	library, err := load.Load(context.Background(), sources, nil)
	if err != nil {
		return nil, err
	}
	examples, err := askLarge(filepath.Base(dir), library, questions)
	if err != nil {
		return nil, err
	}
	// Small libraries of neighbouring gold articles, each with its questions.
	byArticle := make(map[string][]eval.Question)
	for _, q := range questions {
		byArticle[q.Documents[0]] = append(byArticle[q.Documents[0]], q)
	}
	var some []*knowledge.Article
	var theirs []eval.Question
	for _, a := range library.Articles() {
		if byArticle[a.ID] == nil {
			continue
		}
		some = append(some, a)
		theirs = append(theirs, byArticle[a.ID]...)
		if len(some) == group {
			got, err := askSmall(filepath.Base(dir)+small, some, theirs)
			if err != nil {
				return nil, err
			}
			examples = append(examples, got...)
			some, theirs = nil, nil
		}
	}
	return examples, nil
}

// small marks the names of sets of small libraries.
const small = "/small"

// askLarge makes three examples a question: as it is, with its articles removed
// from what was found, and with the sentences removed that hold the answer.
func askLarge(set string, library *knowledge.Library, questions []eval.Question) ([]example, error) {
	x, err := buildIndex(library)
	if err != nil {
		return nil, err
	}
	var out []example
	for _, q := range questions {
		parsed := zh.ParseQuestion(q.Question)
		hits, err := x.Search(context.Background(), parsed, 40)
		if err != nil {
			return nil, err
		}
		out = append(out, exampleOf(set, given, q, rank.Rate(parsed, firstTen(hits), x.IDF)))
		var cut []index.Hit
		for _, h := range hits {
			if slices.Contains(q.Documents, h.Chunk.Article.ID) {
				piece := knowledge.NewArticle(*h.Chunk.Article, []knowledge.Paragraph{{Heading: h.Chunk.Heading, Text: h.Chunk.Text()}})
				piece = withoutAnswer(piece, q.Answers)
				if len(piece.Paragraphs) == 0 {
					continue
				}
				h.Chunk = knowledge.Chunk{Article: piece, Heading: h.Chunk.Heading, End: len(piece.Text)}
			}
			cut = append(cut, h)
		}
		out = append(out, exampleOf(set, sentenceRemoved, q, rank.Rate(parsed, firstTen(cut), x.IDF)))
		others := slices.DeleteFunc(slices.Clone(hits), func(h index.Hit) bool { return slices.Contains(q.Documents, h.Chunk.Article.ID) })
		out = append(out, exampleOf(set, articleRemoved, q, rank.Rate(parsed, firstTen(others), withoutArticles(x, library, q.Documents))))
	}
	return out, nil
}

// askSmall makes three examples a question: as it is, of a library without its
// article, and of one in which the article lacks the sentences that hold the
// answer: what a reader asks about something that was reported, but not that.
func askSmall(set string, articles []*knowledge.Article, questions []eval.Question) ([]example, error) {
	whole, err := buildIndex(knowledge.NewLibrary(articles, nil))
	if err != nil {
		return nil, err
	}
	var out []example
	for _, q := range questions {
		var without, cut []*knowledge.Article
		for _, a := range articles {
			if !slices.Contains(q.Documents, a.ID) {
				without, cut = append(without, a), append(cut, a)
			} else {
				cut = append(cut, withoutAnswer(a, q.Answers))
			}
		}
		for kind, articles := range map[string][]*knowledge.Article{given: nil, articleRemoved: without, sentenceRemoved: cut} {
			x := whole
			if kind != given {
				if x, err = buildIndex(knowledge.NewLibrary(articles, nil)); err != nil {
					return nil, err
				}
			}
			parsed := zh.ParseQuestion(q.Question)
			hits, err := x.Search(context.Background(), parsed, 10)
			if err != nil {
				return nil, err
			}
			out = append(out, exampleOf(set, kind, q, rank.Rate(parsed, hits, x.IDF)))
		}
	}
	slices.SortStableFunc(out, func(a, b example) int { return strings.Compare(a.kind, b.kind) }) // maps have no order
	return out, nil
}

func buildIndex(library *knowledge.Library) (*index.Index, error) {
	return index.Build(context.Background(), library, index.Hashed{}, index.Options{VectorWeight: 0.1}, nil)
}

func firstTen(hits []index.Hit) []index.Hit { return hits[:min(10, len(hits))] }

func exampleOf(set, kind string, q eval.Question, r rank.Ranking) example {
	e := example{set: set, kind: kind, fold: foldOf(q.Documents[0]), answers: q.Answers, ranking: r}
	for i := range r.Sentences {
		s := &r.Sentences[i]
		right := kind == given && slices.Contains(q.Documents, s.Article.ID) && eval.Holds(s.Text(), q.Answers)
		e.right = append(e.right, right)
		e.answer = e.answer || right
	}
	return e
}

// withoutAnswer is the article less the sentences that hold an answer.
func withoutAnswer(a *knowledge.Article, answers []string) *knowledge.Article {
	var kept []knowledge.Paragraph
	for _, p := range a.Paragraphs {
		var text strings.Builder
		for _, s := range zh.Sentences(p.Text) {
			if !eval.Holds(s.Of(p.Text), answers) {
				text.WriteString(s.Of(p.Text))
			}
		}
		kept = append(kept, knowledge.Paragraph{Heading: p.Heading, Text: text.String()})
	}
	return knowledge.NewArticle(*a, kept)
}

// withoutArticles is the IDF as it would be were the articles not there, as far
// as it matters: their own terms become unknown.
func withoutArticles(x *index.Index, library *knowledge.Library, ids []string) func(zh.Term) float64 {
	theirs := make(map[zh.Term]int)
	for _, id := range ids {
		a := library.Article(id)
		if a == nil {
			continue
		}
		for _, c := range a.Chunks() {
			seen := make(map[zh.Term]bool)
			for _, t := range zh.AppendTerms(nil, zh.Normalize(c.Text()+"\n"+a.Title+"\n"+c.Heading)) {
				if !seen[t] {
					seen[t] = true
					theirs[t]++
				}
			}
		}
	}
	return func(t zh.Term) float64 {
		if n := theirs[t]; n > 0 && x.Chunks(t) <= n {
			return x.IDF(0)
		}
		return x.IDF(t)
	}
}

func foldOf(id string) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % folds)
}

// learn fits both sets of weights.
func learn(examples []example, l2 float64) rank.Weights {
	var w rank.Weights
	copy(w.Sentence[:], learnChoice(len(w.Sentence), sentences(examples), l2))
	copy(w.Clause[:], learnChoice(len(w.Clause), clauses(examples), l2))
	learnEvidence(examples, &w, l2)
	return w
}

// list is one choice to learn from: options, of which some are right.
type list struct {
	options [][]float64
	right   []bool
	weight  float64
}

// sentences are the choices among the sentences found for a question.
func sentences(examples []example) []list {
	var out []list
	for i := range examples {
		e := &examples[i]
		if e.kind != given || !e.answer || strings.HasSuffix(e.set, small) {
			continue
		}
		l := list{right: e.right, weight: 1}
		for j := range e.ranking.Sentences {
			l.options = append(l.options, e.ranking.Sentences[j].Features[:])
		}
		out = append(out, l)
	}
	return out
}

// clauses are the choices among the clauses of the sentences that are right.
func clauses(examples []example) []list {
	var out []list
	for i := range examples {
		e := &examples[i]
		if e.kind != given || strings.HasSuffix(e.set, small) {
			continue
		}
		for j := range e.ranking.Sentences {
			s := &e.ranking.Sentences[j]
			if !e.right[j] || len(s.Clauses) < 2 {
				continue
			}
			l := list{weight: 1}
			any := false
			for k := range s.Clauses {
				c := &s.Clauses[k]
				right := eval.Holds(c.Span.Of(s.Article.Text), e.answers)
				any = any || right
				l.right = append(l.right, right)
				l.options = append(l.options, c.Features[:])
			}
			if any { // an answer across a comma is no clause's
				out = append(out, l)
			}
		}
	}
	return out
}

// learnChoice maximises the probability, under a softmax over the options, of
// those that are right (Cao et al. 2007, "ListNet", for the top one), by gradient
// ascent with steps per weight (Adam; Kingma and Ba 2015).
func learnChoice(n int, lists []list, l2 float64) []float64 {
	w, gradient := make([]float64, n), make([]float64, n)
	step := newAdam(n, 0.05)
	p := make([]float64, 0, 256)
	total := 0.0
	for _, l := range lists {
		total += l.weight
	}
	for range 300 {
		clear(gradient)
		for _, l := range lists {
			p = p[:0]
			most := math.Inf(-1)
			for _, option := range l.options {
				z := 0.0
				for j, x := range option {
					z += w[j] * x
				}
				p = append(p, z)
				most = max(most, z)
			}
			var all, good float64
			for i := range p {
				p[i] = math.Exp(p[i] - most)
				all += p[i]
				if l.right[i] {
					good += p[i]
				}
			}
			for i, option := range l.options {
				d := -p[i] / all
				if l.right[i] {
					d += p[i] / good
				}
				for j, x := range option {
					gradient[j] += l.weight * d * x
				}
			}
		}
		for j := range w {
			gradient[j] = (gradient[j] - l2*w[j]) / total
		}
		step.ascend(w, gradient)
	}
	return w
}

// learnEvidence fits a logistic regression of whether the passages hold the
// answer, on the rankings that the sentence weights give.
func learnEvidence(examples []example, w *rank.Weights, l2 float64) {
	type row struct {
		x      rank.Evidence
		y      float64
		weight float64
		set    string
	}
	var rows []row
	weights := make(map[string]*[2]float64) // by set, so that no set is mostly one class
	for i := range examples {
		e := examples[i]
		e.ranking.Sentences = slices.Clone(e.ranking.Sentences)
		e.ranking.Sort(*w)
		r := row{x: e.ranking.Evidence, weight: 1, set: e.set}
		if e.kind == given {
			if !e.answer {
				continue // not found among the passages: says nothing clear
			}
			r.y = 1
		}
		if weights[e.set] == nil {
			weights[e.set] = new([2]float64)
		}
		weights[e.set][int(r.y)] += r.weight
		rows = append(rows, r)
	}
	n := len(w.Evidence)
	step := newAdam(n+1, 0.05)
	parameters, gradient := make([]float64, n+1), make([]float64, n+1)
	for range 600 {
		clear(gradient)
		for _, r := range rows {
			z := parameters[n]
			for j, x := range r.x {
				z += parameters[j] * x
			}
			// Both classes weigh the same, so that 0.5 is where they balance.
			d := (r.y - 1/(1+math.Exp(-z))) * r.weight / weights[r.set][int(r.y)]
			for j, x := range r.x {
				gradient[j] += d * x
			}
			gradient[n] += d
		}
		for j := range n {
			gradient[j] -= l2 * parameters[j] / float64(len(rows))
		}
		step.ascend(parameters, gradient)
	}
	copy(w.Evidence[:], parameters)
	w.Bias = parameters[n]
}

type adam struct {
	rate  float64
	m, v  []float64
	steps int
}

func newAdam(n int, rate float64) *adam {
	return &adam{rate: rate, m: make([]float64, n), v: make([]float64, n)}
}

func (a *adam) ascend(w, gradient []float64) {
	a.steps++
	for j, g := range gradient {
		a.m[j] = 0.9*a.m[j] + 0.1*g
		a.v[j] = 0.999*a.v[j] + 0.001*g*g
		m := a.m[j] / (1 - math.Pow(0.9, float64(a.steps)))
		v := a.v[j] / (1 - math.Pow(0.999, float64(a.steps)))
		w[j] += a.rate * m / (math.Sqrt(v) + 1e-8)
	}
}

var policies = []rank.Policy{
	{Long: 1000}, {Long: 1000, Sure: 1, Second: 0, Most: 1000}, {Long: 1000, Sure: .6, Second: .1, Most: 150},
	{Long: 60, Window: .95}, {Long: 60, Window: .98}, {Long: 70, Window: .97}, {Long: 80, Window: .97},
	{Long: 60, Window: .95, Sure: .6, Second: .15, Most: 120}, {Long: 60, Window: .95, Sure: .5, Second: .2, Most: 120}, {Long: 60, Window: .97, Sure: .5, Second: .2, Most: 120},
	{Long: 60, Window: .97, Sure: .4, Second: .2, Most: 120}, {Long: 50, Window: .97, Sure: .6, Second: .2, Most: 120}, {Long: 50, Window: .97, Sure: .7, Second: .1, Most: 140},
	{Long: 40, Window: .97, Sure: .7, Second: .1, Most: 140}, {Long: 40, Window: .98, Sure: .6, Second: .2, Most: 140},
}

// report prints how good the weights are, by set.
func report(what string, examples []example, weights func(fold int) rank.Weights) {
	fmt.Println(what)
	sets := []string{}
	type tally struct {
		n, right, mean float64
		cut, cutMean   []float64 // of what is said, by policies
		scores         map[string][]float64
	}
	by := map[string]*tally{}
	for i := range examples {
		e := examples[i]
		right := make(map[string]bool)
		for j, s := range e.ranking.Sentences {
			if e.right != nil && e.right[j] {
				right[s.Article.ID+fmt.Sprint(s.Span)] = true
			}
		}
		e.ranking.Sentences = slices.Clone(e.ranking.Sentences)
		e.ranking.Sort(weights(e.fold))
		t := by[e.set]
		if t == nil {
			t = &tally{scores: map[string][]float64{}}
			by[e.set] = t
			sets = append(sets, e.set)
		}
		t.scores[e.kind] = append(t.scores[e.kind], e.ranking.Confidence)
		if e.kind == given {
			t.n++
			if len(e.ranking.Sentences) > 0 {
				s := e.ranking.Sentences[0]
				if right[s.Article.ID+fmt.Sprint(s.Span)] {
					t.right++
				}
				t.mean += float64(len([]rune(s.Text())))
				if t.cut == nil {
					t.cut, t.cutMean = make([]float64, len(policies)), make([]float64, len(policies))
				}
				for i, p := range policies {
					hit := false
					for _, x := range e.ranking.Excerpts(p) {
						t.cutMean[i] += float64(x.Length())
						hit = hit || right[x.Article.ID+fmt.Sprint(x.Span)] && eval.Holds(x.Text(), e.answers)
					}
					if hit {
						t.cut[i]++
					}
				}
			}
		}
	}
	for _, set := range sets {
		t := by[set]
		fmt.Printf("  %-18s best sentence right %.3f, mean length %.1f;", set, t.right/t.n, t.mean/t.n)
		for i, p := range policies {
			fmt.Printf("\n      %+v: %.3f, %.1f;", p, t.cut[i]/t.n, t.cutMean[i]/t.n)
		}
		given := slices.Sorted(slices.Values(t.scores[given]))
		for _, refusals := range []float64{0.05, 0.08, 0.15} {
			at := given[int(refusals*float64(len(given)))]
			fmt.Printf(" at %.2f (%.0f%% false):", at, refusals*100)
			for _, kind := range []string{articleRemoved, sentenceRemoved} {
				n := 0
				for _, s := range t.scores[kind] {
					if s < at {
						n++
					}
				}
				fmt.Printf(" %.2f", float64(n)/float64(max(1, len(t.scores[kind]))))
			}
		}
		fmt.Println()
	}
}
