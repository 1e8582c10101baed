package rank

import (
	"math"
	"unicode/utf8"

	"xiangwen/knowledge/zh"
)

// Policy says how much of the ranked sentences is said: what is worth its length.
type Policy struct {
	Price float64 // what the length of a usual sentence costs, in probability that the answer is said
	Long  int     // characters from which on a sentence may be cut to its clauses
	Short int     // characters that a cut sentence keeps at least: a date by itself says nothing
	Least float64 // probability with which the clauses that are kept hold the answer, if their sentence does
	Count int     // sentences at the most
	Next  float64 // probability that a sentence behind the best one must have to be said too
	Most  int     // characters of all of them at the most; the first is said in any case
}

// Excerpt is a run of clauses of a sentence.
type Excerpt struct {
	*Sentence
	From, To int // clauses [From, To)
}

// Text is the excerpt as printed.
func (e Excerpt) Text() string {
	return e.Article.Text[e.Clauses[e.From].Span.Start:e.Clauses[e.To-1].Span.End]
}

// Length is its length in characters.
func (e Excerpt) Length() int { return utf8.RuneCountInString(e.Text()) }

// Excerpts are what is said of the ranking: the best sentence, and the next ones as
// far as each is likelier to hold the answer than its length costs.
func (r *Ranking) Excerpts(p Policy) []Excerpt {
	var out []Excerpt
	length := 0
	price := p.Price / r.usual()
	for i := range r.Sentences[:min(p.Count, len(r.Sentences))] {
		e, worth := r.Sentences[i].excerpt(p, price, r.Sentences[i].Probability)
		if i > 0 && (worth <= 0 || r.Sentences[i].Probability < p.Next || length+e.Length() > p.Most) {
			continue
		}
		out = append(out, e)
		length += e.Length()
	}
	return out
}

// Excerpt cuts the sentence, which is the answer, to its clauses if it is long.
func (s *Sentence) Excerpt(p Policy) Excerpt {
	e, _ := s.excerpt(p, p.Price/math.Exp(s.Features[fLength]), 1)
	return e
}

// usual is the length of a usual sentence of the ranking in characters: some papers
// write in longer ones than others.
func (r *Ranking) usual() float64 {
	sum := 0.0
	for i := range r.Sentences {
		sum += r.Sentences[i].Features[fLength]
	}
	return math.Exp(sum / float64(max(1, len(r.Sentences))))
}

// excerpt is the run of clauses that is worth most, and what it is worth:
// the probability that it holds the answer, as the sentence does with the given one,
// less what its length costs.
func (s *Sentence) excerpt(p Policy, price, probability float64) (best Excerpt, worth float64) {
	length := utf8.RuneCountInString(s.Text())
	best, worth = Excerpt{s, 0, len(s.Clauses)}, probability-price*float64(length)
	if length < p.Long {
		return best, worth
	}
	s.weigh()
	first, last := len(s.Clauses), 0 // around the clauses that are kept
	for i := range s.Clauses {
		if s.Clauses[i].Kept {
			first, last = min(first, i), i
		}
	}
	lengths, open := make([]int, len(s.Clauses)), make([]bool, len(s.Clauses))
	for i, c := range s.Clauses {
		text := c.Span.Of(s.Article.Text)
		lengths[i] = utf8.RuneCountInString(text)
		open[i] = i+1 < len(s.Clauses) && opens(zh.Normalize(text))
	}
	for i := range s.Clauses[:min(first+1, len(s.Clauses))] {
		holds, length := 0.0, 0
		for j := i; j < len(s.Clauses); j++ {
			holds += s.Clauses[j].Probability
			length += lengths[j]
			if w := probability*holds - price*float64(length); w > worth && j >= last && !open[j] && holds >= p.Least && length >= p.Short {
				best, worth = Excerpt{s, i, j + 1}, w
			}
		}
	}
	return best, worth
}
