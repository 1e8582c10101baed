package model

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"xiangwen/rag"
)

// mostText bounds a reply in bytes: neither max_tokens nor its successor
// max_completion_tokens is known to all servers, so none is sent.
const mostText = 64 << 10

// usageWait is how long the usage is waited for once a reply has ended.
const usageWait = 500 * time.Millisecond

// Chat is a chat model. It is safe for concurrent use.
type Chat struct {
	config  Config
	client  *client
	breaker *breaker
	pause   time.Duration // before the first retry
	bare    atomic.Bool   // the model takes no temperature
}

var _ rag.Chat = (*Chat)(nil)

// NewChat makes a chat model; nothing is sent yet.
func NewChat(c Config) *Chat {
	c.Timeout, c.FirstToken = or(c.Timeout, DefaultTimeout), or(c.FirstToken, DefaultFirstToken)
	return &Chat{config: c, client: newClient(c), breaker: newBreaker(c.ChatModel, restFor, c.log()), pause: 300 * time.Millisecond}
}

// Name is the model's name.
func (c *Chat) Name() string { return c.config.ChatModel }

// Stream asks for one reply; see [rag.Chat]. It tries up to three times while
// the server is out of reach, overloaded (5xx) or wants to be asked later (429),
// within the time there is, and never again once a piece has been handed out. A
// ctx that runs out gives TimedOut, one that is cancelled its own error.
//
// A reply that stops at the server's limit of length ends in CutOff, as does one
// of more than 64 KiB: what was handed out is good but for its last sentence. The
// usage is the server's if it sends any. Otherwise it is estimated from the moment
// the server has accepted the request: see [estimate].
func (c *Chat) Stream(ctx context.Context, p rag.Prompt, piece func(string) error) (rag.Usage, error) {
	var usage rag.Usage
	err := c.breaker.do(func() error {
		timed, cancel := within(ctx, c.config.Timeout, rag.TimedOut, "no whole reply")
		defer cancel()
		given := false
		err := again(timed, 3, c.pause, c.config.Timeout, func(err error) bool { return !given && passing(err) }, func() error {
			paid, err := c.try(ctx, timed, p, func(s string) error { given = true; return piece(s) })
			usage.Add(paid)
			return err
		})
		if err != nil && !errors.As(err, new(stopped)) && errors.Is(ctx.Err(), context.Canceled) {
			return ctx.Err()
		}
		return err
	})
	if own := (stopped{}); errors.As(err, &own) {
		return usage, own.error
	}
	return usage, err
}

// try asks once, or twice to find out that the model takes no temperature.
func (c *Chat) try(caller, ctx context.Context, p rag.Prompt, piece func(string) error) (rag.Usage, error) {
	for {
		bare := c.bare.Load()
		request := chatRequest{model: c.config.ChatModel, prompt: p}
		if !bare {
			request.temperature = max(c.config.Temperature, coldest)
		}
		usage, err := c.ask(caller, ctx, request, piece)
		var fault *rag.ModelError
		if !bare && errors.As(err, &fault) && fault.Reason == rag.Refused && strings.Contains(err.Error(), "temperature") {
			c.bare.Store(true)
			continue
		}
		return usage, err
	}
}

// stopped is an error of the caller's piece, which may be a *rag.ModelError of its
// own.
type stopped struct{ error }

// ask makes one request.
func (c *Chat) ask(caller, timed context.Context, request chatRequest, piece func(string) error) (rag.Usage, error) {
	ctx, cancel := context.WithCancelCause(timed)
	defer cancel(nil)
	slow := &rag.ModelError{Reason: rag.TooSlow, Err: fmt.Errorf("nothing came within %s", c.config.FirstToken)}
	first := time.AfterFunc(c.config.FirstToken, func() { cancel(slow) })
	defer first.Stop()

	x, r := &exchange{}, reply{}
	err := c.client.stream(ctx, x, request, func(d delta) error {
		ended := r.finish != ""
		if d.text != "" || d.thoughts != "" || d.finish != "" {
			first.Stop()
		}
		err := r.take(d, piece)
		switch {
		case err != nil:
			cancel(nil) // hang up
		case !ended && r.finish != "":
			time.AfterFunc(usageWait, func() { cancel(nil) })
		}
		return err
	})
	usage := r.paid(x.status == 200, request.prompt)
	switch {
	case errors.As(err, new(stopped)), errors.Is(err, errTooLong):
		return usage, err
	case r.finish != "":
		return usage, r.verdict() // nothing that fails now has kept anything back
	case late(caller, ctx) != nil:
		return usage, late(caller, ctx)
	case err != nil:
		return usage, err
	case x.done() && r.came:
		return usage, r.verdict() // some servers end a stream without a reason
	case r.came:
		return usage, &rag.ModelError{Reason: rag.CutOff, Err: errors.New("the stream ended in the middle")}
	}
	return usage, &rag.ModelError{Reason: rag.Garbage, Err: errors.New("the response is no stream of chat completions")}
}

// reply is what has come of a reply.
type reply struct {
	thinking thinking
	came     bool // something in the protocol
	shown    int  // bytes handed out
	words    bool // some of them not blank
	refusal  bool
	written  float64 // tokens, estimated
	finish   string
	usage    *rag.Usage
}

func (r *reply) take(d delta, piece func(string) error) error {
	r.came = true
	if d.usage != nil {
		r.usage = d.usage // the last one is of all
	}
	r.refusal = r.refusal || d.refusal
	if d.finish != "" {
		r.finish = d.finish
	}
	r.written += estimate(d.text) + estimate(d.thoughts)
	text := r.thinking.rest(d.text)
	if text == "" {
		return nil
	}
	if r.shown += len(text); r.shown > mostText {
		return &rag.ModelError{Reason: rag.CutOff, Err: errTooLong}
	}
	r.words = r.words || strings.TrimSpace(text) != ""
	if err := piece(text); err != nil {
		return stopped{err}
	}
	return nil
}

// verdict is the error of a reply that has ended, by its finish reason.
func (r *reply) verdict() error {
	switch r.finish {
	case "length":
		return &rag.ModelError{Reason: rag.CutOff, Err: errTooLong}
	case "content_filter", "sensitive": // "sensitive" is Zhipu's
		return &rag.ModelError{Reason: rag.Filtered, Err: fmt.Errorf("the reply ended with %s", r.finish)}
	case "error", "network_error", "insufficient_system_resource": // OpenRouter's, Zhipu's, DeepSeek's
		return &rag.ModelError{Reason: rag.CutOff, Err: fmt.Errorf("the reply ended with %s", r.finish)}
	}
	switch {
	case r.words:
		return nil
	case r.refusal:
		return &rag.ModelError{Reason: rag.Filtered, Err: errors.New("the model has refused to answer")}
	}
	return &rag.ModelError{Reason: rag.Empty, Err: errors.New("the reply has no text")}
}

// paid is the usage of a request, none if it was not accepted.
func (r *reply) paid(accepted bool, p rag.Prompt) rag.Usage {
	switch {
	case r.usage != nil:
		return *r.usage
	case !accepted:
		return rag.Usage{}
	}
	return rag.Usage{Prompt: int(math.Ceil(estimate(p.System) + estimate(p.User))), Completion: int(math.Ceil(r.written)), Estimated: true}
}

// estimate is about how many tokens a text has: one a Chinese character or sign,
// a quarter for any other character. Tokenizers need .6 to 1.3 a Chinese
// character.
func estimate(s string) float64 {
	n := 0.0
	for _, r := range s {
		if r >= 0x2E80 { // where the blocks of Chinese begin
			n++
		} else {
			n += .25
		}
	}
	return n
}

// thinking leaves out what a reasoning model puts between <think> and </think>
// at the very beginning of its text, where the server does not do it.
type thinking struct {
	held  string // not decided yet
	state int    // 0 before the text, 1 inside, 2 behind
}

func (t *thinking) rest(s string) string {
	const begin, end = "<think>", "</think>"
	t.held += s
	if t.state == 0 {
		lead := strings.TrimLeftFunc(t.held, unicode.IsSpace)
		switch {
		case strings.HasPrefix(lead, begin):
			t.held, t.state = lead[len(begin):], 1
		case strings.HasPrefix(begin, lead):
			return "" // it may become one, and blanks before a text say nothing
		default:
			t.state = 2
		}
	}
	if t.state == 1 {
		_, after, found := strings.Cut(t.held, end)
		if !found {
			t.held = t.held[max(0, len(t.held)-len(end)+1):]
			return ""
		}
		t.held, t.state = after, 2
	}
	text := t.held
	t.held = ""
	return text
}
