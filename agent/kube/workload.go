package kube

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// workload is what is read of a WorkloadEntry: an endpoint outside Kubernetes.
type workload struct {
	metav1.ObjectMeta
	healthy bool
}

// checked is the annotation by which Istio has the health of a WorkloadEntry
// checked: one that nobody has found healthy gets no traffic then.
const checked = "proxy.istio.io/health-checks-enabled"

// workloadOf reads one. Labels of its own win over those of its spec, as for Istio.
func workloadOf(o *unstructured.Unstructured) *workload {
	labels, _, _ := unstructured.NestedStringMap(o.Object, "spec", "labels")
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, o.GetLabels())
	w := &workload{ObjectMeta: metav1.ObjectMeta{
		Namespace: o.GetNamespace(), Name: o.GetName(), UID: o.GetUID(), ResourceVersion: o.GetResourceVersion(), Labels: labels,
	}, healthy: true}
	if _, is := o.GetAnnotations()[checked]; is {
		w.healthy = isHealthy(o)
	}
	return w
}

func isHealthy(o *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, c := range conditions {
		if fields, ok := c.(map[string]any); ok && fields["type"] == "Healthy" {
			return fields["status"] == "True"
		}
	}
	return false
}
