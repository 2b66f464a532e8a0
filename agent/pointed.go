package agent

import (
	"fmt"
	"slices"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// pointed is the findings, of which those about weights point at the lines that
// set them. The others, and those whose weight nobody finds, stay where they
// are. Without such findings nothing is looked for.
func pointed(overlays []Overlay, q policy.Question, findings []policy.Finding) []policy.Finding {
	out := slices.Clone(findings)
	for i, f := range out {
		if f.Weight != nil && f.Target != nil {
			out[i].Position = weightOf(overlays, q, f)
		}
	}
	return out
}

// weightOf is where the weight stands that the finding is about.
func weightOf(overlays []Overlay, q policy.Question, f policy.Finding) rollout.Position {
	ref := rollout.Ref{Namespace: f.Target.Namespace, Name: f.Target.Name}
	for _, o := range overlays {
		service, ok := o.Services[ref]
		if !ok || o.Environment != q.Environment {
			continue
		}
		plan := o.Documents[rollout.Ref{Namespace: q.Rollout.Namespace, Name: q.Plan.Name}]
		if f.Position == plan.Origin && f.Line > 0 {
			if field := stepField(plan.Value, f.Step); field != "" {
				return plan.Where(field)
			}
		}
		if field := weightField(service.Value, q, f); field != "" {
			return service.Where(field)
		}
	}
	return f.Position
}

// stepField is the path of a step's weight in a WeightPlan: its own, or what
// generates it. It is empty beyond the last step.
func stepField(plan map[string]any, step int) string {
	body, _ := plan["spec"].(map[string]any)
	steps, listed := body["steps"].([]any)
	switch _, generated := body["stepWeight"]; {
	case step >= 0 && step < len(steps):
		return fmt.Sprintf("spec.steps[%d].setWeight", step)
	case !listed && generated:
		return "spec.stepWeight"
	}
	return ""
}

// weightField is the path of the weight in the VirtualService: that of the
// destination that the finding names, else of the first that rises, else of the
// first that has one.
func weightField(service map[string]any, q policy.Question, f policy.Finding) string {
	for _, t := range q.Targets {
		for _, r := range t.Routes {
			if t.Name != f.Target.Name || t.Namespace != f.Target.Namespace || r.Label != f.Route {
				continue
			}
			for _, d := range ranked(r.Destinations, *f.Weight) {
				if field, ok := istio.Where(service, r.Key, d); ok {
					return field
				}
			}
		}
	}
	return ""
}

// ranked are the destinations, the one that is meant first and then those that
// rise.
func ranked(all []policy.Destination, meant rollout.Destination) []rollout.Destination {
	var first, rising, others []rollout.Destination
	for _, d := range all {
		switch key := (rollout.Destination{Host: d.Host, Subset: d.Subset, Port: d.Port}); {
		case key == meant:
			first = append(first, key)
		case rises(d):
			rising = append(rising, key)
		default:
			others = append(others, key)
		}
	}
	return slices.Concat(first, rising, others)
}

// rises tells whether Git gives the destination more than stable, or than it has.
func rises(d policy.Destination) bool {
	before := d.Stable
	if before == nil {
		before = d.From
	}
	return d.Target != nil && (before == nil && d.Target.Share > 0 || before != nil && d.Target.Share > before.Share)
}
