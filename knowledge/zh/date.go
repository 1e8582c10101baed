package zh

import (
	"strconv"
	"strings"
	"time"
)

// Date is a calendar date as far as it is known: a part is 0 where nothing
// says it. A Month without a Year, or a Day alone, is a date too.
type Date struct {
	Span             // where the text says it; zero in an anchor
	Year, Month, Day int
	Decade           bool // Year is the first of ten: 20世纪90年代
}

// ParseAnchor reads the date of an article: "2024-11-26", "2024-11" or "2024";
// anything behind the day is left out. What is no date gives the zero Date.
func ParseAnchor(s string) Date {
	var parts [3]int
	for i, field := range strings.SplitN(strings.TrimSpace(s), "-", 3) {
		if i == 2 && len(field) > 2 {
			field = field[:2]
		}
		n, err := strconv.Atoi(field)
		if err != nil {
			return Date{}
		}
		parts[i] = n
	}
	d := Date{Year: parts[0], Month: parts[1], Day: parts[2]}
	if !isYear(d.Year) || !d.exists() || d.Month == 0 && d.Day > 0 {
		return Date{}
	}
	return d
}

// Contradicts reports whether two dates can't be the same day: some part that
// both know differs.
func (d Date) Contradicts(o Date) bool {
	differ := func(a, b int) bool { return a != 0 && b != 0 && a != b }
	if d.Decade || o.Decade {
		return d.Year != 0 && o.Year != 0 && d.Year/10 != o.Year/10
	}
	return differ(d.Year, o.Year) || differ(d.Month, o.Month) || differ(d.Day, o.Day)
}

// Agrees reports whether two dates may be the same day and have a reason to be:
// they do not contradict each other, and both know the year, the month or the
// day.
func (d Date) Agrees(o Date) bool {
	shared := d.Year != 0 && o.Year != 0 || d.Month != 0 && o.Month != 0 || d.Day != 0 && o.Day != 0
	return shared && !d.Contradicts(o)
}

// Implies reports whether who says d has said all of o: 2024年3月5日 implies
// 2024年3月, not the other way round. Nothing implies a date without parts.
func (d Date) Implies(o Date) bool {
	if o.Decade != d.Decade {
		return o.Decade && d.Year != 0 && d.Year/10 == o.Year/10 // the 90s follow from 1995
	}
	says := func(a, b int) bool { return b == 0 || a == b }
	return o.known() && says(d.Year, o.Year) && says(d.Month, o.Month) && says(d.Day, o.Day)
}

func (d Date) known() bool { return d.Year != 0 || d.Month != 0 || d.Day != 0 }

// exists reports whether the calendar has such a date. A day needs a month, or
// is one that some month has.
func (d Date) exists() bool {
	return d.Month >= 0 && d.Month <= 12 && d.Day >= 0 && d.Day <= daysIn(d.Year, d.Month)
}

// daysIn is the most days that a month may have, of which the year or both may
// be 0 for unknown.
func daysIn(year, month int) int {
	switch {
	case month < 1 || month > 12:
		return 31
	case year == 0:
		year = 2000 // a leap year
	}
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// isYear keeps to the years that news and reference prose write without 公元;
// a greater number counts something.
func isYear(n int) bool { return n >= 1000 && n < 2200 }

// plusDays is the day n days after d, which must be complete.
func (d Date) plusDays(n int) Date {
	t := time.Date(d.Year, time.Month(d.Month), d.Day+n, 0, 0, 0, 0, time.UTC)
	return Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
}

// plusMonths is the month n months after that of d, whose year and month must
// be known. It has no day.
func (d Date) plusMonths(n int) Date {
	m := d.Year*12 + d.Month - 1 + n
	return Date{Year: m / 12, Month: m%12 + 1}
}

// nearestYear is the year that a month without one is of, the text being of the
// anchor's date: the anchor's own; the one before for a month that is more than
// half a year ahead (a paper of January says "12月20日"); the next for one that
// is at most two months ahead. 0 if the anchor's year is unknown.
func (d Date) nearestYear(month int) int {
	ahead := month - d.Month
	switch {
	case d.Year == 0 || d.Month == 0:
		return d.Year
	case ahead > 6:
		return d.Year - 1
	case ahead+12 <= 2:
		return d.Year + 1
	}
	return d.Year
}

// nearestMonth is the same for a day without a month: the anchor's month, the
// one before if the day is more than 15 days ahead, the next if it is at most a
// week ahead.
func (d Date) nearestMonth(day int) Date {
	if d.Month == 0 {
		return Date{Day: day}
	}
	shift := 0
	switch ahead := day - d.Day; {
	case d.Day == 0:
	case ahead > 15:
		shift = -1
	case d.Day > 20 && ahead+daysIn(d.Year, d.Month) <= 7:
		shift = 1
	}
	near := d.plusMonths(shift)
	if near.Day = day; !near.exists() { // 31日 in a paper of 1 December: of October, or a slip
		return Date{Day: day}
	}
	return near
}

// nearestWeekday is the day of the week (1 is Monday, 7 Sunday) in the week
// around the anchor, which must be complete: three days before to three behind.
func (d Date) nearestWeekday(day int) Date {
	ahead := (day - d.weekday() + 10) % 7 // 3 is the anchor's own
	return d.plusDays(ahead - 3)
}

func (d Date) weekday() int {
	return int(time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC).Weekday()+6)%7 + 1
}

// week is what is known of all days of the week that is n weeks after the
// anchor's: the year and month they are all of.
func (d Date) week(n int) Date {
	first := d.plusDays(7*n + 1 - d.weekday())
	last := first.plusDays(6)
	switch {
	case first.Month == last.Month:
		return Date{Year: first.Year, Month: first.Month}
	case first.Year == last.Year:
		return Date{Year: first.Year}
	}
	return Date{}
}
