package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"xiangwen/bot"
	"xiangwen/bot/metrics"
	"xiangwen/bot/state"
	"xiangwen/knowledge"
	"xiangwen/knowledge/bundled"
	"xiangwen/knowledge/load"
	"xiangwen/knowledge/shelf"
	"xiangwen/rag"
	"xiangwen/rag/embed"
	"xiangwen/rag/index"
	"xiangwen/rag/model"
	"xiangwen/rag/vectors"
)

// paths resolves file and folder names: one that does not exist may be several,
// separated as in PATH, which is how the environment names more than one.
func paths(names []string) []string {
	var out []string
	for _, name := range names {
		if _, err := os.Stat(name); err == nil {
			out = append(out, name)
			continue
		}
		for _, part := range filepath.SplitList(name) {
			if part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// settings are shared by all commands that answer questions.
type settings struct {
	Knowledge []string `sep:"none" env:"XIANGWEN_KNOWLEDGE" placeholder:"PATH" help:"File or folder of articles (.md, .txt, .jsonl); repeatable. Without it the bundled articles are used."`
	Language  string   `env:"XIANGWEN_LANGUAGE" default:"zh" enum:"zh,en" help:"Language for readers who show no other: zh or en."`
	Words     string   `env:"XIANGWEN_WORDS" placeholder:"DIR" help:"Folder with your own zh.toml and en.toml, which override the words people read."`
	LogLevel  string   `env:"XIANGWEN_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"What is logged: debug, info, warn or error."`

	OpenAIBaseURL  string `name:"openai-base-url" env:"OPENAI_BASE_URL" placeholder:"URL" help:"Server that speaks OpenAI's API, with its version path. Set it or OPENAI_API_KEY to let a model write."`
	ChatModel      string `env:"XIANGWEN_CHAT_MODEL" default:"${chat}" help:"Model that writes the answers."`
	EmbeddingModel string `env:"XIANGWEN_EMBEDDING_MODEL" default:"${embedding}" help:"Model that embeds the chunks; 'builtin' embeds without a model."`

	ModelTimeout      time.Duration `env:"XIANGWEN_MODEL_TIMEOUT" default:"20s" help:"How long the model may write; then the answer is made without it."`
	FirstTokenTimeout time.Duration `env:"XIANGWEN_FIRST_TOKEN_TIMEOUT" default:"8s" help:"How long the model may take to begin."`
	Temperature       float32       `env:"XIANGWEN_TEMPERATURE" default:"0" help:"How freely the model writes, from 0 to 2."`
	DailyTokens       int           `env:"XIANGWEN_DAILY_TOKENS" default:"0" help:"Tokens that the model may cost a day; then answers are made without it. 0 is no bound."`
	AnswerCache       time.Duration `env:"XIANGWEN_ANSWER_CACHE" default:"10m" help:"How long a model's answer is given again to the same question; 0 is not at all."`
	History           time.Duration `env:"XIANGWEN_HISTORY" default:"30m" help:"How long a conversation is remembered after its last question, for questions that lean on it; 0 is not at all."`
	Data              string        `env:"XIANGWEN_DATA" placeholder:"DIR" help:"Folder for what is kept between runs: questions, feedback, follows, the vectors of the embedding model. Without it xiangwen in your cache folder."`
}

// secrets come from the environment only and are never logged.
type secrets struct {
	telegram, admin, openAI string
	keys                    []string // of the HTTP API, none where everybody may use it
}

func readSecrets() secrets {
	keys := strings.FieldsFunc(os.Getenv("XIANGWEN_API_KEYS"), func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	return secrets{os.Getenv("TELEGRAM_BOT_TOKEN"), os.Getenv("XIANGWEN_ADMIN_TOKEN"), os.Getenv("OPENAI_API_KEY"), keys}
}

// rememberedAnswers is how many answers that no model made are given again; each is
// some 10 KiB, most of that its passages.
const rememberedAnswers = 2000

// builtin is the name of the embedder that needs no model.
const builtin = "builtin"

// desk is everything that answers: built once, used by every command.
type desk struct {
	*bot.Desk
	store   *state.Store
	metrics *metrics.Metrics
	engine  *rag.Engine
	log     *slog.Logger
	sources []string // names of knowledge files given, for eval's keys
	models  []checker
}

// checker is a model that can find out whether its settings are right.
type checker interface{ Check(context.Context) error }

// build reads the settings and wires the desk, without any knowledge yet. With
// lasting it remembers over restarts. All problems are in the error.
func (c settings) build(s streams, secret secrets, desked bot.Options, lasting bool) (*desk, error) {
	var level slog.Level
	var errs []error
	errs = append(errs, level.UnmarshalText([]byte(c.LogLevel)))
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: level}))

	words, err := bot.LoadWords(c.Words)
	errs = append(errs, err)
	_, err = load.Paths(paths(c.Knowledge))
	errs = append(errs, err)

	options := rag.Options{Remember: rememberedAnswers, Embedder: embed.News, Index: index.Options{VectorWeight: builtinWeight}}
	var models []checker
	if secret.openAI != "" || c.OpenAIBaseURL != "" {
		config := model.Config{
			Key: secret.openAI, BaseURL: c.OpenAIBaseURL, ChatModel: c.ChatModel, EmbeddingModel: c.EmbeddingModel,
			Temperature: c.Temperature, Timeout: c.ModelTimeout, FirstToken: c.FirstTokenTimeout, Log: log,
		}
		errs = append(errs, config.Check())
		chat := model.NewChat(config)
		options.Chat, options.Timeout, options.DailyTokens, options.CacheFor = chat, c.ModelTimeout, c.DailyTokens, c.AnswerCache
		models = append(models, chat)
		if c.EmbeddingModel != builtin {
			embedder := model.NewEmbedder(config)
			options.Embedder = c.cached(embedder, log)
			options.Index = index.Options{VectorWeight: modelWeight, AlwaysVectors: true}
			models = append(models, embedder)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, usageError{err}
	}
	store, err := c.store(lasting, log)
	if err != nil {
		return nil, err
	}
	options.Ledger = store
	engine := rag.NewEngine(options, log)
	d := &desk{engine: engine, store: store, metrics: metrics.New(), log: log, sources: paths(c.Knowledge), models: models}
	d.metrics.Knowledge(engine.Library, engine.Chunks)
	desked.Answered, desked.Reloaded = d.metrics.Answered, d.metrics.Reloaded
	desked.Language, desked.History, desked.Shelf = c.Language, c.History, c.shelf(log)
	d.Desk = bot.NewDesk(engine, c.load, words, store, desked, log)
	return d, nil
}

// folder is where what is kept between runs lies, "" if there is none.
func (c settings) folder() string {
	if c.Data != "" {
		return c.Data
	}
	cache, err := os.UserCacheDir()
	if err != nil { // as for a service that has no home
		return ""
	}
	return filepath.Join(cache, "xiangwen")
}

func (c settings) store(lasting bool, log *slog.Logger) (*state.Store, error) {
	if !lasting {
		return state.OpenMemory(log)
	}
	if c.folder() == "" {
		log.Warn("nothing is remembered over a restart: set XIANGWEN_DATA")
		return state.OpenMemory(log)
	}
	return state.Open(c.folder(), log)
}

// shelf is the first folder of the knowledge: editors' files go there.
func (c settings) shelf(log *slog.Logger) bot.Shelf {
	for _, name := range paths(c.Knowledge) {
		if info, err := os.Stat(name); err != nil || !info.IsDir() {
			continue
		}
		s, err := shelf.New(name)
		if err == nil {
			return s
		}
		log.Warn("no files can be added to the knowledge", "folder", name, "error", err)
	}
	return nil
}

// cached keeps the embedder's vectors in the data folder.
func (c settings) cached(e index.Embedder, log *slog.Logger) index.Embedder {
	if c.folder() == "" {
		log.Warn("vectors are not kept: set XIANGWEN_DATA")
		return e
	}
	return vectors.NewCache(e, c.folder(), log)
}

// checkModels logs which model does not work, and why.
func (d *desk) checkModels(ctx context.Context) {
	timed, cancel := context.WithTimeout(ctx, model.CheckTimeout)
	defer cancel()
	var all sync.WaitGroup
	for _, m := range d.models {
		all.Go(func() {
			if err := m.Check(timed); err != nil && ctx.Err() == nil {
				d.log.Warn("a model does not work", "error", err)
			}
		})
	}
	all.Wait()
}

// Weights of the vectors in the fused ranking. The built-in table's is what found
// most where the rare words of crud-dev's questions were left out (recall@1 .388
// without vectors, .411 with .4, .419 with .8) and harmed no whole question; a
// model's is not measured yet.
const (
	builtinWeight = 0.4
	modelWeight   = 0.2
)

// load reads the knowledge from where the settings say, each time anew.
func (c settings) load(ctx context.Context, progress func(articles int)) (*knowledge.Library, error) {
	return c.loadWith(ctx, func(_ string, articles int) { progress(articles) })
}

func (c settings) loadWith(ctx context.Context, progress load.Progress) (*knowledge.Library, error) {
	if len(c.Knowledge) == 0 {
		return load.Load(ctx, []load.Source{{FS: bundled.Articles, Name: ".", Root: "bundled"}}, nil)
	}
	sources, err := load.Paths(paths(c.Knowledge))
	if err != nil {
		return nil, err
	}
	return load.Load(ctx, sources, progress)
}

// open loads the knowledge for the first time and logs what could not be used.
func (c settings) open(ctx context.Context, d *desk, s streams) error {
	bar := newProgress(s.err, -1, "reading")
	library, err := c.loadWith(ctx, func(_ string, articles int) { bar.Set(articles) })
	bar.Finish()
	if err != nil {
		return err
	}
	for _, skip := range library.Skipped() {
		d.log.Info("skipped", "file", skip.File, "line", skip.Line, "reason", skip.Reason)
	}
	if library.Len() == 0 {
		return fmt.Errorf("no article was found in %s (kinds of files that are read: .md, .txt, .jsonl)", strings.Join(c.Knowledge, ", "))
	}
	_, err = d.Install(ctx, library)
	if errors.Is(err, bot.ErrNothing) {
		return errors.New("all articles are excluded; /excluded in Telegram lists them, or take state.db out of XIANGWEN_DATA")
	}
	return err
}

// newProgress is a progress bar on a terminal, and nothing elsewhere. most is -1
// where the end is not known.
func newProgress(w io.Writer, most int, what string) *progressbar.ProgressBar {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		w = io.Discard
	}
	return progressbar.NewOptions(most, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100e6))
}
