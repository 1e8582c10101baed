// Command train learns the weights of rag/rank from question sets and writes
// them to its weights file. From the top of the repository:
//
//	go run ./rag/train -corpus ../shared/corpus/news.jsonl.gz -o rag/rank/weights.txt rag/train/news SET…
//
// Each SET is a folder with questions.jsonl (see rag/eval), docs.jsonl, and maybe
// refusal.jsonl: questions to refuse. rag/train/news has 17,886 questions and 10,266 to
// refuse that were written for this project about articles of the corpus, which are
// not ours to publish and are picked from it; "about" names the article that a question
// to refuse comes near to.
//
// It prints how often the best sentence holds the answer under a naive rule, under
// weights made by hand and under the learned ones, how well the evidence tells
// questions with an answer from those without, and what the desk as a whole answers;
// all of it cross-validated over articles.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"xiangwen/rag/rank"
)

func main() {
	out := flag.String("o", "", "weights file to write")
	corpus := flag.String("corpus", "", "news articles (news.jsonl.gz) that the sets without articles of their own are about")
	keep := flag.String("keep", "", "folder to keep the cross-validated answers in, as SET.jsonl: xiangwen eval --compare reads them")
	group := flag.Int("group", 10, "articles in each of the small libraries that the evidence is learned from too")
	flag.Parse()
	if err := train(*out, *corpus, *keep, *group, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func train(out, corpus, keep string, group int, sets []string) error {
	if len(sets) == 0 {
		return fmt.Errorf("name at least one folder with docs.jsonl and questions.jsonl")
	}
	var examples []example
	var read []set
	for _, dir := range sets {
		s, err := readSet(dir, corpus)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		got, err := s.examples(group)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		read, examples = append(read, s), append(examples, got...)
	}
	naively, hand := naive(), byHand()
	report("naive: the sentence with most of the question's bigrams", examples, func(int) *rank.Weights { return &naively })
	report("made by hand", examples, func(int) *rank.Weights { return &hand })
	var byFold [folds]rank.Weights
	for f := range byFold {
		byFold[f] = learn(slices.DeleteFunc(slices.Clone(examples), func(e example) bool { return e.fold == f }))
	}
	report("learned, cross-validated", examples, func(fold int) *rank.Weights { return &byFold[fold] })
	for _, s := range read {
		if err := pipeline(s, keep, func(fold int) *rank.Weights { return &byFold[fold] }); err != nil {
			return err
		}
	}
	w := learn(examples)
	report("learned, on its own data", examples, func(int) *rank.Weights { return &w })
	if out == "" {
		return nil
	}
	names := make([]string, len(sets))
	for i, s := range sets {
		names[i] = filepath.Base(s)
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer f.Close()
	return w.Write(f, fmt.Sprintf("Learned weights of rag/rank; the features are explained in features.go.\n"+
		"Data: %s (news: our own questions about news articles of July and August 2023 and of 2014 to 2017; cmrc: CMRC 2018, Cui et al., EMNLP 2019, CC BY-SA 4.0; crud: CRUD-RAG, Lyu et al. 2024, Apache-2.0).\n"+
		"Command: go run ./rag/train -corpus news.jsonl.gz -group %d -o rag/rank/weights.txt followed by the folders of these sets.", strings.Join(names, ", "), group))
}
