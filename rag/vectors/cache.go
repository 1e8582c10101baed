// Package vectors keeps the vectors of chunks between runs, so that a start
// embeds only what it has not seen before. It is a cache: whatever happens to its
// file costs embedding again, never an answer. Vectors are searched in rag/index.
package vectors

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync/atomic"

	"xiangwen/rag/index"
)

// FileName is the file's name in its folder.
const FileName = "vectors.db"

// step is how many texts are embedded and then written in one transaction: a load
// that is killed has lost no more. A model takes about as many in a request.
const step = 64

// Cache is an embedder that looks into a file before it asks another one. Several
// processes may use one file.
type Cache struct {
	inner index.Embedder
	dir   string
	log   *slog.Logger
	swept atomic.Bool
}

var _ index.QuestionEmbedder = (*Cache)(nil)

// NewCache makes a cache for inner in the folder dir. The folder and the file are
// made when there is something to embed.
func NewCache(inner index.Embedder, dir string, log *slog.Logger) *Cache {
	return &Cache{inner: inner, dir: dir, log: log}
}

// Name is that of the inner embedder. Vectors are kept under it, so those of two
// models never mix.
func (c *Cache) Name() string { return c.inner.Name() }

// EmbedQuestion goes past the cache: questions are not kept.
func (c *Cache) EmbedQuestion(ctx context.Context, text string) ([]float32, error) {
	if e, ok := c.inner.(index.QuestionEmbedder); ok {
		return e.EmbedQuestion(ctx, text)
	}
	got, err := c.inner.Embed(ctx, []string{text})
	if err == nil && len(got) != 1 {
		err = fmt.Errorf("%d vectors for one text", len(got))
	}
	if err != nil {
		return nil, err
	}
	return got[0], nil
}

type digest [16]byte

// Embed returns what the file has and embeds the rest. If that fails, what there
// is is returned beside the error, with nil for what is missing. A file that can't
// be used is logged once and done without.
func (c *Cache) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	digests := make([]digest, len(texts))
	byDigest := make(map[digest]string, len(texts))
	for i, text := range texts {
		sum := sha256.Sum256([]byte(text))
		digests[i] = digest(sum[:16])
		byDigest[digests[i]] = text
	}
	f := open(c.dir, c.Name(), c.log)
	defer f.close()
	known := f.read(ctx, byDigest)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !c.swept.Swap(true) {
		f.sweep() // after reading, which has marked what is in use
	}
	err := c.embed(ctx, f, digests, byDigest, known)
	out := make([][]float32, len(texts))
	for i, d := range digests {
		out[i] = known[d]
	}
	return out, err
}

// embed adds to known what it lacks.
func (c *Cache) embed(ctx context.Context, f *file, digests []digest, texts map[digest]string, known map[digest][]float32) error {
	old := size(known) // of what was in the file
	var missing []digest
	asked := make(map[digest]bool)
	for _, d := range digests {
		if known[d] == nil && !asked[d] {
			asked[d] = true
			missing = append(missing, d)
		}
	}
	for len(missing) > 0 {
		now := missing[:min(step, len(missing))]
		missing = missing[len(now):]
		part := make([]string, len(now))
		for i, d := range now {
			part[i] = texts[d]
		}
		got, err := c.inner.Embed(ctx, part)
		fresh := make(map[digest][]float32, len(now))
		for i, d := range now[:min(len(now), len(got))] {
			if got[i] != nil {
				fresh[d] = got[i]
			}
		}
		if n := size(fresh); old > 0 && n > 0 && n != old {
			// Behind the same name there is another model now.
			c.log.Warn("the model's vectors have another length than before, all are asked for again", "model", c.Name(), "was", old, "is", n)
			f.forget()
			clear(known)
			return c.embed(ctx, f, digests, texts, known)
		}
		f.write(fresh)
		for d, v := range fresh {
			known[d] = v
		}
		if err == nil && len(got) != len(now) {
			err = fmt.Errorf("%d vectors for %d texts", len(got), len(now))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// size is the length of the vectors, 0 if there are none.
func size(vectors map[digest][]float32) int {
	for _, v := range vectors {
		return len(v)
	}
	return 0
}
