package agenttest_test

import (
	"testing"

	"github.com/weir-delivery/weir/agent/agenttest"
)

func TestTheModelOfGatesKeepsItsPromises(t *testing.T) {
	g := agenttest.NewGates()
	agenttest.TestWebhooks(t, g, g)
}
