package bot

import (
	"slices"
	"strings"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
)

// Filter is what a list of articles is narrowed to; an empty field narrows nothing.
// Characters count as the same in both scripts and widths.
type Filter struct {
	Text          string // stands in the headline or the article
	Place, Source string // stands in the name of
	From, To      string // first and last day, such as 2024-11-26
}

// Of returns the articles that the filter takes, the newest first.
func (f Filter) Of(l *knowledge.Library) []*knowledge.Article {
	f.Text, f.Place, f.Source = zh.Normalize(f.Text), zh.Normalize(f.Place), zh.Normalize(f.Source)
	var found []*knowledge.Article
	for _, a := range l.Articles() {
		if f.takes(a) {
			found = append(found, a)
		}
	}
	slices.SortStableFunc(found, func(a, b *knowledge.Article) int { return strings.Compare(b.Date, a.Date) })
	return found
}

func (f Filter) takes(a *knowledge.Article) bool {
	has := func(part string, texts ...string) bool {
		return part == "" || slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, part) || strings.Contains(zh.Normalize(t), part) })
	}
	return (f.From == "" || a.Date >= f.From) && (f.To == "" || a.Date != "" && a.Date <= f.To) &&
		has(f.Place, a.Place) && has(f.Source, a.Source) && has(f.Text, a.Title, a.Kicker, a.Subtitle, a.Text)
}
