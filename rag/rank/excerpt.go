package rank

import "unicode/utf8"

// Policy says how much of the ranked sentences is said.
type Policy struct {
	Long   int     // characters from which on a sentence is cut to its clauses
	Window float64 // probability with which the clauses that are kept hold the answer
	Sure   float64 // probability of the best sentence from which on it stands alone
	Second float64 // probability that the second sentence must have to be said too
	Most   int     // characters that both together may have
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

// Excerpts are what is said of the ranking: the best sentence, cut where it is
// long, and the second one where it is not clear which of the two answers.
func (r *Ranking) Excerpts(p Policy) []Excerpt {
	if len(r.Sentences) == 0 {
		return nil
	}
	out := []Excerpt{r.Sentences[0].Excerpt(p)}
	if len(r.Sentences) < 2 || r.Sentences[0].Probability >= p.Sure || r.Sentences[1].Probability < p.Second {
		return out
	}
	if second := r.Sentences[1].Excerpt(p); out[0].Length()+second.Length() <= p.Most {
		out = append(out, second)
	}
	return out
}

// Excerpt cuts the sentence to its clauses if it is long.
func (s *Sentence) Excerpt(p Policy) Excerpt {
	e := Excerpt{s, 0, len(s.Clauses)}
	if utf8.RuneCountInString(s.Text()) >= p.Long {
		e.From, e.To = s.Window(p.Window)
	}
	return e
}
