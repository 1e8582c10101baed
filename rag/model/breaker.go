package model

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"xiangwen/rag"
)

const (
	failuresInARow = 3 // until a model is left alone
	restFor        = 30 * time.Second
)

// breaker leaves a model alone that fails again and again, and tries it with one
// request after a while.
type breaker struct {
	model   string
	circuit *gobreaker.CircuitBreaker[struct{}]
	last    atomic.Pointer[rag.ModelError]
}

func newBreaker(model string, rest time.Duration, log *slog.Logger) *breaker {
	b := &breaker{model: model}
	b.circuit = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Timeout: rest,
		ReadyToTrip: func(n gobreaker.Counts) bool {
			return n.ConsecutiveFailures >= failuresInARow || hopeless(b.last.Load())
		},
		IsSuccessful: func(err error) bool { return err == nil || well(err) },
		IsExcluded: func(err error) bool { // the caller has left before it could be known
			return errors.Is(err, context.Canceled) && !errors.As(err, new(*rag.ModelError))
		},
		OnStateChange: func(_ string, _, to gobreaker.State) {
			switch to {
			case gobreaker.StateOpen:
				log.Warn("the model fails and is left alone for a while", "model", model, "for", rest, "error", b.last.Load())
			case gobreaker.StateHalfOpen:
				log.Debug("the model is tried again", "model", model)
			case gobreaker.StateClosed:
				log.Info("the model is back", "model", model)
			}
		},
	})
	return b
}

// do makes the call, or returns a *rag.ModelError at once.
func (b *breaker) do(call func() error) error {
	_, err := b.circuit.Execute(func() (struct{}, error) {
		err := call()
		var fault *rag.ModelError
		if errors.As(err, &fault) {
			b.last.Store(fault)
		}
		return struct{}{}, err
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return &rag.ModelError{Reason: rag.Resting, Err: fmt.Errorf("%s is left alone for a while after: %w", b.model, b.last.Load())}
	}
	return err
}

// well says whether the model works although this request has failed.
func well(err error) bool {
	var fault *rag.ModelError
	if !errors.As(err, &fault) {
		return true // the caller has heard enough
	}
	switch fault.Reason {
	case rag.Filtered, rag.Empty, rag.Refused:
		return true
	}
	return errors.Is(err, errTooLong)
}

// hopeless says whether it will not work before somebody changes a setting.
func hopeless(fault *rag.ModelError) bool {
	return fault != nil && (fault.Reason == rag.Unauthorized || fault.Reason == rag.NoModel)
}
