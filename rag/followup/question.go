package followup

import (
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge/ngram"
	"xiangwen/knowledge/zh"
)

// question is the one before, taken apart.
type question struct {
	text   string // simplified, without punctuation behind it
	answer string // the same
	title  string
	topic  string // what it is about, "" if that can't be told
	object string // what it asks for by name: 品种 in "推广了哪些品种"
}

func newQuestion(t Turn) question {
	q := question{text: strip(simplify(t.Question)), answer: simplify(t.Answer), title: simplify(t.Title)}
	q.topic = topic(q.text)
	for _, w := range []string{"哪些", "哪几个", "哪几家", "哪几", "什么", "多少个", "多少家", "几个", "几家"} {
		if _, behind, found := strings.Cut(q.text, w); found {
			if object := strings.TrimRight(behind, "呢吗啊"); utf8.RuneCountInString(object) >= 2 && utf8.RuneCountInString(object) <= 6 && !general(object) {
				q.object = object
			}
			break
		}
	}
	return q
}

// topic is what a question is about: its first stretch without general
// vocabulary. A word of that vocabulary inside a name (就业 in 就业之家) is told by
// what is left: names in quotation marks and those that end like one are kept.
func topic(q string) string {
	kept := names(q)
	for start := 0; start < len(q); {
		if size := skip(q, start, kept); size > 0 {
			start += size
			continue
		}
		end := start
		for end < len(q) {
			size := skip(q, end, kept)
			switch {
			case size == 0:
				_, size = utf8.DecodeRuneInString(q[end:])
				for _, k := range kept {
					if k.Start == end {
						size = k.End - k.Start
					}
				}
			case strings.HasPrefix(q[end:], "的") && end+size < len(q) && skip(q, end+size, kept) == 0:
			default:
				size = 0
			}
			if size == 0 {
				break
			}
			end += size
		}
		if found := q[start:end]; utf8.RuneCountInString(found) > 1 {
			return found
		}
		start = end
	}
	return ""
}

// skip is the length of the general vocabulary or punctuation at q[i:], 0 if a
// name begins there.
func skip(q string, i int, kept []zh.Span) int {
	for _, k := range kept {
		if k.Start == i {
			return 0
		}
	}
	if r, size := utf8.DecodeRuneInString(q[i:]); notWord(r) {
		return size
	}
	w := longestAt(q[i:], generalLists...)
	if strings.HasPrefix(q[i+len(w):], "之") || strings.HasSuffix(q[:i], "之") { // 就业之家
		return 0
	}
	if r, size := utf8.DecodeRuneInString(w); size == len(w) && size > 0 {
		if before, _ := utf8.DecodeLastRuneInString(q[:i]); vocabulary.Units.has(w) && !vocabulary.Function.has(w) && !strings.ContainsRune("0123456789一二三四五六七八九十百千万几少每各", before) {
			return 0 // 天 in 天祥大道
		}
		// A single character may begin a word with the next: 种 in 种业.
		next, _ := utf8.DecodeRuneInString(q[i+size:])
		if bits, known := ngram.News.Cohesion(r, next); known && bits >= 4 && longestAt(q[i+size:], generalLists...) == "" {
			return 0
		}
	}
	return len(w)
}

// names are the spans of a question that name something: quotations, and what
// ends like the name of a place or an organisation, general words in front of it
// left out (今年章贡区).
func names(q string) []zh.Span {
	var out []zh.Span
	if zh.Normalize(q) != q { // offsets would not fit
		return nil
	}
	for _, e := range zh.Entities(q) {
		for again := true; again; { // an ending may follow another: 昌河镇, 云溪大道隧道
			again = false
			for _, w := range moreEndings {
				if strings.HasPrefix(q[e.End:], w) {
					e.End, again = e.End+len(w), true
				}
			}
		}
		for e.Start < e.End {
			w := longestAt(q[e.Start:e.End], vocabulary.Times, vocabulary.Questions, vocabulary.Function, vocabulary.Predicates)
			if w == "" || utf8.RuneCountInString(q[e.Start:e.End])-utf8.RuneCountInString(w) < 2 {
				break
			}
			if r, size := utf8.DecodeRuneInString(w); size == len(w) {
				next, _ := utf8.DecodeRuneInString(q[e.Start+size:])
				if bits, known := ngram.News.Cohesion(r, next); known && bits >= 4 || zh.IsSurname(r) {
					break
				}
			}
			e.Start += len(w)
		}
		if !general(e.Of(q)) {
			out = append(out, e)
		}
	}
	return out
}

// moreEndings of names are no words of their own behind another ending.
var moreEndings = []string{"省", "市", "县", "区", "镇", "乡", "村", "社区", "街道", "大道", "隧道", "大桥", "高铁", "高速", "公园", "广场", "小学", "中学", "大学", "医院", "公司", "集团"}

// about is the question anew, of something else: x is another thing of the same
// kind, another time, or another attribute of the same thing. "" if it can't be
// told.
func (q question) about(x string) string {
	if tail := asks(x); tail != "" {
		if q.topic == "" {
			return ""
		}
		return q.topic + x + tail + "？"
	}
	if vocabulary.Times.has(x) || len(zh.Dates(x, zh.Date{})) > 0 && general(trimNumbers(x)) {
		return q.at(x)
	}
	at := q.counterpart(x)
	if at == (zh.Span{}) {
		return ""
	}
	return q.text[:at.Start] + x + q.text[at.End:] + "？"
}

// asks is how one asks for an attribute, "" if x is none.
func asks(x string) string {
	for _, a := range []struct {
		words list
		tail  string
	}{{vocabulary.Amounts, "是多少"}, {vocabulary.Persons, "是谁"}, {vocabulary.Moments, "是什么时候"}, {vocabulary.Spots, "在哪里"}, {vocabulary.Things, "是什么"}} {
		if a.words.has(x) {
			return a.tail
		}
	}
	return ""
}

// at is the question of another time.
func (q question) at(when string) string {
	dates := zh.Dates(q.text, zh.Date{})
	if len(dates) > 0 {
		return q.text[:dates[0].Start] + when + q.text[dates[0].End:] + "？"
	}
	for i := range q.text {
		if w := vocabulary.Times.at(q.text[i:]); w != "" {
			return q.text[:i] + when + q.text[i+len(w):] + "？"
		}
	}
	return when + q.text + "？"
}

// counterpart is what x takes the place of: the name that ends as x does, any
// other name if x is one, and else the end of the topic.
func (q question) counterpart(x string) zh.Span {
	kept := names(q.text)
	last, _ := utf8.DecodeLastRuneInString(x)
	for _, k := range kept {
		if end, _ := utf8.DecodeLastRuneInString(k.Of(q.text)); end == last {
			return k
		}
	}
	if len(kept) > 0 && (len(names(x)) > 0 || kept[0].Of(q.text) == q.topic) {
		return kept[0]
	}
	start := strings.Index(q.text, q.topic)
	if q.topic == "" || start < 0 {
		return zh.Span{}
	}
	end := start + len(q.topic)
	if i := strings.LastIndex(q.topic, "的"); i >= 0 {
		start += i + len("的")
	}
	for _, k := range kept {
		if k.Start <= start && k.End < end && k.End > start {
			start = k.End
		}
	}
	return zh.Span{Start: start, End: end}
}

// statement is the question without its question words.
func (q question) statement() string {
	var b strings.Builder
	for i := 0; i < len(q.text); {
		w := vocabulary.Questions.at(q.text[i:])
		if w == "" {
			_, size := utf8.DecodeRuneInString(q.text[i:])
			w = q.text[i : i+size]
			b.WriteString(w)
		}
		i += len(w)
	}
	return b.String()
}

// thing is what 它 and 这个 stand for.
func (q question) thing() string { return q.topic }

// several is what 它们 and 这些 stand for: what was asked for by its name, of the
// topic.
func (q question) several() string {
	if q.object == "" || strings.Contains(q.topic, q.object) {
		return q.topic
	}
	return q.topic + q.object
}

// person is what 他 and 她 stand for: the person asked for stands in the answer.
func (q question) person() string {
	if found := q.answered(zh.Person); found != "" {
		return found
	}
	return q.topic
}

// place is what 那里 stands for. Where what was asked about has no place's name,
// the place asked for stands in the answer.
func (q question) place() string {
	if zh.ParseQuestion(q.text).Kind == zh.Place && len(names(q.topic)) == 0 {
		if found := q.answered(zh.Place); found != "" && !strings.Contains(q.topic, found) {
			return found
		}
	}
	return q.topic
}

// answered is the first thing of a kind in the answer, in so far as the question
// asks for that kind or for what something is called.
func (q question) answered(kind zh.Kind) string {
	asked := zh.ParseQuestion(q.text)
	if asked.Kind != kind && asked.Kind != zh.Name && asked.Kind != zh.What {
		return ""
	}
	asked.Kind = kind
	answer := zh.Normalize(q.answer)
	var first zh.Span
	for _, s := range append(asked.Answers(answer), names(answer)...) {
		if n := utf8.RuneCountInString(s.Of(answer)); n < 2 || n > 8 || kind == zh.Person && !zh.IsSurname([]rune(s.Of(answer))[0]) {
			continue
		}
		if first.End == 0 || s.Start <= first.Start && s.End >= first.End {
			first = s
		}
	}
	if kind == zh.Person { // the text kit ends a name behind an office after two characters
		next, size := utf8.DecodeRuneInString(answer[first.End:])
		if zh.IsHan(next) && !nameEnds(answer[first.End:]) && nameEnds(answer[first.End+size:]) {
			first.End += size
		}
	}
	return first.Of(answer)
}

// nameEnds reports whether a text begins with what stands behind a name.
func nameEnds(text string) bool {
	for _, w := range []string{"说", "表示", "介绍", "告诉", "认为", "指出", "是", "在", "和", "带", "率", "的", "，", ",", "。", "、", "：", ":", "；", ";", "(", "）"} {
		if strings.HasPrefix(text, w) {
			return true
		}
	}
	return text == ""
}

// ending is the name that "该镇" and "这条隧道" stand for: one that ends in the
// noun which the rest begins with, in the question, the article's title or the
// answer. "" if there is none.
func (q question) ending(rest string) string {
	for n := 4; n >= 1; n-- {
		noun := []rune(rest)
		if len(noun) < n {
			continue
		}
		for _, text := range []string{q.text, q.title, q.answer} {
			text = zh.Normalize(text)
			for _, s := range append(names(text), topicSpan(text, q.topic)...) {
				if name := s.Of(text); strings.HasSuffix(name, string(noun[:n])) && utf8.RuneCountInString(name) > n {
					return name
				}
			}
		}
	}
	return ""
}

func topicSpan(text, topic string) []zh.Span {
	if i := strings.Index(text, topic); topic != "" && i >= 0 {
		return []zh.Span{{Start: i, End: i + len(topic)}}
	}
	return nil
}

func trimNumbers(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || strings.ContainsRune("一二三四五六七八九十〇零", r) {
			return -1
		}
		return r
	}, s)
}
