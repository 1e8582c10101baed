package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Most bytes that are read of a response, so that a server that never stops costs
// no memory: a stream has about 300 for each token, reasoning included; a vector
// of 4,096 numbers has about 90,000.
const (
	mostOfStream = 16 << 20
	mostOfReply  = 64 << 20
	mostOfError  = 64 << 10
)

// exchange is what a response showed that the client library keeps to itself. It
// travels in the context of its request and is filled in by [recorder].
type exchange struct {
	stream     bool // a stream was asked for
	status     int  // 0 while there is no response
	retryAfter time.Duration
	tail       []byte // the last bytes that were read
}

// done says whether a stream has ended as it should. The library's io.EOF does
// not: a stream that was cut ends in the same.
func (x *exchange) done() bool { return bytes.HasSuffix(bytes.TrimSpace(x.tail), []byte("[DONE]")) }

type exchangeKey struct{}

// recorder is an http.RoundTripper that fills in the request's exchange, bounds
// what is read, and makes a stream of a reply that was not sent as one.
type recorder struct{ next http.RoundTripper }

var _ http.RoundTripper = recorder{}

func (r recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.next.RoundTrip(request)
	x, ok := request.Context().Value(exchangeKey{}).(*exchange)
	if err != nil || !ok {
		return response, err
	}
	x.status = response.StatusCode
	x.retryAfter = retryAfter(response.Header, time.Now())
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	most := int64(mostOfReply)
	switch {
	case x.status >= 400:
		most = mostOfError
	case x.stream && kind == "application/json":
		if err := asStream(response); err != nil {
			return nil, err
		}
	case x.stream:
		most = mostOfStream
	}
	response.Body = &body{io.LimitReader(response.Body, most), response.Body, x}
	return response, nil
}

// body is a response's body that remembers how it ended.
type body struct {
	io.Reader
	closer io.Closer
	x      *exchange
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.x.tail = append(b.x.tail, p[:n]...)
	const enough = 64
	if more := len(b.x.tail) - enough; more > 0 {
		b.x.tail = append(b.x.tail[:0], b.x.tail[more:]...)
	}
	return n, err
}

func (b *body) Close() error {
	if b.x.done() {
		// The library stops at [DONE]; a connection is used again only if its
		// response was read to the end.
		_, _ = io.CopyN(io.Discard, b.Reader, 4<<10)
	}
	return b.closer.Close()
}

// asStream turns a plain completion, which some servers send although a stream
// was asked for, into a stream of one event. What is no completion stays as it
// is: it may be a stream that is called JSON.
func asStream(response *http.Response) error {
	data, err := io.ReadAll(io.LimitReader(response.Body, mostOfReply))
	if err != nil {
		response.Body.Close()
		return fmt.Errorf("%w: %w", errCut, err)
	}
	type choice struct {
		Index        int             `json:"index"`
		Message      json.RawMessage `json:"message,omitempty"`
		Delta        json.RawMessage `json:"delta"`
		FinishReason string          `json:"finish_reason"`
	}
	var reply struct {
		Error   json.RawMessage `json:"error,omitempty"` // the library looks for it in the first place
		Choices []choice        `json:"choices"`
		Usage   json.RawMessage `json:"usage,omitempty"`
	}
	read := io.Reader(bytes.NewReader(data))
	if json.Unmarshal(data, &reply) == nil {
		if string(reply.Error) == "null" {
			reply.Error = nil
		}
		for i, c := range reply.Choices {
			if c.FinishReason == "" {
				c.FinishReason = "stop" // all of it is here
			}
			reply.Choices[i] = choice{Index: c.Index, Delta: c.Message, FinishReason: c.FinishReason}
		}
		event, err := json.Marshal(reply)
		if err != nil {
			return fmt.Errorf("read a completion: %w", err)
		}
		read = strings.NewReader("data: " + string(event) + "\n\ndata: [DONE]\n\n")
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{read, response.Body}
	return nil
}

// retryAfter is how long the server asks to be left alone: Retry-After in seconds
// or as a date (RFC 9110, 10.2.3), or OpenAI's retry-after-ms. 0 if it does not
// ask, or for nothing.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil {
		return duration(ms / 1000)
	}
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		return duration(seconds)
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

func duration(seconds float64) time.Duration {
	const most = 24 * 60 * 60
	if !(seconds > 0) {
		return 0
	}
	return time.Duration(min(seconds, most) * float64(time.Second))
}
