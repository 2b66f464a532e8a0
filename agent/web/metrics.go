package web

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
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
	problems prometheus.Gauge
	git      prometheus.Gauge
	last     prometheus.Gauge
	rollouts *rollouts
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
		problems: prometheus.NewGauge(prometheus.GaugeOpts{Name: "weir_problems", Help: "How much is wrong in the input now, and kept out."}),
		git:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "weir_git_up", Help: "1 while Git can be read and the status branch written."}),
		last:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "weir_last_pass_timestamp_seconds", Help: "When the last pass ended."}),
		rollouts: newRollouts(),
	}
	m.registry.MustRegister(m.duration, m.passes, m.moves, m.problems, m.git, m.last, m.rollouts,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: writeTimeout / 2})
}

func (m *metrics) passed(ended time.Time, took time.Duration, turns []agent.Turn, views []agent.View, problems rollout.Problems, err error) {
	m.passes.Inc()
	m.duration.Observe(took.Seconds())
	m.problems.Set(float64(len(problems)))
	m.git.Set(truth(err == nil))
	m.last.Set(float64(ended.UnixMilli()) / 1000)
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

// rollouts shows the rollouts as the last pass left them: one whole picture
// after the other, so that what is gone is gone from the metrics too, and
// nobody who scrapes sees half of it.
type rollouts struct{ now atomic.Pointer[picture] }

// picture is the metrics of all rollouts at one time.
type picture struct{ weight, phase *prometheus.GaugeVec }

func newRollouts() *rollouts {
	r := &rollouts{}
	r.show(nil)
	return r
}

// Describe is prometheus.Collector's.
func (r *rollouts) Describe(to chan<- *prometheus.Desc) { r.now.Load().each(func(v *prometheus.GaugeVec) { v.Describe(to) }) }

// Collect is prometheus.Collector's.
func (r *rollouts) Collect(to chan<- prometheus.Metric) { r.now.Load().each(func(v *prometheus.GaugeVec) { v.Collect(to) }) }

func (p *picture) each(do func(*prometheus.GaugeVec)) {
	do(p.weight)
	do(p.phase)
}

func (r *rollouts) show(views []agent.View) {
	p := &picture{
		weight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "weir_weight", Help: "The live weight of a destination, as the VirtualService has it; 100 for one that stands alone.",
		}, []string{"environment", "namespace", "rollout", "target", "route", "destination"}),
		phase: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "weir_phase", Help: "1 for the phase that the rollout is in, 0 for the others.",
		}, []string{"environment", "namespace", "rollout", "phase"}),
	}
	for _, v := range views {
		for _, phase := range []rollout.Phase{rollout.Healthy, rollout.Pending, rollout.Progressing, rollout.Paused, rollout.Degraded} {
			p.phase.WithLabelValues(v.Environment, v.Namespace, v.Name, string(phase)).Set(truth(v.Phase == phase))
		}
		for _, route := range v.Routes {
			for i, w := range route.Destinations {
				weight := float64(w.Weight)
				if len(route.Destinations) == 1 {
					weight = 100
				}
				p.weight.WithLabelValues(v.Environment, v.Namespace, v.Name, route.Target, route.Route, label(route.Destinations, i)).Set(weight)
			}
		}
	}
	r.now.Store(p)
}

// label names a destination as people do, and in full where two of a route
// would read the same.
func label(s rollout.Split, i int) string {
	d := s[i].Destination
	for j, other := range s {
		if j != i && other.String() == d.String() {
			return fmt.Sprintf("%s/%s:%d", d.Host, d.Subset, d.Port)
		}
	}
	return d.String()
}

func truth(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}
