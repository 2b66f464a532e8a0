package simulator

import (
	"github.com/weir-delivery/weir/rollout"
)

// anchored holds that going back leads where section 4 says: only completion
// changes stable, and going back to the stable before it. Routes that come or
// go have nothing to be compared with.
func (o *oracle) anchored(v *version) {
	if v.before.state == nil {
		return
	}
	for _, r := range v.after.state.Member.Stable {
		was, had := v.before.state.Member.Stable.Find(r.Key)
		if !had || was.Split.Equal(r.Split) || v.completes(r) || v.restores(r) {
			continue
		}
		o.breaks("stable", "%s goes back to %s from now on, and not to %s: at %s it has not completed (%s, %s)", v.Ref.Name, r.Split, was.Split, v.after.routes, v.after.state.Journey.Phase, v.after.state.Journey.Reason)
	}
}

// completes tells whether the route's journey ends here: it is Healthy, and
// nothing is in flight any more, at what it was brought to now or before.
func (v *version) completes(r rollout.Route) bool {
	ended := v.after.state.Journey.Phase == rollout.Healthy && v.after.state.Member.Applied == nil
	brought, _ := v.before.state.Member.Last().Find(r.Key)
	is, lives := v.after.routes.Find(r.Key)
	arrives := v.entry != nil && v.entry.Operation == rollout.Forward && lives && is.Split.Equal(r.Split)
	return ended && (arrives || brought.Split.Equal(r.Split))
}

// restores tells whether the route goes back to the stable before this one.
func (v *version) restores(r rollout.Route) bool {
	before, had := v.before.state.Member.Previous.Find(r.Key)
	is, lives := v.after.routes.Find(r.Key)
	begins := v.after.state.Member.Applied != nil // in steps, or one of its routes waits for pods: the rest is to follow
	return v.entry != nil && v.entry.Operation == rollout.Back && had && lives && before.Split.Equal(r.Split) && (begins || is.Split.Equal(r.Split))
}
