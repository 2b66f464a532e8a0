package simulator

import (
	"fmt"

	"github.com/weir-delivery/weir/rollout"
)

// unforked holds promise 6: no two moves of a journey have the same number.
func (o *oracle) unforked(v *version) {
	if len(v.reweighed()) == 0 || v.before.state == nil {
		return
	}
	j := v.after.state.Journey
	at := place(v.Ref, j.ID, j.Seq)
	to := fmt.Sprintf("%s by %s", v.after.routes, j.Entry)
	if was, twice := o.moved[at]; twice && was != to {
		o.breaks("6", "move %d of journey %s of %s led to %s, and then to %s", j.Seq, j.ID, v.Ref.Name, was, to)
	}
	o.moved[at] = to
}

// place is a move's: its target, its journey and its number.
func place(ref rollout.Ref, id rollout.ID, seq int) string {
	return fmt.Sprintf("%s %s %d", ref, id, seq)
}
