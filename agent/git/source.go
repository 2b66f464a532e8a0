package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/weir-delivery/weir/agent"
)

// maxListings bounds how often one fetch looks again while the branch moves
// under it or the store turns out to be broken.
const maxListings = 4

// deep and deepest are how far back a commit is looked for where a server does
// not serve commits by their id.
const deep, deepest = 50, 1000

// Fetch is agent.Source's.
func (r *Repository) Fetch(ctx context.Context) (agent.Revision, error) {
	var revision agent.Revision
	err := r.guard(ctx, "fetching "+r.branch.Short()+" of", func(ctx context.Context) error {
		if _, err := r.watched(ctx); err != nil {
			return err
		}
		revision = r.last
		return nil
	})
	return revision, err
}

// Branch is agent.Source's. The status branch is no place for what people ask.
func (r *Repository) Branch(ctx context.Context, name string) (agent.Revision, error) {
	var revision agent.Revision
	err := r.guard(ctx, "fetching "+agent.OneLine(name, maxSubject)+" of", func(ctx context.Context) error {
		branch, err := branchName(name)
		switch {
		case err != nil:
			return err
		case branch == r.status:
			return fmt.Errorf("%s is the status branch, which weir alone writes", name)
		}
		found, err := r.refresh(ctx, branch, r.others[branch])
		if err != nil {
			return err
		}
		if r.others[branch] = found; found != nil {
			revision = found.revision()
		}
		return nil
	})
	return revision, err
}

// Open is agent.Source's. A server that does not serve commits by their id
// (uploadpack.allowReachableSHA1InWant) is asked for up to a thousand commits of
// the watched branch instead.
func (r *Repository) Open(ctx context.Context, sha string) (agent.Revision, error) {
	var revision agent.Revision
	err := r.guard(ctx, "opening commit "+agent.OneLine(sha, 40)+" of", func(ctx context.Context) error {
		if !plumbing.IsHash(sha) {
			return errNoCommitID
		}
		found, err := r.find(ctx, plumbing.NewHash(sha))
		if err != nil {
			return err
		}
		revision = found.revision()
		return nil
	})
	return revision, err
}

// find returns a commit from the store or the remote.
func (r *Repository) find(ctx context.Context, want plumbing.Hash) (found *tip, err error) {
	most := r.store.limits.Entries
	if found, err = r.tip(want, most); !errors.Is(err, errMissing) {
		return found, err
	}
	if err := r.tidy(); err != nil {
		return nil, err
	}
	served := false
	err = r.remote.read(ctx, func(ctx context.Context, s *reading) error {
		if served = s.serves(want); !served {
			return nil
		}
		found, err = r.take(ctx, s, want, plumbing.ZeroHash, most)
		return err
	})
	if err != nil || served {
		return found, err
	}
	for _, depth := range []int{deep, deepest} {
		err := r.remote.read(ctx, func(ctx context.Context, s *reading) error {
			head := s.tip(r.branch)
			if head.IsZero() {
				return fmt.Errorf("the branch %s does not exist", r.branch.Short())
			}
			return r.transfer(ctx, s, head, plumbing.ZeroHash, depth)
		})
		if err != nil {
			return nil, err
		}
		if found, err = r.tip(want, most); !errors.Is(err, errMissing) {
			return found, err
		}
	}
	return nil, fmt.Errorf("it is not among the last %d commits of %s, and the server does not serve older ones: "+
		"set uploadpack.allowReachableSHA1InWant there", deepest, r.branch.Short())
}

// refresh returns a branch's tip: the old one while it has not moved, nil while
// there is no such branch.
func (r *Repository) refresh(ctx context.Context, branch plumbing.ReferenceName, old *tip) (*tip, error) {
	var asked plumbing.Hash // for which objects were asked in the round before
	var failed error
	for range maxListings {
		var found *tip
		before := asked
		asked = plumbing.ZeroHash
		err := r.remote.read(ctx, func(ctx context.Context, s *reading) (err error) {
			want := s.tip(branch)
			switch {
			case want.IsZero():
				return nil
			case old.current(r.store) && old.hash == want:
				found = old
				return nil
			case want == before && !errors.Is(failed, errMissing):
				return failed // it did not move under the fetch: the failure stands
			}
			asked = want
			found, err = r.follow(ctx, s, want, old, r.most(branch))
			return err
		})
		if err == nil || asked.IsZero() || ctx.Err() != nil {
			return found, err
		}
		if failed = err; errors.Is(err, errMissing) {
			if err := r.renew(); err != nil {
				return nil, err
			}
		}
	}
	return nil, failed
}

// follow takes the new tip of a branch; only what is new since the old one is transferred.
func (r *Repository) follow(ctx context.Context, s *reading, want plumbing.Hash, old *tip, most int) (*tip, error) {
	if err := r.tidy(); err != nil {
		return nil, err
	}
	have := plumbing.ZeroHash
	if old.current(r.store) {
		have = old.hash
	}
	return r.take(ctx, s, want, have, most)
}

// tidy changes to a fresh store where the present one is broken or crowded.
func (r *Repository) tidy() error {
	if r.store.broken.Load() || r.store.crowded() {
		return r.renew()
	}
	return nil
}

// current says that the tip's objects are those of the store in use.
func (t *tip) current(in *store) bool {
	return t != nil && t.store == in && !in.broken.Load()
}

// take returns the commit, transferring what the store lacks of it.
func (r *Repository) take(ctx context.Context, s *reading, want, have plumbing.Hash, most int) (*tip, error) {
	if found, err := r.tip(want, most); !errors.Is(err, errMissing) {
		return found, err
	}
	if err := r.transfer(ctx, s, want, have, 1); err != nil {
		return nil, err
	}
	return r.tip(want, most)
}

func (r *Repository) transfer(ctx context.Context, s *reading, want, have plumbing.Hash, depth int) (err error) {
	pack, err := s.pack(ctx, want, have, depth)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pack.Close()) }()
	r.transfers.Add(1)
	err = r.store.install(pack, !have.IsZero())
	if err != nil && r.remote.where.scheme == "file" { // the program there waits until all is read
		_, _ = io.Copy(io.Discard, pack)
	}
	return err
}

// most is how many files and folders a commit of the branch may hold; 0 for any number.
// The status branch grows for as long as weir writes to it, and nothing goes forward
// without it.
func (r *Repository) most(branch plumbing.ReferenceName) int {
	if branch == r.status {
		return 0
	}
	return r.store.limits.Entries
}

// tip returns a commit of which the store has everything, and which holds no more than
// it may; errMissing otherwise.
func (r *Repository) tip(hash plumbing.Hash, most int) (*tip, error) {
	commit, err := r.store.commit(hash)
	if err != nil {
		return nil, err
	}
	if _, err := r.store.complete(commit.TreeHash, most, 0); err != nil {
		return nil, fmt.Errorf("commit %s: %w", hash, err)
	}
	tree := newTree(&r.store.objects, commit.TreeHash, dated(commit.Committer.When))
	return &tip{hash: hash, commit: commit, tree: tree, store: r.store}, nil
}

// maxSubject bounds what of a commit's own words is passed on.
const maxSubject = 300

func (t *tip) revision() agent.Revision {
	return revisionOf(&t.store.objects, t.hash, t.commit, t.tree)
}

// revisionOf is what a commit says, with its tree.
func revisionOf(from *objects, hash plumbing.Hash, commit *object.Commit, tree *treeFS) agent.Revision {
	subject, _, _ := strings.Cut(strings.TrimLeft(commit.Message, "\n"), "\n")
	author := person(commit.Author)
	var others []string
	for _, by := range append([]string{person(commit.Committer)}, agent.CoAuthors(commit.Message)...) {
		if by != author && !slices.Contains(others, by) {
			others = append(others, by)
		}
	}
	return agent.Revision{
		SHA: hash.String(), Author: author, Authors: others, Subject: agent.OneLine(subject, maxSubject),
		Time: dated(commit.Committer.When), Key: from.signer(hash), Trailers: agent.Trailers(commit.Message), Tree: tree,
	}
}

func person(who object.Signature) string {
	return fmt.Sprintf("%s <%s>", agent.OneLine(who.Name, maxSubject), agent.OneLine(who.Email, maxSubject))
}

// dated is a commit's date as it is passed on, and zero for one that nobody can write
// down: a tool that counts milliseconds dates into the year 57000.
func dated(at time.Time) time.Time {
	_, err := at.MarshalText()
	if year := at.UTC().Year(); err != nil || year < 1 || year > 9999 {
		return time.Time{}
	}
	return at
}
