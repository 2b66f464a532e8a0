package simulator

import (
	"slices"

	"github.com/weir-delivery/weir/rollout"
)

// adopted holds what section 4 says of a VirtualService that is taken over:
// only from whom Git lists, without a change of its weights, and a first
// install starts no rollout by itself.
func (o *oracle) adopted(v *version) {
	if v.before.state != nil {
		o.installed(v)
		return
	}
	delete(o.found, v.Ref)
	if v.Before == nil || v.knew == "" { // or it goes by what an earlier life had accepted
		return
	}
	asked := o.w.history[v.knew]
	for _, m := range v.Managers {
		if !slices.Contains(asked.Adopt, m) {
			o.breaks("adoption", "%s is taken over from %s, and Git lists %v", v.Ref.Name, m, asked.Adopt)
		}
	}
	for _, c := range v.reweighed() {
		if c.had {
			o.breaks("adoption", "%s is taken over, and its weights go from %s to %s", v.Ref.Name, c.from, c.to)
		}
	}
	i, there := asked.target(v.Ref.Name)
	if !there || v.after.state.Journey.Phase == rollout.Degraded { // its group went back for good, and it stays with them
		return
	}
	for _, r := range sideOf(whole(asked.Targets[i].service(false)).(object)).routes {
		if is, ok := v.after.routes.Find(r.Key); ok && !is.Split.Equal(r.Split) {
			o.found[v.Ref] = o.nth(v.knew)
		}
	}
}

// installed holds that what was found with other weights than Git's goes on
// only once somebody approved it or Git changed. What was aborted meanwhile is
// no first install any more.
func (o *oracle) installed(v *version) {
	since, waits := o.found[v.Ref]
	if !waits {
		return
	}
	was := v.before.state.Journey
	if v.goesOn() && o.unchanged(v.Ref.Name, since, o.nth(v.knew)) && !v.entry.approved(was.ID) {
		o.breaks("adoption", "%s was found at %s and goes on to %s, and nobody approved it", v.Ref.Name, v.before.routes, v.after.routes)
	}
	if v.goesOn() || v.after.state.Journey.Phase == rollout.Degraded {
		delete(o.found, v.Ref)
	}
}

// approved tells whether somebody who may had approved the journey.
func (e *entry) approved(id rollout.ID) bool {
	return slices.ContainsFunc(e.Intents, func(i rollout.Intent) bool {
		return (i.Verb == rollout.ToPromote || i.Verb == rollout.ToApprove) && i.ID == id && i.By != e.Author
	})
}
