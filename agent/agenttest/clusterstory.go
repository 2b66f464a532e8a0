package agenttest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// This is what the stories of TestCluster are told with.

func (c ClusterUnderTest) ref(name string) rollout.Ref {
	return rollout.Ref{Namespace: c.Namespace, Name: name}
}

// write creates the VirtualService with a state.
func (c ClusterUnderTest) write(ref rollout.Ref, v1, v3 int) agent.Write {
	routes, _ := istio.Read(service(ref, v1, v3), istio.All)
	return agent.Write{Ref: ref, Object: service(ref, v1, v3), State: rollout.State{
		Cluster: c.Name, Name: rollout.Name{Environment: "production", Namespace: ref.Namespace, Plan: ref.Name},
		Journey: rollout.Journey{ID: "0123456789ab", Seq: 1, Step: 0, Phase: rollout.Progressing, Since: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)},
		Member:  rollout.Member{Stable: routes, Rest: istio.Rest(service(ref, v1, v3), istio.All)},
	}}
}

// over writes over what was seen.
func (c ClusterUnderTest) over(seen agent.LiveObject, v1, v3 int) agent.Write {
	w := c.write(seen.Ref, v1, v3)
	w.UID, w.Version, w.Force = seen.UID, seen.Version, true
	return w
}

func (c ClusterUnderTest) mustLive(t *testing.T, ref rollout.Ref) agent.LiveObject {
	t.Helper()
	live, ok := c.Live(ref)
	require.True(t, ok, "%s is not there", ref)
	return live
}

// liveWhen waits for the cache.
func (c ClusterUnderTest) liveWhen(t *testing.T, ref rollout.Ref, so func(agent.LiveObject) bool) (live agent.LiveObject) {
	t.Helper()
	c.eventually(t, func(t *assert.CollectT) {
		var ok bool
		live, ok = c.Live(ref)
		assert.True(t, ok && so(live))
	})
	return live
}

// readyWhen waits for the cache to know what is expected, but for SeenSince
// and Labels.
func (c ClusterUnderTest) readyWhen(t *testing.T, d rollout.Destination, want rollout.Readiness, why string) {
	t.Helper()
	c.eventually(t, func(t *assert.CollectT) {
		got := c.Ready(c.Namespace, []rollout.Destination{d})[d]
		assert.Equal(t, d.Subset != "" && want.Defined, !got.SeenSince.IsZero(), why)
		got.SeenSince, got.Labels = time.Time{}, nil
		assert.Equal(t, want, got, why)
	})
}

// told waits for a hint.
func (c ClusterUnderTest) told(t *testing.T, ref rollout.Ref) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case change := <-c.Changed():
			if change.Ref == ref {
				return
			}
		case <-late.C:
			require.Fail(t, "nobody told", "that %s changed", ref)
		}
	}
}

// patience is how long a cluster may take to tell what happened.
const patience = 30 * time.Second

func (c ClusterUnderTest) eventually(t *testing.T, so func(t *assert.CollectT)) {
	t.Helper()
	require.EventuallyWithT(t, so, patience, 10*time.Millisecond)
}

func dest(host, subset string) rollout.Destination {
	return rollout.Destination{Host: host, Subset: subset}
}

// service is a VirtualService with two weights.
func service(ref rollout.Ref, v1, v3 int) map[string]any {
	object := map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
		"metadata": map[string]any{"namespace": ref.Namespace, "name": ref.Name},
		"spec":     map[string]any{"hosts": []any{"reviews"}},
	}
	setSplit(object, v1, v3)
	return object
}

func setSplit(object map[string]any, v1, v3 int) {
	to := func(subset string, weight int) any {
		return map[string]any{"destination": map[string]any{"host": "reviews", "subset": subset}, "weight": int64(weight)}
	}
	set(object, []any{map[string]any{"name": "primary", "route": []any{to("v1", v1), to("v3", v3)}}}, "spec", "http")
}

func splitOf(object map[string]any) string {
	routes, _ := istio.Read(object, istio.All)
	return routes.String()
}

// rule is a DestinationRule with these versions as subsets.
func rule(ref rollout.Ref, versions ...string) map[string]any {
	var subsets []any
	for _, v := range versions {
		subsets = append(subsets, map[string]any{"name": v, "labels": map[string]any{"version": v}})
	}
	return map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
		"metadata": map[string]any{"namespace": ref.Namespace, "name": ref.Name},
		"spec":     map[string]any{"host": ref.Name, "subsets": subsets},
	}
}

// dig is what lies at the path of an object; nil for nothing.
func dig(object map[string]any, path ...string) any {
	var at any = object
	for _, name := range path {
		fields, _ := at.(map[string]any)
		at = fields[name]
	}
	return at
}

// set puts a value at the path of an object.
func set(object map[string]any, value any, path ...string) {
	for _, name := range path[:len(path)-1] {
		below, ok := object[name].(map[string]any)
		if !ok {
			below = map[string]any{}
			object[name] = below
		}
		object = below
	}
	object[path[len(path)-1]] = value
}
