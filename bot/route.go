package bot

import (
	"slices"
	"strings"
)

// routes are the routes that answer without the knowledge base, the most
// urgent first: a message that is thanks and a cry for help is a cry for help.
var routes = []string{"emergency", "injection", "abuse", "help", "about", "goodbye", "thanks", "greeting"}

// Lists beside the routes in the words files: what may stand anywhere
// (filler), what opens a question (opener), what shows that something is asked
// (asking). Characters that are read alike are in the list "same".
var helpers = []string{"filler", "opener", "asking"}

// courtesies are cut off in front of and behind a question.
var courtesies = []string{"greeting", "thanks", "goodbye", "abuse", "filler", "opener"}

// reading is one message on its way through the router.
type reading struct {
	r      *router
	tokens []token
	hits   [][]hit // phrases by the token they start at, nil where not yet looked
	asks   []int   // how often something is asked before a token, nil if not yet looked
}

type hit struct {
	*phrase
	end int
}

// read returns the route of a message and the language of the phrases that
// decide it, preferably lang. For a question the route is "", and question is
// the message without the courtesies around it.
func (r *router) read(text, lang string) (route, in, question string) {
	m := &reading{r: r, tokens: r.scan(text, false)}
	m.hits = make([][]hit, len(m.tokens))
	if !m.covered("", "") {
		return "", lang, m.trim(text)
	}
	for _, in := range append([]string{lang}, Languages...) {
		for _, route := range routes {
			if m.covered(route, in) {
				return route, in, text
			}
		}
	}
	for _, route := range routes { // "ok谢谢"
		if m.covered(route, "") {
			return route, lang, text
		}
	}
	return "", lang, m.trim(text)
}

// What is known of a way to a token: that it was reached, with a phrase of the
// route, and behind a phrase that leaves the rest open after a pause.
const (
	reached = 1 << iota
	decided
	openTold
	openLater
)

// covered reports whether phrases of the language, at least one of them of the
// route, cover the message ("" for any route, any language).
func (m *reading) covered(route, lang string) bool {
	n := len(m.tokens)
	ways := make([]uint8, n+1)
	ways[0] = reached
	for i := 0; i < n; i++ {
		t, way := m.tokens[i], ways[i]
		starts := i == 0 || m.tokens[i-1].id == pause
		if t.id == pause {
			if way&openLater != 0 || way&openTold != 0 && !m.asked(i, n) {
				return true
			}
			ways[i+1] |= way
		}
		if way == 0 && !starts {
			continue
		}
		for _, h := range m.at(i) {
			decides := !h.beside && (h.route == route || route == "" && slices.Contains(routes, h.route))
			if lang != "" && h.lang != lang || h.beside && route != "" && h.route != route {
				continue
			}
			from := way
			if decides && h.inside && starts && !m.asked(0, i) {
				from |= reached
			}
			if from == 0 {
				continue
			}
			if decides {
				switch {
				case h.open == anything, h.open == told && !m.asked(h.end, n):
					return true
				case h.open == later:
					from |= openLater
				case h.open == laterTold:
					from |= openTold
				}
				from = from&^reached | decided
			}
			ways[h.end] |= from
		}
	}
	return ways[n]&^reached != 0
}

// at returns the phrases that start at token i.
func (m *reading) at(i int) []hit {
	if m.hits[i] == nil {
		m.hits[i] = m.follow(m.r.talk, i, []hit{})
	}
	return m.hits[i]
}

// follow adds the phrases of paths that start at token i.
func (m *reading) follow(paths map[int32][]*node, i int, hits []hit) []hit {
	here := paths[m.tokens[i].id]
	for i++; len(here) > 0; i++ {
		id := int32(pause) // a message ends like a clause
		if i < len(m.tokens) {
			id = m.tokens[i].id
		}
		var next []*node
		for _, start := range here {
			start.over(func(n *node) {
				for _, p := range n.ends {
					hits = append(hits, hit{p, min(i, len(m.tokens))})
				}
				for _, e := range n.edges {
					if e.id == id && !slices.Contains(next, e.to) {
						next = append(next, e.to)
					}
				}
			})
		}
		if i > len(m.tokens) {
			break
		}
		here = next
	}
	return hits
}

// asked reports whether something is asked from token i up to token end.
func (m *reading) asked(i, end int) bool {
	if m.asks == nil {
		m.asks = make([]int, len(m.tokens)+1)
		for i, t := range m.tokens {
			m.asks[i+1] = m.asks[i]
			if t.asks || t.id > pause && len(m.follow(m.r.asking, i, nil)) > 0 {
				m.asks[i+1]++
			}
		}
	}
	return m.asks[end] > m.asks[i]
}

// trim cuts courtesies off: clauses of nothing else at both ends, and an opener
// such as 请问 with what stands before it.
func (m *reading) trim(text string) string {
	n := len(m.tokens)
	from, _ := m.polite(0)
	end := len(text)
	for i := n - 1; i > from; i-- {
		if m.tokens[i-1].id != pause {
			continue
		}
		if _, all := m.polite(i); all {
			end = m.tokens[i].at
		}
	}
	if from >= n || m.tokens[from].at >= end {
		return text
	}
	return strings.TrimRight(text[m.tokens[from].at:end], "，,；;～~ \n")
}

// polite returns how far courtesies that start at token i cover whole clauses
// or end in an opener, and whether they cover all.
func (m *reading) polite(i int) (upTo int, all bool) {
	upTo = i
	n := len(m.tokens)
	ways := make([]bool, n+1)
	ways[i] = true
	for ; i < n; i++ {
		if !ways[i] {
			continue
		}
		if m.tokens[i].id == pause {
			ways[i+1], upTo = true, max(upTo, i+1)
		}
		for _, h := range m.at(i) {
			if slices.Contains(courtesies, h.route) {
				ways[h.end] = true
				if h.route == "opener" {
					upTo = max(upTo, h.end)
				}
			}
		}
	}
	return upTo, ways[n]
}
