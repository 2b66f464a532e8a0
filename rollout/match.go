package rollout

import "slices"

// Accepted is one overlay as it was taken, whole or not at all.
type Accepted struct {
	Environment string
	Source      Source
	Rules       Rules
	// Known is false while no good revision of the overlay was ever seen.
	Known bool
	// Behind says that the newest revision of it was refused: it may have what others lost.
	Behind  bool
	Why     string // why it is not known
	Plans   []Plan
	Targets []Target
	// Default is the plan of targets that no plan names.
	Default Plan
}

// Match pairs what the accepted overlays want with what the cluster has. It is
// the only place that says that a target is gone: a live VirtualService of ours
// whose environment's overlays are all known, as they are now, and do not name it.
func Match(accepted []Accepted, live []Live) []*Rollout {
	var out []*Rollout
	claimed := map[Ref]bool{}
	unknown := map[string]bool{}
	for _, a := range accepted {
		if !a.Known || a.Behind {
			unknown[a.Environment] = true
		}
		if !a.Known {
			continue
		}
		for _, r := range wanted(a) {
			out = append(out, r)
			for _, t := range r.Targets {
				claimed[t.Ref] = true
			}
		}
	}
	for _, l := range live {
		if l.State == nil || claimed[l.Ref] || !mentions(accepted, l.State.Name.Environment) {
			continue
		}
		want := Gone
		if unknown[l.State.Name.Environment] {
			want = Unknown
		}
		out = orphan(out, l, want, accepted)
	}
	slices.SortFunc(out, func(a, b *Rollout) int { return a.Name.Compare(b.Name) })
	return out
}

// wanted is the overlay's rollouts: one a plan, one a target without a plan.
func wanted(a Accepted) []*Rollout {
	var out []*Rollout
	planned := map[Ref]bool{}
	add := func(plan Plan, targets []Target) {
		out = append(out, &Rollout{
			Name: Name{a.Environment, plan.Namespace, plan.Name}, Want: Known,
			Source: a.Source, Rules: a.Rules, Plan: plan, Targets: targets,
		})
	}
	for _, p := range a.Plans {
		var targets []Target
		for _, t := range a.Targets {
			if _, ok := p.Target(t.Ref.Name); ok && p.Namespace == t.Ref.Namespace {
				targets = append(targets, t)
				planned[t.Ref] = true
			}
		}
		add(p, targets)
	}
	for _, t := range a.Targets {
		if !planned[t.Ref] {
			plan := a.Default
			plan.Name, plan.Namespace, plan.Default = t.Ref.Name, t.Ref.Namespace, true
			plan.Targets = []TargetRef{{Name: t.Ref.Name}}
			add(plan, []Target{t})
		}
	}
	return out
}

// orphan adds a live target without a wish to the rollout of its name.
func orphan(out []*Rollout, l Live, want Want, accepted []Accepted) []*Rollout {
	name := l.State.Name
	target := Target{Ref: l.Ref, Rest: l.State.Member.Rest, Routes: l.Routes}
	for _, r := range out {
		if r.Name == name && r.Want == want {
			r.Targets = append(r.Targets, target)
			return out
		}
	}
	if slices.ContainsFunc(out, func(r *Rollout) bool { return r.Name == name }) {
		name.Plan += "." + l.Ref.Name // the plan lives on without this target
	}
	r := &Rollout{Name: name, Want: want, Targets: []Target{target}}
	for _, a := range accepted {
		if a.Environment == name.Environment {
			r.Rules, r.Source = a.Rules, a.Source
		}
	}
	return append(out, r)
}

func mentions(accepted []Accepted, environment string) bool {
	return slices.ContainsFunc(accepted, func(a Accepted) bool { return a.Environment == environment })
}
