package zh

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestSimplify(t *testing.T) {
	for _, c := range []struct{ traditional, simplified string }{
		{"什麼時候開工", "什么时候开工"},
		{"幾個億兩萬參貳", "几个亿两万参贰"},
		{"裡裏里", "里里里"},
		{"麵粉表面", "面粉表面"},
		{"臺灣颱風台州", "台湾台风台州"},
		{"爲為", "为为"},
		{"祕書秘書", "秘书秘书"},
		{"看著著名", "看着着名"}, // one of simplified text too, but then on both sides
		{"瞭解憑藉", "了解凭借"}, // OpenCC knows them by phrase only
		{"幹部乾隆干涉", "干部干隆干涉"},
		{"鐘鍾後后係繫於", "钟钟后后系系于"},
		{"衞生眾衆群羣峯牠妳", "卫生众众群群峰它你"},
		{"東京の駅", "东京の駅"}, // Japanese stays
		{"什么抬头", "什么抬头"},
	} {
		if got := strings.Map(Simplify, c.traditional); got != c.simplified {
			t.Errorf("%s is read as %s, want %s", c.traditional, got, c.simplified)
		}
	}
}

// TestFoldTable holds for each character: one goes in, one of the same length in
// UTF-8 comes out, which is not changed again and which NFKC leaves alone.
func TestFoldTable(t *testing.T) {
	changed := 0
	for r := rune(1); r <= utf8.MaxRune; r++ {
		s := Simplify(r)
		if s == r {
			continue
		}
		changed++
		if !IsHan(s) || !IsHan(r) || utf8.RuneLen(r) != utf8.RuneLen(s) || Simplify(s) != s || !norm.NFKC.IsNormalString(string(s)) {
			t.Errorf("%c becomes %c, then %c", r, s, Simplify(s))
		}
	}
	if changed < 2900 {
		t.Errorf("%d characters are folded", changed)
	}
}

// TestListsAreSimplified checks that no word of the lists is lost because
// normalised text never holds it.
func TestListsAreSimplified(t *testing.T) {
	lists := []string{Surnames, idioms, functionCharacters, durations, money, lengths, shares, areas, "〇一二三四五六七八九"}
	for _, list := range [][]string{timeWords.list, placeWords.list, namingWords.list, reasonWords.list, howWords.list, listWords.list, offices, spoke, units, politeness} {
		lists = append(lists, list...)
	}
	for r := range rune(1 << 16) {
		if placeEndings.has(r) || orgEndings.has(r) {
			lists = append(lists, string(r))
		}
	}
	for _, a := range asking {
		lists = append(lists, a.word, a.units)
	}
	for _, f := range focusKinds {
		lists = append(lists, f.nouns)
	}
	for _, words := range lists {
		if got := strings.Map(Simplify, words); got != words {
			t.Errorf("normalised text has %q as %q", words, got)
		}
	}
	if !IsSurname('陳') || !IsSurname('陈') {
		t.Error("陳 is no surname")
	}
}

// TestTraditionalQuestions compares how a question is read in both scripts.
func TestTraditionalQuestions(t *testing.T) {
	for _, c := range []struct {
		traditional, simplified string
		kind                    Kind
	}{
		{"隧道全長多少公里？", "隧道全长多少公里？", Number},
		{"工程總投資多少錢？", "工程总投资多少钱？", Number},
		{"表彰了幾個實踐站？", "表彰了几个实践站？", Number},
		{"要等多久纔能領到補貼？", "要等多久才能领到补贴？", Number},
		{"產量增長了百分之幾？", "产量增长了百分之几？", Number},
		{"種了幾畝茶樹，有幾戶人家？", "种了几亩茶树，有几户人家？", Number},
		{"新橋什麼時候開通？", "新桥什么时候开通？", Time},
		{"廠房是哪一年動工的？", "厂房是哪一年动工的？", Time},
		{"黨支部書記是誰？", "党支部书记是谁？", Person},
		{"請問一下，頒獎典禮在哪裡舉行？", "请问一下，颁奖典礼在哪里举行？", Place},
		{"在哪裏報名？", "在哪里报名？", Place},
		{"哪些鄉鎮種植臍橙？", "哪些乡镇种植脐橙？", Place},
		{"這條鐵路是哪家公司修建的？", "这条铁路是哪家公司修建的？", Org},
		{"哪個部門負責頒發證書？", "哪个部门负责颁发证书？", Org},
		{"盾構機叫什麼名字？", "盾构机叫什么名字？", Name},
		{"「夢想號」叫甚麼？", "「梦想号」叫什么？", Name},
		{"推廣了哪些品種？", "推广了哪些品种？", List},
		{"為什麼要關閉麵粉廠？", "为什么要关闭面粉厂？", Reason},
		{"爲何藉口颱風停課？", "为何借口台风停课？", Reason},
		{"怎麼報名參加夜校？", "怎么报名参加夜校？", How},
		{"臺商是否瞭解該政策？", "台商是否了解该政策？", YesNo},
		{"可以現場報名嗎？", "可以现场报名吗？", YesNo},
		{"《鄉間的鐘聲》講的是什麼？", "《乡间的钟声》讲的是什么？", What},
	} {
		got, want := ParseQuestion(c.traditional), ParseQuestion(c.simplified)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read as\n%+v, its twin as\n%+v", c.traditional, got, want)
		}
		if got.Kind != c.kind {
			t.Errorf("%s has kind %d, want %d", c.traditional, got.Kind, c.kind)
		}
	}
	if got := ParseQuestion("《鄉間的鐘聲》和「夢」").Names; !slices.Equal(got, []string{"乡间的钟声", "梦"}) {
		t.Errorf("names %q", got)
	}
	if got, want := AppendTerms(nil, Normalize("東河縣茶園")), AppendTerms(nil, Normalize("东河县茶园")); !slices.Equal(got, want) {
		t.Errorf("terms %x, want %x", got, want)
	}
}

func TestTraditionalFigures(t *testing.T) {
	for _, c := range []struct {
		in    string
		value Decimal
		unit  string
	}{
		{"三萬五千畝", Decimal{35, 3}, "亩"},
		{"兩億元", Decimal{2, 8}, "元"},
		{"3.7億", Decimal{37, 7}, ""},
		{"16萬餘戶", Decimal{16, 4}, "户"},
		{"兩個", Decimal{2, 0}, "个"},
		{"一百零八輛", Decimal{108, 0}, "辆"},
		{"12個百分點", Decimal{12, 0}, "个百分点"},
		{"十二點五畝", Decimal{125, -1}, "亩"},
	} {
		got := Figures(Normalize(c.in))
		if len(got) != 1 || got[0].Value != c.value || got[0].Unit != c.unit {
			t.Errorf("%s: %+v, want %v %s", c.in, got, c.value, c.unit)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"", "什麼時候", "　ＡＢ\t戶", "H̱ello", "İ", "㎡ ﷺ", "\xff中", "¨ ", "戶 見", "が", "각", "ΑΣ", "ⅷ"} {
		f.Add(s)
	}
	f.Add(strings.Repeat("0", 294) + "\xf1ϓ") // found: ϓ was left for the second time
	f.Fuzz(func(t *testing.T, text string) {
		once := Normalize(text)
		if twice := Normalize(once); twice != once {
			t.Fatalf("%q becomes %q, then %q", text, once, twice)
		}
		han := func(s string) (n int) {
			for _, r := range s {
				if IsHan(r) {
					n++
				}
			}
			return n
		}
		if got, want := han(once), han(norm.NFKC.String(strings.ToValidUTF8(text, "\uFFFD"))); got != want {
			t.Fatalf("%q has %d Chinese characters, want %d", once, got, want)
		}
		if !utf8.ValidString(once) {
			t.Fatalf("%q becomes %q, which is not UTF-8", text, once)
		}
	})
}

func BenchmarkNormalize(b *testing.B) {
	const article = "东河县新桥昨日通车。大桥全长950米，总投资1.2亿元，双向四车道，设计时速60公里；建成后，枫田镇到县城的车程由40分钟缩短到15分钟。“以前过河要等渡船，现在踩一脚油门就到了。”村民林小河说。记者了解到，今年以来，该县已完成农村公路改造132.6公里，惠及28个行政村、3.7万人（其中脱贫户1,204户）。\n"
	for _, c := range []struct{ name, text string }{
		{"plain", strings.Repeat(article, 20)},
		{"indented", strings.Repeat("　　"+article, 20)},
		{"traditional", strings.Repeat("東河縣新橋昨日通車。大橋全長950米，總投資1.2億元，雙向四車道，設計時速60公里。", 60)},
		{"accents", strings.Repeat("Café "+article, 20)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			for b.Loop() {
				Normalize(c.text)
			}
		})
	}
}

func BenchmarkFoldTable(b *testing.B) {
	for b.Loop() {
		readFolds()
	}
}
