package agenttest_test

import (
	"testing"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
)

func TestTheModelIsASource(t *testing.T) {
	agenttest.TestSource(t, func(*testing.T) (agent.Source, agenttest.Remote) {
		git := agenttest.NewGit()
		return git, git
	})
}
