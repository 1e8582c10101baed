package bot

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"xiangwen/knowledge/zh"
)

// router knows the phrases of all languages. It takes a message for small talk
// only if phrases cover it to the last word, so that a word that no list knows
// makes it a question. The phrases form a graph of words: a message is read by
// following its edges. It does not change once it is built.
type router struct {
	ids          map[string]int32  // words and characters of the phrases
	same         map[rune]rune     // a character to the one it is read as, both simplified
	talk, asking map[int32][]*node // by the first word, where the paths of phrases go on
}

type node struct {
	edges []edge
	skips []*node // reached without a word
	ends  []*phrase
}

type edge struct {
	id int32
	to *node
}

// over calls visit for n and all nodes reached from it without a word.
func (n *node) over(visit func(*node)) {
	visit(n)
	for _, s := range n.skips {
		s.over(visit)
	}
}

// phrase is what an entry of a list says beyond its words; the marks are
// explained in the words files.
type phrase struct {
	lang, route string
	beside      bool // "+": does not decide by itself
	inside      bool // "…，": may begin at any clause
	open        rest // what may follow
}

// rest is what may follow a phrase unread.
type rest int

const (
	nothing   rest = iota
	laterTold      // "，…": after a pause, anything that asks nothing
	later          // "，*": after a pause, anything
	told           // "…": anything that asks nothing
	anything       // "*"
)

// Tokens that are no words of phrases.
const (
	stranger = -1 // a word that no phrase has
	pause    = 0  // punctuation that ends a clause, emoji
)

const longestWord = 40 // bytes; no phrase has a longer one

// token is a word of a message, a Chinese character or a pause.
type token struct {
	id   int32
	at   int  // where it starts, in bytes
	asks bool // a pause with a question mark
}

func newRouter() *router {
	return &router{ids: make(map[string]int32), same: make(map[rune]rune), talk: make(map[int32][]*node), asking: make(map[int32][]*node)}
}

// addAll adds the phrases of one language. The error names each bad entry by
// its key.
func (r *router) addAll(lang string, lists map[string][]string) error {
	var errs []error
	for _, pairs := range lists["same"] { // first, for the phrases are read with them
		for pair := range strings.FieldsSeq(pairs) {
			if p := []rune(pair); len(p) == 2 {
				r.same[zh.Simplify(p[0])] = zh.Simplify(p[1])
			} else {
				errs = append(errs, fmt.Errorf("routes.same: %q is not a pair of characters", pair))
			}
		}
	}
	for key, list := range lists {
		if key == "same" {
			continue
		}
		if !slices.Contains(routes, key) && !slices.Contains(helpers, key) {
			errs = append(errs, fmt.Errorf("unknown key %q", "routes."+key))
			continue
		}
		for _, entry := range list {
			if err := r.add(lang, key, entry); err != nil {
				errs = append(errs, fmt.Errorf("routes.%s: %q: %w", key, entry, err))
			}
		}
	}
	return errors.Join(errs...)
}

func (r *router) add(lang, route, entry string) error {
	p := &phrase{lang: lang, route: route}
	s := strings.NewReplacer("...", "…", ", ", "，", ",", "，").Replace(strings.TrimSpace(entry))
	s, p.beside = strings.CutPrefix(s, "+")
	s, p.inside = strings.CutPrefix(s, "…，")
	for _, mark := range []struct {
		text string
		open rest
	}{{"，…", laterTold}, {"，*", later}, {"…", told}, {"*", anything}} {
		if before, ok := strings.CutSuffix(s, mark.text); ok {
			s, p.open = before, mark.open
			break
		}
	}
	if strings.ContainsAny(s, "…+*") && !strings.Contains(s, "**") {
		return errors.New("+ stands in front, … in front or at the end, * at the end")
	}
	paths := r.talk
	if route == "asking" {
		paths = r.asking
	}
	root := &node{} // of this phrase
	end, left, err := r.grow(root, s)
	if err != nil {
		return err
	}
	empty := false
	root.over(func(n *node) { empty = empty || n == end })
	switch {
	case left != "":
		return fmt.Errorf("%q stands outside of brackets", left[:1])
	case empty:
		return errors.New("it matches an empty message")
	}
	end.ends = append(end.ends, p)
	root.over(func(n *node) {
		for _, e := range n.edges {
			paths[e.id] = append(paths[e.id], e.to)
		}
	})
	return nil
}

// grow adds the words of s, in which (a|b|) are alternatives, behind a node and
// returns the node they end at. It stops in front of a | or ) that s does not
// open.
func (r *router) grow(from *node, s string) (end *node, left string, err error) {
	for s != "" && s[0] != '|' && s[0] != ')' {
		if s[0] != '(' {
			length := strings.IndexAny(s, "(|)")
			if length < 0 {
				length = len(s)
			}
			for _, t := range r.scan(s[:length], true) {
				if t.id == stranger {
					return nil, "", errors.New("it has a quotation mark or a very long word")
				}
				n := &node{}
				from.edges = append(from.edges, edge{t.id, n})
				from = n
			}
			s = s[length:]
			continue
		}
		after := &node{}
		for s[0] != ')' {
			var end *node
			if end, s, err = r.grow(from, s[1:]); err != nil {
				return nil, "", err
			}
			if s == "" {
				return nil, "", errors.New("a bracket is not closed")
			}
			if !slices.Contains(end.skips, after) {
				end.skips = append(end.skips, after)
			}
		}
		from, s = after, s[1:]
	}
	return from, s, nil
}

// scan cuts text into tokens. Case, width, white space, brackets, the script
// (谢谢, 謝謝) and what stands inside words (don't, f**k) make no difference, nor
// does a letter held down (helloooo). Quotation marks and book title marks are
// strangers: who quotes a phrase does not say it. With learn, unknown words
// become known.
func (r *router) scan(text string, learn bool) []token {
	tokens := make([]token, 0, len(text)/2+2)
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case zh.IsHan(c):
			c = zh.Simplify(c)
			if s, ok := r.same[c]; ok {
				c = s
			}
			tokens = append(tokens, token{id: r.id(string(c), learn), at: i})
		case zh.IsWord(c):
			word, length := readWord(text[i:])
			tokens = append(tokens, token{id: r.id(word, learn), at: i})
			size = length
		case strings.ContainsRune("“”\"「」『』《》〈〉", c), joins(text, i):
			tokens = append(tokens, token{id: stranger, at: i})
		case strings.ContainsRune("，。！？；,.!?;~～…\n", c) || unicode.Is(unicode.So, c):
			asks := c == '?' || c == '？'
			if n := len(tokens) - 1; n >= 0 && tokens[n].id == pause {
				tokens[n].asks = tokens[n].asks || asks
			} else {
				tokens = append(tokens, token{id: pause, at: i, asks: asks})
			}
		}
		i += size
	}
	return tokens
}

// joins reports whether the mark at text[i] is part of a number or an address:
// 1,666 or v1.ok.
func joins(text string, i int) bool {
	if text[i] != '.' && text[i] != ',' || i == 0 || i+1 == len(text) {
		return false
	}
	before, after := rune(text[i-1]), rune(text[i+1])
	letter := text[i] == '.' && after < utf8.RuneSelf && unicode.IsLetter(after)
	return before < utf8.RuneSelf && zh.IsWord(before) && (unicode.IsDigit(after) || letter)
}

// readWord returns the word that s starts with, as it is compared, and its
// length in s.
func readWord(s string) (word string, length int) {
	var b strings.Builder
	plain, same := true, 0 // same: how often the last letter stands there already
	var last rune
	for i, c := range s {
		switch {
		case strings.ContainsRune("'’‘*_`^", c):
			continue // dropped, and not counted if it ends the word
		case !zh.IsWord(c) || zh.IsHan(c):
			return finishWord(b.String(), plain), length
		case c >= utf8.RuneSelf || 'A' <= c && c <= 'Z':
			plain = false
		}
		if same++; c != last {
			same = 1
		}
		last = c
		if same < 3 || unicode.IsDigit(c) {
			b.WriteRune(c)
		} else if held := b.String(); same == 3 {
			b.Reset()
			b.WriteString(held[:len(held)-utf8.RuneLen(c)])
		}
		length = i + utf8.RuneLen(c)
	}
	return finishWord(b.String(), plain), length
}

func finishWord(word string, plain bool) string {
	if plain || len(word) > longestWord {
		return word
	}
	return zh.Normalize(word)
}

func (r *router) id(word string, learn bool) int32 {
	id, ok := r.ids[word]
	switch {
	case ok:
		return id
	case !learn || len(word) > longestWord:
		return stranger
	}
	id = int32(len(r.ids) + 1)
	r.ids[word] = id
	return id
}
