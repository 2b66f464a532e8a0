package agenttest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// LoseBefore has the next write not arrive.
func (k *Kube) LoseBefore() { k.befall(func(func() error) error { return ErrClusterAway }) }

// LoseAfter has the next write arrive and its answer get lost.
func (k *Kube) LoseAfter() {
	k.befall(func(write func() error) error { return errors.Join(write(), ErrClusterAway) })
}

// Refuse has the next write be refused with the error.
func (k *Kube) Refuse(err error) { k.befall(func(func() error) error { return err }) }

// LoseBeforeOf has the next writes of one VirtualService not arrive.
func (k *Kube) LoseBeforeOf(ref rollout.Ref, writes int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lost[ref] = writes
}

func (k *Kube) befall(fault func(func() error) error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fault = fault
}

// Away makes the API server unreachable, or reachable again. Meanwhile the cache
// holds what it held.
func (k *Kube) Away(away bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.away = away; away {
		k.stale, k.heard = maps.Clone(k.objects), k.stopped
		return
	}
	if k.heard != k.stopped {
		k.tell(kubeKey{kind: "Namespace"})
	}
	for key, o := range k.objects {
		if k.stale[key] != o {
			k.tell(key)
		}
	}
	for key := range k.stale {
		if k.objects[key] == nil {
			k.tell(key)
		}
	}
	k.stale = nil
}

// Create is World's.
func (k *Kube) Create(by string, object map[string]any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := keyOf(object)
	if k.objects[key] != nil {
		panic(fmt.Sprintf("agenttest: %s %s exists already", key.kind, key.ref))
	}
	o := newKubeObject(key, fmt.Sprintf("uid-%d", k.version+1), k.now())
	o.update(by, fieldsOf(object), k.now())
	k.put(key, o)
}

// Edit is World's.
func (k *Kube) Edit(by, kind string, ref rollout.Ref, change func(object map[string]any)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := kubeKey{kind, ref}
	o := k.objects[key].clone()
	object := o.whole(false)
	change(object)
	o.update(by, fieldsOf(object), k.now())
	k.put(key, o)
}

// Delete is World's.
func (k *Kube) Delete(kind string, ref rollout.Ref) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.put(kubeKey{kind, ref}, nil)
}

// Get is World's.
func (k *Kube) Get(kind string, ref rollout.Ref) map[string]any {
	k.mu.Lock()
	defer k.mu.Unlock()
	if o := k.objects[kubeKey{kind, ref}]; o != nil {
		return o.whole(false)
	}
	return nil
}

// Service is World's.
func (k *Kube) Service(ref rollout.Ref) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.services[ref] = true
	k.tell(kubeKey{"Service", ref})
}

// Pod is World's.
func (k *Kube) Pod(ref rollout.Ref, labels map[string]string, ready bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pods[ref] = kubePod{labels: maps.Clone(labels), ready: ready}
	k.tell(kubeKey{"Pod", ref})
}

// Workload is World's.
func (k *Kube) Workload(ref rollout.Ref, labels map[string]string, health string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.outside[ref] = kubePod{labels: maps.Clone(labels), ready: health == "" || health == "True"}
	k.tell(kubeKey{"WorkloadEntry", ref})
}

// Events is World's.
func (k *Kube) Events(ref rollout.Ref) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.told[ref])
}

// Requests is World's.
func (k *Kube) Requests() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.requests
}

// Selected is agent.Cluster's.
func (k *Kube) Selected(namespace string, d rollout.Destination, labels rollout.Labels) rollout.Readiness {
	k.mu.Lock()
	defer k.mu.Unlock()
	wanted := map[string]any{}
	for name, value := range labels {
		wanted[name] = value
	}
	r := k.selected(namespace, d, func(_, _, _ string) (map[string]any, time.Time, bool) { return wanted, time.Time{}, true })
	r.Labels = nil // those are asked, not read
	return r
}

// Stop is World's.
func (k *Kube) Stop(sentence string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopped = sentence
	k.tell(kubeKey{kind: "Namespace"})
}

// Stopped is agent.Cluster's.
func (k *Kube) Stopped() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.away {
		return k.heard
	}
	return k.stopped
}

// Ready is agent.Cluster's.
func (k *Kube) Ready(namespace string, of []rollout.Destination) map[rollout.Destination]rollout.Readiness {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := map[rollout.Destination]rollout.Readiness{}
	for _, d := range of {
		out[d] = k.ready(namespace, d)
	}
	return out
}

func (k *Kube) ready(namespace string, d rollout.Destination) rollout.Readiness {
	return k.selected(namespace, d, func(host, subset, home string) (map[string]any, time.Time, bool) {
		return k.subset(host, subset, namespace, home)
	})
}

func (k *Kube) selected(namespace string, d rollout.Destination, subset func(host, subset, home string) (map[string]any, time.Time, bool)) rollout.Readiness {
	host := istio.Host(d.Host, namespace)
	name, rest, _ := strings.Cut(host, ".")
	home, rest, _ := strings.Cut(rest, ".")
	at := rollout.Ref{Namespace: home, Name: name}
	r := rollout.Readiness{Defined: true, Known: rest == "svc.cluster.local" || rest == "svc" || rest == "" && k.services[at]}
	var labels map[string]any
	if d.Subset != "" {
		labels, r.SeenSince, r.Defined = subset(host, d.Subset, home)
		if r.Defined {
			r.Labels = rollout.Labels{}
		}
		for name, value := range labels {
			r.Labels[name], _ = value.(string)
		}
	}
	if !r.Known || !r.Defined || !k.services[at] {
		return r
	}
	for _, all := range []map[rollout.Ref]kubePod{k.pods, k.outside} {
		for ref, p := range all {
			if ref.Namespace != home || p.labels["app"] != name || !labelled(p.labels, labels) {
				continue
			}
			if r.Want++; p.ready {
				r.Ready++
			}
		}
	}
	return r
}

// subset looks a subset up in the DestinationRules of the first namespace that
// has any for the host.
func (k *Kube) subset(host, name string, namespaces ...string) (map[string]any, time.Time, bool) {
	for _, namespace := range append(namespaces, "istio-system") {
		found := false
		for key := range k.objects {
			o := k.cached(key.kind, key.ref)
			if o == nil || key.kind != "DestinationRule" || key.ref.Namespace != namespace {
				continue
			}
			if of, _ := o.fields[join("spec", "host")].(string); istio.Host(of, namespace) != host {
				continue
			}
			found = true
			subsets, _ := o.fields[join("spec", "subsets")].([]any)
			for _, s := range subsets {
				if fields, _ := s.(map[string]any); fields["name"] == name {
					labels, _ := fields["labels"].(map[string]any)
					return labels, o.wrote[join("spec", "subsets")], true
				}
			}
		}
		if found {
			break
		}
	}
	return nil, time.Time{}, false
}

func labelled(labels map[string]string, wanted map[string]any) bool {
	for name, value := range wanted {
		if have, ok := labels[name]; !ok || have != value {
			return false
		}
	}
	return true
}
