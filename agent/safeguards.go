package agent

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// These are said of weir.yaml itself in a pull request: who may approve, what is
// protected and what is judged is easily changed unseen beside something else. Those
// of before hold for the change itself.

// safeguards are what a change makes of the environments that both sides have.
func safeguards(base, head Side) []policy.Finding {
	out := otherPolicies(base, head)
	for _, was := range base.delivery.Environments {
		i := slices.IndexFunc(head.delivery.Environments, func(e spec.Environment) bool { return e.Name == was.Name })
		if i < 0 {
			continue
		}
		before, after := base.delivery.Rules(was), head.delivery.Rules(head.delivery.Environments[i])
		for _, what := range differences(before, after) {
			out = append(out, policy.Finding{
				Rule: "weir-safeguards", Level: policy.Warns, Environment: was.Name, Step: -1, Position: head.delivery.Position,
				Message: "the change sets for environment " + was.Name + " " + what,
				Fix:     "See that it is meant, and that whoever answers for the environment agrees; it does not hold for a change of weights that comes with it.",
			})
		}
	}
	return out
}

// otherPolicies says that a change has other policies than it found.
func otherPolicies(base, head Side) []policy.Finding {
	if touches := touchesPolicies(base, head); touches == nil || !*touches {
		return nil
	}
	before, after := ids(base.own), ids(head.own)
	what := "the rules that there were, or their data"
	gone := slices.DeleteFunc(slices.Clone(before), func(id string) bool { return slices.Contains(after, id) })
	come := slices.DeleteFunc(slices.Clone(after), func(id string) bool { return slices.Contains(before, id) })
	switch {
	case len(gone) > 0 && len(come) > 0:
		what = "rules: " + strings.Join(gone, ", ") + " would not be asked any more, and " + strings.Join(come, ", ") + " would"
	case len(gone) > 0:
		what = "rules: " + strings.Join(gone, ", ") + " would not be asked any more"
	case len(come) > 0:
		what = "rules: " + strings.Join(come, ", ") + " would be asked too"
	}
	return []policy.Finding{{
		Rule: "weir-safeguards", Level: policy.Warns, Step: -1, Position: head.delivery.Position,
		Message: "the change changes the policies, " + what,
		Fix:     "See that it is meant, and that whoever answers for the policies agrees; they do not judge a change of weights that comes with them.",
	}}
}

// differences are what of the rules of an environment is not as it was, in words.
func differences(before, after rollout.Rules) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if !slices.Equal(slices.Sorted(slices.Values(before.Approvers)), slices.Sorted(slices.Values(after.Approvers))) {
		say("who may approve: %s, and it was %s", people(after.Approvers), people(before.Approvers))
	}
	if before.Signed != after.Signed {
		say("whether approvals are signed: %t, and it was %t", after.Signed, before.Signed)
	}
	if rollout.DigestOf(before.Signers) != rollout.DigestOf(after.Signers) {
		say("whose keys sign: %s, and it was %s", signers(after.Signers), signers(before.Signers))
	}
	if before.Prune != after.Prune {
		say("whether what is gone from Git is deleted: %t, and it was %t", after.Prune, before.Prune)
	}
	if !slices.Equal(before.Adopt, after.Adopt) {
		say("from whom VirtualServices are taken over: %s, and it was %s", orNone(after.Adopt), orNone(before.Adopt))
	}
	if rollout.DigestOf(before.Levels) != rollout.DigestOf(after.Levels) {
		say("other windows or freezes")
	}
	return out
}

func people(approvers []string) string {
	if len(approvers) == 0 {
		return "everybody who did not write the change"
	}
	return strings.Join(approvers, ", ")
}

func signers(all []rollout.Signer) string {
	var out []string
	for _, s := range all {
		out = append(out, s.Person+" ("+s.Key+")")
	}
	return orNone(out)
}

// deserted are the environments that weir.yaml had before a change and has not after it:
// nothing of them is judged, and their agents stay with what they had.
func deserted(base, head Side) []policy.Finding {
	var out []policy.Finding
	for _, was := range base.delivery.Environments {
		if !slices.ContainsFunc(head.delivery.Environments, func(e spec.Environment) bool { return e.Name == was.Name }) {
			out = append(out, policy.Finding{
				Rule: "weir-environment-gone", Level: policy.Warns, Environment: was.Name, Step: -1, Position: head.delivery.Position,
				Message: "environment " + was.Name + " is in weir.yaml no more: an agent that is started for it stays with what it had, and nothing of it is judged here",
				Fix:     "Take its overlays' VirtualServices out first, if their traffic is to go elsewhere, and stop its agent.",
			})
		}
	}
	return out
}
