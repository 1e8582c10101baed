package rag

import (
	"strings"
	"testing"
)

func TestReadings(t *testing.T) {
	library := bundledLibrary(t)
	e := newEngine(t, Options{}, library)
	section, ok := e.Section("fengtian-alliances", "蔬菜联盟")
	if !ok || !strings.HasPrefix(section.Text, "枫田镇是县城近郊的蔬菜种植大镇") || Verify(section, library) != nil {
		t.Errorf("%t %q %v", ok, section.Text, Verify(section, library))
	}
	after, ok := e.After(section.Citations[0])
	if !ok || strings.HasPrefix(after.Text, section.Text[:30]) || after.Citations[0].Start < section.Citations[0].End || Verify(after, library) != nil {
		t.Errorf("%t %q", ok, after.Text)
	}
	for range 40 { // to the end and over it
		if after, ok = e.After(after.Citations[0]); !ok || after.Status != Answered || Verify(after, library) != nil {
			t.Fatalf("%t %+v", ok, after)
		}
	}
	if _, ok := e.Section("fengtian-alliances", "航天联盟"); ok {
		t.Error("a section that is not there")
	}
	if _, ok := e.After(Citation{ArticleID: "nobody"}); ok {
		t.Error("an article that is not there")
	}
	related := e.Related(t.Context(), "zhanggong-job-homes", 3)
	if len(related) == 0 || related[0].ArticleID != "xinyu-job-fair" {
		t.Errorf("related = %+v", related)
	}
	if got := e.Related(t.Context(), "nobody", 3); got != nil {
		t.Errorf("related to nothing: %+v", got)
	}
	if got, err := e.Search(t.Context(), "竹荪", 3); err != nil || len(got) == 0 || got[0].ArticleID != "zixi-joint-villages" {
		t.Errorf("search = %+v, %v", got, err)
	}
}

func TestOneArticleIsAsked(t *testing.T) {
	e := newEngine(t, Options{}, bundledLibrary(t))
	for article, found := range map[string]bool{"changjiu-railway-tunnel": true, "": true, "zixi-joint-villages": false, "nobody": false} {
		a := e.Ask(t.Context(), Question{Text: "隧道的盾构段有多长？", Article: article})
		if (a.Status == Answered) != found {
			t.Errorf("%q: %s %q", article, a.Status, a.Text)
		}
		for _, c := range a.Citations {
			if article != "" && c.ArticleID != article {
				t.Errorf("%q: %s is cited", article, c.ArticleID)
			}
		}
	}
}
