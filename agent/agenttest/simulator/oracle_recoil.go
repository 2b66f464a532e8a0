package simulator

import (
	"maps"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// recoiled holds that once a pass is over a rollout is back at stable whose analysis
// had failed when the pass began, whose webhook asked for that all the time, or
// whose window was closed, where it goes back then.
func (o *oracle) recoiled(p *process, t agent.Turn) {
	asked, ok := o.w.history[p.fetched]
	if !ok || !asked.valid() || p.agent == nil || p.known != p.fetched || t.Rollout.Want != rollout.Known {
		return
	}
	var group rollout.Journey
	for n, target := range t.Rollout.Targets {
		s := o.side(o.w.kube.Get("VirtualService", target.Ref))
		if s.state == nil || n > 0 && s.state.Journey.ID != group.ID {
			return
		}
		if s.state.Journey.Seq >= group.Seq {
			group = s.state.Journey
		}
	}
	entry := o.entries[group.Entry]
	if group.Phase == rollout.Degraded || group.Phase == rollout.Healthy || group.Step < 0 || entry == nil {
		return
	}
	for _, target := range t.Rollout.Targets {
		live := o.w.kube.Get("VirtualService", target.Ref)
		last, s := o.last[target.Ref], o.side(live)
		i, there := asked.target(target.Ref.Name)
		plan, planned := asked.planOf(i)
		decidedOn := p.decided[target.Ref] == resourceVersion(live) || last.by == p && last.mind == p
		if !there || !planned || !decidedOn || s.state.Member.Applied == nil || o.w.history[entry.Revision].asks(target.Ref.Name) != asked.asks(target.Ref.Name) {
			continue
		}
		if entry.Operation != rollout.Forward && !o.unchanged(target.Ref.Name, o.begun[group.ID], o.nth(p.fetched)) {
			continue // it stands where it stood for another plan: in a rebuilt cluster, or shaped anew since
		}
		of := rising(o.wanted(p.fetched, i), s.state.Member.Stable, s.routes)
		why := o.repelled(p, plan, group, of)
		if moved := !s.as(o.wanted(p.fetched, i)) && s.as(s.state.Member.Applied); why == "" && moved && o.overtaken(p, asked, plan, group) {
			why = "its window is closed"
		}
		if why != "" && !o.stuck(p, s) {
			o.breaks("gate", "agent %d left %s at %s, and %s: it says %s, %s", p.n, target.Ref.Name, s.routes, why, t.Move.Kind, t.Move.Reason)
		}
	}
}

// repelled says why the rollout had to go back in the pass that is over.
func (o *oracle) repelled(p *process, plan planWish, is rollout.Journey, of []rollout.Destination) string {
	if !is.Since.Before(p.began.Add(p.skew)) {
		return "" // it was not under way yet as the pass began
	}
	if a := plan.analysis(); a.every > 0 && len(of) > 0 && !o.w.unmetered {
		if failed, _, _ := o.instants(a, of, is.Since, p.began.Add(p.skew)); failed > a.failures {
			return "its analysis has failed"
		}
	}
	for _, h := range hookLists[plan.Gate.Hooks] {
		if h.kind == "rollback" && o.only(h.name, yes, p.began, o.w.now) {
			return "webhook " + h.name + " asks for it back"
		}
	}
	return ""
}

// overtaken tells whether the plan goes back with its window, which was closed as
// the pass began, with the rollout under way, and nobody overrode that.
func (o *oracle) overtaken(p *process, asked wish, plan planWish, is rollout.Journey) bool {
	if plan.closing(asked) != "rollback" || !is.Since.Before(p.began.Add(p.skew)) || !asked.closed(plan, p.began.Add(p.skew)) {
		return false
	}
	read := maps.Clone(o.w.trees[p.fetched])
	maps.Copy(read, o.asides(p))
	for path, content := range read {
		if strings.HasPrefix(path, approvals+"/") && strings.Contains(content, `"verb": "override"`) && strings.Contains(content, `"`+string(is.ID)+`"`) {
			return false
		}
	}
	return true
}

// as tells whether the routes that are named stand as they are named.
func (s side) as(splits rollout.Routes) bool {
	return !slices.ContainsFunc(splits, func(r rollout.Route) bool {
		is, ok := s.routes.Find(r.Key)
		return ok && !is.Split.Equal(r.Split)
	})
}

// stuck tells whether no route could go back, as its stable takes no traffic.
func (o *oracle) stuck(p *process, s side) bool {
	return !slices.ContainsFunc(s.routes, func(r rollout.Route) bool {
		stable, ok := s.state.Member.Stable.Find(r.Key)
		return ok && !stable.Split.Equal(r.Split) && !o.starving(p, stable.Split, r.Split)
	})
}
