package main

import (
	"hash/fnv"
	"strconv"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/eval"
	"xiangwen/rag/rank"
)

// names are the names in the questions of a set, by what they end in, so that
// one can stand in another's place.
type names map[rune][]string

func namesOf(questions []eval.Question) names {
	out := make(names)
	for _, q := range questions {
		parsed := zh.ParseQuestion(q.Question)
		for _, s := range rank.NamesIn(parsed) {
			name := s.Of(parsed.Text)
			out[sortOf(name)] = append(out[sortOf(name)], name)
		}
	}
	return out
}

// sortOf tells which names can stand in each other's place: those that end alike, as
// villages do, those in Latin letters, and those of persons.
func sortOf(name string) rune {
	first, _ := utf8.DecodeRuneInString(name)
	last, _ := utf8.DecodeLastRuneInString(name)
	switch {
	case last < utf8.RuneSelf:
		return 'a'
	case zh.IsSurname(first) && utf8.RuneCountInString(name) <= 3 && len(zh.Entities(name)) == 0:
		return '人'
	}
	return last
}

// change puts another name, or another year where the question has no name, in
// the place of one of the question's: what comes out asks about something that
// the article does not tell. ok is false if there is nothing to change.
func (n names) change(q eval.Question, article *knowledge.Article) (question string, ok bool) {
	parsed := zh.ParseQuestion(q.Question)
	text := parsed.Text
	printed := zh.Normalize(article.Title + "\n" + article.Text)
	h := fnv.New32a()
	h.Write([]byte(q.Question))
	seed := int(h.Sum32() >> 1)
	spans := rank.NamesIn(parsed)
	for i := range spans {
		s := spans[(seed+i)%len(spans)]
		others := n[sortOf(s.Of(text))]
		for j := range others {
			other := others[(seed+j)%len(others)]
			if !strings.Contains(printed, other) && !strings.Contains(other, s.Of(text)) && !strings.Contains(text, other) {
				return text[:s.Start] + other + text[s.End:], true
			}
		}
	}
	for _, f := range zh.Figures(text) {
		year, err := strconv.Atoi(f.Of(text))
		if err != nil || f.Unit != "年" || year < 1000 {
			continue
		}
		for _, other := range []int{year + 1 + seed%3, year - 1 - seed%5} {
			if !strings.Contains(printed, strconv.Itoa(other)) {
				return text[:f.Start] + strconv.Itoa(other) + text[f.End:], true
			}
		}
	}
	return "", false
}
