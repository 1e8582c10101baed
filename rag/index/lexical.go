package index

import (
	"math"
	"slices"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
)

// BM25 parameters (Robertson and Zaragoza, 2009). RETRIEVAL.md: on Chinese
// news they hardly matter between these and 2/1.
const (
	bm25K1 = 1.2
	bm25B  = 0.75
)

// Weights of the lexical score, from RETRIEVAL.md ("Lexical", second row),
// relative to the best bigram score of the question.
const (
	unigramWeight  = 0.5
	coverageWeight = 0.75
	// titleWeight is how many occurrences in the text one in the title or the
	// intertitle is worth.
	titleWeight = 1
)

// lexical is an inverted index over chunks. The postings of all terms lie in
// two flat arrays; what a term adds to a chunk's score is computed once.
type lexical struct {
	slots  map[zh.Term]int32
	begin  []uint32  // postings of slot s are [begin[s], begin[s+1])
	chunks []uint32  // ordinals of chunks, ascending within a slot
	impact []float32 // BM25 of the term in that chunk
	idf    []float32 // by slot
	n      int       // chunks
}

type occurrence struct {
	slot  int32
	count float32
}

// termsPerChunk is about how many terms a chunk brings that no other one has, in a small
// library.
const termsPerChunk = 100

// newLexical indexes the chunks; cost is linear in their text.
func newLexical(chunks []knowledge.Chunk) *lexical {
	x := &lexical{slots: make(map[zh.Term]int32, min(1<<16, termsPerChunk*len(chunks))), n: len(chunks)}
	var (
		flat    []occurrence // of all chunks, one after the other
		ends    = make([]int, len(chunks))
		lengths = make([]float32, len(chunks))
		df      []uint32
		terms   []zh.Term
		seen    []int // by slot: where in flat the current chunk has it, plus one
		total   float64
	)
	for i, c := range chunks {
		begin := len(flat)
		add := func(text string, weight float32) int {
			terms = zh.AppendTerms(terms[:0], zh.Normalize(text))
			for _, t := range terms {
				slot, known := x.slots[t]
				if !known {
					slot = int32(len(df))
					x.slots[t] = slot
					df = append(df, 0)
					seen = append(seen, 0)
				}
				if at := seen[slot]; at > begin {
					flat[at-1].count += weight
					continue
				}
				flat = append(flat, occurrence{slot, weight})
				seen[slot] = len(flat)
				df[slot]++
			}
			return len(terms)
		}
		lengths[i] = float32(add(c.Text(), 1))
		add(c.Article.Title+" "+c.Article.Kicker+" "+c.Article.Subtitle+" "+c.Heading, titleWeight)
		total += float64(lengths[i])
		ends[i] = len(flat)
	}
	average := float32(total / float64(max(1, len(chunks))))
	x.begin = make([]uint32, len(df)+1)
	x.idf = make([]float32, len(df))
	for s, d := range df {
		x.begin[s+1] = x.begin[s] + d
		x.idf[s] = idf(len(chunks), int(d))
	}
	x.chunks = make([]uint32, len(flat))
	x.impact = make([]float32, len(flat))
	next := slices.Clone(x.begin)
	begin := 0
	for i, end := range ends {
		norm := float32(bm25K1) * (1 - bm25B + bm25B*lengths[i]/max(1, average))
		for _, o := range flat[begin:end] {
			at := next[o.slot]
			next[o.slot]++
			x.chunks[at] = uint32(i)
			x.impact[at] = x.idf[o.slot] * o.count * (bm25K1 + 1) / (o.count + norm)
		}
		begin = end
	}
	return x
}

// idf is BM25's inverse document frequency in the form that is never negative
// (Lucene's): ln(1 + (n - df + 0.5) / (df + 0.5)).
func idf(n, df int) float32 {
	return float32(math.Log1p((float64(n-df) + 0.5) / (float64(df) + 0.5)))
}

// termIDF is the IDF of a term, also of one that occurs nowhere.
func (x *lexical) termIDF(t zh.Term) float32 {
	if slot, ok := x.slots[t]; ok {
		return x.idf[slot]
	}
	return idf(x.n, 0)
}

// scores are the accumulators of one question. They are all zero while in the
// pool.
type scores struct {
	of      []score  // by chunk
	touched []uint32 // chunks that may be above zero
}

type score struct {
	phrase   float32 // BM25 of bigrams and words
	single   float32 // BM25 of single characters
	coverage float32 // IDF of the bigrams and words that occur, as a share of all of the question's
}

func (s *scores) reset() {
	for _, c := range s.touched {
		s.of[c] = score{}
	}
	s.touched = s.touched[:0]
}

// enough is how many chunks with a pair of the question's characters make it
// needless to look at chunks that share single characters only.
const enough = 50

// score adds up the question's terms over all chunks. It returns the highest
// bigram score, by which the others are divided.
func (x *lexical) score(terms []zh.Term, s *scores) (best float32) {
	var all float32
	for _, t := range terms {
		if !t.IsUnigram() {
			all += x.termIDF(t)
		}
	}
	for _, t := range terms {
		slot, ok := x.slots[t]
		if !ok || t.IsUnigram() {
			continue
		}
		share := x.idf[slot] / all
		chunks, impact := x.postings(slot)
		for i, c := range chunks {
			e := &s.of[c]
			if e.phrase == 0 {
				s.touched = append(s.touched, c)
			}
			e.phrase += impact[i]
			e.coverage += share
			best = max(best, e.phrase)
		}
	}
	fewPairs := len(s.touched) < enough
	for _, t := range terms {
		slot, ok := x.slots[t]
		if !ok || !t.IsUnigram() {
			continue
		}
		chunks, impact := x.postings(slot)
		if !fewPairs {
			for i, c := range chunks {
				if e := &s.of[c]; e.phrase != 0 {
					e.single += impact[i]
				}
			}
			continue
		}
		for i, c := range chunks {
			e := &s.of[c]
			if e.phrase == 0 && e.single == 0 {
				s.touched = append(s.touched, c)
			}
			e.single += impact[i]
		}
	}
	return best
}

func (x *lexical) postings(slot int32) (chunks []uint32, impact []float32) {
	from, to := x.begin[slot], x.begin[slot+1]
	return x.chunks[from:to], x.impact[from:to]
}

// combined is the lexical score of a chunk, at most about 2.25; best is what
// score returned.
func (s *scores) combined(c uint32, best float32) float32 {
	if best == 0 {
		best = 1
	}
	e := &s.of[c]
	return (e.phrase+unigramWeight*e.single)/best + coverageWeight*e.coverage
}
