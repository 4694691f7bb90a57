package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"onevision/indicators"
)

// metrics are the app's figures for whoever operates it, in Prometheus'
// format. No label says anything about a person: routes are patterns, and what
// is counted has no names.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	runs     *prometheus.CounterVec
	running  prometheus.Histogram
	computed prometheus.Counter
	changed  prometheus.Counter
	lastRun  prometheus.Gauge

	mu   sync.Mutex
	last []ranOnce // runs of the engine, the newest first
}

// ranOnce is one run of the engine, for a page.
type ranOnce struct {
	indicators.Run
	Took time.Duration
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "onevision_http_requests_total", Help: "Requests answered, by the pattern of their route."}, []string{"method", "route", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "onevision_http_request_duration_seconds", Help: "How long requests took.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}, []string{"method", "route"}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "onevision_indicator_runs_total", Help: "Runs of the engine, by what began them."}, []string{"why"}),
		running: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "onevision_indicator_run_duration_seconds", Help: "How long runs of the engine took, without the time in which they gave way.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}}),
		computed: prometheus.NewCounter(prometheus.CounterOpts{Name: "onevision_indicators_computed_total", Help: "Indicators computed, each time."}),
		changed:  prometheus.NewCounter(prometheus.CounterOpts{Name: "onevision_indicators_changed_total", Help: "Indicators computed whose values had changed."}),
		lastRun:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "onevision_indicator_last_run_timestamp_seconds", Help: "When the last run of the engine began."}),
	}
	m.registry.MustRegister(m.requests, m.took, m.runs, m.running, m.computed, m.changed, m.lastRun,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// ran counts a run of the engine that has just ended.
func (m *metrics) ran(r indicators.Run, now time.Time) {
	took := max(now.Sub(r.At)-r.Lost, 0)
	m.runs.WithLabelValues(r.Why).Inc()
	m.running.Observe(took.Seconds())
	m.computed.Add(float64(len(r.Indicators)))
	m.changed.Add(float64(len(r.Changed)))
	m.lastRun.Set(float64(r.At.UnixMilli()) / 1000)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = append([]ranOnce{{r, took}}, m.last...)
	m.last = m.last[:min(len(m.last), 5)]
}

// count counts requests by the pattern of their route, never by their path.
func (m *metrics) count(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		if err := next(c); err != nil {
			c.Error(err) // written here, so that its status can be counted
		}
		route := c.Path()
		if route == "" || c.Response().Status == http.StatusNotFound && !registered(c) {
			route = "(none)"
		}
		method := methodOf(c.Request().Method)
		m.requests.WithLabelValues(method, route, strconv.Itoa(c.Response().Status)).Inc()
		m.took.WithLabelValues(method, route).Observe(time.Since(began).Seconds())
		return nil
	}
}

// registered says whether the request's pattern is a route; without a match,
// echo has the path as it was asked for in its place.
func registered(c echo.Context) bool {
	for _, r := range c.Echo().Routes() {
		if r.Path == c.Path() {
			return true
		}
	}
	return false
}

// methodOf keeps invented methods from becoming labels.
func methodOf(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// lastRuns is up to five runs of the engine, the newest first.
func (m *metrics) lastRuns() []ranOnce {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.last)
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 20 * time.Second})
}

// listenMetrics opens the socket that metrics are served on. They are no
// secret about anybody, and still nobody's business but the operator's: only an
// address of this machine will do.
func listenMetrics(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("the address %q for metrics is not HOST:PORT", address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("metrics are served to this machine only: give --metrics-listen an address like 127.0.0.1:9464, not %s", address)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for metrics: %w", err)
	}
	return l, nil
}

// serveMetrics answers at /metrics until ctx ends.
func (a *App) serveMetrics(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.handler())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug)}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(a.metricsAt); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics: %w", err)
	}
	return nil
}

// MetricsAddress is where metrics are served, "" if they are not.
func (a *App) MetricsAddress() string {
	if a.metricsAt == nil {
		return ""
	}
	return a.metricsAt.Addr().String()
}
