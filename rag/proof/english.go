package proof

import (
	"regexp"
	"strconv"
	"strings"
)

// An English sentence about a Chinese article is compared by what both say in
// figures: fromEnglish writes its numbers, units, dates and what turns them round
// the Chinese way, and leaves the rest as it is. General vocabulary.

var (
	monthNames = strings.Fields("january february march april may june july august september october november december")
	month      = `(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?`
	dayFirst   = regexp.MustCompile(`(?i)\b(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?` + month + `(?:,?\s+(\d{4}))?\b`)
	monthFirst = regexp.MustCompile(`(?i)\b` + month + `\s+(\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s+(\d{4})\b)?`)
	monthOnly  = regexp.MustCompile(`(?i)\b` + month + `,?\s+(?:of\s+)?(\d{4})\b`)
	inMonth    = regexp.MustCompile(`(?i)\b(in|since|by|until|during|last|this|mid-|early|late|of)([\s-]*)` + month + `(?:\W|$)`)
	inYear     = regexp.MustCompile(`(?i)\b(in|since|by|until|during|of)\s+((?:19|20)\d\d)([\s.,;)]|$)`)
	scaled     = regexp.MustCompile(`(?i)\b(\d[\d,]*(?:\.\d+)?)[\s-]*(hundred million|thousand|million|billion|trillion)\b`)
	smallWord  = regexp.MustCompile(`(?i)\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a hundred|one hundred|twenty|thirty|forty|fifty|sixty)\b`)
	unitWord   = regexp.MustCompile(`(?i)(\d)(\+?)[\s-]*(?:\p{Han}{0,3})(square met(?:re|er)s?|square kilomet(?:re|er)s?|kilomet(?:re|er)s?|km|met(?:re|er)s?|centimet(?:re|er)s?|cm|mu|hectares?|tonnes?|tons?|kilograms?|kg|rmb|yuan|cny|us dollars?|percentage points?|percent|per cent|households?|famil(?:y|ies)|hours?|minutes?|days?|weeks?|months?|years?|people|persons?|residents?|workers?|villagers|villages?|m)\b`)
)

var smallNumbers = map[string]string{"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10",
	"eleven": "11", "twelve": "12", "a hundred": "100", "one hundred": "100", "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60"}

var scales = map[string]int{"hundred million": 8, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}

// unitNames by how the English word begins, longer ones first.
var unitNames = []struct{ english, chinese string }{
	{"square met", "平方米"}, {"square kilo", "平方公里"}, {"kilomet", "公里"}, {"km", "公里"}, {"kilogram", "公斤"}, {"kg", "公斤"}, {"centimet", "厘米"}, {"cm", "厘米"},
	{"met", "米"}, {"mu", "亩"}, {"hectare", "公顷"}, {"ton", "吨"}, {"rmb", "元"}, {"yuan", "元"}, {"cny", "元"}, {"us dollar", "美元"},
	{"percentage point", "个百分点"}, {"percent", "%"}, {"per cent", "%"}, {"household", "户"}, {"famil", "户"}, {"hour", "小时"}, {"minute", "分钟"},
	{"day", "天"}, {"week", "周"}, {"month", "个月"}, {"year", "年"}, {"people", "人"}, {"person", "人"}, {"resident", "人"}, {"worker", "人"}, {"villagers", "人"}, {"village", "个村"}, {"m", "米"},
}

// phrases that qualify or turn round what they stand at, as the Chinese words
// that the checks know; longer ones first.
var phrases = []struct {
	english *regexp.Regexp
	chinese string
}{
	{regexp.MustCompile(`(?i)\b(no|not) (more|higher|longer|greater|larger) than\b|\bat most\b|\bup to\b`), "不超过"},
	{regexp.MustCompile(`(?i)\b(no|not) (less|fewer|lower|shorter) than\b|\bat least\b`), "至少"},
	{regexp.MustCompile(`(?i)\b(more|higher|longer|greater|larger) than\b|\bover\b(\s+\d)|\bexceed(s|ed|ing)?\b|\babove\b(\s+\d)|\bsurpass(es|ed|ing)?\b`), "超过$2$4"},
	{regexp.MustCompile(`(?i)\b(less|fewer|lower|shorter) than\b|\bunder\b(\s+\d)|\bbelow\b(\s+\d)`), "不足$2$3"},
	{regexp.MustCompile(`(?i)\b(about|around|approximately|nearly|almost|roughly|some)\b(\s+\d)`), "约$2"},
	{regexp.MustCompile(`(?i)\b(increas(e|es|ed|ing)|r[io]se[ns]?|rising|gr[eo]w[ns]?|growing|growth|raise[ds]?|boost(s|ed|ing)?|gain(s|ed)?)\b`), "增"},
	{regexp.MustCompile(`(?i)\b(decreas(e|es|ed|ing)|f[ae]ll(s|en|ing)?|declin(e|es|ed|ing)|drop(s|ped|ping)?|reduc(e|es|ed|ing|tion)|shr[aiu]nk|cut(s|ting)?|lower(s|ed|ing))\b`), "减"},
}

// fromEnglish writes what can be compared the Chinese way.
func fromEnglish(s string) string {
	number := func(name string) string {
		for i, m := range monthNames {
			if strings.HasPrefix(m, strings.ToLower(name)[:3]) {
				return strconv.Itoa(i + 1)
			}
		}
		return ""
	}
	date := func(year, name, day string) string {
		out := number(name) + "月"
		if year != "" {
			out = year + "年" + out
		}
		if day != "" {
			out += day + "日"
		}
		return " " + out + " "
	}
	groups := func(pattern *regexp.Regexp, s string, to func(g []string) string) string {
		return pattern.ReplaceAllStringFunc(s, func(m string) string { return to(pattern.FindStringSubmatch(m)) })
	}
	s = groups(dayFirst, s, func(g []string) string { return date(g[3], g[2], g[1]) })
	s = groups(monthFirst, s, func(g []string) string { return date(g[3], g[1], g[2]) })
	s = groups(monthOnly, s, func(g []string) string { return date(g[2], g[1], "") })
	s = groups(inMonth, s, func(g []string) string { return g[1] + date("", g[3], "") })
	s = groups(inYear, s, func(g []string) string { return g[1] + " " + g[2] + "年 " + g[3] })
	s = smallWord.ReplaceAllStringFunc(s, func(w string) string { return smallNumbers[strings.ToLower(w)] })
	s = groups(scaled, s, func(g []string) string {
		return shift(strings.ReplaceAll(g[1], ",", ""), scales[strings.ToLower(g[2])])
	})
	for _, p := range phrases {
		s = p.english.ReplaceAllString(s, p.chinese)
	}
	s = groups(unitWord, s, func(g []string) string {
		for _, u := range unitNames {
			if strings.HasPrefix(strings.ToLower(g[3]), u.english) {
				return g[1] + strings.Replace(g[2], "+", "多", 1) + u.chinese + " "
			}
		}
		return g[0]
	})
	return s
}

// shift multiplies a decimal in digits by a power of ten.
func shift(digits string, by int) string {
	whole, fraction, _ := strings.Cut(digits, ".")
	for len(fraction) < by {
		fraction += "0"
	}
	if whole += fraction[:by]; len(fraction) > by {
		whole += "." + fraction[by:]
	}
	return strings.TrimLeft(whole[:len(whole)-1], "0") + whole[len(whole)-1:]
}
