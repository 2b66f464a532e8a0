package kube_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

func TestACreatedObjectIsOwnedByAppliesAlone(t *testing.T) {
	w, c := connected(t)
	ref := w.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), created(ref, 100, 0)))
	require.Equal(t, []string{"weir Apply networking.istio.io/v1"}, w.managers(ref), "an update's entry would make later applies conflict with ourselves")
	for _, split := range [][2]int64{{95, 5}, {50, 50}, {0, 100}} {
		require.NoError(t, c.Apply(t.Context(), again(t, c, ref, split[0], split[1])))
	}
	assert.Equal(t, []string{"weir Apply networking.istio.io/v1"}, w.managers(ref))
}

func TestAStepIsOneRequest(t *testing.T) {
	w, c := connected(t)
	ref := w.ref("reviews")
	for i, write := range []func() agent.Write{
		func() agent.Write { return created(ref, 100, 0) },
		func() agent.Write { return again(t, c, ref, 95, 5) },
		func() agent.Write { return again(t, c, ref, 0, 100) },
	} {
		require.NoError(t, c.Apply(t.Context(), write()))
		assert.Equal(t, i+1, w.Requests())
	}
}

// A header may hold a secret, and errors reach Git, events and the log.
func TestAnErrorOfTheAPIServerHoldsNoValue(t *testing.T) {
	w, c := connected(t)
	ref := w.ref("reviews")
	wrong := func(write agent.Write) agent.Write {
		route := write.Object["spec"].(map[string]any)["http"].([]any)[0].(map[string]any)
		route["headers"] = map[string]any{"request": map[string]any{"set": map[string]any{"x-api-key": int64(918273645)}}}
		return write
	}
	err := c.Apply(t.Context(), wrong(created(ref, 100, 0)))
	require.ErrorContains(t, err, "x-api-key")
	assert.NotContains(t, err.Error(), "918273645")
	require.NoError(t, c.Apply(t.Context(), created(ref, 100, 0)))
	err = c.Apply(t.Context(), wrong(again(t, c, ref, 50, 50)))
	require.ErrorContains(t, err, "x-api-key")
	assert.NotContains(t, err.Error(), "918273645")
}

func TestKubectlApplyIsTakenOverFrom(t *testing.T) {
	for name, theirs := range map[string]func(w *world, object *unstructured.Unstructured){
		"client-side": func(w *world, object *unstructured.Unstructured) {
			object.SetAnnotations(map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}"})
			w.Create("kubectl-client-side-apply", object.Object)
		},
		"client-side at v1beta1": func(w *world, object *unstructured.Unstructured) {
			object.SetAPIVersion("networking.istio.io/v1beta1")
			w.Create("kubectl-client-side-apply", object.Object)
		},
		"server-side": func(w *world, object *unstructured.Unstructured) {
			_, err := w.in("VirtualService", object.GetNamespace()).Apply(t.Context(), object.GetName(), object, metav1.ApplyOptions{FieldManager: "kubectl-client-side-apply"})
			require.NoError(w.t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, c := connected(t)
			ref := w.ref("reviews")
			object := &unstructured.Unstructured{Object: virtualService(ref, 100, 0)}
			require.NoError(t, unstructured.SetNestedStringSlice(object.Object, []string{"mesh"}, "spec", "gateways"))
			theirs(w, object)
			spec := w.Get("VirtualService", ref)["spec"]

			write := again(t, c, ref, 100, 0)
			write.Object["spec"].(map[string]any)["gateways"] = []any{"mesh"}
			write.Force, write.Adopt = false, []string{"kubectl-client-side-apply"}
			require.NoError(t, c.Apply(t.Context(), write))
			assert.Equal(t, spec, w.Get("VirtualService", ref)["spec"])
			assert.Equal(t, []string{"weir Apply networking.istio.io/v1"}, w.managers(ref))
			annotations, _, _ := unstructured.NestedStringMap(w.Get("VirtualService", ref), "metadata", "annotations")
			assert.NotContains(t, annotations, "kubectl.kubernetes.io/last-applied-configuration", "or the next `kubectl apply` would undo ours")

			require.NoError(t, c.Apply(t.Context(), again(t, c, ref, 50, 50)))
			_, has := w.Get("VirtualService", ref)["spec"].(map[string]any)["gateways"]
			assert.False(t, has, "what Git has no more goes, because it is ours")
		})
	}
}

func TestAnObjectWrittenAtAnOlderVersionIsApplied(t *testing.T) {
	w, c := connected(t)
	ref := w.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), created(ref, 100, 0)))
	old := versions["VirtualService"]
	old.Version = "v1beta1"
	object, err := w.client.Resource(old).Namespace(ref.Namespace).Get(t.Context(), ref.Name, metav1.GetOptions{})
	require.NoError(t, err)
	object.Object["spec"] = virtualService(ref, 10, 90)["spec"]
	_, err = w.client.Resource(old).Namespace(ref.Namespace).Update(t.Context(), object, metav1.UpdateOptions{FieldManager: "kubectl-edit"})
	require.NoError(t, err)
	require.Contains(t, w.managers(ref), "kubectl-edit Update networking.istio.io/v1beta1")

	live := w.liveWhen(c, ref, func(l agent.LiveObject) bool { return l.Editor != "" })
	assert.Equal(t, "kubectl-edit", live.Editor)
	require.NoError(t, c.Apply(t.Context(), again(t, c, ref, 50, 50)))
	assert.Equal(t, "v1 50 · v3 50", split(w.Get("VirtualService", ref)))
	assert.Equal(t, []string{"weir Apply networking.istio.io/v1"}, w.managers(ref))
}

func TestARefusalNamesTheFields(t *testing.T) {
	w, c := connected(t)
	ref := w.ref("reviews")
	w.Create("flagger", virtualService(ref, 100, 0))
	write := again(t, c, ref, 50, 50)
	write.Force = false
	err := c.Apply(t.Context(), write)
	require.ErrorIs(t, err, agent.ErrRefused)
	assert.ErrorContains(t, err, "flagger owns spec.http")
	assert.ErrorContains(t, err, ref.String())
}

func TestNothingIsCreatedInANamespaceThatIsNotThere(t *testing.T) {
	w, c := connected(t)
	write := created(rollout.Ref{Namespace: w.namespace + "-gone", Name: "reviews"}, 100, 0)
	err := c.Apply(t.Context(), write)
	require.ErrorContains(t, err, "not found")
	assert.NotErrorIs(t, err, agent.ErrConflict)
}

func TestWhatTheAPIServerSaysItselfIsNotApplied(t *testing.T) {
	w, c := connected(t)
	ref := w.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), created(ref, 100, 0)))
	write := again(t, c, ref, 50, 50)
	live, _ := c.Live(ref)
	write.Object = live.Object // with uid, managedFields and all that
	require.NoError(t, c.Apply(t.Context(), write))
	fresh := created(w.ref("copy"), 100, 0)
	fresh.Object = live.Object
	require.NoError(t, c.Apply(t.Context(), fresh), "copied from the cluster into Git, under another name")
	assert.Equal(t, []string{"weir Apply networking.istio.io/v1"}, w.managers(w.ref("copy")))
}

// connected is a world and an agent's cluster that watches one namespace of it.
func connected(t *testing.T) (*world, *kube.Cluster) {
	t.Parallel()
	w := newWorld(t, agenttest.Cluster(t))
	return w, w.connect(w.namespace)
}

func (w *world) ref(name string) rollout.Ref { return rollout.Ref{Namespace: w.namespace, Name: name} }

// managers are the entries of managedFields.
func (w *world) managers(ref rollout.Ref) []string {
	var out []string
	for _, e := range (&unstructured.Unstructured{Object: w.Get("VirtualService", ref)}).GetManagedFields() {
		out = append(out, e.Manager+" "+string(e.Operation)+" "+e.APIVersion)
	}
	return out
}

func (w *world) liveWhen(c *kube.Cluster, ref rollout.Ref, so func(agent.LiveObject) bool) (live agent.LiveObject) {
	w.t.Helper()
	w.eventually(func(t *assert.CollectT) {
		var ok bool
		live, ok = c.Live(ref)
		assert.True(t, ok && so(live))
	})
	return live
}

func (w *world) eventually(so func(*assert.CollectT)) {
	w.t.Helper()
	require.EventuallyWithT(w.t, so, 30*time.Second, 10*time.Millisecond)
}

func created(ref rollout.Ref, v1, v3 int64) agent.Write {
	routes, _ := istio.Read(virtualService(ref, v1, v3), istio.All)
	return agent.Write{Ref: ref, Object: virtualService(ref, v1, v3), State: rollout.State{
		Cluster: clusterName, Name: rollout.Name{Environment: "test", Namespace: ref.Namespace, Plan: ref.Name},
		Member: rollout.Member{Stable: routes},
	}}
}

// again is a write over what the API server has now, once the cache has it too.
func again(t *testing.T, c *kube.Cluster, ref rollout.Ref, v1, v3 int64) agent.Write {
	t.Helper()
	require.Eventually(t, func() bool {
		_, ok := c.Live(ref)
		return ok
	}, 30*time.Second, time.Millisecond)
	live, _ := c.Live(ref)
	write := created(ref, v1, v3)
	write.UID, write.Version, write.Force = live.UID, live.Version, true
	return write
}

func virtualService(ref rollout.Ref, v1, v3 int64) map[string]any {
	to := func(subset string, weight int64) any {
		return map[string]any{"destination": map[string]any{"host": "reviews", "subset": subset}, "weight": weight}
	}
	return map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
		"metadata": map[string]any{"namespace": ref.Namespace, "name": ref.Name},
		"spec": map[string]any{
			"hosts": []any{"reviews"},
			"http":  []any{map[string]any{"name": "primary", "route": []any{to("v1", v1), to("v3", v3)}}},
		},
	}
}

func split(object map[string]any) string {
	routes, _ := istio.Read(object, istio.All)
	return routes.String()
}

func soon(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
