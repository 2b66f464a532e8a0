package simulator

import "github.com/weir-delivery/weir/rollout"

// undrifted holds that drift is judged by direction: a journey goes on from
// what weir wrote last. What a hand took off it stays until Git asks for
// another journey, which goes on from there; what a hand added is corrected first.
func (o *oracle) undrifted(v *version) {
	if !v.goesOn() {
		return
	}
	m := v.before.state.Member
	origin := m.Stable
	if m.Applied == nil {
		origin = m.Previous
	}
	for _, is := range v.before.routes {
		wrote, had := m.Last().Find(is.Key)
		if !had || wrote.Split.Equal(is.Split) {
			continue
		}
		if v.entry.ID == v.before.state.Journey.ID && v.before.state.Journey.Phase != rollout.Healthy {
			o.breaks("drift", "%s goes on to %s, and somebody had set it from %s to %s", v.Ref.Name, v.after.routes, wrote.Split, is.Split)
		}
		if from, _ := origin.Find(is.Key); !lies(is.Split, wrote.Split, from.Split) {
			o.breaks("drift", "%s goes on to %s from %s, which nobody corrected: weir had written %s, coming from %s", v.Ref.Name, v.after.routes, is.Split, wrote.Split, from.Split)
		}
	}
}

// lies tells whether each share of a split is between those of two others.
func lies(s, a, b rollout.Split) bool {
	if len(b) == 0 {
		return false
	}
	for _, all := range []rollout.Split{s, a, b} {
		for _, w := range all {
			low, high := min(share(a, w.Destination), share(b, w.Destination)), max(share(a, w.Destination), share(b, w.Destination))
			if is := share(s, w.Destination); is < low-1e-9 || is > high+1e-9 {
				return false
			}
		}
	}
	return true
}
