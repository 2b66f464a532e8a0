package agenttest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// World is what others than the agent do to a cluster, past every cache.
type World interface {
	// Create makes an object as the field manager, by an update as `kubectl
	// create` does.
	Create(by string, object map[string]any)
	// Edit changes an object as the field manager, as `kubectl edit` does.
	Edit(by, kind string, ref rollout.Ref, change func(object map[string]any))
	// Delete removes an object.
	Delete(kind string, ref rollout.Ref)
	// Get reads an object; nil when there is none.
	Get(kind string, ref rollout.Ref) map[string]any
	// Service makes a service, whose pods are those labelled app with its name.
	Service(ref rollout.Ref)
	// Pod makes a pod, or makes the one there is ready.
	Pod(ref rollout.Ref, labels map[string]string, ready bool)
	// Workload makes a WorkloadEntry, whose address is outside of Kubernetes, or gives
	// the one there is another health: "" where nobody checks it, else what its
	// condition Healthy says.
	Workload(ref rollout.Ref, labels map[string]string, health string)
	// Stop writes on the agent's namespace who stops the line; "" takes it away.
	Stop(sentence string)
	// Events are those on a VirtualService: "Normal Settled: as Git has it".
	Events(ref rollout.Ref) []string
	// Requests counts the agent's writes so far, events aside.
	Requests() int
}

// ClusterUnderTest is a cluster for one story.
type ClusterUnderTest struct {
	agent.Cluster
	World World
	// Name is the name that the agent is started for.
	Name string
	// Namespace and Elsewhere are empty.
	Namespace, Elsewhere string
}

// TestCluster is what every agent.Cluster must do. Each story begins with a
// cluster that is synced.
func TestCluster(t *testing.T, start func(*testing.T) ClusterUnderTest) {
	for name, story := range map[string]func(*testing.T, ClusterUnderTest){
		"what is absent is created once":                           createOnce,
		"weights and state are written and read as one":            writtenAsOne,
		"of many who saw the same version exactly one wins":        oneWins,
		"what changed or was made anew is not written over":        changedMeanwhile,
		"what was deleted does not come back":                      staysDeleted,
		"an edit by hand names who did it":                         editedByHand,
		"what goes back writes the routes whoever has them":        backOverAnEdit,
		"storing a state leaves an edit its author":                stateOverAnEdit,
		"what others added stays and what we drop goes":            othersStay,
		"what another manager applies is refused by name":          refusedByName,
		"taking over changes no spec and then owns it":             takenOver,
		"a damaged state is not an absent one":                     damagedState,
		"an object of another cluster is read and not owned":       otherCluster,
		"a state that is too large is refused":                     tooLarge,
		"a state is not refused for its sentence":                  longReason,
		"a write of nothing takes nothing away":                    nothingWritten,
		"a removal hits only what was seen":                        removal,
		"other objects cost nothing while they are as they should": othersIdle,
		"another's DestinationRule is left alone":                  othersRefused,
		"a DestinationRule is taken over from whom one may":        othersAdopted,
		"endpoints are counted by subset":                          endpointsBySubset,
		"workloads outside of Kubernetes are endpoints too":        workloadsCounted,
		"a subset is as old as its labels":                         subsetAge,
		"hosts are found as Istio finds them":                      hostsFound,
		"every change is told":                                     changesTold,
		"endpoints are counted behind labels to come":              endpointsSelected,
		"whoever stops the line is heard by every rollout":         lineStopped,
		"what is asked on a VirtualService is heard":               askedNow,
		"what nobody can read asks for nothing and is told":        askedInVain,
		"what is told becomes an event":                            eventsTold,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, start(t))
		})
	}
}

func createOnce(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 100, 0)))
	live := c.mustLive(t, ref)
	assert.NotEmpty(t, live.UID)
	assert.NotEmpty(t, live.Version)
	assert.ErrorIs(t, c.Apply(t.Context(), c.write(ref, 50, 50)), agent.ErrConflict)
	assert.Equal(t, "v1 100 · v3 0", splitOf(c.World.Get("VirtualService", ref)))

	foreign := c.ref("ratings")
	c.World.Create("kubectl-create", service(foreign, 100, 0))
	assert.ErrorIs(t, c.Apply(t.Context(), c.write(foreign, 50, 50)), agent.ErrConflict, "whether the cache has it or not")
	assert.Equal(t, "v1 100 · v3 0", splitOf(c.World.Get("VirtualService", foreign)))
	assert.Nil(t, dig(c.World.Get("VirtualService", foreign), "metadata", "annotations"))
}

func writtenAsOne(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	w := c.write(ref, 95, 5)
	w.State.Outbox = []rollout.Record{{Path: "decisions/a.json", Data: []byte("{}\n")}}
	require.NoError(t, c.Apply(t.Context(), w))
	for _, step := range []int{20, 50, 100} { // each reads the write before it
		live := c.mustLive(t, ref)
		assert.Equal(t, w.State, *live.State)
		assert.Equal(t, splitOf(w.Object), splitOf(live.Object))
		assert.Equal(t, splitOf(w.Object), splitOf(live.Ours))
		assert.Nil(t, dig(live.Ours, "metadata", "annotations"), "our annotation is not among what people wrote")
		assert.Empty(t, live.Editor)
		assert.Empty(t, live.Appliers)
		live.Object["spec"].(map[string]any)["hosts"] = "spoilt" // it is the caller's own

		w = c.write(ref, 100-step, step)
		w.UID, w.Version, w.Force, w.State.Journey.Seq = live.UID, live.Version, true, live.State.Journey.Seq+1
		require.NoError(t, c.Apply(t.Context(), w))
		assert.Equal(t, live.UID, c.mustLive(t, ref).UID)
	}
	assert.Equal(t, []any{"reviews"}, dig(c.mustLive(t, ref).Object, "spec", "hosts"))
	require.Len(t, c.Owned(), 1)
	assert.Equal(t, c.mustLive(t, ref), c.Owned()[0])
}

func oneWins(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 100, 0)))
	seen := c.mustLive(t, ref)
	const writers = 8
	answers := make(chan error, writers)
	for i := range writers {
		go func() {
			w := c.over(seen, 90-i, 10+i)
			answers <- c.Apply(t.Context(), w)
		}()
	}
	won := 0
	for range writers {
		if err := <-answers; err == nil {
			won++
		} else {
			assert.ErrorIs(t, err, agent.ErrConflict)
		}
	}
	assert.Equal(t, 1, won)
}

func changedMeanwhile(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 100, 0)))
	seen := c.mustLive(t, ref)
	c.World.Edit("kubectl-edit", "VirtualService", ref, func(o map[string]any) { setSplit(o, 60, 40) })
	assert.ErrorIs(t, c.Apply(t.Context(), c.over(seen, 50, 50)), agent.ErrConflict)
	assert.Equal(t, "v1 60 · v3 40", splitOf(c.mustLive(t, ref).Object), "a conflict shows what is there")
	w := c.over(seen, 50, 50)
	w.Force = false
	assert.ErrorIs(t, c.Apply(t.Context(), w), agent.ErrConflict, "that it changed matters more than who owns it")
	assert.Equal(t, "v1 60 · v3 40", splitOf(c.World.Get("VirtualService", ref)))

	c.World.Delete("VirtualService", ref)
	c.World.Create("kubectl-create", service(ref, 70, 30))
	assert.ErrorIs(t, c.Apply(t.Context(), c.over(seen, 50, 50)), agent.ErrConflict)
	assert.Equal(t, "v1 70 · v3 30", splitOf(c.World.Get("VirtualService", ref)))
	c.eventually(t, func(t *assert.CollectT) {
		live, ok := c.Live(ref)
		assert.True(t, ok && live.UID != seen.UID && live.State == nil)
	})
}

func staysDeleted(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 100, 0)))
	seen := c.mustLive(t, ref)
	c.World.Delete("VirtualService", ref)
	assert.ErrorIs(t, c.Apply(t.Context(), c.over(seen, 50, 50)), agent.ErrConflict)
	assert.Nil(t, c.World.Get("VirtualService", ref))
	c.eventually(t, func(t *assert.CollectT) {
		_, ok := c.Live(ref)
		assert.False(t, ok)
		assert.Empty(t, c.Owned())
	})
}

func editedByHand(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 50, 50)))
	c.World.Edit("kubectl-label", "VirtualService", ref, func(o map[string]any) { set(o, "me", "metadata", "labels", "team") })
	c.eventually(t, func(t *assert.CollectT) {
		live, _ := c.Live(ref)
		assert.Equal(t, "me", dig(live.Object, "metadata", "labels", "team"))
		assert.Empty(t, live.Editor, "a label is no weight")
	})
	c.World.Edit("kubectl-edit", "VirtualService", ref, func(o map[string]any) { setSplit(o, 100, 0) })
	live := c.liveWhen(t, ref, func(l agent.LiveObject) bool { return l.Editor != "" })
	assert.Equal(t, "kubectl-edit", live.Editor)
	assert.NotNil(t, live.State, "it is still ours")
	require.NoError(t, c.Apply(t.Context(), c.over(live, 50, 50)))
	assert.Empty(t, c.mustLive(t, ref).Editor)
}

func backOverAnEdit(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 50, 50)))
	c.World.Edit("kubectl-edit", "VirtualService", ref, func(o map[string]any) { // all that there is, and the state as it was
		setSplit(o, 10, 90)
		set(o, []any{"reviews", "reviews.example.com"}, "spec", "hosts")
		set(o, dig(o, "metadata", "annotations", stateAnnotation).(string)+" ", "metadata", "annotations", stateAnnotation)
	})
	live := c.liveWhen(t, ref, func(l agent.LiveObject) bool { return l.Editor != "" })
	require.NotNil(t, live.State)
	routes, _ := istio.Read(service(ref, 100, 0), istio.All)
	w := c.over(live, 0, 0)
	w.Object = istio.Overlay(live.Ours, routes, nil)
	require.NoError(t, c.Apply(t.Context(), w))
	assert.Equal(t, "v1 100 · v3 0", splitOf(c.World.Get("VirtualService", ref)))
	assert.Equal(t, []any{"reviews", "reviews.example.com"}, dig(c.World.Get("VirtualService", ref), "spec", "hosts"))
}

func stateOverAnEdit(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 50, 50)))
	c.World.Edit("kubectl-edit", "VirtualService", ref, func(o map[string]any) { setSplit(o, 100, 0) })
	live := c.liveWhen(t, ref, func(l agent.LiveObject) bool { return l.Editor != "" })
	w := c.over(live, 0, 0)
	w.Object = live.Ours
	require.NoError(t, c.Apply(t.Context(), w))
	assert.Equal(t, "kubectl-edit", c.mustLive(t, ref).Editor)
	assert.Equal(t, "v1 100 · v3 0", splitOf(c.World.Get("VirtualService", ref)))
}

func othersStay(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	w := c.write(ref, 100, 0)
	set(w.Object, "weir", "metadata", "labels", "ours")
	set(w.Object, []any{"mesh"}, "spec", "gateways")
	require.NoError(t, c.Apply(t.Context(), w))
	c.World.Edit("kubectl-label", "VirtualService", ref, func(o map[string]any) {
		set(o, "me", "metadata", "labels", "theirs")
		set(o, "me", "metadata", "annotations", "example.com/theirs")
	})
	live := c.liveWhen(t, ref, func(l agent.LiveObject) bool { return dig(l.Object, "metadata", "labels", "theirs") != nil })
	assert.Equal(t, map[string]any{"ours": "weir"}, dig(live.Ours, "metadata", "labels"))
	require.NoError(t, c.Apply(t.Context(), c.over(live, 95, 5)))
	now := c.World.Get("VirtualService", ref)
	assert.Equal(t, map[string]any{"theirs": "me"}, dig(now, "metadata", "labels"))
	assert.Equal(t, "me", dig(now, "metadata", "annotations", "example.com/theirs"))
	assert.Nil(t, dig(now, "spec", "gateways"))
}

func damagedState(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 100, 0)))
	for _, damage := range []any{"{", "", "null", `{"cluster":"` + c.Name + `","journey":7}`, `{"cluster":""}`, `"gone"`} {
		c.World.Edit("kubectl-edit", "VirtualService", ref, func(o map[string]any) { set(o, damage, "metadata", "annotations", stateAnnotation) })
		live := c.liveWhen(t, ref, func(l agent.LiveObject) bool {
			return dig(l.Object, "metadata", "annotations", stateAnnotation) == damage
		})
		assert.Nil(t, live.State)
		assert.Contains(t, live.Damaged, stateAnnotation, "damaged by %q", damage)
		assert.Empty(t, live.Appliers)
		assert.Empty(t, c.Owned())
		err := c.Apply(t.Context(), c.over(live, 50, 50))
		assert.ErrorIs(t, err, agent.ErrRefused)
		assert.ErrorContains(t, err, stateAnnotation)
	}
	assert.Equal(t, "v1 100 · v3 0", splitOf(c.World.Get("VirtualService", ref)))
}

func otherCluster(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	w := c.write(ref, 100, 0)
	w.State.Cluster = "another"
	require.NoError(t, c.Apply(t.Context(), w))
	assert.Equal(t, "another", c.mustLive(t, ref).State.Cluster)
	assert.Empty(t, c.Owned())
}

func tooLarge(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	w := c.write(ref, 100, 0)
	w.State.Outbox = []rollout.Record{{Path: "decisions/a.json", Data: []byte(strings.Repeat("x", 20_000))}}
	require.NoError(t, c.Apply(t.Context(), w), "the outbox does not count")
	assert.Len(t, c.mustLive(t, ref).State.Outbox[0].Data, 20_000)
	w = c.over(c.mustLive(t, ref), 50, 50)
	for i := range 200 {
		w.State.Member.Stable = append(w.State.Member.Stable, rollout.Route{Key: fmt.Sprintf("http:%d", i), Protocol: rollout.HTTP})
	}
	err := c.Apply(t.Context(), w)
	require.ErrorContains(t, err, "4096")
	assert.False(t, errors.Is(err, agent.ErrConflict) || errors.Is(err, agent.ErrRefused))
	assert.Equal(t, "v1 100 · v3 0", splitOf(c.World.Get("VirtualService", ref)))
}

func longReason(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 100, 0)))
	w := c.over(c.mustLive(t, ref), 50, 50)
	w.State.Journey.Reason = rollout.Reason{Code: rollout.WebhookBack, Sentence: strings.Repeat("long ", 900)}
	require.NoError(t, c.Apply(t.Context(), w))
	got := c.mustLive(t, ref).State.Journey
	assert.True(t, strings.HasPrefix(got.Reason.Sentence, "long "))
	got.Reason.Sentence = w.State.Journey.Reason.Sentence
	assert.Equal(t, w.State.Journey, got)
}

func nothingWritten(t *testing.T, c ClusterUnderTest) {
	ref := c.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), c.write(ref, 100, 0)))
	w := c.over(c.mustLive(t, ref), 50, 50)
	w.Object = nil
	require.Error(t, c.Apply(t.Context(), w))
	assert.Equal(t, "v1 100 · v3 0", splitOf(c.World.Get("VirtualService", ref)))
}
