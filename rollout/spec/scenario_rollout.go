package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/rollout"
)

// On is the scenario with the plan and the rules of a repository's rollout, which
// has one route with weights.
func (s Scenario) On(r *rollout.Rollout) (Scenario, error) {
	var moving rollout.Routes
	for _, t := range r.Targets {
		moving = append(moving, t.Routes.Moving()...)
	}
	if len(moving) != 1 {
		return s, rollout.Problem{Position: rollout.Position{File: s.File}, Message: fmt.Sprintf("%s moves %d routes, and a scenario follows one", r.Name, len(moving)), Hint: "write its plan into the scenario: plan " + r.Name.Plan + ": STEPS"}
	}
	s.Plan, s.Rules = r.Plan.WithDefaults(), r.Rules
	if s.Plan.Name == "" {
		s.Plan.Name = r.Name.Plan
	}
	if s.Stable == nil {
		for _, w := range moving[0].Split {
			s.Stable = append(s.Stable, rollout.Weight{Destination: subset(w.Destination.String()), Weight: w.Weight})
		}
	}
	return s, s.known(r, moving[0])
}

// known refuses splits with destinations that the rollout's repository does not
// define, where it defines any.
func (s Scenario) known(r *rollout.Rollout, route rollout.Route) error {
	names := map[string]bool{}
	for _, t := range r.Targets {
		for d := range t.Subsets {
			names[d.String()] = true
		}
	}
	if len(names) == 0 {
		return nil
	}
	for _, w := range route.Split {
		names[w.Destination.String()] = true
	}
	for _, b := range s.Beats {
		text, isGit := strings.CutPrefix(b.Event, "git ")
		split, err := ParseSplit(text)
		if !isGit || err != nil {
			continue
		}
		for _, w := range split {
			if name := w.Destination.String(); !names[name] {
				return rollout.Problem{
					Position: rollout.Position{File: s.File, Line: b.Line}, Message: fmt.Sprintf("%s is in no DestinationRule of the repository, so no weight would go up on it", name),
					Hint: "there are " + strings.Join(slices.Sorted(maps.Keys(names)), ", "),
				}
			}
		}
	}
	return nil
}
