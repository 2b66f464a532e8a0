package agenttest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// These are the stories of TestCluster about other managers, other kinds,
// readiness, removals and what is told.

func refusedByName(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	c.World.Create("argocd-controller", service(ref, 100, 0))
	live := c.liveWhen(t, ref, func(agent.LiveObject) bool { return true })
	assert.Equal(t, []string{"argocd-controller"}, live.Appliers)
	assert.Nil(t, live.State)
	assert.Nil(t, live.Ours)
	w := c.over(live, 50, 50)
	w.Force = false
	for _, w.Adopt = range [][]string{nil, {"kubectl-client-side-apply"}} {
		err := c.Apply(t.Context(), w)
		require.ErrorIs(t, err, agent.ErrRefused)
		assert.ErrorContains(t, err, "argocd-controller")
	}
	now := c.World.Get("VirtualService", ref)
	assert.Equal(t, "v1 100 · v3 0", splitOf(now))
	assert.Equal(t, live.Version, dig(now, "metadata", "resourceVersion"), "nothing at all was written")

	both := c.ref("ratings")
	c.World.Create("kubectl-client-side-apply", service(both, 100, 0))
	c.World.Edit("argocd-controller", "VirtualService", both, func(o map[string]any) { setSplit(o, 90, 10) })
	w = c.over(c.liveWhen(t, both, func(l agent.LiveObject) bool { return len(l.Appliers) == 2 }), 50, 50)
	w.Force, w.Adopt = false, []string{"kubectl-client-side-apply"}
	require.ErrorIs(t, c.Apply(t.Context(), w), agent.ErrRefused)
	assert.Equal(t, w.Version, dig(c.World.Get("VirtualService", both), "metadata", "resourceVersion"), "not even the one who may be taken over from")
}

func takenOver(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	theirs := service(ref, 70, 30)
	set(theirs, []any{"mesh"}, "spec", "gateways")
	c.World.Create("kubectl-client-side-apply", theirs)
	c.World.Edit("helm", "VirtualService", ref, func(o map[string]any) { setSplit(o, 80, 20) })
	live := c.liveWhen(t, ref, func(l agent.LiveObject) bool { return splitOf(l.Object) == "v1 80 · v3 20" })
	assert.Equal(t, []string{"helm", "kubectl-client-side-apply"}, live.Appliers)
	w := c.over(live, 80, 20)
	set(w.Object, []any{"mesh"}, "spec", "gateways")
	w.Force, w.Adopt = false, []string{"kubectl-client-side-apply", "helm"}
	require.NoError(t, c.Apply(t.Context(), w))
	assert.Equal(t, dig(live.Object, "spec"), dig(c.World.Get("VirtualService", ref), "spec"))

	live = c.mustLive(t, ref)
	assert.NotNil(t, live.State)
	assert.Empty(t, live.Editor)
	require.NoError(t, c.Apply(t.Context(), c.over(live, 50, 50)), "without gateways, which is ours to drop now")
	now := c.World.Get("VirtualService", ref)
	assert.Equal(t, "v1 50 · v3 50", splitOf(now))
	assert.Nil(t, dig(now, "spec", "gateways"))
}

func othersIdle(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.ApplyOther(t.Context(), rule(ref, "v1")))
	have, ok := c.Other("DestinationRule", ref)
	require.True(t, ok, "it reads its own write")
	assert.Len(t, dig(have, "spec", "subsets"), 1)
	before := c.World.Requests()
	for range 3 {
		require.NoError(t, c.ApplyOther(t.Context(), rule(ref, "v1")))
	}
	assert.Equal(t, before, c.World.Requests(), "an object that is as it should be costs no request")
	require.NoError(t, c.ApplyOther(t.Context(), rule(ref, "v1", "v3")))
	c.World.Edit("kubectl-edit", "DestinationRule", ref, func(o map[string]any) { set(o, rule(ref, "v1")["spec"], "spec") })
	c.eventually(t, func(t *assert.CollectT) {
		have, _ := c.Other("DestinationRule", ref)
		assert.Len(t, dig(have, "spec", "subsets"), 1)
	})
	require.NoError(t, c.ApplyOther(t.Context(), rule(ref, "v1", "v3")), "it is ours, so an edit is undone")
	assert.Len(t, dig(c.World.Get("DestinationRule", ref), "spec", "subsets"), 2)

	late := rule(ref, "v1")
	set(late, dig(have, "metadata", "resourceVersion"), "metadata", "resourceVersion")
	require.ErrorIs(t, c.ApplyOther(t.Context(), late), agent.ErrConflict, "it was made for another version")
	assert.Len(t, dig(c.World.Get("DestinationRule", ref), "spec", "subsets"), 2)
	set(late, "", "metadata", "resourceVersion")
	require.ErrorIs(t, c.ApplyOther(t.Context(), late), agent.ErrConflict, "it was made for what was not there")
	elsewhere := rule(c.ref("elsewhere"), "v1")
	set(elsewhere, "1", "metadata", "resourceVersion")
	require.ErrorIs(t, c.ApplyOther(t.Context(), elsewhere), agent.ErrConflict, "it was made for what was there")
	current, _ := c.Other("DestinationRule", ref)
	set(late, dig(current, "metadata", "resourceVersion"), "metadata", "resourceVersion")
	require.NoError(t, c.ApplyOther(t.Context(), late))
	assert.Len(t, dig(c.World.Get("DestinationRule", ref), "spec", "subsets"), 1)

	for _, kind := range []string{"VirtualService", "Deployment", "Secret", ""} {
		object := rule(ref, "v1")
		object["kind"] = kind
		assert.Error(t, c.ApplyOther(t.Context(), object), kind)
		_, ok := c.Other(kind, ref)
		assert.False(t, ok, kind)
	}
}

func othersRefused(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	c.World.Create("kustomize-controller", rule(ref, "v1"))
	c.eventually(t, func(t *assert.CollectT) {
		_, ok := c.Other("DestinationRule", ref)
		assert.True(t, ok)
	})
	err := c.ApplyOther(t.Context(), rule(ref, "v1", "v3"))
	require.ErrorIs(t, err, agent.ErrRefused)
	assert.ErrorContains(t, err, "kustomize-controller")
	assert.Len(t, dig(c.World.Get("DestinationRule", ref), "spec", "subsets"), 1)
	assert.NoError(t, c.ApplyOther(t.Context(), rule(ref, "v1")), "what is the same already is no conflict")
}

func othersAdopted(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	c.World.Create("kustomize-controller", rule(ref, "v1"))
	c.eventually(t, func(t *assert.CollectT) {
		_, ok := c.Other("DestinationRule", ref)
		assert.True(t, ok)
	})
	require.ErrorIs(t, c.ApplyOther(t.Context(), rule(ref, "v3"), "helm"), agent.ErrRefused, "another one may be taken over from")
	require.NoError(t, c.ApplyOther(t.Context(), rule(ref, "v3"), "kustomize-controller"))
	assert.Len(t, dig(c.World.Get("DestinationRule", ref), "spec", "subsets"), 1, "what only the other had is gone")
	require.NoError(t, c.ApplyOther(t.Context(), rule(ref, "v1", "v3")), "it is ours now")
}

func endpointsBySubset(t *testing.T, c ClusterUnderTest) {
	v1, v3 := dest("reviews", "v1"), dest("reviews", "v3")
	c.readyWhen(t, v3, rollout.Readiness{Known: true}, "neither service nor subset")
	c.World.Service(c.ref("reviews"))
	require.NoError(t, c.ApplyOther(t.Context(), rule(c.ref("reviews"), "v1", "v3")))
	c.readyWhen(t, v3, rollout.Readiness{Known: true, Defined: true}, "no pods")
	c.World.Pod(c.ref("reviews-v1-a"), map[string]string{"app": "reviews", "version": "v1"}, true)
	c.World.Pod(c.ref("reviews-v1-b"), map[string]string{"app": "reviews", "version": "v1"}, false)
	c.World.Pod(c.ref("reviews-v3-a"), map[string]string{"app": "reviews", "version": "v3"}, false)
	c.World.Pod(c.ref("ratings-v3-a"), map[string]string{"app": "ratings", "version": "v3"}, true)
	c.readyWhen(t, v1, rollout.Readiness{Known: true, Defined: true, Ready: 1, Want: 2}, "one of two")
	c.readyWhen(t, v3, rollout.Readiness{Known: true, Defined: true, Ready: 0, Want: 1}, "none of one")
	c.readyWhen(t, dest("reviews", ""), rollout.Readiness{Known: true, Defined: true, Ready: 1, Want: 3}, "the whole service")
	c.readyWhen(t, dest("reviews", "v2"), rollout.Readiness{Known: true}, "a subset that nobody defines")
	c.World.Pod(c.ref("reviews-v3-a"), map[string]string{"app": "reviews", "version": "v3"}, true)
	c.readyWhen(t, v3, rollout.Readiness{Known: true, Defined: true, Ready: 1, Want: 1}, "now it is")
}

func workloadsCounted(t *testing.T, c ClusterUnderTest) {
	v1 := dest("reviews", "v1")
	ref, labels := c.ref("reviews-vm"), map[string]string{"app": "reviews", "version": "v1"}
	c.World.Service(c.ref("reviews"))
	require.NoError(t, c.ApplyOther(t.Context(), rule(c.ref("reviews"), "v1", "v3")))
	c.World.Workload(c.ref("ratings-vm"), map[string]string{"app": "ratings", "version": "v1"}, "")
	c.World.Workload(c.ref("reviews-old"), map[string]string{"app": "reviews", "version": "v0"}, "")
	c.World.Workload(ref, labels, "")
	c.readyWhen(t, v1, rollout.Readiness{Known: true, Defined: true, Ready: 1, Want: 1}, "nobody checks it")
	c.readyWhen(t, dest("reviews", ""), rollout.Readiness{Known: true, Defined: true, Ready: 2, Want: 2}, "the whole service")
	c.World.Workload(ref, labels, "False")
	c.readyWhen(t, v1, rollout.Readiness{Known: true, Defined: true, Ready: 0, Want: 1}, "it is not healthy")
	c.World.Workload(ref, labels, "Unknown")
	c.readyWhen(t, v1, rollout.Readiness{Known: true, Defined: true, Ready: 0, Want: 1}, "nobody found it healthy yet")
	c.World.Workload(ref, labels, "True")
	c.readyWhen(t, v1, rollout.Readiness{Known: true, Defined: true, Ready: 1, Want: 1}, "it is healthy")
	c.World.Pod(c.ref("reviews-v1-a"), labels, false)
	c.readyWhen(t, v1, rollout.Readiness{Known: true, Defined: true, Ready: 1, Want: 2}, "beside a pod")
	assert.Equal(t, 1, c.Selected(c.Namespace, v1, rollout.Labels{"version": "v1"}).Ready)
}

func subsetAge(t *testing.T, c ClusterUnderTest) {
	ref, v1 := c.ref("reviews"), dest("reviews", "v1")
	c.World.Service(ref)
	require.NoError(t, c.ApplyOther(t.Context(), rule(ref, "v1")))
	since := c.Ready(c.Namespace, []rollout.Destination{v1})[v1].SeenSince
	assert.Equal(t, rollout.Labels{"version": "v1"}, c.Ready(c.Namespace, []rollout.Destination{v1})[v1].Labels)
	assert.False(t, since.IsZero())
	c.World.Edit("kubectl-label", "DestinationRule", ref, func(o map[string]any) { set(o, "me", "metadata", "labels", "team") })
	c.eventually(t, func(t *assert.CollectT) {
		have, _ := c.Other("DestinationRule", ref)
		assert.Equal(t, "me", dig(have, "metadata", "labels", "team"))
	})
	assert.Equal(t, since, c.Ready(c.Namespace, []rollout.Destination{v1})[v1].SeenSince, "another's label makes it no younger")
}

func hostsFound(t *testing.T, c ClusterUnderTest) {
	there := rollout.Ref{Namespace: c.Elsewhere, Name: "ratings"}
	c.World.Service(there)
	require.NoError(t, c.ApplyOther(t.Context(), rule(there, "v1")))
	c.World.Pod(rollout.Ref{Namespace: c.Elsewhere, Name: "ratings-a"}, map[string]string{"app": "ratings", "version": "v1"}, true)
	one := rollout.Readiness{Known: true, Defined: true, Ready: 1, Want: 1}
	full := "ratings." + c.Elsewhere + ".svc.cluster.local"
	c.readyWhen(t, dest(full, ""), one, "by its full name")
	c.readyWhen(t, dest(full, "v1"), one, "the rule in the service's namespace")
	c.readyWhen(t, dest("ratings."+c.Elsewhere, ""), one, "by name and namespace")
	c.readyWhen(t, dest("ratings", ""), rollout.Readiness{Known: true, Defined: true}, "a short name is of the own namespace")
	c.readyWhen(t, dest("ratings", "v1"), rollout.Readiness{Known: true}, "and so is its rule")
	c.readyWhen(t, dest("api.example.com", ""), rollout.Readiness{Defined: true}, "outside")
	c.readyWhen(t, dest("api.example.com", "v1"), rollout.Readiness{}, "outside, with a subset that nobody defines")

	near := rule(rollout.Ref{Namespace: c.Namespace, Name: "ratings"}, "v2")
	set(near, full, "spec", "host")
	require.NoError(t, c.ApplyOther(t.Context(), near))
	c.readyWhen(t, dest(full, "v1"), rollout.Readiness{Known: true}, "the rule in the own namespace hides the other")
}

func removal(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 100, 0)))
	seen := c.mustLive(t, ref)
	require.NoError(t, c.Apply(t.Context(), c.over(seen, 50, 50)))
	assert.ErrorIs(t, c.Remove(t.Context(), ref, seen.UID, seen.Version), agent.ErrConflict)
	assert.NotNil(t, c.World.Get("VirtualService", ref))
	now := c.mustLive(t, ref)
	require.NoError(t, c.Remove(t.Context(), ref, now.UID, now.Version))
	_, ok := c.Live(ref)
	assert.False(t, ok, "it reads its own removal")
	assert.Empty(t, c.Owned())
	assert.Nil(t, c.World.Get("VirtualService", ref))
	assert.ErrorIs(t, c.Remove(t.Context(), ref, now.UID, now.Version), agent.ErrConflict)
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 100, 0)), "and it can be made again")
	assert.NotEqual(t, now.UID, c.mustLive(t, ref).UID)
}

func changesTold(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 100, 0)))
	c.told(t, ref)
	c.World.Edit("kubectl-edit", "VirtualService", ref, func(o map[string]any) { setSplit(o, 50, 50) })
	c.told(t, ref)
	c.World.Create("kubectl-create", rule(c.ref("reviews"), "v1"))
	c.told(t, rollout.Ref{Namespace: c.Namespace})
	for _, team := range []string{"a", "b", "c"} { // nobody listens meanwhile, and nothing stands still
		c.World.Edit("kubectl-edit", "VirtualService", ref, func(o map[string]any) { set(o, team, "metadata", "labels", "team") })
	}
	c.World.Delete("VirtualService", ref)
	c.eventually(t, func(t *assert.CollectT) {
		_, ok := c.Live(ref)
		assert.False(t, ok)
	})
	c.told(t, ref)
}

func eventsTold(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 100, 0)))
	uid := c.mustLive(t, ref).UID
	c.Tell(ref, uid, rollout.Settled, false, "as Git has it")
	c.Tell(ref, uid, rollout.NotReady, true, "v3 has no ready endpoint")
	c.eventually(t, func(t *assert.CollectT) {
		assert.ElementsMatch(t, []string{"Normal Settled: as Git has it", "Warning NotReady: v3 has no ready endpoint"}, c.World.Events(ref))
	})
}
