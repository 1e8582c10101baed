package main

import (
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"xiangwen/knowledge"
	"xiangwen/knowledge/load"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/embed"
	"xiangwen/rag/eval"
	"xiangwen/rag/index"
	"xiangwen/rag/rank"
)

const folds = 5

// example is a question with the sentences found for it.
type example struct {
	fold    int
	set     string
	ranking rank.Ranking
	right   []bool // by sentence: it holds the answer and is in the right article
	perhaps []bool // by sentence: it holds the answer, and is in another article that may tell the same
	answer  bool   // the passages hold the answer
	answers []string
	kind    string
}

// Kinds of examples: how they were made.
const (
	given           = "given"
	articleRemoved  = "article removed"
	sentenceRemoved = "sentence removed"
	nameChanged     = "name changed"
	notTold         = "answer never told" // whoever wrote the question says so
)

// place is where a sentence stands.
type place struct {
	article string
	start   int
}

func placeOf(s *rank.Sentence) place { return place{s.Article.ID, s.Span.Start} }

// places are those of the marked sentences, whatever their order.
func (e *example) places(marked []bool) map[place]bool {
	at := make(map[place]bool)
	for i := range e.ranking.Sentences {
		if marked[i] {
			at[placeOf(&e.ranking.Sentences[i])] = true
		}
	}
	return at
}

// set is a question set and the articles that it is asked of.
type set struct {
	name      string
	library   *knowledge.Library
	questions []eval.Question // those without an answer are to be refused
}

// readSet reads questions.jsonl of a folder, with refusal.jsonl if there is one, and
// the articles in docs.jsonl. A folder without articles is asked of those of the
// corpus: the ones that its questions name, and some more.
func readSet(dir, corpus string) (set, error) {
	s := set{name: filepath.Base(dir)}
	for _, name := range []string{"questions.jsonl", "refusal.jsonl"} {
		f, err := os.Open(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) && name == "refusal.jsonl" {
			continue
		}
		if err != nil {
			return s, err
		}
		questions, err := eval.ReadQuestions(f)
		f.Close()
		if err != nil {
			return s, fmt.Errorf("%s: %w", name, err)
		}
		s.questions = append(s.questions, questions...)
	}
	s.questions = slices.DeleteFunc(s.questions, func(q eval.Question) bool { return q.Question == "" })
	var err error
	if _, missing := os.Stat(filepath.Join(dir, "docs.jsonl")); missing != nil && corpus != "" {
		s.library, err = s.fromCorpus(corpus)
	} else {
		s.library, err = readLibrary(filepath.Join(dir, "docs.jsonl"))
	}
	return s, err
}

func readLibrary(name string) (*knowledge.Library, error) {
	sources, err := load.Paths([]string{name})
	if err != nil {
		return nil, err
	}
	return load.Load(context.Background(), sources, nil)
}

// others is how many articles of the corpus are there that no question is about.
const others = 9000

// fromCorpus picks the articles to ask: every n-th of those no question names.
func (s *set) fromCorpus(name string) (*knowledge.Library, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	all, err := os.CreateTemp("", "corpus-*.jsonl")
	if err != nil {
		return nil, err
	}
	defer os.Remove(all.Name())
	if _, err := io.Copy(all, z); err != nil {
		return nil, err
	}
	if err := all.Close(); err != nil {
		return nil, err
	}
	library, err := readLibrary(all.Name())
	if err != nil {
		return nil, err
	}
	named := make(map[string]bool)
	for _, q := range s.questions {
		for _, id := range append(q.Documents, q.About) {
			named[id] = true
		}
	}
	every := max(1, len(library.Articles())/others)
	n := 0
	return knowledge.NewLibrary(slices.DeleteFunc(slices.Clone(library.Articles()), func(a *knowledge.Article) bool {
		n++
		return !named[a.ID] && n%every != 0
	}), nil), nil
}

// examples are asked of the whole library, and of small ones, so that the weights
// hold for a page as for an archive.
func (s set) examples(group int) ([]example, error) {
	var questions, missing []eval.Question
	for _, q := range s.questions {
		switch {
		case len(q.Answers) > 0 && len(q.Documents) > 0:
			questions = append(questions, q)
		case !q.Answerable():
			missing = append(missing, q)
		}
	}
	names := namesOf(questions)
	examples, err := askLarge(s.name, s.library, questions, missing, names)
	if err != nil {
		return nil, err
	}
	// Small libraries of neighbouring gold articles, each with its questions.
	byArticle := make(map[string][]eval.Question)
	for _, q := range questions {
		byArticle[q.Documents[0]] = append(byArticle[q.Documents[0]], q)
	}
	missed := make(map[string][]eval.Question)
	for _, q := range missing {
		missed[q.About] = append(missed[q.About], q)
	}
	var made []*[]example
	asking := inParallel()
	var some []*knowledge.Article
	var theirs, untold []eval.Question
	for _, a := range s.library.Articles() {
		if byArticle[a.ID] == nil {
			continue
		}
		some = append(some, a)
		theirs, untold = append(theirs, byArticle[a.ID]...), append(untold, missed[a.ID]...)
		if len(some) == group {
			got := new([]example)
			made = append(made, got)
			articles, asked, missing := some, theirs, untold
			some, theirs, untold = nil, nil, nil
			asking.Go(func() (err error) {
				*got, err = askSmall(s.name+small, articles, asked, missing, names)
				return err
			})
		}
	}
	if err := asking.Wait(); err != nil {
		return nil, err
	}
	for _, got := range made {
		examples = append(examples, *got...)
	}
	return examples, nil
}

// small marks the names of sets of small libraries.
const small = "/small"

// askLarge makes up to four examples a question: as it is, with its articles
// removed from what was found, with the sentences removed that hold the answer,
// and with a name in it changed.
func askLarge(set string, library *knowledge.Library, questions, missing []eval.Question, names names) ([]example, error) {
	x, err := buildIndex(library, nil)
	if err != nil {
		return nil, err
	}
	made := make([][]example, len(questions))
	group := inParallel()
	for i, q := range questions {
		group.Go(func() error {
			var err error
			made[i], err = askOne(set, x, q, names)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	untold, err := askUntold(set, x, missing)
	return append(slices.Concat(made...), untold...), err
}

func inParallel() *errgroup.Group {
	group := new(errgroup.Group)
	group.SetLimit(runtime.NumCPU())
	return group
}

// askOne makes the examples of a question.
func askOne(set string, x *index.Index, q eval.Question, names names) ([]example, error) {
	parsed := zh.ParseQuestion(q.Question)
	hits, err := x.Search(context.Background(), parsed, 40)
	if err != nil {
		return nil, err
	}
	out := []example{exampleOf(set, given, q, rank.Rate(parsed, firstTen(hits), x.IDF))}
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
	out = append(out, exampleOf(set, articleRemoved, q, rank.Rate(parsed, firstTen(others), withoutArticles(x, x.Library(), q.Documents))))
	if changed, ok := names.change(q, x.Library().Article(q.Documents[0])); ok {
		parsed := zh.ParseQuestion(changed)
		hits, err := x.Search(context.Background(), parsed, 10)
		if err != nil {
			return nil, err
		}
		out = append(out, exampleOf(set, nameChanged, q, rank.Rate(parsed, hits, x.IDF)))
	}
	return out, nil
}

// askUntold makes examples of questions that no article answers.
func askUntold(set string, x *index.Index, missing []eval.Question) ([]example, error) {
	var out []example
	for _, q := range missing {
		parsed := zh.ParseQuestion(q.Question)
		hits, err := x.Search(context.Background(), parsed, 10)
		if err != nil {
			return nil, err
		}
		out = append(out, exampleOf(set, notTold, q, rank.Rate(parsed, hits, x.IDF)))
	}
	return out, nil
}

// askSmall makes the same examples: as it is, of a library without its article,
// and of one in which the article lacks the sentences that hold the answer (what
// a reader asks about something that was reported, but not that), and with a name
// changed.
func askSmall(set string, articles []*knowledge.Article, questions, missing []eval.Question, names names) ([]example, error) {
	whole, err := buildIndex(knowledge.NewLibrary(articles, nil), nil)
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
		for kind, articles := range map[string][]*knowledge.Article{given: nil, articleRemoved: without, sentenceRemoved: cut, nameChanged: nil} {
			x, asked := whole, q.Question
			if kind == nameChanged {
				changed, ok := names.change(q, whole.Library().Article(q.Documents[0]))
				if !ok {
					continue
				}
				asked = changed
			}
			if articles != nil {
				if x, err = buildIndex(knowledge.NewLibrary(articles, nil), whole); err != nil {
					return nil, err
				}
			}
			parsed := zh.ParseQuestion(asked)
			hits, err := x.Search(context.Background(), parsed, 10)
			if err != nil {
				return nil, err
			}
			out = append(out, exampleOf(set, kind, q, rank.Rate(parsed, hits, x.IDF)))
		}
	}
	slices.SortStableFunc(out, func(a, b example) int { return strings.Compare(a.kind, b.kind) }) // maps have no order
	untold, err := askUntold(set, whole, missing)
	return append(out, untold...), err
}

// vectorWeight is as in cmd/xiangwen.
const vectorWeight = 0.4

func buildIndex(library *knowledge.Library, previous *index.Index) (*index.Index, error) {
	return index.Build(context.Background(), library, embed.News, index.Options{VectorWeight: vectorWeight}, previous)
}

func firstTen(hits []index.Hit) []index.Hit { return hits[:min(10, len(hits))] }

// told is the share of the question's terms from which on a sentence that holds the
// answer, and is not in the article that the question was made from, may tell the
// same: it is then no example of either.
const told = 0.4

func exampleOf(set, kind string, q eval.Question, r rank.Ranking) example {
	e := example{set: set, kind: kind, fold: foldOf(articleOf(q)), answers: q.Answers, ranking: r}
	for i := range r.Sentences {
		s := &r.Sentences[i]
		holds := eval.Holds(s.Text(), q.Answers)
		right := kind == given && holds && slices.Contains(q.Documents, s.Article.ID)
		e.right = append(e.right, right)
		e.perhaps = append(e.perhaps, kind != nameChanged && holds && !right && s.Context >= told)
		e.answer = e.answer || right
		if kind != given {
			s.Clauses = nil // nothing of it is said
		}
	}
	e.ranking.Sentences = slices.Clone(e.ranking.Sentences) // many are kept: no room to grow
	e.ranking.Slim()
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

// articleOf names what keeps a question apart from those of other folds: the article
// that it was made from, or itself.
func articleOf(q eval.Question) string {
	if len(q.Documents) > 0 {
		return q.Documents[0]
	}
	return cmp.Or(q.About, q.ID)
}

func foldOf(id string) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % folds)
}
