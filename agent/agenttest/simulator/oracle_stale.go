package simulator

import "github.com/weir-delivery/weir/rollout"

// stands is where it stands: by which decision, and in which phase.
func (s side) stands() [2]string {
	if s.state == nil {
		return [2]string{}
	}
	return [2]string{string(s.state.Journey.Entry), string(s.state.Journey.Phase)}
}

// informed holds that no agent goes forward from what another wrote for a newer
// commit that asks for something else: it would undo it. To go back is always
// right.
func (o *oracle) informed(v *version, last written) {
	if v.entry == nil || v.entry.Operation == rollout.Back || len(v.reweighed()) == 0 || last.mind == nil {
		return
	}
	mine, theirs := o.nth(v.knew), last.knew
	if mine < 0 || mine >= theirs || o.unchanged(v.Ref.Name, mine, theirs) {
		return
	}
	o.breaks("6", "agent %d moves %s to %s by commit %d, and agent %d had written it by commit %d", v.by.n, v.Ref.Name, v.after.routes, mine+1, last.mind.n, theirs+1)
}
