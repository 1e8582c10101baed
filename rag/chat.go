package rag

import (
	"context"
	"fmt"
	"time"
)

// Chat is a language model that writes.
type Chat interface {
	// Name is the model's name, as Answer.Method gives it.
	Name() string
	// Stream asks for one reply and hands it to piece in parts as they come. An
	// error of piece ends it and is returned. All other errors are a *ModelError,
	// except that of a ctx that is cancelled. The usage is what was paid for, beside an
	// error too.
	Stream(ctx context.Context, p Prompt, piece func(string) error) (Usage, error)
}

// Prompt is what a model is asked.
type Prompt struct{ System, User string }

// Usage counts tokens.
type Usage struct {
	Prompt     int  `json:"prompt_tokens"`
	Completion int  `json:"completion_tokens"`
	Estimated  bool `json:"estimated,omitempty"` // the server did not say, it was counted by characters
}

// Add adds another call's tokens.
func (u *Usage) Add(o Usage) {
	u.Prompt += o.Prompt
	u.Completion += o.Completion
	u.Estimated = u.Estimated || o.Estimated
}

// Total is all tokens.
func (u Usage) Total() int { return u.Prompt + u.Completion }

// Reason says in a word why a model's answer was not given: for logs and
// metrics, never for readers.
type Reason string

// What can go wrong with the server; see [ModelError].
const (
	Unauthorized Reason = "unauthorized" // 401, 403
	NoModel      Reason = "no_model"     // 404: the model's name or the path is wrong
	RateLimited  Reason = "rate_limited" // 429
	Unavailable  Reason = "unavailable"  // 5xx, no connection
	TimedOut     Reason = "timeout"      // the whole reply took too long
	TooSlow      Reason = "slow"         // the first token took too long
	CutOff       Reason = "cut"          // the stream ended before the reply did
	Garbage      Reason = "garbage"      // what came is not the protocol
	Filtered     Reason = "filtered"     // the server's content filter
	Empty        Reason = "empty"        // a reply without text
	Refused      Reason = "refused"      // any other status
	Resting      Reason = "resting"      // it failed too often and is left alone for a while
)

// What else can keep a model's answer from being given.
const (
	FoundNothing  Reason = "found_nothing"  // the model says so
	NothingProven Reason = "nothing_proven" // no sentence stood
	WrongLanguage Reason = "wrong_language"
	OverBudget    Reason = "over_budget" // the day's tokens are spent
)

// ModelError is why a model did not reply, or not to the end.
type ModelError struct {
	Reason     Reason
	Status     int           // of HTTP, 0 if there was none
	RetryAfter time.Duration // what the server asked for, 0 if nothing
	Err        error         // the server's own words, without the key
}

func (e *ModelError) Error() string { return fmt.Sprintf("%s: %v", e.Reason, e.Err) }

func (e *ModelError) Unwrap() error { return e.Err }
