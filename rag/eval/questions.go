// Package eval measures answers against question sets: retrieval, answers,
// citations and refusals.
package eval

import (
	"bufio"
	"encoding/json"
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
}

// Answerable reports whether the knowledge holds the answer. A question that is
// not answerable must be refused.
func (q Question) Answerable() bool {
	return len(q.Answers)+len(q.Documents)+len(q.AllAnswers)+len(q.Articles) > 0
}

// documents are the ids of the articles that answer, and whether all of them
// are needed.
func (q Question) documents() (ids []string, all bool) {
	if len(q.Articles) > 0 {
		return q.Articles, true
	}
	return q.Documents, false
}

// ReadQuestions reads a question set, one JSON object a line. The error names
// the line.
func ReadQuestions(r io.Reader) ([]Question, error) {
	var out []Question
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		if strings.TrimSpace(in.Text()) == "" {
			continue
		}
		var q Question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if q.ID == "" {
			q.ID = fmt.Sprint(n)
		}
		out = append(out, q)
	}
	if err := in.Err(); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("holds no question")
	}
	return out, nil
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
