package simulator

import (
	"fmt"
	"strings"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// settled says what is left to do until all rollouts are at their end; "" for
// nothing.
func (o *oracle) settled() string {
	w := o.w
	for i, t := range w.wish.Targets {
		ref := rollout.Ref{Namespace: namespace, Name: t.Name}
		live := w.kube.Get("VirtualService", ref)
		if live == nil {
			return t.Name + " is not there"
		}
		s := o.side(live)
		if s.state == nil {
			return t.Name + " has no state that can be read"
		}
		want := sideOf(whole(w.wish.Targets[i].service(false)).(object))
		for _, r := range want.routes {
			have, ok := s.routes.Find(r.Key)
			if !ok || !have.Split.Equal(r.Split) {
				return fmt.Sprintf("%s is at %s and not at %s (%s: %s)", t.Name, s.routes, want.routes, s.state.Journey.Phase, s.state.Journey.Reason)
			}
		}
		if n := len(s.state.Outbox); n > 0 {
			return fmt.Sprintf("%d records wait in the outbox of %s", n, t.Name)
		}
	}
	if left := o.left(); left != "" {
		return left
	}
	for _, p := range w.processes {
		if p.agent == nil {
			return fmt.Sprintf("agent %d is not there", p.n)
		}
		if head := w.commits[len(w.commits)-1]; p.fetched != head {
			return fmt.Sprintf("agent %d has not seen commit %s yet", p.n, head)
		}
		for _, v := range p.agent.Views() {
			if v.Phase != rollout.Healthy && v.Reason.Code != rollout.GoneFromGit {
				return fmt.Sprintf("to agent %d %s is %s: %s", p.n, v.Name, v.Phase, v.Reason)
			}
		}
	}
	for path := range o.posted {
		return path + " was in an outbox and is not on the branch"
	}
	for path := range o.branch {
		if strings.HasPrefix(path, "decisions/") && !audit.Refusal(path) && !audit.IsMerged(path) {
			if _, ended := o.branch["outcomes/"+strings.TrimPrefix(path, "decisions/")]; !ended {
				return path + " has no outcome"
			}
		}
	}
	return ""
}
