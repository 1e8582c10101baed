package rank

import (
	"slices"
	"unicode/utf8"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
)

// reading is what the features take from a normalised text.
type reading struct {
	text  string
	mask  mask
	like  likeness
	found []found // in order of their starts, a pair behind its second character
}

// found is a term of the question in a text, by its bit, and where it stands.
type found struct{ bit, start, end int32 }

// readOf reads a normalised text of an article printed on a date, as [knowledge.Article]
// has it: what the text says of the question's dates in other words counts as theirs.
func (a *asker) readOf(text, printed string) reading {
	r := a.read(text)
	r.mask = r.mask.or(a.dated(text, printed))
	return r
}

// read a normalised text.
func (a *asker) read(text string) reading {
	a.buffer, a.starts = zh.AppendPlaces(a.buffer[:0], a.starts[:0], text)
	r := reading{text: text, like: make(likeness, len(a.terms))}
	a.found = a.found[:0]
	for i, t := range a.buffer {
		if bit := a.bit(t); bit >= 0 {
			r.mask.set(bit)
			start := a.starts[i]
			a.found = append(a.found, found{int32(bit), int32(start), int32(start + a.lengths[bit])})
		}
	}
	a.likeOf(a.buffer, r.like)
	r.found = slices.Clone(a.found)
	return r
}

// maskWithin is the mask of text[from:to], which begins and ends between characters.
func (a *asker) maskWithin(r *reading, from, to int) (m mask) {
	if cutsWord(r.text, from) || cutsWord(r.text, to) {
		return a.mask(r.text[from:to]) // a part of a word is another one
	}
	for _, f := range r.found {
		if from <= int(f.start) && int(f.end) <= to {
			m.set(int(f.bit))
		}
	}
	return m
}

// cutsWord reports whether text[at:] may begin inside a word or a number.
func cutsWord(text string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	behind, _ := utf8.DecodeRuneInString(text[at:])
	return ofWord(before) && ofWord(behind)
}

func ofWord(r rune) bool { return r == '.' || !zh.IsHan(r) && zh.IsWord(r) }

// paragraph is one of an article; its sentences are read when they are asked for,
// since only those of a passage and the ones beside it are.
type paragraph struct {
	asker     *asker
	text      string
	printed   string // date of the article
	start     int    // in the article
	sentences []zh.Span
	readings  []reading // by sentence; without a text if it was not asked for
}

func (a *asker) paragraph(p knowledge.Paragraph, printed string) *paragraph {
	sentences := zh.Sentences(p.Text)
	return &paragraph{a, p.Text, printed, p.Start, sentences, make([]reading, len(sentences))}
}

// reading of the sentence with this number; one of nothing if there is none.
func (p *paragraph) reading(i int) *reading {
	if i < 0 || i >= len(p.sentences) {
		return &reading{}
	}
	if r := &p.readings[i]; r.text != "" {
		return r
	}
	p.readings[i] = p.asker.readOf(zh.Normalize(p.sentences[i].Of(p.text)), p.printed)
	return &p.readings[i]
}
