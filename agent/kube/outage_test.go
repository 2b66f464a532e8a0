package kube_test

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/rollout"
)

// It takes a cluster of its own, whose definitions it changes and which it
// stops and starts.
func TestOnAClusterOfItsOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	local := agenttest.Cluster(t).Start(t, dir, 0)
	w := newWorld(t, local)
	c := w.connect(w.namespace)
	t.Run("a field that nobody knows survives every step", func(t *testing.T) { unknownField(t, w, c) })
	t.Run("while the API server is away the caches stay", func(t *testing.T) { outage(t, w, c, dir) })
}

func unknownField(t *testing.T, w *world, c *kube.Cluster) {
	reader := w.connect(w.namespace)
	extendVirtualService(t, w)
	ref := w.ref("reviews")
	write := created(ref, 100, 0)
	mark := func(object map[string]any) {
		spec := object["spec"].(map[string]any)
		spec["zztop"] = map[string]any{"a": []any{"b", int64(1), 1.5, true}}
		spec["http"].([]any)[0].(map[string]any)["zzroute"] = "kept"
	}
	mark(write.Object)
	w.eventually(func(collect *assert.CollectT) { // the definition takes a moment
		assert.NoError(collect, c.Apply(t.Context(), write))
	})
	w.liveWhen(reader, ref, func(agent.LiveObject) bool { return true }) // perhaps without the fields, which its watch does not know
	live, _ := c.Live(ref)
	assert.Equal(t, "kept", live.Object["spec"].(map[string]any)["http"].([]any)[0].(map[string]any)["zzroute"], "who wrote it knows better")
	w.eventually(func(collect *assert.CollectT) { // new watches take a moment, too
		live, _ := c.Live(ref)
		w.Edit("kubectl-edit", "VirtualService", ref, func(o map[string]any) { o["spec"].(map[string]any)["zzother"] = rand.Text() })
		assert.Contains(collect, live.Object["spec"], "zzother")
	})
	w.Edit("kubectl-edit", "VirtualService", ref, func(o map[string]any) { o["spec"].(map[string]any)["zzother"] = "theirs" })
	live = w.liveWhen(c, ref, func(l agent.LiveObject) bool { return l.Object["spec"].(map[string]any)["zzother"] == "theirs" })
	assert.NotContains(t, live.Ours["spec"], "zzother")
	for _, v3 := range []int64{5, 50, 100} {
		write := again(t, c, ref, 100-v3, v3)
		mark(write.Object)
		require.NoError(t, c.Apply(t.Context(), write))
		live, _ := c.Live(ref)
		for _, object := range []map[string]any{w.Get("VirtualService", ref), live.Object} {
			spec := object["spec"].(map[string]any)
			assert.Equal(t, map[string]any{"a": []any{"b", int64(1), 1.5, true}}, spec["zztop"])
			assert.Equal(t, "kept", spec["http"].([]any)[0].(map[string]any)["zzroute"])
			assert.Equal(t, "theirs", spec["zzother"])
		}
		assert.Equal(t, fmt.Sprintf("v1 %d · v3 %d", 100-v3, v3), split(live.Object))
	}
}

// extendVirtualService adds fields to the definition that no Istio has.
func extendVirtualService(t *testing.T, w *world) {
	definitions := w.client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	const name = "virtualservices.networking.istio.io"
	object, err := definitions.Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	all, _, err := unstructured.NestedSlice(object.Object, "spec", "versions")
	require.NoError(t, err)
	free := map[string]any{"x-kubernetes-preserve-unknown-fields": true}
	for _, v := range all {
		spec := []string{"schema", "openAPIV3Schema", "properties", "spec", "properties"}
		for _, field := range []string{"zztop", "zzother"} {
			require.NoError(t, unstructured.SetNestedMap(v.(map[string]any), free, append(spec, field)...))
		}
		require.NoError(t, unstructured.SetNestedMap(v.(map[string]any), free, append(spec, "http", "items", "properties", "zzroute")...))
	}
	require.NoError(t, unstructured.SetNestedSlice(object.Object, all, "spec", "versions"))
	_, err = definitions.Update(t.Context(), object, metav1.UpdateOptions{})
	require.NoError(t, err)
}

func outage(t *testing.T, w *world, c *kube.Cluster, dir string) {
	gone := w.ref("gone")
	require.NoError(t, c.Apply(t.Context(), created(gone, 100, 0)))
	ref := w.ref("reviews")
	write := again(t, c, ref, 50, 50)
	server, err := url.Parse(w.local.Admin(t).Host)
	require.NoError(t, err)
	port, err := strconv.Atoi(server.Port())
	require.NoError(t, err)
	w.local.Stop()

	err = c.Apply(soon(t, 2*time.Second), write)
	require.Error(t, err)
	assert.NotErrorIs(t, err, agent.ErrConflict)
	assert.NotErrorIs(t, err, agent.ErrRefused)
	live, ok := c.Live(ref)
	assert.True(t, ok)
	assert.Equal(t, "v1 0 · v3 100", split(live.Object))
	began := time.Now()
	for i := range 5000 {
		c.Tell(ref, live.UID, rollout.Settled, false, "sentence "+strconv.Itoa(i))
	}
	assert.Less(t, time.Since(began), 5*time.Second, "telling waits for nobody")

	w.local.Start(t, dir, port) // the same cluster again, with its data
	_, err = w.in("VirtualService", ref.Namespace).Patch(t.Context(), ref.Name, types.MergePatchType,
		[]byte(`{"metadata":{"labels":{"after":"outage"}}}`), metav1.PatchOptions{FieldManager: "kubectl-label"})
	require.NoError(t, err)
	w.Delete("VirtualService", gone)
	w.eventually(func(t *assert.CollectT) {
		live, _ := c.Live(ref)
		labels, _, _ := unstructured.NestedStringMap(live.Object, "metadata", "labels")
		assert.Equal(t, "outage", labels["after"], "the caches catch up by themselves")
		_, ok := c.Live(gone)
		assert.False(t, ok)
	})
	require.NoError(t, c.Apply(t.Context(), again(t, c, ref, 50, 50)))
}
