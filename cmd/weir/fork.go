package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

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

// maxChange bounds how many commits of a change are looked at for who wrote them.
const maxChange = 1000

// wrote are all who wrote or committed what the head has and the base does not, the
// newest first; of a work tree whoever would commit it, and those that it stands on.
func (c *clone) wrote(base, head agent.Revision) ([]string, error) {
	var out []string
	tip := plumbing.NewHash(head.SHA)
	if head.Unsaved {
		if config, err := configOf(c); err == nil {
			if who, err := identityOf(config); err == nil {
				out = append(out, person(who))
			}
		}
		ref, err := c.repo.Head()
		if err != nil { // nothing is committed yet
			return out, nil
		}
		tip = ref.Hash()
	}
	newest, err := c.repo.CommitObject(tip)
	if err != nil {
		return nil, fmt.Errorf("reading commit %s: %w", tip, err)
	}
	if tip.String() == base.SHA {
		return out, nil
	}
	left := maxChange
	walk := object.NewCommitIterBSF(newest, nil, []plumbing.Hash{plumbing.NewHash(base.SHA)})
	err = walk.ForEach(func(commit *object.Commit) error {
		for _, who := range []object.Signature{commit.Author, commit.Committer} {
			if by := fmt.Sprintf("%s <%s>", who.Name, who.Email); !slices.Contains(out, by) {
				out = append(out, by)
			}
		}
		if left--; left == 0 {
			return storer.ErrStop
		}
		return nil
	})
	if errors.Is(err, plumbing.ErrObjectNotFound) { // a shallow clone ends there
		err = nil
	}
	return out, err
}
