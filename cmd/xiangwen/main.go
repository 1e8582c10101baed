// Xiangwen (乡闻) answers residents' questions about local initiatives from the
// pages of a local newspaper: in Telegram, over HTTP, on a web page and in the
// terminal, with the sentence that proves the answer.
//
// The way through, in reading order:
//
//   - knowledge: articles, the chunks they are cut into, and what differs
//     between two loads.
//   - knowledge/zh: the Chinese text kit: normalisation, sentences, numbers,
//     dates, terms, and what a question asks for.
//   - knowledge/ngram: which characters stand together in news, for page and
//     rag/rank.
//   - knowledge/page: a raw newspaper page taken apart into articles.
//   - knowledge/load: files and folders read into a library.
//   - knowledge/bundled: the articles that the binary brings along.
//   - knowledge/shelf: a folder of knowledge that editors change.
//   - rag/index: BM25 and vectors, from a question to passages.
//   - rag/embed: vectors of characters and words, learned from news by
//     rag/embed/train.
//   - rag/rank: from passages to the sentences and clauses that answer, and how
//     sure one may be that any does; rag/train learns its weights.
//   - rag/proof: whether a sentence may be said, by what it cites; rag/plant makes
//     the lies that its test has to catch.
//   - rag/followup: questions that lean on the one before, completed.
//   - rag: from passages to an answer, extractive or by a model, and its
//     verification.
//   - rag/model: any server that speaks OpenAI's API, and what to do when it
//     does not work.
//   - rag/vectors: the vectors of a model, kept between runs.
//   - rag/eval: measures on question sets.
//   - bot/state: what the desk remembers, in SQLite.
//   - bot: the desk that all front ends share, and the words people read.
//   - bot/telegram: the desk in Telegram.
//   - bot/web: the desk as web pages; bot/api: for programs, and for front ends
//     that speak OpenAI's API; bot/mcp: for assistants.
//   - bot/httpd: the HTTP server, its limits and headers; bot/problem: errors over
//     HTTP; bot/metrics: what is counted for Prometheus.
//
// This package only reads the configuration and wires these together.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"xiangwen/rag/model"
)

// Exit codes, as the contract has them.
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// cli is the command line. Secrets are not on it: they come from the
// environment only (see secrets).
type cli struct {
	Serve   serveCommand   `cmd:"" help:"Answer over HTTP, on a web page and in Telegram."`
	Ask     askCommand     `cmd:"" help:"Answer questions in the terminal."`
	MCP     mcpCommand     `cmd:"" name:"mcp" help:"Answer an assistant over MCP, on standard input and output."`
	Import  importCommand  `cmd:"" help:"Take raw newspaper pages apart into articles."`
	Eval    evalCommand    `cmd:"" help:"Measure answers on a question set."`
	Version versionCommand `cmd:"" help:"Print the version."`
	Help    helpCommand    `cmd:"" help:"Show this help, or that of a command."`
}

const description = `Ask your local paper: answers about local initiatives, each with the sentence that proves it.

Every flag can be set in the environment too; its name stands behind the flag. Secrets are read from the environment only:
TELEGRAM_BOT_TOKEN (turns the Telegram bot on), XIANGWEN_ADMIN_TOKEN (turns the admin page and endpoints on), XIANGWEN_API_KEYS (without one of which the HTTP API then refuses to answer), OPENAI_API_KEY (lets a model write and embed).`

// exit is thrown by the parser where it has printed the help and is done.
type exit int

// run is the whole program; it returns the exit code.
func run(ctx context.Context, args []string, s streams) (code int) {
	defer func() {
		if v := recover(); v != nil {
			e, ok := v.(exit)
			if !ok {
				panic(v)
			}
			code = int(e)
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	var c cli
	parser, err := kong.New(&c,
		kong.Name("xiangwen"), kong.Description(description), kong.Writers(s.out, s.err),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
		kong.Vars{"chat": model.DefaultChat, "embedding": model.DefaultEmbedding},
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s))
	if err != nil {
		fmt.Fprintln(s.err, "xiangwen:", err)
		return exitFailed
	}
	if args[0] == "help" {
		args = append(append([]string{}, args[1:]...), "--help")
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(s.err, "xiangwen: %v (see xiangwen help)\n", err)
		return exitUsage
	}
	err = command.Run()
	var usage usageError
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &usage):
		code = exitUsage
	default:
		code = exitFailed
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		fmt.Fprintln(s.err, "xiangwen:", line)
	}
	return code
}

// usageError is an error in what was asked for, not in doing it.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command to explain."`
}

// Run is never reached: run turns help into the flag.
func (helpCommand) Run() error { return nil }

type versionCommand struct{}

// Run prints what Go has recorded about the build.
func (versionCommand) Run(s streams) error {
	_, err := fmt.Fprintf(s.out, "xiangwen %s\n", version())
	return err
}

// version is what Go has recorded about the build.
func version() string {
	version, revision, when := "(development)", "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			version = info.Main.Version
		}
		for _, setting := range info.Settings {
			switch setting.Key {
			case "vcs.revision":
				revision = " " + setting.Value
			case "vcs.time":
				when = " " + setting.Value
			}
		}
	}
	return version + revision + when
}
