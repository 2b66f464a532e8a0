package kube

import (
	"cmp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/cache"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// Ready is agent.Cluster's. A host is a service of the namespace when it is
// short, and otherwise the service that "name.namespace", with or without
// ".svc.cluster.local", names. Behind a service are its EndpointSlices, and the
// WorkloadEntries that its selector chooses; behind a ServiceEntry those that its
// workloadSelector does. Any other host is outside the cluster, and what its
// endpoints do is unknown. A subset counts as defined where Istio would find
// it: see [Cluster.rules]. What stands in caches that the API server has not kept up
// for some seconds is left out, as it may be of an hour ago.
func (c *Cluster) Ready(namespace string, of []rollout.Destination) map[rollout.Destination]rollout.Readiness {
	out := make(map[rollout.Destination]rollout.Readiness, len(of))
	c.changes.watch(c.root, namespace)
	for _, d := range of {
		if r, known := c.ready(namespace, d); known {
			out[d] = r
		}
	}
	return out
}

// blind tells whether nobody knows what is ready in the namespaces.
func (c *Cluster) blind(namespaces ...string) bool {
	for _, kind := range []string{destinationRule, service, endpointSlice, pod, serviceEntry, workloadEntry} {
		for _, n := range namespaces {
			if f := c.stores[kind].feed(n); f != nil && f.blind() {
				return true
			}
		}
	}
	return false
}

// ready is one destination's; false where it stands in caches that are behind.
func (c *Cluster) ready(namespace string, d rollout.Destination) (rollout.Readiness, bool) {
	at, known := c.resolve(d.Host, namespace)
	c.changes.watch(at.Namespace, namespace)
	if c.blind(namespace, at.Namespace, c.root) {
		return rollout.Readiness{}, false
	}
	r := rollout.Readiness{Defined: true, Known: known}
	var labels map[string]string
	if d.Subset != "" {
		labels, r.SeenSince, r.Defined = c.subset(istio.Host(d.Host, namespace), d.Subset, namespace, at.Namespace)
	}
	if r.Defined && d.Subset != "" {
		r.Labels = labels
	}
	if known && r.Defined {
		r.Ready, r.Want, r.Known = c.endpoints(at, labels)
	}
	return r, true
}

// Selected is agent.Cluster's.
func (c *Cluster) Selected(namespace string, d rollout.Destination, labels rollout.Labels) rollout.Readiness {
	at, known := c.resolve(d.Host, namespace)
	c.changes.watch(at.Namespace, namespace)
	r := rollout.Readiness{Defined: true, Known: known}
	if known {
		r.Ready, r.Want, r.Known = c.endpoints(at, labels)
	}
	return r
}

// place is what stands behind a host: a service, or a ServiceEntry that chooses
// workloads. Chosen are the labels by which it does so; none for what chooses none.
type place struct {
	rollout.Ref
	chosen map[string]string
	entry  bool
}

// resolve finds what stands behind a host. It is not known when the host is
// outside the cluster: an external name, or one whose endpoints a ServiceEntry
// lists or leaves to DNS.
func (c *Cluster) resolve(host, namespace string) (place, bool) {
	parts := strings.Split(strings.TrimSuffix(host, ".cluster.local"), ".")
	at := place{Ref: rollout.Ref{Namespace: namespace, Name: parts[0]}}
	if len(parts) > 1 {
		at.Namespace = parts[1]
	}
	if found, exists := c.stores[service].cached(at.Ref).(*corev1.Service); exists {
		inside := len(parts) <= 2 || len(parts) == 3 && parts[2] == "svc"
		at.chosen = found.Spec.Selector
		return at, inside && found.Spec.Type != corev1.ServiceTypeExternalName
	}
	entries := append(c.stores[serviceEntry].list(byHost, istio.Host(host, namespace)), c.stores[serviceEntry].list(byHost, host)...)
	if len(entries) == 0 {
		return at, len(parts) == 1 || len(parts) == 3 && parts[2] == "svc"
	}
	first := slices.MinFunc(entries, func(a, b any) int { // the oldest is Istio's
		x, y := a.(*unstructured.Unstructured), b.(*unstructured.Unstructured)
		return cmp.Or(x.GetCreationTimestamp().Compare(y.GetCreationTimestamp().Time), refOf(x).Compare(refOf(y)))
	}).(*unstructured.Unstructured)
	chosen, _, _ := unstructured.NestedStringMap(first.Object, "spec", "workloadSelector", "labels")
	return place{refOf(first), chosen, true}, len(chosen) > 0
}

// subset is the subset's labels, and since when they have been what they are:
// the time at which the DestinationRule's subsets were last written, so that a
// restart says the same.
func (c *Cluster) subset(host, name, viewer, home string) (map[string]string, time.Time, bool) {
	for _, rule := range c.rules(host, viewer, home) {
		subsets, _, _ := unstructured.NestedSlice(rule.Object, "spec", "subsets")
		for _, s := range subsets {
			fields, ok := s.(map[string]any)
			if !ok || fields["name"] != name {
				continue
			}
			labels, _, _ := unstructured.NestedStringMap(fields, "labels")
			return labels, writtenAt(rule, "spec", "subsets"), true
		}
	}
	return nil, time.Time{}, false
}

// rules are the DestinationRules that hold for a host: those of the first
// namespace that has any, of the viewer's, the service's and Istio's root
// namespace, the oldest first. Within a namespace a rule for just this host
// shadows one with a wildcard. Rules for chosen clients only, or not exported to
// the viewer, do not count.
func (c *Cluster) rules(host, viewer, home string) []*unstructured.Unstructured {
	for _, namespace := range []string{viewer, home, c.root} {
		var found []*unstructured.Unstructured
		best := 0
		for _, ref := range c.stores[destinationRule].refs(cache.NamespaceIndex, namespace) {
			rule := c.stores[destinationRule].get(ref)
			if rule == nil || ref.Namespace != namespace || !visible(rule, viewer) {
				continue
			}
			of, _, _ := unstructured.NestedString(rule.Object, "spec", "host")
			switch fit := fits(istio.Host(of, namespace), host); {
			case fit == 0 || fit < best:
			case fit > best:
				found, best = []*unstructured.Unstructured{rule}, fit
			default:
				found = append(found, rule)
			}
		}
		if len(found) > 0 {
			slices.SortStableFunc(found, func(a, b *unstructured.Unstructured) int {
				return a.GetCreationTimestamp().Compare(b.GetCreationTimestamp().Time)
			})
			return found
		}
	}
	return nil
}

// fits says how closely a rule's host names another: 0 for not at all, more for
// a longer wildcard, most for the host itself.
func fits(pattern, host string) int {
	suffix, wildcard := strings.CutPrefix(pattern, "*")
	switch {
	case pattern == host:
		return len(host) + 2
	case wildcard && strings.HasSuffix(host, suffix):
		return len(suffix) + 1
	}
	return 0
}

// visible tells whether a DestinationRule holds for all clients in a namespace.
func visible(rule *unstructured.Unstructured, viewer string) bool {
	if _, chosen, _ := unstructured.NestedFieldNoCopy(rule.Object, "spec", "workloadSelector"); chosen {
		return false
	}
	to, _, _ := unstructured.NestedStringSlice(rule.Object, "spec", "exportTo")
	return len(to) == 0 || slices.Contains(to, "*") || slices.Contains(to, viewer) ||
		rule.GetNamespace() == viewer && slices.Contains(to, ".")
}

// writtenAt is when a field was last written, as far as its owners tell.
func writtenAt(object *unstructured.Unstructured, path ...string) time.Time {
	at := time.Time{}
	for _, o := range ownershipOf(object) {
		if holds(o.fields, path...) && o.Time != nil && o.Time.After(at) {
			at = o.Time.Time
		}
	}
	if at.IsZero() {
		at = object.GetCreationTimestamp().Time
	}
	return at.UTC()
}

// endpoints counts the endpoints behind a place with the labels, each pod once, ready
// or not. Nobody knows of the pods that a ServiceEntry chooses, which no EndpointSlice
// is about, whether they are ready.
func (c *Cluster) endpoints(at place, labels map[string]string) (ready, all int, known bool) {
	seen := map[string]bool{}
	switch {
	case at.entry && c.choosesPods(at, labels):
		return 0, 0, false
	case !at.entry:
		for _, object := range c.stores[endpointSlice].list(byService, at.String()) {
			slice := object.(*discoveryv1.EndpointSlice)
			for _, e := range slice.Endpoints {
				id, labelled := c.endpoint(slice.Namespace, e)
				if !matches(labelled, labels) {
					continue
				}
				seen[id] = seen[id] || takes(e.Conditions)
			}
		}
	}
	if len(at.chosen) > 0 {
		for _, object := range c.stores[workloadEntry].list(cache.NamespaceIndex, at.Namespace) {
			if w, ok := object.(*workload); ok && matches(w.Labels, at.chosen) && matches(w.Labels, labels) {
				seen[workloadEntry+" "+w.Name] = w.healthy
			}
		}
	}
	for _, isReady := range seen {
		if isReady {
			ready++
		}
	}
	return ready, len(seen), true
}

// takes tells whether an endpoint takes new traffic. One of a service that publishes
// addresses that are not ready is called ready whatever its pod says, which its other
// conditions tell: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices.
func takes(c discoveryv1.EndpointConditions) bool {
	is := func(condition *bool, unsaid bool) bool {
		if condition == nil {
			return unsaid
		}
		return *condition
	}
	return is(c.Ready, true) && is(c.Serving, true) && !is(c.Terminating, false)
}

func (c *Cluster) choosesPods(at place, labels map[string]string) bool {
	return slices.ContainsFunc(c.stores[pod].list(cache.NamespaceIndex, at.Namespace), func(o any) bool {
		p, ok := o.(*metav1.PartialObjectMetadata)
		return ok && matches(p.Labels, at.chosen) && matches(p.Labels, labels)
	})
}

// endpoint says who an endpoint is and how its pod is labelled.
func (c *Cluster) endpoint(namespace string, e discoveryv1.Endpoint) (id string, labels map[string]string) {
	if e.TargetRef == nil || e.TargetRef.Kind != pod {
		return strings.Join(e.Addresses, ","), nil
	}
	id = e.TargetRef.Name
	if p, ok := c.stores[pod].cached(rollout.Ref{Namespace: namespace, Name: id}).(*metav1.PartialObjectMetadata); ok {
		labels = p.Labels
	}
	return id, labels
}

// matches tells whether the labels are all there.
func matches(labels, wanted map[string]string) bool {
	for k, v := range wanted {
		if have, ok := labels[k]; !ok || have != v {
			return false
		}
	}
	return true
}
