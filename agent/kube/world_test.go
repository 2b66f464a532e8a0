package kube_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/retry"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/rollout"
)

const clusterName = "test"

func TestTheAPIServerIsACluster(t *testing.T) {
	local := agenttest.Cluster(t)
	agenttest.TestCluster(t, func(t *testing.T) agenttest.ClusterUnderTest {
		w := newWorld(t, local)
		return agenttest.ClusterUnderTest{
			Cluster: w.atHome().connect(local.Namespace(t), w.namespace), World: w,
			Name: clusterName, Namespace: w.namespace, Elsewhere: w.elsewhere,
		}
	})
}

// world is what an admin, users and controllers do to a real API server.
type world struct {
	t                    *testing.T
	local                *agenttest.LocalCluster
	client               dynamic.Interface
	namespace, elsewhere string
	home                 string       // the agent's own namespace, where it has one
	requests, all        atomic.Int64 // writes but for events; everything
}

var _ agenttest.World = (*world)(nil)

func newWorld(t *testing.T, local *agenttest.LocalCluster) *world {
	client, err := dynamic.NewForConfig(local.Admin(t))
	require.NoError(t, err)
	return &world{t: t, local: local, client: client, namespace: local.Namespace(t)}
}

// connect is an agent's cluster, as the agent's service account, running and
// synced. It watches the namespaces, and all when there is none.
func (w *world) connect(namespaces ...string) *kube.Cluster {
	if len(namespaces) > 0 {
		w.elsewhere = namespaces[0]
	}
	return w.connectAs(w.local.Agent(w.t), namespaces...)
}

func (w *world) connectAs(config *rest.Config, namespaces ...string) *kube.Cluster {
	return w.connectTo(kube.Config{REST: config, Namespaces: namespaces, Namespace: w.home})
}

func (w *world) connectTo(config kube.Config) *kube.Cluster {
	w.t.Helper()
	config.Cluster = clusterName
	config.REST.Wrap(func(next http.RoundTripper) http.RoundTripper { return counting{w, next} })
	ctx, cancel := context.WithCancel(context.Background())
	c, err := kube.New(ctx, config)
	require.NoError(w.t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Run(ctx)
	}()
	w.t.Cleanup(func() {
		cancel()
		<-done
	})
	require.NoError(w.t, c.Synced(w.t.Context()))
	return c
}

// inNamespace puts the namespace's name into a host, where % stands.
func inNamespace(host, namespace string) string { return strings.ReplaceAll(host, "%", namespace) }

// counting counts requests.
type counting struct {
	w    *world
	next http.RoundTripper
}

func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.w.all.Add(1)
	if r.Method != http.MethodGet && !strings.Contains(r.URL.Path, "/events") {
		c.w.requests.Add(1)
	}
	return c.next.RoundTrip(r)
}

func (w *world) Requests() int { return int(w.requests.Load()) }

var versions = map[string]schema.GroupVersionResource{
	"VirtualService":  {Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"},
	"DestinationRule": {Group: "networking.istio.io", Version: "v1", Resource: "destinationrules"},
	"ServiceEntry":    {Group: "networking.istio.io", Version: "v1", Resource: "serviceentries"},
	"WorkloadEntry":   {Group: "networking.istio.io", Version: "v1", Resource: "workloadentries"},
	"Service":         {Version: "v1", Resource: "services"},
	"Pod":             {Version: "v1", Resource: "pods"},
	"EndpointSlice":   {Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"},
	"Event":           {Version: "v1", Resource: "events"},
}

func (w *world) in(kind, namespace string) dynamic.ResourceInterface {
	return w.client.Resource(versions[kind]).Namespace(namespace)
}

func (w *world) Create(by string, object map[string]any) {
	w.t.Helper()
	u := &unstructured.Unstructured{Object: object}
	resource := versions[u.GetKind()]
	resource.Version = u.GroupVersionKind().Version
	_, err := w.client.Resource(resource).Namespace(u.GetNamespace()).Create(w.t.Context(), u, metav1.CreateOptions{FieldManager: by})
	require.NoError(w.t, err)
}

func (w *world) Edit(by, kind string, ref rollout.Ref, change func(object map[string]any)) {
	w.t.Helper()
	require.NoError(w.t, retry.RetryOnConflict(retry.DefaultRetry, func() error {
		object, err := w.in(kind, ref.Namespace).Get(w.t.Context(), ref.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		change(object.Object)
		_, err = w.in(kind, ref.Namespace).Update(w.t.Context(), object, metav1.UpdateOptions{FieldManager: by})
		return err
	}))
}

func (w *world) Delete(kind string, ref rollout.Ref) {
	w.t.Helper()
	require.NoError(w.t, w.in(kind, ref.Namespace).Delete(w.t.Context(), ref.Name, metav1.DeleteOptions{}))
}

func (w *world) Get(kind string, ref rollout.Ref) map[string]any {
	w.t.Helper()
	object, err := w.in(kind, ref.Namespace).Get(w.t.Context(), ref.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	require.NoError(w.t, err)
	return object.Object
}

func (w *world) Service(ref rollout.Ref) {
	w.t.Helper()
	w.Create("test", map[string]any{
		"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{"namespace": ref.Namespace, "name": ref.Name},
		"spec": map[string]any{"selector": map[string]any{"app": ref.Name}, "ports": []any{map[string]any{"port": int64(9080)}}},
	})
}

func (w *world) Pod(ref rollout.Ref, labels map[string]string, ready bool) {
	w.t.Helper()
	const annotation = "localcluster.weir.dev/ready"
	if w.Get("Pod", ref) != nil {
		w.Edit("test", "Pod", ref, func(o map[string]any) {
			unstructured.RemoveNestedField(o, "metadata", "annotations", annotation)
		})
		return
	}
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"spec": map[string]any{"containers": []any{map[string]any{"name": "app", "image": "app"}}},
	}}
	u.SetNamespace(ref.Namespace)
	u.SetName(ref.Name)
	u.SetLabels(labels)
	u.SetAnnotations(map[string]string{annotation: fmt.Sprint(ready)})
	w.Create("test", u.Object)
}

func (w *world) Workload(ref rollout.Ref, labels map[string]string, health string) {
	w.t.Helper()
	if w.Get("WorkloadEntry", ref) == nil {
		of := map[string]any{}
		for name, value := range labels {
			of[name] = value
		}
		w.Create("test", map[string]any{
			"apiVersion": "networking.istio.io/v1", "kind": "WorkloadEntry", "metadata": map[string]any{"namespace": ref.Namespace, "name": ref.Name},
			"spec": map[string]any{"address": "192.0.2.7", "labels": of},
		})
	}
	if health == "" {
		return
	}
	w.Edit("test", "WorkloadEntry", ref, func(o map[string]any) {
		require.NoError(w.t, unstructured.SetNestedField(o, "true", "metadata", "annotations", "proxy.istio.io/health-checks-enabled"))
	})
	object, err := w.in("WorkloadEntry", ref.Namespace).Get(w.t.Context(), ref.Name, metav1.GetOptions{})
	require.NoError(w.t, err)
	require.NoError(w.t, unstructured.SetNestedSlice(object.Object, []any{map[string]any{"type": "Healthy", "status": health}}, "status", "conditions"))
	_, err = w.in("WorkloadEntry", ref.Namespace).UpdateStatus(w.t.Context(), object, metav1.UpdateOptions{FieldManager: "istiod"})
	require.NoError(w.t, err)
}

func (w *world) Events(ref rollout.Ref) []string {
	w.t.Helper()
	list, err := w.in("Event", ref.Namespace).List(w.t.Context(), metav1.ListOptions{FieldSelector: "involvedObject.name=" + ref.Name})
	require.NoError(w.t, err)
	var out []string
	for _, e := range list.Items {
		out = append(out, fmt.Sprintf("%s %s: %s", e.Object["type"], e.Object["reason"], e.Object["message"]))
	}
	return out
}
