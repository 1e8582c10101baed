package rag

import (
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge/zh"
	"xiangwen/rag/rank"
)

// subject returns what names the thing that a dangling sentence ("该镇…",
// "目前…") is about, "" where the sentence or the question names it already.
// where is the sentence of the article that the name was taken from; it is zero
// if the name is the article's title, which every citation shows.
func subject(q zh.Question, s *rank.Sentence) (name string, where zh.Span) {
	text := s.Text()
	if !rank.PointsBack(zh.Normalize(text)) {
		return "", zh.Span{}
	}
	if supplied(q, s) {
		return "", zh.Span{}
	}
	if what := demonstrated(text); what != "" {
		if name, at := antecedent(s.Article.Text[:s.Span.Start], what); name != "" {
			if mentions(q.Text, name) || mentions(text, name) {
				return "", zh.Span{}
			}
			return name, sentenceAround(s.Article.Text, at)
		}
	}
	for _, name := range []string{s.Article.Place, s.Article.Title} {
		if name == "" {
			continue
		}
		if mentions(q.Text, name) || mentions(text, name) {
			return "", zh.Span{}
		}
		if name == s.Article.Title {
			return "《" + name + "》", zh.Span{}
		}
		if i := strings.Index(s.Article.Text, name); i >= 0 {
			return name, sentenceAround(s.Article.Text, i)
		}
	}
	return "", zh.Span{}
}

// supplied reports whether the question itself names what the sentence is about:
// it has words that the sentence lacks and the rest of the article has.
func supplied(q zh.Question, s *rank.Sentence) bool {
	missing := make(map[zh.Term]bool)
	for _, t := range q.Terms {
		if t.IsBigram() {
			missing[t] = true
		}
	}
	for _, t := range zh.AppendTerms(nil, zh.Normalize(s.Text())) {
		delete(missing, t)
	}
	a := s.Article
	for _, t := range zh.AppendTerms(nil, zh.Normalize(a.Title+"\n"+a.Kicker+"\n"+a.Place+"\n"+a.Text)) {
		if missing[t] {
			return true
		}
	}
	return false
}

// kinds of things that 该 points to.
var kinds = []string{"公司", "集团", "社区", "街道", "学校", "学院", "大学", "医院", "中心", "项目", "村", "镇", "乡", "县", "区", "市", "省", "局", "校", "院", "厂", "站", "馆", "所", "厅", "部", "州", "园"}

// demonstrated returns the noun behind 该 in text ("该镇": "镇"), "" if none.
func demonstrated(text string) string {
	_, after, found := strings.Cut(text, "该")
	if !found {
		return ""
	}
	for _, k := range kinds {
		if strings.HasPrefix(after, k) {
			return k
		}
	}
	return ""
}

// antecedent finds the last name that ends in the noun before a sentence:
// "枫田镇" for 镇. at is its offset in text. The name is two to six characters
// in front of the noun, as many as always stand there together where the article
// repeats it, and never past a character that ends another name.
func antecedent(text, noun string) (name string, at int) {
	const most = 6
	end := strings.LastIndex(text, noun)
	for end > 0 && strings.HasSuffix(text[:end], "该") {
		end = strings.LastIndex(text[:end], noun)
	}
	if end <= 0 {
		return "", 0
	}
	start, count := end, 0
	best, bestCount := -1, 0
	for start > 0 && count < most {
		r, size := utf8.DecodeLastRuneInString(text[:start])
		if !zh.IsHan(r) || strings.ContainsRune("的在于和与到从为是把对由省市县区镇乡州等让使被向该本全各", r) {
			break
		}
		start -= size
		if count++; count < 2 {
			continue
		}
		n := strings.Count(text, text[start:end+len(noun)])
		if best < 0 || n == bestCount && n > 1 || n == 1 && bestCount == 1 {
			best, bestCount = start, n
		}
	}
	if best < 0 {
		return "", 0
	}
	return text[best : end+len(noun)], best
}

// mentions reports whether text holds the first two characters of the name:
// enough for a reader to know which place is meant.
func mentions(text, name string) bool {
	runes := []rune(strings.TrimLeft(name, "“《"))
	return strings.Contains(zh.Normalize(text), zh.Normalize(string(runes[:min(2, len(runes))])))
}

// sentenceAround is the sentence of text that holds the offset.
func sentenceAround(text string, at int) zh.Span {
	start := strings.LastIndexByte(text[:at], '\n') + 1
	end := len(text)
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		end = at + i
	}
	for _, s := range zh.Sentences(text[start:end]) {
		if at < start+s.End {
			return zh.Span{Start: start + s.Start, End: start + s.End}
		}
	}
	return zh.Span{Start: start, End: end}
}
