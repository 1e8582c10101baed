package rag

import (
	"context"
	"strings"
	"unicode/utf8"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/rank"
)

// Examples are questions that the library answers, at most n, one an article:
// clauses with a figure, the figure replaced by 多少. Each has been asked, and
// was answered from the article it was made of. They are made once a library.
func (e *Engine) Examples(n int) []string {
	const most = 8
	if got := e.examples.Load(); got != nil {
		return (*got)[:min(n, len(*got))]
	}
	examples := []string{}
	for i, a := range e.Library().Articles() {
		if len(examples) == most || i == 200 { // enough, or a library without figures
			break
		}
		if q := e.example(a); q != "" {
			examples = append(examples, q)
		}
	}
	e.examples.Store(&examples)
	return examples[:min(n, len(examples))]
}

func (e *Engine) example(a *knowledge.Article) string {
	tried := 0
	for _, p := range a.Paragraphs {
		for _, s := range zh.Sentences(p.Text) {
			q := cloze(s.Of(p.Text))
			if q == "" {
				continue
			}
			got := e.extractiveOnly(q)
			if got.Status == Answered && got.Citations[0].ArticleID == a.ID && strings.Contains(a.Text, got.Citations[0].Quote) {
				return q
			}
			if tried++; tried == 3 {
				return ""
			}
		}
	}
	return ""
}

// extractiveOnly asks without the model: examples cost nothing.
func (e *Engine) extractiveOnly(text string) Answer {
	x := e.source()
	q := zh.ParseQuestion(text)
	hits, _ := x.Search(context.Background(), q, defaultPassages)
	var a Answer
	e.extracted(q, hits, x, false, &a)
	return a
}

// cloze makes a question of the first clause of a sentence that names one figure: "隧道全长6379米" becomes "隧道全长多少米？". It returns "" if there is
// none that a reader could understand alone.
func cloze(sentence string) string {
	first, _, _ := strings.Cut(sentence, "，")
	first = strings.TrimRight(first, "。；！？")
	figures := zh.Figures(first)
	length := utf8.RuneCountInString(first)
	if len(figures) != 1 || length < 8 || length > 24 || strings.ContainsAny(first, "（）：、") || balance(first) != first || rank.PointsBack(first) {
		return ""
	}
	f := figures[0]
	if f.Unit == "" || !strings.HasPrefix(first[f.End:], f.Unit) || utf8.RuneCountInString(first[:f.Start]) < 5 {
		return ""
	}
	switch f.Unit {
	case "年", "月", "日", "号", "时", "点", "届":
		return ""
	}
	number := first[f.Start:f.End]
	scale := strings.TrimLeft(number, "0123456789.,")
	if number == scale || strings.Contains(first[:f.Start], "第") {
		return ""
	}
	return first[:f.Start] + "多少" + first[f.End:] + "？"
}
