package page

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge/zh"
)

var doubleSurnames = []string{"欧阳", "上官", "司马", "诸葛", "皇甫", "尉迟", "夏侯", "司徒", "东方", "端木", "公孙", "令狐", "慕容"}

// notNames are ordinary two- and three-character words that start with a
// surname and stand alone on a line or in brackets often enough to mislead.
var notNames = map[string]bool{}

func init() {
	for _, w := range strings.Fields("公告 通告 要闻 时事 时评 文化 文明 农村 农业 农民 农家 安全 安心 和谐 成长 成效 成果 成绩 高效 高铁 高考 高温 方便 方法 方案 方式 方向 金融 金秋 关注 关爱 关系 关于 经济 时间 时代 时尚 时光 全国 全省 全市 全县 全民 全面 全文 明天 明年 连日 连线 连载 商业 商务 房产 房价 车市 项目 单位 单元 简讯 简介 温暖 温馨 温度 施工 施策 应急 应对 应用 管理 管控 管护 路上 路况 游客 游戏 党建 党员 党委 党的 党史 师生 解决 解读 解放 荣誉 沙龙 古村 古城 古镇 江西 江南 江河 江苏 安徽 安徽省 甘肃 贵州 宁夏 华东 华南 华北 华中 关键 易地 万物 万家 万元 文学 文艺 文旅 文体 文件 文物 文章 武汉 武术 石油 石化 马上 牛羊 龙头 金牌 白天 白酒 严格 严查 严防 严打 阳光 平安 毛利 向上 向前 方言 左右 祝福 祝贺 尚未 包括 季节 盛夏 盛会 司法 司机 卫生 席间 明确 查处 查看 查获 查询 时期 时候 路线 房屋 房子 安排 安置 安装 成立 成功 成为 高度 高质量 高标准 广告 程序 任务 任何 任命 汪洋 许可 许多 江湖 孔雀 贺信 贺词 顾客 曾经 何时 何以 何况 余名 余人 余元 于是 于此 莫名 雷电 雷雨 温泉 康养 康复 严禁 严肃 严重 方面 章程 顾问 应当 向往 向着") {
		notNames[w] = true
	}
}

func startsWithSurname(name string) bool {
	for _, d := range doubleSurnames {
		if strings.HasPrefix(name, d) {
			return true
		}
	}
	r, _ := utf8.DecodeRuneInString(name)
	return zh.IsSurname(r)
}

// isName reports whether s looks like a Chinese personal name.
func isName(s string) bool {
	n := utf8.RuneCountInString(s)
	if n < 2 || n > 4 || notNames[s] || !startsWithSurname(s) {
		return false
	}
	for _, r := range s {
		if !zh.IsHan(r) && r != '·' {
			return false
		}
	}
	return n < 4 || startsWithDouble(s)
}

func startsWithDouble(s string) bool {
	for _, d := range doubleSurnames {
		if strings.HasPrefix(s, d) {
			return true
		}
	}
	return false
}

// byline is what a byline says: who, and in which way it says so.
type byline struct {
	names  []string
	marked bool // by a word such as 记者, a bullet or a slash, not by names alone
	photo  bool // it credits a photo
}

var (
	bulletRE = regexp.MustCompile(`^[□■◎●◆◇△▲○※☆★▢\x{25A0}-\x{25FF}]+\s*`)
	// What a byline holds besides names.
	bylineWordRE = regexp.MustCompile(`本报|本刊|本台|新华社|中新社|全媒体|融媒体|(?:特约|见习|实习|首席|驻\p{Han}{2,4}|本网|报业)?(?:记者|通讯员|评论员|撰稿人)|实习生|撰稿|供稿|报道|采写|编译|摄影|摄制|供图|制图|通\s*讯\s*员|记\s*者`)
	photoWordRE  = regexp.MustCompile(`摄影报道|摄影|供图|提供|摄$|摄\s*[）)]?$`)
	slashRE      = regexp.MustCompile(`[文图]?\s*[/／]\s*[文图]|[文图]\s*[/／]|文\s*[图摄]|^[文图][:：]`)
)

// parseByline reads s as a byline as a whole; ok is false if anything in it is
// neither a name nor a word bylines are made of.
func parseByline(s string) (b byline, ok bool) {
	if len(s) > 180 || strings.ContainsAny(s, "。！？“”《》") {
		return b, false
	}
	s = strings.Trim(strings.TrimSpace(s), "（）()【】[]")
	take := func(re *regexp.Regexp) bool {
		t := re.ReplaceAllString(s, " ")
		found := t != s
		s = t
		return found
	}
	s = strings.TrimSpace(s)
	b.marked = take(bulletRE)
	if photoWordRE.MatchString(s) {
		b.photo, b.marked = true, true
		take(photoWordRE)
	}
	if take(bylineWordRE) {
		b.marked = true
	}
	if take(slashRE) {
		b.marked = true
	}
	single := "" // 李 明: a short name set wide
	for _, token := range strings.FieldsFunc(s, isBylineSpace) {
		if single != "" && utf8.RuneCountInString(token) == 1 {
			token, single = single+token, ""
		}
		switch {
		case isName(token):
			b.names = append(b.names, token)
		case single == "" && utf8.RuneCountInString(token) == 1 && startsWithSurname(token):
			single = token
		case b.marked && isOddName(token):
			b.names = append(b.names, token)
		default:
			return byline{}, false
		}
	}
	return b, single == "" && len(b.names) > 0 && (b.marked || len(b.names) <= 6)
}

// isOddName reports whether s may be a name given that a byline names it: a
// rare surname, a pen name, a name with a dot.
func isOddName(s string) bool {
	n := utf8.RuneCountInString(s)
	if n < 2 || n > 4 && !strings.ContainsRune(s, '·') || n > 12 {
		return false
	}
	for _, r := range s {
		if !zh.IsHan(r) && r != '·' {
			return false
		}
	}
	return true
}

func isBylineSpace(r rune) bool {
	return strings.ContainsRune(" \t\u3000\u00a0、，,;；:：/／|｜&", r)
}

// The start of a body that says where the news comes from: 本报讯（记者 甲）,
// 本报某地讯, 新华社某地8月1日电（记者甲）. The groups are the place and what
// stands in the brackets.
var datelineRE = regexp.MustCompile(`^(?:本报|本刊|本网|本台|新华社|中新社|中新网|人民网|\p{Han}{1,6}(?:网|社|报|客户端|融媒))(\p{Han}{0,8}?)(?:\d{1,2}月)?(?:\d{1,2}日)?(?:综合)?(?:讯|电|消息)(?:\s*[（(]([^（）()]{2,60})[）)]|[\s:：]|$)`)

// dateline reads the dateline text starts with; length is its length in bytes,
// 0 if there is none.
func dateline(text string) (place string, names []string, length int) {
	if len(text) > 400 {
		text = text[:400]
	}
	m := datelineRE.FindStringSubmatchIndex(text)
	if m == nil {
		return "", nil, 0
	}
	if m[4] >= 0 {
		b, ok := parseByline(text[m[4]:m[5]])
		if ok {
			names = b.names
		}
	}
	return text[m[2]:m[3]], names, m[1]
}

var endBracketRE = regexp.MustCompile(`[（(]([^（）()]{2,60})[）)]$`)

// endByline reads the bracket at the end of text: （甲 乙）, （本报记者 甲）,
// （甲 摄）. start is where the bracket starts.
func endByline(text string) (b byline, start int, ok bool) {
	from := max(0, len(text)-200)
	m := endBracketRE.FindStringSubmatchIndex(text[from:])
	if m == nil {
		return b, 0, false
	}
	b, ok = parseByline(text[from+m[2] : from+m[3]])
	return b, from + m[0], ok
}
