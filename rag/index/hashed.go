package index

import (
	"context"
	"math"

	"xiangwen/knowledge/zh"
)

// Hashed is the embedder that needs nothing: a text's vector counts its terms
// in a fixed number of places, a hash of the term choosing place and sign
// (feature hashing; Weinberger et al. 2009). It knows no meanings, so it ranks
// no better than words do; it keeps the way through the vector store real
// until a trained table takes its place.
type Hashed struct{}

var _ Embedder = Hashed{}

// hashedSize is the dimension of the vectors.
const hashedSize = 256

// Name identifies the vectors.
func (Hashed) Name() string { return "hashed-256" }

// Embed returns one unit vector of 256 floats a text; a text without any term
// has the first axis as its vector. Counts are integers, and Go's conversions
// between the steps forbid fused arithmetic, so that every machine computes the
// same vector. It fails only when ctx is done.
func (Hashed) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, 0, len(texts))
	var terms []zh.Term
	for _, text := range texts {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		var counts [hashedSize]int32
		terms = zh.AppendTerms(terms[:0], zh.Normalize(text))
		for _, t := range terms {
			if t.IsUnigram() {
				continue
			}
			h := mix(uint64(t))
			if h>>32&1 == 0 {
				counts[h%hashedSize]++
			} else {
				counts[h%hashedSize]--
			}
		}
		var square int64
		for _, c := range counts {
			square += int64(c) * int64(c)
		}
		v := make([]float32, hashedSize)
		if square == 0 {
			v[0] = 1
		} else {
			length := math.Sqrt(float64(square))
			for i, c := range counts {
				v[i] = float32(float64(c) / length)
			}
		}
		out = append(out, v)
	}
	return out, nil
}

// mix spreads the bits of a term (the finalizer of SplitMix64; Steele et al.
// 2014).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
