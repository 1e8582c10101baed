// Package embed holds vectors of Chinese character pairs, single characters and
// words, learned from news: pairs that stand in the same surroundings have
// vectors that point the same way (开工 and 竣工, 承建 and 工程). They tell that
// a sentence may answer a question whose words it does not have, and they embed
// texts without any server.
package embed

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"xiangwen/knowledge/zh"
)

// The table that comes with the program, learned by
//
//	go run ./rag/embed/train -corpus ../shared/corpus/news.jsonl.gz -o rag/embed/table.bin
//
// Layout, little endian: the number of terms and the size of a vector (uint32
// each), the direction that all texts have in common (float32 each), the terms
// in ascending order (uint64 each), how much each counts in a text (a byte
// each), and a vector of signed bytes for each, 127 being 1; they are about of
// unit length.
//
//go:embed table.bin
var file []byte

// News is the table that comes with the program.
var News = Open(file)

// Table maps terms to vectors.
type Table struct {
	size    int
	common  []float64
	terms   []byte
	weights []byte
	units   []byte
}

// Open reads a file that Write wrote, without copying it.
func Open(file []byte) *Table {
	n, size := int(binary.LittleEndian.Uint32(file)), int(binary.LittleEndian.Uint32(file[4:]))
	t := &Table{size: size}
	file = file[8:]
	for i := range size {
		t.common = append(t.common, float64(math.Float32frombits(binary.LittleEndian.Uint32(file[4*i:]))))
	}
	file = file[4*size:]
	t.terms, t.weights, t.units = file[:8*n], file[8*n:9*n], file[9*n:9*n+n*size]
	return t
}

// Entry is a term to write: its unit vector, and its share of all occurrences of
// terms in the corpus.
type Entry struct {
	Term   zh.Term
	Share  float64
	Vector []float32
}

// Write makes the file of a table; the vectors are all of one size. A term counts
// the less in a text the more frequent it is, and what all texts have in common
// is left out of theirs (Arora et al., ICLR 2017).
func Write(entries []Entry) ([]byte, error) {
	if len(entries) == 0 {
		return nil, fmt.Errorf("a table needs a term")
	}
	const frequent = 1e-3
	entries = slices.SortedFunc(slices.Values(entries), func(a, b Entry) int { return cmp.Compare(a.Term, b.Term) })
	common := make([]float64, len(entries[0].Vector))
	weights := make([]byte, len(entries))
	for i, e := range entries {
		w := frequent / (frequent + e.Share)
		if e.Term.IsUnigram() {
			w = 0 // its pairs say the same, and more
		}
		weights[i] = byte(math.Round(255 * w))
		for j, x := range e.Vector {
			common[j] += w * e.Share * float64(x)
		}
	}
	var out bytes.Buffer
	write := func(v any) { _ = binary.Write(&out, binary.LittleEndian, v) } // a buffer takes it all
	write(uint32(len(entries)))
	write(uint32(len(common)))
	length := norm(common)
	for _, x := range common {
		write(float32(x / length))
	}
	for _, e := range entries {
		write(uint64(e.Term))
	}
	write(weights)
	for _, e := range entries {
		for _, x := range e.Vector {
			write(int8(math.Round(float64(x) * 127)))
		}
	}
	return out.Bytes(), nil
}

// Find returns the number of a term in the table, -1 if it is not there.
func (t *Table) Find(term zh.Term) int {
	low, high := 0, len(t.weights)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if t.term(middle) < term {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(t.weights) && t.term(low) == term {
		return low
	}
	return -1
}

func (t *Table) term(i int) zh.Term { return zh.Term(binary.LittleEndian.Uint64(t.terms[8*i:])) }

// Cosine is the similarity of two terms by their numbers: 1 for the same, about
// 0 for unrelated ones.
func (t *Table) Cosine(i, j int) float64 {
	a, b := t.units[i*t.size:][:t.size], t.units[j*t.size:][:t.size]
	var sum int32
	for k, x := range a {
		sum += int32(int8(x)) * int32(int8(b[k]))
	}
	return float64(sum) / (127 * 127)
}

// Name identifies the vectors of texts.
func (t *Table) Name() string { return fmt.Sprintf("news-%d-%d", len(t.weights), t.size) }

// Embed returns one unit vector a text; a text without any known term has the
// first axis as its vector. The sums are of integers, and conversions forbid
// fused arithmetic, so that every machine computes the same vector. It fails
// only when ctx is done.
func (t *Table) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, 0, len(texts))
	var terms []zh.Term
	sums := make([]int32, t.size)
	v := make([]float64, t.size)
	for _, text := range texts {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		clear(sums)
		terms = zh.AppendTerms(terms[:0], zh.Normalize(text))
		for _, term := range terms[:min(len(terms), 60_000)] { // 60,000 · 255 · 127 fits in an int32
			if term.IsUnigram() {
				continue
			}
			at := t.Find(term)
			if at < 0 {
				continue
			}
			w := int32(t.weights[at])
			for j, x := range t.units[at*t.size:][:t.size] {
				sums[j] += w * int32(int8(x))
			}
		}
		dot := 0.0
		for j, x := range sums {
			v[j] = float64(x)
			dot += float64(v[j] * t.common[j])
		}
		for j := range v {
			v[j] -= float64(dot * t.common[j])
		}
		unit := make([]float32, t.size)
		if length := norm(v); length > 1e-6 {
			for j, x := range v {
				unit[j] = float32(x / length)
			}
		} else {
			unit[0] = 1
		}
		out = append(out, unit)
	}
	return out, nil
}

func norm(v []float64) float64 {
	square := 0.0
	for _, x := range v {
		square += float64(x * x)
	}
	return math.Sqrt(square)
}
