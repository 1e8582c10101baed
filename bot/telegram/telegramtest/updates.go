package telegramtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

type update struct {
	id   int64
	body json.RawMessage
}

// onRequest are the kinds of updates that come only to a bot that lists them.
var onRequest = []string{"chat_member", "message_reaction", "message_reaction_count"}

// wanted tells whether the bot gets an update of a kind. As with Telegram this is
// decided when the update comes up, by what the bot last asked for.
func (s *Server) wanted(kind string) bool {
	if s.allowed == nil {
		return !slices.Contains(onRequest, kind)
	}
	return slices.Contains(s.allowed, kind)
}

// allow reads allowed_updates; without it, what was said before stays.
func (s *Server) allow(list string) error {
	if list == "" {
		return nil
	}
	var kinds []string
	if json.Unmarshal([]byte(list), &kinds) != nil {
		return badRequest("can't parse allowed_updates")
	}
	s.allowed = kinds
	if len(kinds) == 0 {
		s.allowed = nil
	}
	return nil
}

// PushRaw has an update of any form arrive; update_id is added.
func (s *Server) PushRaw(kind string, body map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.push(kind, maps.Clone(body))
}

func (s *Server) push(kind string, body map[string]any) {
	if !s.wanted(kind) {
		return
	}
	s.lastID++
	body["update_id"] = s.lastID
	raw, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("telegramtest: an update that is no JSON: %v", err))
	}
	s.updates = append(s.updates, update{s.lastID, raw})
	s.notify()
}

// Pending is how many updates the bot has not acknowledged.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.updates)
}

// SetWebhook makes polling a conflict until the bot deletes the webhook.
func (s *Server) SetWebhook(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webhook = address
}

// setWebhook is only noted: updates are not sent there.
func (s *Server) setWebhook(form map[string]string) (any, error) {
	if u, err := url.Parse(form["url"]); form["url"] != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		return nil, badRequest("bad webhook: An HTTPS URL must be provided for webhook")
	}
	if err := s.allow(form["allowed_updates"]); err != nil {
		return nil, err
	}
	s.webhook = form["url"]
	if s.webhook != "" {
		s.poll++ // ends a poll that is under way
	}
	return s.webhookIsSet(form)
}

func (s *Server) deleteWebhook(form map[string]string) (any, error) {
	s.webhook = ""
	return s.webhookIsSet(form)
}

func (s *Server) webhookIsSet(form map[string]string) (any, error) {
	if form["drop_pending_updates"] == "true" {
		s.updates = nil
	}
	s.notify()
	return true, nil
}

// getUpdates holds the poll until there is an update or its time is over. A
// second poll ends the first one, as two bots with one token would.
func (s *Server) getUpdates(r *http.Request, form map[string]string) (any, error) {
	seconds, _ := strconv.Atoi(form["timeout"])
	offset, _ := strconv.ParseInt(form["offset"], 10, 64)
	limit, _ := strconv.Atoi(form["limit"])
	if limit < 1 || limit > 100 {
		limit = 100
	}
	over := time.NewTimer(time.Duration(seconds) * time.Second)
	defer over.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.webhook != "" {
		return nil, apiError{code: 409, words: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"}
	}
	if err := s.allow(form["allowed_updates"]); err != nil {
		return nil, err
	}
	s.poll++
	mine := s.poll
	s.updates = slices.DeleteFunc(s.updates, func(u update) bool { return u.id < offset })
	s.notify()
	for {
		switch {
		case mine != s.poll && s.webhook != "":
			return nil, apiError{code: 409, words: "Conflict: terminated by setWebhook request"}
		case mine != s.poll:
			return nil, apiError{code: 409, words: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}
		}
		bodies := []json.RawMessage{}
		for _, u := range s.updates[:min(limit, len(s.updates))] {
			bodies = append(bodies, u.body)
		}
		changed := s.changed
		if len(bodies) > 0 || seconds == 0 || s.finished {
			return bodies, nil
		}
		s.mu.Unlock()
		ended := false
		select {
		case <-changed:
		case <-over.C:
			ended = true
		case <-r.Context().Done():
			ended = true
		}
		s.mu.Lock()
		if ended {
			return bodies, nil
		}
	}
}
