package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

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

const (
	// maxChange bounds how many commits of a change are looked at for who wrote them.
	maxChange = 1000
	// maxWalk bounds how many commits are read for that.
	maxWalk = 100_000
)

// wrote are all who wrote or committed what the head has and the base does not, or whom
// its messages name beside them, the newest first; of a work tree whoever would commit it, and those that it stands on.
func (c *clone) wrote(ctx context.Context, base, head agent.Revision) ([]string, error) {
	var out []string
	tip := plumbing.NewHash(head.SHA)
	if head.Unsaved {
		if config, err := settingsOf(ctx, c.base()); err == nil {
			if who, err := config.identity(); err == nil {
				out = append(out, person(who))
			}
		}
		ref, err := c.repo.Head()
		if err != nil { // nothing is committed yet
			return out, nil
		}
		tip = ref.Hash()
	}
	commits, err := c.beyond(tip, plumbing.NewHash(base.SHA))
	for _, commit := range commits {
		all := agent.CoAuthors(commit.Message)
		for _, who := range []object.Signature{commit.Committer, commit.Author} {
			all = append(all, fmt.Sprintf("%s <%s>", who.Name, who.Email))
		}
		for _, by := range slices.Backward(all) {
			if !slices.Contains(out, by) {
				out = append(out, by)
			}
		}
	}
	return out, err
}

// Which of two tips a commit is reached from.
const (
	fromTip = 1 << iota
	fromBase
)

// beyond are the commits that the tip has and the base does not, as by git rev-list
// base..tip, the newest first and no more than maxChange. What a merge of the base
// brought into the tip is the base's. Where a shallow clone ends, so do they.
func (c *clone) beyond(tip, base plumbing.Hash) ([]*object.Commit, error) {
	known, from := map[plumbing.Hash]*object.Commit{}, map[plumbing.Hash]int{}
	var queue []*object.Commit
	reach := func(hash plumbing.Hash, by int) error {
		if from[hash]|by == from[hash] {
			return nil
		}
		from[hash] |= by
		commit, err := c.repo.CommitObject(hash)
		if errors.Is(err, plumbing.ErrObjectNotFound) && hash != tip {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading commit %s: %w", hash, err)
		}
		known[hash] = commit
		at, _ := slices.BinarySearchFunc(queue, commit, func(a, b *object.Commit) int { return a.Committer.When.Compare(b.Committer.When) })
		queue = slices.Insert(queue, at, commit) // the newest is the last
		return nil
	}
	if err := errors.Join(reach(tip, fromTip), reach(base, fromBase)); err != nil {
		return nil, err
	}
	alone := func(commit *object.Commit) bool { return from[commit.Hash] == fromTip }
	for slices.ContainsFunc(queue, alone) && len(known) < maxWalk {
		commit := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, parent := range commit.ParentHashes {
			if err := reach(parent, from[commit.Hash]); err != nil {
				return nil, err
			}
		}
	}
	out := slices.DeleteFunc(slices.Collect(maps.Values(known)), func(commit *object.Commit) bool { return !alone(commit) })
	slices.SortFunc(out, func(a, b *object.Commit) int {
		return cmp.Or(b.Committer.When.Compare(a.Committer.When), cmp.Compare(a.Hash.String(), b.Hash.String()))
	})
	return out[:min(len(out), maxChange)], nil
}
