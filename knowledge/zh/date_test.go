package zh

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// written is a date as 2024-11-20, with ? for an unknown year and without the
// parts behind the last known one; a decade ends in s.
func written(d Date) string {
	year := "?"
	if d.Year > 0 {
		year = fmt.Sprint(d.Year)
	}
	switch {
	case d.Decade:
		return year + "s"
	case d.Day > 0 && d.Month == 0:
		return fmt.Sprintf("%s-?-%02d", year, d.Day)
	case d.Day > 0:
		return fmt.Sprintf("%s-%02d-%02d", year, d.Month, d.Day)
	case d.Month > 0:
		return fmt.Sprintf("%s-%02d", year, d.Month)
	}
	return year
}

func TestDates(t *testing.T) {
	const tuesday = "2024-11-26"
	for _, c := range []struct{ anchor, text, want string }{
		// Absolute.
		{"", "大桥于2024年11月20日通车", "2024-11-20"},
		{"", "2024年11月开工", "2024-11"},
		{"", "2024年的规划", "2024"},
		{"", "2024 年 11 月 20 日", "2024-11-20"},
		{"", "更新于2024-11-20", "2024-11-20"},
		{"", "2024/11/20 08:30", "2024-11-20"},
		{"", "（2024.11.20）", "2024-11-20"},
		{"", "2024-3-5", "2024-03-05"},
		{"", "二〇二四年十一月二十日", "2024-11-20"},
		{"", "二○二四年十一月", "2024-11"},
		{"", "一九四九年十月一日", "1949-10-01"},
		{"", "２０２４年３月", "2024-03"},
		{"", "24年11月起", "2024-11"},
		{"", "98年7月的洪水", "1998-07"},
		{"", "民国23年3月", "1934-03"},
		{"", "2024年03月05号", "2024-03-05"},
		{"", "2024年底前完成，2023年年初动工", "2024 2023"},
		{"", "2024年2月29日", "2024-02-29"},
		{"", "2023年2月29日", "2023-02"}, // no such day
		{"", "2000年，全县", "2000"},
		{"", "20世纪90年代，上世纪80年代末，二十世纪五十年代", "1990s 1980s 1950s"},
		{"", "1990年代与70年代", "1990s 1970s"},
		// Without a year.
		{tuesday, "11月20日上午", "2024-11-20"},
		{tuesday, "十一月二十日", "2024-11-20"},
		{tuesday, "3月份", "2024-03"},
		{tuesday, "截至10月底", "2024-10"},
		{"2025-01-06", "12月20日", "2024-12-20"},
		{"2025-01-06", "6月20日", "2025-06-20"},
		{"2024-12-28", "1月5日起", "2025-01-05"},
		{"2024-12-28", "1月至11月", "2024-01 2024-11"},
		{"2024-12-28", "11月至3月", "2024-11 2025-03"},
		{"2024-12", "1月5日", "2025-01-05"},
		{"2024", "3月5日", "2024-03-05"},
		{"", "3月5日", "?-03-05"},
		{tuesday, "记者20日从县里获悉", "2024-11-20"},
		{"2024-11-02", "30日晚", "2024-10-30"},
		{"2024-11-28", "2日起", "2024-12-02"},
		{"2024-11", "20日", "2024-11-20"},
		{"2024", "20日", "?-?-20"},
		{"", "20日", "?-?-20"},
		{tuesday, "20号起报名", "2024-11-20"},
		{"2023-03-01", "2月29日", "?-02-29"}, // of no year near
		// Carried on.
		{tuesday, "2023年5月开工，11月完工", "2023-05 2023-11"},
		{tuesday, "去年5月开工，11月20日完工", "2023-05 2023-11-20"},
		{tuesday, "2023年5月开工，今年11月完工", "2023-05 2024-11"},
		{tuesday, "2019年成立，当年9月招生，次年3月挂牌", "2019 2019-09 2020-03"},
		{tuesday, "10月20日开幕，23日闭幕", "2024-10-20 2024-10-23"},
		{tuesday, "2022年动工，年底通水", "2022 2022"},
		{tuesday, "2025年投产。11月8日，公司宣布", "2025 ?-11-08"}, // of either year
		{tuesday, "2024年投产。11月8日，公司宣布。20日", "2024 2024-11-08 2024-11-20"},
		{tuesday, "2015年1月撤离。2月21日返回。22日", "2015-01 ?-02-21 ?-?-22"},
		{"", "2015年1月撤离。2月21日返回。22日", "2015-01 2015-02-21 2015-02-22"},
		// Relative.
		{tuesday, "今年", "2024"},
		{tuesday, "去年以来", "2023"},
		{tuesday, "前年，明年，后年", "2022 2025 2026"},
		{tuesday, "今年3月", "2024-03"},
		{tuesday, "去年的11月20日", "2023-11-20"},
		{tuesday, "去年底", "2023"},
		{tuesday, "年底前", "2024"},
		{tuesday, "年初", "2024"},
		{tuesday, "上月，上个月20日", "2024-10 2024-10-20"},
		{tuesday, "本月、这个月5日", "2024-11 2024-11-05"},
		{tuesday, "下月中旬", "2024-12"},
		{"2024-01-03", "上月", "2023-12"},
		{tuesday, "昨天，昨日，昨晚", "2024-11-25 2024-11-25 2024-11-25"},
		{tuesday, "今天，明天，后天，前天，大前天", "2024-11-26 2024-11-27 2024-11-28 2024-11-24 2024-11-23"},
		{"2024-03-01", "昨天", "2024-02-29"},
		{tuesday, "3天前", "2024-11-23"},
		{tuesday, "两个月前，3个月前", "2024-08"}, // 两 is also "a few"
		{tuesday, "十年前", "2014"},
		{tuesday, "周三，周日，星期五", "2024-11-27 2024-11-24 2024-11-29"},
		{tuesday, "上周三，本周日，下周一", "2024-11-20 2024-12-01 2024-12-02"},
		{tuesday, "上周，下星期，本周", "2024-11 2024-12 2024"},
		{tuesday, "上个星期天", "2024-11-24"},
		{"", "去年，昨天，上周三，周五，上月", ""},
		{"", "今年3月，上月20日", "?-03 ?-?-20"},
		{"2024", "昨天，去年3月，上月", "2023-03"},
		{"2024-11", "上月，昨天", "2024-10"},
		{tuesday, "每年3月到5月，每月15日", "?-03 ?-05 ?-?-15"},
		// Ranges.
		{tuesday, "3月至5月", "2024-03 2024-05"},
		{tuesday, "3至5月", "2024-03 2024-05"},
		{tuesday, "1-10月", "2024-01 2024-10"},
		{tuesday, "今年3至5月", "2024-03 2024-05"},
		{tuesday, "2021-2023年", "2021 2023"},
		{tuesday, "2021年至2023年", "2021 2023"},
		{tuesday, "2023—2024学年", "2023 2024"},
		{tuesday, "11月20日至23日", "2024-11-20 2024-11-23"},
		{tuesday, "11月20至23日", "2024-11-20 2024-11-23"},
		{tuesday, "20-23日", "2024-11-20 2024-11-23"},
		{tuesday, "2024年12月20日至1月5日", "2024-12-20 2025-01-05"},
		{"2025-01-10", "11月至3月", "2024-11 2025-03"},
		{"2024-12-28", "11-3月，1-11月", "2024-11 2025-03 2024-01 2024-11"},
		{"2024-06-10", "12月至次年3月", "2024-12 2025-03"},
		// Traditional.
		{tuesday, "去年十二月，週三，後天", "2023-12 2024-11-27 2024-11-28"},
		{tuesday, "二〇二四年三月開工，這個月、上個月", "2024-03 2024-11 2024-10"},
		{tuesday, "3個月前，20世紀90年代", "2024-08 1990s"},
		{tuesday, "民國110年", "2021"},
		// None.
		{tuesday, "3日内答复，为期3日，第3日，20日龄，3日游", ""},
		{tuesday, "拘留15日，十日以上十五日以下，几十年前", ""},
		{tuesday, "100年，5年来，十年，30多年，3年6个月，24小时", ""},
		{tuesday, "版本1.2.3，比例3/4，1,200年，12.5月，v2024.11.20.1", ""},
		{tuesday, "近2000年，1368年历史，1500年来，2000多年", ""},
		{tuesday, "3个月，两月，第3月，3月龄，十月革命", ""},
		{tuesday, "农历八月十五日，正月初一", ""},
		{tuesday, "前10月，3年11月，公元前221年，13月，32日", ""},
		{tuesday, "5号线，3号楼，18号，3万年，二三月", ""},
		{tuesday, "过去年均，建成后年产，三天后天气，光明日报，文明年", ""},
		{tuesday, "每周三，一周一次，周一至周五，上周期，周边", ""},
		{tuesday, "全年初步，三年底子，至今日均，以上月薪", ""},
	} {
		text := Normalize(c.text)
		var got []string
		for _, d := range Dates(text, ParseAnchor(c.anchor)) {
			got = append(got, written(d))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s of %q: %s, want %s", c.text, c.anchor, s, c.want)
		}
	}
}

func TestDateSpans(t *testing.T) {
	text := Normalize("去年的11月20日开工，2023年3至5月、20日，週三，2024.11.20，3天前")
	var got []string
	for _, d := range Dates(text, ParseAnchor("2024-11-26")) {
		got = append(got, d.Of(text))
	}
	if want := []string{"去年的11月20日", "2023年3", "5月", "20日", "周三", "2024.11.20", "3天前"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestParseAnchor(t *testing.T) {
	for s, want := range map[string]string{
		"2024-11-26": "2024-11-26", " 2024-11-26 ": "2024-11-26", "2024-11-26T08:00:00Z": "2024-11-26",
		"2024-11": "2024-11", "2024": "2024", "": "?", "gestern": "?", "2024-13": "?", "2024-02-30": "?", "24-11-26": "?", "2024-00-05": "?", "2024--5": "?",
	} {
		if got := written(ParseAnchor(s)); got != want {
			t.Errorf("ParseAnchor(%q) = %s, want %s", s, got, want)
		}
	}
}

func TestDatesCompared(t *testing.T) {
	for _, c := range []struct {
		a, b                         string // each in an article of 2 April 2024
		agrees, contradicts, implies bool
	}{
		{"今年3月", "2024年3月", true, false, true},
		{"去年3月", "2024年3月", false, true, false},
		{"2024年3月5日", "2024年3月", true, false, true},
		{"2024年3月", "2024年3月5日", true, false, false},
		{"2024年3月5日", "3月5日", true, false, true},
		{"2024年", "今年3月", true, false, false},
		{"2023年", "今年3月", false, true, false},
		{"每年3月", "2024年3月", true, false, false},
		{"2024年3月", "每年3月", true, false, true},
		{"每年3月", "2024年", false, false, false}, // nothing in common
		{"1995年3月", "上世纪90年代", true, false, true},
		{"上世纪90年代", "1995年3月", true, false, false},
		{"上世纪90年代", "1989年", false, true, false},
		{"90年代", "20世纪90年代", true, false, true},
	} {
		anchor := ParseAnchor("2024-04-02")
		a, b := Dates(c.a, anchor), Dates(c.b, anchor)
		if len(a) != 1 || len(b) != 1 {
			t.Fatalf("%s and %s: %v, %v", c.a, c.b, a, b)
		}
		if got := a[0].Agrees(b[0]); got != c.agrees || b[0].Agrees(a[0]) != got {
			t.Errorf("%s agrees with %s: %t", c.a, c.b, got)
		}
		if got := a[0].Contradicts(b[0]); got != c.contradicts || b[0].Contradicts(a[0]) != got {
			t.Errorf("%s contradicts %s: %t", c.a, c.b, got)
		}
		if got := a[0].Implies(b[0]); got != c.implies {
			t.Errorf("%s implies %s: %t", c.a, c.b, got)
		}
	}
	var nothing Date
	if nothing.Agrees(nothing) || nothing.Contradicts(nothing) || nothing.Implies(nothing) {
		t.Error("a date without parts says something")
	}
}

func FuzzDates(f *testing.F) {
	for _, s := range []string{
		"2024年11月20日", "2024-11-20", "2024.11.20.1", "二〇二四年十一月二十日", "去年3月至5月，20日", "上周三", "3个月前", "20世纪90年代", "民国110年2月29日",
		"1月至11月", "11月20至23日", "2021-2023年", "9999天前", "十十十十月", "1-1-1-1-1月", "12月31日到1月", "每年2月29日", "当年2月29日", "999年前", "\xff年 月",
	} {
		f.Add(s, 2024, 2, 29)
		f.Add(s, 0, 0, 0)
		f.Add(s, 2023, 12, 0)
	}
	f.Add("1月", -15, 0, 0) // found: an anchor that is no date
	f.Fuzz(func(t *testing.T, text string, year, month, day int) {
		for _, text := range []string{text, Normalize(text)} {
			end := 0
			for _, d := range Dates(text, Date{Year: year, Month: month, Day: day}) {
				switch {
				case d.Start < end || d.End <= d.Start || d.End > len(text):
					t.Fatalf("date %+v after %d of %q", d, end, text)
				case d.Month < 0 || d.Month > 12 || d.Day < 0 || d.Day > 31 || d.Year < 0 || !d.exists() || !d.known():
					t.Fatalf("date %+v of %q", d, text)
				case d.Contradicts(d) || !d.Agrees(d) || !d.Implies(d):
					t.Fatalf("date %+v of %q is not like itself", d, text)
				}
				end = d.End
			}
		}
	})
}

func BenchmarkDates(b *testing.B) {
	for name, text := range map[string]string{
		"article":  strings.Repeat("东河县新桥昨日通车。大桥于2023年5月开工，去年11月20日合龙，全长950米，总投资1.2亿元；建成后，枫田镇到县城的车程由40分钟缩短到15分钟。", 100),
		"numerals": strings.Repeat("十一", 5000),
		"ranges":   strings.Repeat("1-", 7500),
		"months":   strings.Repeat("11月至", 3000),
	} {
		text := Normalize(text)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Dates(text, Date{Year: 2024, Month: 11, Day: 26})
			}
		})
	}
}
