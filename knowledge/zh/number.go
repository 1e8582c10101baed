package zh

import (
	"strings"
	"unicode/utf8"
)

// Decimal is an exact decimal number Coef × 10^Exp with Coef not divisible by
// ten unless it is zero, so that equal numbers are equal values.
type Decimal struct {
	Coef int64
	Exp  int
}

func decimal(coef int64, exp int) Decimal {
	if coef == 0 {
		return Decimal{}
	}
	for coef%10 == 0 {
		coef /= 10
		exp++
	}
	return Decimal{coef, exp}
}

// Figure is a number in a text, together with what it counts.
type Figure struct {
	Span           // the number with its scale (万, 亿), without its unit
	Value  Decimal // 3.7亿 is 370000000
	Unit   string  // the characters that say what it counts: "元", "米", "%"; "" if none
	Digits string  // the number as ASCII digits where it is too long for Value (over 18), else ""
}

// Same reports whether two figures are the same number.
func (f Figure) Same(g Figure) bool { return f.Value == g.Value && f.Digits == g.Digits }

// units are what a figure may count, longest first where one starts another.
// General vocabulary of measure words, written for this project.
var units = strings.Fields(`
个百分点 百分点 平方公里 平方千米 平方米 立方米 公里 千米 厘米 毫米 公顷 公斤 千克 毫升 千瓦时 兆瓦 千瓦
美元 欧元 日元 港元 人民币 元 块钱 块 角 分钟 秒钟 小时 个小时 个月 个工作日 工作日 天 周 星期 年 月 日 号 时 点 分 秒
人次 人 名 位 户 家 个 件 起 期 次 批 项 条 所 座 栋 幢 处 台 辆 艘 架 头 只 匹 棵 株 亩 吨 克 斤 米 度 倍 成 岁 届 版 层 级 类 种 款 套 间 场 支 部 本 张 份 道 面 根 环 村 镇 乡 县 市 省 区 国 路 号线 线 环 % ‰ ％`)

// Figures finds the numbers in text, in order: Arabic digits of either width
// with thousands separators and decimals, Chinese numerals, both with 万 and
// 亿, and 百分之. A Chinese numeral counts as a number only when a unit follows
// or it has at least two characters, since 一 is in most words ("一起").
func Figures(text string) []Figure {
	var out []Figure
	for i, size := 0, 0; i < len(text); i += size {
		r := hanAt(text, i)
		if size = 3; r == 0 {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		if !figureStarts.has(r) {
			continue
		}
		if f, ok := figureAt(text, i); ok {
			out = append(out, f)
			size = f.End - i
		}
	}
	return out
}

// figureStarts are the characters that a figure may begin with: digits of either
// width, Chinese ones, those of 十二 and 百分之.
var figureStarts = setOf("0123456789０１２３４５６７８９〇零○一二两兩三四五六七八九十百")

func figureAt(text string, i int) (Figure, bool) {
	if rest, ok := strings.CutPrefix(text[i:], "百分之"); ok {
		at := len(text) - len(rest)
		if v, end, _, ok := number(text, at); ok {
			return Figure{Span: Span{i, end}, Value: v, Unit: "%"}, true
		}
	}
	v, end, chinese, ok := number(text, i)
	if !ok {
		return Figure{}, false
	}
	f := Figure{Span: Span{i, end}, Value: v, Unit: unitAt(text[end:])}
	if !chinese && v.Coef == overflow {
		f.Value, f.Digits = Decimal{}, asciiDigits(text[i:end])
	}
	// 余 and 多 stand between a number and its unit: 300多亩, 16万余元.
	for _, about := range abouts {
		if f.Unit == "" && strings.HasPrefix(text[end:], about) {
			f.Unit = unitAt(text[end+len(about):])
		}
	}
	if f.Unit == "" && !chinese {
		if spaced, ok := strings.CutPrefix(text[end:], " "); ok { // 3517 辆, as some papers set it
			f.Unit = unitAt(spaced)
		}
	}
	if chinese && utf8.RuneCountInString(text[i:end]) < 2 && (f.Unit == "" || text[i:end] == "一" && strings.Contains(idioms, f.Unit)) {
		return Figure{}, false
	}
	if f.Unit == "％" {
		f.Unit = "%"
	}
	return f, true
}

// idioms are units before which 一 is more often a part of a word than a number:
// 一起, 一点, 一路, 一面.
const idioms = "起点路面线时道部级层度成本环间头号区"

// unitsFrom are the units by their first character.
var unitsFrom = func() map[rune][]string {
	m := make(map[rune][]string)
	for _, u := range units {
		first, _ := utf8.DecodeRuneInString(u)
		m[first] = append(m[first], u)
	}
	return m
}()

func unitAt(rest string) string {
	first, _ := utf8.DecodeRuneInString(rest)
	if first < utf8.RuneSelf && first != '%' {
		return metric(rest)
	}
	best := ""
	for _, u := range unitsFrom[first] {
		if len(u) > len(best) && strings.HasPrefix(rest, u) {
			best = u
		}
	}
	return best
}

// symbols are the units that are also written in Latin letters.
var symbols = []struct{ symbol, unit string }{
	{"km²", "平方公里"}, {"km2", "平方公里"}, {"m²", "平方米"}, {"m2", "平方米"}, {"m³", "立方米"}, {"m3", "立方米"},
	{"km", "公里"}, {"cm", "厘米"}, {"mm", "毫米"}, {"m", "米"}, {"kg", "公斤"}, {"ml", "毫升"},
}

// metric is the unit that the symbol stands for with which rest begins, "" if it
// begins with another word.
func metric(rest string) string {
	for _, s := range symbols {
		if behind, ok := strings.CutPrefix(rest, s.symbol); ok {
			if r, _ := utf8.DecodeRuneInString(behind); r >= utf8.RuneSelf || !IsWord(r) {
				return s.unit
			}
		}
	}
	return ""
}

// overflow marks a run of digits that does not fit an int64.
const overflow = -1

// abouts say that a number is a little more, or about so much.
var abouts = []string{"多", "余", "来"}

// number parses the number at text[i:], scale included: 3.7亿, 1,240, 一千二百,
// 16万, 十二点五. It also says whether it was written in Chinese numerals.
func number(text string, i int) (v Decimal, end int, chinese, ok bool) {
	v, end, ok = arabic(text, i)
	if !ok {
		v, end, ok = chineseNumeral(text, i)
		return v, end, true, ok
	}
	if v.Coef == overflow {
		return v, end, false, true
	}
	for { // 3万亿
		exp := 0
		for _, about := range abouts { // 600余万
			if behind, is := strings.CutPrefix(text[end:], about); is && (strings.HasPrefix(behind, "万") || strings.HasPrefix(behind, "亿")) {
				end += len(about)
			}
		}
		switch {
		case strings.HasPrefix(text[end:], "万"):
			exp = 4
		case strings.HasPrefix(text[end:], "亿"):
			exp = 8
		case strings.HasPrefix(text[end:], "千") && !strings.HasPrefix(text[end:], "千米") && !strings.HasPrefix(text[end:], "千克") && !strings.HasPrefix(text[end:], "千瓦"):
			exp = 3
		case strings.HasPrefix(text[end:], "百") && !strings.HasPrefix(text[end:], "百分"):
			exp = 2
		}
		if exp == 0 {
			return v, end, false, true
		}
		v = decimal(v.Coef, v.Exp+exp)
		end += 3
	}
}

func digitValue(r rune) (int64, bool) {
	switch {
	case '0' <= r && r <= '9':
		return int64(r - '0'), true
	case '０' <= r && r <= '９':
		return int64(r - '０'), true
	}
	return 0, false
}

// arabic parses digits of either width at text[i:]. A comma is a thousands
// separator only before exactly three digits, a point only before a digit.
func arabic(text string, i int) (v Decimal, end int, ok bool) {
	const most = 18 // digits that are sure to fit an int64
	var coef int64
	digits, exp, fraction := 0, 0, false
	end = i
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		if d, isDigit := digitValue(r); isDigit {
			if digits++; digits <= most {
				coef = coef*10 + d
			}
			if fraction {
				exp--
			}
			end += size
			continue
		}
		n, follow := digitsAfter(text[end+size:])
		switch {
		case digits > 0 && !fraction && (r == ',' || r == '，') && n == 3 && digits <= 3+separated(text[i:end]):
		case digits > 0 && !fraction && (r == '.' || r == '．' || r == '·' && follow) && n > 0:
			fraction = true
		default:
			if digits == 0 {
				return Decimal{}, i, false
			}
			return finish(coef, exp, digits, most), end, true
		}
		end += size
	}
	if digits == 0 {
		return Decimal{}, i, false
	}
	return finish(coef, exp, digits, most), end, true
}

func finish(coef int64, exp, digits, most int) Decimal {
	if digits > most {
		return Decimal{Coef: overflow}
	}
	return decimal(coef, exp)
}

// separated is how many digits more than three may stand before a thousands
// separator: any number once there was a separator before.
func separated(s string) int {
	if strings.ContainsAny(s, ",，") {
		return len(s)
	}
	return 0
}

// digitsAfter counts the digits s starts with, up to four. follow is whether
// there is at least one.
func digitsAfter(s string) (n int, follow bool) {
	for _, r := range s {
		if _, ok := digitValue(r); !ok || n == 4 {
			break
		}
		n++
	}
	return n, n > 0
}

func asciiDigits(s string) string {
	var b strings.Builder
	for _, r := range s {
		if d, ok := digitValue(r); ok {
			b.WriteByte(byte('0' + d))
		}
	}
	return b.String()
}

const longestNumeral = 120 // bytes; what is longer is no number, and must not be read again from each of its characters

func chineseDigit(r rune) (int64, bool) {
	switch r {
	case '〇', '零', '○':
		return 0, true
	case '一':
		return 1, true
	case '二', '两', '兩':
		return 2, true
	case '三':
		return 3, true
	case '四':
		return 4, true
	case '五':
		return 5, true
	case '六':
		return 6, true
	case '七':
		return 7, true
	case '八':
		return 8, true
	case '九':
		return 9, true
	}
	return 0, false
}

// chineseNumeral parses 一千二百三十四万, 二〇二四, 十二点五, 两百, 半 not.
func chineseNumeral(text string, i int) (v Decimal, end int, ok bool) {
	var total, section, digit int64 // the sum of 万 and 亿 parts, the part below 万, the digit that waits for its place
	end = i
	seen, run := false, 0
	for end < len(text) && end-i < longestNumeral {
		r, size := utf8.DecodeRuneInString(text[end:])
		if d, isDigit := chineseDigit(r); isDigit {
			if run++; run > 15 {
				return Decimal{}, i, false
			}
			if run > 1 {
				digit = digit*10 + d // 二〇二四: read digit by digit
			} else {
				digit = d
			}
			seen = true
			end += size
			continue
		}
		place := int64(0)
		switch r {
		case '十':
			place = 10
		case '百':
			place = 100
		case '千':
			place = 1000
		case '万', '亿':
			if !seen || total > 1e13 || section+digit > 1e11 {
				return result(total, section, digit, i, end, seen, text)
			}
			scale := int64(1e4)
			if r == '亿' {
				scale = 1e8
			}
			if total < scale { // 三万亿: all so far counts 亿
				total = (total + section + digit) * scale
			} else { // 三亿七千万
				total += (section + digit) * scale
			}
			section, digit, run = 0, 0, 0
			end += size
			continue
		}
		if place == 0 || !seen && place != 10 || run > 1 {
			break
		}
		if strings.HasPrefix(text[end:], "百分") || strings.HasPrefix(text[end:], "千米") || strings.HasPrefix(text[end:], "千克") {
			break
		}
		if run == 0 {
			digit = 1 // 十二
		}
		section += digit * place
		digit, run, seen = 0, 0, true
		end += size
	}
	return result(total, section, digit, i, end, seen, text)
}

func result(total, section, digit int64, start, end int, seen bool, text string) (Decimal, int, bool) {
	if !seen || end == start {
		return Decimal{}, start, false
	}
	coef, exp := total+section+digit, 0
	if rest, ok := strings.CutPrefix(text[end:], "点"); ok { // 十二点五
		at := end + len("点")
		for _, r := range rest {
			d, isDigit := chineseDigit(r)
			if !isDigit || coef > 1e15 {
				break
			}
			coef, exp = coef*10+d, exp-1
			at += utf8.RuneLen(r)
		}
		if exp < 0 {
			end = at
		}
	}
	return decimal(coef, exp), end, true
}
