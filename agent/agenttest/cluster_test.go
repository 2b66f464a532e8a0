package agenttest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/rollout"
)

func TestTheModelIsACluster(t *testing.T) {
	agenttest.TestCluster(t, func(*testing.T) agenttest.ClusterUnderTest {
		kube := agenttest.NewKube("test", time.Now)
		return agenttest.ClusterUnderTest{Cluster: kube, World: kube, Name: "test", Namespace: "bookinfo", Elsewhere: "shared"}
	})
}

func TestTheModelFailsAsItIsTold(t *testing.T) {
	kube := agenttest.NewKube("test", time.Now)
	ref := rollout.Ref{Namespace: "bookinfo", Name: "reviews"}
	write := agent.Write{Ref: ref, Object: map[string]any{"spec": map[string]any{"hosts": []any{"reviews"}}}, State: rollout.State{Cluster: "test"}}

	kube.LoseBefore()
	require.ErrorIs(t, kube.Apply(t.Context(), write), agenttest.ErrClusterAway)
	_, ok := kube.Live(ref)
	assert.False(t, ok, "it did not arrive")

	kube.LoseAfter()
	require.ErrorIs(t, kube.Apply(t.Context(), write), agenttest.ErrClusterAway)
	_, ok = kube.Live(ref)
	assert.True(t, ok, "it did arrive")

	kube.Away(true)
	kube.Delete("VirtualService", ref)
	_, ok = kube.Live(ref)
	assert.True(t, ok, "the cache has what it had")
	require.ErrorIs(t, kube.Synced(t.Context()), agenttest.ErrClusterAway)
	kube.Away(false)
	_, ok = kube.Live(ref)
	assert.False(t, ok)

	kube.Refuse(agent.ErrRefused)
	require.ErrorIs(t, kube.Apply(t.Context(), write), agent.ErrRefused)
	require.NoError(t, kube.Apply(t.Context(), write), "once")
}
