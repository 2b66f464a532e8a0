package kube

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

var _ agent.Cluster = (*Cluster)(nil)

// Live is agent.Cluster's.
func (c *Cluster) Live(ref rollout.Ref) (agent.LiveObject, bool) {
	object := c.stores[virtualService].get(ref)
	if object == nil {
		return agent.LiveObject{}, false
	}
	return liveOf(object), true
}

// Owned is agent.Cluster's, ordered by reference.
func (c *Cluster) Owned() []agent.LiveObject {
	s := c.stores[virtualService]
	var out []agent.LiveObject
	for _, ref := range s.refs(byOwned, "") {
		if object := s.get(ref); object != nil {
			if live := liveOf(object); live.State != nil && live.State.Cluster == c.name {
				out = append(out, live)
			}
		}
	}
	return out
}

// refs lists the objects in the index, and those that we wrote just now.
func (s *store) refs(index, value string) []rollout.Ref {
	var out []rollout.Ref
	for _, object := range s.list(index, value) {
		out = append(out, refOf(object.(*unstructured.Unstructured)))
	}
	s.mu.Lock()
	for ref := range s.written {
		out = append(out, ref)
	}
	s.mu.Unlock()
	slices.SortFunc(out, rollout.Ref.Compare)
	return slices.Compact(out)
}

// Other is agent.Cluster's.
func (c *Cluster) Other(kind string, ref rollout.Ref) (map[string]any, bool) {
	s, ok := c.stores[kind]
	if !ok || s.resource.Group != istioGroup {
		return nil, false
	}
	object := s.get(ref)
	if object == nil {
		return nil, false
	}
	return runtime.DeepCopyJSON(object.Object), true
}

// liveOf reads a VirtualService; what it returns is the caller's to change.
func liveOf(object *unstructured.Unstructured) agent.LiveObject {
	owners := ownershipOf(object)
	live := agent.LiveObject{
		Live:   rollout.Live{Ref: refOf(object), UID: string(object.GetUID()), Version: object.GetResourceVersion()},
		Object: runtime.DeepCopyJSON(object.Object),
	}
	live.Asked, _ = askedOf(object) // heard has told why it cannot be read
	annotation, ok := object.GetAnnotations()[Annotation]
	if own := owners.own(); ok || !own.Empty() {
		live.Ours = oursOf(object, own)
	}
	if !ok {
		live.Appliers = owners.appliers()
		return live
	}
	live.Editor = owners.editor()
	var err error
	if live.State, err = decode(annotation); err != nil {
		live.Damaged = err.Error()
	}
	return live
}
