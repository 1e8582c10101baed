package zh

import (
	"strings"
	"unicode/utf8"
)

// numeral reads what begins with a number at text[i:] and returns the offset to
// go on from.
func (f *dateFinder) numeral(i int) int {
	if end := f.numeric(i); end > 0 {
		return end
	}
	c := f.countAt(i)
	if c.n < 0 {
		return c.end
	}
	if to := f.to(c.end); to > 0 {
		if end := f.bothEnds(c, f.countAt(to)); end > 0 {
			return end
		}
	}
	if end := f.unit(c.end, "年"); end > 0 {
		return f.years(c, end)
	}
	if end := f.unit(c.end, "月"); end > 0 {
		return f.months(c, end)
	}
	for _, unit := range []string{"日", "号"} {
		if end := f.unit(c.end, unit); end > 0 && f.isDay(c, end, unit) {
			f.emitDay(c.n, i, end)
			return end
		}
	}
	if end := f.unit(c.end, "世纪"); end > 0 && c.n > 9 && c.n <= 21 {
		return f.decade(i, end, (c.n-1)*100)
	}
	for _, ago := range []string{"天前", "个月前"} {
		if end := f.unit(c.end, ago); end > 0 && !f.before(i, lasting) && c.n > 0 {
			f.ago(c, end, ago)
			return end
		}
	}
	return c.end
}

// numeric reads 2024-11-20, 2024/11/20, 2024.11.20; 0 if there is no such date.
func (f *dateFinder) numeric(i int) int {
	if i > 0 && strings.IndexByte("-/._", f.text[i-1]) >= 0 || i > 0 && f.text[i-1] < utf8.RuneSelf && IsWord(rune(f.text[i-1])) {
		return 0
	}
	var parts [3]int
	end, sign := i, byte(0)
	for p := range parts {
		if p > 0 {
			if end == len(f.text) || strings.IndexByte("-/.", f.text[end]) < 0 || p == 2 && f.text[end] != sign {
				return 0
			}
			sign = f.text[end]
			end++
		}
		start := end
		for end < len(f.text) && '0' <= f.text[end] && f.text[end] <= '9' && end-start < 5 {
			parts[p] = parts[p]*10 + int(f.text[end]-'0')
			end++
		}
		if n := end - start; p == 0 && n != 4 || p > 0 && (n < 1 || n > 2) {
			return 0
		}
	}
	d := Date{Year: parts[0], Month: parts[1], Day: parts[2]}
	if !isYear(d.Year) || d.Month == 0 || d.Day == 0 || !d.exists() {
		return 0
	}
	if end+1 < len(f.text) && f.text[end] == sign && '0' <= f.text[end+1] && f.text[end+1] <= '9' {
		return 0 // 2024.11.20.1
	}
	f.named(d.Year)
	f.emit(d, i, end)
	return end
}

// bothEnds reads a range of which only the second end has a unit: 3至5月,
// 2021-2023年, 20-23日. It returns 0 if this is none.
func (f *dateFinder) bothEnds(a, b count) int {
	if b.n < 0 {
		return 0
	}
	if end := f.unit(b.end, "年"); end > 0 && a.year && b.year {
		f.named(a.n)
		f.emit(Date{Year: a.n}, a.start, a.end)
		return f.years(b, end)
	}
	if end := f.unit(b.end, "学年"); end > 0 && a.year && b.year {
		f.emit(Date{Year: a.n}, a.start, a.end)
		f.emit(Date{Year: b.n}, b.start, end)
		return end
	}
	if end := f.unit(b.end, "月"); end > 0 && isMonth(a) && f.isMonth(b, end) && !f.before(a.start, lasting) && !f.before(a.start, lunar) {
		month := b.n
		if a.n > b.n { // 11-3月
			month = a.n
		}
		year, nearby := f.yearOf(a.start, month)
		f.emit(Date{Year: year, Month: a.n}, a.start, a.end)
		if a.n > b.n && year > 0 {
			year++
		}
		return f.month(Date{Year: year, Month: b.n}, nearby, b.start, end)
	}
	if end := f.unit(b.end, "日"); end > 0 && a.n > 0 && a.n < b.n && f.isDay(b, end, "日") && !f.before(a.start, lasting) {
		f.emitDay(a.n, a.start, a.end)
		f.emitDay(b.n, b.start, end)
		return end
	}
	return 0
}

// years reads what goes on behind "N年", which ends at end.
func (f *dateFinder) years(c count, end int) int {
	switch {
	case f.before(c.start, []string{"第", "元前", "公元前"}):
		return end
	case strings.HasSuffix(f.text[:c.start], "民国") && c.n > 0 && c.n < 200:
		return f.year4(1911+c.n, c.start-len("民国"), end)
	case f.behind(end, []string{"代"}):
		if c.year && c.n%10 == 0 {
			f.emit(Date{Year: c.n, Decade: true}, c.start, end+len("代"))
		} else if c.n%10 == 0 && c.n >= 50 && c.n < 100 {
			f.emit(Date{Year: 1900 + c.n, Decade: true}, c.start, end+len("代"))
		}
		return end + len("代")
	case c.year:
		if f.behind(end, yearsOf) || c.n%100 == 0 && (f.before(c.start, circa) || f.behind(end, roundYearsOf)) {
			return end // 1368年历史, 近2000年
		}
		return f.year4(c.n, c.start, end)
	case !c.chinese && c.digits == 2:
		// 24年11月: two digits are a year only where a month follows.
		if m := f.countAt(f.space(end)); isMonth(m) && f.isMonth(m, f.unit(m.end, "月")) {
			century := 1900
			if c.n <= 40 {
				century = 2000
			}
			return f.year4(century+c.n, c.start, end)
		}
	}
	if f.behind(end, []string{"前"}) && !f.behind(end, []string{"前后"}) && c.n > 0 && c.n < 1000 && !f.before(c.start, circa) && !f.before(c.start, lasting) {
		end += len("前")
		if f.anchor.Year > 0 {
			f.emit(Date{Year: f.anchor.Year - c.n}, c.start, end)
		}
	}
	return end
}

// year4 emits the year that ends at end with the month and day behind it.
func (f *dateFinder) year4(year, start, end int) int {
	f.named(year)
	return f.inYear(Date{Year: year}, start, end)
}

// inYear emits a date that is known to the year, with what narrows it.
func (f *dateFinder) inYear(d Date, start, end int) int {
	at := f.space(end)
	if strings.HasPrefix(f.text[at:], "的") {
		at += len("的")
	}
	m := f.countAt(at)
	if behind := f.unit(m.end, "月"); f.isMonth(m, behind) {
		d.Month = m.n
		return f.month(d, false, start, behind)
	}
	if to := f.to(m.end); to > 0 && isMonth(m) { // 今年3至5月
		if b := f.countAt(to); f.isMonth(b, f.unit(b.end, "月")) {
			d.Month = m.n
			f.emit(d, start, m.end)
			d.Month = b.n
			if b.n < m.n && d.Year > 0 {
				d.Year++
			}
			return f.month(d, false, b.start, f.unit(b.end, "月"))
		}
	}
	for _, part := range partsOfYear {
		if strings.HasPrefix(f.text[end:], part) {
			end += len(part)
			break
		}
	}
	f.emit(d, start, end)
	return end
}

func isMonth(c count) bool { return c.n >= 1 && c.n <= 12 }

// isMonth reports whether the number is a month, end being the offset behind
// its 月, -1 if it has none.
func (f *dateFinder) isMonth(c count, end int) bool {
	return end > 0 && isMonth(c) && !f.behind(end, monthsOf)
}

// months reads a month without a year, whose 月 ends at end.
func (f *dateFinder) months(c count, end int) int {
	day := f.countAt(f.space(end))
	dayEnd := max(f.unit(day.end, "日"), f.unit(day.end, "号"))
	switch {
	case !f.isMonth(c, end):
		return end
	case f.before(c.start, lunar):
		return max(end, dayEnd)
	case f.before(c.start, recurring): // not counted, though 每 and 年 are in front
	case f.before(c.start, lasting) && dayEnd < 0, f.before(c.start, []string{"年"}):
		return end // 近3月, 3年6月
	}
	year, nearby := f.yearOf(c.start, c.n)
	return f.month(Date{Year: year, Month: c.n}, nearby, c.start, end)
}

// yearOf is the year of a month that has none of its own, and whether it was
// taken from the anchor.
func (f *dateFinder) yearOf(start, month int) (year int, nearby bool) {
	goesOn := f.last.Month > 0 && f.to(f.last.End) == start // it is the end of a range
	near := f.anchor.nearestYear(month)
	switch {
	case f.before(start, recurring), goesOn && f.last.Year == 0:
		return 0, false
	case f.year == 0:
		return near, true
	case goesOn && f.last.Year == f.year && month < f.last.Month: // 2024年12月至3月
		f.named(f.year + 1)
	case f.yearBefore && near > 0 && near != f.year:
		return 0, false
	}
	return f.year, false
}

// month emits a date that is known to the month, with the day or days behind
// it. nearby is whether its year was taken from the anchor.
func (f *dateFinder) month(d Date, nearby bool, start, end int) int {
	day := f.countAt(f.space(end))
	if f.unit(day.end, "日") < 0 && f.unit(day.end, "号") < 0 {
		if to := f.to(day.end); to > 0 && f.fits(d, day.n) { // 11月20至23日
			last := f.countAt(to)
			if behind := f.unit(last.end, "日"); behind > 0 && f.fits(d, last.n) {
				d.Day = day.n
				f.emitNear(d, nearby, start, day.end)
				d.Day = last.n
				f.emitNear(d, nearby, last.start, behind)
				return behind
			}
		}
	} else if f.fits(d, day.n) {
		d.Day = day.n
		end = max(f.unit(day.end, "日"), f.unit(day.end, "号"))
	}
	if d.Month == 2 && d.Day == 29 && !d.exists() { // the year was a guess
		d.Year = 0
	}
	f.emitNear(d, nearby, start, end)
	return end
}

// fits reports whether the day exists in the month. The 29th of February may be
// of another year than the one guessed.
func (f *dateFinder) fits(d Date, day int) bool {
	return day > 0 && day <= daysIn(d.Year, d.Month) || d.Month == 2 && day == 29 && f.year == 0
}

// emitNear emits a date whose year may be taken from the anchor. The ends of a
// range are brought in order then: a paper of December that says 1月至11月 means
// this January.
func (f *dateFinder) emitNear(d Date, nearby bool, start, end int) {
	first := f.last
	if nearby && f.nearby && f.to(first.End) == start && first.Year > 0 && d.Year > 0 {
		switch {
		case first.Month > d.Month: // 11月至3月
			d.Year = first.Year + 1
		case first.Month < d.Month:
			if first.Year = d.Year; first.exists() { // 29 February may not
				f.out[len(f.out)-1] = first
			}
		}
	}
	f.emit(d, start, end)
	f.nearby = nearby
}

// isDay reports whether a number with 日 or 号, which end at end, is a day of a
// month that is not named: 号 also numbers houses and lines, so that it takes a
// time behind it.
func (f *dateFinder) isDay(c count, end int, unit string) bool {
	if c.n < 1 || c.n > 31 || c.chinese && c.digits < 2 || f.before(c.start, lasting) && !f.before(c.start, monthly) {
		return false
	}
	if unit == "号" {
		return f.behind(end, timesOfDay)
	}
	return !f.behind(end, daysOf) || f.behind(end, notDaysOf)
}

// emitDay emits a day whose month is not named.
func (f *dateFinder) emitDay(day, start, end int) {
	d := Date{Year: f.last.Year, Month: f.last.Month, Day: day}
	near := f.anchor.nearestMonth(day)
	switch {
	case f.before(start, monthly):
		d = Date{Day: day}
	case d.Month == 0:
		d = near
	case f.lastBefore && near.Month > 0 && near != d:
		d = Date{Day: day}
	}
	f.emit(d, start, end)
}

// decade reads the decade of a century, whose 世纪 ends at end.
func (f *dateFinder) decade(start, end, century int) int {
	if strings.HasPrefix(f.text[end:], "的") {
		end += len("的")
	}
	c := f.countAt(f.space(end))
	if behind := f.unit(c.end, "年代"); behind > 0 && c.n >= 10 && c.n < 100 && c.n%10 == 0 {
		f.emit(Date{Year: century + c.n, Decade: true}, start, behind)
		return behind
	}
	return end
}

// ago emits 3天前 and 3个月前, for which the anchor must have a day or a month.
func (f *dateFinder) ago(c count, end int, unit string) {
	switch {
	case unit == "天前" && f.anchor.Day > 0 && !f.behind(end, []string{"后"}):
		f.emit(f.anchor.plusDays(-c.n), c.start, end)
	case unit == "个月前" && f.anchor.Month > 0 && c.n < 1000:
		f.emit(f.anchor.plusMonths(-c.n), c.start, end)
	}
}
