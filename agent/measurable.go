package agent

import (
	"slices"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// measurable refuses a plan that asks for a built-in metric of what Istio's
// metrics of requests know nothing of: any route of TCP or TLS that it moves between
// destinations, also beside routes of HTTP, as one that moves alone would not be
// measured at all; and subsets whose pods have no version.
func (a *accepting) measurable() {
	labels := labelsOf([]Overlay{a.Overlay}, a.Environment)
	for _, t := range a.Targets {
		plan := a.planOf(t.Ref)
		metric, asked := builtIn(plan)
		if !asked {
			continue
		}
		moving := t.Routes.Moving()
		none := !slices.ContainsFunc(moving, func(r rollout.Route) bool { return r.Protocol == rollout.HTTP })
		at := slices.IndexFunc(moving, func(r rollout.Route) bool { return r.Protocol != rollout.HTTP && (none || len(r.Split) > 1) })
		if at >= 0 {
			a.wrong(plan.Position, "give the metric a name and a query of its own, or take it out; or have a WeightPlan name the routes of HTTP alone under targets",
				"%s measures %s, which is of HTTP and gRPC alone, and VirtualService %s has routes of %s that the plan moves: %s", a.called(plan), metric, t.Ref, moving[at].Protocol, moving[at].Label)
			continue
		}
		for d, of := range labels.of(t.Ref.Namespace, t.Routes) {
			if moves(t, d) && rollout.Version(of) == "" {
				a.wrong(plan.Position, "add the label version to the subset and to its pods, or measure it by a query of your own",
					"%s measures %s of subset %s of host %s, whose labels name no version, and Istio's metrics know pods by that", a.called(plan), metric, d.Subset, istio.Host(d.Host, t.Ref.Namespace))
			}
		}
	}
}

// moves tells whether a step moves traffic to or from the destination.
func moves(t rollout.Target, d rollout.Destination) bool {
	return slices.ContainsFunc(t.Routes.Moving(), func(r rollout.Route) bool {
		return r.Protocol == rollout.HTTP && slices.ContainsFunc(r.Split, func(w rollout.Weight) bool { return w.Destination == d })
	})
}

// builtIn is the first metric of the plan that needs no query.
func builtIn(p rollout.Plan) (string, bool) {
	for _, a := range p.Analyses() {
		for _, m := range a.Metrics {
			if m.Query == "" {
				return m.Name, true
			}
		}
	}
	return "", false
}

// planOf is the plan that moves the VirtualService.
func (a *accepting) planOf(ref rollout.Ref) rollout.Plan {
	for _, p := range a.Plans {
		if _, ok := p.Target(ref.Name); ok && p.Namespace == ref.Namespace {
			return p
		}
	}
	return a.Default
}

// called is what messages call a plan.
func (a *accepting) called(p rollout.Plan) string {
	if p.Default {
		return "the default plan"
	}
	return "WeightPlan " + p.Name
}
