package api

import (
	_ "embed"
	"net/http"
)

// openAPI describes every endpoint; the tests hold it against their answers.
//
//go:embed openapi.json
var openAPI []byte

var openAPITag = digest(string(openAPI))

func document(w http.ResponseWriter, r *http.Request) {
	if fresh(w, r, openAPITag) {
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(openAPI)
}
