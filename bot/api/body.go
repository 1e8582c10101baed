package api

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"xiangwen/bot/problem"
)

// maxDepth of a body's JSON: nothing that is asked for is deeper.
const maxDepth = 32

// bodyError is what is wrong with a body, and the status it deserves.
type bodyError struct {
	status int
	detail string
	fields []problem.Field
}

func (e *bodyError) Error() string { return e.detail }

// decode reads a JSON body of at most maxBody bytes into value: one object, with no
// name twice, in UTF-8. strict refuses names that value does not have.
func decode(w http.ResponseWriter, r *http.Request, value any, strict bool) *bodyError {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return &bodyError{status: http.StatusUnsupportedMediaType, detail: "the body must be JSON, with the header Content-Type: application/json"}
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		w.Header().Set("Accept-Encoding", "identity")
		return &bodyError{status: http.StatusUnsupportedMediaType, detail: fmt.Sprintf("the body must not be compressed (Content-Encoding: %s)", e)}
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return &bodyError{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("the body is larger than %d KiB", maxBody>>10)}
	case err != nil:
		return &bodyError{status: http.StatusBadRequest, detail: "the body could not be read to its end"}
	}
	return parse(data, value, strict)
}

func parse(data []byte, value any, strict bool) *bodyError {
	if deep(data) {
		return &bodyError{status: http.StatusBadRequest, detail: fmt.Sprintf("the body is nested deeper than %d levels", maxDepth)}
	}
	err := json.Unmarshal(data, value, json.RejectUnknownMembers(strict))
	if err == nil {
		return nil
	}
	out := &bodyError{status: http.StatusBadRequest, detail: "the body is not the JSON object that is expected"}
	var meaning *json.SemanticError
	var form *jsontext.SyntacticError
	switch {
	case errors.As(err, &meaning) && errors.Is(err, json.ErrUnknownName):
		out.field(string(meaning.JSONPointer), "there is no such field")
	case errors.As(err, &meaning) && meaning.JSONPointer != "":
		out.field(string(meaning.JSONPointer), "must not be of the JSON type "+meaning.JSONKind.String())
	case errors.As(err, &form) && errors.Is(err, jsontext.ErrDuplicateName):
		out.field(string(form.JSONPointer), "stands there twice")
	case errors.As(err, &form):
		out.detail = fmt.Sprintf("the body is not valid JSON in UTF-8, at byte %d", form.ByteOffset)
	}
	return out
}

func (e *bodyError) field(pointer, detail string) {
	name := strings.ReplaceAll(strings.TrimPrefix(pointer, "/"), "/", ".")
	e.fields = []problem.Field{{Field: name, Detail: detail}}
	e.detail = fmt.Sprintf("%q: %s", name, detail)
}

// deep reports whether brackets are nested too deeply, those in strings left out.
func deep(data []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
