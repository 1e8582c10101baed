package zh

import (
	"regexp"
	"strings"
)

// A paper has a page in English now and then, and visitors who ask in it. Of
// such a question only what carries it is read: what kinds of answers look like
// is known for Chinese text, but for numbers.
var (
	englishAsking = regexp.MustCompile(`\b(how (?:many|much|long|far|high|tall|deep|old)|how|what|when|where|which|who|whom|whose|why)\b`)
	englishWord   = regexp.MustCompile(`[a-z]+(?:'[a-z]+)?`)
	stopWords     = stringSet("a an the is are was were be been being am do does did has have had will would can could should shall may might must " +
		"of in on at to for from by with about as into over after before than then and or not no if that this these those there here " +
		"it its i me my we us our you your he she his her they them their please tell know any some")
)

func stringSet(words string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// parseEnglish fills in a question without any Chinese character.
func (q *Question) parseEnglish() {
	rest := q.Text
	if at := englishAsking.FindStringIndex(rest); at != nil {
		asked := rest[at[0]:at[1]]
		q.Left, q.Right, q.Asks = rest[:at[0]], rest[at[1]:], 1
		if strings.HasPrefix(asked, "how ") {
			q.Kind = Number
		}
		rest = q.Left + "？" + q.Right // a break, not a neighbour
	}
	rest = englishWord.ReplaceAllStringFunc(rest, func(w string) string {
		if stopWords[w] {
			return " "
		}
		return w
	})
	if q.Terms = unique(AppendTerms(nil, rest)); len(q.Terms) == 0 {
		q.Terms = unique(AppendTerms(nil, q.Text))
	}
}
