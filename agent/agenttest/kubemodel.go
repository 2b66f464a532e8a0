package agenttest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// ErrClusterAway is what the model says while it is away.
var ErrClusterAway = errors.New("the API server is away")

// What the model knows of names.
const (
	stateAnnotation  = "weir.dev/state"
	intentAnnotation = "weir.dev/intent"
	ourManager       = "weir"
	maxStateBytes    = 4096
)

var (
	_ World         = (*Kube)(nil)
	_ agent.Cluster = (*Kube)(nil)
)

// Kube is a Kubernetes API server in memory, as one agent sees it: the World,
// and an agent.Cluster on it. Its cache is never behind, but while it is away.
type Kube struct {
	name    string
	now     func() time.Time
	changed chan agent.Change

	mu       sync.Mutex
	objects  map[kubeKey]*kubeObject
	stale    map[kubeKey]*kubeObject // what the cache holds while the server is away
	away     bool
	fault    func(write func() error) error // what befalls the next write
	shared   bool                           // whether readers get the same objects again
	lost     map[rollout.Ref]int            // how many of its next writes do not arrive
	version  int
	requests int
	stopped  string // who stopped the line and why
	heard    string // that as the cache has it while the server is away
	services map[rollout.Ref]bool
	pods     map[rollout.Ref]kubePod
	outside  map[rollout.Ref]kubePod // WorkloadEntries
	told     map[rollout.Ref][]string
	caches   []*KubeCache
	watchers []func(Stored)
}

type kubeKey struct {
	kind string
	ref  rollout.Ref
}

type kubePod struct {
	labels map[string]string
	ready  bool
}

// NewKube makes an empty cluster. The agent is started for the named one, and
// now is the API server's clock.
func NewKube(name string, now func() time.Time) *Kube {
	return &Kube{
		name: name, now: now, changed: make(chan agent.Change, 4096), objects: map[kubeKey]*kubeObject{},
		services: map[rollout.Ref]bool{}, pods: map[rollout.Ref]kubePod{}, outside: map[rollout.Ref]kubePod{}, told: map[rollout.Ref][]string{}, lost: map[rollout.Ref]int{},
	}
}

// cached is an object as the agent sees it; nil when there is none.
func (k *Kube) cached(kind string, ref rollout.Ref) *kubeObject {
	if k.away {
		return k.stale[kubeKey{kind, ref}]
	}
	return k.objects[kubeKey{kind, ref}]
}

// tell hints at a change of the object, as long as there is room.
func (k *Kube) tell(key kubeKey) {
	for _, c := range k.caches {
		c.hear(key)
	}
	change := agent.Change{Ref: key.ref}
	if key.kind != "VirtualService" {
		change.Ref.Name = ""
	}
	if k.away {
		return
	}
	select {
	case k.changed <- change:
	default:
	}
}

// put stores a new version of an object; nil removes it.
func (k *Kube) put(key kubeKey, o *kubeObject) {
	k.version++
	before := k.objects[key]
	if o != nil && key.kind == "VirtualService" && o.asks() != before.asks() {
		if _, err := o.asked(); err != nil {
			k.told[key.ref] = append(k.told[key.ref], fmt.Sprintf("Warning Unheard: %v; it asks for nothing until it is a JSON list of intents", err))
		}
	}
	if o == nil {
		delete(k.objects, key)
	} else {
		o.version = strconv.Itoa(k.version)
		k.objects[key] = o
	}
	for _, watch := range k.watchers {
		watch(Stored{key.kind, key.ref, before.read(k.shared), o.read(k.shared), before.others()})
	}
	k.tell(key)
}

// request is one write of the agent's.
func (k *Kube) request(ctx context.Context, write func() error) error {
	k.requests++
	if err := ctx.Err(); err != nil {
		return err
	}
	if k.away {
		return ErrClusterAway
	}
	fault := k.fault
	if k.fault = nil; fault != nil {
		return fault(write)
	}
	return write()
}

// Live is agent.Cluster's.
func (k *Kube) Live(ref rollout.Ref) (agent.LiveObject, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	o := k.cached("VirtualService", ref)
	if o == nil {
		return agent.LiveObject{}, false
	}
	return o.kept(k.shared).live, true
}

// Owned is agent.Cluster's.
func (k *Kube) Owned() []agent.LiveObject {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []agent.LiveObject
	for key := range k.objects {
		o := k.cached(key.kind, key.ref)
		if key.kind != "VirtualService" || o == nil {
			continue
		}
		if live := o.kept(k.shared).live; live.State != nil && live.State.Cluster == k.name {
			out = append(out, live)
		}
	}
	slices.SortFunc(out, func(a, b agent.LiveObject) int { return a.Ref.Compare(b.Ref) })
	return out
}

// Other is agent.Cluster's.
func (k *Kube) Other(kind string, ref rollout.Ref) (map[string]any, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if o := k.cached(kind, ref); o != nil && slices.Contains(otherKinds, kind) {
		return o.kept(k.shared).whole, true
	}
	return nil, false
}

// otherKinds are those that ApplyOther takes. It is never changed.
var otherKinds = []string{"DestinationRule", "Gateway", "ServiceEntry"}

// Apply is agent.Cluster's.
func (k *Kube) Apply(ctx context.Context, w agent.Write) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.request(ctx, func() error {
		if k.lost[w.Ref]--; k.lost[w.Ref] >= 0 {
			return ErrClusterAway
		}
		return k.apply(w)
	}); err != nil {
		return fmt.Errorf("applying VirtualService %s: %w", w.Ref, err)
	}
	return nil
}

func (k *Kube) apply(w agent.Write) error {
	if w.Object["spec"] == nil {
		return errors.New("the write has no spec")
	}
	state, err := annotationOf(w.State)
	if err != nil {
		return err
	}
	key := kubeKey{"VirtualService", w.Ref}
	o, err := k.under(key, w.UID, w.Version)
	if err != nil {
		return err
	}
	if live := o.live(true); live.Damaged != "" {
		return fmt.Errorf("%w: %s", agent.ErrRefused, live.Damaged)
	}
	if len(w.Adopt) > 0 {
		if others := o.managers(func(m string) bool { return !slices.Contains(w.Adopt, m) }); len(others) > 0 && !w.Force {
			return fmt.Errorf("%w: %s", agent.ErrRefused, strings.Join(others, ", "))
		}
		o.fold(w.Adopt)
	}
	said := fieldsOf(w.Object)
	said[join("metadata", "annotations", stateAnnotation)] = state
	return k.lay(key, o, said, w.Force)
}

// under is a copy of the object as it was observed, or a new one.
func (k *Kube) under(key kubeKey, uid, version string) (*kubeObject, error) {
	o := k.objects[key]
	switch {
	case o == nil && uid == "" && version == "":
		return newKubeObject(key, fmt.Sprintf("uid-%d", k.version+1), k.now()), nil
	case o == nil || o.uid != uid || o.version != version:
		return nil, agent.ErrConflict
	}
	return o.clone(), nil
}

// lay applies what our manager says on a copy and stores it if that changes
// anything.
func (k *Kube) lay(key kubeKey, o *kubeObject, said map[string]any, force bool) error {
	was := o.clone()
	if err := o.apply(said, force, k.now()); err != nil {
		return err
	}
	if o.version == "" || !reflect.DeepEqual(was, o) {
		k.put(key, o)
	}
	return nil
}

// ApplyOther is agent.Cluster's.
func (k *Kube) ApplyOther(ctx context.Context, object map[string]any, adopt ...string) error {
	return k.applyOther(ctx, object, k.cached, adopt...)
}

// applyOther is ApplyOther by one whose cache holds what cached says.
func (k *Kube) applyOther(ctx context.Context, object map[string]any, cached func(string, rollout.Ref) *kubeObject, adopt ...string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := keyOf(object)
	err := func() error {
		if !slices.Contains(otherKinds, key.kind) || key.ref.Namespace == "" || key.ref.Name == "" {
			return errors.New("weir does not apply this here")
		}
		said, have := fieldsOf(object), cached(key.kind, key.ref)
		if have != nil && have.saysOfOurs(said) {
			return nil
		}
		uid, version := "", ""
		if have != nil {
			uid, version = have.uid, have.version
		}
		if made, said := object["metadata"].(map[string]any)["resourceVersion"].(string); said && made != version {
			return agent.ErrConflict
		}
		return k.request(ctx, func() error {
			o, err := k.under(key, uid, version)
			if err != nil {
				return err
			}
			ours := o.ours(true) != nil
			if len(o.managers(func(m string) bool { return slices.Contains(adopt, m) })) > 0 {
				if others := o.managers(func(m string) bool { return !slices.Contains(adopt, m) }); len(others) > 0 && !ours {
					return fmt.Errorf("%w: %s", agent.ErrRefused, strings.Join(others, ", "))
				}
				o.fold(adopt)
			}
			return k.lay(key, o, said, ours)
		})
	}()
	if err != nil {
		return fmt.Errorf("applying %s %s: %w", key.kind, key.ref, err)
	}
	return nil
}

// Remove is agent.Cluster's.
func (k *Kube) Remove(ctx context.Context, ref rollout.Ref, uid, version string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := kubeKey{"VirtualService", ref}
	err := k.request(ctx, func() error {
		if o := k.objects[key]; o == nil || o.uid != uid || o.version != version {
			return agent.ErrConflict
		}
		k.put(key, nil)
		return nil
	})
	if err != nil {
		return fmt.Errorf("removing VirtualService %s: %w", ref, err)
	}
	return nil
}

// Tell is agent.Cluster's.
func (k *Kube) Tell(ref rollout.Ref, _ string, code rollout.Code, warning bool, sentence string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	kind := "Normal"
	if warning {
		kind = "Warning"
	}
	k.told[ref] = append(k.told[ref], fmt.Sprintf("%s %s: %s", kind, code, sentence))
}

// Changed is agent.Cluster's.
func (k *Kube) Changed() <-chan agent.Change { return k.changed }

// Synced is agent.Cluster's.
func (k *Kube) Synced(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.away {
		return cmp.Or(ctx.Err(), ErrClusterAway)
	}
	return ctx.Err()
}
