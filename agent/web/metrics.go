package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// metrics are the agent's, in a registry of their own.
type metrics struct {
	registry *prometheus.Registry
	duration prometheus.Histogram
	passes   prometheus.Counter
	moves    *prometheus.CounterVec
	// These three say what the last pass found, and nothing where there was none: whoever
	// stands by has no repository that is away.
	problems, git, last *prometheus.GaugeVec
	leading             prometheus.Gauge
	rollouts            *rollouts
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "weir_pass_duration_seconds", Help: "How long one pass over the rollouts that were due took.",
			Buckets: []float64{.001, .005, .01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}),
		passes: prometheus.NewCounter(prometheus.CounterOpts{Name: "weir_passes_total", Help: "Passes since the start."}),
		moves: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "weir_moves_total", Help: "Moves by kind and result: applied, denied, unchecked, superseded, failed, or observed in a dry run.",
		}, []string{"kind", "result"}),
		problems: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "weir_problems", Help: "How much is wrong in the input now, and kept out."}, nil),
		git:      prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "weir_git_up", Help: "1 while Git can be read and the status branch written."}, nil),
		last:     prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "weir_last_pass_timestamp_seconds", Help: "When the last pass ended."}, nil),
		leading:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "weir_leading", Help: "1 while this process makes the passes, 0 while it stands by and another does."}),
		rollouts: newRollouts(),
	}
	m.leading.Set(1)
	m.registry.MustRegister(m.duration, m.passes, m.moves, m.problems, m.git, m.last, m.leading, m.rollouts,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: writeTimeout / 2})
}

// stand forgets what another life found.
func (m *metrics) stand() {
	m.leading.Set(0)
	for _, found := range []*prometheus.GaugeVec{m.problems, m.git, m.last} {
		found.Reset()
	}
	m.rollouts.show(nil)
}

func (m *metrics) passed(ended time.Time, took time.Duration, turns []agent.Turn, views []agent.View, problems rollout.Problems, err error) {
	m.passes.Inc()
	m.duration.Observe(took.Seconds())
	m.problems.WithLabelValues().Set(float64(len(problems)))
	m.git.WithLabelValues().Set(truth(err == nil))
	m.last.WithLabelValues().Set(float64(ended.UnixMilli()) / 1000)
	for i := range turns {
		if kind, result := resultOf(&turns[i]); result != "" {
			m.moves.WithLabelValues(string(kind), result).Inc()
		}
	}
	m.rollouts.show(views)
}

// resultOf says how a turn's move ended; "" where there was none.
func resultOf(t *agent.Turn) (rollout.Kind, string) {
	kind := t.Entry.Operation // what was proposed, also when it was refused
	if kind == "" {
		kind = t.Move.Kind
	}
	switch {
	case kind == rollout.Hold || kind == "":
		return "", ""
	case t.Decision.Verdict == policy.Deny:
		return kind, "denied"
	case t.Decision.Verdict == policy.Error:
		return kind, "unchecked"
	case errors.Is(t.Err, agent.ErrSuperseded) || errors.Is(t.Err, agent.ErrConflict):
		return kind, "superseded"
	case t.Err != nil:
		return kind, "failed"
	case t.Done:
		return kind, "applied"
	}
	return kind, "observed"
}

func truth(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}
