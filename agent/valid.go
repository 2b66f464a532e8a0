package agent

import (
	"cmp"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// validate holds what the overlay applies against Istio's rules. What Istio would
// refuse makes the overlay refused, for the step that has to apply it must not
// be the first to learn; what is only odd is a caution.
func (a *accepting) validate(o Object) {
	verdict := istio.Validate(o.Value)
	for _, w := range verdict.Wrong {
		a.problems = append(a.problems, rollout.Problem{Position: o.Where(w.Path), Message: w.Message, Hint: w.Hint})
	}
	kind, ref := kindOf(o.Value), refOf(o.Value)
	for _, w := range verdict.Warnings {
		a.Cautions = append(a.Cautions, caution{of: rollout.DigestOf(o.Value), Finding: policy.Finding{
			Rule: w.Rule, Level: policy.Warns, Message: w.Message, Fix: w.Hint, Position: o.Where(w.Path), Step: -1,
			Environment: a.Environment, Target: &policy.FindingTarget{Kind: kind, Namespace: ref.Namespace, Name: ref.Name},
		}})
	}
}

// caution is what is odd about an object, and the digest of that.
type caution struct {
	policy.Finding
	of rollout.Digest
}

func (c caution) compare(o caution) int {
	return cmp.Or(cmp.Compare(c.File, o.File), cmp.Compare(c.Line, o.Line), cmp.Compare(c.Rule, o.Rule), cmp.Compare(c.Message, o.Message))
}

// cautions are head's about objects that are not as base has them: what stood
// there before is not the change's to answer for.
func cautions(base, head Side) []policy.Finding {
	type place struct {
		environment string
		target      policy.FindingTarget
		of          rollout.Digest
	}
	before := map[place]bool{}
	for _, o := range base.Overlays {
		for _, c := range o.Cautions {
			before[place{o.Environment, *c.Target, c.of}] = true
		}
	}
	var out []policy.Finding
	for _, o := range head.Overlays {
		for _, c := range o.Cautions {
			if !before[place{o.Environment, *c.Target, c.of}] {
				out = append(out, c.Finding)
			}
		}
	}
	return out
}
