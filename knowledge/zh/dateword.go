package zh

import (
	"strings"
	"unicode/utf8"
)

// startsDateWord reports whether a word for a date may begin with r.
func startsDateWord(r rune) bool {
	switch r {
	case '今', '去', '前', '明', '后', '本', '上', '下', '这', '昨', '当', '同', '次', '翌', '周', '星', '礼', '年', '大':
		return true
	}
	return false
}

// reach is what a word names.
type reach int

const (
	aDay reach = iota
	aMonth
	aYear
	thatYear // a year counted from the one that the text named last
)

// dateWords are words for dates counted from the anchor's, longest first where
// one starts another. notAfter and notBefore are characters with which they are
// parts of other words: 过去年均, 文明年, 光明日报.
var dateWords = []struct {
	word                string
	reach               reach
	n                   int
	notAfter, notBefore string
}{
	{"今年", aYear, 0, "", "均"}, {"本年", aYear, 0, "成日", "均"}, {"去年", aYear, -1, "过失", "均"},
	{"前年", aYear, -2, "此以之目先提从年月天", "均度"}, {"明年", aYear, 1, "文光说表证透", "均"},
	{"后年", aYear, 2, "今此以之然建产成投年月天最前", "均产收增销利度"},
	{"本月", aMonth, 0, "成日基样", "均薪"}, {"这个月", aMonth, 0, "", ""},
	{"上月", aMonth, -1, "以马", "均薪租"}, {"上个月", aMonth, -1, "以", ""},
	{"下月", aMonth, 1, "天以", "均薪租"}, {"下个月", aMonth, 1, "", ""},
	{"昨天", aDay, -1, "", ""}, {"昨日", aDay, -1, "", ""}, {"昨晚", aDay, -1, "", ""}, {"昨夜", aDay, -1, "", ""},
	{"今天", aDay, 0, "", ""}, {"今日", aDay, 0, "如至", "均报头"}, {"今晚", aDay, 0, "", "报"}, {"今晨", aDay, 0, "", ""}, {"今早", aDay, 0, "", ""},
	{"明天", aDay, 1, "", ""}, {"明日", aDay, 1, "光文", "报均"}, {"明晚", aDay, 1, "", ""},
	{"大前天", aDay, -3, "", ""}, {"前天", aDay, -2, "此以之目日天年月", ""}, {"后天", aDay, 2, "此以之日天年月先", "努性"},
	{"当年", thatYear, 0, "", "均"}, {"同年", thatYear, 0, "不", "级"}, {"次年", thatYear, 1, "", ""}, {"翌年", thatYear, 1, "", ""},
}

// word reads a word for a date at text[i:] with the month and day behind it. It
// returns the offset behind, or i if there is none.
func (f *dateFinder) word(i int) int {
	for _, w := range dateWords {
		if !strings.HasPrefix(f.text[i:], w.word) {
			continue
		}
		end := i + len(w.word)
		if f.besides(i, end, w.notAfter, w.notBefore) {
			return i
		}
		switch w.reach {
		case aDay:
			if f.anchor.Day > 0 {
				f.emit(f.anchor.plusDays(w.n), i, end)
			}
		case aMonth:
			var d Date
			if f.anchor.Month > 0 {
				d = f.anchor.plusMonths(w.n)
			}
			return f.inMonth(d, i, end)
		case aYear:
			return f.anchoredYear(w.n, i, end)
		case thatYear:
			return f.namedYear(w.n, i, end)
		}
		return end
	}
	if end := f.weeks(i); end > i {
		return end
	}
	for _, century := range []string{"上世纪", "上个世纪", "本世纪"} {
		if strings.HasPrefix(f.text[i:], century) {
			first := 1900
			if f.anchor.Year > 0 {
				first = f.anchor.Year/100*100 - 100
			}
			if century == "本世纪" {
				first += 100
			}
			return f.decade(i, i+len(century), first)
		}
	}
	return f.partOfYear(i)
}

// besides reports whether one of the characters stands before start or behind
// end.
func (f *dateFinder) besides(start, end int, before, behind string) bool {
	p, _ := utf8.DecodeLastRuneInString(f.text[:start])
	n, _ := utf8.DecodeRuneInString(f.text[end:])
	return strings.ContainsRune(before, p) || strings.ContainsRune(behind, n)
}

func (f *dateFinder) anchoredYear(n, start, end int) int {
	if f.anchor.Year == 0 {
		f.named(0) // another year than the one named before
		return f.inYear(Date{}, start, end)
	}
	return f.year4(f.anchor.Year+n, start, end)
}

// namedYear reads 当年, 同年 and 次年, which say something only with a month or
// where the text has named a year.
func (f *dateFinder) namedYear(n, start, end int) int {
	year := f.year
	if year == 0 {
		year = f.last.Year
	}
	if year > 0 {
		year += n
	}
	m := f.countAt(f.space(end))
	if behind := f.unit(m.end, "月"); !f.isMonth(m, behind) && (m.n < 0 || f.to(m.end) < 0) {
		return end
	}
	if year > 0 {
		f.named(year)
	}
	return f.inYear(Date{Year: year}, start, end)
}

// inMonth emits a month counted from the anchor, with the day behind it.
func (f *dateFinder) inMonth(d Date, start, end int) int {
	if d.Year > 0 {
		return f.month(d, false, start, end)
	}
	day := f.countAt(f.space(end))
	if behind := max(f.unit(day.end, "日"), f.unit(day.end, "号")); behind > 0 && day.n > 0 {
		f.emit(Date{Day: day.n}, start, behind)
		return behind
	}
	return end
}

// weeks reads 上周, 本周三, 下个星期五, 周三 and 星期天, for which the anchor must
// have a day.
func (f *dateFinder) weeks(i int) int {
	at, shift, which := i, 0, false
	for _, w := range []struct {
		word  string
		shift int
	}{{"上个", -1}, {"下个", 1}, {"这个", 0}, {"上", -1}, {"下", 1}, {"本", 0}, {"这", 0}} {
		if strings.HasPrefix(f.text[i:], w.word) {
			at, shift, which = i+len(w.word), w.shift, true
			break
		}
	}
	word := ""
	for _, w := range []string{"周", "星期", "礼拜"} {
		if strings.HasPrefix(f.text[at:], w) {
			word = w
			break
		}
	}
	if word == "" {
		return i
	}
	end := at + len(word)
	day, size := weekday(f.text[end:], word)
	switch {
	case which && day > 0:
		end += size
		if f.anchor.Day > 0 {
			f.emit(f.anchor.plusDays(day-f.anchor.weekday()+7*shift), i, end)
		}
	case which:
		if f.besides(i, end, "以", "期年岁边转") {
			return i // 上周期, 本周年
		}
		if f.anchor.Day > 0 {
			f.emit(f.anchor.week(shift), i, end)
		}
	case day > 0:
		end += size
		// 一周三次, 每周三; 周一至周五 is what recurs
		if f.besides(i, end, "每逢隔第单双几两半个四0123456789〇一二三五六七八九十至到-—~、和与及", "至到-—~、") {
			return end
		}
		if f.anchor.Day > 0 {
			f.emit(f.anchor.nearestWeekday(day), i, end)
		}
	default:
		return i
	}
	return end
}

// weekday is the day that text begins with behind 周 or 星期, 1 for Monday, and
// its length; 0 if it is none.
func weekday(text, word string) (day, size int) {
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case r == '日', r == '天' && word != "周":
		return 7, size
	case r >= '1' && r <= '6':
		return int(r - '0'), size
	}
	if v, ok := chineseDigit(r); ok && v >= 1 && v <= 6 && r != '两' && r != '兩' {
		return int(v), size
	}
	return 0, 0
}

// partOfYear reads 年底, 年初 and 年末, which are of the year named before or the
// anchor's.
func (f *dateFinder) partOfYear(i int) int {
	for _, part := range []string{"年底", "年初", "年末"} {
		if strings.HasPrefix(f.text[i:], part) {
			end := i + len(part)
			if f.besides(i, end, "年每历全当往常多半几近次同周数这那0123456789〇一二三四五六七八九十百千", "") {
				return i
			}
			d := Date{Year: f.year}
			if f.year == 0 {
				d.Year = f.anchor.Year
			} else if f.yearBefore && f.anchor.Year > 0 && f.year != f.anchor.Year {
				d.Year = 0
			}
			f.emit(d, i, end)
			return end
		}
	}
	return i
}
