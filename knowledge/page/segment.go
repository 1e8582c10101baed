package page

import (
	"cmp"
	"math"
	"slices"
)

// step is the decision for one line: its role, and the article it belongs to
// (the index of the line that started the article; -1 for what belongs to none).
// after is the line of the article that it follows, or -1; that line may be far
// above, with others in between that follow it too: the later one comes first.
type step struct {
	role    role
	article int
	after   int
}

// story is what a reading of the page knows of one article so far. It is never
// changed, since several readings share it.
type story struct {
	start  int       // index of its first line
	place  int       // index of its last line of any kind
	tail   int       // index of its last line of text, -1 before the first one
	count  int       // lines of text
	closed bool      // its author has been named at the end
	leads  int       // what follows in the article is already known: this loose line; or -1
	lines  *lineList // its headline and text, the last line first
}

type lineList struct {
	line int
	next *lineList
}

func newStory(start, i int) *story {
	return &story{start: start, place: i, tail: -1, leads: -1, lines: &lineList{line: i}}
}

// with returns the story with one more line of text.
func (s *story) with(i int, l *line) *story {
	n := *s
	n.place, n.tail, n.count = i, i, s.count+1
	n.closed = l.endByline
	n.lines = &lineList{i, s.lines}
	return &n
}

// mostOpen is how many interrupted articles may wait for their continuation.
const mostOpen = 3

// reading is one way to read the page up to a line. Readings form a tree; the
// best leaf is the result.
type reading struct {
	step
	score float64
	back  *reading
	main  role             // the last role that is not an aside
	story *story           // the current article, nil before the first one
	open  [mostOpen]*story // articles as they were when they broke off in mid-sentence, the latest first
}

// beam is how many readings are followed at once: the page is read as a whole,
// so a decision can still turn out wrong many lines later.
const beam = 24

// segmenter finds the best reading of a page.
type segmenter struct {
	lines   []line
	like    *likeness
	local   [][]float32 // per line, its features
	weights *weights
}

func newSegmenter(lines []line, w *weights) *segmenter {
	lines = lines[:min(len(lines), mostLines)]
	s := &segmenter{lines: lines, like: newLikeness(lines), weights: w}
	s.local = make([][]float32, len(lines))
	for i := range lines {
		s.local[i] = s.localFeatures(i)
	}
	return s
}

// option is one way to go on from a reading.
type option struct {
	role  role
	which int // resumed: index in open
}

// read returns the decision for each line of the page, all being their number.
func (s *segmenter) read(all int) []step {
	readings := []*reading{{step: step{furniture, -1, -1}, main: furniture}}
	var buffer [64]float32
	width := beam
	if len(s.lines) > 2000 { // no page is that long; stay fast on what is none
		width = 3
	}
	for i := range s.lines {
		line := s.weights.line(s.local[i])
		var next []*reading
		for _, h := range readings {
			options := s.options(h, i)
			scores := make([]float64, len(options))
			for k, o := range options {
				relative := s.relativeFeatures(buffer[:0], h, i, o)
				scores[k] = s.weights.score(&line, o.role, h.role, relative)
			}
			norm := logSum(scores)
			for k, o := range options {
				n := s.take(h, i, o)
				n.score = h.score + scores[k] - norm + fluency*s.flow(n, i)
				next = append(next, n)
			}
		}
		readings = best(next, width)
	}
	steps := make([]step, len(s.lines), all)
	last := readings[0].story
	for h, i := readings[0], len(steps)-1; i >= 0; h, i = h.back, i-1 {
		steps[i] = h.step
	}
	for i := len(steps); i < all; i++ {
		if last == nil {
			last = newStory(i, i)
			steps = append(steps, step{orphan, i, -1})
			continue
		}
		steps = append(steps, step{paragraph, last.start, last.place})
		last = &story{start: last.start, place: i}
	}
	return steps
}

const (
	// fluency is what a bit of evidence that the text flows counts on top of
	// the decisions. Decisions are weighed only against the other ones a
	// reading has at that line; one that joined the wrong pieces far above has
	// no good ones left, and nothing but this tells. Of 0 to 0.8, 0.2 repaired
	// most paragraphs of the design half.
	fluency = 0.2
	// A join counts at least leastJoin and at most mostJoin bits, and at least
	// seamJoin if what it joins is found in one piece elsewhere on the page.
	leastJoin, mostJoin, seamJoin = -3, 15, 6
	// looseStart is the log2 probability of two characters anywhere.
	looseStart = -18
)

// flow is the evidence, in bits, that the characters around the start of line
// i follow each other as n reads it, against a paragraph's start.
func (s *segmenter) flow(n *reading, i int) float64 {
	switch n.role {
	case joined, resumed:
		tail := n.after
		if n.role == joined {
			tail = n.back.story.tail
		}
		bits := s.join(tail, i)
		if s.like.seam(s.lines[tail].runes, s.lines[i].runes) {
			bits = max(bits, seamJoin)
		}
		return max(leastJoin, min(mostJoin, bits))
	case loose:
		return max(leastJoin, min(mostJoin, looseStart-s.lines[i].start))
	}
	return 0
}

// best keeps the best readings that differ in what can matter from here on.
func best(readings []*reading, width int) []*reading {
	slices.SortStableFunc(readings, func(a, b *reading) int { return cmp.Compare(b.score, a.score) })
	type state struct {
		last, main  role
		start, tail int
		open        [mostOpen]int
	}
	seen := make(map[state]bool, width)
	kept := readings[:0]
	for _, h := range readings {
		k := state{last: h.role, main: h.main, start: -1}
		if h.story != nil {
			k.start, k.tail = h.story.start, h.story.tail
		}
		for n, o := range h.open {
			if o != nil {
				k.open[n] = o.tail + 1
			}
		}
		if seen[k] {
			continue
		}
		seen[k] = true
		if kept = append(kept, h); len(kept) == width {
			break
		}
	}
	return kept
}

func logSum(scores []float64) float64 {
	most := slices.Max(scores)
	sum := 0.0
	for _, v := range scores {
		sum += math.Exp(v - most)
	}
	return most + math.Log(sum)
}

// options lists what line i can be after h. It is never empty.
func (s *segmenter) options(h *reading, i int) []option {
	l := &s.lines[i]
	if l.pointer {
		return []option{{role: furniture}}
	}
	if l.item && (l.end == endsStop || l.end == endsComma) && h.story != nil {
		return []option{{role: paragraph}} // a list's items are neither joined nor headlines
	}
	var out []option
	add := func(r role, allowed bool) {
		if allowed {
			out = append(out, option{role: r})
		}
	}
	hasBody := h.story != nil && h.story.tail >= 0
	// A line that says 记者 or 通讯员 and names somebody is never text or title.
	// A short open line right above it is the headline or the subtitle.
	aboveByline := i+1 < len(s.lines) && s.lines[i+1].signed() && l.end == endsOpen && l.length <= 40
	text := !l.signed() && !aboveByline
	short := !l.signed() && l.length <= 60 && l.dateline == 0 && !l.period
	inHead := h.main == headline || h.main == headline2
	add(headline, short)
	add(headline2, short && h.main == headline && !h.role.aside())
	add(kicker, short && !aboveByline && l.length <= 30 && i+1 < len(s.lines) && s.lines[i+1].length <= 60 && h.main != kicker)
	add(subtitle, short && (inHead || h.main == subtitle))
	add(bylineRole, l.isByline && (inHead || h.main == subtitle || h.main == bylineRole))
	add(heading, short && !aboveByline && l.length <= 40 && hasBody && !l.body())
	add(paragraph, text && h.story != nil)
	add(joined, text && hasBody && inText(h.main) && !l.item)
	add(loose, text && hasBody && (inText(h.main) || h.main == heading) && (!short || l.end == endsStop))
	if l.length > 1 && text {
		for k, o := range h.open {
			if o != nil {
				out = append(out, option{role: resumed, which: k})
			}
		}
	}
	add(authorEnd, l.isByline && hasBody && inText(h.main))
	add(caption, l.length > 12 && (l.endPhoto || s.creditAfter(i)))
	add(credit, l.isByline && (h.role == caption || l.byline.photo && (inText(h.main) || h.role == credit)))
	add(noticeHead, l.notice == noticeTitle)
	add(noticeBody, h.role == noticeHead || l.notice == noticeText)
	add(furniture, l.furniture)
	add(orphan, !short && !l.signed() || len(out) == 0)
	return out
}

// signed reports whether the line names the authors of an article and says so.
func (l *line) signed() bool { return l.isByline && l.byline.marked && !l.byline.photo }

func inText(r role) bool {
	return r == paragraph || r == joined || r == resumed || r == loose || r == orphan
}

// creditAfter reports whether the line below i is a photographer's credit.
func (s *segmenter) creditAfter(i int) bool {
	return i+1 < len(s.lines) && s.lines[i+1].isByline && s.lines[i+1].byline.photo
}

// take returns h followed by line i read as o; the score is left to the caller.
func (s *segmenter) take(h *reading, i int, o option) *reading {
	n := &reading{step: step{o.role, -1, -1}, back: h, main: h.main, story: h.story, open: h.open}
	if o.role.aside() {
		switch {
		case o.role == caption:
			n.article = i
		case o.role == credit && h.article >= 0 && (h.role == caption || h.role == credit):
			n.article, n.after = h.article, i-1
		case o.role == credit && h.story != nil:
			n.article, n.after = h.story.start, h.story.place
		}
		return n
	}
	n.main = o.role
	l := &s.lines[i]
	switch o.role {
	case headline, kicker, orphan:
		if o.role == headline && h.main == kicker {
			n.after = h.story.place
			n.story = newStory(h.story.start, i)
			break
		}
		n.suspend(h.story, s.lines)
		n.story = newStory(i, i)
		if o.role == orphan {
			n.story = n.story.with(i, l)
		}
	case paragraph, joined, loose:
		n.after = h.story.place
		if o.role != joined {
			n.suspend(h.story, s.lines)
		}
		n.story = h.story.with(i, l)
		if o.role == loose && n.open[0] == h.story {
			left := *h.story
			left.leads = i
			n.open[0] = &left
		}
	case resumed:
		waiting := h.open[o.which]
		copy(n.open[o.which:], n.open[o.which+1:])
		n.open[mostOpen-1] = nil
		n.suspend(h.story, s.lines)
		n.after = waiting.tail
		n.story = waiting.with(i, l)
	default: // headline2, subtitle, byline, heading, author
		c := *h.story
		n.after, c.place = c.place, i
		c.closed = c.closed || o.role == authorEnd
		n.story = &c
	}
	n.article = n.story.start
	return n
}

// suspend puts the current story aside if it broke off in mid-sentence.
func (h *reading) suspend(s *story, lines []line) {
	if s == nil || s.tail < 0 || s.closed || s.leads >= 0 || lines[s.tail].end == endsStop {
		return
	}
	copy(h.open[1:], h.open[:mostOpen-1])
	h.open[0] = s
}
