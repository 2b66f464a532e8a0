package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// objects is what a clone's commits are made of, for all that read them: one at a
// time, as the store wants it. Folders are kept, as most of two commits are the same.
type objects struct {
	mu    sync.Mutex
	from  storer.EncodedObjectStorer
	trees map[plumbing.Hash][]object.TreeEntry
}

// newObjects reads what the storer does; packs that are on disk stay open, as they are
// read thousands of times.
func newObjects(from storer.EncodedObjectStorer) *objects {
	if disk, ok := from.(*filesystem.Storage); ok {
		from = filesystem.NewStorageWithOptions(disk.Filesystem(), cache.NewObjectLRUDefault(), filesystem.Options{KeepDescriptors: true, ExclusiveAccess: true})
	}
	return &objects{from: from, trees: map[plumbing.Hash][]object.TreeEntry{}}
}

// tree is a folder's entries, sorted by name, without symbolic links and submodules.
func (o *objects) tree(hash plumbing.Hash) ([]object.TreeEntry, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if entries, known := o.trees[hash]; known {
		return entries, nil
	}
	tree, err := object.GetTree(o.from, hash)
	if err != nil {
		return nil, err
	}
	entries := slices.DeleteFunc(tree.Entries, func(e object.TreeEntry) bool { return !fit(e) })
	slices.SortFunc(entries, func(a, b object.TreeEntry) int { return strings.Compare(a.Name, b.Name) })
	o.trees[hash] = entries
	return entries, nil
}

// fit tells whether an entry is a file or a folder.
func fit(e object.TreeEntry) bool {
	return e.Mode.IsFile() && e.Mode != filemode.Symlink || e.Mode == filemode.Dir
}

func (o *objects) size(hash plumbing.Hash) (int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.from.EncodedObjectSize(hash)
}

func (o *objects) content(hash plumbing.Hash) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	blob, err := o.from.EncodedObject(plumbing.BlobObject, hash)
	if err != nil {
		return nil, err
	}
	reader, err := blob.Reader()
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(reader)
	return content, errors.Join(err, reader.Close())
}

// commitTree is a commit's tree as a read-only file system, without symbolic
// links and submodules, as the agent sees it.
type commitTree struct {
	objects *objects
	root    plumbing.Hash
	at      time.Time
}

// Open is fs.FS's.
func (c *commitTree) Open(name string) (fs.File, error) {
	info, err := c.find("open", name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		entries, err := c.objects.tree(info.id)
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
		folder := &openFolder{info: info}
		for _, e := range entries {
			folder.entries = append(folder.entries, fs.FileInfoToDirEntry(c.info(e)))
		}
		return folder, nil
	}
	content, err := c.objects.content(info.id)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &openFile{bytes.NewReader(content), info}, nil
}

// Stat is fs.StatFS's. It reads no file.
func (c *commitTree) Stat(name string) (fs.FileInfo, error) {
	return c.find("stat", name)
}

// find looks a path up, folder by folder.
func (c *commitTree) find(op, name string) (commitFile, error) {
	at := object.TreeEntry{Name: ".", Mode: filemode.Dir, Hash: c.root}
	fail := func(err error) (commitFile, error) {
		return commitFile{}, &fs.PathError{Op: op, Path: name, Err: err}
	}
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	for rest := name; rest != "" && name != "."; {
		element, after, _ := strings.Cut(rest, "/")
		if rest = after; at.Mode != filemode.Dir {
			return fail(fs.ErrNotExist)
		}
		entries, err := c.objects.tree(at.Hash)
		if err != nil {
			return fail(err)
		}
		i, found := slices.BinarySearchFunc(entries, element, func(e object.TreeEntry, name string) int { return strings.Compare(e.Name, name) })
		if !found {
			return fail(fmt.Errorf("%w, or it is a symbolic link or a submodule, which are left out", fs.ErrNotExist))
		}
		at = entries[i]
	}
	if name == "." { // an empty commit has a tree too
		if _, err := c.objects.tree(c.root); err != nil {
			return fail(err)
		}
	}
	return c.info(at), nil
}

func (c *commitTree) info(e object.TreeEntry) commitFile {
	mode := fs.FileMode(0o444)
	if e.Mode == filemode.Dir {
		mode = fs.ModeDir | 0o555
	}
	return commitFile{name: path.Base(e.Name), mode: mode, tree: c, id: e.Hash}
}

// commitFile describes a file or a folder of a commit.
type commitFile struct {
	name string
	mode fs.FileMode
	tree *commitTree
	id   plumbing.Hash
}

func (f commitFile) Name() string       { return f.name }
func (f commitFile) Mode() fs.FileMode  { return f.mode }
func (f commitFile) ModTime() time.Time { return f.tree.at }
func (f commitFile) IsDir() bool        { return f.mode.IsDir() }

// Size is that of a file; 0 where it cannot be read, which reading it will say.
func (f commitFile) Size() int64 {
	if f.IsDir() {
		return 0
	}
	size, _ := f.tree.objects.size(f.id)
	return size
}

// Sys is Git's name of the content: equal ones are equal files, or folders.
func (f commitFile) Sys() any { return f.id.String() }

type openFile struct {
	*bytes.Reader
	info commitFile
}

// Stat is fs.File's.
func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close is fs.File's.
func (f *openFile) Close() error { return nil }
