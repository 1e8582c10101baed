package zh

import (
	"strings"
	"unicode/utf8"
)

// headings are the words in which a question ends that has no question word, as
// people type it into a search box (报名时间, 门票价格), and the kind that they fix.
// A word that says nothing but the kind is replaced by a question word and is not
// looked for: an article tells when without the word 时间. General vocabulary.
var headings = []struct {
	kind  Kind
	only  bool // it says nothing but the kind
	words []string
}{
	{Time, true, strings.Fields("时间 日期 时候 年份 月份 时刻")},
	{Place, true, strings.Fields("地点 地址 位置 地方")},
	{Place, false, strings.Fields("举办地 举办城市 举办国 所在地 出生地 诞生地 发源地 产地 籍贯 故乡 起点 终点 首都 省会")},
	{Person, false, strings.Fields("导演 主演 编剧 作者 演员 主角 女主角 男主角 主持人 负责人 联系人 发起人 创始人 发明人 获奖者 得主 冠军 亚军 季军 教练 主教练 队长 书记 主任 校长 院长 局长 县长 市长 省长 镇长 乡长 村长 会长 总理 总统 主席 首相 总裁 董事长 经理")},
	{Number, false, strings.Fields("人数 人次 人口 产值 收入 营收 利润 票房 票价 价格 房价 费用 学费 奖金 工资 投资 资金 补贴 成本 长度 全长 距离 高度 海拔 里程 面积 时长 震级 年龄 比例 占比 比重 涨幅 降幅 增幅 增速 幅度 点数 分数 比分")},
	{Reason, true, strings.Fields("原因 理由 起因 缘由")},
	{Name, true, strings.Fields("名字 名称 全称")},
}

// Amounts end in these characters, but for a few words.
const amountEndings = "量数率额"

var noAmounts = strings.Fields("质量 力量 能量 较量 商量 胆量 多数 少数 参数 岁数 算数 效率 草率")

// heading reads a question that has no question word by the word it ends in. It
// returns the text less that word, if the word says nothing but the kind.
func (q *Question) heading(text string) string {
	text = strings.TrimRight(text, " ?!。，,呢啊")
	text = strings.TrimSuffix(text, "是")
	for _, h := range headings {
		for _, w := range h.words {
			before, ok := strings.CutSuffix(text, w)
			if !ok || utf8.RuneCountInString(before) < 2 {
				continue
			}
			q.Kind = h.kind
			if h.only {
				text = before
			}
			return q.headed(text)
		}
	}
	last, _ := utf8.DecodeLastRuneInString(text)
	if utf8.RuneCountInString(text) < 4 || !strings.ContainsRune(amountEndings, last) || hasSuffixAny(text, noAmounts) {
		return text
	}
	q.Kind = Number
	return q.headed(text)
}

// headed notes what is asked about, text, once the kind is known.
func (q *Question) headed(text string) string {
	q.Left, q.Asks = text, 1
	if q.Kind != Number {
		return text
	}
	switch end := lastCharacters(text, 4); {
	case hasAny(end, "时长"):
		q.Units = strings.Fields(durations)
	case hasAny(end, "年龄"):
		q.Units = []string{"岁"}
	case hasAny(end, "人数", "人口"):
		q.Units = []string{"人", "名", "位", "人次", "余人"}
	default:
		q.specify(end, "", "")
	}
	return text
}

func lastCharacters(s string, n int) string {
	i := len(s)
	for ; n > 0 && i > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return s[i:]
}
