package page

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
)

// draft is an article being put together.
type draft struct {
	kicker, title, subtitle []string
	authors                 []string
	place                   string
	heading                 string
	bare                    bool // nothing stands under heading yet
	picture                 bool // it is a photo's caption, which may end without a stop
	paragraphs              []knowledge.Paragraph
}

// assemble makes articles of the lines by the steps decided for them.
func assemble(lines []line, steps []step, file string) (articles []*knowledge.Article, skipped []knowledge.Skip) {
	issue := readFolio(lines, steps)
	prefix := strings.TrimSuffix(path.Base(strings.ReplaceAll(file, `\`, "/")), path.Ext(file))
	if file == "" {
		prefix = ""
	}
	for i, st := range steps {
		if st.article < 0 {
			skipped = append(skipped, skip(&lines[i], st.role, file))
		}
	}
	for _, members := range inOrder(steps) {
		var d draft
		for k, i := range members {
			before := -1
			if k > 0 {
				before = members[k-1]
			}
			d.add(lines, steps, i, before)
		}
		a := d.article()
		a.Source, a.Date, a.Page = issue.source, issue.date, issue.page
		a.File, a.Line = file, lines[slices.Min(members)].number
		a.ID = knowledge.ContentID(prefix, a.Title, a.Text)
		articles = append(articles, knowledge.NewArticle(*a, a.Paragraphs))
	}
	return articles, skipped
}

// inOrder lists each article's lines in the order they are to be read: a line
// follows the one its step names, and where several follow the same one, the
// line found last goes between that one and the earlier found.
func inOrder(steps []step) [][]int {
	followers := make(map[int][]int)
	var firsts []int
	for i, st := range steps {
		switch {
		case st.article < 0:
		case st.after < 0:
			firsts = append(firsts, i)
		default:
			followers[st.after] = append(followers[st.after], i)
		}
	}
	slices.SortFunc(firsts, func(a, b int) int { return cmp.Compare(steps[a].article, steps[b].article) })
	var out [][]int
	for _, first := range firsts {
		var members []int
		for stack := []int{first}; len(stack) > 0; {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			members = append(members, i)
			stack = append(stack, followers[i]...) // the last one is read next
		}
		out = append(out, members)
	}
	return out
}

func skip(l *line, r role, file string) knowledge.Skip {
	reason := "page furniture"
	if r == noticeHead || r == noticeBody {
		reason = "notice"
	}
	return knowledge.Skip{File: file, Line: l.number, Reason: reason, Text: opening(l.text)}
}

// opening cuts what is shown of a skipped line.
func opening(text string) string {
	const most = 40 // characters
	n := 0
	for i := range text {
		if n == most {
			return text[:i] + "…"
		}
		n++
	}
	return text
}

// add appends line i, which is read behind the line before.
func (d *draft) add(lines []line, steps []step, i, before int) {
	l := &lines[i]
	switch steps[i].role {
	case headline, headline2:
		d.title = append(d.title, l.text)
	case kicker:
		d.kicker = append(d.kicker, l.text)
	case subtitle:
		d.subtitle = append(d.subtitle, l.text)
	case bylineRole, authorEnd, credit:
		d.name(l.byline.names)
	case heading:
		d.endSection()
		d.heading, d.bare = l.text, true
	case joined, resumed:
		d.text(l, true)
	case loose:
		// Its beginning was found if something was put between it and the line
		// it was found under.
		found := before != steps[i].after && before >= 0 && lines[before].end != endsStop
		d.text(l, found)
		if !found {
			d.paragraphs[len(d.paragraphs)-1].Broken = true
		}
	case caption:
		d.text(l, false)
		d.picture = true
	default:
		d.text(l, false)
		if l.headless {
			d.paragraphs[len(d.paragraphs)-1].Broken = true
		}
	}
}

// text adds a paragraph, or the rest of the last one.
func (d *draft) text(l *line, goesOn bool) {
	if n := len(d.paragraphs); goesOn && n > 0 {
		p := &d.paragraphs[n-1]
		p.Text = joinText(p.Text, l.text)
	} else {
		d.paragraphs = append(d.paragraphs, knowledge.Paragraph{Heading: d.heading, Text: l.text})
		d.bare = false
	}
}

// joinText puts the parts of a broken paragraph together. Only between Latin
// letters a space is lost at the end of a line.
func joinText(a, b string) string {
	last, _ := utf8.DecodeLastRuneInString(a)
	first, _ := utf8.DecodeRuneInString(b)
	if isLatin(last) && isLatin(first) {
		return a + " " + b
	}
	return a + b
}

func isLatin(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

// readByline notes the authors and the place that a paragraph names.
func (d *draft) readByline(text string) {
	if place, names, n := dateline(text); n > 0 {
		d.name(names)
		if d.place == "" {
			d.place = place
		}
	}
	if b, _, ok := endByline(text); ok {
		d.name(b.names)
	}
}

func (d *draft) name(names []string) {
	for _, n := range names {
		if !slices.Contains(d.authors, n) {
			d.authors = append(d.authors, n)
		}
	}
}

// endSection makes an intertitle that nothing stands under a paragraph, so
// that nothing of the page is lost.
func (d *draft) endSection() {
	if d.bare {
		d.paragraphs = append(d.paragraphs, knowledge.Paragraph{Text: d.heading})
	}
	d.heading, d.bare = "", false
}

// article returns what was put together, without what the page says of all.
func (d *draft) article() *knowledge.Article {
	d.endSection()
	for i := range d.paragraphs {
		p := &d.paragraphs[i]
		d.readByline(p.Text)
		if e := endingOf(ends(p.Text)); !d.picture && (e == endsOpen || e == endsComma) && !strings.HasSuffix(p.Text, "；") {
			p.Broken = true
		}
	}
	kicker, title := splitKicker(strings.Join(d.kicker, " "), strings.Join(d.title, " "), d.paragraphs)
	if title == "" {
		kicker, title = "", kicker
	}
	return knowledge.NewArticle(knowledge.Article{
		Title:    title,
		Kicker:   kicker,
		Subtitle: strings.Join(d.subtitle, " "),
		Authors:  d.authors,
		Place:    d.place,
		Language: "zh",
	}, d.paragraphs)
}

// splitKicker takes a kicker off the front of a headline that was printed on
// the same line, with a space between. A kicker names a series or a campaign:
// it is short, and unlike a headline the article does not repeat its words.
func splitKicker(kicker, title string, paragraphs []knowledge.Paragraph) (string, string) {
	if kicker != "" || !strings.Contains(title, " ") {
		return kicker, title
	}
	pairs := make(map[[2]rune]bool)
	for _, p := range paragraphs {
		var before rune
		for _, r := range p.Text {
			pairs[[2]rune{before, r}] = true
			before = r
		}
	}
	for i := strings.LastIndexByte(title, ' '); i > 0; i = strings.LastIndexByte(title[:i], ' ') {
		front, rest := strings.TrimSpace(title[:i]), strings.TrimSpace(title[i:])
		if isKicker(front) && utf8.RuneCountInString(rest) >= 8 && repeated(front, pairs) <= kickerMost && repeated(rest, pairs) >= titleLeast {
			return front, rest
		}
	}
	return kicker, title
}

// What share of a kicker's character pairs the article may have, and what
// share of the headline's it must have. Between 0 and .26 and between .2 and .3
// the design half hardly tells them apart.
const kickerMost, titleLeast = .2, .3

// isKicker reports whether text is short and holds words only.
func isKicker(text string) bool {
	n := 0
	for _, r := range text {
		if !zh.IsHan(r) && r != ' ' && r != '·' {
			return false
		}
		n++
	}
	return n >= 4 && n <= 14
}

// repeated is the share of the pairs of neighbouring characters in text that
// are among pairs.
func repeated(text string, pairs map[[2]rune]bool) float64 {
	found, all := 0, 0
	var before rune
	for _, r := range text {
		if isWordRune(before) && isWordRune(r) {
			all++
			if pairs[[2]rune{before, r}] {
				found++
			}
		}
		before = r
	}
	return float64(found) / float64(max(1, all))
}

// folio is what the page says of itself.
type folio struct{ source, date, page string }

func readFolio(lines []line, steps []step) (f folio) {
	for i, st := range steps {
		if st.role != furniture {
			continue
		}
		text := lines[i].text
		if m := paperRE.FindString(text); m != "" && f.source == "" {
			f.source = m
		}
		if m := folioDateRE.FindStringSubmatch(text); m != nil && f.date == "" {
			f.date = fmt.Sprintf("%s-%02s-%02s", m[1], m[2], m[3])
		}
		if m := folioPageRE.FindStringSubmatch(text); m != nil && f.page == "" && !jumpRE.MatchString(text) {
			f.page = m[1] + "版"
		}
	}
	return f
}
