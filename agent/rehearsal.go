package agent

import (
	"context"
	"slices"
	"time"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// rehearsed tries each plan that a change brings and that moves nothing yet: were the
// next change to send everything where least goes now, what would the policies say?
// What they would refuse for good is a warning, before somebody needs the plan.
func rehearsed(ctx context.Context, judges *policy.Set, before map[rollout.Name]rollout.Plan, head Side, was, is register, moving []*rollout.Rollout, now time.Time) []policy.Finding {
	moves := map[rollout.Name]bool{}
	for _, r := range moving {
		moves[r.Name] = true
	}
	var out []policy.Finding
	for _, r := range head.Rollouts() {
		plan, known := before[r.Name]
		if r.Plan.Default || moves[r.Name] || known && rollout.DigestOf(plan) == rollout.DigestOf(r.Plan) {
			continue
		}
		for i, t := range r.Targets {
			r.Targets[i].Routes = upended(t.Routes)
		}
		facts := was.facts(r, is)
		for _, m := range Foresee(ctx, judges, policy.PullRequest, r, facts, policy.Around{}, now) {
			if m.Decision.Verdict != policy.Deny || m.Decision.Answer().Transient {
				continue
			}
			for _, f := range m.Decision.Findings {
				if f.Level == policy.Denies && f.Waiver == nil {
					f.Rule, f.Level, f.Rollout, f.Message = "weir-plan-refused", policy.Warns, m.Move.Journey.ID, "a change of weights by plan "+r.Plan.Name+" as it is here would be refused ("+f.Rule+"): "+f.Message
					f.Position = r.Plan.Position
					out = append(out, f)
				}
			}
			break
		}
	}
	return out
}

// upended is the routes with everything where least goes now, the last of several.
func upended(routes rollout.Routes) rollout.Routes {
	out := slices.Clone(routes)
	for i, r := range out {
		least := 0
		for k, w := range r.Split {
			if w.Weight <= r.Split[least].Weight {
				least = k
			}
		}
		out[i].Split = slices.Clone(r.Split)
		for k := range out[i].Split {
			out[i].Split[k].Weight = 0
		}
		if len(r.Split) > 0 {
			out[i].Split[least].Weight = 100
		}
	}
	return out
}
