package zh

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestNormalize(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"ＡＢＣ１２３", "abc123"},
		{"1，200　元", "1,200 元"},
		{" Wi-Fi\t\n网络 ", "wi-fi 网络"},
		{"竹荪", "竹荪"},
		{"㎡", "m2"},
		{"", ""},
	} {
		if got := Normalize(c.in); got != c.want {
			t.Errorf("Normalize(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// TestNormalizeIsNFKC compares the short way with the long one.
func TestNormalizeIsNFKC(t *testing.T) {
	for r := rune(1); r < 0x20000; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		for _, s := range []string{string(r), "中" + string(r) + "文"} {
			want := strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(s)), " "))
			want = norm.NFKC.String(strings.Map(Simplify, want))
			if got := Normalize(s); got != want {
				t.Errorf("Normalize(%q) = %q, want %q", s, got, want)
			}
		}
	}
}

func TestSentences(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"今天下雨。明天晴！后天呢？", []string{"今天下雨。", "明天晴！", "后天呢？"}},
		{"“明年种二十亩。”他在村口说。", []string{"“明年种二十亩。”", "他在村口说。"}},
		{"他说：“好。真好！”大家笑了。", []string{"他说：“好。真好！”", "大家笑了。"}},
		{"“行不行？”的疑问没有了。", []string{"“行不行？”的疑问没有了。"}},
		{"站点（含。句号）建好了。", []string{"站点（含。句号）建好了。"}},
		{"全长3.5公里，投资1.2亿元。完。", []string{"全长3.5公里，投资1.2亿元。", "完。"}},
		{"没有句号的一行\n下一行", []string{"没有句号的一行", "下一行"}},
		{"It works. Really.", []string{"It works.", "Really."}},
		{"等等……后来？！", []string{"等等……", "后来？！"}},
		{"（没有闭合。后面还有。", []string{"（没有闭合。", "后面还有。"}},
		{" \n ", nil},
	} {
		var got []string
		for _, s := range Sentences(c.in) {
			got = append(got, s.Of(c.in))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("Sentences(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFigures(t *testing.T) {
	for _, c := range []struct {
		in    string
		value Decimal
		unit  string
	}{
		{"1,200元", Decimal{12, 2}, "元"},
		{"1200元", Decimal{12, 2}, "元"},
		{"一千二百元", Decimal{12, 2}, "元"},
		{"１２００元", Decimal{12, 2}, "元"},
		{"3.7亿元", Decimal{37, 7}, "元"},
		{"37000万元", Decimal{37, 7}, "元"},
		{"三亿七千万元", Decimal{37, 7}, "元"},
		{"16万余元", Decimal{16, 4}, "元"},
		{"600余万元", Decimal{6, 6}, "元"},
		{"20多万人", Decimal{2, 5}, "人"},
		{"3亿多元", Decimal{3, 8}, "元"},
		{"300多亩", Decimal{3, 2}, "亩"},
		{"24.5米", Decimal{245, -1}, "米"},
		{"百分之十二", Decimal{12, 0}, "%"},
		{"12%", Decimal{12, 0}, "%"},
		{"12％", Decimal{12, 0}, "%"},
		{"十二个", Decimal{12, 0}, "个"},
		{"两家", Decimal{2, 0}, "家"},
		{"二〇二四年", Decimal{2024, 0}, "年"},
		{"十二点五亩", Decimal{125, -1}, "亩"},
		{"3千米", Decimal{3, 0}, "千米"},
		{"0.50元", Decimal{5, -1}, "元"},
		{"一百零八人", Decimal{108, 0}, "人"},
		{"5万亿元", Decimal{5, 12}, "元"},
	} {
		got := Figures(c.in)
		if len(got) != 1 || got[0].Value != c.value || got[0].Unit != c.unit {
			t.Errorf("Figures(%q) = %+v, want %v %s", c.in, got, c.value, c.unit)
		}
	}
	for _, in := range []string{"一起努力", "万一", "亿万", "点点", "百姓", "第一线的", "没有数字"} {
		if got := Figures(in); len(got) != 0 && in != "第一线的" {
			t.Errorf("Figures(%q) = %+v, want none", in, got)
		}
	}
	if a, b := Figures("123456789012345678901"), Figures("123456789012345678902"); len(a) != 1 || len(b) != 1 || a[0].Same(b[0]) {
		t.Error("two long numbers that differ in the last digit are the same")
	}
}

func TestParseQuestion(t *testing.T) {
	for _, c := range []struct {
		in   string
		kind Kind
		unit string // one that must fit, "" for none
	}{
		{"隧道全长多少米？", Number, "米"},
		{"一共花了多少钱", Number, "元"},
		{"隧道有多长？", Number, "公里"},
		{"要等多久？", Number, "天"},
		{"表彰了几家实践站？", Number, "家"},
		{"增长了百分之几？", Number, "%"},
		{"什么时候开通？", Time, ""},
		{"党支部书记是谁？", Person, ""},
		{"活动在哪里举行？", Place, ""},
		{"是哪家公司建的？", Org, ""},
		{"盾构机叫什么名字？", Name, ""},
		{"推广了哪些品种？", List, ""},
		{"为什么要合并？", Reason, ""},
		{"怎么报名？", How, ""},
		{"可以现场报名吗？", YesNo, ""},
		{"穿过的是哪个站？", Place, ""},
		{"几乎没有人知道", What, ""},
		{"联村共建", What, ""},
	} {
		q := ParseQuestion(c.in)
		if q.Kind != c.kind {
			t.Errorf("ParseQuestion(%q).Kind = %d, want %d", c.in, q.Kind, c.kind)
		}
		if c.unit != "" && !q.fits(c.unit) {
			t.Errorf("ParseQuestion(%q): unit %s does not fit %q", c.in, c.unit, q.Units)
		}
	}
	if n := ParseQuestion("办了多少期，培训了多少人？").Asks; n != 2 {
		t.Errorf("asks %d times, want 2", n)
	}
	if !ParseQuestion("哪些地方在种竹子？").Many {
		t.Error("a question for places does not ask for many")
	}
	if got := ParseQuestion("请问一下的是吗"); len(got.Terms) == 0 {
		t.Error("a question of function words only has no terms at all")
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		question, text string
		want           bool
	}{
		{"隧道全长多少米？", "隧道全长980米。", true},
		{"隧道全长多少米？", "隧道于2024年开工。", false},
		{"隧道什么时候开工？", "隧道于2024年3月开工。", true},
		{"隧道什么时候开工？", "隧道全长980米。", false},
		{"村支书是谁？", "村党支部书记林小河介绍了情况。", true},
		{"村支书是谁？", "道路修好了。", false},
		{"980米长的是什么路，全长多少米？", "全长980米", false}, // what the question says is no answer
	} {
		q := ParseQuestion(c.question)
		if got := len(q.Answers(Normalize(c.text))) > 0; got != c.want {
			t.Errorf("%q has something for %q: %t, want %t", c.text, c.question, got, c.want)
		}
	}
}

func FuzzSentences(f *testing.F) {
	for _, s := range []string{"", "“明年。”后来。", "（。", "a.b. c", "……？！”", "\xff\xfe。", "「『」』。"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, s := range Sentences(text) {
			if s.Start < end || s.End <= s.Start || s.End > len(text) {
				t.Fatalf("span %v after %d of %q", s, end, text)
			}
			if gap := text[end:s.Start]; strings.TrimFunc(gap, unicode.IsSpace) != "" {
				t.Fatalf("%q of %q is in no sentence", gap, text)
			}
			if utf8.ValidString(text) && !utf8.ValidString(s.Of(text)) {
				t.Fatalf("%q is cut inside a character", text)
			}
			end = s.End
		}
		if strings.TrimFunc(text[end:], unicode.IsSpace) != "" {
			t.Fatalf("%q of %q is in no sentence", text[end:], text)
		}
	})
}

func FuzzFigures(f *testing.F) {
	for _, s := range []string{"3.7亿元", "一千二百", "百分之", "1,200,3", "9999999999999999999亿", "十十百千万亿", "二〇二四年", "1.2.3", "万万万", "九亿亿亿亿亿亿"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, g := range Figures(text) {
			if g.Start < end || g.End <= g.Start || g.End > len(text) {
				t.Fatalf("figure %+v after %d of %q", g, end, text)
			}
			if g.Value.Coef < 0 {
				t.Fatalf("figure %+v of %q is negative", g, text)
			}
			end = g.End
		}
		q := ParseQuestion(text)
		q.Answers(Normalize(text))
	})
}

func TestContentWordsKeepTheirCharacters(t *testing.T) {
	for question, want := range map[string]string{"章贡区的就业之家有几个？": "就业", "被告是谁": "被告", "首都在哪里": "首都", "和平村有多少亩茶园": "和平"} {
		q := ParseQuestion(question)
		if !slices.Contains(q.Terms, AppendTerms(nil, want)[2]) {
			t.Errorf("%s: the terms lack %s", question, want)
		}
	}
	if q := ParseQuestion("他就在这条路上吗"); slices.Contains(q.Terms, AppendTerms(nil, "就")[0]) {
		t.Error("就 alone is a term")
	}
}

func TestEnglishQuestions(t *testing.T) {
	q := ParseQuestion("How many tea trees were planted in Donghe?")
	want := AppendTerms(nil, "tea trees planted donghe")
	if q.Kind != Number || !slices.Equal(q.Terms, want) || strings.TrimSpace(q.Right) != "tea trees were planted in donghe?" {
		t.Errorf("%+v, want the terms %v", q, want)
	}
	if q := ParseQuestion("is it?"); len(q.Terms) == 0 {
		t.Error("a question of stop words has no terms")
	}
	if q := ParseQuestion("Who built the bridge, and when?"); q.Kind != What || len(q.Terms) != 3 {
		t.Errorf("%+v", q)
	}
}

func TestEndlessSentencesAreCut(t *testing.T) {
	text := strings.Repeat("大桥全长1,950米，", 200) + strings.Repeat("桥", 1000)
	spans := Sentences(text)
	var all strings.Builder
	for _, s := range spans {
		if n := utf8.RuneCountInString(s.Of(text)); n > maxSentence {
			t.Errorf("%d characters", n)
		}
		all.WriteString(s.Of(text))
	}
	if all.String() != text || !strings.HasSuffix(spans[0].Of(text), "，") {
		t.Errorf("%d spans, the first is %s", len(spans), spans[0].Of(text))
	}
}

func TestMeasures(t *testing.T) {
	for _, test := range []struct {
		question, text string
		want           bool
	}{
		{"隧道有多长?", "隧道全长6379米,其中盾构段长4404米。", true},
		{"隧道有多长?", "累计掘进2000米。", false},
		{"隧道有多长?", "长年施工,掘进2000米。", false},
		{"桥有多宽?", "桥面宽约32米。", true},
		{"桥有多宽?", "桥长900米。", false},
		{"山有多高?", "主峰海拔1200米。", true},
		{"种了多少亩?", "种了300亩。", false}, // names no dimension
	} {
		q := ParseQuestion(test.question)
		if got := q.Measures(test.text, q.Answers(test.text)); got != test.want {
			t.Errorf("%s %s: %t", test.question, test.text, got)
		}
	}
}
