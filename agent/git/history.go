package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/weir-delivery/weir/agent"
)

const (
	// whole is the depth that means all of a history.
	whole = math.MaxInt32
	// maxWalk bounds how many commits are looked at for one answer.
	maxWalk = 100_000
	// maxKept bounds what a walk remembers of objects that it read.
	maxKept = 4096
)

// Authors is agent.Source's. A file's author is that of the first commit, going
// back from the given one, that has this content in this place while none of its
// parents has; a merge that took the file over from a parent wrote nothing, and
// where several parents had it the first one counts. History is transferred in
// growing steps and only until every file has its author. A file whose history
// is cut off, broken or too long has none: it is left out, and an error names it
// beside the answer for the others. Whoever counts approvals must not count it.
func (r *Repository) Authors(ctx context.Context, sha string, files []string) (map[string]agent.Revision, error) {
	found := map[string]agent.Revision{}
	err := r.guard(ctx, "finding who wrote what in "+agent.OneLine(sha, 40)+" of", func(ctx context.Context) error {
		if !plumbing.IsHash(sha) {
			return errNoCommitID
		}
		h := newHistory(sha, files)
		err := r.trace(ctx, h)
		for file, wrote := range h.found {
			found[file] = wrote[0]
		}
		return err
	})
	return found, err
}

// trace walks the history that is here, and fetches more of it while that does
// not suffice.
func (r *Repository) trace(ctx context.Context, h *history) error {
	for _, depth := range []int{0, deep, deepest, whole} {
		if depth > 0 {
			if r.ended(h) {
				break
			}
			if err := r.deepen(ctx, h.at, depth); err != nil {
				return err
			}
		}
		if err := h.walk(ctx, r.store); err != nil {
			return err
		}
		if h.started && len(h.stuck) == 0 {
			break
		}
	}
	for at := range h.stuck { // there is no more: it is not asked for again
		keep(r.ends, at, r.store)
	}
	return h.verdict()
}

// ended tells whether all that is missing was asked for in vain before.
func (r *Repository) ended(h *history) bool {
	for at := range h.stuck {
		if r.ends[at] != r.store {
			return false
		}
	}
	return h.started
}

// deepen brings more of the commit's history. Where the server does not serve
// commits by their id it is the watched branch's.
func (r *Repository) deepen(ctx context.Context, at plumbing.Hash, depth int) error {
	if err := r.tidy(); err != nil {
		return err
	}
	return r.remote.read(ctx, func(ctx context.Context, s *reading) (err error) {
		if !s.serves(at) {
			if at = s.tip(r.branch); at.IsZero() {
				return fmt.Errorf("the branch %s does not exist", r.branch.Short())
			}
		}
		pack, err := s.history(ctx, at, depth)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, pack.Close()) }()
		r.transfers.Add(1)
		return r.store.install(pack, false)
	})
}

// newHistory is the search for who gave files the content that they have in a commit.
func newHistory(sha string, files []string) *history {
	return &history{at: plumbing.NewHash(sha), asked: files, found: map[string][]agent.Revision{}, depth: map[plumbing.Hash]int{}}
}

// history is the search for who gave files their content.
type history struct {
	at      plumbing.Hash
	asked   []string
	found   map[string][]agent.Revision // who wrote a file last is the first
	past    *past                       // where the search ends; nil has it end with who wrote a file last
	started bool                        // the commit itself was read
	// stuck are the commits behind which the history is missing, each with the
	// files that are followed there and their content.
	stuck map[plumbing.Hash]followed
	depth map[plumbing.Hash]int // of the commits that were reached
	gone  []error               // files that nobody can be found for, each with the reason
	seen  int

	store   *store
	commits map[plumbing.Hash]*object.Commit
	trees   map[plumbing.Hash][]object.TreeEntry
	below   map[place]plumbing.Hash
}

// followed are files and the content that they have.
type followed map[string]plumbing.Hash

// place is a path below a folder.
type place struct {
	folder plumbing.Hash
	path   string
}

// walk goes back as far as the store reaches.
func (h *history) walk(ctx context.Context, in *store) error {
	h.open(in)
	if !h.started {
		if err := h.start(); err != nil || !h.started {
			return err
		}
	}
	next := h.stuck
	h.stuck = map[plumbing.Hash]followed{}
	for len(next) > 0 {
		round := next
		next = map[plumbing.Hash]followed{}
		for commit, files := range round {
			if err := ctx.Err(); err != nil {
				return err
			}
			if h.seen++; h.seen > maxWalk {
				h.giveUp(files, fmt.Errorf("its content is older than %d commits", maxWalk))
				continue
			}
			h.behind(commit, files, next)
		}
	}
	return nil
}

// open has a store be read; what was known of the one before is read anew.
func (h *history) open(in *store) {
	h.store, h.below = in, map[place]plumbing.Hash{}
	h.commits, h.trees = map[plumbing.Hash]*object.Commit{}, map[plumbing.Hash][]object.TreeEntry{}
	if h.past != nil {
		h.past.old = nil
	}
}

// start finds what the files hold in the commit; those that it lacks are done.
func (h *history) start() error {
	files := followed{}
	for _, file := range h.asked {
		content, err := h.content(h.at, file)
		switch {
		case errors.Is(err, errMissing):
			return nil
		case err != nil:
			return err
		case !content.IsZero():
			files[file] = content
		}
	}
	if h.started = true; len(files) > 0 {
		h.stuck = map[plumbing.Hash]followed{h.at: files}
	}
	return nil
}

// behind looks at the parents of a commit: a file that one of them has already
// is followed there, the others were written by this commit, and are followed on
// where they had another content before that is asked for.
func (h *history) behind(hash plumbing.Hash, files followed, next map[plumbing.Hash]followed) {
	commit, err := recall(h.commits, hash, h.store.commit)
	if err != nil {
		h.end(hash, files, err)
		return
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if h.met(commit, file, files[file]) {
			continue
		}
		from, err := h.source(commit, file, files[file])
		switch {
		case err != nil:
			h.end(hash, followed{file: files[file]}, err)
		case from.IsZero():
			wrote := (&tip{hash: hash, commit: commit, store: h.store}).revision()
			wrote.Depth = h.depth[hash]
			h.found[file] = append(h.found[file], wrote)
			h.further(commit, file, next)
		default:
			h.follow(hash, from, file, files[file], next)
		}
	}
}

// source is the first parent that has the file with this content; zero for none.
func (h *history) source(commit *object.Commit, file string, content plumbing.Hash) (plumbing.Hash, error) {
	for _, parent := range commit.ParentHashes {
		if had, err := h.content(parent, file); err != nil || had == content {
			return parent, err
		}
	}
	return plumbing.ZeroHash, nil
}

// end stops following files: until there is more history, or for good.
func (h *history) end(at plumbing.Hash, files followed, err error) {
	if errors.Is(err, errMissing) {
		put(h.stuck, at, files)
		return
	}
	h.giveUp(files, err)
}

func (h *history) giveUp(files followed, why error) {
	for _, file := range slices.Sorted(maps.Keys(files)) {
		h.gone = append(h.gone, fmt.Errorf("%s: %w", agent.OneLine(file, maxSubject), why))
	}
}

func put(into map[plumbing.Hash]followed, at plumbing.Hash, files followed) {
	if into[at] == nil {
		into[at] = followed{}
	}
	maps.Copy(into[at], files)
}

// verdict is nil when every file that the commit has got its author.
func (h *history) verdict() error {
	cut := errors.New("the history that the server gives ends before the commit that wrote it")
	if !h.started {
		return fmt.Errorf("%w: it is not in the history that the server gives", errMissing)
	}
	for _, files := range h.stuck {
		h.giveUp(files, cut)
	}
	if len(h.gone) == 0 {
		return nil
	}
	slices.SortFunc(h.gone, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return fmt.Errorf("%w, so they count for nobody; write them anew, with other words: %w", agent.ErrNoAuthor, errors.Join(h.gone...))
}

// content is a file's in a commit; zero where it has no such file.
func (h *history) content(at plumbing.Hash, file string) (plumbing.Hash, error) {
	commit, err := recall(h.commits, at, h.store.commit)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	return h.find(commit.TreeHash, file)
}

// find looks below a folder. What lies below folders that did not change from
// commit to commit is looked up once.
func (h *history) find(folder plumbing.Hash, path string) (plumbing.Hash, error) {
	at := place{folder, path}
	if known, ok := h.below[at]; ok {
		return known, nil
	}
	entries, err := recall(h.trees, folder, h.store.tree)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	name, rest, deeper := strings.Cut(path, "/")
	i := slices.IndexFunc(entries, func(e object.TreeEntry) bool { return e.Name == name })
	var found plumbing.Hash
	switch {
	case i < 0 || unfit(entries[i]) != "" || deeper != (entries[i].Mode == filemode.Dir):
	case deeper:
		found, err = h.find(entries[i].Hash, rest)
	default:
		found = entries[i].Hash
	}
	if err != nil {
		return plumbing.ZeroHash, err
	}
	keep(h.below, at, found)
	return found, nil
}

// recall reads an object once.
func recall[O any](known map[plumbing.Hash]O, hash plumbing.Hash, read func(plumbing.Hash) (O, error)) (O, error) {
	if had, ok := known[hash]; ok {
		return had, nil
	}
	object, err := read(hash)
	if err == nil {
		keep(known, hash, object)
	}
	return object, err
}

// keep remembers a value, and forgets all others when they become too many.
func keep[K comparable, V any](known map[K]V, key K, value V) {
	if len(known) >= maxKept {
		clear(known)
	}
	known[key] = value
}
