// Command train learns the table of rag/embed from news articles. From the top
// of the repository:
//
//	go run ./rag/embed/train -corpus ../shared/corpus/news.jsonl.gz -o rag/embed/table.bin
//
// The corpus is gzipped JSON lines with title and text. It takes some ten minutes
// on one core and gives the same table on each machine of one architecture.
package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"

	"xiangwen/knowledge/ngram"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/embed"
)

func main() {
	corpus := flag.String("corpus", "", "gzipped JSON lines with title and text")
	out := flag.String("o", "", "table to write")
	size := flag.Int("size", 30000, "terms in the table")
	flag.Parse()
	if err := run(*corpus, *out, *size); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(corpus, out string, size int) error {
	texts, err := read(corpus)
	if err != nil {
		return err
	}
	words := vocabulary(texts, size)
	fmt.Println(len(texts), "articles,", len(words), "terms, the rarest", words[len(words)-1].count, "times")
	m := newModel(words)
	m.learn(texts)
	entries := m.entries()
	for _, w := range []string{"承建", "票价", "办法", "医院", "通车", "创办", "增长"} {
		fmt.Println(w, nearest(entries, w))
	}
	file, err := embed.Write(entries)
	if err != nil {
		return err
	}
	return os.WriteFile(out, file, 0o666)
}

func read(name string) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	in := bufio.NewScanner(z)
	in.Buffer(nil, 1<<24)
	var out []string
	for n := 1; in.Scan(); n++ {
		var a struct{ Title, Text string }
		if err := json.Unmarshal(in.Bytes(), &a); err != nil {
			return nil, fmt.Errorf("%s line %d: %w", name, n, err)
		}
		out = append(out, zh.Normalize(a.Title+"\n"+a.Text))
	}
	return out, in.Err()
}

// word is a term and how often the corpus has it.
type word struct {
	term  zh.Term
	count int
}

// vocabulary are the most frequent terms; of the bigrams only those whose
// characters stand together more often than by chance.
func vocabulary(texts []string, size int) []word {
	const rarest = 40 // occurrences from which on a vector means something
	counts := make(map[zh.Term]int)
	var buffer []zh.Term
	for _, text := range texts {
		buffer = zh.AppendTerms(buffer[:0], text)
		for _, t := range buffer {
			counts[t]++
		}
	}
	var words []word
	for t, n := range counts {
		if n < rarest {
			continue
		}
		if t.IsBigram() {
			if bits, ok := ngram.News.Cohesion(t.Pair()); !ok || bits < 1 {
				continue
			}
		}
		words = append(words, word{t, n})
	}
	slices.SortFunc(words, func(a, b word) int { return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.term, b.term)) })
	return words[:min(len(words), size)]
}

// nearest are the bigrams nearest to one, for a look at the result.
func nearest(entries []embed.Entry, text string) string {
	terms := zh.AppendTerms(nil, text)
	at := slices.IndexFunc(entries, func(e embed.Entry) bool { return e.Term == terms[len(terms)-1] })
	if at < 0 {
		return "is not in the table"
	}
	dot := func(e embed.Entry) (sum float64) {
		for i, x := range e.Vector {
			sum += float64(x) * float64(entries[at].Vector[i])
		}
		return sum
	}
	near := slices.DeleteFunc(slices.Clone(entries), func(e embed.Entry) bool { return !e.Term.IsBigram() })
	slices.SortStableFunc(near, func(a, b embed.Entry) int { return cmp.Compare(dot(b), dot(a)) })
	out := ""
	for _, e := range near[:min(10, len(near))] {
		a, b := e.Term.Pair()
		out += fmt.Sprintf(" %c%c %.2f", a, b, dot(e))
	}
	return out
}
