package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"

	"xiangwen/bot"
	"xiangwen/knowledge/shelf"
	"xiangwen/rag/eval"
)

type evalCommand struct {
	settings
	Questions []string `required:"" placeholder:"FILE" sep:"none" help:"Question set, one JSON object a line; repeatable."`
	Out       []string `placeholder:"FILE" sep:"none" help:"Keep the answers: FILE.jsonl has one a line, FILE.md is a report of each miss; repeatable."`
	Compare   string   `placeholder:"OLD.jsonl" help:"What an earlier --out wrote, as one without a model: both side by side, and what was won and lost since."`
	JSON      bool     `help:"Print the measures as JSON."`
}

// Run asks every question and prints the table.
func (c *evalCommand) Run(ctx context.Context, s streams) error {
	if err := c.checkOut(); err != nil {
		return err
	}
	questions, err := c.readQuestions()
	if err != nil {
		return err
	}
	old, err := c.readOld(questions)
	if err != nil {
		return err
	}
	if c.LogLevel == "info" {
		c.LogLevel = "warn"
	}
	d, err := c.build(s, readSecrets(), bot.Options{}, false)
	if err != nil {
		return err
	}
	defer d.store.Close()
	var asked atomic.Int64
	stopped := func(err error) error {
		if ctx.Err() == nil {
			return err
		}
		return fmt.Errorf("stopped after %d of %d questions: no table, and nothing was written", asked.Load(), len(questions))
	}
	if err := c.open(ctx, d, s); err != nil {
		return stopped(err)
	}
	keys, err := eval.Keys(d.Library(), d.sources)
	if err != nil {
		return err
	}
	for _, doubt := range eval.Doubts(questions, d.Library(), keys) {
		fmt.Fprintln(s.err, "xiangwen: warning:", doubt)
	}
	bar := newProgress(s.err, len(questions), "asking")
	results, err := eval.Run(ctx, d.engine, d.Library(), questions, keys, func() { asked.Add(1); bar.Add(1) })
	bar.Finish()
	if err != nil {
		return stopped(err)
	}
	report := eval.Report{Questions: c.Questions, Knowledge: d.sources, Library: d.Library(), Results: results}
	if len(report.Knowledge) == 0 {
		report.Knowledge = []string{"the bundled articles"}
	}
	if old != nil {
		comparison := eval.Compare(old, results)
		report.Comparison = &comparison
	}
	// The measures have cost time: a full disk does not keep them back.
	return errors.Join(c.print(s.out, report), c.write(report))
}

// checkOut finds out before any question is asked whether the files can be
// written.
func (c *evalCommand) checkOut() error {
	for _, name := range c.Out {
		if end := filepath.Ext(name); end != ".jsonl" && end != ".md" {
			return usageError{fmt.Errorf("--out %s: name a file that ends in .jsonl (one answer a line) or .md (a report of each miss)", name)}
		}
		folder := filepath.Dir(name)
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			return usageError{fmt.Errorf("--out %s: there is no folder %s; make it first", name, folder)}
		}
		to, err := os.Stat(name)
		if err != nil {
			continue // a new file
		}
		for _, set := range c.Questions {
			if from, err := os.Stat(set); err == nil && os.SameFile(from, to) {
				return usageError{fmt.Errorf("--out %s would overwrite the questions; name another file", name)}
			}
		}
	}
	return nil
}

func (c *evalCommand) readQuestions() ([]eval.Question, error) {
	var questions []eval.Question
	asked := make(map[eval.Key]string) // where it was read from
	for _, name := range c.Questions {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("read questions: %w", err)
		}
		set, err := eval.ReadQuestions(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("read questions: %s: %w", name, err)
		}
		for _, q := range set {
			if first, ok := asked[q.Key()]; ok {
				return nil, fmt.Errorf("read questions: %s: question %q is in %s already", name, q.ID, first)
			}
			asked[q.Key()] = name
		}
		questions = append(questions, set...)
	}
	return questions, nil
}

// readOld reads the run to compare with; nil if there is none.
func (c *evalCommand) readOld(questions []eval.Question) ([]eval.Result, error) {
	if c.Compare == "" {
		return nil, nil
	}
	f, err := os.Open(c.Compare)
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	defer f.Close()
	old, err := eval.ReadLines(f)
	if err != nil {
		return nil, fmt.Errorf("compare: %s: %w", c.Compare, err)
	}
	if !eval.SameSet(old, questions) {
		return nil, fmt.Errorf("compare: %s is of another question set: none of its %d questions is asked now", c.Compare, len(old))
	}
	return old, nil
}

func (c *evalCommand) print(w io.Writer, r eval.Report) error {
	summary := eval.Summarize(r.Results)
	if c.JSON {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(struct {
			eval.Summary
			Comparison *eval.Comparison `json:",omitempty"`
		}{summary, r.Comparison})
	}
	if err := summary.Write(w); err != nil || r.Comparison == nil {
		return err
	}
	return r.Comparison.Write(w, c.Compare)
}

func (c *evalCommand) write(r eval.Report) error {
	for _, name := range c.Out {
		var out bytes.Buffer
		var err error
		if filepath.Ext(name) == ".md" {
			err = r.Write(&out)
		} else {
			err = eval.WriteLines(&out, r.Results)
		}
		if err == nil {
			err = shelf.WriteFile(name, out.Bytes())
		}
		if err != nil {
			return err
		}
	}
	return nil
}
