// Package eval measures answers against question sets: retrieval, answers,
// citations and refusals.
package eval

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
)

// Question is a line of a question set.
type Question struct {
	ID       string `json:"id"`
	Question string `json:"question"`

	// Any one of Answers is enough, and citing any of Documents.
	Answers   []string `json:"answers"`
	Documents []string `json:"doc_ids"`

	// Or: the answer holds one string of each group, and cites all Articles.
	AllAnswers [][]string `json:"answers_all"`
	Articles   []string   `json:"articles"`

	// About is the article that a question comes near to which must be refused; it is
	// there for rag/train, and measures nothing.
	About string `json:"about,omitempty"`
}

// Answerable reports whether the knowledge holds the answer. A question that is
// not answerable must be refused.
func (q Question) Answerable() bool {
	return len(q.Answers)+len(q.Documents)+len(q.AllAnswers)+len(q.Articles) > 0
}

// groups are the wanted answers: a right answer holds one string of each group.
func (q Question) groups() [][]string {
	if len(q.AllAnswers) > 0 {
		return q.AllAnswers
	}
	return [][]string{q.Answers}
}

// documents are the ids of the articles that answer, and whether all of them
// are needed.
func (q Question) documents() (ids []string, all bool) {
	if len(q.Articles) > 0 {
		return q.Articles, true
	}
	return q.Documents, false
}

// maxLine is the longest line of a question set or of answers, in bytes.
const maxLine = 16 << 20

// ReadQuestions reads a question set, one JSON object a line. A question without
// id gets the number of its line. The error names the line.
func ReadQuestions(r io.Reader) ([]Question, error) {
	var out []Question
	lines := make(map[string]int) // by id
	err := readLines(r, func(n int, line []byte) error {
		var read struct {
			Question
			Text *string `json:"question"`
			// Not names of ours: whoever writes them means the plural.
			Answer, Article any
			Document        any `json:"doc_id"`
		}
		if err := json.Unmarshal(line, &read); err != nil {
			return err
		}
		q := read.Question
		switch {
		case read.Text == nil:
			return errors.New(`has no "question"`)
		case !q.Answerable() && (read.Answer != nil || read.Article != nil || read.Document != nil):
			return errors.New(`wants nothing: the keys are "answers" and "doc_ids", or "answers_all" and "articles", each with a list`)
		}
		if q.Question = *read.Text; q.ID == "" {
			q.ID = fmt.Sprint(n)
		}
		if lines[q.ID] > 0 {
			return fmt.Errorf("id %q is that of line %d already", q.ID, lines[q.ID])
		}
		lines[q.ID] = n
		out = append(out, q)
		return nil
	})
	if err == nil && len(out) == 0 {
		err = errors.New("holds no question")
	}
	return out, err
}

// readLines calls read with each line that is not blank and its number, from 1.
// Errors name the line.
func readLines(r io.Reader, read func(n int, line []byte) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(nil, maxLine)
	n := 1
	for ; in.Scan(); n++ {
		line := bytes.TrimSpace(bytes.TrimPrefix(in.Bytes(), []byte("\ufeff"))) // some editors begin a file so
		if len(line) == 0 {
			continue
		}
		if err := read(n, line); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n, err)
	}
	return nil
}

// Doubts names what makes questions impossible to answer as they want it: most
// likely slips of whoever wrote the set. keys as in [Run].
func Doubts(questions []Question, library *knowledge.Library, keys map[string]string) []string {
	var empty, uncited, unwanted, unknown []string
	for _, q := range questions {
		right := rightArticles(q, keys)
		wants := len(q.Answers)+len(q.AllAnswers) > 0
		switch {
		case strings.TrimSpace(q.Question) == "":
			empty = append(empty, q.ID)
		case wants && len(right) == 0:
			uncited = append(uncited, q.ID)
		case !wants && len(right) > 0:
			unwanted = append(unwanted, q.ID)
		}
		for _, id := range right {
			if library.Article(id) == nil {
				unknown = append(unknown, q.ID+" ("+id+")")
			}
		}
	}
	var doubts []string
	doubt := func(ids []string, what string) {
		const most = 5
		if n := len(ids); n > most {
			ids = append(ids[:most:most], fmt.Sprintf("and %d more", n-most))
		}
		if len(ids) > 0 {
			doubts = append(doubts, what+": "+strings.Join(ids, ", "))
		}
	}
	doubt(empty, "questions without text, which can only be refused")
	doubt(uncited, "questions that want an answer and name no article (doc_ids, articles), so that none counts as cited")
	doubt(unwanted, "questions that name an article and want no answer (answers, answers_all), so that none counts as right")
	doubt(unknown, "questions that name an article which the knowledge does not have")
	return doubts
}

// Keys maps the keys of NAME.gold.json, which may stand beside a knowledge file
// NAME.txt and says what is in that page, to the ids that the articles have in
// the library: a question set can then name articles of a page by key. Without
// such a file the map is empty.
func Keys(library *knowledge.Library, knowledgeFiles []string) (map[string]string, error) {
	keys := make(map[string]string)
	for _, file := range knowledgeFiles {
		path := strings.TrimSuffix(file, filepath.Ext(file)) + ".gold.json"
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		var gold struct {
			Articles []struct {
				Key        string   `json:"key"`
				Paragraphs []string `json:"paragraphs"`
			} `json:"articles"`
		}
		if err := json.Unmarshal(data, &gold); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, g := range gold.Articles {
			if id := nearest(library, strings.Join(g.Paragraphs, "\n")); g.Key != "" && id != "" {
				keys[g.Key] = id
			}
		}
	}
	return keys, nil
}

// nearest is the id of the article that shares most bigrams with text, as a
// share of both; "" if none shares half.
func nearest(library *knowledge.Library, text string) string {
	want := bigrams(text)
	id, most := "", 0.5
	for _, a := range library.Articles() {
		have := bigrams(a.Text)
		shared := 0
		for t := range have {
			if want[t] {
				shared++
			}
		}
		if score := 2 * float64(shared) / float64(len(want)+len(have)+1); score > most {
			id, most = a.ID, score
		}
	}
	return id
}

func bigrams(text string) map[zh.Term]bool {
	out := make(map[zh.Term]bool)
	for _, t := range zh.AppendTerms(nil, zh.Normalize(text)) {
		if t.IsBigram() {
			out[t] = true
		}
	}
	return out
}
