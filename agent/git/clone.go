package git

import (
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/weir-delivery/weir/agent"
)

// Clone reads the commits of a clone on this machine as a Repository shows those of its
// remote: the same files are left out, what is malformed is refused, and files have the
// same limit. It may be used from many goroutines.
type Clone struct {
	objects objects
	folders folders
}

// ReadClone reads what the storer has; packs that are on disk stay open, as they are read
// thousands of times.
func ReadClone(from storer.EncodedObjectStorer) *Clone {
	limits := Limits{}.withDefaults()
	if disk, ok := from.(*filesystem.Storage); ok {
		options := filesystem.Options{KeepDescriptors: true, ExclusiveAccess: true, LargeObjectThreshold: limits.FileBytes}
		from = filesystem.NewStorageWithOptions(disk.Filesystem(), cache.NewObjectLRUDefault(), options)
	}
	return &Clone{
		objects: objects{from: from, limits: limits},
		folders: folders{known: map[plumbing.Hash]*folder{}},
	}
}

// Revision is a commit, with its tree.
func (c *Clone) Revision(hash plumbing.Hash) (agent.Revision, error) {
	commit, err := c.objects.commit(hash)
	if err != nil {
		return agent.Revision{}, fmt.Errorf("reading commit %s: %w", hash, err)
	}
	tree := &treeFS{from: &c.objects, folders: &c.folders, root: commit.TreeHash, at: dated(commit.Committer.When)}
	if _, err := tree.folder(tree.root); err != nil {
		return agent.Revision{}, fmt.Errorf("reading the tree of commit %s: %w", hash, err)
	}
	return revisionOf(&c.objects, hash, commit, tree), nil
}
