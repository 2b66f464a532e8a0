package agent

import (
	"context"
	"slices"

	"github.com/weir-delivery/weir/policy"
)

// Advice is what the policies that come with a change would say of it, where they are
// others than those that judge. It decides nothing: they judge what comes after it.
type Advice struct {
	Decision policy.Verdict `json:"decision"`
	// Adds are the findings that they have and those that judge do not, Drops the
	// other way round.
	Adds  []policy.Finding `json:"adds"`
	Drops []policy.Finding `json:"drops"`
	// NewRules and LostRules are the ids of rules that come and go with the change.
	NewRules  []string `json:"newRules"`
	LostRules []string `json:"lostRules"`
	// Problem is why they could not judge, where Decision is error.
	Problem string `json:"problem,omitempty"`
}

// adviser asks the policies of a change beside those that judge; nil where they are
// the same, and nobody has to be told.
type adviser struct {
	set    *policy.Set
	advice Advice
}

func newAdviser(judges, own *policy.Set, touched *bool) *adviser {
	if judges == nil || touched == nil || !*touched || judges.Digest() == own.Digest() {
		return nil
	}
	a := &adviser{own, Advice{Decision: policy.Allow, Adds: []policy.Finding{}, Drops: []policy.Finding{}, NewRules: []string{}, LostRules: []string{}}}
	before, after := ids(judges), ids(own)
	for _, id := range after {
		if !slices.Contains(before, id) {
			a.advice.NewRules = append(a.advice.NewRules, id)
		}
	}
	for _, id := range before {
		if !slices.Contains(after, id) {
			a.advice.LostRules = append(a.advice.LostRules, id)
		}
	}
	return a
}

func ids(set *policy.Set) []string {
	var out []string
	for _, r := range set.Rules() {
		out = append(out, r.ID)
	}
	return out
}

// hear asks about the moves that the others judged.
func (a *adviser) hear(ctx context.Context, moves []Foreseen) {
	if a == nil {
		return
	}
	for _, m := range moves {
		if m.Question.Kind == "" {
			continue
		}
		later, no := m.Question, false // they judge what comes after them
		later.Change.TouchesPolicies = &no
		d := a.set.Review(ctx, later)
		if !d.Answer().Transient {
			a.advice.Decision = worse(a.advice.Decision, d.Verdict)
		}
		if d.Verdict == policy.Error {
			a.advice.Problem = d.Problem
			continue
		}
		a.advice.Adds = append(a.advice.Adds, without(d.Findings, m.Decision.Findings)...)
		a.advice.Drops = append(a.advice.Drops, without(m.Decision.Findings, d.Findings)...)
	}
}

// told is the advice; nil where there is none.
func (a *adviser) told() *Advice {
	if a == nil {
		return nil
	}
	return &a.advice
}

// without are the findings that the others do not have.
func without(all, others []policy.Finding) []policy.Finding {
	var out []policy.Finding
	for _, f := range all {
		if !slices.ContainsFunc(others, func(o policy.Finding) bool { return alike(f, o) }) {
			out = append(out, f)
		}
	}
	return out
}

// alike tells whether two findings say the same of the same, wherever they point.
func alike(a, b policy.Finding) bool {
	about := a.Target == nil && b.Target == nil || a.Target != nil && b.Target != nil && *a.Target == *b.Target
	return a.Rule == b.Rule && a.Level == b.Level && a.Message == b.Message && a.Step == b.Step && a.Route == b.Route &&
		about && (a.Waiver == nil) == (b.Waiver == nil)
}
