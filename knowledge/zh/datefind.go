package zh

import (
	"strings"
	"unicode/utf8"
)

// Dates finds the dates in text, which must be normalised, in order and without
// overlap. anchor is the date of the article (see [ParseAnchor]; the zero Date
// if unknown), against which 今年, 昨天, 3个月前 and 周三 are resolved.
//
// A month without a year takes the year that its sentence named before it
// (2023年5月开工，11月完工), else the one that puts it nearest to the anchor; a day
// alone takes the month named before it, else the anchor's. Where a sentence
// before it names another year or month than the anchor suggests, that part is
// left unknown. Of a range both ends are found (3至5月). What recurs (每年3月) has
// no year, and what resolves to nothing, such as 昨天 without an anchor, is left
// out, as are dates of the farmers' calendar and whatever only looks like a date:
// 3日内, 5年来, 100年, 1.2.3.
func Dates(text string, anchor Date) []Date {
	switch {
	case !isYear(anchor.Year) || !anchor.exists():
		anchor = Date{}
	case anchor.Month == 0:
		anchor.Day = 0
	}
	f := dateFinder{text: text, anchor: anchor}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		next := i + size
		switch {
		case r == '。' || r == '!' || r == '?' || r == '！' || r == '？' || r == '\n':
			f.yearBefore, f.lastBefore = true, true
		case isNumeral(r):
			next = f.numeral(i)
		case startsDateWord(r):
			next = max(next, f.word(i))
		}
		i = next
	}
	return f.out
}

type dateFinder struct {
	text       string
	anchor     Date
	year       int  // that the text named last, 0 before
	yearBefore bool // in a sentence before
	last       Date // found last
	lastBefore bool
	nearby     bool // the year of last was taken from the anchor only
	out        []Date
}

// named notes a year that the text names.
func (f *dateFinder) named(year int) { f.year, f.yearBefore = year, false }

// emit adds a date unless nothing is known of it.
func (f *dateFinder) emit(d Date, start, end int) {
	if !d.known() || !d.exists() {
		return
	}
	d.Span = Span{start, end}
	f.last, f.lastBefore, f.nearby = d, false, false
	f.out = append(f.out, d)
}

// isNumeral holds for what numbers of dates are written with, and for what makes
// other numbers of them (3万, 两).
func isNumeral(r rune) bool {
	switch r {
	case '〇', '一', '二', '三', '四', '五', '六', '七', '八', '九', '零', '○', '十', '百', '千', '万', '亿', '两':
		return true
	}
	return '0' <= r && r <= '9'
}

// count is a number that may belong to a date.
type count struct {
	start, end int
	n          int  // -1 if it can't belong to one
	year       bool // written as years are: four digits, not 一千二百
	digits     int  // characters
	chinese    bool
}

// countAt reads the whole run of numerals at text[i:], which may be none.
func (f *dateFinder) countAt(i int) count {
	c := count{start: i, end: i, n: -1}
	plain := true // no separator, one kind of numerals
	for c.end < len(f.text) {
		r, size := utf8.DecodeRuneInString(f.text[c.end:])
		if !isNumeral(r) {
			after := c.end + size
			if c.end == i || c.chinese || r != '.' && r != ',' || after == len(f.text) || f.text[after] < '0' || f.text[after] > '9' {
				break
			}
			plain = false
		}
		chinese := r >= utf8.RuneSelf
		if c.digits > 0 && chinese != c.chinese || strings.ContainsRune("百千万亿两", r) {
			plain = false
		}
		c.chinese = chinese
		c.digits++
		c.end += size
	}
	written := f.text[i:c.end]
	if !plain || c.digits == 0 || c.digits > 4 {
		return c
	}
	if c.chinese && c.digits > 1 && c.digits < 4 && !strings.Contains(written, "十") {
		return c // 一二月, 三五日: two numbers
	}
	if v, end, _, ok := number(f.text[:c.end], i); ok && end == c.end {
		c.n = int(v.Coef)
		for range v.Exp {
			c.n *= 10
		}
		c.year = c.digits == 4 && isYear(c.n) && !strings.Contains(written, "十")
	}
	return c
}

// unit returns the offset behind the unit at text[i:], a space before it
// included, or -1 if another stands there.
func (f *dateFinder) unit(i int, unit string) int {
	if i < 0 {
		return -1
	}
	i = f.space(i)
	if !strings.HasPrefix(f.text[i:], unit) {
		return -1
	}
	return i + len(unit)
}

func (f *dateFinder) space(i int) int {
	if i < len(f.text) && f.text[i] == ' ' {
		i++
	}
	return i
}

// to returns the offset behind the sign of a range at text[i:], -1 if there is
// none.
func (f *dateFinder) to(i int) int {
	for _, sign := range []string{"至", "到", "-", "—", "–", "~", "～", "、"} {
		if end := f.unit(i, sign); end >= 0 {
			return f.space(end)
		}
	}
	return -1
}

func (f *dateFinder) before(i int, words []string) bool {
	return hasSuffixAny(strings.TrimSuffix(f.text[:i], " "), words)
}

func (f *dateFinder) behind(i int, words []string) bool { return hasPrefixAny(f.text[i:], words) }

// Words beside a number by which it counts something, or is a date of another
// kind.
var (
	lasting   = strings.Fields("第 近 每 连续 为期 历时 持续 满 约 长达 共计 一共 逾 超过 超 过去 未来 最近 前 最后 今后 短短 不到 拘留 几 数")
	recurring = strings.Fields("每年 历年 往年 常年 年年 每年的")
	monthly   = strings.Fields("每月 每个月 每月的")
	lunar     = strings.Fields("农历 阴历 旧历 夏历")
	circa     = strings.Fields("近 约 达 逾 超 有 有着 超过 距今 大约 大概 长达 满 多达 几 数")

	yearsOf      = strings.Fields("历史 的历史 之久 一遇 不遇")
	roundYearsOf = strings.Fields("来 间 以上 老 文化 文明 风雨")
	monthsOf     = strings.Fields("龄 革命 怀胎 薪 租 天 余 有余")
	daysOf       = strings.Fields("内 以内 之内 以上 以下 游 龄 间 来 均 元 后 之后 以后")
	notDaysOf    = strings.Fields("内蒙 来到 来自 游客 后续 后台")
	timesOfDay   = strings.Fields("上午 下午 早 晚 凌晨 清晨 中午 傍晚 夜 深夜 前 起 至 到 开始 当天 当日")
	partsOfYear  = strings.Fields("年底 年初 年末 底 初 末")
)
