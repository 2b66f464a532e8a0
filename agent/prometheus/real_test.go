package prometheus_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/prometheus"
	"github.com/weir-delivery/weir/rollout"
)

// A real Prometheus answers as the model does.
func TestPrometheusKeepsThePromisesOfMetrics(t *testing.T) {
	local := agenttest.Cluster(t)
	p, err := prometheus.New(prometheus.Config{URL: local.Prometheus})
	require.NoError(t, err)
	agenttest.TestMetrics(t, p, local.Mesh(t), local.Namespace(t), time.Now())
}

// A timeout that only clients see is half as much of all that both sides report.
func TestTheSideThatHasItWorstCounts(t *testing.T) {
	local := agenttest.Cluster(t)
	p, err := prometheus.New(prometheus.Config{URL: local.Prometheus})
	require.NoError(t, err)
	mesh, namespace, now := local.Mesh(t), local.Namespace(t), time.Now().Truncate(time.Second)
	seen := agenttest.Traffic{Namespace: namespace, Service: "reviews", Version: "v3", From: now.Add(-10 * time.Minute), To: now, Requests: 100, Millis: 20}
	mesh.Serve(seen)
	seen.Reporter, seen.Failed, seen.Millis = "source", 2, 45
	mesh.Serve(seen)
	for metric, within := range map[string][2]float64{rollout.SuccessRate: {97.9, 98.1}, rollout.LatencyP99: {25, 50}} {
		q := rate()
		q.Measure.Metric, q.Measure.Namespace, q.Measure.From, q.Measure.To = metric, namespace, now.Add(-2*time.Minute), now.Add(-time.Minute)
		samples, err := p.Samples(t.Context(), q)
		require.NoError(t, err)
		require.Len(t, samples, 2)
		assert.GreaterOrEqual(t, samples[0].Value, within[0], metric)
		assert.LessOrEqual(t, samples[0].Value, within[1], metric)
	}
}

// What a label leaves out is not judged: here, what only clients see.
func TestSeriesWithoutTheClustersLabelsDoNotCount(t *testing.T) {
	local := agenttest.Cluster(t)
	mesh, namespace, now := local.Mesh(t), local.Namespace(t), time.Now().Truncate(time.Second)
	seen := agenttest.Traffic{Namespace: namespace, Service: "reviews", Version: "v3", From: now.Add(-10 * time.Minute), To: now, Requests: 100, Millis: 20}
	mesh.Serve(seen)
	seen.Reporter, seen.Failed = "source", 50
	mesh.Serve(seen)
	for label, percent := range map[string]float64{"reporter=destination": 100, "reporter=source": 50} {
		p, err := prometheus.New(prometheus.Config{URL: local.Prometheus, Labels: []string{label}})
		require.NoError(t, err)
		q := rate()
		q.Measure.Namespace, q.Measure.From, q.Measure.To = namespace, now.Add(-2*time.Minute), now.Add(-time.Minute)
		samples, err := p.Samples(t.Context(), q)
		require.NoError(t, err)
		require.NotEmpty(t, samples)
		assert.InDelta(t, percent, samples[0].Value, 0.1, label)
	}
}
