package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// A step waits for endpoints that become ready late, and nothing but their
// EndpointSlice wakes it.
func TestAStepWaitsForEndpointsThatAreReadyLate(t *testing.T) {
	t.Parallel()
	o := newOrdeal(t, time.Second)
	inside := strings.NewReplacer(".example.com\n", "\n", "v1.example.com}", "v1}", "v2.example.com}", "v2}")
	files := func(v2 int) map[string]string {
		return map[string]string{
			"live/reviews.yaml":       inside.Replace(serviceOf("reviews", v2)),
			"live/reviews-plan.yaml":  planOf("reviews", time.Second) + "  readiness: required\n",
			"live/kustomization.yaml": "namespace: " + o.namespace + "\nresources: [reviews.yaml, reviews-plan.yaml]\n",
		}
	}
	for _, host := range []string{"v1", "v2"} {
		o.creates("", "v1", "services", map[string]any{"kind": "Service", "metadata": map[string]any{"name": host}, "spec": map[string]any{"clusterIP": "None"}})
	}
	o.serves("v1", true)
	o.serves("v2", false)
	o.commit("the shop", files(0))
	first := o.starts()
	o.stands("reviews", "v1 100 · v2 0", "Healthy")
	first.kill() // the next one looks at Git when it starts, and then once an hour

	o.commit("all of it", files(100))
	late := o.starts("--interval", "1h")
	late.says("v2 has no ready endpoint (0 of 1)")
	assert.Equal(t, []string{"v1 100 · v2 0"}, o.Path("reviews"))
	o.serves("v2", true)
	o.Until(time.Minute, "the first step", func() bool { return o.Last("reviews").Split() == "v1 90 · v2 10" })
	o.stands("reviews", "v1 0 · v2 100", "Healthy")
	o.Holds(4 * time.Minute)
}

// A freeze that ends lets the step through by its end alone: no commit, no poll.
func TestAFreezeThatEndsWakesItsRollouts(t *testing.T) {
	t.Parallel()
	o := newOrdeal(t, time.Second, "reviews")
	first := o.starts()
	o.settles("reviews", 0, "Healthy")
	first.kill()
	until := time.Now().Add(20 * time.Second).Truncate(time.Second).UTC()
	o.commit("not before the audit is over", map[string]string{"weir.yaml": delivery(fmt.Sprintf("  freezes: [{name: audit, from: 2026-01-01T00:00:00Z, to: %s, reason: the auditors}]\n", until.Format(time.RFC3339)))})
	o.wants(100, "reviews")
	p := o.starts("--interval", "1h")
	p.says("freeze audit of the Delivery (the auditors) holds")
	require.Equal(t, along(0), o.Path("reviews"))
	o.reaches("reviews", 10)
	step := o.Last("reviews").State.Journey.Since
	assert.False(t, step.Before(until), "the step was taken at %s, before the freeze ended at %s", step, until)
	assert.Less(t, step.Sub(until), 3*time.Second, "it was not the end of the freeze that woke it")
	o.settles("reviews", 100, "Healthy")
	o.Holds(4 * time.Minute)
}

// creates makes an object in the ordeal's namespace.
func (o *ordeal) creates(group, version, resource string, object map[string]any) {
	o.Helper()
	client, err := dynamic.NewForConfig(o.local.Admin(o.T))
	require.NoError(o, err)
	object["apiVersion"] = strings.TrimPrefix(group+"/"+version, "/")
	of := client.Resource(schema.GroupVersionResource{Group: group, Version: version, Resource: resource}).Namespace(o.namespace)
	_, err = of.Apply(o.Context(), object["metadata"].(map[string]any)["name"].(string), &unstructured.Unstructured{Object: object}, metav1.ApplyOptions{FieldManager: "endpoints", Force: true})
	require.NoError(o, err)
}

// serves gives a Service one endpoint, ready or not.
func (o *ordeal) serves(service string, ready bool) {
	o.Helper()
	o.creates("discovery.k8s.io", "v1", "endpointslices", map[string]any{
		"kind": "EndpointSlice", "addressType": "IPv4",
		"metadata":  map[string]any{"name": service + "-0", "labels": map[string]any{"kubernetes.io/service-name": service}},
		"endpoints": []any{map[string]any{"addresses": []any{"10.1.2.3"}, "conditions": map[string]any{"ready": ready}}},
	})
}

// says waits for a text in the agent's log.
func (p *process) says(text string) {
	p.o.Helper()
	require.Eventually(p.o, func() bool { return strings.Contains(p.log.text(), text) }, time.Minute, 50*time.Millisecond, "it never says %q", text)
}

// stands waits for a split at which the rollout is in the phase.
func (o *ordeal) stands(name, split, phase string) {
	o.Helper()
	o.Until(time.Minute, fmt.Sprintf("%s %s at %s", name, phase, split), func() bool {
		v := o.Last(name)
		return v.Split() == split && v.State != nil && string(v.State.Journey.Phase) == phase
	})
}
