package agent

import (
	"context"
	"fmt"
	"slices"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// withheld is a revision that moves weights and also says by which policies, or by
// approvals on which branch: that is not in force before another commit comes, so
// that no change chooses its own judges. A new life knows it from the status branch.
type withheld struct {
	Revision string `json:"revision"` // empty where nothing is withheld
	// What the revision says.
	Policies  rollout.Digest `json:"policies"`
	Approvals string         `json:"approvalsBranch"`
}

// said tells whether what a revision says stood in the one before it already.
func (w withheld) said(rev Revision, same bool) bool {
	return w.Revision != "" && w.Revision != rev.SHA && same
}

// trust puts a revision's policies in force, unless it also changes what they
// would have to judge: those come in force with the next revision.
func (a *Agent) trust(ctx context.Context, rev Revision, d spec.Delivery, moves bool, before withheld) {
	set, err := a.rulesOf(ctx, rev, d, a.policies.Required)
	if err != nil {
		a.problems = append(a.problems, problemsOf(err, a.options.Delivery)...)
		return
	}
	a.withheld.Policies = set.Digest()
	switch {
	case a.policies.Set != nil && a.policies.Set.Digest() == set.Digest():
	case a.policies.Set != nil && moves && !before.said(rev, before.Policies == set.Digest()):
		a.log.Info("the change touches both policies and weights; its policies come in force with the next commit", "revision", rev.SHA)
		a.withheld.Revision = rev.SHA
		return
	}
	a.policies = Trusted{set, rev.SHA, d.Policies.Required}
}

// rulesOf loads the policies that a revision names: its own, or those of the commit
// that it pins. What the operator requires, and what was required before, has to be
// among them: a rule goes by two commits, of which the first says that it may.
func (a *Agent) rulesOf(ctx context.Context, rev Revision, d spec.Delivery, before []string) (*policy.Set, error) {
	tree := rev.Tree
	if pinned := d.Policies.Revision; pinned != "" {
		at, err := a.source.Open(ctx, pinned)
		if err != nil {
			return nil, fmt.Errorf("opening the policies of commit %s, which weir.yaml pins: %w", shortRevision(pinned), err)
		}
		tree = at.Tree
	}
	c := PoliciesOf(d)
	c.Required = slices.Concat(c.Required, a.options.Required, before)
	return a.options.Policies(ctx, tree, c)
}
