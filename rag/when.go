package rag

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
)

// fullDates says behind the dates of a text what they are in full where the text
// leaves that to the date of the issue: 今年7月17日 becomes 今年7月17日（2023年7月17日）.
// Whoever asks when does not have the paper's date in mind. At most two dates are
// completed.
func fullDates(text string, a *knowledge.Article) string {
	anchor := zh.ParseAnchor(a.Date)
	normalized := zh.Normalize(text)
	if anchor.Year == 0 || utf8.RuneCountInString(normalized) != utf8.RuneCountInString(text) {
		return text // places in one are not places in the other
	}
	var out strings.Builder
	written, added := 0, 0
	for _, d := range zh.Dates(normalized, anchor) {
		if d.Year == 0 || d.Decade || added == 2 || saysYear(d.Of(normalized)) {
			continue
		}
		end := d.End
		for _, part := range []string{"上旬", "中旬", "下旬", "份", "底", "初"} { // of the month
			if strings.HasPrefix(normalized[end:], part) {
				end += len(part)
			}
		}
		at := byteOffset(text, utf8.RuneCountInString(normalized[:end]))
		out.WriteString(text[written:at] + "（" + inFull(d) + "）")
		written = at
		added++
	}
	return out.String() + text[written:]
}

// saysYear reports whether a date names its year by itself.
func saysYear(date string) bool {
	for _, d := range zh.Dates(date, zh.Date{}) {
		if d.Year != 0 {
			return true
		}
	}
	return false
}

func inFull(d zh.Date) string {
	s := strconv.Itoa(d.Year) + "年"
	if d.Month != 0 {
		s += strconv.Itoa(d.Month) + "月"
		if d.Day != 0 {
			s += strconv.Itoa(d.Day) + "日"
		}
	}
	return s
}

// byteOffset is where the n-th character of s begins.
func byteOffset(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}
