package problem

import "net/http"

// Fallback turns a multiplexer's plain 404 and 405 into problems.
func Fallback(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		probe := &statusOnly{header: w.Header()}
		mux.ServeHTTP(probe, r)
		w.Header().Del("Content-Length")
		switch probe.status {
		case http.StatusMethodNotAllowed:
			Write(w, probe.status, r.Method+" is not possible here; allowed: "+w.Header().Get("Allow"))
		case http.StatusNotFound:
			Write(w, probe.status, "there is nothing at "+r.URL.Path)
		default: // a redirect to the clean path
			w.WriteHeader(probe.status)
		}
	})
}

// statusOnly takes a response's status and header and drops its body.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
