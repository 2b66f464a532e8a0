package agent

import (
	"slices"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// A commit that moves weights does not loosen what would hold them: its own
// windows and freezes, and who approves it. What it tightens acts at once.

// loosened is what holds an overlay's change besides the rules that came with it:
// those of the revision before. It ends with the next change of the overlay's
// weights, for which they are the rules of before, or when a later commit writes
// these rules anew; that an approval or whatever else is committed does not end it.
type loosened struct {
	before, with rollout.Rules // of the revision before the change, and of the change's
	Before       string        `json:"before"`
	With         string        `json:"with"` // these revisions
}

// none tells whether nothing is held.
func (l loosened) none() bool { return l.With == "" }

// over are the rules of now, with what still holds of before.
func (l loosened) over(now rollout.Rules) rollout.Rules {
	if l.none() {
		return now
	}
	if slices.Equal(now.Approvers, l.with.Approvers) {
		now.Approvers = trustedApprovers(l.before, now)
	}
	if now.Signed == l.with.Signed && slices.Equal(now.Signers, l.with.Signers) {
		now.Signed, now.Signers = trustedSigners(l.before, now)
	}
	if rollout.DigestOf(now.Levels) == rollout.DigestOf(l.with.Levels) {
		now.Levels = slices.Clone(now.Levels)
		for _, before := range l.before.Levels {
			same := func(l rollout.Level) bool { return rollout.DigestOf(l) == rollout.DigestOf(before) }
			if !slices.ContainsFunc(now.Levels, same) {
				before.Name += " before this change"
				now.Levels = append(now.Levels, before)
			}
		}
	}
	return now
}

// trustedApprovers are those of before that are named still, or all of them if
// none is: nobody makes themselves an approver of what comes with it.
func trustedApprovers(before, now rollout.Rules) []string {
	if len(before.Approvers) == 0 {
		return now.Approvers
	}
	if both := common(before.Approvers, now.Approvers); len(both) > 0 {
		return both
	}
	return before.Approvers
}

// trustedSigners are the keys of before but for those that are taken away; and a
// signature is needed if it was.
func trustedSigners(before, now rollout.Rules) (bool, []rollout.Signer) {
	switch {
	case !before.Signed:
		return now.Signed, now.Signers
	case !now.Signed:
		return true, before.Signers
	}
	return true, common(before.Signers, now.Signers)
}

// common are those of the first list that the second has too.
func common[T comparable](of, and []T) []T {
	return slices.DeleteFunc(slices.Clone(of), func(one T) bool { return !slices.Contains(and, one) })
}

// rulesOf are what a Delivery decides for an environment; none if it has no such.
func rulesOf(d spec.Delivery, environment string) rollout.Rules {
	i := slices.IndexFunc(d.Environments, func(e spec.Environment) bool { return e.Name == environment })
	if i < 0 {
		return rollout.Rules{}
	}
	return d.Rules(d.Environments[i])
}

// proposed are the rules of a change by one Delivery on top of another's, as the
// agent will take them.
func proposed(head, base spec.Delivery, environment string) rollout.Rules {
	now := rulesOf(head, environment)
	return loosened{before: rulesOf(base, environment), with: now, With: "head"}.over(now)
}
