package page

import (
	"math"
	"slices"

	"xiangwen/knowledge/zh"
)

// likeness compares the lines of a page by the character pairs they share,
// weighted by how few lines of the page have them: names and places of one
// article weigh most, what every article says nothing.
type likeness struct {
	pairs   [][]pairWeight // per line, sorted by pair, each once
	weight  []float32      // per line, the sum
	known   map[[2]int32]float32
	triples map[[3]rune]bool // all runs of three characters on the page
}

type pairWeight struct {
	pair   uint32
	weight float32
}

// mostPairs bounds what is compared of one line.
const mostPairs = 600

func newLikeness(lines []line) *likeness {
	l := &likeness{
		pairs:   make([][]pairWeight, len(lines)),
		weight:  make([]float32, len(lines)),
		known:   make(map[[2]int32]float32),
		triples: make(map[[3]rune]bool),
	}
	frequency := make(map[uint32]int)
	for i := range lines {
		var ids []uint32
		runes := lines[i].runes
		for k := 1; k < len(runes) && len(ids) < mostPairs; k++ {
			a, b := runes[k-1], runes[k]
			if k > 1 {
				l.triples[[3]rune{runes[k-2], a, b}] = true
			}
			if isWordRune(a) && isWordRune(b) {
				ids = append(ids, uint32(a)<<16^uint32(b))
			}
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
		l.pairs[i] = make([]pairWeight, len(ids))
		for k, id := range ids {
			l.pairs[i][k].pair = id
			frequency[id]++
		}
	}
	n := float64(len(lines) + 1)
	for i := range l.pairs {
		for k := range l.pairs[i] {
			p := &l.pairs[i][k]
			p.weight = float32(math.Log(n / float64(frequency[p.pair])))
			l.weight[i] += p.weight
		}
	}
	return l
}

func isWordRune(r rune) bool {
	return zh.IsHan(r) || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// seam reports whether the characters where two texts would be joined occur
// together elsewhere on the page: a name that the column's end cut in two.
func (l *likeness) seam(before, after []rune) bool {
	n := len(before)
	return n > 1 && l.triples[[3]rune{before[n-2], before[n-1], after[0]}] ||
		len(after) > 1 && l.triples[[3]rune{before[n-1], after[0], after[1]}]
}

// of is the share, 0 to 1, of the lighter line's pairs that the other has too.
func (l *likeness) of(i, j int) float32 {
	if i > j {
		i, j = j, i
	}
	key := [2]int32{int32(i), int32(j)}
	if v, ok := l.known[key]; ok {
		return v
	}
	a, b := l.pairs[i], l.pairs[j]
	var shared float32
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].pair < b[0].pair:
			a = a[1:]
		case a[0].pair > b[0].pair:
			b = b[1:]
		default:
			shared += a[0].weight
			a, b = a[1:], b[1:]
		}
	}
	v := float32(0)
	if w := min(l.weight[i], l.weight[j]); w > 0 {
		v = shared / w
	}
	l.known[key] = v
	return v
}
