package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sashabaranov/go-openai"

	"xiangwen/rag"
)

// client makes single requests and puts their failures into our words.
type client struct {
	api     *openai.Client
	secrets []string
}

func newClient(c Config) *client {
	config := openai.DefaultConfig(strings.TrimSpace(c.Key))
	config.BaseURL = c.base()
	config.EmptyMessagesLimit = 100_000 // a server that waits may send a comment now and then; the bytes are bounded
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	config.HTTPClient = &http.Client{Transport: recorder{transport}} // the contexts carry the timeouts
	return &client{openai.NewClientWithConfig(config), c.secrets()}
}

// delta is a part of a reply as it comes.
type delta struct {
	text     string
	thoughts string     // reasoning, which is nothing to show
	refusal  bool       // the model has put a refusal where the text goes
	finish   string     // why the reply ends, "" while it goes on
	usage    *rag.Usage // nil where the server does not say
}

// stream asks for one reply and hands on its parts until it ends. An error of
// take ends it and is returned as it is; all others are a *rag.ModelError. Whether
// the stream was ended or cut, x.done says.
func (c *client) stream(ctx context.Context, x *exchange, request chatRequest, take func(delta) error) error {
	x.stream = true
	ctx = context.WithValue(ctx, exchangeKey{}, x)
	stream, err := c.api.CreateChatCompletionStream(ctx, openai.ChatCompletionRequest{
		Model: request.model,
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleSystem, Content: request.prompt.System},
			{Role: openai.ChatMessageRoleUser, Content: request.prompt.User},
		},
		Temperature: request.temperature,
	})
	if err != nil {
		return c.fault(err, x)
	}
	defer stream.Close()
	for {
		event, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return c.fault(err, x)
		}
		var d delta
		if u := event.Usage; u != nil && u.PromptTokens+u.CompletionTokens > 0 {
			d.usage = &rag.Usage{Prompt: u.PromptTokens, Completion: u.CompletionTokens}
		}
		for _, choice := range event.Choices {
			if choice.Index != 0 {
				continue
			}
			d.text += choice.Delta.Content
			d.thoughts += choice.Delta.ReasoningContent
			d.refusal = d.refusal || choice.Delta.Refusal != ""
			if choice.FinishReason != openai.FinishReasonNull {
				d.finish = string(choice.FinishReason)
			}
		}
		if err := take(d); err != nil {
			return err
		}
	}
}

type chatRequest struct {
	model       string
	prompt      rag.Prompt
	temperature float32 // 0 sends none, which means 1 to most servers; coldest means 0
}

// coldest is sent for temperature 0, which the library leaves out.
const coldest = math.SmallestNonzeroFloat32

// embed asks for the vectors of the texts, as the server gives them: by its index,
// nil where one is missing. Errors are a *rag.ModelError.
func (c *client) embed(ctx context.Context, model string, texts []string) ([][]float32, error) {
	x := &exchange{}
	ctx = context.WithValue(ctx, exchangeKey{}, x)
	reply, err := c.api.CreateEmbeddings(ctx, openai.EmbeddingRequest{Input: texts, Model: openai.EmbeddingModel(model)})
	if err != nil {
		return nil, c.fault(err, x)
	}
	vectors := make([][]float32, len(texts))
	numbered := slices.ContainsFunc(reply.Data, func(d openai.Embedding) bool { return d.Index != 0 })
	for i, d := range reply.Data {
		if !numbered {
			d.Index = i // some servers leave the index out and keep the order
		}
		if d.Index < 0 || d.Index >= len(texts) || vectors[d.Index] != nil || len(d.Embedding) == 0 {
			return nil, &rag.ModelError{Reason: rag.Garbage, Err: fmt.Errorf("vector %d of %d does not belong to its text", d.Index, len(texts))}
		}
		vectors[d.Index] = d.Embedding
	}
	if len(reply.Data) != len(texts) {
		return nil, &rag.ModelError{Reason: rag.Garbage, Err: fmt.Errorf("%d vectors for %d texts", len(reply.Data), len(texts))}
	}
	return vectors, nil
}

// fault puts an error of the library into our words: the reason, and what the
// server said, without anything secret.
func (c *client) fault(err error, x *exchange) *rag.ModelError {
	f := &rag.ModelError{RetryAfter: x.retryAfter}
	if x.status >= 400 {
		f.Status = x.status
	}
	say := func(words string) error { return &said{hide(words, c.secrets), f.Status} }

	var api *openai.APIError
	var request *openai.RequestError
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var address *url.Error
	switch {
	case errors.As(err, &api):
		// In the middle of a stream there is no status but the one in the error.
		if code, ok := api.Code.(int); ok && f.Status == 0 && code >= 400 && code < 600 {
			f.Status = code
		}
		f.Reason = reasonOf(f.Status, fmt.Sprint(api.Code, " ", api.Type, " ", api.Message))
		f.Err = say(api.Message)
	case errors.As(err, &request):
		f.Reason = reasonOf(f.Status, string(request.Body))
		f.Err = say(string(request.Body))
	case f.Status != 0: // and the words could not be read
		f.Reason, f.Err = reasonOf(f.Status, ""), say(err.Error())
	case errors.As(err, &syntax), errors.As(err, &kind), errors.Is(err, openai.ErrTooManyEmptyStreamMessages):
		f.Reason, f.Err = rag.Garbage, say(err.Error())
	case x.status != 0 || errors.Is(err, errCut):
		f.Reason, f.Err = rag.CutOff, say(err.Error())
	case errors.As(err, &address):
		f.Reason, f.Err = rag.Unavailable, say(address.Err.Error()) // without the URL, which may hold a password
	case errors.Is(err, openai.ErrChatCompletionInvalidModel):
		f.Reason, f.Err = rag.NoModel, say(err.Error())
	default: // the library did not want to send it
		f.Reason, f.Err = rag.Refused, say(err.Error())
	}
	return f
}
