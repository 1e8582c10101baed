package rank

import (
	"strconv"
	"strings"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
)

// yearSaid is the byte offset in the article's text from which it is known to speak
// of the year that the question names: 0 if the question names none, or the article
// has a date, by which its dates are compared. An article without one may speak of
// any year until it has said one.
func (a *asker) yearSaid(article *knowledge.Article) int {
	if zh.ParseAnchor(article.Date).Year != 0 {
		return 0
	}
	from := 0
	for _, d := range a.dates {
		if d.Year == 0 {
			continue
		}
		year := strconv.Itoa(d.Year)
		if strings.Contains(article.Title+article.Kicker+article.Subtitle, year) {
			continue
		}
		at := strings.Index(article.Text, year)
		if at < 0 {
			at = len(article.Text) // nowhere
		}
		from = max(from, at)
	}
	return from
}
