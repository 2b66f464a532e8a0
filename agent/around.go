package agent

import (
	"slices"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// surroundings are what a pull request says besides each rollout's own wishes.
type surroundings struct {
	plans   map[rollout.Name]rollout.Plan // before
	touches *bool                         // the policies
	hosts   map[string][]held             // before; by host, as DNS has it
	head    map[rollout.Name]bool         // the VirtualServices after the change
	named   map[string][]policy.Elsewhere // before, by name; nil where not all environments were read
}

// held is a VirtualService that has a host.
type held struct {
	environment string
	ref         rollout.Ref
}

func around(base, head Side) surroundings {
	s := surroundings{plans: map[rollout.Name]rollout.Plan{}, touches: touchesPolicies(base, head), hosts: map[string][]held{}, head: map[rollout.Name]bool{}}
	for _, r := range base.Rollouts() {
		s.plans[r.Name] = r.Plan
	}
	if base.whole && head.whole {
		s.named = map[string][]policy.Elsewhere{}
	}
	for _, o := range base.Overlays {
		for _, t := range o.Targets {
			if s.named != nil {
				s.named[t.Ref.Name] = append(s.named[t.Ref.Name], policy.ElsewhereOf(o.Environment, t.Ref, t.Routes))
			}
			for _, host := range t.Hosts {
				at := istio.Host(host, t.Ref.Namespace)
				s.hosts[at] = append(s.hosts[at], held{o.Environment, t.Ref})
			}
		}
	}
	for _, o := range head.Overlays {
		for _, t := range o.Targets {
			s.head[service(o.Environment, t.Ref)] = true
		}
	}
	return s
}

// of is what is known around one rollout: how its plan was before, whether the policies
// change with it, what goes that had the hosts of what it creates, and what of its
// targets' names other environments had. Before there were policies
// nothing of them changes.
func (s surroundings) of(r *rollout.Rollout) policy.Around {
	out := policy.Around{TouchesPolicies: s.touches, Instead: map[rollout.Ref][]policy.Predecessor{}}
	if plan, ok := s.plans[r.Name]; ok {
		out.Before = &plan
	}
	if s.named != nil {
		out.Elsewhere = map[rollout.Ref][]policy.Elsewhere{}
	}
	for _, t := range r.Targets {
		for _, e := range s.named[t.Ref.Name] {
			if e.Environment != r.Name.Environment {
				out.Elsewhere[t.Ref] = append(out.Elsewhere[t.Ref], e)
			}
		}
		seen := map[held]bool{{r.Name.Environment, t.Ref}: true}
		for _, host := range t.Hosts {
			for _, h := range s.hosts[istio.Host(host, t.Ref.Namespace)] {
				if !seen[h] && !s.head[service(h.environment, h.ref)] {
					seen[h] = true
					out.Instead[t.Ref] = append(out.Instead[t.Ref], policy.Predecessor{Environment: h.environment, Namespace: h.ref.Namespace, Name: h.ref.Name})
				}
			}
		}
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
