package followup

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

//go:embed words.toml
var wordsFile string

// vocabulary is what words.toml holds.
var vocabulary = readWords(wordsFile)

type words struct {
	More        list // ask for more of the same
	Questions   list // make a question
	Times       list
	Predicates  list // say what is done or is the case
	Function    list
	Units       list // behind a number
	Amounts     list // attributes that are a figure,
	Things      list // a text,
	Persons     list // a person or an organisation,
	Moments     list // a date,
	Spots       list // a place
	There       list // pronouns of places,
	They        list // of persons,
	It          list // of anything,
	These       list // of several
	NotPronouns list `toml:"not_pronouns"` // hold the characters of pronouns and are none
}

// list holds words by their first character, longest first.
type list map[rune][]string

// UnmarshalText reads words that are separated by white space.
func (l *list) UnmarshalText(text []byte) error {
	*l = make(list)
	for _, w := range strings.Fields(string(text)) {
		first, _ := utf8.DecodeRuneInString(w)
		(*l)[first] = append((*l)[first], w)
	}
	for _, w := range *l {
		slices.SortStableFunc(w, func(a, b string) int { return len(b) - len(a) })
	}
	return nil
}

func readWords(file string) words {
	var w words
	meta, err := toml.Decode(file, &w)
	if err != nil || len(meta.Undecoded()) > 0 {
		panic(fmt.Sprint("rag/followup/words.toml: ", err, meta.Undecoded())) // it is compiled in
	}
	return w
}

// at is the longest word of the list that text begins with, "" if none.
func (l list) at(text string) string {
	first, _ := utf8.DecodeRuneInString(text)
	for _, w := range l[first] {
		if strings.HasPrefix(text, w) {
			return w
		}
	}
	return ""
}

// has reports whether w is a word of the list.
func (l list) has(w string) bool { return w != "" && l.at(w) == w }

// longestAt is the longest word of the lists that text begins with.
func longestAt(text string, lists ...list) (longest string) {
	for _, l := range lists {
		if w := l.at(text); len(w) > len(longest) {
			longest = w
		}
	}
	return longest
}
