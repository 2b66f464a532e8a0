package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/weir-delivery/weir/agent"
)

const (
	// maxPushes bounds how often one record is pushed while others push too.
	// Each failure but a refusal means that somebody else got on.
	maxPushes = 50
	// maxRefusals bounds the failures in which the branch did not move: a lock
	// held by another push goes away, a hook's refusal does not.
	maxRefusals = 3
	firstWait   = 50 * time.Millisecond
	longestWait = time.Second
)

// errStale says that the fetched tip is not the remote's: it was fetched long
// ago, or never. errRaced says that somebody else's push came first.
var (
	errStale = errors.New("the branch kept moving")
	errRaced = errors.New("others kept writing to the branch")
)

// ErrRefused says that a push failed though nobody else pushed: a hook of the
// server, or a protected branch, does not take it.
var ErrRefused = errors.New("the server refuses the push")

// refused is a push that failed and left the branch where it was.
type refused struct{ error }

func (r refused) Unwrap() error        { return r.error }
func (r refused) Is(target error) bool { return target == ErrRefused }

// pen writes one branch.
type pen struct {
	branch plumbing.ReferenceName
	tip    *tip // of the branch as fetched; nil where there is none
	// onto is where a branch that does not exist yet begins, for one that does
	// not begin with nothing.
	onto func(context.Context) (*tip, error)
	base *tip // what onto gave
	who  Identity
	sign func(commit []byte) (string, error) // nil for no signature
}

// below is the commit that the next one is put on; nil for none.
func (p *pen) below() *tip {
	if p.tip == nil {
		return p.base
	}
	return p.tip
}

// dip fetches what the pen writes on.
func (r *Repository) dip(ctx context.Context, p *pen) (err error) {
	if p.tip, err = r.refresh(ctx, p.branch, p.tip); err != nil || p.tip != nil || p.onto == nil {
		return err
	}
	p.base, err = p.onto(ctx)
	return err
}

// Read is agent.Journal's.
func (r *Repository) Read(ctx context.Context) (fs.FS, error) {
	var tree fs.FS
	err := r.guard(ctx, "reading "+r.status.Short()+" of", func(ctx context.Context) error {
		found, err := r.refresh(ctx, r.status, r.log)
		if err != nil {
			return err
		}
		if r.log = found; found == nil {
			tree = newTree(&r.store.objects, plumbing.ZeroHash, time.Time{})
			return nil
		}
		tree = found.tree
		return nil
	})
	return tree, err
}

// Record is agent.Journal's. Files are regular files; the paths must be clean
// and may not lead through anything that is not a folder on the branch. sha is
// the branch's tip when nothing had to be committed, and empty where there is no
// branch then.
func (r *Repository) Record(ctx context.Context, c agent.Commit) (sha string, found map[string][]byte, err error) {
	err = r.guard(ctx, "recording on "+r.status.Short()+" of", func(ctx context.Context) error {
		changes, err := changes(c)
		if err != nil {
			return err
		}
		p := &pen{branch: r.status, tip: r.log, who: r.committer}
		defer func() { r.log = p.tip }()
		sha, found, err = r.write(ctx, p, c, changes)
		return err
	})
	return sha, found, err
}

// write puts one commit on a branch, again while others are faster.
func (r *Repository) write(ctx context.Context, p *pen, c agent.Commit, changes *change) (string, map[string][]byte, error) {
	if err := r.tidy(); err != nil {
		return "", nil, err
	}
	refusals := 0
	var last error
	for try := range maxPushes {
		sha, found, err := r.attempt(ctx, p, c, changes)
		var refusal refused
		switch {
		case err == nil:
			return sha, found, nil
		case errors.Is(err, errStale):
			if err := r.dip(ctx, p); err != nil {
				return "", nil, err
			}
			last = errStale
			continue
		case errors.Is(err, errRaced):
			last = err
		case errors.Is(err, errMissing):
			p.tip, p.base, last = nil, nil, err
			if err := r.renew(); err != nil {
				return "", nil, err
			}
		case errors.As(err, &refusal):
			if refusals++; refusals == maxRefusals {
				return "", nil, err
			}
			last = err
		default:
			return "", nil, err
		}
		if err := pause(ctx, try); err != nil {
			return "", nil, err
		}
	}
	return "", nil, fmt.Errorf("giving up after %d tries: %w", maxPushes, last)
}

// attempt builds the commit on the fetched tip and pushes it once.
func (r *Repository) attempt(ctx context.Context, at *pen, c agent.Commit, changes *change) (string, map[string][]byte, error) {
	made := &draft{store: r.store, found: map[string][]byte{}}
	var base, commit plumbing.Hash
	sent := false
	err := r.remote.push(ctx, func(ctx context.Context, p *pushing) (err error) {
		below := at.below()
		if base = p.tip(at.branch); base != at.tip.id() || below == nil && at.onto != nil || below != nil && !below.current(r.store) {
			return errStale
		}
		if commit, err = made.commit(at, c, changes); err != nil || commit == base {
			return err
		}
		pack, err := made.pack()
		if err != nil {
			return err
		}
		sent = true
		return p.push(ctx, at.branch, base, commit, pack)
	})
	if err != nil && sent {
		err = r.settle(ctx, at, base, commit, err)
	}
	if err != nil {
		return "", nil, err
	}
	if sent && at.tip.id() != commit {
		r.advance(at, made, commit)
	}
	if commit.IsZero() {
		return "", made.found, nil
	}
	return commit.String(), made.found, nil
}

// settle finds out what became of a push that ended in an error: the answer may
// have been lost, or somebody else may have been first. The tip is then fetched.
func (r *Repository) settle(ctx context.Context, p *pen, base, commit plumbing.Hash, pushed error) error {
	found, err := r.refresh(ctx, p.branch, p.tip)
	if err != nil {
		return fmt.Errorf("%w (and asking what became of it: %w)", pushed, err)
	}
	switch p.tip = found; p.tip.id() {
	case commit:
		return nil
	case base:
		return refused{pushed}
	}
	return errRaced
}

// commit drafts the commit; it is the tip's own id when nothing would change,
// and zero when there is no branch either.
func (d *draft) commit(p *pen, c agent.Commit, changes *change) (plumbing.Hash, error) {
	var before plumbing.Hash
	var parents []plumbing.Hash
	if below := p.below(); below != nil {
		before, parents = below.commit.TreeHash, []plumbing.Hash{below.hash}
	}
	tree, err := d.folder("", before, changes)
	if err != nil || tree == before {
		return p.tip.id(), err
	}
	who := object.Signature{Name: p.who.Name, Email: p.who.Email, When: c.Time}
	made := &object.Commit{
		Author: who, Committer: who, Message: strings.TrimRight(c.Message, "\n") + "\n",
		TreeHash: tree, ParentHashes: parents,
	}
	if p.sign != nil {
		if made.PGPSignature, err = signature(made, p.sign); err != nil {
			return plumbing.ZeroHash, err
		}
	}
	return d.keep(made)
}

// advance makes the pushed commit the fetched tip, without a fetch. If the disk
// does not take it, the next read fetches it.
func (r *Repository) advance(p *pen, made *draft, commit plumbing.Hash) {
	p.tip = nil
	if r.store.add(made.objects) != nil {
		return
	}
	if pushed, err := r.tip(commit, r.most(p.branch)); err == nil {
		p.tip = pushed
	}
}

// id is the tip's hash; zero where there is no branch.
func (t *tip) id() plumbing.Hash {
	if t == nil {
		return plumbing.ZeroHash
	}
	return t.hash
}

// pause waits before the next try: longer each time, and by chance, so that
// writers who met once do not meet again.
func pause(ctx context.Context, try int) error {
	most := longestWait
	if try < 5 {
		most = min(most, firstWait<<try)
	}
	timer := time.NewTimer(rand.N(most)) //nolint:gosec // no secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
