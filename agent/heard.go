package agent

import (
	"context"
	"fmt"
	"slices"
)

// heard is one place where intents stand: what holds a rollout or takes it back
// is heeded in all of them, what lets it go forward only in the place that is in
// force.
type heard struct {
	branch string // empty is the watched branch
	Revision
	forward bool
	unread  error // why the branch cannot be read for now
}

// called is a file of the place as people name it: as git does on another branch.
func (h heard) called(file string) string {
	if h.branch == "" {
		return file
	}
	return h.branch + ":" + file
}

// listen reads again what people asked for, if there may be something new: the
// watched branch has moved, or one that approvals lie on. It tells whether it did.
// While a branch cannot be read what was heard last stands.
func (a *Agent) listen(ctx context.Context, rev Revision) bool {
	if a.delivery.Approvals.Path == "" {
		return false // no Delivery was ever readable
	}
	places := a.places(ctx, rev)
	var at []string
	for _, p := range places {
		at = append(at, p.branch+" "+p.SHA)
	}
	at = append(at, a.delivery.Approvals.Path)
	if a.intents.behind == nil && slices.Equal(at, a.intents.at) {
		return false
	}
	if a.intents.authors == nil {
		a.intents.authors = map[string]written{}
	}
	a.intents.at = at
	a.ask(ctx, places, a.delivery.Approvals.Path)
	return true
}

// places are the watched branch, the branch in force for approvals, and the one
// that weir.yaml names, where these are others. One that nobody has made yet holds
// nothing, and one that cannot be read keeps nobody from being heard on the others.
func (a *Agent) places(ctx context.Context, rev Revision) []heard {
	out := []heard{{"", rev, a.intents.branch == "", nil}}
	for _, branch := range []string{a.intents.branch, a.delivery.Approvals.Branch} {
		if slices.ContainsFunc(out, func(h heard) bool { return h.branch == branch }) {
			continue
		}
		tip, err := a.source.Branch(ctx, branch)
		if err != nil {
			err = fmt.Errorf("reading the approvals: %w", err)
		}
		if tip.SHA != "" || err != nil {
			out = append(out, heard{branch, tip, a.intents.branch == branch, err})
		}
	}
	return out
}

// choose puts the branch that weir.yaml names in force for approvals, unless the
// same commit changes what they would let go forward: then with the next one.
func (a *Agent) choose(rev Revision, moves bool, before withheld) {
	named := a.delivery.Approvals.Branch
	if a.intents.chosen && named != a.intents.branch && moves && !before.said(rev, before.Approvals == named) {
		a.log.Info("the change moves weights and names another branch for approvals; those there count with the next commit", "revision", rev.SHA)
		a.withheld.Revision = rev.SHA
		return
	}
	a.intents.branch, a.intents.chosen = named, true
}
