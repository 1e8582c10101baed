package page

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"xiangwen/knowledge/ngram"
	"xiangwen/knowledge/zh"
)

// ending is how a line ends.
type ending uint8

const (
	endsOpen   ending = iota // in mid-sentence, as a headline does
	endsComma                // with a mark that a sentence goes on behind
	endsColon                // with a colon
	endsCloser               // with a closing quote or bracket, no stop before it
	endsStop                 // with the end of a sentence
)

// form is what a line looks like by itself.
type form struct {
	length      int // characters
	end         ending
	stops       int // ends of sentences inside, not counting one at the end
	commas      int
	unopened    int  // closing quotes and brackets that nothing here opens
	unclosed    int  // opening ones that nothing here closes
	spaced      bool // has white space inside
	dash        bool // starts with a dash, as subtitles do
	headless    bool // starts with a mark that nothing starts with
	quoted      bool // starts with an opening quote
	digit       bool // starts with a digit
	speaker     bool // has the word 记者 or 通讯员
	byline      byline
	isByline    bool
	dateline    int // length in bytes of the dateline it starts with
	endByline   bool
	endPhoto    bool // ends with a photo credit in brackets
	furniture   bool
	pointer     bool // furniture beyond doubt: says so itself
	notice      noticeForm
	colonInside bool
	lead        bool    // says near its start when something happened
	period      bool    // ends with a full stop
	item        bool    // starts with a number as items of a list do
	start       float64 // bits, how well its first characters start a paragraph
}

type noticeForm uint8

const (
	noNotice noticeForm = iota
	noticeTitle
	noticeText
)

func formOf(text string, runes []rune) form {
	f := form{length: len(runes), end: endingOf(runes)}
	f.countMarks(runes)
	f.spaced = strings.ContainsFunc(text[:min(len(text), 200)], unicode.IsSpace)
	first := runes[0]
	f.dash = first == '—' || first == '–' || first == '─' || first == '―'
	f.headless = strings.ContainsRune("，。、；：！？）》」』”’,;:!?)]】…%％", first)
	f.quoted = strings.ContainsRune("“‘「『\"", first)
	f.digit = unicode.IsDigit(first)
	f.colonInside = f.length <= 60 && slices.ContainsFunc(runes[1:max(1, len(runes)-1)], func(r rune) bool { return r == '：' || r == ':' })
	f.lead = leadRE.MatchString(string(runes[:min(60, len(runes))]))
	f.period = strings.HasSuffix(strings.TrimRight(text, closers), "。")
	f.item = itemRE.MatchString(text[:min(len(text), 40)])
	f.start = ngram.News.Opening(runes[:min(2, len(runes))])
	_, _, f.dateline = dateline(text)
	if b, _, ok := endByline(text); ok {
		f.endByline, f.endPhoto = !b.photo, b.photo
	}
	f.notice = noticeOf(text, f.length)
	if f.length <= 80 {
		f.speaker = strings.Contains(text, "记者") || strings.Contains(text, "通讯员")
		if f.length <= 60 {
			f.byline, f.isByline = parseByline(text)
		}
		f.pointer = isPointer(text, f.length)
		f.furniture = f.pointer || isFurniture(text, f.length)
	}
	return f
}

const (
	stops   = "。！？!?…｡"
	closers = "”’』」）】〕》〉)]\""
)

func endingOf(runes []rune) ending {
	i := len(runes) - 1
	for i > 0 && strings.ContainsRune(closers, runes[i]) {
		i--
	}
	switch {
	case strings.ContainsRune(stops, runes[i]), runes[i] == '.' && i > 0 && isLatin(runes[i-1]):
		return endsStop
	case i < len(runes)-1:
		return endsCloser
	case strings.ContainsRune("，、；,;—－-－", runes[i]):
		return endsComma
	case runes[i] == '：' || runes[i] == ':':
		return endsColon
	}
	return endsOpen
}

func (f *form) countMarks(runes []rune) {
	var open []rune
	for i, r := range runes {
		switch {
		case strings.ContainsRune(stops, r):
			if i < len(runes)-2 {
				f.stops++
			}
		case r == '，' || r == ',' || r == '；':
			f.commas++
		case strings.ContainsRune("“‘「『（《【(", r):
			open = append(open, r)
		case strings.ContainsRune("”’」』）》】)", r):
			if n := len(open); n > 0 {
				open = open[:n-1]
			} else {
				f.unopened++
			}
		}
	}
	f.unclosed = len(open)
}

var leadRE = regexp.MustCompile(`近日|日前|连日来|近期|今天|昨天|今日|昨日|当天|今年以来|近年来|\d日|\d月|月\p{Han}旬|记者从|获悉|据悉`)

var itemRE = regexp.MustCompile(`^(?:[（(][一二三四五六七八九十\d]{1,3}[）)]|[一二三四五六七八九十]{1,3}、|\d{1,2}(?:、|\.\D)|[①-⑳])`)

// body reports whether the line can only be running text.
func (f *form) body() bool {
	return f.length > 45 || f.end == endsStop && f.length > 12 || f.stops > 0 || f.dateline > 0
}

var (
	noticeTitleRE = regexp.MustCompile(`^\p{Han}{0,14}?(?:公告|启事|声明|通告|讣告|公示|更正|遗失|注销|挂失)$`)
	noticeTextRE  = regexp.MustCompile(`特此(?:公告|声明|通告|启事|公示|更正|通知)|(?:声明|宣布|特此)作废|登报声明|敬请(?:周知|谅解)[。！]?$|遗失.{0,40}作废|债权人.{0,30}申报债权`)
)

func noticeOf(text string, length int) noticeForm {
	switch {
	case length <= 20 && noticeTitleRE.MatchString(text):
		return noticeTitle
	case length <= 600 && noticeTextRE.MatchString(text):
		return noticeText
	}
	return noNotice
}

var (
	folioDateRE = regexp.MustCompile(`(\d{4})\s*[年.\-/]\s*(\d{1,2})\s*[月.\-/]\s*(\d{1,2})\s*日?`)
	folioPageRE = regexp.MustCompile(`第?\s*([A-Z]?\d{1,3}|[一二三四五六七八九十]{1,3})\s*版`)
	paperRE     = regexp.MustCompile(`\p{Han}{2,6}(?:日报|晚报|晨报|早报|都市报|时报|周报|商报)`)
	weekdayRE   = regexp.MustCompile(`星期[一二三四五六日天]|周[一二三四五六日]|农历\p{Han}{2,12}`)
	staffRE     = regexp.MustCompile(`本版(?:责编|编辑|主编)?|(?:责任|美术|文字|图片|值班|执行)(?:编辑|校对|主任|主编|总编)|责编|美编|版式设计|(?:^|\s)(?:版式|编辑|设计|校对|组版|审读|主编|统筹|制图)(?:[\s:：]|$)`)
	contactRE   = regexp.MustCompile(`(?i)https?://|www\.|[a-z0-9._-]+@[a-z0-9.-]+|(?:电话|热线|传真|邮箱|邮编|网址|投稿|新闻热线|订报|广告)[^。]{0,12}[:：]|国内统一(?:连续出版物号|刊号)|CN\s*\d{2}|邮发代号|零售价|总第\s*\d+\s*期`)
	jumpRE      = regexp.MustCompile(`^[（(【]?\s*(?:下转|上接|紧接|转|接)第?\s*[A-Z]?[\d一二三四五六七八九十]{1,3}\s*版.{0,12}$`)
	pointerRE   = regexp.MustCompile(`^(?:上一篇|下一篇|来源|原标题|编辑|责任编辑|记者邮箱)\s*[:：]`)
	barePageRE  = regexp.MustCompile(`^[A-Z]?\d{1,3}\s+\p{Han}{2,6}$|^\p{Han}{2,6}\s+[A-Z]?\d{1,3}$|^[A-Z]?\d{1,3}$`)
)

// isPointer reports whether the line points elsewhere: to another page, to the
// source, to the newspaper's telephone.
func isPointer(text string, length int) bool {
	return !strings.ContainsAny(text, "。！？") &&
		(jumpRE.MatchString(text) || length <= 40 && pointerRE.MatchString(text) || contactRE.MatchString(text))
}

// isFurniture reports whether the line belongs to the page rather than to an
// article: page number, section, date, staff, how to reach the paper.
func isFurniture(text string, length int) bool {
	if strings.ContainsAny(text, "。！？") || length > 80 {
		return false
	}
	if barePageRE.MatchString(text) {
		return true
	}
	rest := text
	marks := 0 // kinds of it found
	for _, re := range []*regexp.Regexp{paperRE, folioDateRE, folioPageRE, weekdayRE, staffRE} {
		cut := re.ReplaceAllString(rest, " ")
		if cut != rest {
			marks++
		}
		rest = cut
	}
	if marks == 0 || strings.ContainsAny(rest, "，；“”《》") {
		return false
	}
	others := 0 // what is left: a section's name, the staff's names
	for _, word := range strings.Fields(rest) {
		n := 0
		for _, r := range word {
			if zh.IsHan(r) {
				n++
			}
		}
		if n > 6 {
			return false
		}
		if !isName(word) {
			others += n
		}
	}
	return others <= 6
}
