package simulator

import "github.com/weir-delivery/weir/rollout"

// ready holds promise 4: no weight goes up on a destination that the agent
// could know to be undefined or without a ready endpoint, and going back leads
// to nobody only where the live split leads to nobody too. What it could know
// is what its cache said when it asked last; a write that takes effect late is
// as old as that.
func (o *oracle) ready(v *version) {
	if o.w.rushed {
		return
	}
	back := v.entry != nil && v.entry.Operation == rollout.Back
	for _, c := range v.reweighed() {
		if back {
			if o.dead(v, c.to) && !o.dead(v, c.from) {
				o.breaks("4", "%s goes back from %s to %s, where nobody is ready", v.Ref.Name, c.from, c.to)
			}
			continue
		}
		for _, d := range c.risen() {
			switch r, asked := v.by.seen[d]; {
			case !asked:
				o.breaks("4", "%s raises %s, and nobody asked whether it is ready", v.Ref.Name, d)
			case !r.Defined:
				o.breaks("4", "%s raises %s, which is in no DestinationRule", v.Ref.Name, d)
			case r.Known && r.Ready == 0:
				o.breaks("4", "%s raises %s, of which nobody is ready", v.Ref.Name, d)
			}
		}
	}
}

// dead tells whether none of a split's destinations has a ready endpoint.
func (o *oracle) dead(v *version, s rollout.Split) bool {
	for _, w := range s {
		if share(s, w.Destination) == 0 {
			continue
		}
		if r, asked := v.by.seen[w.Destination]; !asked || !r.Known || r.Ready > 0 {
			return false
		}
	}
	return true
}
