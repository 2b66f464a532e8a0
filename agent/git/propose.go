package git

import (
	"context"
	"fmt"

	"github.com/weir-delivery/weir/agent"
)

// Proposal is a commit of a person's.
type Proposal struct {
	// Branch takes the commit: the watched branch if left out. One that does not
	// exist yet begins at the watched branch's tip.
	Branch string
	// Author wrote it, and commits it.
	Author Identity
	// Commit is what it says and holds.
	Commit agent.Commit
	// Sign gives the armoured signature of a commit's bytes; nil signs nothing.
	Sign func(commit []byte) (string, error)
}

// Propose puts one commit on top of what the remote's branch holds now, and
// pushes it with a lease on that; when somebody else is faster it is put on top
// of theirs. It needs no clone. ErrRefused says that the server does not take it.
func (r *Repository) Propose(ctx context.Context, p Proposal) (sha string, err error) {
	branch := r.branch
	if p.Branch != "" {
		if branch, err = branchName(p.Branch); err != nil {
			return "", err
		}
	}
	if branch == r.status {
		return "", fmt.Errorf("proposing a commit: %s is the status branch, which weir alone writes: name another branch", branch.Short())
	}
	err = r.guard(ctx, "proposing a commit on "+branch.Short()+" of", func(ctx context.Context) error {
		changes, err := changes(p.Commit)
		if err != nil {
			return err
		}
		sha, _, err = r.write(ctx, &pen{branch: branch, onto: r.watched, who: p.Author, sign: p.Sign}, p.Commit, changes)
		return err
	})
	return sha, err
}

// watched is the watched branch's tip.
func (r *Repository) watched(ctx context.Context) (*tip, error) {
	found, err := r.refresh(ctx, r.branch, r.source)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fmt.Errorf("the branch %s does not exist", r.branch.Short())
	}
	if found != r.source {
		r.source, r.last = found, found.revision()
	}
	return found, nil
}
