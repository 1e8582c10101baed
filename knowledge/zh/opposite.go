package zh

import (
	"slices"
	"strings"
)

// opposites are words of which a statement about the one is none about the others:
// what 国际 flights cost is no answer to what 国内 ones do. General vocabulary.
var opposites = func() (groups [][]string) {
	for _, g := range []string{
		"国内 国际 国外 境外 海外", "上半年 下半年 全年", "一季度 二季度 三季度 四季度",
		"男子 女子", "男单 女单 男双 女双 混双", "男篮 女篮", "男足 女足", "男排 女排", "男性 女性", "男主角 女主角", "男演员 女演员",
		"单打 双打", "单人 双人", "冠军 亚军 季军", "金牌 银牌 铜牌", "一等奖 二等奖 三等奖",
		"进口 出口", "城镇 农村", "死亡 受伤", "遇难 受伤", "同比 环比", "最高 最低", "最大 最小", "最多 最少",
		"上午 下午 晚上", "今年 明年", "开幕 闭幕", "收入 支出", "公办 民办", "公立 私立", "一审 二审", "一期 二期 三期",
		"成人 儿童", "本科 专科 硕士 博士", "小组赛 半决赛 决赛", "预赛 决赛", "平日 周末", "工作日 节假日", "线上 线下", "室内 室外", "批发 零售",
	} {
		groups = append(groups, strings.Fields(g))
	}
	return groups
}()

// Opposition is what a text has of a group of opposites, and what not.
type Opposition struct{ group, have, lack []string }

// Oppositions are the groups of opposites of which a normalised text has some, but
// not all.
func Oppositions(text string) (out []Opposition) {
	for _, group := range opposites {
		o := Opposition{group: group}
		for _, w := range group {
			if hasOf(group, w, text) {
				o.have = append(o.have, w)
			} else {
				o.lack = append(o.lack, w)
			}
		}
		if len(o.have) > 0 && len(o.lack) > 0 {
			out = append(out, o)
		}
	}
	return out
}

// hasOf reports whether text has the word, and not only as a part of a longer one
// of its group (决赛 in 半决赛).
func hasOf(group []string, word, text string) bool {
	if !strings.Contains(text, word) {
		return false
	}
	for _, other := range group {
		if other != word && strings.Contains(other, word) {
			text = strings.ReplaceAll(text, other, "")
		}
	}
	return strings.Contains(text, word)
}

// Ordinals are the figures behind 第 in a normalised text: 第28届.
func Ordinals(text string) (out []Figure) {
	if !strings.Contains(text, "第") {
		return nil
	}
	for _, f := range Figures(text) {
		if strings.HasSuffix(text[:f.Start], "第") && f.Unit != "" {
			out = append(out, f)
		}
	}
	return out
}

// OtherOrdinal reports whether others have a figure that counts the same as one of
// these, and none of them is that one: 第27届 for 第28届.
func OtherOrdinal(these, others []Figure) bool {
	return slices.ContainsFunc(these, func(f Figure) bool {
		same := slices.ContainsFunc(others, func(o Figure) bool { return o.Unit == f.Unit && o.Same(f) })
		return !same && slices.ContainsFunc(others, func(o Figure) bool { return o.Unit == f.Unit })
	})
}

// Against reports whether a normalised text has other words of the group only.
func (o Opposition) Against(text string) bool {
	has := func(words []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return hasOf(o.group, w, text) })
	}
	return has(o.lack) && !has(o.have)
}
