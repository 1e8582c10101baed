package eval

import (
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"

	"xiangwen/rag"
)

// Comparison is what a change won and lost. Questions are the same if their ids
// and texts are; each run's answers count as they were judged then.
type Comparison struct {
	Won, Lost            []Change // OK now and not before; the reverse
	SameRight, SameWrong int
	OnlyOld, OnlyNew     int     // questions asked in one of the runs only
	Rewritten            int     // questions for which something else was wanted then
	Old, New             Summary // over the questions of both runs
}

// Change is a question that was won or lost.
type Change struct {
	ID, Question string
	Old, New     Said
}

// Said is what was answered, in short.
type Said struct {
	Status     rag.Status
	Answer     string   `json:",omitempty"` // "" where nothing was answered
	Confidence float64  `json:",omitempty"`
	Articles   []string `json:",omitempty"` // ids, as they are cited
}

// SameSet reports whether at least one of the questions was asked in the run that
// old holds.
func SameSet(old []Result, questions []Question) bool {
	asked := make(map[Key]bool, len(old))
	for _, r := range old {
		asked[r.Question.Key()] = true
	}
	return slices.ContainsFunc(questions, func(q Question) bool { return asked[q.Key()] })
}

// Compare tells what differs between two runs.
func Compare(old, new []Result) Comparison {
	before := make(map[Key]Result, len(old))
	for _, r := range old {
		before[r.Question.Key()] = r
	}
	var c Comparison
	var oldBoth, newBoth []Result
	for _, now := range new {
		then, ok := before[now.Question.Key()]
		if !ok {
			c.OnlyNew++
			continue
		}
		oldBoth, newBoth = append(oldBoth, then), append(newBoth, now)
		if !reflect.DeepEqual(then.Question, now.Question) {
			c.Rewritten++
		}
		change := Change{now.Question.ID, now.Question.Question, inShort(then), inShort(now)}
		switch {
		case now.OK() && then.OK():
			c.SameRight++
		case now.OK():
			c.Won = append(c.Won, change)
		case then.OK():
			c.Lost = append(c.Lost, change)
		default:
			c.SameWrong++
		}
	}
	c.OnlyOld = len(old) - len(oldBoth)
	c.Old, c.New = Summarize(oldBoth), Summarize(newBoth)
	return c
}

func inShort(r Result) Said {
	s := Said{Status: r.Answer.Status, Confidence: r.Answer.Confidence}
	if r.Refused {
		return s
	}
	s.Answer = r.Answer.Text
	for _, cited := range r.Answer.Citations {
		if !slices.Contains(s.Articles, cited.ArticleID) {
			s.Articles = append(s.Articles, cited.ArticleID)
		}
	}
	return s
}

// String is what a person reads: one line.
func (s Said) String() string {
	how := s.Articles
	if s.Answer == "" {
		how = []string{string(s.Status)}
	}
	if s.Confidence > 0 {
		how = append(slices.Clip(how), fmt.Sprintf("confidence %.2f", s.Confidence))
	}
	return strings.TrimSpace(oneLine(s.Answer) + " (" + strings.Join(how, ", ") + ")")
}

// mostChanges is how many of the questions won, and of those lost, a table lists.
const mostChanges = 20

// Write prints the comparison; name is what the old run is called.
func (c Comparison) Write(w io.Writer, name string) error {
	if _, err := fmt.Fprintf(w, "\ncompared with %s\n", name); err != nil {
		return err
	}
	if err := c.writeMeasures(w); err != nil {
		return err
	}
	for _, list := range []struct {
		name    string
		changes []Change
	}{{"won", c.Won}, {"lost", c.Lost}} {
		for i, change := range list.changes {
			if i == 0 {
				fmt.Fprintf(w, "\n%s\n", list.name)
			}
			if i == mostChanges {
				fmt.Fprintf(w, "  and %d more; --out FILE.md lists all\n", len(list.changes)-i)
				break
			}
			if _, err := fmt.Fprintf(w, "  %s  %s\n    before: %s\n    now:    %s\n", oneLine(change.ID), oneLine(change.Question), change.Old, change.New); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeMeasures prints the counts and each measure before, now, and the
// difference.
func (c Comparison) writeMeasures(w io.Writer) error {
	fmt.Fprintf(w, "won %d, lost %d, right both times %d, wrong both times %d\n", len(c.Won), len(c.Lost), c.SameRight, c.SameWrong)
	if c.OnlyOld+c.OnlyNew > 0 {
		fmt.Fprintf(w, "left out: %d questions asked only before, %d asked only now\n", c.OnlyOld, c.OnlyNew)
	}
	if c.Rewritten > 0 {
		fmt.Fprintf(w, "of %d questions something else was wanted before\n", c.Rewritten)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\n\tbefore\tnow\tdifference")
	models := modelMeasures(c.Old.Model, c.New.Model)
	before, now := append(c.Old.measures(), models[0]...), append(c.New.measures(), models[1]...)
	for i := range now {
		difference := fmt.Sprintf("%+.*f", now[i].decimals, now[i].value-before[i].value)
		switch {
		case math.IsNaN(now[i].value - before[i].value):
			difference = "–"
		case before[i].String() == now[i].String():
			difference = "="
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", now[i].name, before[i], now[i], difference)
	}
	return t.Flush()
}

// oneLine joins the lines of a text, without characters that control a terminal
// or can't be seen.
func oneLine(s string) string { return strings.Join(strings.Fields(strings.Map(visible, s)), " ") }
