package model

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"xiangwen/rag"
	"xiangwen/rag/index"
)

const (
	// batch is how many texts go into one request, until a server refuses that
	// many.
	batch = 64
	// batchTimeout is for one request, batchWait for the pauses between its
	// retries: a load may be slow.
	batchTimeout = time.Minute
	batchWait    = 2 * time.Minute
	// questionTimeout leaves the reader's time to the answer: without the vector
	// the passages are found by their words.
	questionTimeout = 3 * time.Second
)

// Embedder is an embedding model. It is safe for concurrent use.
type Embedder struct {
	config   Config
	name     string
	client   *client
	breaker  *breaker
	pause    time.Duration // before the first retry
	patience time.Duration // with a question
	limit    atomic.Int64  // texts that a request may have
	proven   atomic.Bool   // the server has embedded something
}

var _ index.QuestionEmbedder = (*Embedder)(nil)

// NewEmbedder makes an embedding model; nothing is sent yet.
func NewEmbedder(c Config) *Embedder {
	_, server, _ := strings.Cut(c.server(), "://")
	e := &Embedder{
		config: c, name: c.EmbeddingModel + "@" + server, client: newClient(c),
		breaker: newBreaker(c.EmbeddingModel, restFor, c.log()),
		pause:   500 * time.Millisecond, patience: questionTimeout,
	}
	e.limit.Store(batch)
	return e
}

// Name is the model's name and its server: two servers may call different models
// by one name.
func (e *Embedder) Name() string { return e.name }

// Embed returns a unit vector a text, and nil for a text that the server refuses
// alone (too long, filtered) or gives no direction. It asks up to five times for
// what may pass, and for less at once where a server refuses a batch. On an error,
// a *rag.ModelError unless ctx is cancelled, it returns the vectors of the texts
// before.
func (e *Embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, 0, len(texts))
	size := 0
	for len(out) < len(texts) {
		vectors, err := e.part(ctx, texts[len(out):min(len(texts), len(out)+int(e.limit.Load()))])
		for _, v := range vectors {
			if v != nil && size == 0 {
				size = len(v)
			}
			if v != nil && len(v) != size {
				return out, &rag.ModelError{Reason: rag.Garbage, Err: fmt.Errorf("vectors of %d and of %d numbers", size, len(v))}
			}
			out = append(out, v)
		}
		if err != nil {
			return out, fmt.Errorf("embeddings of %s: %w", e.config.EmbeddingModel, err)
		}
	}
	return out, nil
}

// EmbedQuestion is for one text that somebody waits for: it takes three seconds
// at most, retry included, and fails at once while the model is left alone.
func (e *Embedder) EmbedQuestion(ctx context.Context, text string) (unit []float32, err error) {
	err = e.breaker.do(func() error {
		timed, cancel := within(ctx, e.patience, rag.TimedOut, "no vector")
		defer cancel()
		var vectors [][]float32
		if vectors, err = e.ask(ctx, timed, []string{text}, 2); err == nil {
			unit = vectors[0]
		}
		return err
	})
	return unit, err
}

// part embeds texts in one request, or in halves where that is refused.
func (e *Embedder) part(ctx context.Context, texts []string) ([][]float32, error) {
	if len(texts) <= int(e.limit.Load()) {
		vectors, err := e.load(ctx, texts)
		if !refused(err) {
			return vectors, err
		}
		if len(texts) == 1 {
			// If nothing was ever accepted it is not the text's fault.
			if !e.proven.Load() {
				if _, probe := e.load(ctx, []string{"你好"}); probe != nil {
					return nil, err
				}
			}
			return make([][]float32, 1), nil
		}
	}
	half := (len(texts) + 1) / 2
	vectors, err := e.part(ctx, texts[:half])
	if err != nil {
		return vectors, err
	}
	more, err := e.part(ctx, texts[half:])
	vectors = append(vectors, more...)
	if err != nil {
		return vectors, err
	}
	for _, v := range vectors {
		if v == nil {
			return vectors, nil // one of the texts was refused, not their number
		}
	}
	for now := e.limit.Load(); int64(half) < now && !e.limit.CompareAndSwap(now, int64(half)); now = e.limit.Load() {
	}
	return vectors, nil
}

// refused says whether less at once, or another text, might be accepted.
func refused(err error) bool {
	var fault *rag.ModelError
	if !errors.As(err, &fault) {
		return false
	}
	switch fault.Status {
	case 400, 413, 422, 500: // 500 is Unavailable but where a text is too long
		return fault.Reason == rag.Refused || fault.Reason == rag.Filtered
	}
	return false
}

// load makes one request of a load.
func (e *Embedder) load(ctx context.Context, texts []string) ([][]float32, error) {
	return e.ask(ctx, ctx, texts, 5)
}

// ask asks for the unit vectors of texts, nil for one without direction.
func (e *Embedder) ask(caller, ctx context.Context, texts []string, tries uint) ([][]float32, error) {
	var units [][]float32
	passes := func(err error) bool {
		var fault *rag.ModelError
		return passing(err) || ctx.Err() == nil && errors.As(err, &fault) && (fault.Reason == rag.CutOff || fault.Reason == rag.TimedOut)
	}
	err := again(ctx, tries, e.pause, batchWait, passes, func() error {
		timed, cancel := within(ctx, batchTimeout, rag.TimedOut, "no vectors")
		defer cancel()
		vectors, err := e.client.embed(timed, e.config.EmbeddingModel, texts)
		if err != nil {
			if late := late(caller, timed); late != nil {
				return late
			}
			return err
		}
		any := false
		units = make([][]float32, len(vectors))
		for i, v := range vectors {
			units[i] = unit(v)
			any = any || units[i] != nil
		}
		if !any {
			return &rag.ModelError{Reason: rag.Garbage, Err: errors.New("the vectors have no direction")}
		}
		return nil
	})
	if err != nil {
		if errors.Is(caller.Err(), context.Canceled) {
			return nil, caller.Err()
		}
		return nil, err
	}
	e.proven.Store(true)
	return units, nil
}

// unit scales a vector to length one; nil for one without direction.
func unit(v []float32) []float32 {
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	if square == 0 || math.IsNaN(square) || math.IsInf(square, 0) {
		return nil
	}
	out := make([]float32, len(v))
	length := math.Sqrt(square)
	for i, x := range v {
		out[i] = float32(float64(x) / length)
	}
	return out
}
