package bot

import (
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"

	"xiangwen/rag"
)

// history keeps the last turns of each conversation in memory. Its zero value
// keeps none.
type history struct {
	mu    sync.Mutex // over both steps of add
	turns *expirable.LRU[string, []rag.Turn]
}

const (
	keptTurns         = 3     // of a conversation
	keptConversations = 10000 // the ones asked in longest ago go first
)

// newHistory keeps turns for so long after the last one; 0 is not at all.
func newHistory(keep time.Duration) *history {
	if keep <= 0 {
		return &history{}
	}
	return &history{turns: expirable.NewLRU[string, []rag.Turn](keptConversations, nil, keep)}
}

func (h *history) of(conversation string) []rag.Turn {
	if h.turns == nil || conversation == "" {
		return nil
	}
	turns, _ := h.turns.Get(conversation)
	return turns
}

// add keeps an answer that a later question may lean on: not small talk, nothing
// that was declined, and no failure.
func (h *history) add(conversation, question string, a rag.Answer) {
	if h.turns == nil || conversation == "" || a.Status != rag.Answered && a.Status != rag.Partial && a.Status != rag.NotFound {
		return
	}
	if a.SearchedFor != "" {
		question = a.SearchedFor
	}
	t := rag.Turn{Question: question, Citations: a.Citations}
	if a.Status != rag.NotFound { // its text is ours, not the paper's
		t.Text = a.Text
	}
	h.restore(conversation, t)
}

// restore keeps a turn as the last one of a conversation.
func (h *history) restore(conversation string, t rag.Turn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	turns := append(slices.Clone(h.of(conversation)), t)
	h.turns.Add(conversation, turns[max(0, len(turns)-keptTurns):])
}

// forget drops a conversation and returns how many turns it had.
func (h *history) forget(conversation string) int {
	n := len(h.of(conversation))
	if n > 0 {
		h.turns.Remove(conversation)
	}
	return n
}
