package agenttest

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// MetricsWorld is a source of metrics, and the traffic that it measures.
type MetricsWorld interface {
	Serve(Traffic)
}

// TestMetrics holds agent.Metrics to its promises. The world has room for
// namespaces of the given name and longer ones, and knows no traffic there yet.
func TestMetrics(t *testing.T, metrics agent.Metrics, world MetricsWorld, namespace string, now time.Time) {
	t.Helper()
	now = now.Truncate(time.Second)
	begin := now.Add(-10 * time.Minute)
	ask := func(t *testing.T, service string, m rollout.Measure) []float64 {
		t.Helper()
		m.Namespace, m.Interval, m.From, m.To = namespace, time.Minute, begin.Add(2*time.Minute), begin.Add(4*time.Minute)
		d := rollout.Destination{Host: service, Subset: "canary"}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // as the agent asks
		defer cancel()
		samples, err := metrics.Samples(ctx, rollout.Query{Destination: d, Measure: &m})
		require.NoError(t, err)
		var out []float64
		last := time.Time{}
		for _, s := range samples {
			assert.Equal(t, m.Metric, s.Metric)
			assert.Equal(t, d, s.Destination)
			assert.True(t, m.Fits(s.At), "%s is none of the instants from %s", s.At, m.From)
			assert.True(t, s.At.After(last))
			last = s.At
			out = append(out, s.Value)
		}
		return out
	}
	rate := rollout.Measure{Metric: rollout.SuccessRate, Version: "v3"}
	serve := func(service, version, of string, failed int) {
		world.Serve(Traffic{Namespace: of, Service: service, Version: version, From: begin, To: now, Requests: 100, Failed: failed, Millis: 40})
	}
	serve("fine", "v3", namespace, 0)
	serve("fine", "v1", namespace, 100)
	serve("fine", "v3", namespace+"-other", 100)
	serve("ill", "v3", namespace, 5)
	serve("dead", "v3", namespace, 100)
	world.Serve(Traffic{Namespace: namespace, Service: "calls", Version: "v3", From: begin, To: now, Requests: 100, Failed: 5, Millis: 40, Code: "14"})
	for service, lost := range map[string]int{"hung": 100, "slow": 50} {
		world.Serve(Traffic{Namespace: namespace, Service: service, Version: "v3", From: begin, To: now, Requests: 100, Failed: lost, Lost: true, Millis: 40})
	}
	world.Serve(Traffic{Namespace: namespace, Service: "late", Version: "v3", From: begin.Add(150 * time.Second), To: now, Requests: 100, Millis: 40})

	near := func(t *testing.T, want, is []float64, within float64) {
		t.Helper()
		require.Len(t, is, len(want))
		for i := range want {
			assert.InDelta(t, want[i], is[i], within)
		}
	}
	t.Run("all is well, whatever others do", func(t *testing.T) { near(t, []float64{100, 100, 100}, ask(t, "fine", rate), 0.01) })
	t.Run("five percent fail", func(t *testing.T) { near(t, []float64{95, 95, 95}, ask(t, "ill", rate), 0.1) })
	t.Run("five percent of calls fail, which HTTP answers with 200", func(t *testing.T) { near(t, []float64{95, 95, 95}, ask(t, "calls", rate), 0.1) })
	t.Run("all fail, which is a value", func(t *testing.T) { near(t, []float64{0, 0, 0}, ask(t, "dead", rate), 0.01) })
	t.Run("nobody is answered, which is no success", func(t *testing.T) { assert.Empty(t, ask(t, "hung", rate)) })
	t.Run("some are not answered, and the others are", func(t *testing.T) { near(t, []float64{100, 100, 100}, ask(t, "slow", rate), 0.01) })
	t.Run("nobody asks for anything, which is none", func(t *testing.T) { assert.Empty(t, ask(t, "idle", rate)) })
	t.Run("instants before the first request are absent", func(t *testing.T) { near(t, []float64{100, 100}, ask(t, "late", rate), 0.01) })
	t.Run("latency is in milliseconds", func(t *testing.T) {
		near(t, []float64{40, 40, 40}, ask(t, "fine", rollout.Measure{Metric: rollout.LatencyP99, Version: "v3"}), 12)
		assert.Empty(t, ask(t, "idle", rollout.Measure{Metric: rollout.LatencyP99, Version: "v3"}))
	})
	for name, c := range map[string]struct {
		query string
		want  []float64
	}{"a number": {QuerySeven, []float64{7, 7, 7}}, "no series": {QueryNothing, nil}, "no number": {QueryNaN, nil}, "no finite number": {QueryInf, slices.Repeat([]float64{math.MaxFloat64}, 3)}} {
		t.Run("an own query with "+name, func(t *testing.T) {
			assert.Equal(t, c.want, ask(t, "fine", rollout.Measure{Metric: "own", Query: c.query, Version: "v3"}))
		})
	}
	t.Run("what cannot be answered is an error", func(t *testing.T) {
		for _, query := range []string{QuerySeveral, QueryWrong} {
			m := rollout.Measure{Metric: "own", Query: query, Namespace: namespace, Interval: time.Minute, From: begin, To: now}
			_, err := metrics.Samples(t.Context(), rollout.Query{Destination: rollout.Destination{Host: "fine"}, Measure: &m})
			assert.Error(t, err, query)
		}
	})
	t.Run("an ended context is an error", func(t *testing.T) {
		ended, end := context.WithCancel(t.Context())
		end()
		m := rate
		m.Namespace, m.Interval, m.From, m.To = namespace, time.Minute, begin, now
		_, err := metrics.Samples(ended, rollout.Query{Destination: rollout.Destination{Host: "fine"}, Measure: &m})
		assert.Error(t, err)
	})
}
