package zh

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What the fast functions do, said plainly: what they return must be the same.

func plainNormalize(s string) string {
	var b strings.Builder
	space := false
	for _, r := range norm.NFKC.String(strings.ToValidUTF8(s, "\uFFFD")) {
		if unicode.IsSpace(r) {
			space = true
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(Simplify(unicode.ToLower(r)))
	}
	if strings.ContainsFunc(b.String(), unicode.IsMark) {
		return norm.NFKC.String(b.String())
	}
	return b.String()
}

func plainTerms(text string) (terms []Term, starts []int) {
	add := func(t Term, start int) { terms, starts = append(terms, t), append(starts, start) }
	letter := func(i int) bool { // of a word or a number
		r, _ := utf8.DecodeRuneInString(text[i:])
		return i < len(text) && !IsHan(r) && IsWord(r)
	}
	digit := func(i int) bool {
		r, _ := utf8.DecodeRuneInString(text[i:])
		return i < len(text) && unicode.IsDigit(r)
	}
	ascii := func(i int) bool { return i < len(text) && '0' <= text[i] && text[i] <= '9' }
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case IsHan(r):
			add(unigram(r), i)
			if before, size := utf8.DecodeLastRuneInString(text[:i]); IsHan(before) {
				add(bigram(before, r), i-size)
			}
		case letter(i):
			end := i + size
			for {
				_, next := utf8.DecodeRuneInString(text[end:])
				if letter(end) && digit(end) == digit(i) || digit(i) && end < len(text) && text[end] == '.' && ascii(end+1) {
					end += next
					continue
				}
				break
			}
			add(wordTerm(text[i:end]), i)
			i = end
			continue
		}
		i += size
	}
	return terms, starts
}

func plainFigures(text string) (out []Figure) {
	for i := 0; i < len(text); {
		f, ok := figureAt(text, i)
		if ok {
			out = append(out, f)
			i = f.End
			continue
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		i += size
	}
	return out
}

func plainWords(text string, list []string) (out []Span) {
	for _, w := range list {
		for from := 0; ; {
			i := strings.Index(text[from:], w)
			if i < 0 {
				break
			}
			out = append(out, Span{from + i, from + i + len(w)})
			from += i + len(w)
		}
	}
	return out
}

func plainPersons(text string) (out []Span) {
	for i, r := range text {
		if r == '·' || r == '•' || r == '・' {
			out = append(out, Span{i, i + utf8.RuneLen(r)})
		}
		if !strings.ContainsRune(Surnames, r) {
			continue
		}
		end := i + utf8.RuneLen(r)
		for n := range 2 {
			next, size := utf8.DecodeRuneInString(text[end:])
			if !IsHan(next) {
				break
			}
			end += size
			apart := n == 1
			for at := i; at <= end; at++ {
				apart = apart && !(utf8.RuneStart((text + " ")[at]) && WithinWord(text, at))
			}
			if apart || hasSuffixAny(text[:i], offices) || hasPrefixAny(text[end:], spoke) {
				out = append(out, Span{i, end})
				break
			}
		}
	}
	return out
}

func plainSentences(text string) []Span {
	var out []Span
	start := 0
	emit := func(end int) {
		s := text[start:end]
		from := end - len(strings.TrimLeftFunc(s, unicode.IsSpace))
		if trimmed := strings.TrimSpace(s); trimmed != "" {
			out = plainCut(out, text, Span{from, from + len(trimmed)})
		}
		start = end
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		next := i + size
		switch {
		case r == '\n':
			emit(next)
		case strings.ContainsRune("。！？!?…｡", r) || isFullStop(text, i):
			for next < len(text) {
				r, size := utf8.DecodeRuneInString(text[next:])
				if !strings.ContainsRune("。！？!?…｡", r) && !isCloser(r) {
					break
				}
				next += size
			}
			emit(next)
		case closerOf(r) != 0:
			if end := closing(text[i:], r, closerOf(r)); end > 0 {
				next = i + end
				if last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(text[i:next], closers)); isQuote(r) && isStop(last) && endsThere(text[next:]) {
					emit(next)
				}
			}
		}
		i = next
	}
	emit(len(text))
	return out
}

func plainCut(out []Span, text string, s Span) []Span {
	for len([]rune(s.Of(text))) > maxSentence {
		end := s.Start
		comma := 0
		for range maxSentence {
			r, size := utf8.DecodeRuneInString(text[end:])
			if end += size; strings.ContainsRune("，；、,; ", r) && !InNumber(text, end-size) {
				comma = end
			}
		}
		if comma > 0 {
			end = comma
		}
		if part := strings.TrimRightFunc(text[s.Start:end], unicode.IsSpace); part != "" {
			out = append(out, Span{s.Start, s.Start + len(part)})
		}
		s.Start = s.End - len(strings.TrimLeftFunc(text[end:s.End], unicode.IsSpace))
	}
	if s.Start < s.End {
		out = append(out, s)
	}
	return out
}

func same(t *testing.T, what, text string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s of %q: %v, want %v", what, text, got, want)
	}
}

// checkFast compares all fast functions with the plain ones.
func checkFast(t *testing.T, s string) {
	t.Helper()
	normalized := Normalize(s)
	same(t, "Normalize", s, normalized, plainNormalize(s))
	for _, text := range []string{s, normalized} {
		same(t, "Sentences", text, Sentences(text), plainSentences(text))
		terms, starts := AppendPlaces(nil, nil, text)
		wantTerms, wantStarts := plainTerms(text)
		same(t, "AppendPlaces", text, terms, wantTerms)
		same(t, "AppendPlaces", text, starts, wantStarts)
		same(t, "AppendTerms", text, AppendTerms(nil, text), wantTerms)
		same(t, "Figures", text, Figures(text), plainFigures(text))
		same(t, "persons", text, persons(text), plainPersons(text))
		for _, list := range wordLists {
			same(t, "words", text, words(text, list), plainWords(text, list.list))
		}
		for i := range text {
			unit := ""
			for _, u := range units {
				if len(u) > len(unit) && strings.HasPrefix(text[i:], u) {
					unit = u
				}
			}
			if text[i] < utf8.RuneSelf && text[i] != '%' {
				unit = metric(text[i:])
			}
			same(t, "unitAt", text[i:], unitAt(text[i:]), unit)
			word := 0
			if at := slices.IndexFunc(contentWords, func(w string) bool { return strings.HasPrefix(text[i:], w) }); at >= 0 {
				word = len(contentWords[at])
			}
			same(t, "contentWord", text[i:], contentWord(text[i:]), word)
		}
	}
	checkFolded(t, s)
	// A line break ends whatever there is: what two lines have is what each has.
	if first, second, ok := strings.Cut(s, "\n"); ok {
		both := AppendTerms(AppendTerms(nil, Normalize(first)), Normalize(second))
		same(t, "terms by line", s, AppendTerms(nil, normalized), both)
	}
}

// checkFolded holds [FoldedLen] against what becomes of a text up to each of its
// characters.
func checkFolded(t *testing.T, s string) {
	t.Helper()
	n := 0
	for i, r := range s {
		length := FoldedLen(r)
		if length < 0 {
			return
		}
		if length == 0 {
			continue
		}
		if i > 0 && n > 0 {
			if before, _ := utf8.DecodeLastRuneInString(s[:i]); FoldedLen(before) == 0 {
				n++
			}
		}
		n += length
		if got := len(Normalize(s[:i+utf8.RuneLen(r)])); got != n {
			t.Fatalf("%q up to %q has %d bytes normalised, want %d", s, r, n, got)
		}
	}
}

var wordLists = []*wordsToFind{timeWords, placeWords, namingWords, reasonWords, howWords, listWords}

func TestFastFunctionsOnRandomText(t *testing.T) {
	pieces := append(strings.Fields("东 县 一 什麼 說 。 ！ ？ ! ? … ｡ “ ” ‘ ’ 「 」 （ ） ( ) 《 》 【 】 , ， . ． 、 ； : 的 \" 1 2 0 ９ １ 一 二 〇 零 ○ 两 兩 十 百 千 万 亿 點 点 百分之 % ％ ‰ 米 元 个 月 年 日 号线 号 多 余 来 "+
		"a B Ｃ é H̱ İ ㎡ ﷺ · • ・ 王 张 説 书记 表示 位于 公司 因为 将 今年 上午 包括 称为 就业 𠀀 㐀 ䷀ ﬁ \u0301 \u200b ａ ½ ٣ 豈 ⼀ 々 〆 〒 〔 龦 鿿"),
		" ", "\n", "\n", "\t", "　", "\xff", "\xe4\xb8", "\xe4", "\u00a0", "\u2028", "\x85", "\u0085", strings.Repeat("东", 300))
	random := rand.New(rand.NewPCG(1, 2))
	rounds := 20_000
	if testing.Short() {
		rounds = 2000
	}
	for range rounds {
		var b strings.Builder
		for range random.IntN(24) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		checkFast(t, b.String())
	}
}

func FuzzFastFunctions(f *testing.F) {
	f.Add("今年3月，东河县G60高速（全长1,200.5米）通车。“快！”王小明说；李书记表示：\n百分之二十、约三千多亩")
	f.Add("H̱\u0301Ａ\u0301 ①②…℃ \xffabc１２．５")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) < 2000 {
			checkFast(t, s)
		}
	})
}

// TestPlainCharactersStandAlone holds the characters that NFKC is spared against
// what norm knows of them.
func TestPlainCharactersStandAlone(t *testing.T) {
	for r := range rune(unicode.MaxRune + 1) {
		if !isPlain(r) {
			continue
		}
		p := norm.NFKC.PropertiesString(string(r))
		alone := norm.NFKC.String(string(r)) == string(r) || 0xFF01 <= r && r <= 0xFF5E || r == 0x3000
		if !alone || !p.BoundaryBefore() {
			t.Errorf("%U: %q as NFKC, joins what is before it: %t", r, norm.NFKC.String(string(r)), !p.BoundaryBefore())
		}
		if isMark(r) && (IsHan(r) || IsWord(r) || unicode.IsMark(r) || unicode.IsSpace(r)) {
			t.Errorf("%U is no mark", r)
		}
	}
}

func TestWordListsFit(t *testing.T) {
	for _, w := range wordLists {
		if len(w.list) > 64 {
			t.Errorf("%d words from %s on, of which 64 are found", len(w.list), w.list[0])
		}
	}
	for r := range rune(unicode.MaxRune + 1) {
		want := int64(strings.IndexRune("〇一二三四五六七八九", r))
		switch {
		case r == '零' || r == '○':
			want = 0
		case r == '两' || r == '兩':
			want = 2
		case want >= 0 && r != utf8.RuneError:
			want /= 3
		default:
			want = -1
		}
		if got, ok := chineseDigit(r); ok != (want >= 0) || ok && got != want {
			t.Fatalf("%q is the digit %d, %t; want %d", r, got, ok, want)
		}
	}
}
