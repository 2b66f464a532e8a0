package simulator

import (
	"slices"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/rollout"
)

// still holds that nothing moves but back while somebody has stopped the line,
// as far as the agent had heard when it asked last.
func (o *oracle) still(v *version) {
	if o.w.rushed || v.entry != nil && v.entry.Operation == rollout.Back {
		return
	}
	if v.Before != nil && len(v.reweighed()) > 0 && o.w.history[v.by.known].Suspend {
		o.breaks("suspend", "%s moves to %s, and agent %d knew that Git suspends all", v.Ref.Name, v.after.routes, v.by.n)
	}
	if v.by.stopped == "" {
		return
	}
	if v.Before == nil || len(v.reweighed()) > 0 {
		o.breaks("stopped line", "%s moves to %s, and agent %d knew that the line is stopped", v.Ref.Name, v.after.routes, v.by.n)
	}
}

// removed holds that only what Git does not have any more goes, and only where
// it may: by the last good commit that the agent knew.
func (o *oracle) removed(s agenttest.Stored) {
	p := o.writer
	asked := o.w.history[p.known]
	switch {
	case o.w.rushed:
	case p.stopped != "":
		o.breaks("stopped line", "%s is removed, and agent %d knew that the line is stopped", s.Ref.Name, p.n)
	case p.known == "": // it goes by what an earlier life had accepted
	case !asked.Prune:
		o.breaks("prune", "%s is removed, and prune is off", s.Ref.Name)
	case slices.ContainsFunc(asked.Targets, func(t targetWish) bool { return t.Name == s.Ref.Name && !t.Absent }):
		o.breaks("prune", "%s is removed, and Git has it", s.Ref.Name)
	}
}

// left names what Git has no more and prune should have removed.
func (o *oracle) left() string {
	w := o.w
	if !w.wish.Prune {
		return ""
	}
	for _, h := range hosts {
		for _, name := range []string{h, h + "-b", h + "-c"} {
			live := w.kube.Get("VirtualService", rollout.Ref{Namespace: namespace, Name: name})
			asked := slices.ContainsFunc(w.wish.Targets, func(t targetWish) bool { return t.Name == name })
			if live != nil && !asked && sideOf(live).state != nil {
				return name + " is gone from Git and still there"
			}
		}
	}
	return ""
}
