package agent

import (
	"context"
	"errors"

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

// ruling is the newest revision, whose policies are to come in force, and what keeps
// them from it.
type ruling struct {
	rev      Revision
	delivery spec.Delivery
	moves    bool // whether it also changes what they would have to judge
	before   withheld
	again    bool // it may pass by itself
	problems rollout.Problems
}

// trust puts a revision's policies in force, unless it also changes what they
// would have to judge: those come in force with the next revision.
func (a *Agent) trust(ctx context.Context, rev Revision, d spec.Delivery, moves bool, before withheld) {
	a.ruling = ruling{rev: rev, delivery: d, moves: moves, before: before}
	a.rule(ctx)
}

// rule reads the policies of the newest revision.
func (a *Agent) rule(ctx context.Context) {
	r := &a.ruling
	found, err := a.rulesOf(ctx, r.rev, r.delivery, a.policies.From, a.policies.Required)
	r.again, r.problems = false, nil
	if err != nil {
		r.again = errors.Is(err, errUnread) || a.options.Judges != nil // what is wrong there is mended there
		r.problems = problemsOf(err, a.options.Delivery)
		return
	}
	is := found.digest()
	a.withheld.Policies = is
	switch {
	case a.policies.Set != nil && a.policies.digest() == is:
	case a.policies.Set != nil && r.moves && !r.before.said(r.rev, r.before.Policies == is):
		a.log.Info("the change touches both policies and weights; its policies come in force with the next commit", "revision", r.rev.SHA)
		a.withheld.Revision = r.rev.SHA
		return
	}
	a.policies = found
}
