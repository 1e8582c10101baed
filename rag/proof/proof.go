// Package proof decides whether a sentence may be said: whether what it asserts
// stands in the newspaper text that it cites. Figures are compared as quantities
// with their units, dates on the calendar, and what they belong to by the words
// around them; names, quotations, directions and negations by form. It is
// deterministic, knows no model, and errs on the side of silence. What no rule
// can see, an invented deed told in the article's own words, it does not catch.
package proof

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"xiangwen/knowledge/zh"
)

// Kind is what is wrong with a sentence: for the answer object and metrics.
type Kind string

const (
	Mark       Kind = "mark"       // it cites nothing, or something that was not sent
	Figure     Kind = "figure"     // a number that is not there
	Unit       Kind = "unit"       // the number is there, of something else
	Qualifier  Kind = "qualifier"  // "over 100" became "100" or "under 100"
	Date       Kind = "date"       // a date that is not there
	Direction  Kind = "direction"  // rise and fall turned round
	Negation   Kind = "negation"   // said where it is denied, or the other way round
	Name       Kind = "name"       // a place, person or organisation that is not there
	Quotation  Kind = "quotation"  // words in quotation marks that are not there
	Swapped    Kind = "swapped"    // it is there, of another subject
	Unfounded  Kind = "unfounded"  // hardly a word of it is there
	Irrelevant Kind = "irrelevant" // what it cites does not speak of what was asked
	Link       Kind = "link"       // an address, which only we may give
	Unreadable Kind = "unreadable" // nothing in it can be compared
)

// Fault is why a sentence must not be said.
type Fault struct {
	Kind Kind
	What string // the part of the sentence, normalised
}

func (f *Fault) Error() string { return fmt.Sprintf("%s: %q is not in what it cites", f.Kind, f.What) }

// Source is what a sentence cites.
type Source struct {
	Text  string // the passage that the citation is in
	About string // what names its subject: titles, intertitle, place, newspaper
	Date  string // of the issue, 2006-01-02 or a beginning of it; "" if unknown
}

// Check returns what is wrong with a sentence of an answer to a question; nil if
// what it says stands in its sources. The sentence has no marks any more.
func Check(sentence, question string, sources []Source) *Fault {
	if strings.TrimSpace(sentence) == "" || !strings.ContainsFunc(sentence, zh.IsWord) {
		return &Fault{Unreadable, sentence}
	}
	if at := link.FindString(sentence); at != "" {
		return &Fault{Link, at}
	}
	e := newEvidence(sources)
	if e.holds(sentence) {
		return nil
	}
	c := newClaim(sentence, question, sources)
	for _, check := range []func(*claim, *evidence) *Fault{quotations, dates, figures, names, degrees, directions, negations, swapped, founded, relevant} {
		if f := check(c, e); f != nil {
			return f
		}
	}
	return nil
}

// WithoutLinks puts … in the place of each address, which only we may give.
func WithoutLinks(s string) string { return link.ReplaceAllString(s, "…") }

// link is an address or the markup of one.
var link = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]{1,10}://\S*|www\.\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|cn|net|org|info|io|me|top|xyz|cc|vip|site|online|gov|edu|biz|app|link|shop|ru|tk)\b(?:/\S*)?|\bt\.me/\S+`)

// text is a normalised text and what there is in it to compare.
type text struct {
	s         string
	terms     map[zh.Term]bool // single characters and pairs
	figures   []figure
	dates     []zh.Date
	sentences []zh.Span
	clauses   []zh.Span
}

func read(s string, anchor zh.Date) *text {
	s = sameWords.Replace(scale.ReplaceAllString(s, "$1$3$2")) // 600余万元 is 600万余元
	t := &text{s: s, terms: make(map[zh.Term]bool)}
	for _, term := range zh.AppendTerms(nil, s) {
		t.terms[term] = true
	}
	t.dates = zh.Dates(s, anchor)
	t.figures = figuresIn(s, t.dates)
	t.sentences = zh.Sentences(s)
	t.clauses = clausesOf(s)
	return t
}

var scale = regexp.MustCompile(`([\d一二三四五六七八九十百千])(余|多)(万|亿)`)

// sameWords writes what stands before figures one way.
var sameWords = strings.NewReplacer("总长度", "全长", "总长", "全长", "总额", "总计", "总数", "总计")

// clausesOf cuts a text at its punctuation; a comma within a number is none.
func clausesOf(s string) []zh.Span {
	var out []zh.Span
	start := 0
	for i, r := range s {
		if !strings.ContainsRune("，,。；;：:！!？?\n（）()…", r) || zh.InNumber(s, i) {
			continue
		}
		if i > start {
			out = append(out, zh.Span{Start: start, End: i})
		}
		start = i + utf8.RuneLen(r)
	}
	if start < len(s) {
		out = append(out, zh.Span{Start: start, End: len(s)})
	}
	return out
}

// around is the one of the spans that holds the place, zero if none does.
func around(spans []zh.Span, at int) zh.Span {
	for _, s := range spans {
		if s.Start <= at && at < s.End {
			return s
		}
	}
	return zh.Span{}
}

// evidence is all that a sentence cites, as one text: the passages first, then
// what names their subjects.
type evidence struct {
	*text
	squeezed string // only letters and digits
	about    int    // where in s the passages end
	known    []int  // terms of it that embed knows, see likeness
	latin    string // see pinyinOf
	issues   []zh.Date
}

func newEvidence(sources []Source) *evidence {
	e := &evidence{}
	var passages, about strings.Builder
	for _, s := range sources {
		passages.WriteString(zh.Normalize(s.Text) + "\n")
		about.WriteString(zh.Normalize(s.About) + "\n")
		if d := zh.ParseAnchor(s.Date); d.Year != 0 {
			e.issues = append(e.issues, d)
		}
	}
	var anchor zh.Date
	if len(e.issues) > 0 {
		anchor = e.issues[0]
	}
	e.about = passages.Len()
	e.text = read(passages.String()+about.String(), anchor)
	// Dates are resolved on the day of their own issue.
	if len(e.issues) > 1 {
		e.dates = nil
		for _, s := range sources {
			e.dates = append(e.dates, zh.Dates(zh.Normalize(s.Text+"\n"+s.About), zh.ParseAnchor(s.Date))...)
		}
	}
	e.squeezed = squeeze(e.s)
	return e
}

// holds reports whether the evidence has the sentence to the letter, punctuation
// aside: in one piece, or with omissions that … marks, and with a date in brackets
// that the one before it resolves to.
func (e *evidence) holds(sentence string) bool {
	from := 0
	for _, piece := range strings.FieldsFunc(sentence, func(r rune) bool { return strings.ContainsRune("…（）", r) }) {
		s := squeeze(zh.Normalize(piece))
		if s == "" || e.says(piece) {
			continue
		}
		at := strings.Index(e.squeezed[from:], s)
		if at < 0 {
			return false
		}
		// Not the tail of a longer number, nor a statement that a denial precedes.
		before, _ := utf8.DecodeLastRuneInString(e.squeezed[:from+at])
		first, _ := utf8.DecodeRuneInString(s)
		if unicode.IsDigit(before) && unicode.IsDigit(first) || strings.ContainsRune("不未没无非", before) {
			return false
		}
		from += at + len(s)
	}
	return true
}

// says reports whether the text is a date and nothing else, and the evidence says
// it.
func (e *evidence) says(date string) bool {
	s := zh.Normalize(date)
	dates := zh.Dates(s, zh.Date{})
	return len(dates) == 1 && dates[0].Start == 0 && dates[0].End == len(s) &&
		slices.ContainsFunc(e.dates, func(o zh.Date) bool { return o.Implies(dates[0]) })
}

// squeeze leaves letters, digits and what belongs to numbers.
func squeeze(s string) string {
	var b strings.Builder
	for i, r := range s {
		if zh.IsWord(r) || r == '%' || (r == '.' || r == ',') && zh.InNumber(s, i) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// claim is the sentence to be proven.
type claim struct {
	*text
	raw      string
	question *text
	english  bool // it is not Chinese: what it says can't be compared word by word
}

func newClaim(sentence, question string, sources []Source) *claim {
	var anchor zh.Date
	for _, s := range sources {
		if anchor = zh.ParseAnchor(s.Date); anchor.Year != 0 {
			break
		}
	}
	c := &claim{raw: sentence}
	s := sentence
	if English(s) {
		c.english = true
		s = fromEnglish(s)
	}
	c.text = read(zh.Normalize(s), anchor)
	c.question = read(zh.Normalize(question), anchor)
	return c
}

// English reports whether a text is mostly in Latin letters, titles and what else
// is quoted aside.
func English(s string) bool {
	latin, han := 0, 0
	for _, r := range quoted.ReplaceAllString(s, "") {
		switch {
		case zh.IsHan(r):
			han++
		case unicode.Is(unicode.Latin, r):
			latin++
		}
	}
	return latin > 2*han
}

var quoted = regexp.MustCompile(`《[^》]*》|“[^”]*”`)
