// Package problem writes errors over HTTP as RFC 9457 has them.
package problem

import (
	"encoding/json"
	"net/http"
)

// Problem is an error's body, of type application/problem+json.
type Problem struct {
	Type   string  `json:"type"`
	Title  string  `json:"title"`  // the status in words
	Status int     `json:"status"` // of HTTP
	Detail string  `json:"detail"`
	Errors []Field `json:"errors,omitempty"`
}

// Field says what is wrong with a part of the request.
type Field struct {
	Field  string `json:"field"` // its name in the body or the query
	Detail string `json:"detail"`
}

// Write sends a problem.
func Write(w http.ResponseWriter, status int, detail string, fields ...Field) {
	h := w.Header()
	h.Del("Content-Length")
	h.Del("Etag")
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Errors: fields})
}
