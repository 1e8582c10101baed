package bot

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
)

// Topic is something that readers can look at and follow: a place, or an
// initiative by the name that the paper puts in quotation marks.
type Topic struct {
	Name     string
	Place    bool
	Articles int // that name it
}

const (
	mostTopics    = 60
	longestTopic  = 30 // characters
	topicsPerPage = 12
)

// topics are those of a library, the most written about first.
func topics(l *knowledge.Library) []Topic {
	named := make(map[string]*Topic)
	add := func(seen map[string]bool, name string, place bool) {
		name = strings.TrimSpace(name)
		n := utf8.RuneCountInString(name)
		if n < 2 || n > longestTopic || seen[name] {
			return
		}
		seen[name] = true
		t := named[name]
		if t == nil {
			t = &Topic{Name: name}
			named[name] = t
		}
		t.Place = t.Place || place
		t.Articles++
	}
	for _, a := range l.Articles() {
		seen := make(map[string]bool)
		add(seen, a.Place, true)
		opening := a.Kicker + "\n" + a.Title + "\n" + a.Subtitle
		if len(a.Paragraphs) > 0 {
			opening += "\n" + a.Paragraphs[0].Text
		}
		for _, q := range zh.Quotations(opening) {
			name := strings.Trim(q.Of(opening), "“”「」『』《》\"")
			if n := utf8.RuneCountInString(name); n >= 3 && n <= 12 && !strings.ContainsAny(name, "，。！？；") {
				add(seen, name, false)
			}
		}
	}
	out := make([]Topic, 0, len(named))
	for _, t := range named {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b Topic) int { return cmp.Or(b.Articles-a.Articles, cmp.Compare(a.Name, b.Name)) })
	return out[:min(mostTopics, len(out))]
}

// concerns reports whether an article is about a topic: it has all its words.
func concerns(a *knowledge.Article, topic string) bool {
	text := zh.Normalize(a.Kicker + "\n" + a.Title + "\n" + a.Subtitle + "\n" + a.Place + "\n" + a.Text)
	words := strings.Fields(zh.Normalize(topic))
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return len(words) > 0
}

// about are the articles on a topic, the newest first, at most most.
func (c *catalog) about(topic string, most int) []Listed {
	var found []*knowledge.Article
	for _, a := range c.library.Articles() {
		if concerns(a, topic) {
			found = append(found, a)
		}
	}
	slices.SortStableFunc(found, func(a, b *knowledge.Article) int { return strings.Compare(b.Date, a.Date) })
	var out []Listed
	for _, a := range found[:min(most, len(found))] {
		out = append(out, listed(a))
	}
	return out
}

// page cuts out the page of a list, from 0, and says whether there is one behind
// it.
func page[T any](all []T, n, size int) (shown []T, more bool) {
	from := min(max(0, n)*size, len(all))
	to := min(from+size, len(all))
	return all[from:to], to < len(all)
}
