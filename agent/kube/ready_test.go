package kube_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/rollout"
)

func TestARuleCountsWhereIstioWouldUseIt(t *testing.T) {
	const full = "reviews.%.svc.cluster.local" // % is the namespace of the service
	for name, story := range map[string]struct {
		host    string // of the rule, in the service's namespace
		spec    map[string]any
		defined bool
	}{
		"by the full name":           {host: full, defined: true},
		"by a wildcard":              {host: "*.%.svc.cluster.local", defined: true},
		"by a wildcard for all":      {host: "*", defined: true},
		"exported to all":            {host: full, spec: map[string]any{"exportTo": []any{"*"}}, defined: true},
		"exported to nobody else":    {host: full, spec: map[string]any{"exportTo": []any{"."}}},
		"exported to another":        {host: full, spec: map[string]any{"exportTo": []any{"another"}}},
		"for chosen clients":         {host: full, spec: map[string]any{"workloadSelector": map[string]any{"matchLabels": map[string]any{"app": "a"}}}},
		"for another host":           {host: "ratings.%.svc.cluster.local"},
		"by a wildcard for another":  {host: "*.example.com"},
		"by a name that is not full": {host: "reviews.%"}, // Istio takes it for a host outside
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, agenttest.Cluster(t))
			home := w.local.Namespace(t)
			c := w.connect(home, w.namespace)
			object := destinationRule(rollout.Ref{Namespace: home, Name: "reviews"}, inNamespace(story.host, home), "v1")
			for k, v := range story.spec {
				object["spec"].(map[string]any)[k] = v
			}
			require.NoError(t, c.ApplyOther(t.Context(), object))
			d := rollout.Destination{Host: inNamespace(full, home), Subset: "v1"}
			assert.Equal(t, story.defined, c.Ready(w.namespace, []rollout.Destination{d})[d].Defined)
		})
	}
}

func TestARuleForTheHostShadowsAWildcard(t *testing.T) {
	w, c := connected(t)
	full := inNamespace("reviews.%.svc.cluster.local", w.namespace)
	for _, name := range []string{"all", "zz-all"} { // seen before the other and after it
		require.NoError(t, c.ApplyOther(t.Context(), destinationRule(w.ref(name), "*", "v1")))
	}
	require.NoError(t, c.ApplyOther(t.Context(), destinationRule(w.ref("reviews"), full, "v2")))
	require.NoError(t, c.ApplyOther(t.Context(), destinationRule(w.ref("reviews-more"), "reviews", "v3")))
	for subset, defined := range map[string]bool{"v1": false, "v2": true, "v3": true} {
		d := rollout.Destination{Host: "reviews", Subset: subset}
		assert.Equal(t, defined, c.Ready(w.namespace, []rollout.Destination{d})[d].Defined, subset)
	}
}

func TestARuleInTheRootNamespaceHoldsForAll(t *testing.T) {
	w := newWorld(t, agenttest.Cluster(t))
	root := w.local.Namespace(t)
	c := w.connectTo(kube.Config{REST: w.local.Agent(t), Namespaces: []string{w.namespace, root}, Root: root})
	full := inNamespace("reviews.%.svc.cluster.local", w.namespace)
	require.NoError(t, c.ApplyOther(t.Context(), destinationRule(rollout.Ref{Namespace: root, Name: "reviews"}, full, "v1")))
	d := rollout.Destination{Host: "reviews", Subset: "v1"}
	assert.True(t, c.Ready(w.namespace, []rollout.Destination{d})[d].Defined)
}

func TestEndpointsOutsideTheClusterAreUnknown(t *testing.T) {
	w, c := connected(t)
	w.Create("test", map[string]any{
		"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{"namespace": w.namespace, "name": "external"},
		"spec": map[string]any{"type": "ExternalName", "externalName": "api.example.com"},
	})
	w.Create("test", map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": map[string]any{"namespace": w.namespace, "name": "other"},
		"spec": map[string]any{"hosts": []any{"other.cluster.svc.cluster.local"}, "resolution": "DNS", "ports": []any{map[string]any{"number": int64(80), "name": "http"}}},
	})
	for _, host := range []string{"external", "other.cluster.svc.cluster.local", "api.example.com", "example.com"} {
		d := rollout.Destination{Host: host}
		w.eventually(func(t *assert.CollectT) {
			assert.Equal(t, rollout.Readiness{Defined: true}, c.Ready(w.namespace, []rollout.Destination{d})[d], host)
		})
	}
}

// A ServiceEntry may choose its endpoints by labels: those of WorkloadEntries are
// known, and of pods nobody says whether they are ready.
func TestAServiceEntryChoosesWorkloads(t *testing.T) {
	w, c := connected(t)
	w.Create("test", map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": map[string]any{"namespace": w.namespace, "name": "legacy"},
		"spec": map[string]any{
			"hosts": []any{"legacy.example.com"}, "resolution": "STATIC", "location": "MESH_INTERNAL",
			"ports":            []any{map[string]any{"number": int64(80), "name": "http"}},
			"workloadSelector": map[string]any{"labels": map[string]any{"app": "legacy"}},
		},
	})
	require.NoError(t, c.ApplyOther(t.Context(), destinationRule(w.ref("legacy"), "legacy.example.com", "v1")))
	d := rollout.Destination{Host: "legacy.example.com", Subset: "v1"}
	becomes := func(want rollout.Readiness) {
		t.Helper()
		w.eventually(func(t *assert.CollectT) {
			is := c.Ready(w.namespace, []rollout.Destination{d})[d]
			is.SeenSince, is.Labels = time.Time{}, nil
			assert.Equal(t, want, is)
		})
	}
	becomes(rollout.Readiness{Known: true, Defined: true})
	w.Workload(w.ref("one"), map[string]string{"app": "legacy", "version": "v1"}, "True")
	w.Workload(w.ref("two"), map[string]string{"app": "legacy", "version": "v1"}, "False")
	w.Workload(w.ref("three"), map[string]string{"app": "legacy", "version": "v2"}, "True")
	becomes(rollout.Readiness{Known: true, Defined: true, Ready: 1, Want: 2})
	w.Pod(w.ref("legacy-pod"), map[string]string{"app": "legacy", "version": "v1"}, true)
	becomes(rollout.Readiness{Defined: true})
}

func TestAPodOfBothAddressFamiliesCountsOnce(t *testing.T) {
	w, c := connected(t)
	w.headless()
	for family, address := range map[string]string{"IPv4": "10.1.2.3", "IPv6": "fd00::1"} {
		w.endpoint(family, address, "reviews-a", map[string]any{"ready": true})
	}
	d := rollout.Destination{Host: "reviews"}
	w.eventually(func(t *assert.CollectT) {
		assert.Equal(t, rollout.Readiness{Known: true, Defined: true, Ready: 1, Want: 1}, c.Ready(w.namespace, []rollout.Destination{d})[d])
	})
}

// A service may publish the addresses of pods that are not ready: Kubernetes calls those
// ready, and says beside it whether they serve and whether they end.
func TestAnEndpointThatDoesNotServeIsNotReady(t *testing.T) {
	w, c := connected(t)
	w.headless()
	for i, conditions := range []map[string]any{
		{}, {"ready": true}, {"ready": true, "serving": true, "terminating": false},
		{"ready": false}, {"ready": true, "serving": false}, {"ready": true, "serving": true, "terminating": true},
	} {
		w.endpoint("IPv4", fmt.Sprintf("10.1.2.%d", i+1), fmt.Sprintf("reviews-%d", i), conditions)
	}
	d := rollout.Destination{Host: "reviews"}
	w.eventually(func(t *assert.CollectT) {
		assert.Equal(t, rollout.Readiness{Known: true, Defined: true, Ready: 3, Want: 6}, c.Ready(w.namespace, []rollout.Destination{d})[d])
	})
}

// headless is the service reviews, whose endpoints somebody else writes.
func (w *world) headless() {
	w.t.Helper()
	w.Create("test", map[string]any{
		"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{"namespace": w.namespace, "name": "reviews"},
		"spec": map[string]any{"clusterIP": "None"},
	})
}

// endpoint is a slice of it with one pod.
func (w *world) endpoint(family, address, pod string, conditions map[string]any) {
	w.t.Helper()
	w.Create("test", map[string]any{
		"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": family,
		"metadata": map[string]any{"namespace": w.namespace, "generateName": "reviews-", "labels": map[string]any{"kubernetes.io/service-name": "reviews"}},
		"endpoints": []any{map[string]any{
			"addresses": []any{address}, "conditions": conditions,
			"targetRef": map[string]any{"kind": "Pod", "namespace": w.namespace, "name": pod},
		}},
	})
}

func TestAChangeElsewhereIsToldToWhomItConcerns(t *testing.T) {
	w := newWorld(t, agenttest.Cluster(t))
	home := w.local.Namespace(t)
	c := w.connect(home, w.namespace)
	c.Ready(w.namespace, []rollout.Destination{{Host: inNamespace("reviews.%.svc.cluster.local", home)}})
	w.Service(rollout.Ref{Namespace: home, Name: "reviews"})
	told(t, c, rollout.Ref{Namespace: w.namespace})
	w.Create("kubectl", map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": map[string]any{"namespace": home, "name": "legacy"},
		"spec": map[string]any{"hosts": []any{"legacy.example.com"}, "ports": []any{map[string]any{"number": int64(80), "name": "http", "protocol": "HTTP"}}},
	})
	told(t, c, rollout.Ref{}) // a host of any namespace may lead there
}

// told waits until a change is told of.
func told(t *testing.T, c *kube.Cluster, ref rollout.Ref) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	for {
		select {
		case change := <-c.Changed():
			if change.Ref == ref {
				return
			}
		case <-deadline.C:
			require.Fail(t, "nobody told it", ref)
		}
	}
}

func TestARestartSeesTheSameAgeOfASubset(t *testing.T) {
	w, c := connected(t)
	require.NoError(t, c.ApplyOther(t.Context(), destinationRule(w.ref("reviews"), "reviews", "v1")))
	d := rollout.Destination{Host: "reviews", Subset: "v1"}
	before := c.Ready(w.namespace, []rollout.Destination{d})[d].SeenSince
	require.False(t, before.IsZero())
	assert.Equal(t, before, w.connect(w.namespace).Ready(w.namespace, []rollout.Destination{d})[d].SeenSince)
}

func destinationRule(ref rollout.Ref, host, subset string) map[string]any {
	return map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
		"metadata": map[string]any{"namespace": ref.Namespace, "name": ref.Name},
		"spec":     map[string]any{"host": host, "subsets": []any{map[string]any{"name": subset, "labels": map[string]any{"version": subset}}}},
	}
}
