package index

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/philippgille/chromem-go"
)

// vectors is the vector store: a chromem-go collection in memory. All that is
// particular about that library stays in this file.
type vectors struct {
	collection *chromem.Collection
}

// match is a stored vector near to the one that was asked for.
type match struct {
	id         string
	similarity float32 // cosine
}

// newVectors stores unit vectors under ids, which must be unique.
func newVectors(ctx context.Context, ids []string, units [][]float32) (*vectors, error) {
	// A function is passed because nil would silently mean OpenAI with the
	// environment's key; it is never called, as every document has its vector.
	noEmbedding := func(context.Context, string) ([]float32, error) {
		return nil, fmt.Errorf("chromem-go asked for an embedding although it was given one")
	}
	collection, err := chromem.NewDB().CreateCollection("chunks", nil, noEmbedding)
	if err != nil {
		return nil, fmt.Errorf("create vector collection: %w", err)
	}
	documents := make([]chromem.Document, len(ids))
	for i, id := range ids {
		documents[i] = chromem.Document{ID: id, Embedding: units[i]}
	}
	if len(documents) > 0 {
		if err := collection.AddDocuments(ctx, documents, runtime.NumCPU()); err != nil {
			return nil, fmt.Errorf("store vectors: %w", err)
		}
	}
	// A cancelled context stores nothing and gives no error.
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if n := collection.Count(); n != len(ids) {
		return nil, fmt.Errorf("store vectors: %d of %d were stored", n, len(ids))
	}
	return &vectors{collection}, nil
}

// search returns the k nearest vectors, nearest first, equal ones by id.
func (v *vectors) search(ctx context.Context, unit []float32, k int) ([]match, error) {
	k = min(k, v.collection.Count()) // more than there are is an error
	if k <= 0 {
		return nil, nil
	}
	results, err := v.collection.QueryEmbedding(ctx, unit, k, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("search vectors: %w", err)
	}
	if err := ctx.Err(); err != nil { // then there are no results and no error
		return nil, err
	}
	out := make([]match, len(results))
	for i, r := range results {
		out[i] = match{r.ID, r.Similarity}
	}
	slices.SortFunc(out, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.similarity, a.similarity), cmp.Compare(a.id, b.id))
	})
	return out, nil
}
