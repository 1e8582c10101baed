package rag

import (
	"strings"
	"testing"

	"xiangwen/knowledge"
	"xiangwen/rag/proof"
)

func TestDatesAreCompleted(t *testing.T) {
	a := &knowledge.Article{Date: "2023-07-20"}
	for text, want := range map[string]string{
		"协议今年7月17日到期。":      "协议今年7月17日（2023年7月17日）到期。",
		"大桥去年底通车。":          "大桥去年底（2022年）通车。",
		"2021年开工，明年通车。":     "2021年开工，明年（2024年）通车。",
		"2023年7月1日起施行。":     "2023年7月1日起施行。",
		"11月中旬开工。":          "11月中旬（2023年11月）开工。",
		"工期三年。":             "工期三年。",
		"5月1日、6月1日、7月1日开放。": "5月1日（2023年5月1日）、6月1日（2023年6月1日）、7月1日开放。",
		"１月开工。":             "１月（2023年1月）开工。",
	} {
		if got := fullDates(text, a); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if got := fullDates("今年开工。", &knowledge.Article{}); got != "今年开工。" {
		t.Errorf("without a date: %s", got)
	}
}

func TestDatesAreProvenOnTheDayOfTheIssue(t *testing.T) {
	for _, c := range []struct {
		said, cited, date string
		proven            bool
	}{
		{"2024年3月开工。", "今年3月开工。", "2024-11-26", true},
		{"2023年3月开工。", "去年3月开工。", "2024-11-26", true},
		{"2023年3月开工。", "今年3月开工。", "2024-11-26", false},
		{"2024年11月25日通车。", "昨天通车。", "2024-11-26", true},
		{"2024年11月24日通车。", "昨天通车。", "2024-11-26", false},
		{"2022年开工。", "去年开工。", "2024-11-26", false},
		{"种了2023亩。", "去年种了茶。", "2024-11-26", false}, // no date
		{"2023年开工。", "去年开工。", "", false},
	} {
		if f := proof.Check(c.said, "", []proof.Source{{Text: c.cited, Date: c.date}}); (f == nil) != c.proven {
			t.Errorf("%s by %s of %s: %v", c.said, c.cited, c.date, f)
		}
	}
}

func TestWhoAsksWhenIsToldTheYear(t *testing.T) {
	a := knowledge.NewArticleFromText(knowledge.Article{ID: "b", Title: "东河大桥开工", Date: "2023-02-03"}, "东河大桥去年5月开工建设。大桥由周大川设计，全长950米。")
	library := knowledge.NewLibrary([]*knowledge.Article{a}, nil)
	e := newEngine(t, Options{}, library)
	got := ask(e, "东河大桥是什么时候开工建设的？")
	if got.Status != Answered || !strings.Contains(got.Text, "去年5月（2022年5月）") {
		t.Errorf("%s: %s", got.Status, got.Text)
	}
	if err := Verify(got, library); err != nil {
		t.Error(err)
	}
	if got := ask(e, "东河大桥全长多少米？"); strings.Contains(got.Text, "2022") {
		t.Error(got.Text)
	}
}
