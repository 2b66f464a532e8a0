package rollout

import (
	"fmt"
	"slices"
	"time"
)

// Limits of a plan, and what holds where it is silent.
const (
	DefaultTotal          = 100
	MaxTotal              = 10000
	MaxSteps              = 100
	DefaultRollbackWindow = 24 * time.Hour
	DefaultSettle         = 10 * time.Second
)

// Plan says how the weights of its targets may move. It is the decoded value
// of a WeightPlan document, or the Delivery's default plan.
type Plan struct {
	Name      string      `json:"name"`
	Namespace string      `json:"namespace"`
	Targets   []TargetRef `json:"targets,omitempty"`
	Steps     []Step      `json:"steps"`
	// TotalWeight is what splits on the way sum to, 100 to 10000; 100 if left out.
	TotalWeight int `json:"totalWeight,omitempty"`
	// Approvals is how many approvals end a pause without a duration, at least 1.
	Approvals int `json:"approvals,omitempty"`
	// ProgressDeadline bounds the time in which the rollout could have moved; 0 for none.
	ProgressDeadline time.Duration `json:"progressDeadline,omitempty"`
	// RollbackWindow is how long after completion a commit that equals the
	// stable before it is going back.
	RollbackWindow time.Duration `json:"rollbackWindow"`
	// Rollback has the weights go back in steps; nil for in one move.
	Rollback *Rollback `json:"rollback,omitempty"`
	// Readiness judges destinations whose endpoints weir cannot see.
	Readiness ReadinessMode `json:"readiness"`
	// ReadyPercentOfStable is how many ready endpoints a destination needs before
	// its weight goes up, in percent of those that stable has; 0 for just one.
	ReadyPercentOfStable int `json:"readyPercentOfStable,omitempty"`
	// Settle passes between a subset's appearance and its first weight.
	Settle  time.Duration `json:"settle"`
	Suspend bool          `json:"suspend,omitempty"`
	// Windows say when the rollout may go forward.
	Windows []Window `json:"windows,omitempty"`
	// WhenWindowCloses is what becomes of a rollout in flight then.
	WhenWindowCloses Closing `json:"whenWindowCloses,omitempty"`
	// StartAt is before when nothing goes forward.
	StartAt time.Time `json:"startAt,omitzero"`
	// Schedule has steps taken at its ticks only; nil for at any time.
	Schedule *Schedule `json:"schedule,omitempty"`
	// Analysis gates the steps by metrics, and the target; nil for none.
	Analysis *Analysis `json:"analysis,omitempty"`
	// Webhooks are gates in other hands.
	Webhooks []Webhook `json:"webhooks,omitempty"`

	// Position is where the document stands; it is no part of the plan's identity.
	Position Position `json:"-"`
	// Default says that no document names the target: the Delivery's default plan.
	Default bool `json:"-"`
}

// Closing says what becomes of a rollout in flight when its window closes.
type Closing string

// KeepWeights, which documents call hold and is meant where they are silent:
// the weights stay and the next step waits for the next opening. Finish: what
// has begun goes on with its steps outside allow windows, but never against a
// deny window, a freeze or a step's own windows. GoBack, which documents call
// rollback: the weights go back to stable when anything closes, be it an allow
// window, a deny window or a freeze, and the rollout begins anew, with an id and
// approvals of its own, when it opens next.
const (
	KeepWeights Closing = ""
	Finish      Closing = "finish"
	GoBack      Closing = "rollback"
)

// String is the word that documents have for it.
func (c Closing) String() string {
	if c == KeepWeights {
		return "hold"
	}
	return string(c)
}

// TargetRef names a VirtualService in the plan's namespace and the routes that
// the plan moves; no routes means all of them.
type TargetRef struct {
	Name   string   `json:"name"`
	Routes []string `json:"routes,omitempty"`
}

// Step raises the exposure to at most SetWeight percent and then pauses.
type Step struct {
	SetWeight int    `json:"setWeight"`
	Pause     *Pause `json:"pause,omitempty"`
	// Windows say when this one step may be taken; they hold no other.
	Windows []Window `json:"windows,omitempty"`
	// Analysis is the step's own, in place of the plan's; nil for the plan's.
	Analysis *Analysis `json:"analysis,omitempty"`
}

// Pause holds a step for a duration, or until approved where it has none.
type Pause struct {
	Duration      time.Duration `json:"duration,omitempty"`
	UntilApproved bool          `json:"untilApproved,omitempty"`
}

// ReadinessMode says what to make of a destination whose readiness is unknown.
type ReadinessMode string

// Required holds on an unknown readiness, WhenKnown lets it pass.
const (
	Required  ReadinessMode = "required"
	WhenKnown ReadinessMode = "whenKnown"
)

// WithDefaults fills in what the document left out.
func (p Plan) WithDefaults() Plan {
	if p.TotalWeight == 0 {
		p.TotalWeight = DefaultTotal
	}
	if p.Approvals == 0 {
		p.Approvals = 1
	}
	if p.Readiness == "" {
		p.Readiness = WhenKnown
	}
	return p
}

// Target returns what the plan says of the VirtualService.
func (p Plan) Target(name string) (TargetRef, bool) {
	i := slices.IndexFunc(p.Targets, func(t TargetRef) bool { return t.Name == name })
	if i < 0 {
		return TargetRef{}, false
	}
	return p.Targets[i], true
}

// AnalysisAt is the analysis of the step, which the target beyond the last has from
// the plan; nil for none.
func (p Plan) AnalysisAt(step int) *Analysis {
	if step >= 0 && step < len(p.Steps) && p.Steps[step].Analysis != nil {
		return p.Steps[step].Analysis
	}
	return p.Analysis
}

// Analyses are all that the plan has, its own first.
func (p Plan) Analyses() []*Analysis {
	var out []*Analysis
	if p.Analysis != nil {
		out = append(out, p.Analysis)
	}
	for _, s := range p.Steps {
		if s.Analysis != nil {
			out = append(out, s.Analysis)
		}
	}
	return out
}

// Moves tells whether the plan moves the route: by its name, or because the
// plan names none.
func (t TargetRef) Moves(route string) bool {
	return len(t.Routes) == 0 || slices.Contains(t.Routes, route)
}

// String says what the step does: "5% for 10m", "50% until approved", "100%".
func (s Step) String() string {
	out := fmt.Sprintf("%d%%", s.SetWeight)
	switch {
	case s.Pause == nil:
		return out
	case s.Pause.UntilApproved:
		return out + " until approved"
	}
	return out + " for " + Short(s.Pause.Duration)
}
