package rank

import (
	"math/bits"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge/ngram"
	"xiangwen/knowledge/zh"
)

// mask says which of the question's terms a text has, a bit a term.
type mask [4]uint64

func (m *mask) set(i int)     { m[i>>6] |= 1 << (i & 63) }
func (m mask) has(i int) bool { return m[i>>6]>>(i&63)&1 == 1 }
func (m mask) or(o mask) mask {
	for i := range m {
		m[i] |= o[i]
	}
	return m
}
func (m mask) and(o mask) mask {
	for i := range m {
		m[i] &= o[i]
	}
	return m
}

func (m mask) less(o mask) mask {
	for i := range m {
		m[i] &^= o[i]
	}
	return m
}

// len is the number of terms.
func (m mask) len() (n int) {
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n
}

// asker is the question as the features see it.
type asker struct {
	q        zh.Question
	slots    [1024]uint16 // hash table with linear probing: bit of a term plus one, 0 for none
	terms    []zh.Term    // by bit
	weight   []float64    // by bit: IDF
	double   mask         // bigrams and words
	single   mask         // single characters
	unknown  mask         // terms that no text has
	pairs    float64      // sum of the weights of bigrams and words
	singles  float64      // and of single characters
	rarest   int          // bit of the bigram or word with the largest IDF, -1 if there is none
	left     mask         // terms before the question word
	right    mask
	opposed  []zh.Opposition
	ordinals []zh.Figure // of the question: 第28届
	adjacent [2]string   // what stands directly before and behind the question word
	dates    []askedDate // that the question names, by year or month at least
	figures  []zh.Figure // of the question
	names    []mask      // bigrams and words of each name in the question
	rest     mask        // bigrams and words outside of them
	asked    mask        // what stands right before the question word, and what ends the question
	common   *common
	meaning  *meaning
	nowhere  float64 // IDF of a term that no text has: the largest there is
	lengths  []int   // by bit: bytes, 1 for a word
	buffer   []zh.Term
	like     likeness // of the text at hand
	starts   []int
	found    []found
	parts    []part
}

func newAsker(q zh.Question, idf func(zh.Term) float64) *asker {
	a := &asker{q: q, figures: figures(q.Text), common: newCommon(q.Text), nowhere: idf(0)}
	for bit, t := range q.Terms {
		if bit == 256 {
			break // a question of 500 characters is said in its first 128 as well
		}
		rarity := idf(t)
		w := rarity * wordness(t, rarity < a.nowhere-1e-6)
		a.terms = append(a.terms, t)
		a.weight = append(a.weight, w)
		a.slots[a.slot(t)] = uint16(bit) + 1
		a.lengths = append(a.lengths, length(t))
		if rarity >= a.nowhere-1e-6 {
			a.unknown.set(bit)
		}
		if t.IsUnigram() {
			a.single.set(bit)
			a.singles += w
		} else {
			a.double.set(bit)
			a.pairs += w
		}
	}
	a.rarest = -1
	for i, t := range a.terms {
		if !t.IsUnigram() && (a.rarest < 0 || a.weight[i] > a.weight[a.rarest]) {
			a.rarest = i
		}
	}
	a.meaning = newMeaning(a.terms)
	for _, name := range NamesIn(q) {
		if m := a.mask(name.Of(q.Text)).and(a.double); m != (mask{}) {
			a.names = append(a.names, m)
		}
	}
	a.rest = a.double
	for _, m := range a.names {
		a.rest = a.rest.less(m)
	}
	a.ordinals = zh.Ordinals(q.Text)
	a.opposed = zh.Oppositions(q.Text)
	a.left, a.right = a.mask(q.Left), a.mask(q.Right)
	a.adjacent = [2]string{lastRunes(strings.TrimRight(q.Left, " 的是有在为了，,"), 2), firstRunes(strings.TrimLeft(counted(q), " 的是有在为了，,"), 2)}
	a.dates = a.askedDates()
	for _, noun := range []string{a.adjacent[0], lastRunes(strings.TrimRight(q.Right, " ?!。,的了吗呢"), 2)} {
		for _, t := range zh.AppendTerms(nil, noun) {
			if bit := a.bit(t); bit >= 0 && !t.IsUnigram() {
				a.asked.set(bit)
			}
		}
	}
	return a
}

// length is how many bytes a term has; 1 for a word.
func length(t zh.Term) int {
	if t.IsWord() {
		return 1
	}
	first, second := t.Pair()
	if t.IsUnigram() {
		return utf8.RuneLen(second)
	}
	return utf8.RuneLen(first) + utf8.RuneLen(second)
}

// counted is what stands behind the question word, and behind the measure word
// where one follows: 班组 in "多少个班组".
func counted(q zh.Question) string {
	if q.Kind != zh.Number {
		return q.Right
	}
	first, size := utf8.DecodeRuneInString(q.Right)
	next, _ := utf8.DecodeRuneInString(q.Right[size:])
	if strings.ContainsRune("个名位家所座条项种次件辆台起宗批只头户间套份张块棵株部支场期届", first) && zh.IsHan(next) {
		return q.Right[size:]
	}
	return q.Right
}

// wordness is how much a bigram of the question counts: less where its characters
// meet only by chance, at the seam of two words ("靠抱" in 靠抱团发展). What the
// library itself has (there) and the table of news does not is most likely a name.
func wordness(t zh.Term, there bool) float64 {
	if !t.IsBigram() {
		return 1
	}
	bits, known := ngram.News.Cohesion(t.Pair())
	switch {
	case known && bits >= 2:
		return 1
	case known:
		return 0.5
	case there:
		return 1
	}
	return 0.3
}

func lastRunes(s string, n int) string {
	end := len(s)
	for i := 0; i < n && end > 0; i++ {
		r, size := utf8.DecodeLastRuneInString(s[:end])
		if !zh.IsWord(r) {
			break
		}
		end -= size
	}
	return s[end:]
}

func firstRunes(s string, n int) string {
	for i, r := range s {
		if n == 0 || !zh.IsWord(r) {
			return s[:i]
		}
		n--
	}
	return s
}

// slot is where in the hash table a term is, or would be.
func (a *asker) slot(t zh.Term) int {
	at := int(uint64(t) * 0x9E3779B97F4A7C15 >> 54) // as in embed.Table
	for a.slots[at] != 0 && a.terms[a.slots[at]-1] != t {
		at = (at + 1) % len(a.slots)
	}
	return at
}

// bit of a term, -1 if the question does not have it.
func (a *asker) bit(t zh.Term) int { return int(a.slots[a.slot(t)]) - 1 }

// mask of a normalised text.
func (a *asker) mask(text string) (m mask) {
	a.buffer = zh.AppendTerms(a.buffer[:0], text)
	return a.maskOf(a.buffer)
}

func (a *asker) maskOf(terms []zh.Term) (m mask) {
	for _, t := range terms {
		if bit := a.bit(t); bit >= 0 {
			m.set(bit)
		}
	}
	return m
}

// pairShare is the part of the question's bigrams and words in the mask, by
// weight.
func (a *asker) pairShare(m mask) float64 { return share(a.weigh(m.and(a.double)), a.pairs) }

// singleShare is the same for single characters.
func (a *asker) singleShare(m mask) float64 { return share(a.weigh(m.and(a.single)), a.singles) }

// within is the part of one mask's weight that the other has; 0 if the first is
// empty.
func (a *asker) within(of, m mask) float64 { return share(a.weigh(of.and(m)), a.weigh(of)) }

// weigh is the weight of all terms in the mask.
func (a *asker) weigh(m mask) (sum float64) {
	for i, w := range m {
		for ; w != 0; w &= w - 1 {
			sum += a.weight[i<<6|bits.TrailingZeros64(w)]
		}
	}
	return sum
}

func share(part, all float64) float64 {
	if all == 0 {
		return 0
	}
	return part / all
}
