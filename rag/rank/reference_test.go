package rank

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/embed"
)

// What the features are made of, computed plainly: the fast ways must agree to
// the last bit.

var askedOfRandomText = []string{
	"东河大桥全长1,200.5米，总投资多少元？", "“东河,大桥”2024年5月什么时候通车的？", "东河大桥的设计师是谁？", "g60高速在哪里？", "东河县有哪些村、哪些镇？", "大桥有哪些栏杆？",
	"大桥为什么3月停工？", "东河镇哪家公司承建大桥？", "大桥叫什么名字？", "大桥大桥如何通车？", "什么是大桥？", "how long is the bridge 12.5?",
}

func randomText(random *rand.Rand) string {
	pieces := append(strings.Fields("东 河 大桥 全长 总投资 米 元 公里 1 2 200 0.5 ５ 一 十 百分之 万 多 余 年 月 日 今年 上午 g 60 G60 a é · … ％ 王小明 李 说 书记 县 镇 公司 因为 通过 称为 等 包括 、 、 "+
		"， ， ， ， ； ： , ; : . 、 。 “ ” \" 《 》 （ ） ( ) 『 』 \u0301 𠀀 々 㐀 東 橋"), " ", "　")
	var b strings.Builder
	for range random.IntN(40) {
		b.WriteString(pieces[random.IntN(len(pieces))])
	}
	return b.String()
}

func rarity(t zh.Term) float64 { return 1 + float64(t%97)/13 }

// checkReading compares what is read of a sentence with what is read of its parts
// one by one.
func checkReading(t *testing.T, question, sentence string) {
	t.Helper()
	a := newAsker(zh.ParseQuestion(question), rarity)
	text := zh.Normalize(sentence)
	read := a.read(text)
	own, like := plainRead(a, text)
	if read.mask != own || !slices.Equal(read.like, like) {
		t.Fatalf("%q of %q: %x %v, want %x %v", question, text, read.mask, read.like, own, like)
	}
	checkShares(t, a, own)
	if got, want := a.common.longest(text), longestCommon(a.q.Text, text); got != want {
		t.Fatalf("%q and %q have %d characters in common, want %d", a.q.Text, text, got, want)
	}
	var bounds []int // of characters
	for i := range text {
		bounds = append(bounds, i)
	}
	bounds = append(bounds, len(text))
	for _, from := range bounds {
		for _, to := range bounds[:min(len(bounds), 60)] {
			if want, _ := plainRead(a, text[min(from, to):to]); from <= to && a.maskWithin(&read, from, to) != want {
				t.Fatalf("%q in %q: %x, want %x", text[from:to], text, a.maskWithin(&read, from, to), want)
			}
		}
	}
	checkClauses(t, a, sentence)
}

func plainRead(a *asker, text string) (own mask, like likeness) {
	like = make(likeness, len(a.terms))
	for _, term := range zh.AppendTerms(nil, text) {
		for i, asked := range a.terms {
			if asked == term {
				own.set(i)
			}
			x, y := embed.News.Find(term), embed.News.Find(asked)
			if x < 0 || y < 0 || term.IsUnigram() || asked.IsUnigram() {
				continue
			}
			if c := embed.News.Cosine(x, y); c > floor {
				like[i] = max(like[i], float32((c-floor)/(1-floor)))
			}
		}
	}
	return own, like
}

func checkShares(t *testing.T, a *asker, own mask) {
	t.Helper()
	var pairs, singles, left, ofLeft float64
	for i, w := range a.weight {
		switch {
		case own.has(i) && a.terms[i].IsUnigram():
			singles += w
		case own.has(i):
			pairs += w
		}
		if a.left.has(i) {
			left += w
			if own.has(i) {
				ofLeft += w
			}
		}
	}
	share := func(part, all float64) float64 {
		if all == 0 {
			return 0
		}
		return part / all
	}
	if got, want := a.pairShare(own), share(pairs, a.pairs); got != want {
		t.Fatalf("share of pairs %v, want %v", got, want)
	}
	if got, want := a.singleShare(own), share(singles, a.singles); got != want {
		t.Fatalf("share of singles %v, want %v", got, want)
	}
	if got, want := a.within(a.left, own), share(ofLeft, left); got != want {
		t.Fatalf("share of what is on the left %v, want %v", got, want)
	}
}

// longestCommon is the length in characters of the longest string that both
// texts have.
func longestCommon(x, y string) (best int) {
	a, b := []rune(x), []rune(y)
	row := make([]int, len(b)+1)
	for i := range a {
		diagonal := 0
		for j := range b {
			above := row[j+1]
			row[j+1] = 0
			if a[i] == b[j] {
				row[j+1] = diagonal + 1
				best = max(best, row[j+1])
			}
			diagonal = above
		}
	}
	return best
}

// checkClauses compares what clauses take from their sentence with what is found
// in each by itself.
func checkClauses(t *testing.T, a *asker, sentence string) {
	t.Helper()
	if strings.TrimSpace(sentence) != sentence || !utf8.ValidString(sentence) {
		return // no sentence of an article
	}
	s := Sentence{Article: &knowledge.Article{Text: sentence}, Span: zh.Span{End: len(sentence)}}
	read := a.read(zh.Normalize(sentence))
	a.clauses(&s, &read, zh.Figures(read.text), a.q.Answers(read.text))
	end := 0
	for i, c := range s.Clauses {
		text := zh.Normalize(c.Span.Of(sentence))
		own, _ := plainRead(a, text)
		figures := zh.Figures(text)
		want := map[int]float64{
			cPairs: a.pairShare(own), cSingles: a.singleShare(own), cAnswer: yes(len(a.q.Answers(text)) > 0), cFigure: yes(len(figures) > 0),
			cAskedFigure: a.hasFigures(figures, mask{}), cAskedName: shareOf(a.q.Names, text), cList: yes(strings.Contains(text, "、")), cQuoted: yes(strings.ContainsAny(text, "“《「")),
			cLeftAdjacent: yes(indexOf(text, a.adjacent[0]) >= 0), cRightAdjacent: yes(indexOf(text, a.adjacent[1]) >= 0),
		}
		for feature, value := range want {
			if got := c.Features[feature]; got != value {
				t.Fatalf("%q: clause %d of %q (%q): %s is %v, want %v", a.q.Text, i, sentence, text, ClauseNames[feature], got, value)
			}
		}
		if c.Span.Start != end {
			t.Fatalf("%q: clause %d begins at %d, the one before ends at %d", sentence, i, c.Span.Start, end)
		}
		end = c.Span.End
	}
	if end != len(sentence) {
		t.Fatalf("%q: clauses end at %d of %d", sentence, end, len(sentence))
	}
}

func TestReadingOfRandomText(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 400 {
		checkReading(t, askedOfRandomText[i%len(askedOfRandomText)], strings.TrimSpace(randomText(random)))
	}
}

func TestClausesOfRandomText(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, question := range askedOfRandomText {
		a := newAsker(zh.ParseQuestion(question), rarity)
		for range 1500 {
			checkClauses(t, a, strings.TrimSpace(randomText(random)))
		}
	}
}

func FuzzReading(f *testing.F) {
	for _, question := range askedOfRandomText {
		f.Add(question, "东河大桥（不含引桥，1,200米）全长12，345.6米，总投资1.2亿元；“快，真快”，王小明说。")
	}
	f.Fuzz(func(t *testing.T, question, sentence string) {
		if len(question)+len(sentence) < 400 {
			checkReading(t, question, strings.TrimSpace(sentence))
		}
	})
}
