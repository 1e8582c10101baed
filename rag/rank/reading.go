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
		if t.IsUnigram() {
			continue
		}
		for _, s := range a.meaning.similar(t) {
			r.like[s.bit] = max(r.like[s.bit], s.like)
		}
	}
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
	start     int // in the article
	sentences []zh.Span
	readings  []reading // by sentence; without a text if it was not asked for
}

func (a *asker) paragraph(p knowledge.Paragraph) *paragraph {
	sentences := zh.Sentences(p.Text)
	return &paragraph{a, p.Text, p.Start, sentences, make([]reading, len(sentences))}
}

// reading of the sentence with this number; one of nothing if there is none.
func (p *paragraph) reading(i int) *reading {
	if i < 0 || i >= len(p.sentences) {
		return &reading{}
	}
	if r := &p.readings[i]; r.text != "" {
		return r
	}
	p.readings[i] = p.asker.read(zh.Normalize(p.sentences[i].Of(p.text)))
	return &p.readings[i]
}
