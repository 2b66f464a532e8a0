package simulator

import "fmt"

// unforked holds promise 6: no two moves of a journey have the same number.
func (o *oracle) unforked(v *version) {
	if len(v.reweighed()) == 0 || v.before.state == nil {
		return
	}
	j := v.after.state.Journey
	at := fmt.Sprintf("%s %s %d", v.Ref, j.ID, j.Seq)
	to := fmt.Sprintf("%s by %s", v.after.routes, j.Entry)
	if was, twice := o.moved[at]; twice && was != to {
		o.breaks("6", "move %d of journey %s of %s led to %s, and then to %s", j.Seq, j.ID, v.Ref.Name, was, to)
	}
	o.moved[at] = to
}
