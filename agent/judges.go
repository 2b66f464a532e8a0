package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// These say where the rules that judge are read: in the revision whose weir.yaml names
// them, in the repository of their own that whoever runs weir names, or in the commit
// that weir.yaml pins.

// errUnread says that policies could not be read for now. They may be before long.
var errUnread = errors.New("the policies cannot be read")

// unread is an error that may pass by itself.
type unread struct{ error }

func (u unread) Unwrap() error        { return u.error }
func (u unread) Is(target error) bool { return target == errUnread }

// policyTree is the tree that a revision's policies are in.
func policyTree(ctx context.Context, rev Revision, d spec.Delivery) (fs.FS, error) {
	pinned := d.Policies.Revision
	switch {
	case rev.Judges != nil && d.Policies.Path == "":
		return nil, errors.New("weir.yaml names no path in the repository of the policies, so nothing of it would judge: write policies: {path: policies}, and packages or sets")
	case pinned != "" && rev.Open == nil:
		return nil, fmt.Errorf("weir.yaml pins the policies of commit %s, which cannot be opened here", shortRevision(pinned))
	case pinned != "":
		tree, err := rev.Open(ctx, pinned)
		if err != nil {
			return nil, fmt.Errorf("opening the policies of commit %s, which weir.yaml pins: %w", shortRevision(pinned), err)
		}
		return tree, nil
	case rev.Judges != nil:
		return rev.Judges, nil
	}
	return rev.Tree, nil
}

// LoadPolicies loads the policies that a revision names.
func LoadPolicies(ctx context.Context, rev Revision, d spec.Delivery) (*policy.Set, error) {
	tree, err := policyTree(ctx, rev, d)
	if err != nil {
		return nil, err
	}
	return policy.Load(ctx, tree, PoliciesOf(d))
}

// rulesOf loads the policies that a revision names, as LoadPolicies does: those of a
// commit of their own repository where from names one, else the newest. What the
// operator requires, and what was required before, has to be among them: a rule goes
// by two commits, of which the first says that it may.
func (a *Agent) rulesOf(ctx context.Context, rev Revision, d spec.Delivery, from string, before []string) (Trusted, error) {
	home := a.source
	if a.options.Judges != nil {
		home = a.options.Judges
		at, err := a.judging(ctx, from)
		if err != nil {
			return Trusted{}, unread{err}
		}
		rev.Judges, from = at.Tree, at.SHA
	}
	rev.Open = func(ctx context.Context, sha string) (fs.FS, error) {
		at, err := home.Open(ctx, sha)
		if err != nil {
			err = unread{err}
		}
		return at.Tree, err
	}
	at, err := policyTree(ctx, rev, d)
	if err != nil {
		return Trusted{}, err
	}
	c := PoliciesOf(d)
	c.Required = slices.Concat(c.Required, a.options.Required, before)
	tree := &attempt{FS: at}
	set, err := a.options.Policies(ctx, tree, c)
	if lost := tree.failed(); lost != nil {
		return Trusted{}, unread{fmt.Errorf("reading the policies: %w", lost)}
	}
	return Trusted{set, rev.SHA, d.Policies.Required, from, d.Policies.Revision != "", c}, err
}

// judging is a commit of the policies' own repository; the newest where none is named,
// or where that one is not to be had: all of it is trusted.
func (a *Agent) judging(ctx context.Context, sha string) (at Revision, err error) {
	if sha != "" {
		if at, err = a.options.Judges.Open(ctx, sha); err == nil {
			return at, nil
		}
	}
	if at, err = a.options.Judges.Fetch(ctx); err != nil {
		err = fmt.Errorf("reading the repository of the policies: %w", err)
	}
	return at, err
}

// rejudge reads again what may have changed though the watched branch has not: the
// policies' own repository, and policies that could not be read last time. It returns
// whether others are in force now. While that repository is away, or what it has is
// wrong, the last good ones stay.
func (a *Agent) rejudge(ctx context.Context) bool {
	was := a.policies.digest()
	if a.ruling.again {
		a.rule(ctx)
	}
	if a.options.Judges != nil && a.policies.Set != nil && !a.policies.pinned {
		a.judgesProblems = a.follow(ctx)
	}
	return a.policies.digest() != was
}

// follow has the policies in force be the newest of their own repository.
func (a *Agent) follow(ctx context.Context) rollout.Problems {
	at, err := a.judging(ctx, "")
	if err != nil {
		return rollout.Problems{{Message: err.Error(), Hint: "the policies in force stay; it is asked again by itself"}}
	}
	if at.SHA == a.policies.From {
		return nil
	}
	set, err := a.options.Policies(ctx, at.Tree, a.policies.config)
	if err != nil {
		return slices.Concat(rollout.Problems{{
			Message: "commit " + shortRevision(at.SHA) + " of the repository of the policies is not taken, and those of " + shortRevision(a.policies.From) + " stay in force",
			Hint:    "mend it there",
		}}, problemsOf(err, ""))
	}
	a.log.Info("the policies are those of another commit of their repository", "revision", at.SHA)
	a.policies.Set, a.policies.From = set, at.SHA
	return nil
}
