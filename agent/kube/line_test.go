package kube_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/kube"
)

var (
	namespaces   = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	clusterRoles = schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"}
	bindings     = schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterrolebindings"}
)

// atHome makes the story's namespace the agent's own too, as manifests/ do with
// weir-system.
func (w *world) atHome() *world {
	w.t.Helper()
	w.home = w.namespace
	role := manifest(w.t, "ClusterRole")
	role.SetName(w.home)
	rules, _, err := unstructured.NestedSlice(role.Object, "rules")
	require.NoError(w.t, err)
	var own []any
	for _, r := range rules {
		if rule := r.(map[string]any); rule["resourceNames"] != nil {
			rule["resourceNames"] = []any{w.home}
			own = append(own, rule)
		}
	}
	require.NotEmpty(w.t, own)
	role.Object["rules"] = own
	binding := manifest(w.t, "ClusterRoleBinding")
	binding.SetName(w.home)
	require.NoError(w.t, unstructured.SetNestedField(binding.Object, w.home, "roleRef", "name"))
	for resource, object := range map[schema.GroupVersionResource]*unstructured.Unstructured{clusterRoles: role, bindings: binding} {
		_, err := w.client.Resource(resource).Create(w.t.Context(), object, metav1.CreateOptions{})
		require.NoError(w.t, err)
		w.t.Cleanup(func() {
			assert.NoError(w.t, w.client.Resource(resource).Delete(context.WithoutCancel(w.t.Context()), w.home, metav1.DeleteOptions{}))
		})
	}
	return w
}

func (w *world) Stop(sentence string) {
	w.t.Helper()
	patch := `{"metadata":{"annotations":{"` + kube.PauseAnnotation + `":null}}}`
	if sentence != "" {
		patch = `{"metadata":{"annotations":{"` + kube.PauseAnnotation + `":"` + sentence + `"}}}`
	}
	_, err := w.client.Resource(namespaces).Patch(w.t.Context(), w.home, types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "kubectl-annotate"})
	require.NoError(w.t, err)
}

func TestALineStoppedWithoutAWordIsStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, agenttest.Cluster(t)).atHome()
	c := w.connect(w.namespace)
	w.Stop(" ")
	w.eventually(func(t *assert.CollectT) { assert.Equal(t, "somebody who left no word", c.Stopped()) })
}

func TestALineIsStoppedInTheAgentsOwnNamespaceOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, agenttest.Cluster(t)).atHome()
	here, nowhere := w.connect(w.namespace), w.connectTo(kube.Config{REST: w.local.Agent(t), Namespaces: []string{w.namespace}})
	elsewhere := w.connectTo(kube.Config{REST: w.local.Agent(t), Namespaces: []string{w.namespace}, Namespace: "weir-system"})
	w.Stop("Ada")
	w.eventually(func(t *assert.CollectT) { assert.Equal(t, "Ada", here.Stopped()) })
	assert.Empty(t, elsewhere.Stopped())
	assert.Empty(t, nowhere.Stopped())
	select {
	case c := <-nowhere.Changed():
		assert.NotEqual(t, agent.Change{}, c)
	default:
	}
}

// Whoever stops the line while the namespace cannot be read is heard all the same: nothing
// goes forward until it is known that nobody did.
func TestALineIsStoppedWhileNobodyCanTell(t *testing.T) {
	t.Parallel()
	w := newWorld(t, agenttest.Cluster(t)).atHome()
	broken := &breaking{of: "/namespaces", cut: make(chan struct{})}
	config := w.local.Agent(t)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return broke{broken, next} })
	c := w.connectAs(config, w.namespace)
	require.Empty(t, c.Stopped())
	broken.begin()
	w.eventually(func(t *assert.CollectT) { assert.Contains(t, c.Stopped(), "while namespace "+w.home+" cannot be read") })
	w.Stop("Ada")
	broken.end()
	w.eventually(func(t *assert.CollectT) { assert.Equal(t, "Ada", c.Stopped()) })
	broken.begin()
	w.Stop("")
	w.eventually(func(t *assert.CollectT) { assert.Equal(t, "Ada", c.Stopped()) })
	untilQuiet(c)
	broken.end()
	assert.Equal(t, agent.Change{}, <-c.Changed(), "of every rollout")
	w.eventually(func(t *assert.CollectT) { assert.Empty(t, c.Stopped()) })
}

func TestANamespaceThatMayNotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, agenttest.Cluster(t))
	c, err := kube.New(t.Context(), kube.Config{REST: w.local.Agent(t), Cluster: clusterName, Namespaces: []string{w.namespace}, Namespace: w.namespace})
	require.NoError(t, err)
	go c.Run(t.Context())
	w.eventually(func(t *assert.CollectT) {
		assert.ErrorContains(t, c.Synced(soon(w.t, 0)), "reading namespace "+w.namespace)
	})
}
