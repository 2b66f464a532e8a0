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

// Writers is agent.Source's. Each file is followed as by Authors, and on behind
// each commit that wrote it, to all parents. That it is missing is a content like
// others: who removed a file that was written again had a part in it. What came
// before the earlier commit is known as far as its history is here; where it is not,
// there are more writers and never fewer.
func (r *Repository) Writers(ctx context.Context, since, sha string, files []string) ([]agent.Revision, error) {
	wrote := map[string]agent.Revision{}
	err := r.guard(ctx, "finding who wrote what in "+agent.OneLine(sha, 40)+" of", func(ctx context.Context) error {
		if !plumbing.IsHash(sha) || !plumbing.IsHash(since) {
			return errNoCommitID
		}
		earlier := plumbing.NewHash(since)
		if _, err := r.find(ctx, earlier); err != nil {
			return err
		}
		h := newHistory(sha, files)
		if err := h.endAt(earlier, r.store); err != nil {
			return err
		}
		err := r.trace(ctx, h)
		for _, all := range h.found {
			for _, c := range all {
				wrote[c.SHA] = c
			}
		}
		return err
	})
	return slices.SortedFunc(maps.Values(wrote), func(a, b agent.Revision) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.Depth, b.Depth), cmp.Compare(a.SHA, b.SHA))
	}), err
}

// past is what was there before, at which following files ends.
type past struct {
	at  plumbing.Hash
	had followed // zero for a file that was missing
	// old are the commit and all before it that are known; nil while nobody has asked.
	old map[plumbing.Hash]bool
	// been is where files were followed behind who wrote them last, by commit.
	been map[place]bool
}

// endAt has the history follow files on until they have what they had in a commit.
func (h *history) endAt(at plumbing.Hash, in *store) error {
	had := followed{}
	h.open(in)
	for _, file := range h.asked {
		content, err := h.content(at, file)
		if err != nil {
			return err
		}
		had[file] = content
	}
	h.past = &past{at: at, had: had, been: map[place]bool{}}
	return nil
}

// met tells whether a file need not be followed from a commit on: it has a writer, and
// here what it had before, or the commit is of what came before, or it begins here.
func (h *history) met(at *object.Commit, file string, content plumbing.Hash) bool {
	return h.past != nil && len(h.found[file]) > 0 &&
		(content == h.past.had[file] || h.bygone(at.Hash) || content.IsZero() && at.NumParents() == 0)
}

// bygone tells whether a commit is the past's, or one of those before it.
func (h *history) bygone(commit plumbing.Hash) bool {
	if h.past.old == nil {
		h.past.old = map[plumbing.Hash]bool{}
		for queue := []plumbing.Hash{h.past.at}; len(queue) > 0 && len(h.past.old) < maxWalk; {
			at := queue[0]
			queue = queue[1:]
			if h.past.old[at] {
				continue
			}
			h.past.old[at] = true
			if c, err := recall(h.commits, at, h.store.commit); err == nil {
				queue = append(queue, c.ParentHashes...)
			}
		}
	}
	return h.past.old[commit]
}

// further follows a file behind the commit that wrote it, where that is asked for.
func (h *history) further(wrote *object.Commit, file string, next map[plumbing.Hash]followed) {
	if h.past == nil {
		return
	}
	for _, parent := range wrote.ParentHashes {
		content, err := h.content(parent, file)
		if err != nil {
			h.giveUp(followed{file: content}, err) // it was read a moment ago
			continue
		}
		h.follow(wrote.Hash, parent, file, content, next)
	}
}

// follow has a file be looked for in a parent, but once where ways meet again.
func (h *history) follow(from, at plumbing.Hash, file string, content plumbing.Hash, next map[plumbing.Hash]followed) {
	if h.past != nil && len(h.found[file]) > 0 {
		here := place{at, file}
		if h.past.been[here] {
			return
		}
		h.past.been[here] = true
	}
	if _, reached := h.depth[at]; !reached {
		h.depth[at] = h.depth[from] + 1
	}
	put(next, at, followed{file: content})
}

var errNoCommitID = errors.New("it is not a full commit id of 40 hexadecimal digits")
