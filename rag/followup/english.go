package followup

import (
	"regexp"
	"strings"

	"xiangwen/knowledge/zh"
)

var (
	moreEnglish    = regexp.MustCompile(`(?i)^(?:and )?(?:what else|anything else|(?:tell|give) me more(?: about (?:it|that|this))?|more(?: details?)?|go on|continue|and then|what happened (?:next|then))$`)
	aboutEnglish   = regexp.MustCompile(`(?i)^(?:and |so )?(?:what|how) about (?:the )?(.+)$|^and (?:in |for )?(?:the )?([A-Z].*)$`)
	pronounEnglish = regexp.MustCompile(`(?i)\b(?:its|their|his|her|it|they|them|he|she|him|there|this|that|these|those)\b`)
	bareEnglish    = regexp.MustCompile(`(?i)^(?:and |so |but )?(?:why|when|where|who|how|how (?:much|many|long|big|far|often)|since when|until when)$`)
	// A name: words with a capital that do not begin the question.
	nameEnglish = regexp.MustCompile(`(?:[A-Z][\w'’-]*)(?:(?: of| the| and)?(?: [A-Z][\w'’-]*))*`)
	asksEnglish = regexp.MustCompile(`(?i)^(?:who|what|when|where|why|which|how|is|are|was|were|does|do|did|has|have|can|could|will|would|tell|please)\b`)
)

// english completes a question without Chinese characters. The turn before may
// be in Chinese.
func english(question string, last Turn) Completed {
	same := Completed{Text: question}
	core := strings.TrimSpace(strings.TrimRight(strings.TrimSpace(question), "?.! "))
	if moreEnglish.MatchString(core) {
		return Completed{Text: last.Question, Changed: true, More: true}
	}
	subject := subjectOf(last.Question)
	if subject == "" {
		return same
	}
	if m := aboutEnglish.FindStringSubmatch(core); m != nil && strings.Contains(last.Question, subject) {
		return Completed{Text: strings.Replace(last.Question, subject, m[1]+m[2], 1), Changed: true}
	}
	if bareEnglish.MatchString(core) {
		return Completed{Text: core + " " + subject + "?", Changed: true}
	}
	if at := pronounEnglish.FindStringIndex(core); at != nil && nameIn(core) == "" {
		meant := subject
		switch strings.ToLower(core[at[0]:at[1]]) {
		case "its", "their", "his", "her":
			meant += "'s"
		case "there":
			meant = "in " + subject
		}
		return Completed{Text: core[:at[0]] + meant + core[at[1]:] + "?", Changed: true}
	}
	return same
}

func subjectOf(question string) string {
	if strings.ContainsFunc(question, zh.IsHan) {
		return newQuestion(Turn{Question: question}).topic
	}
	return nameIn(question)
}

// nameIn is the first name in an English question, "" if there is none.
func nameIn(question string) string {
	for _, at := range nameEnglish.FindAllStringIndex(question, -1) {
		name := question[at[0]:at[1]]
		if at[0] == 0 || asksEnglish.MatchString(name) {
			word, rest, _ := strings.Cut(name, " ")
			if !asksEnglish.MatchString(word) || rest == "" {
				continue
			}
			name = rest
		}
		if name != "I" {
			return name
		}
	}
	return ""
}
