package telegramtest

import (
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// Chaos is how often calls fail by chance, each from 0 to 1. getMe never fails, and
// getUpdates not by TooMany.
type Chaos struct {
	TooMany    float64 // 429
	Broken     float64 // 502; the call was not carried out
	Reset      float64 // the connection is reset
	ResetAfter float64 // of the resets, the share that comes after the call was carried out
	RetryAfter int     // seconds that a 429 asks for; 1 if it is 0
	Seed       uint64
}

// Chaos lets calls fail by chance from now on; the zero Chaos ends it.
func (s *Server) Chaos(c Chaos) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chaos, s.random = c, rand.New(rand.NewPCG(c.Seed, 1))
}

// SetChaos is Chaos.
func (s *Server) SetChaos(c Chaos) { s.Chaos(c) }

// Limit lets the bot send and edit so many messages a second in one chat and in all
// chats together, 0 for any number; a call beyond it gets a 429 with retry_after 1.
// What was not used is saved for at most a second. Telegram speaks of 1 and 30.
func (s *Server) Limit(perChatPerSecond, overall float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.perChat, s.overall = perChatPerSecond, overall
	clear(s.buckets)
}

// Tally is how many calls went wrong by Chaos and Limit.
type Tally struct {
	TooMany, Broken   int
	Reset, ResetAfter int // before and after the call was carried out
	ChatLimit, Limit  int // beyond the limit of a chat, and of all of them
}

// Tally counts what Chaos and Limit did so far; what Fail did is not in it.
func (s *Server) Tally() Tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unlucky
}

// fault is what happens to a call, nil for what it asks for. The lock is held.
func (s *Server) fault(method string, form map[string]string) *Fault {
	if waiting := s.faults[method]; len(waiting) > 0 {
		s.faults[method] = waiting[1:]
		return &waiting[0]
	}
	if f := s.misfortune(method); f != nil {
		return f
	}
	return s.beyond(method, form)
}

func (s *Server) misfortune(method string) *Fault {
	if s.random == nil || method == "getMe" {
		return nil
	}
	c := s.chaos
	switch r := s.random.Float64(); {
	case r < c.Broken:
		s.unlucky.Broken++
		f := Broken(http.StatusBadGateway)
		return &f
	case r < c.Broken+c.Reset:
		f := Fault{Reset: true, After: s.random.Float64() < c.ResetAfter}
		if f.After {
			s.unlucky.ResetAfter++
		} else {
			s.unlucky.Reset++
		}
		return &f
	case r < c.Broken+c.Reset+c.TooMany && method != "getUpdates":
		s.unlucky.TooMany++
		f := TooMany(max(c.RetryAfter, 1))
		return &f
	}
	return nil
}

// bucket holds what may be sent, in messages.
type bucket struct {
	left float64
	at   time.Time
}

// fill adds what has come since the last time.
func (b *bucket) fill(rate float64, now time.Time) {
	b.left = math.Min(b.left+now.Sub(b.at).Seconds()*rate, math.Max(rate, 1))
	b.at = now
}

// beyond tells whether a call is one too many. One that is refused costs nothing.
func (s *Server) beyond(method string, form map[string]string) *Fault {
	counts := strings.HasPrefix(method, "send") || strings.HasPrefix(method, "edit")
	if s.perChat <= 0 && s.overall <= 0 || !counts || method == "sendChatAction" || method == "sendMessageDraft" {
		return nil
	}
	now := time.Now()
	take := func(key string, rate float64) *bucket {
		b := s.buckets[key]
		if b == nil {
			b = &bucket{left: math.Max(rate, 1), at: now}
			s.buckets[key] = b
		}
		b.fill(rate, now)
		return b
	}
	f := TooMany(1)
	one, all := take(form["chat_id"]+"/", s.perChat), take("", s.overall)
	switch {
	case s.perChat > 0 && one.left < 1:
		s.unlucky.ChatLimit++
		return &f
	case s.overall > 0 && all.left < 1:
		s.unlucky.Limit++
		return &f
	}
	one.left--
	all.left--
	return nil
}
