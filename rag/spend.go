package rag

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
)

// Ledger keeps what was spent over a restart. Its methods do not wait for the disk
// longer than a question may.
type Ledger interface {
	// Spent returns the tokens spent on a day, as 2006-01-02.
	Spent(ctx context.Context, day string) (int, error)
	Spend(day string, tokens int)
}

// spending keeps a model's cost down: a budget of tokens a day, and answers that are
// given again.
type spending struct {
	most    int // tokens a day, 0 is no bound
	ledger  Ledger
	answers *expirable.LRU[string, Answer]

	mu    sync.Mutex
	day   string
	spent int
}

// keptAnswers is how many answers are remembered at most.
const keptAnswers = 1000

func newSpending(daily int, ledger Ledger, keep time.Duration) *spending {
	s := &spending{most: daily, ledger: ledger}
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
	if s.ledger != nil && u.Total() > 0 {
		s.ledger.Spend(s.day, u.Total())
	}
}

// turn begins a new count at midnight, local time, and goes on with the one of
// before a restart.
func (s *spending) turn() {
	today := time.Now().Format(time.DateOnly)
	if today == s.day {
		return
	}
	s.day, s.spent = today, 0
	if s.ledger == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	// An error leaves the day at nothing: the disk must not stop the answers.
	s.spent, _ = s.ledger.Spent(ctx, today)
}

// answerKey is all that an answer depends on.
func answerKey(q Question, model, version string) string {
	key := []string{model, version, q.Language, q.Article, q.Text}
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
