package kube

import (
	"context"
	"reflect"
	"sync"

	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// changes turns what informers tell into hints. It never makes an informer wait:
// hints that nobody has taken yet are held once each.
type changes struct {
	out  chan agent.Change
	wake chan struct{}

	mu      sync.Mutex
	waiting []agent.Change
	held    map[agent.Change]bool
	viewers map[string]map[string]bool // by namespace, those whose routes lead there
}

func newChanges() *changes {
	return &changes{
		out: make(chan agent.Change), wake: make(chan struct{}, 1),
		held: map[agent.Change]bool{}, viewers: map[string]map[string]bool{},
	}
}

// Changed is agent.Cluster's.
func (c *Cluster) Changed() <-chan agent.Change { return c.changes.out }

// add tells of an object that came (old is nil), changed or went (object is nil).
func (c *changes) add(kind string, old, object any) {
	if old != nil && object != nil && same(old, object) {
		return
	}
	if object == nil {
		object = old
	}
	o, ok := object.(metav1.Object)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch kind {
	case virtualService:
		c.hold(refOf(o))
		return
	case serviceEntry: // it may be what a host of any namespace leads to from now on
		c.hold(rollout.Ref{})
		return
	}
	c.hold(rollout.Ref{Namespace: o.GetNamespace()})
	for viewer := range c.viewers[o.GetNamespace()] {
		c.hold(rollout.Ref{Namespace: viewer})
	}
}

// same tells whether nothing changed that anybody asks for.
func same(old, object any) bool {
	switch now := object.(type) {
	case *metav1.PartialObjectMetadata:
		was, ok := old.(*metav1.PartialObjectMetadata)
		return ok && reflect.DeepEqual(was.Labels, now.Labels)
	case *workload:
		was, ok := old.(*workload)
		return ok && reflect.DeepEqual(was.Labels, now.Labels) && was.healthy == now.healthy
	case *discoveryv1.EndpointSlice:
		was, ok := old.(*discoveryv1.EndpointSlice)
		return ok && reflect.DeepEqual(was.Endpoints, now.Endpoints) && reflect.DeepEqual(was.Labels, now.Labels)
	}
	return false
}

// watch has changes of one namespace told to another whose routes lead there.
func (c *changes) watch(namespace, viewer string) {
	if namespace == viewer {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.viewers[namespace] == nil {
		c.viewers[namespace] = map[string]bool{}
	}
	c.viewers[namespace][viewer] = true
}

// hold queues a hint; the caller has the lock.
func (c *changes) hold(ref rollout.Ref) {
	change := agent.Change{Ref: ref}
	if c.held[change] {
		return
	}
	c.held[change] = true
	c.waiting = append(c.waiting, change)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// next takes the hint that waits longest.
func (c *changes) next() (agent.Change, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		return agent.Change{}, false
	}
	change := c.waiting[0]
	c.waiting = c.waiting[1:]
	delete(c.held, change)
	return change, true
}

// run hands the hints out until the context ends.
func (c *changes) run(ctx context.Context) {
	for {
		change, ok := c.next()
		if !ok {
			select {
			case <-c.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		select {
		case c.out <- change:
		case <-ctx.Done():
			return
		}
	}
}
