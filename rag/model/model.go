// Package model talks to any server that speaks OpenAI's API: chat completions
// as streams, and embeddings. What goes wrong comes back as a *rag.ModelError,
// so that an answer can be made without the model; a model that fails again and
// again is left alone for a while. What is particular about the client library
// stays in client.go and exchange.go.
package model

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"
)

// Defaults: the models are those of OpenAI's own service.
const (
	DefaultChat       = "gpt-4o-mini"
	DefaultEmbedding  = "text-embedding-3-small"
	DefaultTimeout    = 20 * time.Second
	DefaultFirstToken = 8 * time.Second
	openAI            = "https://api.openai.com/v1"
)

// Config says which server to ask for what.
type Config struct {
	Key            string
	BaseURL        string // with its version path, "" is OpenAI's
	ChatModel      string
	EmbeddingModel string
	Temperature    float32       // 0 to 2
	Timeout        time.Duration // of a whole reply, its retries included; 0 is DefaultTimeout
	FirstToken     time.Duration // until something of a reply comes; 0 is DefaultFirstToken
	Log            *slog.Logger  // told when a model is left alone and when it is back; nil for nobody
}

// Check reports all settings that can't be used, before anything is sent. Each
// problem names its setting; a base URL is not repeated, for it may hold a
// password.
func (c Config) Check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	u, err := url.Parse(c.base())
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		wrong("OPENAI_BASE_URL must look like https://host/v1")
	} else {
		if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
			wrong("OPENAI_BASE_URL must end with its path: leave ? and # off")
		}
		for _, call := range []string{"/chat/completions", "/completions", "/embeddings", "/responses"} {
			if strings.HasSuffix(u.Path, call) {
				wrong("OPENAI_BASE_URL must end before the name of a call: leave %s off", call)
				break
			}
		}
	}
	if strings.TrimSpace(c.ChatModel) == "" {
		wrong("XIANGWEN_CHAT_MODEL is empty")
	}
	if strings.TrimSpace(c.EmbeddingModel) == "" {
		wrong("XIANGWEN_EMBEDDING_MODEL is empty")
	}
	if !(c.Temperature >= 0 && c.Temperature <= 2) {
		wrong("XIANGWEN_TEMPERATURE must be from 0 to 2")
	}
	if c.Timeout < 0 {
		wrong("XIANGWEN_MODEL_TIMEOUT must be longer than nothing")
	}
	if c.FirstToken < 0 {
		wrong("XIANGWEN_FIRST_TOKEN_TIMEOUT must be longer than nothing")
	}
	return errors.Join(errs...)
}

// base is the base URL as requests use it.
func (c Config) base() string {
	if base := strings.TrimRight(strings.TrimSpace(c.BaseURL), "/"); base != "" {
		return base
	}
	return openAI
}

// server is the base URL as people may see it: without user and password.
func (c Config) server() string {
	u, err := url.Parse(c.base())
	if err != nil {
		return "the model's server"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// secrets are what no error may hold.
func (c Config) secrets() []string {
	all := []string{strings.TrimSpace(c.Key)}
	if u, err := url.Parse(c.base()); err == nil && u.User != nil {
		if password, ok := u.User.Password(); ok {
			all = append(all, password)
		} else {
			all = append(all, u.User.Username()) // a token alone, as in https://token@host
		}
	}
	return all
}

func (c Config) log() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}

func or(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}
