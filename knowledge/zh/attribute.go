package zh

import (
	"regexp"
	"slices"
	"strings"
)

// attributes are what is asked of a thing in words that the answer takes up, or
// others for the same: a rent is told by a sentence that speaks of rent. Of the
// answers to questions about news (mostly those of rag/train/news) that speak of
// nothing of the kind, about one in eight was right. General vocabulary.
var attributes = []struct{ asked, told *regexp.Regexp }{
	{regexp.MustCompile(`(?:房价|票价|价格|单价|售价|油价|均价|门票)[^,。]{0,5}(?:多少|几|$|\?)`), regexp.MustCompile(`[价卖售买票]|元[/一每]|收费|免费`)},
	{regexp.MustCompile(`卖多少钱|多少钱一|卖几块|一[斤个张套份盒]多少|买[^,]{0,8}多少钱`), regexp.MustCompile(`[价卖售买票]|元[/一每]|每.{0,6}元`)},
	{regexp.MustCompile(`(?:租金|房租)[^,。]{0,5}(?:多少|几|$|\?)`), regexp.MustCompile(`租`)},
	{regexp.MustCompile(`学费[^,。]{0,5}(?:多少|几|$|\?)`), regexp.MustCompile(`费`)},
	{regexp.MustCompile(`(?:工资|月薪|薪水)[^,。]{0,5}(?:多少|几|$|\?)`), regexp.MustCompile(`工资|薪|收入`)},
	{regexp.MustCompile(`奖金[^,。]{0,5}(?:多少|几|$|\?)`), regexp.MustCompile(`奖`)},
	{regexp.MustCompile(`罚款[^,。]{0,5}(?:多少|几|$|\?)`), regexp.MustCompile(`罚`)},
	{regexp.MustCompile(`(?:补贴|补助)[^,。]{0,5}(?:多少|几|$|\?)`), regexp.MustCompile(`补`)},
	{regexp.MustCompile(`(?:投资|总投|投了|造价|花了)[^,。]{0,5}多少`), regexp.MustCompile(`[投资花耗费价]`)},
	{regexp.MustCompile(`(?:直径|半径)[^,。]{0,4}(?:多少|多大|几|$|\?)`), regexp.MustCompile(`径[^,。;的]{0,6}\d|\d[^,。;]{0,6}径`)},
	{regexp.MustCompile(`身高[^,。]{0,4}(?:多少|多高|几|$|\?)`), regexp.MustCompile(`[高米]|cm`)},
	{regexp.MustCompile(`(?:体重|重量)[^,。]{0,4}(?:多少|多重|几|$|\?)`), regexp.MustCompile(`[重斤吨克]|kg`)},
	{regexp.MustCompile(`(?:气温|温度)[^,。]{0,6}(?:多少|多高|几|$|\?)`), regexp.MustCompile(`[度℃温]|°c`)},
	{regexp.MustCompile(`(?:时速|速度)[^,。]{0,4}(?:多少|多快|几|$|\?)`), regexp.MustCompile(`速|[每/]小时|/h|[每/]秒`)},
	{regexp.MustCompile(`面积[^,。]{0,4}(?:多少|多大|几|$|\?)`), regexp.MustCompile(`面积|平方|平米|[亩顷㎡]|m2`)},
	{regexp.MustCompile(`几岁|多大年纪|多大岁数|年龄`), regexp.MustCompile(`岁|年龄|出生|生于`)},
	{regexp.MustCompile(`(?:籍贯|老家|哪里人|哪儿人|出生地)`), regexp.MustCompile(`[人籍]|出生|生于|老家|来自`)},
	{regexp.MustCompile(`(?:电话|热线|手机号|联系方式)(?:号码|号|是|为)*(?:多少|什么|啥|几|$|\?)`), regexp.MustCompile(`电话|热线|拨打|致电|\d{7,}|\d{3,4}-\d{7}`)},
	{regexp.MustCompile(`(?:平均|人均|户均|亩均)[^,。]{0,10}(?:多少|几)`), regexp.MustCompile(`均|每`)},
	{regexp.MustCompile(`(?:^|[^比较与同])(?:去年|前年)[^,。]{0,20}(?:多少|几)`), regexp.MustCompile(`去年|前年|上年|同期|20\d\d`)},
	{regexp.MustCompile(`邮箱|网址`), regexp.MustCompile(`@|www|\.com|\.cn|http`)},
}

// whenDone are what happens to a thing on one day of its life, by the words for it.
var whenDone = [][]string{
	strings.Fields("通车 开通 运营 通行 投用"), strings.Fields("完工 竣工 建成 落成 完成 投用 启用"), strings.Fields("开工 动工 奠基 开建"),
	strings.Fields("开业 开张 营业 开门"), strings.Fields("投产 生产"), strings.Fields("交付"), strings.Fields("成立 创立 创办 建立 组建 创建 设立"),
	strings.Fields("出生 生于 年生 月生 日生"), strings.Fields("结婚 成婚 完婚 婚礼"), strings.Fields("去世 逝世 病逝 离世 辞世 死亡"), strings.Fields("挖完 挖通 贯通 打通"), strings.Fields("退休"), strings.Fields("上市"),
}

var (
	askedWhen   = regexp.MustCompile(`(?:什么时候|何时|哪年|哪一年|哪天|几月|啥时候)[^,。]{0,6}?(\p{Han}{2})(?:的|了|呢|啊)?\??$`)
	askedOffice = regexp.MustCompile(`(镇长|市长|县长|省长|区长|乡长|村长|支书|书记|主任|校长|院长|局长|会长|董事长|经理|厅长|部长|所长|队长|站长|馆长|社长|主席|总统|总理|首相|教练|导演|作者|主编|设计师|创始人|负责人|总裁|行长|秘书长|大使|裁判)(?:是|叫|为)?(?:谁|哪位|何人|啥名|什么名字|叫什么)`)
	askedCount  = regexp.MustCompile(`(?:多少|几)(?:个|名|位|家|所|座|条|项|辆|台|间|套|棵|株|只|头|本|部|张|件|支|场|期|种|户|栋|幅)(\p{Han}{2})`)
	askedCrowd  = regexp.MustCompile(`多少(\p{Han}{2})`)
)

// amountDone is how much was done, which is not all: 完成1000环.
var amountDone = regexp.MustCompile(`完成[^,。;]{0,3}\d+`)

// Tells reports whether a text, normalised, speaks of the attribute that the
// question asks for: of a price for 门票多少钱, of the mayor for 市长是谁. A
// question that asks for none of those known here is told by anything.
func (q Question) Tells(text string) bool {
	for _, a := range attributes {
		if a.asked.MatchString(q.Text) && !a.told.MatchString(text) {
			return false
		}
	}
	if m := askedOffice.FindStringSubmatch(q.Text); m != nil && !strings.Contains(text, lastCharacters(m[1], 2)) {
		return false
	}
	if m := askedWhen.FindStringSubmatch(q.Text); m != nil {
		for _, words := range whenDone {
			if words[0] == m[1] || hasAny(m[1], words...) {
				return hasAny(amountDone.ReplaceAllString(text, ""), words...)
			}
		}
	}
	return true
}

// Counts reports whether a text, normalised, has a character of what the question
// has counted: of 小学 for 几所小学, of 员工 for 多少员工.
func (q Question) Counts(text string) bool {
	if m := askedCount.FindStringSubmatch(q.Text); m != nil {
		return strings.ContainsAny(text, m[1])
	}
	noun := q.Crowd()
	return noun == "" || strings.ContainsAny(text, noun)
}

// Crowd is what the question has counted without a measure word, 学生 of 多少学生; ""
// if nothing.
func (q Question) Crowd() string {
	if q.Kind != Number || len(q.Units) > 0 {
		return ""
	}
	m := askedCrowd.FindStringSubmatch(q.Text)
	if m == nil || unitAt(m[1]) != "" || slices.Contains(uncountable, m[1]) {
		return ""
	}
	return m[1]
}

// uncountable nouns are told by a figure that need not be said of them.
var uncountable = strings.Fields("比例 比重 百分 时间 价格 距离 份额 数量 分数 岁数 年龄 金额 收益 东西 倍数")
