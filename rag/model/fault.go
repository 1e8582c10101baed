package model

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"xiangwen/rag"
)

var (
	errCut     = errors.New("the response was cut")
	errTooLong = errors.New("the reply is longer than it may be") // the model is well nevertheless
)

// said is what a server said, or the system about it.
type said struct {
	words  string
	status int
}

func (s *said) Error() string {
	if s.status == 0 {
		return s.words
	}
	return strings.TrimSuffix(fmt.Sprintf("status %d: %s", s.status, s.words), ": ")
}

// reasonOf sorts a failed response by its status and, where that does not tell,
// by the words in it; status 0 is an error in the middle of a stream.
func reasonOf(status int, words string) rag.Reason {
	words = strings.ToLower(words)
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(words, p) {
				return true
			}
		}
		return false
	}
	switch {
	// OpenAI and Azure; DashScope; DeepSeek; Zhipu.
	case status < 500 && has("content_filter", "data_inspection", "datainspection", "content exists risk", "contentfilter"):
		return rag.Filtered
	case status == 401 || status == 403:
		return rag.Unauthorized
	case status == 404:
		return rag.NoModel
	case status == 429:
		return rag.RateLimited
	case status == 500 && has("too large to process"): // llama.cpp on a text that is too long
		return rag.Refused
	case status == 0 || status == 408 || status >= 500:
		return rag.Unavailable
	}
	return rag.Refused
}

// late is the error where time has run out: the caller's own if it has given up,
// otherwise a *rag.ModelError; nil while there is time. ctx is derived from
// caller.
func late(caller, ctx context.Context) error {
	if errors.Is(caller.Err(), context.Canceled) {
		return caller.Err()
	}
	if ctx.Err() == nil {
		return nil
	}
	var fault *rag.ModelError
	if errors.As(context.Cause(ctx), &fault) {
		return fault
	}
	return &rag.ModelError{Reason: rag.TimedOut, Err: context.Cause(ctx)}
}

// within is ctx with a timeout that ends in a *rag.ModelError of that reason.
func within(ctx context.Context, d time.Duration, reason rag.Reason, what string) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, &rag.ModelError{Reason: reason, Err: fmt.Errorf("%s within %s: %w", what, d, context.DeadlineExceeded)})
}

// again makes a call up to tries times while what fails may pass. It waits as
// long as the server asks for, otherwise about first and longer each time; where
// more would be needed than ctx has left, or most, it gives up at once. The error
// is the last one of call.
func again(ctx context.Context, tries uint, first, most time.Duration, passes func(error) bool, call func() error) error {
	if end, ok := ctx.Deadline(); ok {
		most = min(most, time.Until(end))
	}
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.Multiplier = first, 2
	var last error
	_, _ = backoff.Retry(ctx, func() (struct{}, error) {
		last = call()
		var fault *rag.ModelError
		switch {
		case last == nil:
			return struct{}{}, nil
		case !passes(last):
			return struct{}{}, backoff.Permanent(last)
		case errors.As(last, &fault) && fault.RetryAfter > 0:
			return struct{}{}, &backoff.RetryAfterError{Duration: fault.RetryAfter}
		}
		return struct{}{}, last
	}, backoff.WithBackOff(pause), backoff.WithMaxTries(tries), backoff.WithMaxElapsedTime(max(most, time.Nanosecond)))
	return last
}

// passing says whether the same request may succeed in a moment.
func passing(err error) bool {
	var fault *rag.ModelError
	if !errors.As(err, &fault) {
		return false
	}
	switch fault.Reason {
	case rag.Unavailable:
		return true
	case rag.RateLimited:
		return !strings.Contains(fault.Error(), "quota") // that of OpenAI for an empty account
	}
	return false
}

// keyLike is what looks like a key, or like one with its middle starred out.
var keyLike = regexp.MustCompile(`\bsk-[\w*.-]{3,}|[\w-]*\*{3,}[\w*-]*`)

// hide shortens what a server said to one line without the secrets, and without
// what looks like a key.
func hide(s string, secrets []string) string {
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "(key)")
		}
	}
	s = keyLike.ReplaceAllString(strings.Join(strings.Fields(s), " "), "(key)")
	const most = 200
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
