// Package page takes the dump of a newspaper page apart: several articles run
// together, with headlines, bylines, photo captions and notices in between,
// columns broken in mid-sentence and pieces printed out of place.
//
// It goes by form. Each line is scored for each [role] it may have, from what
// it looks like, from its neighbours, and from how well it goes on where an
// article broke off; the best reading of the whole page wins (segment.go), and
// the articles are put together from it (assemble.go). What the scores weigh
// is learned (weights.txt, package ngram). It does not read files and knows
// nothing of what articles are used for.
package page

import "xiangwen/knowledge"

// Split takes a raw page apart. file is only used to label what is returned.
//
// Every line of text that is not blank ends up in an article or in skipped.
// The text of an article is the page's to the letter, with the pieces of a
// paragraph joined.
func Split(text, file string) (articles []*knowledge.Article, skipped []knowledge.Skip) {
	lines := readLines(text)
	if len(lines) == 0 {
		return nil, nil
	}
	steps := newSegmenter(lines, learned).read(len(lines))
	return assemble(lines, steps, file)
}
