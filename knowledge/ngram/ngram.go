// Package ngram tells from counts in Chinese news which characters stand together
// and how well one piece of text goes on after another. The table is made once by
// knowledge/ngram/train; it holds no text and says nothing about meaning.
package ngram

import (
	"cmp"
	_ "embed"
	"encoding/binary"
	"math"
	"slices"
)

// The table that comes with the program, learned by
//
//	go run ./knowledge/ngram/train -corpus ../shared/corpus/news.jsonl.gz -out knowledge/ngram/ngrams.bin
//
// Layout, little endian: the number of slots (uint32, a power of two), the
// number of characters counted (uint64), then a 16-bit fingerprint per slot
// (0 = free), then per slot the count as round(8·log2(count)) in one byte.
//
//go:embed ngrams.bin
var file []byte

// News is the table that comes with the program.
var News = Open(file)

// Start stands for the start of a paragraph in an n-gram.
const Start = '\x02'

// Gram is an n-gram of one to three characters; unused ones are 0.
type Gram [3]rune

// Table holds the counts of the most frequent n-grams.
type Table struct {
	mask         uint32
	fingerprints []byte
	counts       []byte
	total        float64 // log2 of the characters counted
}

const (
	slots  = 1 << 18 // 3 bytes each: 768 KiB
	most   = slots * 88 / 100
	header = 12
)

// Build writes the file of a table with as many of the n-grams as it has room
// for, the most frequent ones. total is the number of characters counted. kept
// is the number of n-grams in it, and rarest the lowest count among them.
func Build(counts map[Gram]uint32, total uint64) (file []byte, kept int, rarest uint32) {
	type entry struct {
		Gram
		n uint32
	}
	entries := make([]entry, 0, len(counts))
	for g, n := range counts {
		entries = append(entries, entry{g, n})
	}
	slices.SortFunc(entries, func(x, y entry) int {
		return cmp.Or(cmp.Compare(y.n, x.n), slices.Compare(x.Gram[:], y.Gram[:]))
	})
	entries = entries[:min(most, len(entries))]

	file = make([]byte, header+3*slots)
	binary.LittleEndian.PutUint32(file, slots)
	binary.LittleEndian.PutUint64(file[4:], total)
	fingerprints, logs := file[header:header+2*slots], file[header+2*slots:]
	for _, e := range entries {
		at, fingerprint := e.hash()
		for at %= slots; binary.LittleEndian.Uint16(fingerprints[2*at:]) != 0; at = (at + 1) % slots {
		}
		binary.LittleEndian.PutUint16(fingerprints[2*at:], fingerprint)
		logs[at] = byte(math.Round(8 * math.Log2(float64(e.n))))
		rarest = e.n
	}
	return file, len(entries), rarest
}

// Open reads a file that Build wrote, without copying it.
func Open(file []byte) *Table {
	n := binary.LittleEndian.Uint32(file)
	return &Table{
		mask:         n - 1,
		total:        math.Log2(float64(binary.LittleEndian.Uint64(file[4:]))),
		fingerprints: file[header : header+2*n],
		counts:       file[header+2*n : header+3*n],
	}
}

// hash returns where the search for g starts, before it is cut to the table's
// size, and its fingerprint, which is never 0.
func (g Gram) hash() (slot uint32, fingerprint uint16) {
	h := (uint64(g[0])<<42 ^ uint64(g[1])<<21 ^ uint64(g[2])) * 0x9E3779B97F4A7C15
	h ^= h >> 29
	h *= 0xBF58476D1CE4E5B9
	h ^= h >> 32
	return uint32(h), uint16(h>>48) | 1
}

// log2Count returns log2 of the n-gram's count; ok is false if it is too rare
// to be in the table.
func (t *Table) log2Count(g Gram) (n float64, ok bool) {
	slot, want := g.hash()
	for range t.mask + 1 {
		slot &= t.mask
		switch binary.LittleEndian.Uint16(t.fingerprints[2*slot:]) {
		case want:
			return float64(t.counts[slot]) / 8, true
		case 0:
			return 0, false
		}
		slot++
	}
	return 0, false
}

const (
	// backoff is log2 of the factor for falling back to a shorter context:
	// "stupid backoff" with 0.4 (Brants et al., EMNLP 2007).
	backoff = -1.32
	// unseen is log2 of the count given to a character that is not in the table.
	unseen = 4
)

// log2Prob is the log2 probability of c after a and b; a may be 0.
func (t *Table) log2Prob(a, b, c rune) float64 {
	penalty := 0.0
	if a != 0 {
		if n, ok := t.log2Count(Gram{a, b, c}); ok {
			if m, ok := t.log2Count(Gram{a, b}); ok {
				return n - m
			}
		}
		penalty += backoff
	}
	if n, ok := t.log2Count(Gram{b, c}); ok {
		if m, ok := t.log2Count(Gram{b}); ok {
			return penalty + n - m
		}
	}
	penalty += backoff
	if n, ok := t.log2Count(Gram{c}); ok {
		return penalty + n - t.total
	}
	return penalty + unseen - t.total
}

// Join is the evidence, in bits, that text starting with the characters next
// goes on after text ending in the characters last, rather than starts a
// paragraph. It looks at two characters of each; both must have one.
func (t *Table) Join(last, next []rune) float64 {
	var a rune
	b := last[len(last)-1]
	if len(last) > 1 {
		a = last[len(last)-2]
	}
	score := t.log2Prob(a, b, next[0]) - t.Opening(next)
	if len(next) > 1 {
		score += t.log2Prob(b, next[0], next[1])
	}
	return score
}

// Opening is the log2 probability that a paragraph starts with the first two
// characters of next, which must have one.
func (t *Table) Opening(next []rune) float64 {
	score := t.log2Prob(0, Start, next[0])
	if len(next) > 1 {
		score += t.log2Prob(Start, next[0], next[1])
	}
	return score
}

// Cohesion is how much more often the characters a and b stand together than by
// chance, in bits (pointwise mutual information; Church and Hanks 1990). ok is
// false if the pair is too rare to be in the table.
func (t *Table) Cohesion(a, b rune) (bits float64, ok bool) {
	together, ok := t.log2Count(Gram{a, b})
	if !ok {
		return 0, false
	}
	first, ok1 := t.log2Count(Gram{a})
	second, ok2 := t.log2Count(Gram{b})
	if !ok1 || !ok2 {
		return 0, false
	}
	return together - first - second + t.total, true
}
