package model

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"xiangwen/rag"
)

// Check asks for a tiny reply, once. Its error is one line that names the setting
// which is to blame and says what follows; it never holds the key.
func (c *Chat) Check(ctx context.Context) error {
	_, err := c.try(ctx, ctx, rag.Prompt{System: "Reply with one word: OK", User: "OK?"}, func(string) error { return nil })
	if errors.Is(err, errTooLong) {
		return nil // it talks
	}
	return c.config.explain(err, "XIANGWEN_CHAT_MODEL", c.config.ChatModel, "answers are made without the model")
}

// Check asks for one vector; see [Chat.Check].
func (e *Embedder) Check(ctx context.Context) error {
	_, err := e.ask(ctx, ctx, []string{"你好"}, 1)
	return e.config.explain(err, "XIANGWEN_EMBEDDING_MODEL", e.config.EmbeddingModel, "what has no vector yet is found by its words only")
}

// explain says which setting is to blame.
func (c Config) explain(err error, setting, model, effect string) error {
	var fault *rag.ModelError
	if !errors.As(err, &fault) {
		return err
	}
	server, words := c.server(), fault.Err
	named := fmt.Sprintf("%s %q", setting, model)
	var line string
	switch fault.Reason {
	case rag.Unauthorized:
		line = fmt.Sprintf("OPENAI_API_KEY is refused by %s", server)
		if c.Key == "" {
			line = fmt.Sprintf("OPENAI_API_KEY is not set, and %s wants one", server)
		}
	case rag.RateLimited:
		line = fmt.Sprintf("OPENAI_API_KEY has used up what %s allows", server)
	case rag.NoModel, rag.Refused:
		line = fmt.Sprintf("%s is unknown to %s", named, server)
		if text := strings.ToLower(words.Error()); !strings.Contains(text, "model") && !strings.Contains(text, strings.ToLower(model)) {
			if line = fmt.Sprintf("%s is refused by %s", named, server); fault.Reason == rag.NoModel {
				line = fmt.Sprintf("OPENAI_BASE_URL %s has nothing at this path (a version path, such as /v1, may be missing)", server)
			}
		}
	case rag.Unavailable:
		if line = fmt.Sprintf("OPENAI_BASE_URL %s cannot be reached", server); fault.Status != 0 {
			line = fmt.Sprintf("OPENAI_BASE_URL %s does not work at the moment", server)
		}
	case rag.TooSlow:
		line = fmt.Sprintf("XIANGWEN_FIRST_TOKEN_TIMEOUT is too short for %s at %s, or the server hangs", named, server)
	case rag.TimedOut:
		line = fmt.Sprintf("OPENAI_BASE_URL %s does not answer in time", server)
	case rag.Garbage, rag.CutOff:
		line = fmt.Sprintf("OPENAI_BASE_URL %s does not speak OpenAI's API", server)
	default: // Empty, Filtered
		line = fmt.Sprintf("%s at %s gives no reply", named, server)
	}
	return fmt.Errorf("%s: %w; %s", line, words, effect)
}

// CheckTimeout is enough for a server that works to answer [Chat.Check].
const CheckTimeout = 10 * time.Second
