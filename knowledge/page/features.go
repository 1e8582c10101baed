package page

import "xiangwen/knowledge/ngram"

// The features a line is scored by. Their names are what the weights file
// uses.

// localNames are the features of a line and its neighbours whatever came
// before, in the order localFeatures sets them.
var localNames = []string{
	"bias", "len<=4", "len<=8", "len<=12", "len<=16", "len<=24", "len<=34", "len<=50", "len<=90", "len>90",
	"open", "comma", "colon", "closer", "stop", "stops inside", "commas inside", "several commas", "unopened", "unclosed",
	"spaced", "dash", "headless", "quoted", "digit", "speaker", "byline", "marked byline", "photo byline", "dateline",
	"author at end", "photo at end", "furniture", "notice title", "notice text", "start", "indented", "gap", "wide gap", "first", "last",
	"next body", "next dateline", "next byline", "next credit", "next dash", "next short", "next start", "next open", "next notice", "next gap", "next headless",
	"colon inside", "lead below", "2nd body", "2nd dateline", "2nd byline", "2nd short",
	"short spaced above longer", "shorter than next", "before spaced", "before len<=10", "before shorter", "before open", "before short", "before author at end", "before credit", "before body", "before colon", "before comma",
	"in text below", "in text above", "below minus above", "above to below", "goes on below", "goes on well", "goes on badly", "goes on from above", "seam below",
}

// relativeNames are the features of a line relative to a reading.
var relativeNames = []string{
	"no text", "tail open", "tail comma", "tail colon", "tail closer", "tail stop", "tail closed", "tail unclosed",
	"join", "join open", "join good", "join bad", "quotes fit", "quotes misfit", "seam", "seam rare", "like article", "below like article",
	"waiting", "waiting join", "waiting like", "one line", "long article", "interrupted", "older", "leads on", "leads well", "gap",
}

// featureCount is the number of weights per role: local, relative, and one for
// each role the line before may have.
var featureCount = len(localNames) + len(relativeNames) + int(roleCount)

// setter fills a feature vector in order.
type setter struct {
	v []float32
}

func (s *setter) num(x float32) { s.v = append(s.v, x) }
func (s *setter) flag(b bool) {
	if b {
		s.num(1)
	} else {
		s.num(0)
	}
}

// bits scales a score in bits to about -1 to 1.
func bits(x float64) float32 { return float32(max(-2, min(2, x/10))) }

var lengthSteps = []int{4, 8, 12, 16, 24, 34, 50, 90}

func (s *segmenter) localFeatures(i int) []float32 {
	l := &s.lines[i]
	f := setter{make([]float32, 0, len(localNames))}
	f.num(1)
	bucket := len(lengthSteps)
	for k, most := range lengthSteps {
		if l.length <= most {
			bucket = k
			break
		}
	}
	for k := range len(lengthSteps) + 1 {
		f.flag(k == bucket)
	}
	for _, e := range []ending{endsOpen, endsComma, endsColon, endsCloser, endsStop} {
		f.flag(l.end == e)
	}
	f.flag(l.stops > 0)
	f.flag(l.commas > 0)
	f.flag(l.commas > 2)
	f.flag(l.unopened > 0)
	f.flag(l.unclosed > 0)
	f.flag(l.spaced)
	f.flag(l.dash)
	f.flag(l.headless)
	f.flag(l.quoted)
	f.flag(l.digit)
	f.flag(l.speaker)
	f.flag(l.isByline)
	f.flag(l.isByline && l.byline.marked)
	f.flag(l.isByline && l.byline.photo)
	f.flag(l.dateline > 0)
	f.flag(l.endByline)
	f.flag(l.endPhoto)
	f.flag(l.furniture)
	f.flag(l.notice == noticeTitle)
	f.flag(l.notice == noticeText)
	f.num(bits(l.start + 12))
	f.flag(l.indented)
	f.flag(l.gap > 0)
	f.flag(l.gap > 1)
	f.flag(i == 0)
	f.flag(i == len(s.lines)-1)
	s.neighbours(&f, i)
	s.context(&f, i)
	return f.v
}

// neighbours sets the features of the lines around line i.
func (s *segmenter) neighbours(f *setter, i int) {
	none := &line{form: form{end: endsStop}}
	at := func(k int) *line {
		if k < 0 || k >= len(s.lines) {
			return none
		}
		return &s.lines[k]
	}
	l, next, second, before := at(i), at(i+1), at(i+2), at(i-1)
	f.flag(next.body())
	f.flag(next.dateline > 0)
	f.flag(next.isByline)
	f.flag(next.isByline && next.byline.photo)
	f.flag(next.dash)
	f.flag(next != none && !next.body() && !next.isByline)
	f.num(bits(next.start + 12))
	f.flag(next.end == endsOpen || next.end == endsComma)
	f.flag(next.notice == noticeText)
	f.flag(next.gap > 0)
	f.flag(next.headless)
	f.flag(l.colonInside)
	f.flag(s.leadBelow(i))
	f.flag(second.body())
	f.flag(second.dateline > 0)
	f.flag(second.isByline)
	f.flag(second != none && !second.body() && !second.isByline)
	f.flag(next.end == endsOpen && !next.body() && l.spaced && l.length <= 14 && next.length > l.length)
	f.flag(!next.body() && l.length*4 < next.length*3)
	f.flag(before.spaced)
	f.flag(before.length <= 10)
	f.flag(before.length*4 < l.length*3)
	f.flag(before.end == endsOpen || before.end == endsComma)
	f.flag(before != none && !before.body())
	f.flag(before.endByline)
	f.flag(before.isByline)
	f.flag(before.body())
	f.flag(before.end == endsColon)
	f.flag(before.end == endsComma)
}

// leadBelow reports whether the first text below line i, behind at most three
// short lines, says when: the way news starts.
func (s *segmenter) leadBelow(i int) bool {
	for k := i + 1; k < len(s.lines) && k <= i+4; k++ {
		if s.lines[k].body() {
			return s.lines[k].lead
		}
	}
	return false
}

// context sets how line i and its surroundings resemble each other: a headline
// belongs to what follows, an intertitle to both sides, a displaced line to
// neither.
func (s *segmenter) context(f *setter, i int) {
	var below, above []int
	for k := i + 1; k < len(s.lines) && k <= i+6 && len(below) < 3; k++ {
		if s.lines[k].body() {
			below = append(below, k)
		}
	}
	for k := i - 1; k >= 0 && k >= i-6 && len(above) < 3; k-- {
		if s.lines[k].body() {
			above = append(above, k)
		}
	}
	most := func(k int, with []int) (m float32) {
		for _, w := range with {
			m = max(m, s.like.of(k, w))
		}
		return m
	}
	toBelow, toAbove := most(i, below), most(i, above)
	across := float32(0)
	for _, k := range below[:min(2, len(below))] {
		across = max(across, most(k, above))
	}
	f.num(toBelow)
	f.num(toAbove)
	f.num(toBelow - toAbove)
	f.num(across * 4)
	s.seams(f, i)
}

// seams sets how line i and its neighbours fit together if they are parts of
// one sentence.
func (s *segmenter) seams(f *setter, i int) {
	below, above, seam := 0.0, 0.0, false
	if e := s.lines[i].end; i+1 < len(s.lines) && (e == endsOpen || e == endsComma) {
		below, seam = s.join(i, i+1), s.like.seam(s.lines[i].runes, s.lines[i+1].runes)
	}
	if i > 0 && s.lines[i-1].end != endsStop {
		above = s.join(i-1, i)
	}
	f.num(bits(below))
	f.flag(below > 3)
	f.flag(below < -3)
	f.num(bits(above))
	f.flag(seam)
}

// likeArticle is how much line i is like the article's most similar line.
func (s *segmenter) likeArticle(i int, a *story) (most float32) {
	if a == nil {
		return 0
	}
	n := 0
	for l := a.lines; l != nil && n < 12; l = l.next {
		most = max(most, s.like.of(i, l.line))
		n++
	}
	return most
}

// join is the evidence that line i goes on where line tail ends, in bits.
func (s *segmenter) join(tail, i int) float64 {
	last, next := s.lines[tail].runes, s.lines[i].runes
	return ngram.News.Join(last[max(0, len(last)-2):], next[:min(2, len(next))])
}

// relativeFeatures appends to v the features of line i read as o after h.
func (s *segmenter) relativeFeatures(v []float32, h *reading, i int, o option) []float32 {
	f := setter{v}
	a := h.story
	if o.role == resumed {
		a = h.open[o.which]
	}
	l := &s.lines[i]
	text := a != nil && a.tail >= 0
	f.flag(!text)
	var tail *line
	end, joinBits := endsStop, 0.0
	if text {
		tail = &s.lines[a.tail]
		end, joinBits = tail.end, s.join(a.tail, i)
	}
	for _, e := range []ending{endsOpen, endsComma, endsColon, endsCloser, endsStop} {
		f.flag(text && end == e)
	}
	f.flag(a != nil && a.closed)
	unclosed := text && tail.unclosed > 0
	f.flag(unclosed)
	f.num(bits(joinBits))
	open := text && (end == endsOpen || end == endsComma)
	if open {
		f.num(bits(joinBits))
	} else {
		f.num(0)
	}
	f.flag(open && joinBits > 3)
	f.flag(open && joinBits < -3)
	f.flag(unclosed && l.unopened > 0)
	f.flag(unclosed != (l.unopened > 0))
	seam := open && s.like.seam(tail.runes, l.runes)
	f.flag(seam)
	f.flag(seam && joinBits < 3)
	likeness := s.likeArticle(i, a)
	f.num(likeness * 2)
	if i+1 < len(s.lines) && s.lines[i+1].body() {
		f.num(s.likeArticle(i+1, a) * 2)
	} else {
		f.num(0)
	}
	s.rivals(&f, h, i, o, likeness)
	f.flag(a != nil && a.count <= 1)
	f.flag(a != nil && a.count >= 5)
	f.flag(text && a.tail < i-1)
	f.flag(o.role == resumed && o.which > 0)
	f.flag(open && a.leads >= 0)
	f.flag(open && a.leads >= 0 && s.join(a.tail, a.leads) > 3)
	f.flag(o.role == resumed && a.leads >= 0)
	return f.v
}

// rivals sets how well the line would go on in the articles that wait for
// their continuation, other than the one o gives it to.
func (s *segmenter) rivals(f *setter, h *reading, i int, o option, likeness float32) {
	waiting, join, like := false, -20.0, float32(0)
	consider := func(a *story) {
		waiting = true
		join = max(join, s.join(a.tail, i))
		like = max(like, s.likeArticle(i, a))
	}
	for k, a := range h.open {
		if a != nil && !(o.role == resumed && k == o.which) {
			consider(a)
		}
	}
	if o.role == resumed && h.story != nil && h.story.tail >= 0 && s.lines[h.story.tail].end != endsStop {
		consider(h.story)
	}
	f.flag(waiting)
	if !waiting {
		f.num(0)
		f.num(0)
		return
	}
	f.num(bits(join))
	f.num((like - likeness) * 2)
}
