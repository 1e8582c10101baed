package proof

import (
	"slices"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge/zh"
)

// figure is a number with what it counts.
type figure struct {
	zh.Figure
	end     int        // behind the unit and what is said of the number there
	measure string     // what is measured: "length", "money"…; "" if things are counted
	amount  zh.Decimal // in the measure's base unit
	unit    string     // the things counted, "" if anything
	is      qualifier
	last    bool // nothing follows in its clause
	bound   bool // a word of another kind follows at once: 十四局
	aim     bool // it stands in front of 的: 超过15万元的目标 says that the aim is 15万元, too
}

// qualifier is how a number is meant.
type qualifier int

const (
	exactly qualifier = iota
	about             // 约, 近, 左右
	over              // 超过, 多, 余, 以上
	under             // 不足, 以内
)

// measures are units with the amount of the base unit that each is, as factor
// and power of ten.
var measures = map[string]struct {
	measure string
	factor  int64
	exp     int
}{
	"米": {"length", 1, 0}, "公里": {"length", 1, 3}, "千米": {"length", 1, 3}, "厘米": {"length", 1, -2}, "毫米": {"length", 1, -3}, "里": {"length", 5, 2},
	"平方米": {"area", 1, 0}, "公顷": {"area", 1, 4}, "平方公里": {"area", 1, 6}, "平方千米": {"area", 1, 6}, "亩": {"mu", 1, 0},
	"克": {"mass", 1, 0}, "公斤": {"mass", 1, 3}, "千克": {"mass", 1, 3}, "斤": {"mass", 5, 2}, "吨": {"mass", 1, 6},
	"元": {"yuan", 1, 0}, "块": {"yuan", 1, 0}, "块钱": {"yuan", 1, 0}, "人民币": {"yuan", 1, 0}, "角": {"yuan", 1, -1},
	"美元": {"dollar", 1, 0}, "欧元": {"euro", 1, 0}, "日元": {"yen", 1, 0}, "港元": {"hkd", 1, 0},
	"%": {"percent", 1, 0}, "‰": {"percent", 1, -1}, "成": {"percent", 1, 1}, "百分点": {"points", 1, 0}, "个百分点": {"points", 1, 0}, "倍": {"times", 1, 0},
	"秒": {"seconds", 1, 0}, "秒钟": {"seconds", 1, 0}, "分钟": {"seconds", 6, 1}, "小时": {"seconds", 36, 2}, "个小时": {"seconds", 36, 2},
	"天": {"days", 1, 0}, "日": {"days", 1, 0}, "周": {"days", 7, 0}, "星期": {"days", 7, 0}, "工作日": {"workdays", 1, 0}, "个工作日": {"workdays", 1, 0},
	"月": {"months", 1, 0}, "个月": {"months", 1, 0}, "年": {"months", 12, 0},
	"度": {"degrees", 1, 0}, "立方米": {"volume", 1, 0}, "毫升": {"millilitres", 1, 0}, "千瓦时": {"energy", 1, 0}, "千瓦": {"power", 1, 0}, "兆瓦": {"power", 1, 3},
	"岁": {"age", 1, 0},
}

// counted are units of things that are not to be taken for each other; all other
// measure words (个, 家, 项, 条…) say the same of a thing.
var counted = map[string]string{
	"人": "人", "名": "人", "位": "人", "人次": "人次", "户": "户", "村": "村", "镇": "镇", "乡": "乡", "县": "县", "市": "市", "省": "省", "区": "区", "国": "国",
	"台": "台", "辆": "辆", "艘": "艘", "匹": "匹", "头": "头", "只": "只", "棵": "株", "株": "株", "届": "届", "期": "期", "级": "级", "版": "版", "层": "层",
	"号线": "号", "号": "号",
}

// figuresIn finds the figures of a text that are not parts of its dates.
func figuresIn(s string, dates []zh.Date) []figure {
	var out []figure
next:
	for _, f := range zh.Figures(s) {
		if f.Of(s)+f.Unit == "十分" { // very
			continue
		}
		for _, d := range dates {
			if d.Start <= f.Start && f.End <= d.End {
				continue next
			}
		}
		out = append(out, newFigure(s, f))
	}
	return out
}

func newFigure(s string, f zh.Figure) figure {
	g := figure{Figure: f, end: f.End}
	rest := s[f.End:]
	for _, w := range []string{"多", "余", "来"} {
		if strings.HasPrefix(rest, w) {
			g.is, rest = over, rest[len(w):]
		}
	}
	unit := f.Unit
	rest = strings.TrimPrefix(rest, unit)
	if unit == "" {
		rest = strings.TrimLeft(rest, " ")
	}
	if unit == "个" { // 21个村 counts 村
		if w := firstRunes(strings.TrimLeft(rest, "行政自然试点名"), 1); counted[w] != "" {
			unit = w
		}
	}
	g.end = len(s) - len(rest)
	for _, w := range []string{"多", "余", "以上"} {
		if strings.HasPrefix(rest, w) {
			g.is, rest = over, rest[len(w):]
		}
	}
	for _, w := range []string{"以下", "以内", "之内"} {
		if strings.HasPrefix(rest, w) {
			g.is = under
		}
	}
	for _, w := range []string{"左右", "上下"} {
		if strings.HasPrefix(rest, w) {
			g.is = about
		}
	}
	next, _ := utf8.DecodeRuneInString(rest)
	g.bound = unit == "" && zh.IsHan(next)
	g.last = !zh.IsWord(next) && next != '-' && next != '+' && next != '"' && next != '”'
	g.aim = strings.HasPrefix(rest, "的")
	if g.is == exactly {
		g.is = qualified(s[:f.Start])
	}
	if m, ok := measures[unit]; ok && f.Digits == "" {
		g.measure, g.amount = m.measure, times(f.Value, m.factor, m.exp)
	} else {
		g.unit = counted[unit]
	}
	return g
}

var qualifiers = []struct {
	is    qualifier
	words []string
}{
	{under, strings.Fields("不足 不到 不满 未满 未达 不超过 不高于 不多于 低于 少于 小于 最多 至多 不超")},
	{over, strings.Fields("超过 超过了 超 突破 突破了 逾 高于 多于 大于 不少于 不低于 至少 最少 超出")},
	{about, strings.Fields("约 约为 大约 大约为 近 将近 接近 大概 大致 几乎 约有")},
}

// qualified is what the words before a number say of it.
func qualified(before string) qualifier {
	before = strings.TrimSuffix(strings.TrimRight(before, " "), "了")
	for _, q := range qualifiers {
		for _, w := range q.words {
			if strings.HasSuffix(before, w) {
				return q.is
			}
		}
	}
	return exactly
}

func times(d zh.Decimal, factor int64, exp int) zh.Decimal {
	coef := d.Coef * factor
	exp += d.Exp
	if coef == 0 {
		return zh.Decimal{}
	}
	for coef%10 == 0 {
		coef /= 10
		exp++
	}
	return zh.Decimal{Coef: coef, Exp: exp}
}

// sameNumber reports whether two figures are the same number, whatever they count.
func (f figure) sameNumber(g figure) bool {
	if f.measure != "" && f.measure == g.measure {
		return f.amount == g.amount
	}
	return f.Same(g.Figure)
}

// counts reports whether two figures may count the same things.
func (f figure) counts(g figure) bool {
	switch {
	case f.measure != "" && g.measure != "":
		return f.measure == g.measure
	case f.measure != "" || g.measure != "":
		// A bare number may be of anything, a counted thing is no measure.
		return f.Unit == "" || g.Unit == "" && !g.bound
	}
	return f.unit == "" || g.unit == "" || f.unit == g.unit
}

// Figures reports whether each number of a text stands in another, both
// normalised: 1,200 is 1200 is 一千二百, and a percentage only a percentage.
func Figures(text, in string) bool {
	return figures(&claim{text: read(text, zh.Date{})}, &evidence{text: read(in, zh.Date{})}) == nil
}

// figures checks each number of the claim: its amount, what it counts, and how
// it is meant.
func figures(c *claim, e *evidence) *Fault {
	for _, f := range c.figures {
		found := Figure
		for _, g := range e.figures {
			switch {
			case !f.sameNumber(g):
				continue
			case !f.counts(g) || !c.english && f.Unit == "" && g.Unit != "" && f.last:
				if found == Figure {
					found = Unit
				}
				continue
			case f.is != g.is && !(g.aim && f.is == exactly):
				found = Qualifier
				continue
			}
			found = ""
			break
		}
		if found == Figure && (e.dated(f) || c.lists(f)) {
			continue
		}
		if found != "" {
			return &Fault{found, c.s[f.Start:f.end]}
		}
	}
	return nil
}

// lists reports whether the claim itself enumerates as many things as the figure
// says: 四项内容：….
func (c *claim) lists(f figure) bool {
	if f.measure != "" || f.Value.Exp != 0 || f.Value.Coef < 2 || f.Value.Coef > 10 {
		return false
	}
	n := int64(1)
	for _, w := range []string{"、", "和", "与", "及"} {
		n += int64(strings.Count(c.s, w))
	}
	return strings.Contains(c.s, "、") && n >= f.Value.Coef
}

// dated reports whether the evidence says the number as a part of a date: a year
// or day that the claim does not say as one.
func (e *evidence) dated(f figure) bool {
	for _, d := range e.dates {
		for _, g := range zh.Figures(d.Of(e.s)) {
			if f.Same(g) && (f.Unit == "" || f.Unit == g.Unit) {
				return true
			}
		}
	}
	return false
}

// dates checks each date of the claim: somewhere the evidence says it, and the
// sentence that the claim rests on says no other year. Which day it was does not
// follow from the day of the issue.
func dates(c *claim, e *evidence) *Fault {
	for _, d := range c.dates {
		said := func(dates []zh.Date) bool {
			return slices.ContainsFunc(dates, func(o zh.Date) bool { return o.Implies(d) })
		}
		if !said(e.dates) && (d.Day != 0 || !said(e.issues)) {
			return &Fault{Date, d.Of(c.s)}
		}
		if c.english || d.Year == 0 || d.Month != 0 {
			continue
		}
		clause, shared := e.match(c, around(c.clauses, d.Start))
		if shared < 3 {
			continue
		}
		near := e.sentence(clause)
		var there []zh.Date
		for _, o := range e.dates {
			if near.Start <= o.Start && o.Start < near.End && o.Year != 0 {
				there = append(there, o)
			}
		}
		if len(there) > 0 && !said(there) {
			return &Fault{Date, d.Of(c.s)}
		}
	}
	return nil
}

// lastRunes is the end of s, at most n characters of it.
func lastRunes(s string, n int) string {
	i := len(s)
	for ; n > 0 && i > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return s[i:]
}
