package policy

import (
	"context"
	"slices"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// Rehearse asks the rules about a move of each kind in each environment, of a made-up
// VirtualService that no policy knows, and returns what keeps them from judging at all:
// a rule that fails or does not end, an answer that is none, limits that are not
// understood. What they refuse is no matter here, and that they judge these moves is no
// proof that they judge all. It ends with the first rule that cannot judge.
func (s *Set) Rehearse(ctx context.Context, environments []string, now time.Time) rollout.Problems {
	var problems rollout.Problems
	for _, environment := range environments {
		for _, kind := range []rollout.Kind{rollout.Forward, rollout.Back, rollout.Create, rollout.Reshape, rollout.Correct, rollout.Remove} {
			d := s.Review(ctx, madeUp(environment, kind, now))
			if d.Verdict == Error {
				return append(problems, rollout.Problem{
					Message: "the policies cannot judge a " + string(operations[kind]) + " in environment " + environment + ": " + d.Problem,
					Hint:    "mend the rule; with these policies in force nothing like it would move",
				})
			}
			for _, f := range d.Findings {
				p := rollout.Problem{Position: f.Position, Message: f.Message, Hint: f.Fix}
				if f.Rule == shared+".deny_limits" && f.Waiver == nil && !slices.Contains(problems, p) {
					problems = append(problems, p)
				}
			}
		}
	}
	return problems
}

// madeUp is a question about a move, in its second step, from 10 to 50 percent.
func madeUp(environment string, kind rollout.Kind, now time.Time) Question {
	ref := rollout.Ref{Namespace: "made-up", Name: "made-up"}
	of := func(subset string) rollout.Destination { return rollout.Destination{Host: ref.Name, Subset: subset} }
	routes := func(v1, v2 int) rollout.Routes {
		return rollout.Routes{{Key: "http:primary", Protocol: rollout.HTTP, Label: "primary", Split: rollout.Split{
			{Destination: of("v1"), Weight: v1}, {Destination: of("v2"), Weight: v2},
		}}}
	}
	pause := &rollout.Pause{Duration: time.Hour}
	r := &rollout.Rollout{
		Name: rollout.Name{Environment: environment, Namespace: ref.Namespace, Plan: ref.Name}, Want: rollout.Known,
		Source:  rollout.Source{Cluster: "made-up", Author: "Nobody <nobody@example.com>"},
		Plan:    rollout.Plan{Name: ref.Name, Namespace: ref.Namespace, Steps: []rollout.Step{{SetWeight: 10, Pause: pause}, {SetWeight: 50, Pause: pause}, {SetWeight: 100}}},
		Targets: []rollout.Target{{Ref: ref, Routes: routes(0, 100)}},
	}
	ready := rollout.Readiness{Defined: true, Known: true, Ready: 3, Want: 3}
	f := rollout.Facts{
		Live:  []rollout.Live{{Ref: ref, Routes: routes(90, 10), State: &rollout.State{Member: rollout.Member{Stable: routes(100, 0)}}}},
		Ready: map[rollout.Destination]rollout.Readiness{of("v1"): ready, of("v2"): ready},
	}
	move := rollout.Move{Kind: kind, Journey: rollout.Journey{ID: "000000000000", Step: 1}, Changes: []rollout.Change{{Ref: ref, From: routes(90, 10), To: routes(50, 50)}}}
	return Ask(PullRequest, r, f, move, now)
}
