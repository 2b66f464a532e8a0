package agenttest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// These are the stories of TestCluster about what people ask for on the cluster
// itself, and about labels that are not there yet.

func lineStopped(t *testing.T, c ClusterUnderTest) {
	everything := rollout.Ref{}
	require.Empty(t, c.Stopped())
	for _, sentence := range []string{"Ada: the network is being rebuilt", "Ben: still being rebuilt", ""} {
		c.World.Stop(sentence)
		c.told(t, everything)
		assert.Equal(t, sentence, c.Stopped(), "whoever is told can read it")
	}
}

func askedNow(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 95, 5)))
	assert.Empty(t, c.mustLive(t, ref).Asked)
	c.asks(ref, `[{"verb":"pause","id":"0123456789ab","step":0,"by":"Ada","at":"2026-11-23T08:00:00Z","reason":"odd errors"},
		{"verb":"abort","id":"0123456789ab","step":0,"by":"Ben","at":"2026-11-23T08:01:00Z","now":false}]`)
	live := c.liveWhen(t, ref, func(l agent.LiveObject) bool { return len(l.Asked) > 0 })
	require.Len(t, live.Asked, 2)
	assert.Equal(t, []rollout.Verb{rollout.ToPause, rollout.ToAbort}, []rollout.Verb{live.Asked[0].Verb, live.Asked[1].Verb})
	assert.Equal(t, "odd errors", live.Asked[0].Reason)
	assert.True(t, live.Asked[0].Now && live.Asked[1].Now, "whatever it says, it came without a commit")
	assert.Empty(t, live.Editor, "asking is not editing")
	assert.NotNil(t, live.State)

	require.NoError(t, c.Apply(t.Context(), c.over(live, 100, 0)))
	assert.Equal(t, live.Asked, c.mustLive(t, ref).Asked, "what we write leaves it alone")
	assert.Nil(t, dig(c.mustLive(t, ref).Ours, "metadata", "annotations"), "it is not ours")
	c.World.Edit("kubectl-annotate", "VirtualService", ref, func(o map[string]any) { set(o, nil, "metadata", "annotations", intentAnnotation) })
	c.liveWhen(t, ref, func(l agent.LiveObject) bool { return l.Asked == nil })
}

func askedInVain(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 50, 50)))
	for _, damage := range []string{"{", "", `{"verb":"abort"}`, `[{"verb":"abort","id":"0123456789ab","by":"Ada","at":"2026-11-23T08:00:00Z"},7]`} {
		c.asks(ref, damage)
		live := c.liveWhen(t, ref, func(l agent.LiveObject) bool {
			return dig(l.Object, "metadata", "annotations", intentAnnotation) == damage
		})
		assert.Nil(t, live.Asked, "by %q", damage)
		assert.Empty(t, live.Damaged, "it is no reason to hold")
		require.NoError(t, c.Apply(t.Context(), c.over(live, 100, 0)), "nor not to go back")
	}
	c.eventually(t, func(t *assert.CollectT) {
		events := strings.Join(c.World.Events(ref), "\n")
		assert.Contains(t, events, "Warning Unheard: reading annotation "+intentAnnotation)
	})
}

// asks writes the annotation as a person does.
func (c ClusterUnderTest) asks(ref rollout.Ref, annotation string) {
	c.World.Edit("kubectl-annotate", "VirtualService", ref, func(o map[string]any) {
		set(o, annotation, "metadata", "annotations", intentAnnotation)
	})
}

func endpointsSelected(t *testing.T, c ClusterUnderTest) {
	c.World.Service(c.ref("reviews"))
	c.World.Pod(c.ref("reviews-a"), map[string]string{"app": "reviews", "version": "v1"}, true)
	c.World.Pod(c.ref("reviews-b"), map[string]string{"app": "reviews", "version": "v3"}, true)
	c.World.Pod(c.ref("reviews-c"), map[string]string{"app": "reviews", "version": "v3"}, false)
	require.NoError(t, c.ApplyOther(t.Context(), rule(c.ref("reviews"), "v1")))
	known := rollout.Readiness{Known: true, Defined: true}
	for _, one := range []struct {
		host, subset, version string
		ready, want           int
	}{
		{"reviews", "v1", "v3", 1, 2}, // as if it had these labels, whatever it has
		{"reviews", "v3", "v3", 1, 2}, // as if it were there
		{"reviews", "v1", "v4", 0, 0},
		{"reviews", "v1", "v1", 1, 1},
	} {
		want := known
		want.Ready, want.Want = one.ready, one.want
		c.eventually(t, func(t *assert.CollectT) {
			assert.Equal(t, want, c.Selected(c.Namespace, dest(one.host, one.subset), rollout.Labels{"version": one.version}), "%+v", one)
		})
	}
	assert.Equal(t, rollout.Readiness{Defined: true}, c.Selected(c.Namespace, dest("api.example.com", "v1"), rollout.Labels{"version": "v1"}), "outside")
}
