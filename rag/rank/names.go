package rank

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge/zh"
)

// commonNouns are general vocabulary of words that end like names and name
// nothing.
var commonNouns = setOf("城市 地区 城镇 城区 市区 景区 社区 校区 园区 小区 县区 辖区 分区 战区 灾区 山区 湖区 湾区 专区 特区 区域 行政区 家乡 故乡 城乡 下乡 返乡 乡镇 乡村 农村 村镇 全村 本村 全镇 全县 本县 全市 本市 全省 本省 外省 各省 股市 楼市 超市 夜市 上市 门市 " +
	"账号 信号 编号 型号 称号 符号 口号 几号 年号 国号 封号 外号 绰号 代号 线路 道路 铁路 公路 马路 网路 一路 思路 出路 路线 航线 沿线 干线 单线 前线 一线 上线 下线 在线 离线 光线 曲线 支线 红线 底线 热线 专线 视线 产线 生产线 路线 " +
	"车站 网站 球队 军队 部队 乐队 团队 车队 排队 组队 结局 格局 当局 布局 警局 邮局 酒馆 场馆 展馆 使馆 大使馆 领馆 图书馆 博物馆 工厂 电厂 大奖 获奖 颁奖 中奖 领奖 得奖 季节 环节 情节 细节 春节 过节 节日 调节 小组 机组 重组 改组 分组 群组 " +
	"地铁站 火车站 高铁站 汽车站 工作站 服务站 加油站 充电站 班组 村组 党支部 施工队 供电公司 各村 每村 " +
	"公司 集团 学校 学院 大学 小学 中学 医院 银行 法院 检察院 研究院 研究所 协会 联盟 酒店 水库 码头 市场 商场 机场 公园 广场 大厦 街道 大道 隧道 高铁 地铁 保险公司 航空公司 有限公司 母公司 子公司 分公司 " +
	"登山 下山 上山 矿山 火山 海岛 半岛 列岛 群岛 岛屿 河流 大桥 桥梁 立交桥 高架桥 寺庙 世界杯 欧洲杯 奖杯 举杯 大街 上街 红旗 国旗 旗下 升旗 各州 ")

func setOf(words string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// NamesIn finds what a question names, so that an article may lack it: what looks
// like the name of a place, an organisation or a person ([zh.Entities]), less what
// only looks so. 湖 in 湖北省 ends no name, for the characters on both sides of its
// end make a word; 城市 names no city, and in 哪个机场 the airport is asked for.
func NamesIn(q zh.Question) []zh.Span {
	var out []zh.Span
	for _, s := range zh.Entities(q.Text) {
		if first, _ := utf8.DecodeRuneInString(s.Of(q.Text)); !zh.IsWord(first) {
			out = append(out, s) // a quotation
			continue
		}
		s.End = wholeEnd(q.Text, s.End)
		s.Start = wholeStart(q.Text, s.Start)
		name := s.Of(q.Text)
		if zh.WithinWord(q.Text, s.End) || commonNouns[name] || strings.HasPrefix(q.Right, name) || strings.HasPrefix(counted(q), name) {
			continue
		}
		if slices.ContainsFunc(out, func(o zh.Span) bool { return o.Start < s.Start && s.Start < o.End && s.End > o.End }) {
			continue // 田镇的镇 in 枫田镇的镇长
		}
		if n := len(out); n > 0 && out[n-1].Start <= s.Start && s.Start < out[n-1].End {
			out = out[:n-1] // 沧州 in 沧州市
		}
		out = append(out, s)
	}
	out = append(out, persons(q.Text, out)...)
	return append(out, abbreviations(q.Text, out)...)
}

// areas may follow a name's ending as a part of it: 沧州市, 柯桥区.
var areas = []string{"省", "市", "县", "区", "镇", "乡", "村"}

func wholeEnd(text string, end int) int {
	for _, a := range areas {
		if strings.HasPrefix(text[end:], a) && !zh.WithinWord(text, end+len(a)) {
			return end + len(a)
		}
	}
	return end
}

// wholeStart takes the rest of a word to the name that was cut in it: 3年春运期间湖|北省.
func wholeStart(text string, start int) int {
	for range 4 {
		if !zh.WithinWord(text, start) {
			break
		}
		_, size := utf8.DecodeLastRuneInString(text[:start])
		start -= size
	}
	return start
}

// persons finds what looks like a person's name at the start of a stretch of
// Chinese: a family name and one or two characters, none of which makes a word
// with its neighbours.
func persons(text string, known []zh.Span) []zh.Span {
	var out []zh.Span
	start := true
	for i, r := range text {
		began := start
		start = !zh.IsHan(r) || strings.ContainsRune(bounds, r)
		if !began || start || !zh.IsSurname(r) || strings.ContainsRune("时路米万成商明", r) || slices.ContainsFunc(known, func(s zh.Span) bool { return s.Start <= i && i < s.End }) {
			continue
		}
		s := zh.Span{Start: i, End: i + utf8.RuneLen(r)}
		for range 2 {
			next, size := utf8.DecodeRuneInString(text[s.End:])
			if zh.WithinWord(text, s.End) || !zh.IsHan(next) || strings.ContainsRune(bounds, next) {
				break
			}
			s.End += size
		}
		if next, _ := utf8.DecodeRuneInString(text[s.End:]); !zh.WithinWord(text, s.End) && (utf8.RuneCountInString(s.Of(text)) == 3 || utf8.RuneCountInString(s.Of(text)) == 2 && strings.ContainsRune(bounds, next)) {
			out = append(out, s)
		}
	}
	return out
}

// bounds of a person's name; some of them are in words as well, but in few names.
const bounds = "的了是在被把和与及对从到由向为将有何谁哪什怎几多曾说称于以"

// abbreviations are words in Latin letters in a Chinese question: CPI, X.com.
func abbreviations(text string, known []zh.Span) []zh.Span {
	if !strings.ContainsFunc(text, zh.IsHan) {
		return nil // every word of an English question
	}
	var out []zh.Span
	for _, at := range latin.FindAllStringIndex(text, -1) {
		if !slices.ContainsFunc(known, func(s zh.Span) bool { return s.Start < at[1] && at[0] < s.End }) {
			out = append(out, zh.Span{Start: at[0], End: at[1]})
		}
	}
	return out
}

var latin = regexp.MustCompile(`[A-Za-z][A-Za-z0-9.+-]+`)

// figures are those that a question says of what it asks about: none that is a
// part of what is asked for (哪一年, 哪两位), not one
// thing (一个, 一次), and no date that stands for what happened (10·29).
func figures(text string) []zh.Figure {
	return slices.DeleteFunc(zh.Figures(text), func(f zh.Figure) bool {
		before, _ := utf8.DecodeLastRuneInString(text[:f.Start])
		after, _ := utf8.DecodeRuneInString(text[f.End:])
		return before == '哪' || before == '·' || after == '·' || strings.HasPrefix(f.Of(text), "一") && utf8.RuneCountInString(strings.TrimSuffix(f.Of(text), f.Unit)) == 1
	})
}
