package eval

import (
	_ "embed"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"unicode"

	"xiangwen/knowledge"
	"xiangwen/rag"
)

// Report is what an editor reads about a run: the measures, then each miss.
type Report struct {
	Questions, Knowledge []string // names of the files
	Library              *knowledge.Library
	Results              []Result
	Comparison           *Comparison // with an earlier run, or nil
}

// kinds of misses in the order of the report; a miss is of the first that fits.
var kinds = []struct {
	name string
	is   func(Result) bool
}{
	{"not proven", func(r Result) bool { return r.Unproven != "" }},
	{"answered though it must be refused", func(r Result) bool { return !r.Refused && !r.Question.Answerable() }},
	{"wrong article", func(r Result) bool { return !r.Refused && (r.Hit || !r.citesRight()) }},
	{"wrong answer (right article cited)", func(r Result) bool { return !r.Refused }},
	{"refused though the answer is there", func(r Result) bool { return r.Refused }},
}

// kindOf is the index in kinds of a result that is not OK.
func kindOf(r Result) int {
	for i, k := range kinds {
		if k.is(r) {
			return i
		}
	}
	panic("a miss of no kind") // the last two are a negation
}

// missGroup holds the misses of one kind.
type missGroup struct {
	Name   string
	Misses []miss
}

// miss is a result in the words of the report.
type miss struct {
	Result
	Wanted   string
	Where    string // the right article is among the passages
	Passages []shownPassage
}

type shownPassage struct {
	Rank        int // among the passages, from 1
	Title, Text string
	Holds       bool // what was wanted, and is of a right article
}

//go:embed report.md.tmpl
var reportText string

var reportTemplate = template.Must(template.New("report").Option("missingkey=error").Funcs(template.FuncMap{"md": markdown}).Parse(reportText))

// Write writes the report as Markdown. Nothing in it that was read is taken as
// markup.
func (r Report) Write(w io.Writer) error {
	var table, compared strings.Builder
	if err := Summarize(r.Results).Write(&table); err != nil {
		return err
	}
	if r.Comparison != nil {
		if err := r.Comparison.writeMeasures(&compared); err != nil {
			return err
		}
	}
	groups := make([]missGroup, len(kinds))
	misses := 0
	for _, result := range r.Results {
		if result.OK() {
			continue
		}
		misses++
		g := &groups[kindOf(result)]
		g.Misses = append(g.Misses, r.miss(result))
	}
	for i := range groups {
		groups[i].Name = kinds[i].name
	}
	err := reportTemplate.Execute(w, map[string]any{
		"Questions": r.Questions, "Knowledge": r.Knowledge, "Articles": r.Library.Len(),
		"Asked": len(r.Results), "Missed": misses, "Table": table.String(),
		"Comparison": r.Comparison, "Compared": compared.String(), "Groups": groups,
	})
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func (r Report) miss(result Result) miss {
	m := miss{Result: result, Wanted: r.wanted(result)}
	if result.Question.Answerable() {
		m.Where = "not among those of the passages"
		if result.Rank > 0 {
			m.Where = fmt.Sprintf("rank %d among those of the passages", result.Rank)
		}
	}
	const shown = 3
	found := false
	for i, p := range result.Answer.Passages {
		text, holds := excerpt(result, p)
		if i < shown || holds && !found { // and the one that would have been needed
			m.Passages = append(m.Passages, shownPassage{i + 1, r.title(p.ArticleID), text, holds})
		}
		found = found || holds
	}
	return m
}

// wanted says what would have been right, and from where.
func (r Report) wanted(result Result) string {
	q := result.Question
	if !q.Answerable() {
		return "nothing: it must be refused"
	}
	var each []string
	for _, group := range q.groups() {
		each = append(each, strings.Join(group, " or "))
	}
	titles := make([]string, len(result.Right))
	for i, id := range result.Right {
		titles[i] = r.title(id)
	}
	return strings.Join(each, "; and ") + " (from: " + strings.Join(titles, "; ") + ")"
}

func (r Report) title(id string) string {
	if a := r.Library.Article(id); a != nil {
		return a.Name()
	}
	return id + ", which the knowledge does not have"
}

// excerpt shortens a passage to about 200 characters, those around the wanted
// answer if it holds that.
func excerpt(r Result, p rag.Passage) (text string, holds bool) {
	const most, before = 200, 60
	text = oneLine(p.Text)
	runes := []rune(text)
	from := 0
	if slices.Contains(r.Right, p.ArticleID) {
		for _, wanted := range slices.Concat(r.Question.groups()...) {
			if !Holds(text, []string{wanted}) {
				continue
			}
			holds = true
			if at := strings.Index(text, wanted); at >= 0 {
				from = max(0, len([]rune(text[:at]))-before)
			}
			break
		}
	}
	if len(runes) <= most {
		return text, holds
	}
	from = min(from, len(runes)-most)
	text = string(runes[from : from+most])
	if from > 0 {
		text = "…" + text
	}
	if from+most < len(runes) {
		text += "…"
	}
	return text, holds
}

var markup = regexp.MustCompile("[\\\\`*_\\[\\]<>~|&#$]")

// markdown makes a text stand in a line of Markdown as it reads.
func markdown(text any) string { return markup.ReplaceAllString(oneLine(fmt.Sprint(text)), `\$0`) }

// visible drops characters that control a terminal or can't be seen.
func visible(r rune) rune {
	if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}
