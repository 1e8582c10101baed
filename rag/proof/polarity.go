package proof

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"xiangwen/knowledge/zh"
)

// opposites are words that turn a statement round, one side against the other.
// General vocabulary; a character stands for all words with it (增 for 增长, 增收).
var opposites = []struct {
	one, other []string
	must       int // 0: only its opposite speaks against it; 1: next to a figure it has to be in the evidence; 2: always
}{
	{strings.Fields("增 升 涨 提高 提升 扩大 上调 攀高 加大 加快 壮大 上扬 走高 回升 高出"), strings.Fields("减 降 跌 缩小 缩减 下滑 下调 压缩 放缓 走低 回落 萎缩 削"), 2},
	{strings.Fields("提前 提早 早于"), strings.Fields("推迟 延后 延期 推后 延迟 晚于 滞后"), 2},
	{strings.Fields("盈利 获利 盈余"), strings.Fields("亏损 亏 赤字"), 1},
	{strings.Fields("顺差"), strings.Fields("逆差"), 1},
	{strings.Fields("高于 优于 强于 快于"), strings.Fields("低于 劣于 弱于 慢于"), 1},
	{strings.Fields("流入 转入 迁入 引进"), strings.Fields("流出 转出 迁出 输出"), 0},
	{strings.Fields("进口"), strings.Fields("出口"), 0},
	{strings.Fields("开工 动工 启动 启用 开通 开业 开放 恢复 重启 开幕"), strings.Fields("停工 停用 停运 停业 关闭 关停 暂停 中止 终止 取消 撤销 闭幕"), 0},
	{strings.Fields("同意 批准 支持 赞成 允许 通过 准许"), strings.Fields("反对 否决 拒绝 禁止 驳回 不准"), 0},
	{strings.Fields("免费"), strings.Fields("收费 付费"), 0},
	{strings.Fields("合并 集中 联合"), strings.Fields("分开 分散 拆分"), 0},
	{strings.Fields("较强 更强 强于"), strings.Fields("较弱 更弱"), 2},
	{strings.Fields("较快 更快 领先"), strings.Fields("较慢 更慢 落后"), 2},
	{strings.Fields("丰富 充足"), strings.Fields("匮乏 缺乏 短缺 不足 贫乏"), 2},
	{strings.Fields("上行 向上"), strings.Fields("下行 向下"), 0},
	{strings.Fields("减轻 缓解 降低"), strings.Fields("加重 加剧 恶化"), 0},
	{strings.Fields("优先"), strings.Fields("最后 靠后"), 2},
	{strings.Fields("最大 最多 最长 最高 最好 最强 最快 最近 最早"), strings.Fields("最小 最少 最短 最低 最差 最弱 最慢 最远 最晚"), 0},
	{strings.Fields("成功"), strings.Fields("失败"), 0},
	{strings.Fields("之前 以前"), strings.Fields("之后 以后"), 0},
	{strings.Fields("自愿"), strings.Fields("强制 强迫"), 0},
	{strings.Fields("全部 所有 均 都"), strings.Fields("部分 一部分 个别 少数 半数"), 0},
}

// notDirections takes out words that only look like those.
var notDirections = strings.NewReplacer("减法", "", "加法", "", "到最后", "", "增设", "", "增城", "", "升级", "", "升旗", "")

// directions checks that nothing is turned round: a word of one side in the claim
// where the sentences it rests on have only words of the other, and, next to a
// figure, where they have none of its side.
func directions(c *claim, e *evidence) *Fault {
	for _, clause := range c.clauses {
		said, near := notDirections.Replace(clause.Of(c.s)), notDirections.Replace(e.near(c, clause))
		for _, o := range opposites {
			for _, side := range [2][2][]string{{o.one, o.other}, {o.other, o.one}} {
				word := firstOf(said, side[0])
				if word == "" || firstOf(said, side[1]) != "" || firstOf(near, side[0]) != "" {
					continue
				}
				before := lastRunes(said[:strings.Index(said, word)], 2)
				switch {
				case slices.ContainsFunc(side[1], func(w string) bool { return len(before) >= 6 && strings.Contains(e.s, before+w) }) && !strings.Contains(e.s, before+word):
					return &Fault{Direction, word}
				case firstOf(near, side[1]) != "":
					return &Fault{Direction, word}
				case !c.english && (o.must == 2 || o.must == 1 && hasFigure(c, clause)) && firstOf(e.s, side[0]) == "":
					return &Fault{Direction, word}
				}
			}
		}
	}
	return nil
}

func hasFigure(c *claim, clause zh.Span) bool {
	for _, f := range c.figures {
		if clause.Start <= f.Start && f.Start < clause.End {
			return true
		}
	}
	return false
}

func firstOf(s string, words []string) string {
	for _, w := range words {
		if strings.Contains(s, w) {
			return w
		}
	}
	return ""
}

// near is what of the evidence a clause of the claim rests on: the clause that
// has its figures, or that shares most words with it, with the sentence around
// it.
func (e *evidence) near(c *claim, clause zh.Span) string {
	return e.sentenceOf(e.closest(c, clause))
}

func (e *evidence) sentenceOf(clause zh.Span) string { return e.sentence(clause).Of(e.s) }

// sentence is the sentence that a clause is in.
func (e *evidence) sentence(clause zh.Span) zh.Span {
	for _, s := range e.sentences {
		if s.Start <= clause.Start && clause.Start < s.End {
			return s
		}
	}
	return clause
}

// closest is the evidence's clause that a clause of the claim rests on.
func (e *evidence) closest(c *claim, clause zh.Span) zh.Span {
	s, _ := e.match(c, clause)
	return s
}

// match is that clause and how many pairs of characters both have.
func (e *evidence) match(c *claim, clause zh.Span) (zh.Span, float64) {
	terms := zh.AppendTerms(nil, clause.Of(c.s))
	var best zh.Span
	most := -1.0
	for _, s := range e.clauses {
		has := make(map[zh.Term]bool)
		for _, t := range zh.AppendTerms(nil, s.Of(e.s)) {
			has[t] = true
		}
		score := 0.0
		for _, t := range terms {
			if t.IsBigram() && has[t] {
				score++
			}
		}
		for _, f := range c.figures {
			if f.Start < clause.Start || f.Start >= clause.End {
				continue
			}
			for _, g := range e.figures {
				if s.Start <= g.Start && g.Start < s.End && f.sameNumber(g) {
					score += 3
				}
			}
		}
		if score > most {
			best, most = s, score
		}
	}
	return best, most
}

// denials are what denies the word behind it.
const denials = "不未没无非勿"

// harmless are words with a denial's character that deny nothing, or that are
// numbers' and directions' own.
var harmless = strings.Fields("不断 不仅 不但 不同 不久 不少 不足 不过 不超 不到 不满 不低 不高 不多 不平 不管 不论 无论 不只 不等 不止 未来 非常 无偿 非物 非遗 不错 不得不 无数 不愧 不禁 无人机 无线 无缝 无障碍 不动产 不良 不充分 不平衡 不够 未满 未达 没错 不一 不含 无害 没收 不锈")

// denied finds the words that are denied in a text: two characters each.
func denied(s string) []string {
	var out []string
	for i, r := range s {
		if !strings.ContainsRune(denials, r) || hasPrefixAny(s[i:], harmless) {
			continue
		}
		rest := s[i+utf8.RuneLen(r):]
		for _, w := range []string{"曾经", "再有", "是", "曾", "有", "能", "会", "要", "得", "再", "被", "可", "需", "必", "经", "予", "对", "在", "因", "将"} {
			rest = strings.TrimPrefix(rest, w)
		}
		if word := firstRunes(rest, 2); utf8.RuneCountInString(word) == 2 && !strings.ContainsFunc(word, func(r rune) bool { return !zh.IsHan(r) }) {
			out = append(out, word)
		}
	}
	return out
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func hasPrefixAny(s string, words []string) bool {
	for _, w := range words {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}

// refusals are words that say no without a denial's character.
var refusals = strings.Fields("禁止 拒绝 取消 停止 避免 杜绝 缺乏 缺少 免除 难以 除外 保留 维持 保持 一直 照旧 首次 仍")

// negations checks that what the claim denies is denied where it rests, and that
// what is denied there is not asserted.
func negations(c *claim, e *evidence) *Fault {
	if c.english {
		return englishNegation(c, e)
	}
	for _, clause := range c.clauses {
		said := clause.Of(c.s)
		near := e.near(c, clause)
		claims, theirs := denied(said), denied(near)
		for _, w := range claims {
			if contains(theirs, w) || contains(denied(e.s), w) {
				continue
			}
			if len(theirs) == 0 && firstOf(near, refusals) == "" {
				return &Fault{Negation, w}
			}
		}
		for _, w := range theirs {
			if strings.Contains(said, w) && !contains(claims, w) && strings.Count(near, w) <= count(theirs, w) {
				if !strings.ContainsAny(said, denials) && firstOf(said, refusals) == "" {
					return &Fault{Negation, w}
				}
			}
		}
	}
	return nil
}

func englishNegation(c *claim, e *evidence) *Fault {
	lower := " " + strings.ToLower(c.raw) + " "
	for _, w := range []string{" not ", "n't ", " never ", " no longer ", " without ", " neither ", " nor "} {
		if strings.Contains(lower, w) && len(denied(e.s)) == 0 && firstOf(e.s, refusals) == "" {
			return &Fault{Negation, strings.TrimSpace(w)}
		}
	}
	return nil
}

func contains(list []string, s string) bool { return count(list, s) > 0 }

func count(list []string, s string) (n int) {
	for _, w := range list {
		if w == s {
			n++
		}
	}
	return n
}

// degree is a group of words that widen or narrow what is said, or say which part
// of a time: who says one has read one of the group, or of what stands for it.
type degree struct{ said, read []string }

func group(said string, read ...string) degree {
	return degree{strings.Fields(said), append(strings.Fields(said), read...)}
}

var degreeWords = []degree{
	group("唯一"), group("仅有 仅仅 仅为 只有 只是 只扶 单独", "仅", "只"), group("一半 半数 过半"), group("最大 最小 最长 最短 最高 最低 最多 最少 最早 最晚 最快 最好 最强 最受", "最"),
	group("首个 首次 首家 首条 首座 首创 第一个 第一家 第一条 率先", "首", "第一"), group("全部 所有 全体 一律", "都", "均", "全", "各"), group("大部分 多数 大多 绝大"),
	group("同比 环比 比去年 比上年"), group("永久 永远"), group("每年 年均", "一年"), group("每月 月均"), group("每天 日均 每日"), group("人均 每人"), group("户均 每户"), group("世界 全球"), group("全国", "国家级"),
	group("上旬"), group("中旬"), group("下旬"), group("月初"), group("月底 月末"), group("年初"), group("年底 年末"), group("年中"), group("上半年"), group("下半年"),
	group("上午"), group("下午"), group("凌晨"), group("晚上"), group("清晨"), group("中午"), group("春季 春天"), group("夏季 夏天"), group("秋季 秋天"), group("冬季 冬天"),
}

// englishDegrees are English words of the same kind, and the Chinese ones that
// they stand for.
var englishDegrees = map[string]string{
	"only": "仅 只 唯一", "sole": "仅 只 唯一", "half": "半", "longest": "最", "largest": "最", "biggest": "最", "highest": "最", "first": "首 第一 率先", "morning": "上午 早", "afternoon": "下午",
}

// degrees checks that the claim does not widen or narrow what the evidence says.
func degrees(c *claim, e *evidence) *Fault {
	for _, d := range degreeWords {
		if w := firstOf(c.s, d.said); w != "" && firstOf(e.s, d.read) == "" {
			return &Fault{Qualifier, w}
		}
	}
	if c.english {
		for _, w := range strings.FieldsFunc(strings.ToLower(c.raw), func(r rune) bool { return !unicode.IsLetter(r) }) {
			if read := englishDegrees[w]; read != "" && firstOf(e.s, strings.Fields(read)) == "" {
				return &Fault{Qualifier, w}
			}
		}
	}
	return nil
}
