package zh

import (
	"strings"
	"unicode/utf8"
)

// entityEndings are what names of places and organisations end in, the longer
// ones first where one ends another. General vocabulary.
var entityEndings = strings.Fields("检察院 研究院 研究所 供电局 自治区 自治州 开发区 高新区 办事处 " +
	"公司 集团 学校 小学 中学 大学 学院 医院 银行 社区 街道 大道 隧道 高铁 地铁 机场 公园 广场 大厦 小区 法院 协会 联盟 酒店 水库 车站 码头 市场 商场 工厂 乐园 景区 " +
	"省 市 县 区 镇 乡 村 旗 街 路 桥 站 寺 庙 山 河 江 湖 岛 州 局 馆 厂 队 杯 节 奖 号 线 组")

// askingStarts are the characters that question words begin with.
var askingStarts = func() *runeSet {
	starts := new(runeSet)
	for _, a := range asking {
		first, _ := utf8.DecodeRuneInString(a.word)
		starts.add(first)
	}
	return starts
}()

// longestStem is how many characters a name may have before its ending.
const longestStem = 6

// Entities finds what looks like the name of a place, an organisation or a
// person in a question, which must be normalised: characters up to one of the
// usual endings (溪南村, 潭晖供电公司), a family name with an office behind it
// (张卫东经理), and whatever stands in quotation marks. The spans are in order
// of their kind and may hold a word too many in front ("今年章贡区").
func Entities(text string) []Span {
	out := Quotations(text)
	out = append(out, endingNames(text)...)
	for i, r := range text {
		if !surnames.has(r) {
			continue
		}
		end := i + utf8.RuneLen(r)
		for range 2 {
			next, size := utf8.DecodeRuneInString(text[end:])
			if !IsHan(next) {
				break
			}
			end += size
			if hasPrefixAny(text[end:], offices) {
				out = append(out, Span{i, end})
				break
			}
		}
	}
	return out
}

// endingNames cuts each run of Chinese characters, function and question words
// being its bounds, behind every ending.
func endingNames(text string) []Span {
	var out []Span
	for _, piece := range pieces(text) {
		start := piece.Start
		for at := start; at < piece.End; {
			_, size := utf8.DecodeRuneInString(text[at:])
			ending := ""
			for _, e := range entityEndings {
				if at > start && strings.HasPrefix(text[at:piece.End], e) {
					ending = e
					break
				}
			}
			if ending == "" {
				at += size
				continue
			}
			from, n := at, 0
			for from > start && n < longestStem {
				_, size := utf8.DecodeLastRuneInString(text[start:from])
				from -= size
				n++
			}
			at += len(ending)
			out = append(out, Span{from, at})
			start = at
		}
	}
	return out
}

// pieces are the runs of Chinese characters and digits between the words that
// no name holds.
func pieces(text string) []Span {
	var out []Span
	start := -1
	flush := func(end int) {
		if start >= 0 && end > start {
			out = append(out, Span{start, end})
		}
		start = -1
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		skip := 0
		word := contentWord(text[i:])
		switch {
		case word > 0:
			size = word
		case !IsHan(r) && !('0' <= r && r <= '9'), strings.ContainsRune(functionCharacters, r):
			skip = size
		case askingStarts.has(r):
			for _, a := range asking {
				if strings.HasPrefix(text[i:], a.word) {
					skip = len(a.word)
					break
				}
			}
		}
		if skip > 0 {
			flush(i)
			i += skip
			continue
		}
		if start < 0 {
			start = i
		}
		i += size
	}
	flush(len(text))
	return out
}
