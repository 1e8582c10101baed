package zh

import (
	"strings"
	"unicode/utf8"
)

// numbered is a name that counts what it stands for: 三联三共, 四好农村路.
type numbered struct {
	name string
	n    int // the most that it counts
}

// numberedNames are those of the names that count at least two things, if the
// question asks what they stand for.
func (q *Question) numberedNames() (out []numbered) {
	if q.Kind != What && q.Kind != List && q.Kind != Name && q.Kind != How {
		return nil
	}
	for _, name := range q.Names {
		most := 0
		for _, r := range name {
			if n, ok := chineseDigit(r); ok {
				most = max(most, int(n))
			}
		}
		if most >= 2 {
			out = append(out, numbered{name, most})
		}
	}
	return out
}

// Unfolds reports whether a normalised text says what a name of the question stands
// for that counts things: it has the name, and as many things in a row.
func (q Question) Unfolds(text string) bool {
	for _, name := range q.numbered {
		if strings.Contains(text, name.name) && longestRow(text) >= name.n {
			return true
		}
	}
	return false
}

// longestRow is how many short things stand in a row in text, with 、 between them.
func longestRow(text string) (longest int) {
	const short = 12 // characters
	parts := strings.Split(text, "、")
	row := 1
	for i := 1; i < len(parts); i++ {
		row++
		longest = max(longest, row)
		if utf8.RuneCountInString(parts[i]) > short {
			row = 1
		}
	}
	return longest
}
