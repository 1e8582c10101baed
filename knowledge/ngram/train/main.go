// Command train learns the table of character n-grams that the page splitter
// uses to tell a sentence that goes on from a paragraph that starts. Run it
// from the module's folder:
//
//	go run ./knowledge/ngram/train -corpus ../shared/corpus/news.jsonl.gz -out knowledge/ngram/ngrams.bin
//
// The corpus has one JSON object with a "text" per line; a line break in the
// text ends a paragraph. Only counts go into the table.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"xiangwen/knowledge/ngram"
)

// pruneAt is how many n-grams are held while counting, about 500 MiB; then the
// rare ones are dropped.
const pruneAt = 12 << 20

func main() {
	corpus := flag.String("corpus", "../shared/corpus/news.jsonl.gz", "gzipped JSONL with a `text` per line")
	out := flag.String("out", "knowledge/ngram/ngrams.bin", "the table to write")
	flag.Parse()
	if err := run(*corpus, *out); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(corpus, out string) error {
	f, err := os.Open(corpus)
	if err != nil {
		return err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("open corpus: %w", err)
	}
	counts, total, err := count(unzipped)
	if err != nil {
		return fmt.Errorf("read corpus: %w", err)
	}
	table, kept, rarest := ngram.Build(counts, total)
	fmt.Fprintf(os.Stderr, "%d characters, %d of %d n-grams kept, down to count %d\n", total, kept, len(counts), rarest)
	return os.WriteFile(out, table, 0o644)
}

// count counts the n-grams of one to three characters, paragraph starts
// included. Rare ones are dropped on the way when there are too many.
func count(r io.Reader) (map[ngram.Gram]uint32, uint64, error) {
	counts := make(map[ngram.Gram]uint32)
	var total uint64
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var doc struct{ Text string }
			if err := json.Unmarshal(line, &doc); err != nil {
				return nil, 0, err
			}
			for paragraph := range strings.Lines(doc.Text) {
				var a, b rune
				for _, c := range string(ngram.Start) + strings.TrimSpace(paragraph) {
					counts[ngram.Gram{c}]++
					total++
					if b != 0 {
						counts[ngram.Gram{b, c}]++
					}
					if a != 0 {
						counts[ngram.Gram{a, b, c}]++
					}
					a, b = b, c
				}
			}
			if len(counts) > pruneAt {
				for g, n := range counts {
					if n < 3 {
						delete(counts, g)
					}
				}
			}
		}
		if err == io.EOF {
			return counts, total, nil
		}
		if err != nil {
			return nil, 0, err
		}
	}
}
