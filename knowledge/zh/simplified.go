package zh

import (
	_ "embed"
	"strings"
	"sync"
)

// The dictionary of single characters: the file says where it is from. Phrases
// are left out on purpose, so that what a character is read as never depends on
// what stands beside it and a question agrees with every article.
//
//go:embed simplified.txt
var simplifiedFile string

const firstHan, lastHan = 0x4E00, 0x9FFF // the base block, which all entries are of

// foldTable is what each character of the base block is read as.
type foldTable [lastHan - firstHan + 1]uint16

var folds = sync.OnceValue(readFolds)

func readFolds() *foldTable {
	t := new(foldTable)
	for i := range t {
		t[i] = uint16(firstHan + i)
	}
	for line := range strings.Lines(simplifiedFile) {
		if line[0] == '#' {
			continue
		}
		chars := []rune(strings.TrimSpace(line))
		for _, r := range chars[1:] {
			t[r-firstHan] = uint16(chars[0])
		}
	}
	return t
}

// Simplify returns the simplified character that r is read as, r itself where
// there is none: 什麼 and 什么 are the same, as are the variants of Taiwan and
// Hong Kong (裡, 裏, 里). Several characters may become one, also ones that
// simplified text has beside each other (著 and 着, 乾 and 干), so the result is
// for comparing, not for showing.
func Simplify(r rune) rune {
	if r < firstHan || r > lastHan {
		return r
	}
	return rune(folds()[r-firstHan])
}
