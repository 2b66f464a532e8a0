package prometheus_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/prometheus"
)

// A real Prometheus answers as the model does.
func TestPrometheusKeepsThePromisesOfMetrics(t *testing.T) {
	local := agenttest.Cluster(t)
	p, err := prometheus.New(prometheus.Config{URL: local.Prometheus})
	require.NoError(t, err)
	agenttest.TestMetrics(t, p, local.Mesh(t), local.Namespace(t), time.Now())
}
