package simulator

import (
	"slices"
	"strings"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// rollbackOf is in which steps the commit has a target go back; none where in one.
func (w wish) rollbackOf(name string) (b rollbackOf, total int) {
	i, there := w.target(name)
	p, planned := w.planOf(i)
	if !there || !planned {
		return rollbackOf{}, 100
	}
	if p.Total == 0 {
		p.Total = 100
	}
	return rollbacks[p.Gate.Rollback], p.Total
}

// pace is in which steps a version goes back: as its commit has it, or as it began
// and goes on, for who did not know Git.
func (o *oracle) pace(v *version) (b rollbackOf, total int) {
	b, total = o.w.history[v.entry.Revision].rollbackOf(v.Ref.Name)
	if was := v.before.state; was != nil && was.Member.Rollback != nil {
		if is := v.after.state.Member.Rollback; is != nil && *is == *was.Member.Rollback {
			b = rollbackOf{is.StepWeight, is.Interval}
		}
	}
	return b, total
}

// eases tells whether the version goes back a part of the way, as its plan says.
func (o *oracle) eases(v *version) bool {
	b, _ := o.pace(v)
	return v.entry.Operation == rollout.Back && b.by > 0 && !v.after.state.Member.Returned.IsZero()
}

// eased holds that a plan that goes back in steps takes no larger ones, waits
// between them, and goes towards stable; and that no other stops on its way.
func (o *oracle) eased(v *version) {
	if v.entry == nil || v.entry.Operation != rollout.Back || v.before.state == nil || len(v.reweighed()) == 0 {
		return
	}
	b, total := o.pace(v)
	memory := v.before.state.Member
	partly := !v.homeward() && !v.as(v.after.state.Member.Stable) && !v.after.state.Member.Returned.IsZero()
	switch {
	case partly && b.by == 0:
		o.breaks("rollback", "%s goes back to %s, and not to stable %s", v.Ref.Name, v.after.routes, memory.Stable)
		return
	case b.by == 0 || o.hurries(v):
		return
	case !memory.Returned.IsZero() && memory.Returned.Before(v.entry.Time) && v.entry.Time.Sub(memory.Returned) < b.every:
		o.breaks("rollback", "%s goes back to %s, %s after the step before, and its plan waits %s", v.Ref.Name, v.after.routes, v.entry.Time.Sub(memory.Returned), b.every)
	}
	for _, c := range v.reweighed() {
		lost := 0.0
		for _, w := range c.from {
			lost += 100 * max(share(c.from, w.Destination)-share(c.to, w.Destination), 0)
		}
		if most := float64(b.by) + 100*float64(len(c.to)+len(c.from))/float64(total); c.had && lost > most {
			o.breaks("rollback", "%s goes back from %s to %s at once, and its plan takes %d%% at a time", v.Ref.Name, c.from, c.to, b.by)
		}
		goal, _ := v.after.state.Member.Stable.Find(c.key)
		o.towards(v, journey{total: total}, c, goal.Split)
	}
}

// hurries tells whether going back waits for no steps: what it leaves answers
// nobody, as the agent may have seen, or somebody asked for it in full.
func (o *oracle) hurries(v *version) bool {
	for _, c := range v.reweighed() {
		for _, w := range c.from {
			r, asked := v.by.seen[w.Destination]
			if falls := share(c.to, w.Destination) < share(c.from, w.Destination)-1e-9; falls && (!asked || !r.Defined || r.Known && r.Ready == 0) {
				return true
			}
		}
	}
	ids := []rollout.ID{v.before.state.Journey.ID, v.entry.ID}
	whole := func(content string) bool {
		return strings.Contains(content, `"verb": "abort"`) && strings.Contains(content, `"full": true`) &&
			slices.ContainsFunc(ids, func(id rollout.ID) bool { return strings.Contains(content, `"`+string(id)+`"`) })
	}
	for _, tree := range o.w.trees {
		for path, content := range tree {
			if strings.HasPrefix(path, approvals+"/") && whole(content) {
				return true
			}
		}
	}
	return slices.ContainsFunc(o.w.aside, func(a aside) bool { return whole(a.content) })
}

// rests tells whether a target waits between two steps of its way back, as the pass
// began.
func (o *oracle) rests(p *process, asked wish, name string, s side) bool {
	b, _ := asked.rollbackOf(name)
	last := s.state.Member.Returned
	return b.by > 0 && !last.IsZero() && p.began.Add(p.skew).Before(last.Add(b.every))
}

// lingers holds that what failed and goes back in steps takes the next when it is
// due.
func (o *oracle) lingers(p *process, t agent.Turn) {
	asked, ok := o.w.history[p.fetched]
	if !ok || !asked.valid() || p.agent == nil || p.known != p.fetched || t.Rollout.Want != rollout.Known {
		return
	}
	for _, target := range t.Rollout.Targets {
		live := o.w.kube.Get("VirtualService", target.Ref)
		last, s := o.last[target.Ref], o.side(live)
		decidedOn := p.decided[target.Ref] == resourceVersion(live) || last.by == p && last.mind == p
		if s.state == nil || !decidedOn || s.state.Journey.Phase != rollout.Degraded || s.state.Member.Returned.IsZero() || s.state.Member.Applied == nil {
			continue
		}
		if !o.rests(p, asked, target.Ref.Name, s) && !o.stuck(p, s) {
			o.breaks("rollback", "agent %d left %s at %s, on its way back since %s: it says %s, %s", p.n, target.Ref.Name, s.routes, s.state.Member.Returned, t.Move.Kind, t.Move.Reason)
		}
	}
}
