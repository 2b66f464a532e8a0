package agent

import (
	"slices"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// around is what a pull request says besides a rollout's own wishes: how its plan was
// before, and whether the policies change with it. Before there were policies nothing
// of them changes.
func around(r *rollout.Rollout, before map[rollout.Name]rollout.Plan, touches *bool) policy.Around {
	out := policy.Around{TouchesPolicies: touches}
	if plan, ok := before[r.Name]; ok {
		out.Before = &plan
	}
	return out
}

// plans are those of a side's rollouts.
func (s Side) plans() map[rollout.Name]rollout.Plan {
	out := map[rollout.Name]rollout.Plan{}
	for _, r := range s.Rollouts() {
		out[r.Name] = r.Plan
	}
	return out
}

// touchesPolicies tells whether a change has other policies than it found; nil where
// either side has none.
func touchesPolicies(base, head Side) *bool {
	if base.own == nil || head.own == nil {
		return nil
	}
	touches := base.own.Digest() != head.own.Digest()
	return &touches
}

// inFlight are the rollouts that are between their first step and their last, as
// the cluster or the turn before says, but for the one that is asked about. What an
// earlier turn of this pass is allowed to begin is one of them.
func (a *Agent) inFlight(turns []Turn, asking int) []rollout.Name {
	out := []rollout.Name{}
	looked := map[rollout.Name]bool{}
	for i, t := range turns {
		looked[t.Rollout.Name] = true
		begins := i < asking && t.Move.Kind == rollout.Forward && t.Decision.Verdict == policy.Allow
		if i != asking && (begins || slices.ContainsFunc(t.Facts.Live, flies)) {
			out = append(out, t.Rollout.Name)
		}
	}
	for name, s := range a.status {
		if !looked[name] && slices.ContainsFunc(s.Live, flies) {
			out = append(out, name)
		}
	}
	slices.SortFunc(out, rollout.Name.Compare)
	return out
}

// flies tells whether a VirtualService is on its way.
func flies(l rollout.Live) bool {
	return l.State != nil && l.State.Journey.Step >= 0 && slices.Contains([]rollout.Phase{rollout.Progressing, rollout.Paused}, l.State.Journey.Phase)
}
