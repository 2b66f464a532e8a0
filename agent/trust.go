package agent

import (
	"context"

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
	set, err := a.options.Policies(ctx, rev.Tree, PoliciesOf(d))
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
	a.policies = Trusted{set, rev.SHA}
}
