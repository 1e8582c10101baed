package proof

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"xiangwen/knowledge/ngram"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/embed"
)

//go:embed places.txt
var placesFile string

// places are names of places that do not end in what places end in (赣州,
// 广东): provinces, cities and countries, by their first character.
var places = readPlaces(placesFile)

func readPlaces(file string) map[rune][]string {
	out := make(map[rune][]string)
	for _, line := range strings.Split(file, "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, name := range strings.Fields(line) {
			first, _ := utf8.DecodeRuneInString(name)
			out[first] = append(out[first], name)
		}
	}
	return out
}

// names checks that each place, person and organisation that the claim names
// is named in the evidence.
func names(c *claim, e *evidence) *Fault {
	for _, s := range zh.Entities(c.s) {
		name := s.Of(c.s)
		if first, _ := utf8.DecodeRuneInString(name); !zh.IsWord(first) {
			continue // a quotation
		}
		if named(name, e) {
			if w := torn(c, e, s); w != "" {
				return &Fault{Name, w}
			}
			continue
		}
		// The span may begin in the middle of a word: 模式主要面向农村.
		first, size := utf8.DecodeRuneInString(name)
		if before, _ := utf8.DecodeLastRuneInString(c.s[:s.Start]); zh.IsHan(before) && common(before, first) && named(name[size:], e) {
			continue
		}
		// Its ending may begin a word: 解决村庄.
		last, size := utf8.DecodeLastRuneInString(name)
		if after, _ := utf8.DecodeRuneInString(c.s[s.End:]); zh.IsHan(after) && common(last, after) && plain(name[:len(name)-size], e, true) {
			continue
		}
		return &Fault{Name, name}
	}
	for i, r := range c.s {
		for _, name := range places[r] {
			if strings.HasPrefix(c.s[i:], name) && !strings.Contains(e.s, name) && !e.hasAround(c.s, i, len(name)) {
				return &Fault{Name, name}
			}
		}
	}
	for _, w := range titles {
		if i := strings.Index(c.s, w); i >= 0 && !strings.Contains(e.s, w) {
			return &Fault{Name, w}
		}
	}
	if w := misplaced(c, e); w != "" {
		return &Fault{Swapped, w}
	}
	if o := unknownOffice(c, e); o != "" {
		return &Fault{Name, o}
	}
	if p := unknownPerson(c, e); p != "" {
		return &Fault{Name, p}
	}
	if w := unknownLatin(c, e); w != "" {
		return &Fault{Name, w}
	}
	return nil
}

// titles are offices that are not told by another word: who is not said to hold
// one does not.
var titles = strings.Fields("副书记 书记 副主任 主任 副局长 局长 副县长 县长 副市长 市长 省长 副镇长 镇长 乡长 村长 区长 部长 处长 科长 院长 校长 所长 会长 主席 总裁 董事长 总经理 教授 站长 厂长 馆长 院士 理事长 秘书长 工程师 " +
	"宣传部 组织部 统战部 农业部 教育部 公安部 财政部 卫健委 发改委 教育局 公安局 农业局 财政局 人社局 民政局")

// bodies are what names of organisations end in, of which two characters before
// have to be in the evidence.
var bodies = strings.Fields("有限公司 局 厅 中心 公司 集团 协会 联合会 基金会 学院 大学 银行 法院 政府 研究院 研究所 委员会")

var notBodies = strings.Fields("布局 当局 格局 结局 开局 大局 全局 时局 政局 破局 客厅 餐厅 大厅 展厅")

// unknownOffice is an organisation in the claim that the evidence lacks: the
// two characters before what it ends in never stand there.
func unknownOffice(c *claim, e *evidence) string {
	for _, w := range bodies {
		for from := 0; ; {
			i := strings.Index(c.s[from:], w)
			if i < 0 {
				break
			}
			at := from + i
			from = at + len(w)
			before := lastRunes(c.s[:at], 2)
			if utf8.RuneCountInString(before) < 2 || strings.ContainsFunc(before, func(r rune) bool { return !zh.IsHan(r) }) {
				continue
			}
			after, _ := utf8.DecodeRuneInString(c.s[from:])
			last, _ := utf8.DecodeLastRuneInString(before)
			ending, _ := utf8.DecodeLastRuneInString(w)
			switch {
			case strings.Contains(e.s, before+w), strings.ContainsRune(function, last), contains(generic, before), contains(notBodies, string(last)+w), zh.IsHan(after) && common(ending, after) && len(w) == 3:
				continue
			}
			return before + w
		}
	}
	return ""
}

// misplaced is something that the claim has right behind the name of an area while
// the evidence only has it behind another: 莒洲村村委会 for 溪南村村委会.
func misplaced(c *claim, e *evidence) string {
	runes := []rune(c.s)
	for i := 2; i+2 < len(runes); i++ {
		if !strings.ContainsRune("省市县区镇乡村道", runes[i-1]) || !zh.IsHan(runes[i-2]) || !zh.IsHan(runes[i]) || !zh.IsHan(runes[i+1]) {
			continue
		}
		area, thing := string(runes[i-2:i]), string(runes[i:i+2])
		if runes[i-1] == '村' && thing != "村委" && thing != "党支" { // else a verb may follow
			continue
		}
		if strings.Contains(e.s, area+thing) || !strings.Contains(e.s, area) || e.terms[firstTerm(runes[i-1], runes[i])] && runes[i-1] != '村' || common(runes[i-1], runes[i]) && runes[i-1] != '村' {
			continue
		}
		behind, others := 0, 0
		for from := 0; ; {
			at := strings.Index(e.s[from:], thing)
			if at < 0 {
				break
			}
			at += from
			from = at + len(thing)
			before := lastRunes(e.s[:at], 2)
			if last, _ := utf8.DecodeLastRuneInString(before); strings.ContainsRune("省市县区镇乡村道", last) && before != area {
				behind++
			} else {
				others++
			}
		}
		if behind > 0 && others == 0 {
			return area + thing
		}
	}
	return ""
}

// hasAround reports whether the place's characters are a part of a longer word
// that the evidence has: 安福县 does not name 福.
func (e *evidence) hasAround(s string, at, size int) bool {
	before, n := utf8.DecodeLastRuneInString(s[:at])
	after, m := utf8.DecodeRuneInString(s[at+size:])
	return zh.IsHan(before) && strings.Contains(e.s, s[at-n:at+size]) || zh.IsHan(after) && strings.Contains(e.s, s[at:at+size+m])
}

// function are characters that connect, count or point, and name nothing.
const function = "的了在和与及或并而且则若如因由以于从到向往对把被让使给用为是有无又也还就才已正将共均都再按据称即任兼至这那该各每某本其此个条座整家张位项种所间批次起件名户只段片处栋辆台份支套些全多少几两一二三四五六七八九十百千万亿第不没未曾经过等后前内外中间时当邀请赴去来"

// General words that stand before 县, 村 and the like without naming one, and
// what such characters end that is no place's name.
var (
	generic = strings.Fields("全 各 该 本 我 此 每 两 多 个 同 外 异 邻 原 其 其他 一些 有些 部分 行政 试点 示范 相邻 相关 周边 附近 沿线 沿途 城 乡 老 新 古 山 农 渔 牧 县 市 区 镇 村 省 街 乡镇 城乡 县城 " +
		"自然 贫困 先进 重点 多个 数个 几个 不同 当地 所在 上述 这些 那些 有关 基层 牵头 所属 属地 下辖 辖 大 小 中心 参与 结对 共建 合作 双方 涉及 建设 这 那 的 在 由 和 与 及 为 了 等 从 到 是 把 将 让 使 对 向 以 " +
		"先后 目前 今年 去年 地处 位于 坐落 来自 前往 整个 全体 所有 其中 属于 包括 成为 作为 就是 是一 这个 那个 一个 两个 三个 某 所 之 下 上 中 内 外 二 三 四 五 六 七 八 九 十 一")
	notNames = strings.Fields("城市 都市 地区 园区 小区 山区 街区 市区 县区 城区 景区 校区 片区 灾区 库区 社区 城镇 乡镇 集镇 农村 乡村 城乡 下乡 家乡 故乡 老乡 返乡 行政区 工业区 产业园区 居民区 生活区 开发区 旅游区 示范区 全省 外省 节省 反省 " +
		"道路 公路 铁路 线路 出路 思路 套路 销路 一路 网络 山路 马路 街路 队伍 团队 部队 车队 站 本站 车站 工作站 服务站 驿站 起点站 加油站 号 账号 信号 小组 专班组 工作组 村组 机组 分组 班组 一线 沿线 路线 干线 在线 上线 主线 产线 生产线 战线 连线 " +
		"环节 情节 季节 春节 细节 调节 奖 评奖 获奖 桥梁 桥 工厂 建厂 进厂 厂 机场 现场 市场 广场 农场 商场 一场 当局 布局 格局 结局 开局 大局 全局 山 江 河 湖 岛 海 一杯 旗 一旗 大道 街道 隧道 地铁 高铁 公园 学校 医院 酒店 公司 集团 银行 协会 联盟 学院 大学 中学 小学")
)

// named reports whether the evidence names what the span of the claim names. The
// span may begin with words that do not belong to the name.
func named(name string, e *evidence) bool {
	if strings.Contains(e.s, name) {
		return true
	}
	runes := []rune(name)
	// The longest end of it that the evidence has, with what stands before it.
	for i := 1; i < len(runes)-1; i++ {
		if rest := string(runes[i:]); strings.Contains(e.s, rest) {
			areaOnly := contains(areas, rest)
			if i == 1 && utf8.RuneCountInString(rest) > 2 && !areaOnly { // a verb: 选溪南村
				return true
			}
			return plain(string(runes[:i]), e, !areaOnly)
		}
	}
	for _, w := range notNames {
		if strings.HasSuffix(name, w) && plain(strings.TrimSuffix(name, w), e, true) {
			return true
		}
	}
	// 该县, 试点村: of the kind, told by a general word.
	return plain(string(runes[:len(runes)-1]), e, !hasSuffixAny(name, areas))
}

// torn is the name that a name of the claim is only the end of: the evidence has
// 农业发展有限公司, but not what stands before it. "" if nothing is wrong.
func torn(c *claim, e *evidence, s zh.Span) string {
	name := s.Of(c.s)
	if utf8.RuneCountInString(name) < 5 || !strings.Contains(e.s, name) {
		return ""
	}
	before := lastRunes(c.s[:s.Start], 2)
	runes := []rune(before)
	if len(runes) < 2 || !zh.IsHan(runes[0]) || !zh.IsHan(runes[1]) || strings.Contains(e.s, before[len(string(runes[:1])):]+name) || plain(before, e, true) || plain(string(runes[1:]), e, false) {
		return ""
	}
	return before + name
}

// areas are endings of names that any two characters may stand before.
var areas = strings.Fields("省 市 县 区 镇 乡 村 州 旗 社区 街道")

// plain reports whether a run of characters consists of words that name nothing:
// general ones, ones that the evidence has and, if pairs, common pairs of
// characters.
func plain(s string, e *evidence, pairs bool) bool {
	runes := []rune(s)
	reached := make([]bool, len(runes)+1)
	reached[0] = true
	for i := range runes {
		if !reached[i] {
			continue
		}
		if zh.IsWord(runes[i]) && !zh.IsHan(runes[i]) {
			reached[i+1] = true
		}
		if strings.ContainsRune(function, runes[i]) {
			reached[i+1] = true
		}
		for n := 1; n <= 4 && i+n <= len(runes); n++ {
			w := string(runes[i : i+n])
			if contains(generic, w) || n >= 2 && (strings.Contains(e.s, w) || pairs && n == 2 && together(runes[i], runes[i+1]) && !isPlace(w)) {
				reached[i+n] = true
			}
		}
	}
	return reached[len(runes)]
}

func isPlace(w string) bool {
	first, _ := utf8.DecodeRuneInString(w)
	return contains(places[first], w)
}

// common reports whether two characters are a pair that news often has.
func common(a, b rune) bool {
	terms := zh.AppendTerms(nil, string([]rune{a, b}))
	for _, t := range terms {
		if t.IsBigram() && embed.News.Find(t) >= 0 {
			return true
		}
	}
	return false
}

// together reports whether news has two characters side by side more often than
// by chance.
func together(a, b rune) bool {
	bits, ok := ngram.News.Cohesion(a, b)
	return ok && bits > 0 || common(a, b)
}

// words that stand right before or behind the name of a person.
var (
	offices = strings.Fields("书记 主任 经理 局长 县长 市长 省长 镇长 乡长 村长 区长 部长 处长 科长 院长 校长 所长 会长 主席 总裁 董事长 总理 总统 教授 专家 记者 队长 站长 厂长 馆长 " +
		"干部 村民 居民 员工 学员 代表 委员 院士 医生 教师 老师 工程师 负责人 发言人 导演 演员 作家 民警 司机 法官 菜农 农户 户主 组长 队员 党员 同志 师傅 创始人 理事长 秘书长 站长 网格员 志愿者")
	speaks = strings.Fields("说 表示 介绍 告诉 认为 指出 担任 称 透露 强调 坦言 提到 先生 女士 同志 主任 书记 经理 局长 县长 镇长 村长 老师 师傅 负责 带领 提出 在 和 与 、 是 ( （ ， 任 主持 谈到 谈 给出 解释 回应 认为")
)

// unknownPerson is a name of a person in the claim that the evidence lacks: a
// family name and one or two characters behind an office or before a verb of
// speaking, or a name with a dot.
func unknownPerson(c *claim, e *evidence) string {
	runes := []rune(c.s)
	for i, r := range runes {
		if r == '·' || r == '•' {
			from, to := i, i+1
			for from > 0 && zh.IsHan(runes[from-1]) && i-from < 4 {
				from--
			}
			for to < len(runes) && zh.IsHan(runes[to]) && to-i < 4 {
				to++
			}
			if i > from && to > i+1 && !strings.Contains(e.s, string(runes[i-1:min(len(runes), i+2)])) {
				return string(runes[from:to])
			}
		}
		if !zh.IsSurname(r) {
			continue
		}
		if i+1 < len(runes) && runes[i+1] == '某' && !strings.Contains(e.s, string(runes[i:i+2])) {
			return string(runes[i : i+2])
		}
		if p := shortened(runes[i:], e); p != "" {
			return p
		}
		for _, n := range []int{3, 2} {
			if i+n > len(runes) {
				continue
			}
			name := string(runes[i : i+n])
			if strings.ContainsFunc(name, func(r rune) bool { return !zh.IsHan(r) }) || strings.Contains(e.s, name) {
				continue
			}
			before, after := string(runes[:i]), string(runes[i+n:])
			if strings.ContainsRune(ambiguous, r) && !(hasSuffixAny(before, offices) && hasPrefixAny(after, speaks)) {
				continue
			}
			if n == 3 && e.strange(runes[i], runes[i+1]) && e.strange(runes[i+1], runes[i+2]) && (i == 0 || e.strange(runes[i-1], runes[i]) || !zh.IsHan(runes[i-1])) {
				return name
			}
			if !hasSuffixAny(before, offices) && !hasPrefixAny(after, speaks) && !(n == 3 && endsApart(before) && !common(runes[i], runes[i+1]) && (beginsApart(after) || !common(runes[i+1], runes[i+2]))) {
				continue
			}
			if last := runes[i+n-1]; strings.ContainsRune("某介表担任说称目为", last) {
				continue // 王某介绍
			}
			if plain(name, e, true) || plain(string(runes[i+1:i+n]), e, false) && n == 3 && e.terms[firstTerm(runes[max(0, i-1)], r)] ||
				n == 2 && hasPrefixAny(after, speaks) && !hasSuffixAny(before, offices) && i > 0 && common(runes[i-1], r) {
				continue
			}
			return name
		}
	}
	return ""
}

// strange reports whether two characters stand together neither in the evidence
// nor often in news.
func (e *evidence) strange(a, b rune) bool { return !common(a, b) && !e.terms[firstTerm(a, b)] }

// ambiguous are family names that are words as well.
const ambiguous = "应于和方时为全任成向从连高温安常米计由经将相都过那能会有以之所解段路万水关管应"

// shortened is a name of two characters at the beginning of a text that the
// evidence has only as part of a name of three, each time before a verb of
// speaking or behind an office.
func shortened(runes []rune, e *evidence) string {
	if len(runes) < 3 || !hasPrefixAny(string(runes[2:]), speaks) {
		return ""
	}
	name := string(runes[:2])
	at := strings.Index(e.s, name)
	if at < 0 || !hasSuffixAny(e.s[:at], offices) || hasPrefixAny(e.s[at+len(name):], speaks) {
		return ""
	}
	third, size := utf8.DecodeRuneInString(e.s[at+len(name):])
	if zh.IsHan(third) && hasPrefixAny(e.s[at+len(name)+size:], speaks) {
		return name
	}
	return ""
}

// endsApart and beginsApart report whether a name may begin behind a text, or end
// before it: at punctuation, or a character that names nothing.
func endsApart(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(s)
	return !zh.IsWord(last) || strings.ContainsRune("是为由叫和与", last)
}

func beginsApart(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return !zh.IsWord(first) || strings.ContainsRune("是和与在", first)
}

func firstTerm(a, b rune) zh.Term {
	for _, t := range zh.AppendTerms(nil, string([]rune{a, b})) {
		if t.IsBigram() {
			return t
		}
	}
	return 0
}

func hasSuffixAny(s string, words []string) bool {
	for _, w := range words {
		if strings.HasSuffix(s, w) {
			return true
		}
	}
	return false
}

// unknownLatin is a word with a capital in the middle of a sentence that the
// evidence lacks. In an English sentence it may be a Chinese name in Latin
// letters, which nothing here can compare: it is not said.
func unknownLatin(c *claim, e *evidence) string {
	if c.english { // Chinese names are kept as they are
		for _, run := range strings.FieldsFunc(zh.Normalize(c.raw), func(r rune) bool { return !zh.IsHan(r) }) {
			if !strings.Contains(e.s, run) {
				return run
			}
		}
	}
	words := strings.FieldsFunc(c.raw, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' || zh.IsHan(r) })
	first := true
	for _, w := range words {
		start, _ := utf8.DecodeRuneInString(w)
		begins := first && c.english
		first = false
		if !unicode.IsUpper(start) || begins || len(w) < 2 && c.english {
			continue
		}
		lower := strings.ToLower(w)
		if englishNames[lower] || strings.Contains(e.s, lower) || strings.Contains(pinyinOf(e), lower) {
			continue
		}
		return w
	}
	return ""
}

// englishNames are capitalised words that name nothing, or what dates and
// ranks are called.
var englishNames = func() map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields("january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec " +
		"monday tuesday wednesday thursday friday saturday sunday the a an in on at by it its this these those they he she we and or but for from to of as so also both each all since after before during until " +
		"county city district town township village province street road avenue tunnel line metro railway station community committee party secretary director deputy head mayor chinese china " +
		"rmb cny yuan ltd co company group lot bid section phase project shield no number st team alliance industrial vegetable safe peace center centre office school hospital park zone high-tech new mr ms mrs dr i tbm university institute bureau government state council") {
		set[w] = true
	}
	return set
}()
