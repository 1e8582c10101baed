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

// askedDate is a date that the question names, and the terms of its numbers.
type askedDate struct {
	zh.Date
	year, month, day mask
}

// number is the place of the number that has a unit; nil for other units.
func (d *askedDate) number(unit string) *mask {
	switch unit {
	case "年":
		return &d.year
	case "月":
		return &d.month
	case "日", "号":
		return &d.day
	}
	return nil
}

// askedDates are those with a year or a month.
func (a *asker) askedDates() (out []askedDate) {
	for _, d := range zh.Dates(a.q.Text, zh.Date{}) {
		if d.Year == 0 && d.Month == 0 {
			continue
		}
		asked := askedDate{Date: d}
		text := d.Of(a.q.Text)
		for _, f := range zh.Figures(text) {
			if number := asked.number(f.Unit); number != nil {
				*number = a.mask(f.Of(text))
			}
		}
		out = append(out, asked)
	}
	return out
}

// dated is what a text says of the question's dates, be it in other words: 今年 and
// 上月, of an article with a date, have their numbers. What says no date is of the year
// of its article.
func (a *asker) dated(text, printed string) (m mask) {
	if len(a.dates) == 0 {
		return m
	}
	for _, d := range datesOf(text, printed) {
		for _, asked := range a.dates {
			if asked.Contradicts(d) {
				continue
			}
			if d.Year != 0 && d.Year == asked.Year {
				m = m.or(asked.year)
			}
			if d.Month != 0 && d.Month == asked.Month {
				m = m.or(asked.month)
			}
			if d.Day != 0 && d.Day == asked.Day {
				m = m.or(asked.day)
			}
		}
	}
	return m
}

// datesOf are the dates that a text says; if none, the year of its article.
func datesOf(text, printed string) []zh.Date {
	anchor := zh.ParseAnchor(printed)
	said := zh.Dates(text, anchor)
	if len(said) == 0 && anchor.Year != 0 {
		said = append(said, zh.Date{Year: anchor.Year})
	}
	return said
}

// saysDate reports whether a figure of the question is of one of its dates, and the
// text that has these terms says it.
func (a *asker) saysDate(f zh.Figure, own mask) bool {
	for _, d := range a.dates {
		if f.Start < d.Start || f.End > d.End {
			continue
		}
		if number := d.number(f.Unit); number != nil && *number != (mask{}) && own.and(*number) == *number {
			return true
		}
	}
	return false
}
