package agenttest_test

import (
	"testing"
	"time"

	"github.com/weir-delivery/weir/agent/agenttest"
)

func TestTheModelOfMetricsKeepsItsPromises(t *testing.T) {
	m := agenttest.NewMetrics()
	agenttest.TestMetrics(t, m, m, "shop", time.Now())
}
