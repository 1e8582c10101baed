package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"xiangwen/bot"
	"xiangwen/rag"
)

type askCommand struct {
	settings
	JSON         bool     `help:"Print one JSON object an answer."`
	Passages     int      `default:"10" help:"How many ranked passages the JSON lists."`
	conversation string   // of a person at a terminal, "" for none
	Question     []string `arg:"" optional:"" help:"Questions; without any, each line of standard input is one (with --json an empty line too)."`
}

// Run answers each question in the order given.
func (c *askCommand) Run(ctx context.Context, s streams) error {
	if c.Passages < 1 || c.Passages > 1000 {
		return usageError{fmt.Errorf("--passages must be from 1 to 1000")}
	}
	if c.LogLevel == "info" {
		c.LogLevel = "warn" // the terminal is for the answers
	}
	d, err := c.build(s, readSecrets(), bot.Options{}, false)
	if err != nil {
		return err
	}
	defer d.store.Close()
	if err := c.open(ctx, d, s); err != nil {
		return err
	}
	for _, question := range c.Question {
		if err := c.answer(ctx, d, s, question); err != nil {
			return err
		}
	}
	if len(c.Question) > 0 {
		return nil
	}
	if in, ok := s.in.(*os.File); ok && term.IsTerminal(int(in.Fd())) {
		c.conversation = "terminal" // a person asks on: "how long is it?"
		fmt.Fprintln(s.err, d.Words("").Start.With(map[string]any{"Examples": d.Examples(3)}))
	}
	return c.lines(ctx, d, s)
}

// lines answers standard input. Reading goes on beside answering, so that
// Ctrl-C ends a wait for input too.
func (c *askCommand) lines(ctx context.Context, d *desk, s streams) error {
	lines := make(chan string)
	failed := make(chan error, 1)
	go func() { // ends with the input or the process
		defer close(lines)
		in := bufio.NewReader(s.in)
		for {
			line, err := in.ReadString('\n')
			// With --json every line has its answer, so that the two stay side by
			// side; a person who presses Enter again wants nothing.
			if strings.TrimSpace(line) != "" || c.JSON && line != "" {
				select {
				case lines <- strings.TrimRight(line, "\r\n"):
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				if err != io.EOF {
					failed <- fmt.Errorf("read standard input: %w", err)
				}
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-lines:
			if !ok {
				select {
				case err := <-failed:
					return err
				default:
					return nil
				}
			}
			if err := c.answer(ctx, d, s, line); err != nil {
				return err
			}
		}
	}
}

func (c *askCommand) answer(ctx context.Context, d *desk, s streams, question string) error {
	m := bot.Message{Text: question, Front: "terminal", Conversation: c.conversation, Language: c.Language, Passages: c.Passages}
	a := d.Ask(ctx, m)
	if c.JSON {
		encoder := json.NewEncoder(s.out)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(a)
	}
	_, err := io.WriteString(s.out, plainText(a, d.Words(d.LanguageOf(m))))
	return err
}

// plainText writes an answer for the terminal: the text, then each source with
// its quote.
func plainText(a rag.Answer, w *bot.Words) string {
	var b strings.Builder
	b.WriteString(a.Text + "\n")
	for _, c := range a.Citations {
		fmt.Fprintf(&b, "  [%d] %s%s\n      “%s”\n", c.Number, c.Title, parenthesis(c.Source, c.Date), c.Quote)
		if c.URL != "" {
			fmt.Fprintf(&b, "      %s\n", c.URL)
		}
	}
	if len(a.Suggestions) > 0 {
		b.WriteString("  " + w.Label["near"] + "\n")
	}
	for _, s := range a.Suggestions {
		b.WriteString("  · " + s.Title + parenthesis(s.Source, s.Date) + "\n")
	}
	b.WriteString("\n")
	return b.String()
}

// parenthesis puts where and when an article was printed behind its title.
func parenthesis(source, date string) string {
	from := strings.Join(strings.Fields(source+" "+date), " ")
	if from == "" {
		return ""
	}
	return "（" + from + "）"
}
