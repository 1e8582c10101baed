package zh

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Kind is what kind of thing a question asks for.
type Kind int

const (
	What   Kind = iota // anything else
	Number             // how many, how much, how long
	Time               // when
	Person             // who
	Place              // where
	Org                // which company, office, school
	Name               // what is it called
	List               // which ones
	Reason             // why
	How                // by what means
	YesNo              // whether
)

// Question is what a question says about the answer it wants.
type Question struct {
	Text      string // normalised
	Kind      Kind
	Asks      int      // how many question words it has: "几期、多少人" asks twice
	Units     []string // for Number: units that the figure may have, any if empty
	Measure   bool     // the units are all of one measure (money, length, …): a figure without one is no answer
	Dimension string   // for Number: what is measured by the question word itself, 长 of 多长; "" if the question names it otherwise
	Many      bool     // no single article can answer it, by its form: "哪些村在种茶？"
	Bodies    []string // for Many: an article that answers has one of these words, any if empty
	News      bool     // and it asks for all that is new, of what the terms say; there may be none
	Parts     []Part   // of a comparison, the questions for each that is compared; nil for any other
	Terms     []Term   // terms of the content, question and function words left out
	Names     []string // what stands in quotation marks
	numbered  []numbered
	Left      string // what stands before the first question word, politeness left out
	Right     string // what stands behind it
}

// asking are the words that make a question, longest first where one starts
// another. General vocabulary.
var asking = []struct {
	word  string
	kind  Kind
	units string
}{
	{"为什么", Reason, ""}, {"为何", Reason, ""}, {"缘何", Reason, ""}, {"什么原因", Reason, ""}, {"原因是什么", Reason, ""},
	{"什么时候", Time, ""}, {"什么时间", Time, ""}, {"何时", Time, ""}, {"几月几日", Time, ""}, {"几月份", Time, ""}, {"几月", Time, ""},
	{"几号", Time, ""}, {"哪一天", Time, ""}, {"哪天", Time, ""}, {"哪一年", Time, ""}, {"哪年", Time, ""}, {"哪个月", Time, ""},
	{"多长时间", Number, durations}, {"多少时间", Number, durations}, {"多久", Number, durations}, {"几天", Number, durations}, {"几年", Number, durations},
	{"多少钱", Number, money}, {"多少元", Number, money}, {"几岁", Number, "岁"}, {"多大年纪", Number, "岁"},
	{"百分之几", Number, "%"}, {"百分之多少", Number, "%"}, {"占比多少", Number, "%"},
	{"多长", Number, lengths}, {"多高", Number, lengths}, {"多宽", Number, lengths}, {"多远", Number, lengths}, {"多深", Number, lengths},
	{"多大面积", Number, areas}, {"多重", Number, "公斤 千克 吨 克 斤"}, {"多大", Number, ""},
	{"多少", Number, ""}, {"几分之几", Number, ""},
	{"谁", Person, ""}, {"哪位", Person, ""}, {"什么人", Person, ""}, {"何人", Person, ""}, {"哪些人", List, ""},
	{"哪些地方", Place, ""}, {"哪些地区", Place, ""}, {"哪些村", Place, ""}, {"哪些镇", Place, ""}, {"哪些县", Place, ""},
	{"哪些乡", Place, ""}, {"哪些区", Place, ""}, {"哪些市", Place, ""}, {"哪些城市", Place, ""}, {"哪些国家", List, ""}, {"哪几个地方", Place, ""},
	{"在哪里", Place, ""}, {"哪里", Place, ""}, {"哪儿", Place, ""}, {"何处", Place, ""}, {"什么地方", Place, ""},
	{"叫什么名字", Name, ""}, {"叫什么", Name, ""}, {"什么名字", Name, ""}, {"名叫什么", Name, ""}, {"名称是什么", Name, ""},
	{"哪些", List, ""}, {"哪几", List, ""}, {"有什么", List, ""},
	{"怎么样", How, ""}, {"怎么办", How, ""}, {"怎么", How, ""}, {"怎样", How, ""}, {"如何", How, ""}, {"通过什么方式", How, ""}, {"什么办法", How, ""}, {"什么方法", How, ""}, {"什么方式", How, ""}, {"什么手段", How, ""}, {"什么机制", How, ""},
	{"是不是", YesNo, ""}, {"有没有", YesNo, ""}, {"能不能", YesNo, ""}, {"可不可以", YesNo, ""}, {"是否", YesNo, ""}, {"能否", YesNo, ""},
	{"哪个", What, ""}, {"哪家", Org, ""}, {"哪所", Org, ""}, {"哪一个", What, ""}, {"哪一", What, ""}, {"哪", What, ""},
	{"什么", What, ""}, {"啥", What, ""}, {"几", Number, ""},
	{"吗", YesNo, ""},
}

const (
	durations = "天 年 个月 月 小时 个小时 分钟 周 日 秒 工作日 个工作日 星期 岁"
	money     = "元 美元 块 块钱 欧元 港元 日元 人民币 角 分"
	lengths   = "米 公里 千米 厘米 毫米 里"
	shares    = "% 成 倍 个百分点 百分点"
	areas     = "亩 公顷 平方米 平方公里 平方千米"
)

// nouns of the thing asked for, right behind 哪个 or 什么, that fix its kind.
var focusKinds = []struct {
	kind  Kind
	nouns string
}{
	{Org, "公司 企业 单位 部门 机构 组织 学校 大学 医院 银行 法院 协会 集团 报社 媒体 研究所 研究院 球队 俱乐部"},
	{Place, "地方 国家 城市 省份 省 城 市 县 区 村 镇 乡 社区 街道 地区 站 车站 岛 山 河 港口 机场"},
	{Time, "年份 年 月份 月 日期 日子 时期 时间 年代 世纪 季节"},
	{Person, "人物 人 职务的人 教授 专家 记者 导演 演员 作家 皇帝 总统 主席"},
}

// function words break a question into its content pieces: they say nothing
// of what is asked for.
const functionCharacters = "的了是在被把和与及对从到等也都就又还很其这那个吗呢吧啊呀么您你我他她它"

// contentWords have one of the function characters and are none.
var contentWords = strings.Fields("就业 就诊 就医 就读 就学 就职 就近 就餐 就任 成就 和平 和谐 和解 和睦 和田 和县 共和 总和 缓和 饱和 温和 祥和 协和 对象 对口 对外 对内 对策 对话 对手 对比 对接 对抗 对阵 对决 " +
	"反对 面对 针对 应对 派对 结对 从业 从事 从严 从军 从政 服从 到达 到期 到场 到岗 到位 到账 报到 签到 迟到 达到 感到 等级 等待 等候 高等 中等 初等 平等 同等 首都 成都 都市 都会 古都 京都 帝都 " +
	"被告 被害 被子 目的 的士 了解 了结 把握 把关 还款 归还 偿还 退还 还原 还乡 返还 与会 参与 赠与 涉及 普及 及格 及时 现在 存在 所在 在校 在职 在线 在编 在建 在岗 在读 潜在 内在 那曲 那坡 酒吧 网吧")

// content blanks the function characters of a question, those that are part of a
// word with a meaning of its own excepted.
func content(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if n := contentWord(text[i:]); n > 0 {
			b.WriteString(text[i : i+n])
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if strings.ContainsRune(functionCharacters, r) {
			b.WriteByte(' ')
		} else {
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}

// contentStarts are the characters that content words begin with.
var contentStarts = startsOf(contentWords)

// contentWord is the length of the content word that text begins with, 0 if none.
func contentWord(text string) int {
	if first, _ := utf8.DecodeRuneInString(text); !contentStarts.has(first) {
		return 0
	}
	for _, w := range contentWords {
		if strings.HasPrefix(text, w) {
			return len(w)
		}
	}
	return 0
}

var politeness = []string{"请问一下", "请问", "我想知道", "我想问一下", "我想问", "想问一下", "想知道", "麻烦问下", "能告诉我", "告诉我", "请告诉我", "请介绍一下", "介绍一下", "请介绍", "具体", "一共", "总共", "到底", "究竟", "大概", "大约", "目前", "主要"}

// ParseQuestion reads a question. It never fails: a text that asks nothing is a
// question of kind [What] for its words.
func ParseQuestion(text string) Question {
	q := Question{Text: strings.ReplaceAll(Normalize(text), "甚么", "什么")} // as Hong Kong and Taiwan write it
	q.Names = quoted(text)
	if !strings.ContainsFunc(q.Text, IsHan) {
		q.parseEnglish()
		return q
	}
	rest := q.Text
	for _, p := range politeness {
		rest = strings.ReplaceAll(rest, p, " ")
	}
	asked := rest
	first := true
	for _, a := range asking {
		i := strings.Index(rest, a.word)
		if i < 0 {
			continue
		}
		if a.word == "几" && !asksHowMany(rest, i) || strings.HasPrefix(a.word, "几") && hasSuffixAny(rest[:i], severals) || a.word == "吗" && !first {
			continue
		}
		if first {
			first = false
			q.Kind = a.kind
			q.Units = strings.Fields(a.units)
			if dimension, ok := strings.CutPrefix(a.word, "多"); ok && strings.Contains("长高宽远深重", dimension) {
				q.Dimension = dimension
			}
			q.Left, q.Right = rest[:i], rest[i+len(a.word):]
			q.specify(q.Left, q.Right, a.word)
		}
		q.Asks += strings.Count(rest, a.word)
		rest = strings.ReplaceAll(rest, a.word, "？") // a break, not a neighbour
	}
	if first {
		rest = q.heading(rest)
	}
	q.numbered = q.numberedNames()
	switch strings.Join(q.Units, " ") {
	case durations, money, lengths, areas, shares, "%", "岁":
		q.Measure = true
	}
	if !together.MatchString(q.Text) {
		q.Parts = compare(asked)
	}
	if len(q.Parts) == 0 {
		if about, ok := q.several(asked); ok {
			q.Left, q.Right, rest = "", about, about
		}
	}
	rest = content(rest)
	q.Terms = unique(AppendTerms(nil, rest))
	if len(q.Terms) == 0 && !q.News { // "是谁的？": its function words are all it has
		q.Terms = unique(AppendTerms(nil, q.Text))
	}
	return q
}

// specify narrows the kind by what stands around the question word.
func (q *Question) specify(before, after, word string) {
	switch q.Kind {
	case Number:
		if len(q.Units) > 0 {
			return
		}
		if u := unitAt(after); u != "" && !hasPrefixAny(after, uncounted) {
			q.Units = []string{u}
			switch u {
			case "元":
				q.Units = strings.Fields(money)
			case "人", "名", "位":
				q.Units = []string{"人", "名", "位", "人次", "余人"}
			case "家", "个", "所":
				q.Units = []string{u, "家", "个", "所", "处", "座"}
			}
			return
		}
		switch {
		case moneyBehind.MatchString(after):
			q.Units = strings.Fields(money)
		case hasAny(before, "比例", "占比", "率", "百分比", "比重", "涨幅", "降幅", "增幅", "幅度", "增速"):
			q.Units = strings.Fields(shares)
		case hasAny(before, "价格", "票价", "费用", "收入", "投资", "资金", "金额", "产值", "营收", "利润", "贷款", "补贴", "奖金", "工资", "价", "增收", "创收", "盈利", "收益", "销售额", "成交额", "交易额", "总额", "存款", "罚款", "租金", "造价", "成本", "经费", "捐款", "善款", "票房", "学费", "房租"):
			q.Units = strings.Fields(money)
		case hasAny(before, "面积"):
			q.Units = strings.Fields(areas)
		case hasAny(before, "长度", "全长", "距离", "高度", "海拔", "里程"):
			q.Units = strings.Fields(lengths)
		}
	case What, List:
		longest := 0 // of the nouns that fit: 车站 before 站
		for _, f := range focusKinds {
			for _, noun := range strings.Fields(f.nouns) {
				if strings.HasPrefix(after, noun) && len(noun) > longest {
					longest = len(noun)
					if q.Kind == What || f.kind == Place && word == "哪些" {
						q.Kind = f.kind
					}
				}
			}
		}
		if q.Kind == What && word == "什么" && hasAny(before, "叫", "称为", "名为", "名字", "名称", "全称", "简称") {
			q.Kind = Name
		}
	}
}

// moneyBehind is 多少 asking for money by its noun: 多少资金, 多少财政补贴.
var moneyBehind = regexp.MustCompile(`^\p{Han}{0,2}(?:资金|经费|投资|补贴|补助|奖金|贷款|产值|收入|营收|利润|捐款|善款|罚款|罚金|费用|保费|赔偿|赔款|融资|租金)`)

// uncounted begin as if a measure word stood behind the question word: 多少项目资金.
var uncounted = strings.Fields("项目 个人 条件 人才 人口 位置 元素 点击 面积 层次 家庭 台阶 部门 成本 成员 道路 级别 类型 种类 环节 区域")

// severals stand before a 几 that asks nothing: 成立之初的那几年.
var severals = strings.Fields("那 这 前 近 头 后 好 最后 过去 未来")

// asksHowMany reports whether 几 at rest[i] asks for a number: a unit follows
// (几家, 几个), and it is not part of 几乎 or 十几.
func asksHowMany(rest string, i int) bool {
	after := rest[i+len("几"):]
	if strings.HasPrefix(after, "乎") || unitAt(after) == "" {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(rest[:i])
	return !strings.ContainsRune("十百千万好", before)
}

func hasAny(s string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// quoted returns what stands between quotation marks or 《》 in text.
func quoted(text string) []string {
	var out []string
	for i, r := range text {
		if !strings.ContainsRune("“「『《", r) {
			continue
		}
		close := closerOf(r)
		rest := text[i+utf8.RuneLen(r):]
		if end := strings.IndexRune(rest, close); end > 0 {
			out = append(out, Normalize(rest[:end]))
		}
	}
	return out
}

func unique(terms []Term) []Term {
	seen := make(map[Term]bool, len(terms))
	out := terms[:0]
	for _, t := range terms {
		if !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}
