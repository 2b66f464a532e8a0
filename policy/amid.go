package policy

import "github.com/weir-delivery/weir/rollout"

// Around is what is known besides a rollout itself. What is nil is not known, and
// absent in the question.
type Around struct {
	// Before is the plan before the change.
	Before *rollout.Plan
	// TouchesPolicies says that the change also changes the policies or their data.
	TouchesPolicies *bool
	// InFlight are the other rollouts under way.
	InFlight *[]rollout.Name
	// Instead are what had a host of each target before the change, and goes with it.
	Instead map[rollout.Ref][]Predecessor
	// Elsewhere are the VirtualServices of each target's name in other environments
	// before the change.
	Elsewhere map[rollout.Ref][]Elsewhere
}

// ElsewhereOf is a VirtualService of an environment with the routes that Git has there.
func ElsewhereOf(environment string, ref rollout.Ref, routes rollout.Routes) Elsewhere {
	out := Elsewhere{environment, ref.Namespace, []ElsewhereRoute{}}
	for _, r := range routes {
		route := ElsewhereRoute{r.Label, []ElsewhereDestination{}}
		for _, w := range r.Split {
			route.Destinations = append(route.Destinations, ElsewhereDestination{w.Host, w.Subset, w.Port, percent(r.Split, w.Destination)})
		}
		out.Routes = append(out.Routes, route)
	}
	return out
}

// Amid is the question with what is known around the rollout.
func (q Question) Amid(r *rollout.Rollout, a Around) Question {
	q.Change.TouchesPolicies = a.TouchesPolicies
	if a.Before != nil {
		loosened := append([]string{}, r.Plan.Loosens(*a.Before)...)
		q.Plan.Loosened = &loosened
	}
	if q.Operation == Create && a.Instead != nil {
		for i, t := range q.Targets {
			instead := append([]Predecessor{}, a.Instead[rollout.Ref{Namespace: t.Namespace, Name: t.Name}]...)
			q.Targets[i].Instead = &instead
		}
	}
	if a.Elsewhere != nil {
		for i, t := range q.Targets {
			elsewhere := append([]Elsewhere{}, a.Elsewhere[rollout.Ref{Namespace: t.Namespace, Name: t.Name}]...)
			q.Targets[i].Elsewhere = &elsewhere
		}
	}
	if a.InFlight != nil {
		others := []Other{}
		for _, n := range *a.InFlight {
			others = append(others, Other{n.Environment, n.Namespace, n.Plan})
		}
		q.InFlight = &others
	}
	return q
}
