package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"xiangwen/rag/eval"
)

type evalCommand struct {
	settings
	Questions []string `required:"" placeholder:"FILE" sep:"none" help:"Question set, one JSON object a line; repeatable."`
	Out       string   `placeholder:"FILE" help:"Write each answer, one JSON object a line."`
	JSON      bool     `help:"Print the measures as JSON."`
}

// Run asks every question and prints the table.
func (c *evalCommand) Run(ctx context.Context, s streams) error {
	var questions []eval.Question
	for _, name := range c.Questions {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("read questions: %w", err)
		}
		set, err := eval.ReadQuestions(f)
		f.Close()
		if err != nil {
			return fmt.Errorf("read questions: %s: %w", name, err)
		}
		questions = append(questions, set...)
	}
	if c.LogLevel == "info" {
		c.LogLevel = "warn"
	}
	d, err := c.build(s, readSecrets())
	if err != nil {
		return err
	}
	if err := c.open(ctx, d, s); err != nil {
		return err
	}
	keys, err := eval.Keys(d.Library(), d.sources)
	if err != nil {
		return err
	}
	bar := newProgress(s.err, len(questions), "asking")
	results, err := eval.Run(ctx, d.engine, d.Library(), questions, keys, func() { bar.Add(1) })
	bar.Finish()
	if err != nil {
		return err
	}
	if c.Out != "" {
		var lines bytes.Buffer
		encoder := json.NewEncoder(&lines)
		encoder.SetEscapeHTML(false)
		for _, r := range results {
			if err := encoder.Encode(r); err != nil {
				return err
			}
		}
		if err := writeFile(c.Out, lines.Bytes()); err != nil {
			return err
		}
	}
	summary := eval.Summarize(results, keys)
	if c.JSON {
		return json.NewEncoder(s.out).Encode(summary)
	}
	return summary.Write(s.out)
}
