package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// WriteLines writes each result as a JSON object on a line of its own.
func WriteLines(w io.Writer, results []Result) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, r := range results {
		if err := encoder.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

// ReadLines reads what [WriteLines] wrote. The error names the line.
func ReadLines(r io.Reader) ([]Result, error) {
	var out []Result
	lines := make(map[Key]int)
	err := readLines(r, func(n int, line []byte) error {
		var read struct {
			Result
			Rank *int `json:"rank"`
		}
		switch err := json.Unmarshal(line, &read); {
		case err != nil:
			return fmt.Errorf("not written by eval --out: %w", err)
		case read.Rank == nil:
			return errors.New(`not written by eval --out: has no "rank"`)
		}
		key := read.Question.Key()
		if lines[key] > 0 {
			return fmt.Errorf("question %q is that of line %d already", read.Question.ID, lines[key])
		}
		lines[key] = n
		read.Result.Rank = *read.Rank
		out = append(out, read.Result)
		return nil
	})
	if err == nil && len(out) == 0 {
		err = errors.New("holds no answer")
	}
	return out, err
}

// Key tells questions of different sets apart, which may use the same ids.
type Key struct{ ID, Text string }

// Key is what a question is known by from one run to the next.
func (q Question) Key() Key { return Key{q.ID, q.Question} }
