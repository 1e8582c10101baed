// Package model talks to any server that speaks OpenAI's API: chat completions
// and embeddings. All that is particular about the client library stays here.
package model

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sashabaranov/go-openai"

	"xiangwen/rag"
	"xiangwen/rag/index"
)

// Defaults of OpenAI's own service.
const (
	DefaultChat      = "gpt-4o-mini"
	DefaultEmbedding = "text-embedding-3-small"
)

// Config says which server to ask for what.
type Config struct {
	Key            string
	BaseURL        string // with its version path, "" is OpenAI's
	ChatModel      string
	EmbeddingModel string
	Timeout        time.Duration // of one request; 0 is 60 s
}

// Check reports a base URL that can't be used, before anything is sent.
func (c Config) Check() error {
	if c.BaseURL == "" {
		return nil
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("OPENAI_BASE_URL must look like https://host/v1")
	}
	return nil
}

func (c Config) client() *openai.Client {
	config := openai.DefaultConfig(c.Key)
	if c.BaseURL != "" {
		config.BaseURL = strings.TrimRight(c.BaseURL, "/")
	}
	timeout := c.Timeout
	if timeout == 0 {
		timeout = time.Minute
	}
	config.HTTPClient = &http.Client{Timeout: timeout}
	return openai.NewClientWithConfig(config)
}

// Chat is a chat model.
type Chat struct {
	client *openai.Client
	name   string
}

var _ rag.Chat = (*Chat)(nil)

// NewChat makes a chat model; nothing is sent yet.
func NewChat(c Config) *Chat { return &Chat{c.client(), c.ChatModel} }

// Name is the model's name.
func (c *Chat) Name() string { return c.name }

// Stream asks for one reply at temperature 0. Errors carry the server's
// message, never the key.
func (c *Chat) Stream(ctx context.Context, p rag.Prompt, piece func(string) error) (rag.Usage, error) {
	reply, err := c.client.CreateChatCompletion(ctx, openai.ChatCompletionRequest{
		Model: c.name,
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleSystem, Content: p.System},
			{Role: openai.ChatMessageRoleUser, Content: p.User},
		},
		// The library leaves a zero out, which means 1 to the server.
		Temperature: math.SmallestNonzeroFloat32,
	})
	if err != nil {
		return rag.Usage{}, fmt.Errorf("chat with %s: %w", c.name, plain(err))
	}
	if len(reply.Choices) == 0 || strings.TrimSpace(reply.Choices[0].Message.Content) == "" {
		return rag.Usage{}, fmt.Errorf("chat with %s: the reply is empty", c.name)
	}
	return rag.Usage{}, piece(reply.Choices[0].Message.Content)
}

// Embedder is an embedding model.
type Embedder struct {
	client *openai.Client
	name   string
}

var _ index.Embedder = (*Embedder)(nil)

// NewEmbedder makes an embedding model; nothing is sent yet.
func NewEmbedder(c Config) *Embedder { return &Embedder{c.client(), c.EmbeddingModel} }

// Name is the model's name.
func (e *Embedder) Name() string { return e.name }

// batch is how many texts go into one request; servers refuse much more.
const batch = 64

// Embed returns a unit vector a text. On an error it returns the vectors of the
// batches before it.
func (e *Embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, 0, len(texts))
	for len(out) < len(texts) {
		part := texts[len(out):min(len(texts), len(out)+batch)]
		reply, err := e.client.CreateEmbeddings(ctx, openai.EmbeddingRequest{Input: part, Model: openai.EmbeddingModel(e.name)})
		if err != nil {
			return out, fmt.Errorf("embeddings of %s: %w", e.name, plain(err))
		}
		vectors := make([][]float32, len(part))
		for _, d := range reply.Data {
			if d.Index >= 0 && d.Index < len(part) {
				vectors[d.Index] = unit(d.Embedding)
			}
		}
		for _, v := range vectors {
			if v == nil {
				return out, fmt.Errorf("embeddings of %s: %d vectors for %d texts", e.name, len(reply.Data), len(part))
			}
			out = append(out, v)
		}
	}
	return out, nil
}

// unit scales a vector to length one; nil for one without direction.
func unit(v []float32) []float32 {
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	if square == 0 || math.IsNaN(square) || math.IsInf(square, 0) {
		return nil
	}
	out := make([]float32, len(v))
	length := math.Sqrt(square)
	for i, x := range v {
		out[i] = float32(float64(x) / length)
	}
	return out
}

// plain takes the library's wrapping off an error: a status and the server's
// own words, shortened. A server may repeat a part of the key in them, so what
// looks like one is hidden.
func plain(err error) error {
	var api *openai.APIError
	var request *openai.RequestError
	switch {
	case errors.As(err, &api):
		return fmt.Errorf("status %d: %s", api.HTTPStatusCode, hideKeys(shorten(api.Message)))
	case errors.As(err, &request):
		return fmt.Errorf("status %d: %s", request.HTTPStatusCode, hideKeys(shorten(string(request.Body))))
	}
	return err
}

func shorten(s string) string {
	const most = 200
	if r := []rune(strings.Join(strings.Fields(s), " ")); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func hideKeys(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		if strings.Contains(w, "sk-") || strings.Contains(w, "****") {
			words[i] = "(key)"
		}
	}
	return strings.Join(words, " ")
}
