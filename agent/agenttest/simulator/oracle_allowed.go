package simulator

import (
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// sums holds promise 3: weights are whole and not negative, and no route is
// without traffic.
func (o *oracle) sums(v *version) {
	for _, c := range v.reweighed() {
		for _, w := range c.to {
			if w.Weight < 0 {
				o.breaks("3", "%s: %s is negative", v.Ref.Name, c.to)
			}
		}
		if c.to.Total() == 0 {
			o.breaks("3", "%s: %s sends traffic to nobody", v.Ref.Name, c.to)
		}
	}
}

// allowed holds promise 1: weights change only as an allow entry says that is
// on the branch already, or, going back, in this version's own outbox.
func (o *oracle) allowed(v *version) {
	changes := v.reweighed()
	if len(changes) == 0 {
		return
	}
	digest := v.after.state.Journey.Entry
	switch {
	case v.entry == nil:
		o.breaks("1", "%s goes from %s to %s by decision %q, which nobody knows", v.Ref.Name, v.before.routes, v.after.routes, digest)
		return
	case v.entry.Verdict != policy.Allow:
		o.breaks("1", "%s goes to %s by decision %q, which refuses it", v.Ref.Name, v.after.routes, digest)
		return
	case !v.entry.pushed && !v.posted:
		o.breaks("1", "%s goes to %s by decision %q, which is neither pushed nor in its outbox", v.Ref.Name, v.after.routes, digest)
		return
	case !v.entry.pushed && !v.homeward() && !o.eases(v):
		o.breaks("1", "%s goes to %s, which is not stable, before its decision is pushed", v.Ref.Name, v.after.routes)
		return
	}
	for _, c := range changes {
		if !v.entry.says(v.Ref, c) {
			o.breaks("1", "%s goes to %s, which its decision %q does not say: %+v", v.Ref.Name, c.to, digest, v.entry.Changes)
		}
	}
}

// says tells whether the decision leads a route to this split. Routes that no
// plan moves come as Git has them, with a reshape.
func (e *entry) says(ref rollout.Ref, c routeMove) bool {
	for _, change := range e.Changes {
		if change.Target != ref {
			continue
		}
		r, ok := change.To.Find(c.key)
		if !ok {
			return e.Operation == rollout.Reshape || e.Operation == rollout.Create
		}
		return r.Split.Equal(c.to)
	}
	return false
}

// homeward tells whether all routes are as stable was, or the stable before it.
func (v *version) homeward() bool {
	if v.before.state == nil {
		return false
	}
	m := v.before.state.Member
	return v.as(m.Stable) || m.Previous != nil && v.as(m.Previous)
}

func (v *version) as(splits rollout.Routes) bool {
	for _, c := range v.reweighed() {
		if want, ok := splits.Find(c.key); !ok || !want.Split.Equal(c.to) {
			return false
		}
	}
	return true
}
