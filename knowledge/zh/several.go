package zh

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxParts          = 4   // things that a comparison may name; each is searched for
	longestName       = 12  // characters
	longestComparison = 120 // characters; what is longer is no question of this form
)

// Part is one of the things that a comparison names, and the question about it
// alone: for "甲镇和乙县分别有多少学校？" 甲镇 and "甲镇有多少学校?".
type Part struct{ Name, Text string }

// General vocabulary of questions over several articles.
const (
	recently = `最近|近期|近来|近日|这几天|这段时间|这个月|本周|这周|本月|上周|今天|昨天|今年以来|今年|去年|现在|目前|眼下|如今`
	around   = `全省|全市|全县|全区|全镇|省内|省里|市内|市里|县里|区里|镇上|本地|当地|我们这里|我们这|咱们这|我们|咱们|这里|周边|附近|各地`
	bodies   = `地方|地区|村镇|乡镇|村庄|村子|村|镇|县市区|区县|县区|县市|县|开发区|高新区|园区|街区|校区|区|乡|市|街道|社区|小区|城市|` +
		`单位|企业|公司|工厂|部门|学校|高校|中学|小学|幼儿园|医院|机构|景区|合作社|农户|商家`
	reports = `新闻|报道|消息|动态|新鲜事|大事|资讯`
)

var (
	// 最近哪些村在…, 赣江市有哪些企业…: the unit is the subject of the question.
	severalUnits = regexp.MustCompile(`^((?:` + recently + `|` + around + `)*)(\p{Han}{0,6}?)(?:都|还|又)?有?(?:哪些|哪几个|哪几家|哪几所|哪几)(?P<body>` + bodies + `)(\p{Han}.*)$`)
	// 种茶的村有哪些
	severalBehind = regexp.MustCompile(`^(.{2,}?)的(?P<body>` + bodies + `)(?:都|还)?(?:有|是)哪些$`)
	// 各地怎么…, 各村有哪些做法
	severalEach = regexp.MustCompile(`^((?:` + recently + `)*)各(?:地|个地方|` + bodies + `)(?:都|是)?(.+)$`)
	// 最近有哪些活动: nobody is named who has them
	severalKinds = regexp.MustCompile(`^(?:` + recently + `|` + around + `)*(?:都|还|又)?有(?:哪些|什么|啥)(.*(?:活动|项目|工程|做法|举措|措施|经验))$`)
	// 东河镇最近有哪些新闻
	newsAsked  = regexp.MustCompile(`^(.*?)(?:都|还|又|上)?(?:有没有|有|出了|发生了|报道了|登了)(?:哪些|什么|啥)?(.*?)的?(?:` + reports + `)$`)
	newsBehind = regexp.MustCompile(`^(.*?)的?(?:最新|近期|最近)?的?(?:` + reports + `)(?:都|还)?(?:有哪些|有什么|有啥|是什么)?$`)
	newsEvents = regexp.MustCompile(`^(.*?)(?:` + recently + `)(?:都|还|又)?(?:发生了|出了|有)(?:哪些|什么|啥)(?:新|大)?(?:事|事情|事儿)?$`)

	// lightVerbs say that something is done, not what; two papers use two of them.
	lightVerbs = regexp.MustCompile(`^(?:正在|在|已经|已|都|可以|能够|搞|做|帮助|依靠|靠|怎么|如何|怎样)+|^有$|(?:开展|举行|举办|进行|实施|推行|推进|推动|组织|打造|发展|新建|兴建)(?:了|过)?|或者|或|以及|做法|举措|措施|经验`)
	newsFiller = regexp.MustCompile(`关于|有关|方面|相关|最新|重要|报纸|报上|` + recently + `|` + around)

	fillers = strings.NewReplacer(" ", "", "?", "", "!", "", "。", "", "呢", "", "吗", "", "啊", "", "呀", "", "请说说", "", "说说", "")
)

// bodyNames are nouns of which an article that answers for one has some.
var bodyNames = [][]string{
	strings.Fields("学校 高校 中学 小学 幼儿园 学院 大学 校区 职校 技校"),
	strings.Fields("医院 卫生院 卫生室 诊所"),
	strings.Fields("企业 公司 工厂 集团 厂 合作社"),
	strings.Fields("社区 小区 街道"),
	strings.Fields("村 村庄 村子"),
	strings.Fields("镇 乡 乡镇 村镇 村"),
	strings.Fields("景区 景点 公园 旅游"),
}

// several fills in what is asked if no single article answers, by the form of
// the question, and returns what it is about, without the question's words; ok is
// false for any other question.
func (q *Question) several(text string) (about string, ok bool) {
	text = fillers.Replace(text)
	for _, form := range []*regexp.Regexp{newsAsked, newsBehind, newsEvents} {
		if m := form.FindStringSubmatch(text); m != nil && !isQuestion(strings.Join(m[1:], "")) {
			q.Many, q.News = true, true
			return newsFiller.ReplaceAllString(strings.Join(m[1:], " "), " "), true
		}
	}
	for _, form := range []*regexp.Regexp{severalUnits, severalBehind, severalEach, severalKinds} {
		m := form.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		q.Many = true
		if i := form.SubexpIndex("body"); i > 0 {
			q.Bodies = called(m[i])
			m[i] = ""
		}
		about = strings.Join(m[1:], " ")
		for _, a := range asking {
			about = strings.ReplaceAll(about, a.word, " ")
		}
		var out []string
		for _, piece := range strings.Fields(newsFiller.ReplaceAllString(about, " ")) {
			out = append(out, lightVerbs.ReplaceAllString(piece, " "))
		}
		return strings.Join(out, " "), true
	}
	return "", false
}

// called are the words by which an article calls what the noun asks for; none if
// they are too many to tell.
func called(noun string) []string {
	for _, group := range bodyNames {
		if slices.Contains(group, noun) {
			return group
		}
	}
	return nil
}

// isQuestion reports whether a text has a question word of its own.
func isQuestion(text string) bool {
	for _, a := range asking {
		if a.word != "几" && strings.Contains(text, a.word) {
			return true
		}
	}
	return false
}

var (
	// each asks the same of all that are named, compared which of them has more.
	each     = regexp.MustCompile(`分别|各自|各(?:[^地种项类级界个位方村镇县区]|$)`)
	compared = regexp.MustCompile(`相比较|相比之下|相比|比起来|比较起来|(?:哪个|哪一个|哪里|谁)(.*[更最].*|.*[多少高低大小强快慢早晚好长])$`)
	differ   = regexp.MustCompile(`()(?:之间|都)?(?:有(?:什么|哪些|啥)|的)?(?:不同|区别|不一样|差别|差异)(?:之处|的地方)?(?:是什么|在哪里|在哪|有哪些)?`)
	both     = regexp.MustCompile(`^都(?:\p{Han}{0,4}?)(?:什么|哪些|怎么|多少|如何|怎样|啥|几)`)
	together = regexp.MustCompile(`一共|总共|合计|共同|联合|合作|合建|一起|两个?村|两个?镇|两地|双方|之间(?:的距离|相距)`)
	// what follows a name: nothing of it can belong to one.
	behindName = regexp.MustCompile(`^(?:的|分别|各|相比|比|哪|谁|有什么|有哪些|都|在|是|有|怎|如何|之间|,|，|` + recently + `)`)
	stronger   = regexp.MustCompile(`(?:更|比较)\p{Han}{1,2}$`)
	opening    = regexp.MustCompile(`^(?:比较一下|对比一下|比较|对比|对于|关于|在|那么)+`)
	moment     = regexp.MustCompile(`^(?:` + recently + `)+`)
	// 更多, 多多少: how many each has answers both.
	moreOf = regexp.MustCompile(`^(?:的)?(.*?)(?:更|比较)?(?:多|少)(?:一些|一点|些)?$`)
)

// compare reads a question that asks the same of two or more that it names
// ("A和B分别…", "A、B哪个…", "A比B…") and returns a question for each of them,
// nil for any other. Names are what ends as names do, or of two to four
// characters before 分别 and the like; 和 inside a name divides nothing.
func compare(text string) []Part {
	if text = fillers.Replace(text); utf8.RuneCountInString(text) > longestComparison {
		return nil
	}
	for i, r := range text {
		if !strings.ContainsRune("和与跟同及、比", r) {
			continue
		}
		start := strings.LastIndexAny(text[:i], ",，:：") + 1
		first := opening.ReplaceAllString(text[start:i], "")
		when := moment.FindString(first)
		first = first[len(when):]
		if !isName(first) {
			continue
		}
		names, rest := []string{first}, text[i+utf8.RuneLen(r):]
		for more := true; more && len(names) <= maxParts; {
			var name string
			if name, rest, more = nextName(rest); name == "" {
				names = nil
				break
			}
			names = append(names, name)
		}
		if len(names) < 2 || len(names) > maxParts || names[0] == names[1] {
			continue
		}
		rest, ok := askedOfEach(rest, r == '比')
		if !ok || r == '比' && !(endsAsName(first) && endsAsName(names[1])) {
			continue
		}
		parts := make([]Part, len(names))
		for j, name := range names {
			parts[j] = Part{name, text[:start] + when + name + rest + "?"}
		}
		return parts
	}
	return nil
}

// askedOfEach is what remains to be asked of each name, ok is false if nothing
// in the rest of the question says that it is asked of each.
func askedOfEach(rest string, than bool) (asked string, ok bool) {
	for _, form := range []*regexp.Regexp{differ, compared, each} {
		at := form.FindStringIndex(rest)
		if at == nil {
			continue
		}
		if form == each && rest[at[0]:at[1]] != "分别" && rest[at[0]:at[1]] != "各自" {
			at[1] = at[0] + len("各")
		}
		if form == each {
			return strings.Trim(rest[:at[0]], ",") + strings.Trim(rest[at[1]:], ","), true
		}
		asked = strings.ReplaceAll(form.ReplaceAllString(rest, "$1"), ",", "")
		return plainly(compared.ReplaceAllString(asked, "$1")), true
	}
	if both.MatchString(rest) {
		return strings.TrimPrefix(rest, "都"), true
	}
	if than {
		return plainly(strings.NewReplacer("多多少", "有多少", "少多少", "有多少", "多几", "有几").Replace(rest)), true
	}
	return "", false
}

// plainly makes of what is compared what can be asked of one: 企业更多 becomes
// 有多少企业.
func plainly(asked string) string {
	if m := moreOf.FindStringSubmatch(asked); m != nil && m[1] != "" {
		return "有多少" + strings.TrimPrefix(m[1], "的")
	}
	if isQuestion(asked) {
		return asked
	}
	return stronger.ReplaceAllString(asked, "") + "怎么样"
}

// nextName cuts the name that text begins with, as short as it can be where
// something follows that belongs to none; more is true if a further one follows
// behind 和 or 、.
func nextName(text string) (name, rest string, more bool) {
	for i, n := 0, 0; i < len(text) && n <= longestName; n++ {
		r, size := utf8.DecodeRuneInString(text[i:])
		if isName(text[:i]) {
			if strings.ContainsRune("和与跟及、", r) && beginsWithName(text[i+size:]) {
				return text[:i], text[i+size:], true
			}
			if behindName.MatchString(text[i:]) {
				return text[:i], text[i:], false
			}
		}
		i += size
	}
	if end := nameAt(text); end > 0 {
		return text[:end], text[end:], false
	}
	return "", "", false
}

// beginsWithName reports whether a name opens text, with something behind it that
// belongs to none, or by its ending.
func beginsWithName(text string) bool {
	for i, n := 0, 0; i < len(text) && n <= longestName; n++ {
		r, size := utf8.DecodeRuneInString(text[i:])
		if isName(text[:i]) && (strings.ContainsRune("和与跟及、", r) || behindName.MatchString(text[i:])) {
			return true
		}
		i += size
	}
	return nameAt(text) > 0
}

// nameAt is where the name ends that text opens with by its ending, a verb or a
// noun being behind it; 0 if there is none.
func nameAt(text string) int {
	for _, s := range endingNames(text) {
		if s.Start == 0 && isName(s.Of(text)) {
			return s.End
		}
	}
	return 0
}

// isName reports whether text can be a name as a whole.
func isName(text string) bool {
	n := utf8.RuneCountInString(text)
	if n < 2 || n > longestName || strings.ContainsAny(text, "的了是在被把吗呢,，?、") || isQuestion(text) {
		return false
	}
	for _, word := range []string{"分别", "各", "相比", "今年", "去年", "目前", "最近", "有"} {
		if strings.Contains(text, word) {
			return false
		}
	}
	return endsAsName(text) || n <= 4 && strings.IndexFunc(text, func(r rune) bool { return !IsHan(r) }) < 0
}

// endsAsName reports whether text ends as names of places and organisations do,
// with a stem before that, or is in quotation marks.
func endsAsName(text string) bool {
	if strings.HasPrefix(text, "“") && strings.HasSuffix(text, "”") {
		return true
	}
	for _, e := range entityEndings {
		if strings.HasSuffix(text, e) && len(text) > len(e) {
			return true
		}
	}
	return false
}
