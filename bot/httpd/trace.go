package httpd

import (
	"context"
	"fmt"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Trace has requests traced and sent where the environment says, as OpenTelemetry has
// it (OTEL_EXPORTER_OTLP_ENDPOINT and its like). stop sends what is left. No span holds
// a question.
func Trace(ctx context.Context) (stop func(context.Context) error, err error) {
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("send traces: %w", err)
	}
	about, err := resource.Merge(resource.Default(), resource.NewSchemaless(semconv.ServiceName("xiangwen")))
	if err != nil {
		return nil, fmt.Errorf("send traces: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	return provider.Shutdown, nil
}

// traced begins a span for each request; observe names it by its route.
func traced(next http.Handler) http.Handler {
	return otelhttp.NewHandler(next, "request", otelhttp.WithFilter(func(r *http.Request) bool { return !exempt(r.URL.Path) }))
}

// nameSpan gives the request's span the name of its route.
func nameSpan(r *http.Request) {
	if r.Pattern != "" {
		trace.SpanFromContext(r.Context()).SetName(r.Pattern)
	}
}
