package rag

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/followup"
	"xiangwen/rag/index"
	"xiangwen/rag/proof"
	"xiangwen/rag/rank"
)

// complete replaces a question that leans on the turn before by one that can be
// searched for, and notes what that is. The model may word it where the rule says
// that it leans; what it adds must have been said.
func (e *Engine) complete(ctx context.Context, q *Question, a *Answer) {
	if len(q.History) == 0 {
		return
	}
	last := q.History[len(q.History)-1]
	turn := followup.Turn{Question: last.Question, Answer: markPattern.ReplaceAllString(last.Text, "")}
	if len(last.Citations) > 0 {
		turn.Title = last.Citations[0].Title
	}
	done := followup.Complete(q.Text, turn)
	if !done.Changed {
		return
	}
	if done.More {
		q.said = last.Citations
		for _, before := range q.History[:len(q.History)-1] { // "more" may have been asked for before
			if before.Question == last.Question {
				q.said = append(slices.Clone(before.Citations), q.said...)
			}
		}
	} else if text := e.reworded(ctx, *q, a); text != "" {
		done.Text = text
	}
	q.Text, a.SearchedFor = done.Text, done.Text
}

// rewordTime is how long the model may take to complete a question: the rule has
// done it already.
const rewordTime = 3 * time.Second

// maxReworded is the longest completed question in characters.
const maxReworded = 200

// reworded is the question as the model completes it from the conversation, ""
// if there is no model, it fails, or it says what nobody has said.
func (e *Engine) reworded(ctx context.Context, q Question, a *Answer) string {
	if e.options.Chat == nil || !e.spending.left() {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, rewordTime)
	defer cancel()
	p, said, err := rewordPrompt(q)
	if err != nil {
		e.log.Error("the prompt that completes a question", "error", err)
		return ""
	}
	var b strings.Builder
	usage, err := e.options.Chat.Stream(ctx, p, func(piece string) error {
		if b.WriteString(piece); b.Len() > 4*maxReworded {
			return errStop
		}
		return nil
	})
	e.spending.add(usage)
	a.Usage = &usage
	text := strings.TrimSpace(b.String())
	switch {
	case err != nil:
		e.log.Debug("the model did not complete the question", "error", err)
		return ""
	case text == "" || strings.Contains(text, "\n") || utf8.RuneCountInString(text) > maxReworded || !hasAll(said, text):
		e.log.Debug("the question as the model completed it is not used")
		return ""
	}
	return text
}

// rewordPrompt asks for the completed question; said is all that it may be made
// of.
func rewordPrompt(q Question) (p Prompt, said string, err error) {
	type turn struct{ Question, Answer string }
	data := struct {
		Fence, Question string
		Turns           []turn
	}{Fence: newFence(), Question: visible(q.Text)}
	var all strings.Builder
	for _, t := range q.History {
		shown := turn{visible(t.Question), visible(markPattern.ReplaceAllString(t.Text, ""))}
		data.Turns = append(data.Turns, shown)
		all.WriteString(shown.Question + "\n" + shown.Answer + "\n")
		for _, c := range t.Citations {
			all.WriteString(c.Title + "\n")
		}
	}
	all.WriteString(data.Question)
	var system, user strings.Builder
	if err := prompts.ExecuteTemplate(&system, "reword.system.tmpl", data); err != nil {
		return Prompt{}, "", err
	}
	if err := prompts.ExecuteTemplate(&user, "reword.user.tmpl", data); err != nil {
		return Prompt{}, "", err
	}
	return Prompt{system.String(), user.String()}, all.String(), nil
}

// hasAll reports whether all figures and names of a question have been said, and
// the most of its characters.
func hasAll(said, question string) bool {
	said, question = zh.Normalize(said), zh.Normalize(question)
	if !proof.Figures(question, said) {
		return false
	}
	for _, name := range zh.Entities(question) {
		if !strings.Contains(said, name.Of(question)) {
			return false
		}
	}
	known, all := 0, 0
	for _, r := range question {
		if zh.IsWord(r) {
			all++
			if strings.ContainsRune(said, r) {
				known++
			}
		}
	}
	return all > 0 && known*10 >= all*6 // the rest are question words
}

// more answers "还有呢？": what the articles cited before say besides about the
// same, the sentences already said left out.
func (e *Engine) more(q zh.Question, hits []index.Hit, x source, said []Citation, a *Answer) {
	start := time.Now()
	cited := func(of *knowledge.Article) bool {
		return slices.ContainsFunc(said, func(c Citation) bool { return c.ArticleID == of.ID })
	}
	var claims []claim
	if q.Many {
		others := slices.DeleteFunc(slices.Clone(hits), func(h index.Hit) bool { return cited(h.Chunk.Article) })
		claims, a.Confidence = several(q, others, x, false)
	} else {
		same := slices.DeleteFunc(slices.Clone(hits), func(h index.Hit) bool { return !cited(h.Chunk.Article) })
		claims = besides(q, x.rank(q, same), said)
	}
	a.Stages.Extract = milliseconds(start)
	if e.say(q.Text, claims, a); a.Status == "" {
		a.Status, a.Suggestions = NotFound, near(hits)
	}
}

// besides are the best sentences that were not said, at most two: those that are
// about as much of the question as what was said, or half.
func besides(q zh.Question, ranking rank.Ranking, said []Citation) (claims []claim) {
	const most = 2
	told := func(s *rank.Sentence) bool {
		from := s.Article.RuneOffset(s.Span.Start)
		to := from + utf8.RuneCountInString(s.Text())
		return slices.ContainsFunc(said, func(c Citation) bool {
			return c.ArticleID == s.Article.ID && c.Start < to && from < c.End
		})
	}
	least := 0.0
	for i := range ranking.Sentences {
		if s := &ranking.Sentences[i]; told(s) {
			least = max(least, s.Context/2)
		}
	}
	for i := range ranking.Sentences {
		s := &ranking.Sentences[i]
		if len(claims) < most && !told(s) && s.Context > 0 && s.Context >= least {
			claims = append(claims, claimOf(q, s.Excerpt(policy)))
		}
	}
	return claims
}
