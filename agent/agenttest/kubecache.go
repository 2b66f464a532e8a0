package agenttest

import (
	"context"
	"errors"
	"slices"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// Stored is one version of an object that the model stored: what it was before,
// nil where there was none, and what it is, nil where it was removed.
type Stored struct {
	Kind          string
	Ref           rollout.Ref
	Before, After map[string]any
	// Managers are those beside weir that owned parts of its spec before.
	Managers []string
}

// read is the object as a reader gets it; nil for none.
func (o *kubeObject) read(shared bool) map[string]any {
	if o == nil {
		return nil
	}
	return o.kept(shared).whole
}

// reading is an object as readers get it.
type reading struct {
	whole map[string]any
	live  agent.LiveObject
}

// kept is the reading of a stored object: a new one for each reader, or the
// same for all.
func (o *kubeObject) kept(shared bool) *reading {
	if shared && o.reading != nil {
		return o.reading
	}
	r := &reading{live: o.live(shared)}
	r.whole = r.live.Object
	if shared {
		o.reading = r
	}
	return r
}

// Share has readers get the same objects again and again, which is faster:
// whoever reads may not write to them then.
func (k *Kube) Share() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.shared = true
}

// Watch has every version that is stored from now on told. The function is
// called while the model is locked and may not call it.
func (k *Kube) Watch(watch func(Stored)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.watchers = append(k.watchers, watch)
}

// Cache is another agent's view of the model: an agent.Cluster with a cache of
// its own, which may fall behind.
func (k *Kube) Cache() *KubeCache {
	k.mu.Lock()
	defer k.mu.Unlock()
	view := NewKube(k.name, k.now)
	view.shared = k.shared
	view.changed = make(chan agent.Change, 256)
	c := &KubeCache{Kube: view, server: k, frozen: map[string]bool{}}
	for key := range k.objects {
		c.copy(key)
	}
	for ref := range k.services {
		c.copy(kubeKey{"Service", ref})
	}
	for ref := range k.pods {
		c.copy(kubeKey{"Pod", ref})
	}
	c.copy(kubeKey{"Namespace", rollout.Ref{}})
	k.caches = append(k.caches, c)
	return c
}

// KubeCache is an agent.Cluster on a Kube. What it reads comes from its cache;
// what it writes goes to the model, and the answer is read at once, as with the
// real adapter.
type KubeCache struct {
	*Kube  // what the cache holds
	server *Kube
	frozen map[string]bool
	behind []kubeKey
	deaf   bool
}

var _ agent.Cluster = (*KubeCache)(nil)

// Freeze has the cache hear no more of the kinds ("Pod" and "Service" too).
func (c *KubeCache) Freeze(kinds ...string) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	for _, kind := range kinds {
		c.frozen[kind] = true
	}
}

// Thaw has the cache catch up with all that it missed.
func (c *KubeCache) Thaw() {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	clear(c.frozen)
	missed := c.behind
	c.behind = nil
	for i, key := range missed {
		if !slices.Contains(missed[:i], key) {
			c.hear(key)
		}
	}
}

// Behind tells whether the cache lacks anything that happened.
func (c *KubeCache) Behind() bool {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return len(c.behind) > 0
}

// Deaf has the answers of writes get lost, or arrive again.
func (c *KubeCache) Deaf(deaf bool) { c.deaf = deaf }

// Close ends the cache: its agent is gone.
func (c *KubeCache) Close() {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.server.caches = slices.DeleteFunc(c.server.caches, func(o *KubeCache) bool { return o == c })
}

// hear takes in a change of the model, whose lock is held.
func (c *KubeCache) hear(key kubeKey) {
	if c.frozen[key.kind] {
		c.behind = append(c.behind, key)
		return
	}
	c.copy(key)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tell(key)
}

// copy takes over what the model, whose lock is held, has under the key.
func (c *KubeCache) copy(key kubeKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch key.kind {
	case "Service":
		c.services[key.ref] = c.server.services[key.ref]
	case "Pod":
		c.pods[key.ref] = c.server.pods[key.ref]
	case "Namespace":
		c.stopped = c.server.stopped
	default:
		c.hold(key, c.server.objects[key])
	}
}

func (c *KubeCache) hold(key kubeKey, o *kubeObject) {
	if o == nil {
		delete(c.objects, key)
	} else {
		c.objects[key] = o
	}
}

// answered reads the answer to a write: it is known before the cache hears of it, and so
// is what is there instead, after a conflict.
func (c *KubeCache) answered(key kubeKey, err error) error {
	if c.deaf {
		return err
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil || errors.Is(err, agent.ErrConflict) {
		c.hold(key, c.server.objects[key])
	}
	return err
}

// Apply is agent.Cluster's.
func (c *KubeCache) Apply(ctx context.Context, w agent.Write) error {
	return c.answered(kubeKey{"VirtualService", w.Ref}, c.server.Apply(ctx, w))
}

// ApplyOther is agent.Cluster's.
func (c *KubeCache) ApplyOther(ctx context.Context, object map[string]any, adopt ...string) error {
	cached := func(kind string, ref rollout.Ref) *kubeObject {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.cached(kind, ref)
	}
	return c.answered(keyOf(object), c.server.applyOther(ctx, object, cached, adopt...))
}

// Remove is agent.Cluster's.
func (c *KubeCache) Remove(ctx context.Context, ref rollout.Ref, uid, version string) error {
	return c.answered(kubeKey{"VirtualService", ref}, c.server.Remove(ctx, ref, uid, version))
}

// Tell is agent.Cluster's.
func (c *KubeCache) Tell(ref rollout.Ref, uid string, code rollout.Code, warning bool, sentence string) {
	c.server.Tell(ref, uid, code, warning, sentence)
}
