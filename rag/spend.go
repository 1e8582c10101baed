package rag

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
)

// spending keeps a model's cost down: a budget of tokens a day, counted since the
// start of the process, and answers that are given again.
type spending struct {
	most    int // tokens a day, 0 is no bound
	answers *expirable.LRU[string, Answer]

	mu    sync.Mutex
	day   string
	spent int
}

// keptAnswers is how many answers are remembered at most.
const keptAnswers = 1000

func newSpending(daily int, keep time.Duration) *spending {
	s := &spending{most: daily}
	if keep > 0 {
		s.answers = expirable.NewLRU[string, Answer](keptAnswers, nil, keep)
	}
	return s
}

// left reports whether the day's tokens are not spent yet.
func (s *spending) left() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn()
	return s.most == 0 || s.spent < s.most
}

func (s *spending) add(u Usage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn()
	s.spent += u.Total()
}

// turn begins a new count at midnight, local time.
func (s *spending) turn() {
	if today := time.Now().Format(time.DateOnly); today != s.day {
		s.day, s.spent = today, 0
	}
}

// answerKey is all that an answer depends on.
func answerKey(q Question, model, version string) string {
	key := []string{model, version, q.Language, q.Text}
	for _, c := range q.said {
		key = append(key, c.ArticleID, strconv.Itoa(c.Start))
	}
	return strings.Join(key, "\x00")
}

func (s *spending) recall(key string) (Answer, bool) {
	if s.answers == nil {
		return Answer{}, false
	}
	return s.answers.Get(key)
}

func (s *spending) remember(key string, a Answer) {
	if s.answers != nil {
		s.answers.Add(key, a)
	}
}
