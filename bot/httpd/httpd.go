// Package httpd is what stands between the network and the front ends over HTTP:
// the server with its limits, TLS, who may ask how often, what a request is called
// in the log, and the headers that every response has.
package httpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"
	"github.com/rs/cors"

	"xiangwen/bot/problem"
)

// Config of the server.
type Config struct {
	PerMinute int                                                // requests that one address may make a minute, 0 is any number
	AtOnce    int                                                // requests that are answered at the same time; 0 is 256
	Proxies   []string                                           // CIDRs of proxies whose X-Forwarded-For is believed
	Origins   []string                                           // of other sites that may ask from a browser, "*" is all; none by default
	Traced    bool                                               // each request is a span, see [Trace]
	TLS       bool                                               // it is served over TLS, here or by the proxy: browsers are told to stay with it
	Request   func(route string, status int, took time.Duration) // told of each request, may be nil
}

// Wrap puts everything around a handler that a request from outside needs.
func Wrap(next http.Handler, c Config, log *slog.Logger) http.Handler {
	if c.AtOnce <= 0 {
		c.AtOnce = 256
	}
	h := next
	h = throttle(h, c.AtOnce, log)
	h = limit(h, c)
	h = allowOrigins(h, c)
	h = headers(h, c)
	h = survive(h, log)
	h = observe(h, c, log)
	h = address(h, c)
	h = middleware.RequestID(h)
	if c.Traced {
		h = traced(h)
	}
	return h
}

// address finds the client's address: the connection's, or what a trusted proxy
// says that it is.
func address(next http.Handler, c Config) http.Handler {
	if len(c.Proxies) == 0 {
		return middleware.ClientIPFromRemoteAddr(next)
	}
	return middleware.ClientIPFromXFF(c.Proxies...)(next)
}

// limit turns requests of one address away that come too often. Probes and
// metrics are never turned away, nor is this machine itself: behind a proxy that is
// not in Proxies all readers would come from there.
func limit(next http.Handler, c Config) http.Handler {
	if c.PerMinute <= 0 {
		return next
	}
	limited := httprate.LimitBy(c.PerMinute, time.Minute, func(r *http.Request) (string, error) {
		return httprate.CanonicalizeIP(middleware.GetClientIP(r.Context())), nil
	}, httprate.WithLimitHandler(func(w http.ResponseWriter, r *http.Request) {
		problem.Write(w, http.StatusTooManyRequests, "too many requests from this address; Retry-After says when to come again")
	}))(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if exempt(r.URL.Path) || middleware.GetClientIPAddr(r.Context()).IsLoopback() {
			next.ServeHTTP(w, r)
			return
		}
		limited.ServeHTTP(w, r)
	})
}

func exempt(path string) bool {
	return path == "/healthz" || path == "/readyz" || path == "/metrics"
}

// allowOrigins lets other sites' pages ask. Admin endpoints are never among what
// they may use, whatever the setting.
func allowOrigins(next http.Handler, c Config) http.Handler {
	if len(c.Origins) == 0 {
		return next
	}
	open := cors.New(cors.Options{
		AllowedOrigins: c.Origins, AllowedMethods: []string{http.MethodGet, http.MethodPost},
		AllowedHeaders: []string{"Content-Type", "Authorization"},
		ExposedHeaders: []string{"X-Request-Id", "Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"},
		MaxAge:         600,
	}).Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/admin/") || strings.HasPrefix(r.URL.Path, "/admin") {
			next.ServeHTTP(w, r)
			return
		}
		open.ServeHTTP(w, r)
	})
}

// headers sets what every response has.
func headers(next http.Handler, c Config) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("X-Request-Id", middleware.GetReqID(r.Context()))
		if c.TLS {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// survive answers 500 where a handler panics.
func survive(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, _ := v.(error); errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			log.Error("panic in a handler", "method", r.Method, "route", r.Pattern, "request", middleware.GetReqID(r.Context()), "panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			problem.Write(w, http.StatusInternalServerError, "this request could not be answered")
		}()
		next.ServeHTTP(w, r)
	})
}

// observe counts each request and logs it: never its query, which may hold a
// question.
func observe(next http.Handler, c Config, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		seen := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(seen, r)
		status, took := seen.Status(), time.Since(start)
		if status == 0 {
			status = http.StatusOK
		}
		route := r.Pattern
		nameSpan(r)
		if c.Request != nil {
			c.Request(route, status, took)
		}
		// 503 is what a server too busy or not ready says, by the thousand.
		failed := status >= 500 && status != http.StatusServiceUnavailable
		if failed || log.Enabled(r.Context(), slog.LevelDebug) {
			level := slog.LevelDebug
			if failed {
				level = slog.LevelInfo
			}
			log.Log(r.Context(), level, "request", "method", r.Method, "route", route, "status", status, "bytes", seen.BytesWritten(),
				"took", took.Round(10*time.Microsecond), "request", middleware.GetReqID(r.Context()))
		}
	})
}

// NewServer wraps a handler in a server with a limit on everything that a slow or
// hostile client could stretch.
func NewServer(handler http.Handler, log *slog.Logger) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true) // behind a proxy
	return &http.Server{
		Handler:           handler,
		Protocols:         protocols,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// Shutdown ends a server: what has begun may finish within the time.
func Shutdown(ctx context.Context, s *http.Server, most time.Duration) error {
	timed, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	defer cancel()
	if err := s.Shutdown(timed); err != nil {
		return fmt.Errorf("stop HTTP: %w", err)
	}
	return nil
}

// RequestID is the id of a request as its response's X-Request-Id has it.
func RequestID(ctx context.Context) string { return middleware.GetReqID(ctx) }
