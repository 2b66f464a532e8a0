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
}

// Amid is the question with what is known around the rollout.
func (q Question) Amid(r *rollout.Rollout, a Around) Question {
	q.Change.TouchesPolicies = a.TouchesPolicies
	if a.Before != nil {
		loosened := append([]string{}, r.Plan.Loosens(*a.Before)...)
		q.Plan.Loosened = &loosened
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
