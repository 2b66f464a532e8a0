package policy

import (
	"fmt"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// Verdict is the policies' answer in one word.
type Verdict string

// Error means that the policies could not judge; it never lets a move pass.
const (
	Allow Verdict = "allow"
	Deny  Verdict = "deny"
	Error Verdict = "error"
)

// Level is what a finding does: refuse, or speak.
type Level string

// Rules named deny and violation refuse, those named warn speak.
const (
	Denies Level = "deny"
	Warns  Level = "warn"
)

// Finding is one thing that a rule said. Its JSON is that of a CheckReport.
type Finding struct {
	// Rule is the id of the rule: package and name.
	Rule    string `json:"rule"`
	Level   Level  `json:"level"`
	Message string `json:"message"`
	// Fix is the way out, where the rule or its annotation names one.
	Fix string `json:"fix,omitempty"`
	// Position is where the rule points (_loc), else the step's plan, else the
	// VirtualService. Who has the sources may point at the weight instead.
	rollout.Position
	Environment string         `json:"environment"`
	Target      *FindingTarget `json:"target,omitempty"`
	Rollout     rollout.ID     `json:"rollout,omitempty"`
	Route       string         `json:"route,omitempty"`
	Step        int            `json:"step"` // -1 for none
	Transient   bool           `json:"transient"`
	Again       time.Time      `json:"again,omitzero"`
	Details     map[string]any `json:"details,omitempty"`
	// Waiver is who let the finding pass; nil where nobody did.
	Waiver *Waiver `json:"waiver"`
	// Weight is the destination whose weight the finding is about: the step's, if
	// Position is the plan's, else Git's. The empty one is the route's first that
	// rises; nil where the finding is about no weight.
	Weight *rollout.Destination `json:"-"`
	// Void is why a waiver that is meant for the finding does not count.
	Void string `json:"void,omitempty"`
}

// FindingTarget is the object that a finding is about.
type FindingTarget struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// refuses tells whether the finding stops the move.
func (f Finding) refuses() bool { return f.Level == Denies && f.Waiver == nil }

// rank orders findings: what stops the move for good comes first.
func (f Finding) rank() int {
	switch {
	case f.refuses() && !f.Transient:
		return 0
	case f.refuses():
		return 1
	case f.Level == Denies:
		return 2
	}
	return 3
}

// Decision is the answer to one Question.
type Decision struct {
	Verdict Verdict `json:"verdict"`
	// Findings are what the rules said, what stops the move first, then by rule;
	// never nil.
	Findings []Finding `json:"findings"`
	// Dropped is how many findings there were beyond the bound.
	Dropped int `json:"dropped,omitempty"`
	// Policies and Input are the digests of what was asked, and about what.
	Policies rollout.Digest `json:"policies"`
	Input    rollout.Digest `json:"input"`
	// Problem is why the policies could not judge.
	Problem string `json:"problem,omitempty"`
}

// Answer is what the decision means to the move. Again is the earliest time
// that a transient denial names. The reason is the first denial's message and
// how many more there are.
func (d Decision) Answer() rollout.Verdict {
	switch d.Verdict {
	case Allow:
		return rollout.Verdict{Allow: true}
	case Deny:
		return d.refusal()
	case Error:
		return rollout.Verdict{Failed: true, Why: d.Problem}
	}
	return rollout.Verdict{Failed: true, Why: "nobody asked the policies"}
}

func (d Decision) refusal() rollout.Verdict {
	out, denials := rollout.Verdict{Transient: true}, 0
	for _, f := range d.Findings {
		if !f.refuses() {
			continue
		}
		if denials++; out.Why == "" {
			out.Why = f.Message
		}
		out.Transient = out.Transient && f.Transient
		if f.Transient && !f.Again.IsZero() && (out.Again.IsZero() || f.Again.Before(out.Again)) {
			out.Again = f.Again
		}
	}
	if denials > 1 {
		out.Why = fmt.Sprintf("%s (and %d more)", out.Why, denials-1)
	}
	return out
}
