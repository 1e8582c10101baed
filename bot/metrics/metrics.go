// Package metrics counts what the desk does, for Prometheus.
package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"xiangwen/bot"
	"xiangwen/knowledge"
	"xiangwen/rag"
)

// Metrics of one desk, in a registry of their own.
type Metrics struct {
	registry  *prometheus.Registry
	questions *prometheus.CounterVec
	took      *prometheus.HistogramVec
	stages    *prometheus.HistogramVec
	failures  *prometheus.CounterVec
	tokens    *prometheus.CounterVec
	dropped   *prometheus.CounterVec
	requests  *prometheus.CounterVec
	waited    *prometheus.HistogramVec
	reloads   *prometheus.CounterVec
	reloaded  prometheus.Gauge
}

// seconds is from a question on the bundled articles to a slow model's answer.
var seconds = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 40}

// New makes the metrics.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		questions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "xiangwen_questions_total", Help: "Messages that were answered, by status, method and front end."},
			[]string{"status", "method", "front"}),
		took:     prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "xiangwen_answer_seconds", Help: "From a question to its answer.", Buckets: seconds}, []string{"method"}),
		stages:   prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "xiangwen_stage_seconds", Help: "Parts of answering: retrieve, generate, extract, verify.", Buckets: seconds}, []string{"stage"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "xiangwen_model_failures_total", Help: "Why a model did not answer, or not whole."}, []string{"reason"}),
		tokens:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "xiangwen_model_tokens_total", Help: "Tokens that models were paid for."}, []string{"kind"}),
		dropped:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "xiangwen_dropped_sentences_total", Help: "Sentences of a model that were not said, by what was not proven."}, []string{"kind"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "xiangwen_http_requests_total", Help: "HTTP requests by route and status."}, []string{"route", "status"}),
		waited:   prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "xiangwen_http_seconds", Help: "How long HTTP requests took.", Buckets: seconds}, []string{"route"}),
		reloads:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "xiangwen_reloads_total", Help: "Times that the knowledge was read again."}, []string{"result"}),
		reloaded: prometheus.NewGauge(prometheus.GaugeOpts{Name: "xiangwen_last_reload_timestamp_seconds", Help: "When the knowledge was last read without an error."}),
	}
	m.registry.MustRegister(m.questions, m.took, m.stages, m.failures, m.tokens, m.dropped, m.requests, m.waited, m.reloads, m.reloaded,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Knowledge has the size of the index looked up whenever it is asked for.
func (m *Metrics) Knowledge(library func() *knowledge.Library, chunks func() int) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "xiangwen_articles", Help: "Articles in use."}, func() float64 { return float64(library().Len()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "xiangwen_chunks", Help: "Chunks in the index."}, func() float64 { return float64(chunks()) }),
	)
}

// Answered counts an answer; see bot.Options.
func (m *Metrics) Answered(front string, a rag.Answer) {
	method := a.Method
	if method == "" {
		method = "none"
	}
	m.questions.WithLabelValues(string(a.Status), method, front).Inc()
	m.took.WithLabelValues(method).Observe(a.TookMS / 1000)
	for stage, ms := range map[string]float64{"retrieve": a.Stages.Retrieve, "generate": a.Stages.Generate, "extract": a.Stages.Extract, "verify": a.Stages.Verify} {
		if ms > 0 {
			m.stages.WithLabelValues(stage).Observe(ms / 1000)
		}
	}
	if a.Failure != "" {
		m.failures.WithLabelValues(string(a.Failure)).Inc()
	}
	if a.Usage != nil {
		m.tokens.WithLabelValues("prompt").Add(float64(a.Usage.Prompt))
		m.tokens.WithLabelValues("completion").Add(float64(a.Usage.Completion))
	}
	if !a.Cached {
		for _, d := range a.Dropped {
			m.dropped.WithLabelValues(string(d.Kind)).Inc()
		}
	}
}

// Reloaded counts a reading of the knowledge; see bot.Options.
func (m *Metrics) Reloaded(_ bot.Report, err error) {
	if err != nil {
		m.reloads.WithLabelValues("failed").Inc()
		return
	}
	m.reloads.WithLabelValues("done").Inc()
	m.reloaded.SetToCurrentTime()
}

// Request counts an HTTP request; route is its pattern, "" if it has none.
func (m *Metrics) Request(route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, http.StatusText(status)).Inc()
	m.waited.WithLabelValues(route).Observe(took.Seconds())
}

// Handler serves the metrics in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
