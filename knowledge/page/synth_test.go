package page

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"xiangwen/knowledge/zh"
)

// synth makes pages of news texts to learn from, with the faults of printed
// pages: more kinds of them than pages-dev has, so that what is learned does
// not hang on that set's habits.
type synth struct {
	*rand.Rand
	docs   []synthDoc
	halves []string // halves of headlines, to serve as intertitles and kickers
}

type synthDoc struct {
	title     string
	sentences []string
}

func newSynth(t *testing.T, seed int64) *synth {
	f, err := os.Open(requireShared(t, "corpus/news.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	s := &synth{Rand: rand.New(rand.NewSource(seed))}
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var d struct{ Title, Text string }
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		n := utf8.RuneCountInString(d.Title)
		text := strings.TrimSpace(strings.TrimPrefix(d.Text, d.Title))
		if n < 8 || n > 40 || len(text) < 600 || len(text) > 9000 || strings.ContainsAny(d.Title, "。|｜") {
			continue
		}
		doc := synthDoc{title: strings.TrimSpace(d.Title)}
		for _, span := range zh.Sentences(text) {
			doc.sentences = append(doc.sentences, span.Of(text))
		}
		s.docs = append(s.docs, doc)
		for half := range strings.FieldsFuncSeq(doc.title, func(r rune) bool { return strings.ContainsRune(" ：，！？", r) }) {
			if n := utf8.RuneCountInString(half); n >= 5 && n <= 14 {
				s.halves = append(s.halves, half)
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *synth) chance(p float64) bool     { return s.Float64() < p }
func (s *synth) one(of ...string) string   { return of[s.Intn(len(of))] }
func (s *synth) char(of string) string     { r := []rune(of); return string(r[s.Intn(len(r))]) }
func (s *synth) doc() synthDoc             { return s.docs[s.Intn(len(s.docs))] }
func (s *synth) half() string              { return s.halves[s.Intn(len(s.halves))] }
func (s *synth) between(low, high int) int { return low + s.Intn(high-low+1) }

func (s *synth) name() string {
	n := string([]rune(zh.Surnames)[s.Intn(100)]) + s.char("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红梅文辉建国晓东海波")
	if s.chance(.7) {
		n += s.char("峰琴云飞龙军玲林生宇航博雅欣怡佳颖莹雪琳晨轩睿泽浩天宏志民")
	}
	return n
}

// phrase takes a few characters or a clause out of a text.
func (s *synth) phrase(text string, clause bool) string {
	marks := func(r rune) bool { return strings.ContainsRune("，。、；：“”（）《》！？ ‘’", r) }
	if clause {
		for range 20 {
			parts := strings.FieldsFunc(text, marks)
			if len(parts) == 0 {
				break
			}
			p := parts[s.Intn(len(parts))]
			if n := utf8.RuneCountInString(p); n >= 5 && n <= 16 {
				return p
			}
		}
	}
	r := []rune(strings.Join(strings.FieldsFunc(text, marks), ""))
	n := s.between(4, 7)
	if len(r) <= n {
		return string(r)
	}
	at := s.Intn(len(r) - n)
	return string(r[at : at+n])
}

func (s *synth) intertitle(section string) string {
	switch s.Intn(8) {
	case 0, 1:
		return s.phrase(section, true)
	case 2, 3:
		return s.half()
	case 4:
		return s.half() + " " + s.phrase(section, false)
	case 5:
		return "“" + s.phrase(section, false) + "”" + s.phrase(s.half(), false)
	case 6:
		return s.phrase(section, false) + s.phrase(section, false)
	}
	return s.phrase(section, false) + " " + s.phrase(s.half(), false)
}

// piece is a part of an article's text as it stands on the page.
type piece struct {
	text    string
	heading bool
}

// article writes one article: the lines of its head, and its pieces.
func (s *synth) article() (a goldArticle, head []string, pieces []piece) {
	d := s.doc()
	a.Title = d.title
	most := s.between(1, 9)
	for rest := d.sentences; len(rest) > 0 && len(a.Paragraphs) < most; {
		n := min(s.between(1, 4), len(rest))
		p := strings.Join(rest[:n], "")
		rest = rest[n:]
		if utf8.RuneCountInString(p) < 15 && len(rest) > 0 {
			p, rest = p+rest[0], rest[1:]
		}
		a.Paragraphs = append(a.Paragraphs, p)
	}
	body := strings.Join(a.Paragraphs, "")
	if s.chance(.2) {
		switch s.Intn(8) {
		case 0, 1, 2:
			a.Kicker = s.half()
		case 3:
			a.Kicker = s.phrase(body, false) + " " + s.phrase(body, false)
		default:
			a.Kicker = s.phrase(s.half(), false) + s.one("", " ") + s.phrase(s.half(), false)
		}
		head = append(head, a.Kicker)
	}
	head = append(head, s.splitTitle(a.Title)...)
	if s.chance(.12) {
		a.Subhead = s.phrase(body, true)
		if s.chance(.75) {
			a.Subhead = "——" + a.Subhead
		}
		head = append(head, a.Subhead)
	}
	inline := ""
	switch s.Intn(10) {
	case 0, 1, 2, 3:
		a.Byline = s.inlineByline()
		inline = a.Byline
	case 4, 5:
		a.Byline = s.bylineLine()
		head = append(head, a.Byline)
	case 6, 7:
		a.AuthorEnd = "（" + s.one("", "", "本报记者 ", "通讯员 ", "记者 ") + s.name() + s.one("", " "+s.name()) + "）"
	}
	for k, p := range a.Paragraphs {
		text := p
		if k == 0 {
			text = inline + text
		}
		if k == len(a.Paragraphs)-1 {
			text += a.AuthorEnd
		}
		if k > 0 && k < len(a.Paragraphs) && len(a.Paragraphs) > 2 && s.chance(.09) {
			h := s.intertitle(p)
			if n := utf8.RuneCountInString(h); n >= 4 {
				a.Intertitles = append(a.Intertitles, h)
				pieces = append(pieces, piece{h, true})
			}
		}
		for _, part := range s.cut(text) {
			pieces = append(pieces, piece{part, false})
		}
	}
	if s.chance(.03) { // the end is missing
		last := &pieces[len(pieces)-1]
		r := []rune(last.text)
		last.text = string(r[:max(4, len(r)/2)])
	}
	return a, head, pieces
}

func (s *synth) splitTitle(title string) []string {
	if i := strings.IndexAny(title, " ，：！"); i > 9 && i < len(title)-12 && s.chance(.4) {
		_, size := utf8.DecodeRuneInString(title[i:])
		return []string{strings.TrimSpace(title[:i+size]), strings.TrimSpace(title[i+size:])}
	}
	return []string{title}
}

func (s *synth) inlineByline() string {
	place := s.one("", "", s.char("安永德石南上广宜新")+s.char("远丰化城阳川溪义"))
	switch s.Intn(5) {
	case 0:
		return fmt.Sprintf("本报%s讯（全媒体记者%s）", place, s.name())
	case 1:
		return fmt.Sprintf("本报%s讯 （记者 %s 通讯员 %s）", place, s.name(), s.name())
	case 2:
		return fmt.Sprintf("本报%s讯（%s）", place, s.name())
	case 3:
		return fmt.Sprintf("新华社%s%d月%d日电（记者%s）", s.one("北京", "南昌", "武汉"), s.between(1, 12), s.between(1, 28), s.name())
	}
	return fmt.Sprintf("本报%s讯（通讯员%s 记者%s）", place, s.name(), s.name())
}

func (s *synth) bylineLine() string {
	switch s.Intn(7) {
	case 0:
		return s.name() + " " + s.name()
	case 1:
		return "□ 本报记者 " + s.name() + s.one("", " 通讯员 "+s.name())
	case 2:
		return s.one("□ ", "■ ", "◎", "●") + s.name()
	case 3:
		return s.one("本报记者 ", "本报全媒体记者 ", "本报通讯员 ") + s.name() + s.one("", " "+s.name())
	case 4:
		return "文/" + s.name()
	case 5:
		return "本报记者 " + s.name() + " 文/图"
	}
	return s.name()
}

// cut breaks a paragraph where a column ends.
func (s *synth) cut(text string) []string {
	r := []rune(text)
	if len(r) < 30 || !s.chance(.27) {
		return []string{text}
	}
	at := s.between(6, len(r)-6)
	switch s.Intn(8) {
	case 0:
		at = len(r) - s.between(1, 5)
	case 1:
		at = s.between(5, min(30, len(r)-6))
	}
	if strings.ContainsRune(stops+closers, r[at-1]) || strings.ContainsRune(stops+closers+"，、；：", r[at]) {
		return []string{text}
	}
	if at > 70 && s.chance(.04) {
		mid := at / 2
		return []string{string(r[:mid]), string(r[mid:at]), string(r[at:])}
	}
	return []string{string(r[:at]), string(r[at:])}
}

func (s *synth) furniture() string {
	switch s.Intn(7) {
	case 0:
		return s.one("编辑：", "责任编辑：", "责编：", "本版编辑 ") + s.name()
	case 1:
		return fmt.Sprintf("来源：%s%s 202%d-%02d-%02d", s.char("江南北东河山海")+s.char("州城原川阳"), s.one("日报", "晚报", "早报"), s.Intn(6), s.between(1, 12), s.between(1, 28))
	case 2:
		return fmt.Sprintf(s.one("（下转第%d版）", "（上接第%d版）", "（下转%d版）", "下转%d版"), s.between(1, 16))
	case 3:
		return fmt.Sprintf("202%d年%d月%d日 星期%s", s.Intn(6), s.between(1, 12), s.between(1, 28), s.char("一二三四五六日"))
	case 4:
		return fmt.Sprintf("%s%d版", s.one("第", ""), s.between(1, 16))
	case 5:
		return s.one("新闻热线：", "投稿邮箱：", "广告热线：") + fmt.Sprint(s.between(1000000, 9999999))
	}
	return s.one("上一篇：", "下一篇：") + s.half()
}

// page makes one page.
func (s *synth) page(id string) goldPage {
	p := goldPage{id: id}
	gap := s.one("\n", "\n\n", "\n\n", "\n\n", "\n\n")
	var out []string // lines
	put := func(l string) { out = append(out, l) }
	aside := func() {
		switch {
		case s.chance(.1):
			text := s.furniture()
			put(text)
			p.Other = append(p.Other, struct{ Kind, Text, Credit string }{"folio", text, ""})
		case s.chance(.75):
			d := s.doc()
			text := strings.Join(d.sentences[:min(s.between(1, 3), len(d.sentences))], "")
			if utf8.RuneCountInString(text) < 20 {
				return
			}
			by := s.one("本报记者 ", "本报全媒体记者 ", "通讯员 ", "", "特约通讯员 ") + s.name() + s.one("摄", " 摄")
			first := text
			if s.chance(.8) {
				first = "\n\n" + text
			}
			if s.chance(.15) {
				by = "（" + by + "）"
				put(first + by)
			} else {
				put(first)
				put(by)
			}
			p.Other = append(p.Other, struct{ Kind, Text, Credit string }{"caption", text, by})
		default:
			head := s.one("公告", "启事", "遗失声明", "声明", "通告", "更正")
			text := s.one(s.name()+"遗失身份证，号码尾数1234，声明作废。", "因设备检修，"+s.half()+"期间暂停办理业务。特此公告。",
				"因道路施工，"+s.phrase(s.half(), false)+"路段即日起封闭，请绕道行驶。特此公告。")
			put(head)
			put(text)
			p.Other = append(p.Other, struct{ Kind, Text, Credit string }{"notice", text, head})
		}
	}
	var waiting []piece // the displaced part of the article before
	wait := 0
	write := func(pieces []piece) {
		for k, x := range pieces {
			if k > 0 && s.chance(.02) {
				aside()
			}
			put(x.text)
		}
	}
	folio := s.one("", "", fmt.Sprintf("%d版 %s 202%d年%d月%d日 星期%s", s.between(1, 16), s.one("要闻", "综合新闻", "社会"), s.Intn(6), s.between(1, 12), s.between(1, 28), s.char("一二三四五六日")),
		"本版责编 "+s.name()+" "+s.name())
	if folio != "" {
		p.Other = append(p.Other, struct{ Kind, Text, Credit string }{"folio", folio, ""})
		if s.chance(.5) {
			put(folio)
			folio = ""
		}
	}
	if s.chance(.15) {
		aside()
	}
	for range s.between(1, 9) {
		a, head, pieces := s.article()
		p.Articles = append(p.Articles, a)
		if s.chance(.05) && len(head) == 2 && head[0] == a.Kicker {
			head = []string{head[0] + " " + head[1]}
		}
		for _, h := range head {
			put(h)
		}
		gone := s.chance(.04) // a part is missing
		if cutAt := s.brokenAt(pieces); cutAt > 0 && (gone || waiting == nil && s.chance(.2)) {
			rest := pieces[cutAt:]
			end := len(rest)
			if later := s.brokenAt(rest); (gone || s.chance(.3)) && later > 0 {
				end = later
			}
			write(pieces[:cutAt])
			write(rest[end:])
			if !gone {
				waiting, wait = rest[:end], 2
			}
		} else {
			write(pieces)
		}
		if s.chance(.12) {
			aside()
		}
		if wait--; wait == 0 {
			write(waiting)
			waiting = nil
		}
	}
	write(waiting)
	if folio != "" {
		put(folio)
	}
	p.text = strings.Join(out, gap)
	return p
}

// brokenAt picks a piece that goes on where the one before it was cut; 0 if
// there is none.
func (s *synth) brokenAt(pieces []piece) int {
	var at []int
	for k := 1; k < len(pieces); k++ {
		if !pieces[k].heading && !pieces[k-1].heading {
			if e := endingOf([]rune(pieces[k-1].text)); e == endsOpen || e == endsComma {
				at = append(at, k)
			}
		}
	}
	if len(at) == 0 {
		return 0
	}
	return at[s.Intn(len(at))]
}
