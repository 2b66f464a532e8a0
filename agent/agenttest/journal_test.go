package agenttest_test

import (
	"testing"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
)

func TestTheModelIsAJournal(t *testing.T) {
	agenttest.TestJournal(t, func(*testing.T) (func() agent.Journal, agenttest.Remote) {
		git := agenttest.NewGit()
		return func() agent.Journal { return git.Clone() }, git
	})
}
