// Package index finds the chunks of a library that a question is about: BM25
// over Chinese bigrams and words, fused with vectors. An Index is immutable;
// a new library gets a new one, built beside the old.
package index

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
)

// Embedder turns texts into vectors.
type Embedder interface {
	// Name identifies the vectors: equal names mean comparable vectors.
	Name() string
	// Embed returns one unit vector a text, all of the same length, and nil for a
	// text that can have none. On an error it may return what it has, which the
	// caller keeps: the vectors of a prefix of texts, nil among them where one is
	// missing.
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// QuestionEmbedder is an Embedder that treats a question otherwise than chunks: a
// cache does not keep it, a model may not take long.
type QuestionEmbedder interface {
	Embedder
	// EmbedQuestion returns the unit vector of a question, comparable to Embed's.
	EmbedQuestion(ctx context.Context, text string) ([]float32, error)
}

// Options say how much the vectors count.
type Options struct {
	// VectorWeight is how many lexical points (the best chunk has about 2) one
	// standard deviation of similarity is worth.
	VectorWeight float32
	// AlwaysVectors asks the vectors for every question; otherwise only for
	// those whose words do not match well, which is where vectors of words help.
	AlwaysVectors bool
	// Slots bounds how many searches run at once to its capacity; nil is no bound. A
	// question's vector that comes from elsewhere is awaited without a slot.
	Slots chan struct{}
}

// Index is a searchable library.
type Index struct {
	library  *knowledge.Library
	chunks   []knowledge.Chunk
	lexical  *lexical
	embedder Embedder
	options  Options
	vectors  *vectors             // nil if there are none
	units    [][]float32          // by chunk; nil for a chunk without vector
	size     int                  // of the vectors
	byDigest map[digest][]float32 // for the next index; nil for a text that can have none
	missing  int                  // chunks that should have a vector
	byID     map[string]uint32
	pool     sync.Pool // of *scores
}

type digest [16]byte

// Hit is a chunk that a question is about.
type Hit struct {
	Chunk    knowledge.Chunk
	Score    float64 // fused; comparable within one search
	Coverage float64 // share of the question's terms, weighted by rarity, that the chunk holds: 0 to 1
}

// Build indexes a library. Vectors of texts that previous (may be nil) has
// embedded with the same embedder are taken from there. If embedding fails the
// index works without the vectors that are missing, and the error comes beside
// it; the index is nil only when ctx is done.
func Build(ctx context.Context, library *knowledge.Library, embedder Embedder, options Options, previous *Index) (*Index, error) {
	x := &Index{library: library, embedder: embedder, options: options}
	for _, a := range library.Articles() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x.chunks = append(x.chunks, a.Chunks()...)
	}
	x.lexical = newLexical(x.chunks)
	x.byID = make(map[string]uint32, len(x.chunks))
	for i, c := range x.chunks {
		x.byID[chunkID(c)] = uint32(i)
	}
	x.pool.New = func() any { return &scores{of: make([]score, len(x.chunks))} }
	err := x.embed(ctx, previous)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return x, err
}

func chunkID(c knowledge.Chunk) string { return c.Article.ID + "#" + strconv.Itoa(c.Ordinal) }

// embed fills units, vectors, size, byDigest and missing.
func (x *Index) embed(ctx context.Context, previous *Index) error {
	x.byDigest = make(map[digest][]float32, len(x.chunks))
	var known map[digest][]float32
	if previous != nil && previous.embedder.Name() == x.embedder.Name() {
		known = previous.byDigest
	}
	var texts []string
	var asked []digest
	digests := make([]digest, len(x.chunks))
	for i, c := range x.chunks {
		text := c.Breadcrumb() + "\n" + c.Text()
		sum := sha256.Sum256([]byte(text))
		d := digest(sum[:16])
		digests[i] = d
		if _, ok := x.byDigest[d]; ok {
			continue
		}
		v, ok := known[d]
		if x.byDigest[d] = v; !ok {
			texts, asked = append(texts, text), append(asked, d)
		}
	}
	failed := x.ask(ctx, texts, asked)

	var ids []string
	var units [][]float32
	x.units = make([][]float32, len(x.chunks))
	for i, d := range digests {
		v, ok := x.byDigest[d]
		if v != nil && x.size == 0 {
			x.size = len(v)
		}
		if v != nil && len(v) != x.size {
			failed = cmp.Or(failed, fmt.Errorf("embed with %s: vectors of %d and of %d numbers", x.embedder.Name(), x.size, len(v)))
			delete(x.byDigest, d)
			ok = false
		}
		if !ok {
			x.missing++
			continue
		}
		if x.units[i] = v; v != nil {
			ids, units = append(ids, chunkID(x.chunks[i])), append(units, v)
		}
	}
	var err error
	if len(units) > 0 {
		x.vectors, err = newVectors(ctx, ids, units)
	}
	return errors.Join(failed, err)
}

// ask embeds texts into byDigest; what failed is not in there.
func (x *Index) ask(ctx context.Context, texts []string, digests []digest) error {
	if len(texts) == 0 {
		return nil
	}
	got, err := x.embedder.Embed(ctx, texts)
	if err == nil && len(got) != len(texts) {
		err = fmt.Errorf("%d vectors for %d texts", len(got), len(texts))
	}
	for i, d := range digests {
		if i < len(got) && (got[i] != nil || err == nil) {
			x.byDigest[d] = got[i]
		} else {
			delete(x.byDigest, d)
		}
	}
	if err != nil {
		return fmt.Errorf("embed with %s: %w", x.embedder.Name(), err)
	}
	return nil
}

// Library returns what is indexed.
func (x *Index) Library() *knowledge.Library { return x.library }

// Len is the number of chunks.
func (x *Index) Len() int { return len(x.chunks) }

// Missing is the number of chunks that have no vector because embedding them has
// failed. Build asks for those again if it is given this index as the previous one.
func (x *Index) Missing() int { return x.missing }

// IDF is how rare a term is among the chunks, in nats: ln of about one over the
// share of chunks that have it.
func (x *Index) IDF(t zh.Term) float64 { return float64(x.lexical.termIDF(t)) }

// Chunks is how many chunks have the term.
func (x *Index) Chunks(t zh.Term) int {
	slot, ok := x.lexical.slots[t]
	if !ok {
		return 0
	}
	chunks, _ := x.lexical.postings(slot)
	return len(chunks)
}

// Search returns the k best chunks for the question, best first, equal ones by
// article id and ordinal. If the vectors fail, the hits are ranked by words
// alone and the error is returned beside them.
func (x *Index) Search(ctx context.Context, q zh.Question, k int) ([]Hit, error) {
	var unit []float32
	var failed error
	if x.options.AlwaysVectors && x.wantsVector(q) {
		unit, failed = x.embedQuestion(ctx, q.Text)
	}
	if x.options.Slots != nil {
		select {
		case x.options.Slots <- struct{}{}:
			defer func() { <-x.options.Slots }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	s := x.pool.Get().(*scores)
	defer func() { s.reset(); x.pool.Put(s) }()
	best := x.lexical.score(q.Terms, s)

	candidates := top(s.touched, max(4*k, 50), func(c uint32) float32 { return s.combined(c, best) })
	coverage := float32(0)
	for _, c := range candidates {
		coverage = max(coverage, s.of[c].coverage)
	}
	fused := make(map[uint32]float32, len(candidates))
	for _, c := range candidates {
		fused[c] = s.combined(c, best)
	}
	err := failed
	if err == nil {
		err = x.fuse(ctx, q, unit, coverage, fused, func(c uint32) float32 { return s.combined(c, best) })
	}

	all := make([]uint32, 0, len(fused))
	for c := range fused {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(fused[b], fused[a]),
			cmp.Compare(x.chunks[a].Article.ID, x.chunks[b].Article.ID), cmp.Compare(x.chunks[a].Ordinal, x.chunks[b].Ordinal))
	})
	hits := make([]Hit, 0, min(k, len(all)))
	for _, c := range all[:min(k, len(all))] {
		hits = append(hits, Hit{x.chunks[c], float64(fused[c]), float64(s.of[c].coverage)})
	}
	return hits, err
}

// gate is how much the vectors count for a question whose words match to the
// given degree (RETRIEVAL.md, "Vectors without a pretrained model"). In a large
// library they are asked up to .75 only: beyond it they would change next to
// nothing and cost more than all the rest.
func gate(coverage float32, chunks int) float32 {
	const large = 5000 // chunks that are compared in about a millisecond
	if chunks > large && coverage >= 0.75 {
		return 0
	}
	return 0.8 * min(1, max(0, (0.85-coverage)/0.5))
}

// wantsVector reports whether a vector of the question can be of use.
func (x *Index) wantsVector(q zh.Question) bool {
	return x.options.VectorWeight != 0 && x.vectors != nil && len(q.Terms) > 0
}

// fuse adds the vectors' share to the candidates' scores, and candidates of
// its own. unit is the question's vector, nil if it is to be made here.
func (x *Index) fuse(ctx context.Context, q zh.Question, unit []float32, coverage float32, fused map[uint32]float32, lexical func(uint32) float32) error {
	weight := float32(1)
	if !x.options.AlwaysVectors {
		weight = gate(coverage, len(x.chunks))
	}
	if weight *= x.options.VectorWeight; weight == 0 || !x.wantsVector(q) {
		return nil
	}
	const nearest = 50
	if unit == nil {
		var err error
		if unit, err = x.embedQuestion(ctx, q.Text); err != nil {
			return err
		}
	}
	matches, err := x.vectors.search(ctx, unit, nearest)
	if err != nil {
		return err
	}
	for _, m := range matches {
		if c := x.byID[m.id]; fused[c] == 0 {
			fused[c] = lexical(c)
		}
	}
	mean, deviation := x.spread(unit)
	for c := range fused {
		if v := x.units[c]; v != nil {
			fused[c] += weight * (dot(unit, v) - mean) / deviation
		}
	}
	return nil
}

// embedQuestion returns a unit vector as long as those of the chunks.
func (x *Index) embedQuestion(ctx context.Context, text string) (unit []float32, err error) {
	if e, ok := x.embedder.(QuestionEmbedder); ok {
		unit, err = e.EmbedQuestion(ctx, text)
	} else {
		var got [][]float32
		if got, err = x.embedder.Embed(ctx, []string{text}); len(got) == 1 {
			unit = got[0]
		}
	}
	if err == nil && len(unit) != x.size {
		err = fmt.Errorf("a vector of %d numbers, the chunks' have %d", len(unit), x.size)
	}
	if err != nil {
		return nil, fmt.Errorf("embed question with %s: %w", x.embedder.Name(), err)
	}
	return unit, nil
}

// spread estimates mean and standard deviation of the similarity of unit to
// the chunks from an evenly spaced sample.
func (x *Index) spread(unit []float32) (mean, deviation float32) {
	const sample = 256
	var n, sum, square float64
	for i := 0; i < len(x.units); i += max(1, len(x.units)/sample) {
		if v := x.units[i]; v != nil {
			d := float64(dot(unit, v))
			n, sum, square = n+1, sum+d, square+d*d
		}
	}
	if n < 2 {
		return 0, 1
	}
	m := sum / n
	return float32(m), float32(max(1e-3, math.Sqrt(max(0, square/n-m*m))))
}

// dot is the inner product: the cosine of unit vectors.
func dot(a, b []float32) (sum float32) {
	if len(a) != len(b) {
		return 0
	}
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// top returns the k chunks with the highest score in no particular order.
func top(chunks []uint32, k int, score func(uint32) float32) []uint32 {
	if len(chunks) <= k {
		return slices.Clone(chunks)
	}
	// A heap of the k best so far, the worst of them at the root.
	type scored struct {
		chunk uint32
		score float32
	}
	worse := func(a, b scored) bool { return a.score < b.score || a.score == b.score && a.chunk > b.chunk }
	heap := make([]scored, 0, k)
	down := func(i int) {
		for {
			child := 2*i + 1
			if child >= len(heap) {
				return
			}
			if child+1 < len(heap) && worse(heap[child+1], heap[child]) {
				child++
			}
			if !worse(heap[child], heap[i]) {
				return
			}
			heap[i], heap[child] = heap[child], heap[i]
			i = child
		}
	}
	for _, c := range chunks {
		e := scored{c, score(c)}
		if len(heap) < k {
			heap = append(heap, e)
			for i := len(heap) - 1; i > 0 && worse(heap[i], heap[(i-1)/2]); i = (i - 1) / 2 {
				heap[i], heap[(i-1)/2] = heap[(i-1)/2], heap[i]
			}
		} else if worse(heap[0], e) {
			heap[0] = e
			down(0)
		}
	}
	out := make([]uint32, len(heap))
	for i, e := range heap {
		out[i] = e.chunk
	}
	return out
}
