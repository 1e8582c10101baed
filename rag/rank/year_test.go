package rank

import (
	"testing"

	"xiangwen/knowledge/zh"
)

func TestWhatSaysTheDateOfTheQuestion(t *testing.T) {
	a := newAsker(zh.ParseQuestion("2023年8月9日柴油每吨上调多少元？"), rarity)
	date := a.dates[0]
	whole := date.year.or(date.month).or(date.day)
	for _, c := range []struct {
		text, printed string
		want          mask
	}{
		{"柴油今日上调230元。", "2023-08-09", whole},
		{"柴油上调230元。", "2023-08-09", date.year},
		{"今年柴油上调230元。", "2023-01-02", date.year},
		{"去年柴油上调230元。", "2023-08-09", mask{}},
		{"8月10日柴油上调230元。", "2023-08-11", mask{}},
		{"柴油上调230元。", "2022-08-09", mask{}},
		{"柴油上调230元。", "", mask{}},
	} {
		if got := a.dated(zh.Normalize(c.text), c.printed); got != c.want {
			t.Errorf("%q of %q has %v of the date's terms, want %v", c.text, c.printed, got, c.want)
		}
	}
}
