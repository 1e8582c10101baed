package api

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// spec is openapi.json, valid.
var spec = sync.OnceValue(func() *openapi3.T {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(openAPI)
	if err == nil {
		err = doc.Validate(loader.Context)
	}
	if err != nil {
		panic(err)
	}
	return doc
})

// routeOf finds what the document says of a request, nil for what is no endpoint.
func routeOf(r *http.Request) *routers.Route {
	mux := http.NewServeMux()
	for _, e := range (&server{}).routes() {
		mux.HandleFunc(e.pattern, func(http.ResponseWriter, *http.Request) {})
	}
	_, pattern := mux.Handler(r)
	_, path, found := strings.Cut(pattern, " ")
	item := spec().Paths.Value(path)
	if !found || item == nil {
		return nil
	}
	return &routers.Route{Spec: spec(), Path: path, PathItem: item, Method: r.Method, Operation: item.GetOperation(r.Method)}
}

// described holds a response, and the request if it was taken, against the
// document.
func described(t testing.TB, r *http.Request, response *http.Response, body string, data []byte) {
	t.Helper()
	route := routeOf(r)
	if route == nil {
		return
	}
	request := r.Clone(t.Context())
	request.Body = io.NopCloser(strings.NewReader(body))
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}
	input := &openapi3filter.RequestValidationInput{Request: request, Route: route, Options: options, PathParams: map[string]string{"id": "x"}}
	if response.StatusCode < 300 {
		if err := openapi3filter.ValidateRequest(t.Context(), input); err != nil {
			t.Errorf("%s %s was taken, but the document has it otherwise: %v", r.Method, r.URL, err)
		}
	}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/") {
		return
	}
	err := openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: response.StatusCode, Header: response.Header, Body: io.NopCloser(bytes.NewReader(data)), Options: options,
	})
	if err != nil {
		t.Errorf("%s %s: %d is not as the document has it: %v", r.Method, r.URL, response.StatusCode, err)
	}
}

func TestTheDocumentHasEveryRoute(t *testing.T) {
	routes := make(map[string]bool)
	for _, r := range (&server{log: slog.New(slog.DiscardHandler)}).routes() {
		routes[r.pattern] = true
	}
	for path, item := range spec().Paths.Map() {
		for method := range item.Operations() {
			if !routes[method+" "+path] {
				t.Errorf("the document has %s %s, which is no route", method, path)
			}
			delete(routes, method+" "+path)
		}
	}
	for r := range routes {
		t.Errorf("the document lacks %s", r)
	}
}
