package main

import (
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/weir-delivery/weir/agent"
)

// fork is where a change left its base: what happened on the base since is no part of
// the change. It is none where the head has all of the base, nor where a head that was
// named is a part of it: such two are held against each other as they are. The head of
// a work tree is the commit that it stands on.
func (c *clone) fork(base, head agent.Revision) (at agent.Revision, is bool, err error) {
	named := head.SHA != unsaved
	tip := plumbing.NewHash(head.SHA)
	if !named {
		ref, err := c.repo.Head()
		if err != nil { // nothing is committed yet
			return at, false, nil
		}
		tip = ref.Hash()
	}
	if tip.String() == base.SHA {
		return at, false, nil
	}
	ours, err := c.repo.CommitObject(tip)
	if err != nil {
		return at, false, fmt.Errorf("reading commit %s: %w", tip, err)
	}
	theirs, err := c.repo.CommitObject(plumbing.NewHash(base.SHA))
	if err != nil {
		return at, false, fmt.Errorf("reading commit %s: %w", base.SHA, err)
	}
	common, err := shared(ours, theirs)
	switch {
	case err != nil:
		return at, false, usagef("the clone does not hold where the change left %.7s (%v): fetch its whole history, as by git fetch --unshallow", base.SHA, err)
	case common == base.SHA, common == tip.String() && named:
		return at, false, nil
	}
	at, err = c.revision(common)
	return at, err == nil, err
}

// shared is the newest commit that both have. Where the oldest of one is missing, as in
// a shallow clone, there is none.
func shared(a, b *object.Commit) (string, error) {
	found, err := a.MergeBase(b)
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", fmt.Errorf("it has no commit in common with %.7s", a.Hash)
	}
	return found[0].Hash.String(), nil
}
