package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"xiangwen/rag"
	"xiangwen/rag/embed"
	"xiangwen/rag/eval"
	"xiangwen/rag/index"
	"xiangwen/rag/rank"
)

// pipeline prints what the desk as a whole answers to the questions of a set, each
// asked with the weights of its fold, over the whole library; the answers are kept in a
// folder if one is named.
func pipeline(s set, keep string, weights func(fold int) *rank.Weights) error {
	var results []eval.Result
	for f := range folds {
		engine := rag.NewEngine(rag.Options{Embedder: embed.News, Index: index.Options{VectorWeight: vectorWeight}, Weights: weights(f)}, slog.Default())
		if _, err := engine.Update(context.Background(), s.library); err != nil {
			return err
		}
		var questions []eval.Question
		for _, q := range s.questions {
			if foldOf(articleOf(q)) == f {
				questions = append(questions, q)
			}
		}
		got, err := eval.Run(context.Background(), engine, s.library, questions, nil, nil)
		if err != nil {
			return err
		}
		results = append(results, got...)
	}
	fmt.Printf("\n%s, answered by the desk as a whole\n", s.name)
	if err := eval.Summarize(results).Write(os.Stdout); err != nil || keep == "" {
		return err
	}
	f, err := os.Create(filepath.Join(keep, s.name+".jsonl"))
	if err != nil {
		return err
	}
	return errors.Join(eval.WriteLines(f, results), f.Close())
}
