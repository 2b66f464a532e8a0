package policy

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/weir-delivery/weir/rollout"
)

// scope is an environment that data name.
type scope struct{ key, where, environment string }

// scopesOf are those of limits and waivers.
func scopesOf(data map[string]any, waivers []waiver) []scope {
	var out []scope
	limits, _ := data["limits"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		values, _ := limits[name].(map[string]any)
		for _, environment := range slices.Sorted(maps.Keys(values)) {
			if environment != "default" {
				out = append(out, scope{"limits", "limits." + name + "." + environment, environment})
			}
		}
	}
	for _, w := range waivers {
		if w.environment != "" {
			out = append(out, scope{"waivers", "the waiver of " + w.rule, w.environment})
		}
	}
	return out
}

// unread are the keys of the data that no rule reads and that are nearly those of
// limits or waivers: what stands under them would limit or waive nothing, in silence.
func unread(src sources, data map[string]any, mods map[string]*ast.Module, c Config) rollout.Problems {
	known := []string{"waivers"}
	if len(c.Sets) > 0 {
		known = append(known, "limits")
	}
	read := map[string]bool{}
	for _, m := range mods {
		ast.WalkRefs(m, func(r ast.Ref) bool {
			if len(r) > 1 && r[0].Equal(ast.DefaultRootDocument) {
				name, _ := r[1].Value.(ast.String) // a variable's is none: it may be any key
				read[string(name)] = true
			}
			return false
		})
	}
	var problems rollout.Problems
	for _, key := range slices.Sorted(maps.Keys(data)) {
		if best := rollout.Nearest(key, known); best != "" && best != key && !read[key] && !read[""] {
			problems = append(problems, rollout.Problem{Position: src.at(key), Message: key + " in the policies' data is read by no rule", Hint: "did you mean " + best + "?"})
		}
	}
	return problems
}

// Rehearse asks the rules about a move of each kind in each environment, of a made-up
// VirtualService that no policy knows, and returns what is wrong with them whatever
// moves: a rule that fails or does not end, an answer that is none, limits that are not
// understood, waivers that may not last as long, environments that there are not, and
// limits or waivers under a misspelt key.
// What else they refuse is no matter here, and that they judge these moves is no proof
// that they judge all. It ends with the first rule that cannot judge.
func (s *Set) Rehearse(ctx context.Context, environments []string, now time.Time) rollout.Problems {
	problems := slices.Clone(s.unread)
	add := func(p rollout.Problem) {
		if !slices.Contains(problems, p) {
			problems = append(problems, p)
		}
	}
	for _, x := range s.scopes {
		if !slices.Contains(environments, x.environment) {
			add(rollout.Problem{Position: s.at[x.key], Message: x.where + " in the policies' data is for environment " + x.environment + ", which weir.yaml does not have", Hint: meant(x.environment, environments)})
		}
	}
	for _, environment := range environments {
		for _, kind := range []rollout.Kind{rollout.Forward, rollout.Back, rollout.Create, rollout.Reshape, rollout.Correct, rollout.Remove} {
			d := s.Review(ctx, madeUp(environment, kind, now))
			if d.Verdict == Error {
				add(rollout.Problem{
					Message: "the policies cannot judge a " + string(operations[kind]) + " in environment " + environment + ": " + d.Problem,
					Hint:    "mend the rule; with these policies in force nothing like it would move",
				})
				return problems
			}
			for _, f := range d.Findings {
				if key := s.about(f.Rule); key != "" && f.Level == Denies {
					add(rollout.Problem{Position: s.at[key], Message: f.Message, Hint: f.Fix})
				}
			}
		}
	}
	return problems
}

// about is the key of the data that the rule of this id is about, if it is about any.
func (s *Set) about(id string) string {
	for _, r := range s.rules {
		if r.ID == id {
			return r.Data
		}
	}
	return ""
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
