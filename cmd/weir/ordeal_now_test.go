package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// asks runs a verb of weir as somebody who may edit VirtualServices and the
// agent's namespace.
func (o *ordeal) asks(verb string, more ...string) {
	o.Helper()
	code, _, said := weir(o.T, append([]string{verb, "--kubeconfig", o.local.Kubeconfig, "--repo", o.author.Dir(), "--reason", "too many errors"}, more...)...)
	require.Equal(o, 0, code, said)
}

func TestAbortNowGoesBackWithGitAwayAndIsRecordedWhenGitIsBack(t *testing.T) {
	t.Parallel()
	o := newOrdeal(t, 20*time.Second, "reviews")
	for key, value := range map[string]string{"user.name": "Olga Oncall", "user.email": "olga@example.com"} {
		_, err := o.author.Git(t.Context(), "config", key, value)
		require.NoError(t, err)
	}
	o.starts()
	o.settles("reviews", 0, "Healthy")
	o.wants(100, "reviews")
	o.reaches("reviews", 10)
	o.recorded("reviews", 10)
	o.git.Away(true)
	asked := time.Now()
	o.asks("abort", "reviews", "--cluster", o.namespace, "--now")
	o.settles("reviews", 0, "Degraded")
	assert.Less(t, time.Since(asked), 20*time.Second, "it waits for nobody")
	v := o.Last("reviews")
	assert.Len(t, v.State.Outbox, 1, "its record waits for Git")
	assert.Contains(t, v.State.Journey.Reason.Sentence, "Olga Oncall")
	o.git.Away(false)
	r := o.Holds(4 * time.Minute)
	assert.Equal(t, along(0, 10, 0), o.Path("reviews"))
	assert.Equal(t, audit.Applied, r.Outcomes[v.State.Journey.Entry].Result)
	assert.Equal(t, rollout.Back, r.Entries[v.State.Journey.Entry].Operation)
	assert.Equal(t, rollout.Degraded, o.recorded("reviews", 0).Rollout.Phase)
}

func TestAStoppedLineHoldsUntilItIsSetGoing(t *testing.T) {
	t.Parallel()
	o := newOrdeal(t, time.Second, "reviews")
	o.starts("--kubeconfig", o.local.Kubeconfig, "--namespace", o.namespace)
	o.settles("reviews", 0, "Healthy")
	o.asks("pause", "--all", "--agent-namespace", o.namespace)
	o.wants(100, "reviews")
	require.Eventually(t, func() bool {
		return o.recorded("reviews", 0).Rollout.Reason.Code == rollout.Stopped
	}, 30*time.Second, 200*time.Millisecond)
	assert.Contains(t, o.recorded("reviews", 0).Rollout.Reason.Sentence, "too many errors")
	assert.Equal(t, along(0), o.Path("reviews"))
	o.asks("resume", "--all", "--agent-namespace", o.namespace)
	o.settles("reviews", 100, "Healthy")
	o.Holds(4 * time.Minute)
	assert.Equal(t, along(0, 10, 50, 100), o.Path("reviews"))
}
