package bot

import (
	"bytes"
	"context"
	"encoding/csv"
	"slices"
	"strconv"
	"time"

	"xiangwen/bot/state"
	"xiangwen/knowledge/zh"
)

// Gap is what readers asked for and the paper did not have: questions that are
// alike, under the one asked most.
type Gap struct {
	Question string    `json:"question"`
	Asked    int       `json:"asked"`
	Readers  int       `json:"readers"` // at least: those of the question that the most have asked
	Last     time.Time `json:"last"`
	Like     []string  `json:"like,omitempty"` // the others
}

const (
	mostUnanswered = 2000 // different questions that are grouped
	alikeQuestions = 0.5  // share of terms that two have in common, of those of either
)

// Gaps are the questions since a time that nothing was found for, the most asked
// first.
func (d *Desk) Gaps(ctx context.Context, since time.Time) ([]Gap, error) {
	all, err := d.state.Unanswered(ctx, since, mostUnanswered)
	if err != nil {
		return nil, err
	}
	return group(all), nil
}

// group puts each question to the first group, in the order given, whose first
// question it is like.
func group(all []state.Unanswered) []Gap {
	var out []Gap
	var terms []map[zh.Term]bool
	for _, u := range all {
		own := make(map[zh.Term]bool)
		for _, t := range zh.ParseQuestion(u.Question).Terms {
			if !t.IsUnigram() {
				own[t] = true
			}
		}
		at := -1
		for i, of := range terms {
			common := 0
			for t := range own {
				if of[t] {
					common++
				}
			}
			if either := len(own) + len(of) - common; common > 0 && float64(common) >= alikeQuestions*float64(either) {
				at = i
				break
			}
		}
		if at < 0 {
			out = append(out, Gap{Question: u.Question, Asked: u.Count, Readers: u.Readers, Last: u.Last})
			terms = append(terms, own)
			continue
		}
		g := &out[at]
		g.Asked += u.Count
		g.Readers = max(g.Readers, u.Readers)
		g.Like = append(g.Like, u.Question)
		if u.Last.After(g.Last) {
			g.Last = u.Last
		}
	}
	slices.SortStableFunc(out, func(a, b Gap) int { return b.Asked - a.Asked })
	return out
}

// gapsCSV is a table for spreadsheets; the mark in front tells Excel that it is
// UTF-8. A cell that a spreadsheet would compute is quoted.
func gapsCSV(gaps []Gap, w *Words) []byte {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	table := csv.NewWriter(&b)
	table.Write([]string{w.Label["csv_question"], w.Label["csv_asked"], w.Label["csv_last"], w.Label["csv_like"]})
	for _, g := range gaps {
		table.Write([]string{cell(g.Question), strconv.Itoa(g.Asked), g.Last.Format(time.DateOnly), ""})
		for _, q := range g.Like {
			table.Write([]string{"", "", "", cell(q)})
		}
	}
	table.Flush()
	return b.Bytes()
}

func cell(s string) string {
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@' || s[0] == '\t' || s[0] == '\r') {
		return "'" + s
	}
	return s
}
