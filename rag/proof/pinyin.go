package proof

import (
	"strings"

	"github.com/mozillazg/go-pinyin"
)

// pinyinOf is the evidence in Latin letters without tones, which is how English
// sentences write its names.
func pinyinOf(e *evidence) string {
	if e.latin == "" {
		var b strings.Builder
		for _, syllables := range pinyin.Pinyin(e.s, pinyin.NewArgs()) {
			b.WriteString(syllables[0])
		}
		e.latin = b.String() + " "
	}
	return e.latin
}
