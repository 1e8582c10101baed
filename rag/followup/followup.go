// Package followup completes a question that leans on what was asked before it
// ("那里有多长？", "那章贡区呢？", "还有呢？") by rule, so that it can be searched
// for. A question that stands on its own is left as it is: to complete too little
// costs an answer, to complete too much gives a wrong one.
package followup

import (
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge/zh"
)

// Turn is a question that was answered before.
type Turn struct {
	Question string // as it was searched for
	Answer   string // without marks
	Title    string // of the first article cited, "" if there was none
}

// Completed is a question that can be searched for.
type Completed struct {
	Text string
	// Changed is set where the text is not the question as it was put.
	Changed bool
	// More is set where more is wanted of what was answered to Text before.
	More bool
}

// Complete completes a question from the turn before it. The text is in
// simplified characters where it was changed.
func Complete(question string, last Turn) Completed {
	same := Completed{Text: question}
	if strings.TrimSpace(last.Question) == "" {
		return same
	}
	if !strings.ContainsFunc(question, zh.IsHan) {
		return english(question, last)
	}
	q, before := simplify(question), newQuestion(last)
	core := strip(q)
	if vocabulary.More.has(core) {
		return Completed{Text: last.Question, Changed: true, More: true}
	}
	if text := complete(q, core, before); text != "" && text != q {
		return Completed{Text: text, Changed: true}
	}
	return same
}

func complete(q, core string, before question) string {
	if text, found := resolve(q, before); found {
		if x, ok := bare(text, strip(text)); ok { // 它的出口呢？
			if asked := before.about(x); asked != "" {
				return asked
			}
		}
		return text
	}
	if x, ok := bare(q, core); ok {
		return before.about(x)
	}
	if !leans(core) || before.topic == "" {
		return ""
	}
	if only(core, "为什么", "为何", "什么原因") {
		return "为什么" + before.statement() + "？"
	}
	return before.topic + core + "？"
}

// strip takes politeness, the words that a question begins with as a reply, and
// the punctuation behind it off.
func strip(q string) string {
	q = strings.TrimRightFunc(q, notWord)
	for again := true; again; {
		again = false
		q = strings.TrimLeftFunc(q, notWord)
		for _, w := range []string{"请问一下", "请问", "我想知道", "想知道", "我想问", "麻烦问下", "那么", "然后", "另外", "还有，", "哦", "嗯", "好的", "谢谢"} {
			if rest, found := strings.CutPrefix(q, w); found && rest != "" && !vocabulary.More.has(q) {
				q, again = rest, true
			}
		}
		if rest, found := strings.CutPrefix(q, "那"); found && rest != "" && longestAt(q, vocabulary.There, vocabulary.They, vocabulary.It, vocabulary.These) == "" {
			q, again = rest, true
		}
	}
	return q
}

func notWord(r rune) bool { return !zh.IsWord(r) && !strings.ContainsRune("“”《》%", r) }

func only(core string, words ...string) bool {
	core = strings.TrimRight(core, "呢啊呀吗")
	for _, w := range words {
		if core == w {
			return true
		}
	}
	return false
}

// longestBare is the most characters that "…呢？" asks about.
const longestBare = 14

// bare returns X of "那X呢？" and "X呢？".
func bare(q, core string) (x string, ok bool) {
	x, ok = strings.CutSuffix(core, "呢")
	if !ok || x == "" || utf8.RuneCountInString(x) > longestBare {
		return "", false
	}
	for i := range x {
		if w := vocabulary.Questions.at(x[i:]); w != "" && w != "几" {
			return "", false // asks something itself
		}
	}
	return x, true
}

// leans reports whether a question names nothing of its own: all that it has is
// general vocabulary.
func leans(core string) bool {
	if len(zh.Quotations(core)) > 0 {
		return false
	}
	for _, e := range zh.Entities(zh.Normalize(core)) {
		if !general(e.Of(zh.Normalize(core))) {
			return false
		}
	}
	return general(core)
}

// general reports whether a text is made of general vocabulary only.
func general(text string) bool {
	// Words overlap (多长时间, 时间): the fewest characters left over count.
	reached := make([]bool, len(text)+1)
	reached[0] = true
	for i, r := range text {
		if !reached[i] {
			continue
		}
		if !zh.IsWord(r) {
			reached[i+utf8.RuneLen(r)] = true
		}
		for _, l := range generalLists {
			for _, w := range l[r] {
				if strings.HasPrefix(text[i:], w) {
					reached[i+len(w)] = true
				}
			}
		}
	}
	return reached[len(text)]
}

var generalLists = []list{
	vocabulary.Questions, vocabulary.Times, vocabulary.Predicates, vocabulary.Function, vocabulary.Units,
	vocabulary.Amounts, vocabulary.Things, vocabulary.Persons, vocabulary.Moments, vocabulary.Spots,
}

// resolve puts what a pronoun stands for in its place. found is false if there is
// no pronoun, or the question names itself what it stands for.
func resolve(q string, last question) (text string, found bool) {
	for i := range q {
		if vocabulary.NotPronouns.at(q[i:]) != "" || strings.HasSuffix(q[:i], "其") || within(q, i, vocabulary.NotPronouns) {
			continue
		}
		for _, p := range []struct {
			words   list
			meaning func() string
		}{
			{vocabulary.There, last.place}, {vocabulary.These, last.several}, {vocabulary.They, last.person}, {vocabulary.It, last.thing},
		} {
			w := p.words.at(q[i:])
			if w == "" || len(w) < len(longestAt(q[i:], vocabulary.There, vocabulary.These, vocabulary.They, vocabulary.It)) {
				continue
			}
			if named(q[:i]) {
				return "", false
			}
			rest := q[i+len(w):]
			meant := p.meaning()
			if w == "该" || utf8.RuneCountInString(w) > 1 {
				if noun := last.ending(rest); noun != "" {
					meant = noun
				}
			}
			if meant == "" {
				return "", false
			}
			before := strip(q[:i])
			if before == "那" || before == "请问" {
				before = ""
			}
			return before + meant + trimOverlap(meant, rest), true
		}
	}
	return "", false
}

// within reports whether a word of the list that begins before i reaches over it.
func within(q string, i int, l list) bool {
	for from := max(0, i-12); from < i; from++ {
		if utf8.RuneStart(q[from]) && from+len(l.at(q[from:])) > i {
			return true
		}
	}
	return false
}

// named reports whether what stands before a pronoun names something.
func named(text string) bool { return !general(strip(text)) }

// trimOverlap leaves out what the rest repeats of the end of what is put before
// it: 隧道 of "这条隧道有多长" behind 天祥大道隧道.
func trimOverlap(meant, rest string) string {
	bare := strings.TrimRight(meant, "”》")
	for i := range bare {
		if end := bare[i:]; utf8.RuneCountInString(end) <= 4 && strings.HasPrefix(rest, end) {
			return rest[len(end):]
		}
	}
	return rest
}

func simplify(s string) string {
	return strings.ReplaceAll(strings.Map(zh.Simplify, strings.TrimSpace(s)), "甚么", "什么")
}
