package proof

import "testing"

// passage is made up.
var passage = []Source{{
	Text:  "东河镇今年种茶三千二百亩，茶农850户，比去年增收37万余元。东河村党支部书记李国华介绍，茶厂由西山村和东河村一起建，11月中旬投产。茶园尚未通公路。",
	About: "东河镇种茶\n平江县\n测试报", Date: "2024-11-26",
}}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		said string
		kind Kind // "" may be said
	}{
		{"东河镇今年种茶3,200亩。", ""},
		{"2024年东河镇种茶三千二百亩", ""},
		{"茶农有850户。", ""},
		{"茶厂在2024年11月投产。", ""},
		{"李国华是东河村党支部书记。", ""},
		{"比去年增收三十七万余元。", ""},
		{"In 2024 东河镇 planted 3,200 mu of tea.", ""},
		{"东河镇今年种茶3,300亩。", Figure},
		{"东河镇今年种茶3200公顷。", Unit},
		{"茶农有850人。", Unit},
		{"比去年增收37万元。", Qualifier},
		{"比去年减收37万余元。", Direction},
		{"茶厂在2024年10月投产。", Date},
		{"茶厂在11月上旬投产。", Qualifier},
		{"茶厂由北坑村和东河村一起建。", Name},
		{"党支部书记王志刚介绍，茶厂11月投产。", Name},
		{"茶园已通公路。", Negation},
		{"李国华说“明年还要再种一千亩茶”。", Figure},
		{"李国华说“我们很有信心”。", Quotation},
		{"详情请看 https://tea.example/go", Link},
		{"In 2021 东河镇 planted 3,200 mu of tea.", Date},
		{"。", Unreadable},
	} {
		var kind Kind
		f := Check(c.said, "", passage)
		if f != nil {
			kind = f.Kind
		}
		if kind != c.kind && !(c.kind == Figure && kind == Quotation) {
			t.Errorf("%s: %v, want %q", c.said, f, c.kind)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	for b.Loop() {
		Check("据李国华介绍，东河镇今年一共种了3,200亩茶，850户茶农比去年增收37万余元。", "东河镇种了多少茶？", passage)
	}
}
