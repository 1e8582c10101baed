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
	"math/bits"
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
	slots   []slot // hash table with linear probing
}

// slot holds a term and its number plus one, 0 where there is no term.
type slot struct {
	term   zh.Term
	number uint32
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
	t.slots = make([]slot, 1<<bits.Len(uint(2*n))) // at most half full
	for i := range n {
		at := t.slot(t.term(i))
		for t.slots[at].number != 0 {
			at = t.next(at)
		}
		t.slots[at] = slot{t.term(i), uint32(i) + 1}
	}
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
	for at := t.slot(term); t.slots[at].number != 0; at = t.next(at) {
		if t.slots[at].term == term {
			return int(t.slots[at].number) - 1
		}
	}
	return -1
}

// slot is where the search for a term begins: multiplicative hashing (Knuth 1998,
// The Art of Computer Programming 3, 6.4) by 2^64 over the golden ratio.
func (t *Table) slot(term zh.Term) int {
	return int(uint64(term) * 0x9E3779B97F4A7C15 >> (65 - bits.Len(uint(len(t.slots)))))
}

func (t *Table) next(slot int) int { return (slot + 1) & (len(t.slots) - 1) }

func (t *Table) term(i int) zh.Term { return zh.Term(binary.LittleEndian.Uint64(t.terms[8*i:])) }

// Len is the number of terms.
func (t *Table) Len() int { return len(t.weights) }

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

// Few are some terms of the table, to be compared with many others.
type Few struct {
	table  *Table
	n      int
	packed []uint64 // for each four terms their vectors, number by number, in 16 bits each
}

// Few takes the terms with these numbers.
func (t *Table) Few(numbers []int) *Few {
	f := &Few{table: t, n: len(numbers), packed: make([]uint64, (len(numbers)+3)/4*t.size)}
	for i, n := range numbers {
		group := f.packed[i/4*t.size:]
		for k, x := range t.units[n*t.size:][:t.size] {
			group[k] += uint64(int8(x)) << (16 * (i & 3))
		}
	}
	return f
}

// AppendCosines appends the similarity of a term to each of the few: what
// [Table.Cosine] says. One multiplication serves four of them: the sums do not
// run into each other, since that of two vectors of unit length is at most about
// 127·127, less than 2^15, and what a negative one borrows from the next is given
// back.
func (f *Few) AppendCosines(dst []float64, number int) []float64 {
	unit := f.table.units[number*f.table.size:][:f.table.size]
	for i := 0; i < f.n; i += 4 {
		var sum uint64
		group := f.packed[i/4*len(unit):][:len(unit)]
		for k, x := range unit {
			sum += uint64(int8(x)) * group[k]
		}
		for range min(4, f.n-i) {
			own := int16(sum)
			dst = append(dst, float64(own)/(127*127))
			sum = (sum - uint64(own)) >> 16
		}
	}
	return dst
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
