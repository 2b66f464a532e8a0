package git

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/weir-delivery/weir/agent"
)

// Writers is agent.Source's. It finds the author of each file as Authors does, and goes
// on behind that commit, in all of its parents that since does not have: as git log
// since..sha does for a file, but for merges that took it over from a parent.
func (r *Repository) Writers(ctx context.Context, sha, since string, files []string) ([]agent.Revision, error) {
	h := searching(sha, files)
	err := r.guard(ctx, "finding who wrote what in "+agent.OneLine(sha, 40)+" of", func(ctx context.Context) error {
		if !plumbing.IsHash(sha) || !plumbing.IsHash(since) {
			return errors.New("it is not a full commit id of 40 hexadecimal digits")
		}
		h.since = plumbing.NewHash(since)
		return r.trace(ctx, h)
	})
	return slices.SortedFunc(maps.Values(h.written), func(a, b agent.Revision) int {
		return cmp.Or(cmp.Compare(a.Depth, b.Depth), cmp.Compare(a.SHA, b.SHA))
	}), err
}

// earlier follows a file that the commit wrote to what it was before, in each of its
// parents that have it.
func (h *history) earlier(hash plumbing.Hash, commit *object.Commit, file string, next map[plumbing.Hash]followed) {
	for _, parent := range commit.ParentHashes {
		switch had, err := h.content(parent, file); {
		case err != nil:
			h.end(hash, followed{file: plumbing.ZeroHash}, err) // no parent has that: it is asked for here once more
		case !had.IsZero():
			h.reach(hash, parent, followed{file: had}, next)
		}
	}
}

// older tells whether since has the commit, as far as the store reaches; that of a file
// is asked whose last author is found.
func (h *history) older(commit plumbing.Hash) bool {
	if h.old == nil {
		h.old = map[plumbing.Hash]bool{}
		for left := []plumbing.Hash{h.since}; len(left) > 0 && len(h.old) < maxWalk; {
			at := left[0]
			left = left[1:]
			if h.old[at] {
				continue
			}
			h.old[at] = true
			if c, err := h.store.commit(at); err == nil {
				left = append(left, c.ParentHashes...)
			}
		}
	}
	return h.old[commit]
}
