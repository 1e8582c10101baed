package zh

import (
	"math/bits"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge/ngram"
)

// Answers returns where text, which must be normalised, has something of the
// kind that the question asks for and does not hold itself: a figure with a
// fitting unit for a number, a date for a time, and so on. The kinds What and
// YesNo have no form; for them there is nothing to find.
func (q Question) Answers(text string) []Span {
	var found []Span
	switch q.Kind {
	case Number:
		found = q.figures(text)
	case Time:
		found = times(text)
	case Person:
		found = persons(text)
	case Place:
		found = append(endingIn(text, placeEndings, 2), words(text, placeWords)...)
	case Org:
		found = endingIn(text, orgEndings, 2)
	case Name:
		found = append(Quotations(text), words(text, namingWords)...)
	case List:
		found = lists(text)
	case Reason:
		found = words(text, reasonWords)
	case How:
		found = words(text, howWords)
	}
	kept := found[:0]
	for _, s := range found {
		if !strings.Contains(q.Text, s.Of(text)) {
			kept = append(kept, s)
		}
	}
	return kept
}

// vagueTimes say when only together with something else, or only when it was
// written.
var vagueTimes = strings.Fields("今日 今天 近日 日前 以来 时期 初期 末期 期间 上午 下午 晚上 凌晨 清晨 傍晚")

// pastTimes are what else says when: 西周, 唐末, 在起义中瓦解, 任职期满后，.
var pastTimes = regexp.MustCompile(`[夏商周秦汉魏晋隋唐宋元明清](?:朝|代|末|初|时|中)|西周|东周|春秋|战国|王朝|幕末|的时候|之际|当天|当日|早上|在[^，,。]{2,30}中[^国央心间部]|[^今最前先]后[，,]|[^同及准平小按]时[，,]`)

// Suits reports whether an answer, normalised, has the form that every answer to
// the question has: a fitting figure for how many, a time for when that is more than
// 今天 or 近日. Kinds without such a form are suited by anything.
func (q Question) Suits(answer string) bool {
	switch q.Kind {
	case Number:
		return len(q.Answers(answer)) > 0 || approximate.MatchString(answer) || !q.Measure && slices.ContainsFunc(Figures(answer), func(f Figure) bool {
			return f.Unit == "" && (strings.HasSuffix(f.Of(answer), "万") || strings.HasSuffix(f.Of(answer), "亿")) // about 150万 speak it
		})
	case Time:
		return slices.ContainsFunc(q.Answers(answer), func(s Span) bool {
			return strings.ContainsFunc(s.Of(answer), isNumeral) || !slices.Contains(vagueTimes, s.Of(answer)) ||
				s.Start > 0 && endsInNumeral(answer[:s.Start])
		}) || pastTimes.MatchString(answer)
	}
	return true
}

// approximate are amounts without a figure.
var approximate = regexp.MustCompile(`一半|半数|过半|全部|所有|数[十百千万亿]|上[百千万亿]|成[百千]|一个|一名|一只|\d ?[:：] ?\d`)

func endsInNumeral(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return isNumeral(r)
}

// dimensions are the words of a measure, by the character that asks for it.
var dimensions = map[string][]string{
	"长": {"长", "里程", "length"}, "高": {"高", "海拔"}, "宽": {"宽"}, "远": {"距", "远", "相隔"}, "深": {"深"}, "重": {"重"},
}

// Measures reports whether one of the answers in text stands right behind a word of
// the dimension that the question asks for: 全长6379米 for 多长, not 掘进2000米.
func (q Question) Measures(text string, answers []Span) bool {
	const reach = 5 * 3 // bytes of five characters: 全长约为, 长度超过
	for _, a := range answers {
		before := text[max(0, a.Start-reach):a.Start]
		if i := strings.LastIndexAny(before, ",。;，；、"); i >= 0 {
			before = before[i:]
		}
		for _, w := range dimensions[q.Dimension] {
			if strings.Contains(before, w) {
				return true
			}
		}
	}
	return false
}

// HasForm reports whether every answer of this kind shows it by its form, so
// that a text without it can't be the answer.
func (k Kind) HasForm() bool {
	return k == Number || k == Time || k == Person || k == Place || k == Org
}

// General vocabulary of Chinese news and reference prose, written for this
// project.
var (
	timeWords = wordList("今年 去年 前年 明年 昨日 昨天 今日 今天 明天 近日 日前 上月 本月 下月 年初 年底 年中 上午 下午 晚上 凌晨 清晨 傍晚 " +
		"中旬 上旬 下旬 春季 夏季 秋季 冬季 春天 夏天 秋天 冬天 以来 时期 初期 末期 期间 周一 周二 周三 周四 周五 周六 周日 周末 星期 世纪 年代 春节 国庆 暑假 寒假")
	placeWords   = wordList("位于 坐落 地处 境内 沿岸 一带 北部 南部 东部 西部 中部 中国 日本 美国 英国 法国 德国 台湾 香港 澳门 北京 上海 天津 重庆")
	namingWords  = wordList("称为 被称 名为 叫做 叫作 称作 取名 命名 又称 简称 俗称 别称 别名 全名 原名 译名 题为 名叫")
	reasonWords  = wordList("因为 由于 因此 因而 因 原因 所以 为了 以免 以便 导致 致使 使得 缘于 源于 旨在 鉴于 在于 有利于 有助于 由此")
	howWords     = wordList("通过 采用 采取 利用 运用 借助 依托 按照 推行 实行 开展 方式 形式 用 将 以")
	listWords    = wordList("包括 分别 以及 等")
	placeEndings = setOf("省市县区镇乡村路街道场园厦楼馆站港岛山河湖海江国州城屯寨湾桥寺庙")
	orgEndings   = setOf("司团局部委院校学会心行厂社所队站馆织构府办台报党军署厅处盟厂")
)

// Surnames are single characters that most Chinese family names are: the most
// frequent ones, which cover some 95 in 100 people.
const Surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"

var surnames = setOf(Surnames)

// IsSurname reports whether r is one of the usual surnames, in either script.
func IsSurname(r rune) bool { return surnames.has(Simplify(r)) }

var (
	offices = strings.Fields("书记 主任 经理 局长 县长 市长 省长 镇长 乡长 村长 区长 部长 处长 科长 院长 校长 所长 会长 主席 总裁 董事长 总理 总统 教授 专家 记者 队长 站长 厂长 馆长 " +
		"干部 村民 居民 员工 学员 代表 委员 院士 医生 教师 老师 工程师 负责人 发言人 导演 演员 作家 诗人 歌手 将军 皇帝 国王 大臣 教练 球员 选手 运动员 创始人 作者 司令 " +
		"先生 女士 博士 长子 次子 儿子 女儿 父亲 母亲 妻子 丈夫 民警 司机 法官")
	spoke = strings.Fields("说 表示 介绍 告诉 认为 指出 担任 出任 任 率 等 先生 女士 （ ( 为 获 创 和")

	// Most characters end no office and begin no word of the other.
	officeEnds = func() *runeSet {
		ends := new(runeSet)
		for _, w := range offices {
			last, _ := utf8.DecodeLastRuneInString(w)
			ends.add(last)
		}
		return ends
	}()
	spokeStarts = startsOf(spoke)
)

// runeSet is a set of characters below U+10000, a bit each.
type runeSet [1 << 16 / 64]uint64

func setOf(s string) *runeSet {
	set := new(runeSet)
	for _, r := range s {
		set.add(r)
	}
	return set
}

// startsOf is the set of the characters that the words begin with.
func startsOf(words []string) *runeSet {
	set := new(runeSet)
	for _, w := range words {
		first, _ := utf8.DecodeRuneInString(w)
		set.add(first)
	}
	return set
}

func (s *runeSet) add(r rune)      { s[r>>6] |= 1 << (r & 63) }
func (s *runeSet) has(r rune) bool { return uint32(r) < 1<<16 && s[r>>6]>>(r&63)&1 == 1 }

// wordsToFind are up to 64 words and, by the last byte of a character's number,
// which of them may begin with it, a bit each.
type wordsToFind struct {
	list   []string
	starts [256]uint64
}

func wordList(words string) *wordsToFind {
	w := &wordsToFind{list: strings.Fields(words)}
	for i, word := range w.list {
		first, _ := utf8.DecodeRuneInString(word)
		w.starts[byte(first)] |= 1 << i
	}
	return w
}

// words finds each of the words in text, in the order of the list.
func words(text string, of *wordsToFind) []Span {
	var found uint64
	for i, r := range text {
		for may := of.starts[byte(r)] &^ found; may != 0; may &= may - 1 {
			if w := bits.TrailingZeros64(may); strings.HasPrefix(text[i:], of.list[w]) {
				found |= 1 << w
			}
		}
	}
	var out []Span
	for ; found != 0; found &= found - 1 {
		w := of.list[bits.TrailingZeros64(found)]
		for from := 0; ; {
			i := strings.Index(text[from:], w)
			if i < 0 {
				break
			}
			out = append(out, Span{from + i, from + i + len(w)})
			from += i + len(w)
		}
	}
	return out
}

// endingIn finds runs of Chinese characters that end in one of the set and have
// at least least characters, up to four of them: 枫田镇, 供电公司.
func endingIn(text string, set *runeSet, least int) []Span {
	var out []Span
	var starts []int // of the characters of the run so far
	for i, r := range text {
		if !IsHan(r) {
			starts = starts[:0]
			continue
		}
		starts = append(starts, i)
		if set.has(r) && len(starts) >= least {
			out = append(out, Span{starts[max(0, len(starts)-4)], i + utf8.RuneLen(r)})
		}
	}
	return out
}

// lists finds enumerations: three or more things with 、 between them, or two
// with a word that introduces or ends a list.
func lists(text string) []Span {
	out := words(text, listWords)
	if i := strings.Index(text, "、"); i >= 0 {
		out = append(out, Span{i, strings.LastIndex(text, "、") + len("、")})
	}
	return out
}

// Quotations finds what stands between quotation marks, marks included.
func Quotations(text string) []Span {
	var out []Span
	for i, r := range text {
		var close rune
		switch r {
		case '“', '「', '『', '《':
			close = closerOf(r)
		case '"':
			close = r
		default:
			continue
		}
		after := i + utf8.RuneLen(r)
		if end := strings.IndexRune(text[after:], close); end > 0 {
			out = append(out, Span{i, after + end + utf8.RuneLen(close)})
		}
	}
	return out
}

func (q Question) figures(text string) []Span {
	var out []Span
	for _, f := range Figures(text) {
		if q.fits(f.Unit) {
			out = append(out, Span{f.Start, f.End})
		}
	}
	return out
}

// fits reports whether a figure with the unit can be the number asked for.
func (q Question) fits(unit string) bool {
	if len(q.Units) == 0 {
		switch unit {
		case "年", "月", "日", "号", "时", "点": // a date
			return false
		}
		return true
	}
	for _, u := range q.Units {
		if u == unit {
			return true
		}
	}
	return false
}

// times finds dates, times of the day and words for them.
func times(text string) []Span {
	out := words(text, timeWords)
	for _, f := range Figures(text) {
		switch f.Unit {
		case "年", "月", "日", "号", "时", "点", "天", "周":
			out = append(out, Span{f.Start, f.End + len(f.Unit)})
		}
	}
	return out
}

// persons finds names of people: a family name and one or two characters where
// an office or a verb of speaking stands beside it, or two that make no word with
// each other or with what is beside them (a name that news has often, such as a
// president's, does), and foreign names with a dot.
func persons(text string) []Span {
	var out []Span
	for i, r := range text {
		if r == '·' || r == '•' || r == '・' {
			out = append(out, Span{i, i + utf8.RuneLen(r)})
		}
		if !surnames.has(r) {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		office := officeEnds.has(before) && hasSuffixAny(text[:i], offices)
		end := i + utf8.RuneLen(r)
		for n := 0; n < 2; n++ {
			next, size := utf8.DecodeRuneInString(text[end:])
			if !IsHan(next) {
				break
			}
			end += size
			behind, _ := utf8.DecodeRuneInString(text[end:])
			if office || spokeStarts.has(behind) && hasPrefixAny(text[end:], spoke) {
				out = append(out, Span{i, end})
				break
			}
			if n == 1 && !WithinWord(text, i) && !WithinWord(text, i+utf8.RuneLen(r)) && !WithinWord(text, end-size) && !WithinWord(text, end) {
				out = append(out, Span{i, end})
			}
		}
	}
	return out
}

// WithinWord reports whether the Chinese characters on both sides of a place in text
// make a word, or a part of one: whether news has them together far more often than
// by chance.
func WithinWord(text string, at int) bool {
	const cohesive = 4 // bits
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	after, _ := utf8.DecodeRuneInString(text[at:])
	if !IsHan(before) || !IsHan(after) {
		return false
	}
	bits, known := ngram.News.Cohesion(before, after)
	return known && bits >= cohesive
}

func hasSuffixAny(s string, list []string) bool {
	for _, w := range list {
		if strings.HasSuffix(s, w) {
			return true
		}
	}
	return false
}

func hasPrefixAny(s string, list []string) bool {
	for _, w := range list {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}
