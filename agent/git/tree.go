package git

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

var (
	_ fs.ReadDirFS  = (*treeFS)(nil)
	_ fs.ReadFileFS = (*treeFS)(nil)
	_ fs.StatFS     = (*treeFS)(nil)
)

// treeFS is a commit's tree as a read-only file system, read from the store as
// it is used. Symbolic links, submodules and names that mean something to a file
// system or to Git are not in it; opening one says why, as a kind of fs.ErrNotExist.
type treeFS struct {
	from    *objects
	folders *folders
	root    plumbing.Hash // zero: an empty tree
	at      time.Time
}

// folders are those that were read, by their ids: most of two commits are the same.
type folders struct {
	mu    sync.Mutex
	known map[plumbing.Hash]*folder
}

// folder is one tree, sorted by name.
type folder struct {
	entries []object.TreeEntry
	left    map[string]leftOut
}

func newTree(from *objects, root plumbing.Hash, at time.Time) *treeFS {
	return &treeFS{from: from, root: root, at: at, folders: &folders{known: map[plumbing.Hash]*folder{}}}
}

// Open opens a file with its content, or a folder.
func (t *treeFS) Open(name string) (fs.File, error) {
	entry, err := t.find("open", name)
	if err != nil {
		return nil, err
	}
	info := t.info(name, entry)
	if entry.Mode == filemode.Dir {
		entries, err := t.list("open", name, entry)
		if err != nil {
			return nil, err
		}
		return &openFolder{info: info, name: name, entries: entries}, nil
	}
	content, err := t.content("open", name, entry)
	if err != nil {
		return nil, err
	}
	return &openFile{Reader: *bytes.NewReader(content), info: info}, nil
}

// ReadFile returns a file's content.
func (t *treeFS) ReadFile(name string) ([]byte, error) {
	entry, err := t.find("read", name)
	if err != nil {
		return nil, err
	}
	return t.content("read", name, entry)
}

// ReadDir returns a folder's entries, sorted by name.
func (t *treeFS) ReadDir(name string) ([]fs.DirEntry, error) {
	entry, err := t.find("readdir", name)
	if err != nil {
		return nil, err
	}
	return t.list("readdir", name, entry)
}

// Stat describes a file or folder. It reads neither.
func (t *treeFS) Stat(name string) (fs.FileInfo, error) {
	entry, err := t.find("stat", name)
	if err != nil {
		return nil, err
	}
	return t.info(name, entry), nil
}

// find walks from the root to the entry.
func (t *treeFS) find(op, name string) (object.TreeEntry, error) {
	at := object.TreeEntry{Mode: filemode.Dir, Hash: t.root}
	if !fs.ValidPath(name) {
		return at, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	if name == "." {
		return at, nil
	}
	for element := range strings.SplitSeq(name, "/") {
		if at.Mode != filemode.Dir {
			return at, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		}
		within, err := t.folder(at.Hash)
		if err != nil {
			return at, t.fail(op, name, err)
		}
		i, found := slices.BinarySearchFunc(within.entries, element, byName)
		if !found {
			err := error(fs.ErrNotExist)
			if why, left := within.left[element]; left {
				err = why
			}
			return at, &fs.PathError{Op: op, Path: name, Err: err}
		}
		at = within.entries[i]
	}
	return at, nil
}

func byName(e object.TreeEntry, name string) int { return strings.Compare(e.Name, name) }

// fail is a read error. What was whole and is not any more ends the life of the store.
func (t *treeFS) fail(op, name string, err error) error {
	if errors.Is(err, errMissing) {
		t.from.broken.Store(true)
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

func (t *treeFS) folder(hash plumbing.Hash) (*folder, error) {
	t.folders.mu.Lock()
	defer t.folders.mu.Unlock()
	if known := t.folders.known[hash]; known != nil {
		return known, nil
	}
	made := &folder{left: map[string]leftOut{}}
	if !hash.IsZero() {
		entries, err := t.from.tree(hash)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if why := unfit(entry); why != "" {
				made.left[entry.Name] = why
				continue
			}
			made.entries = append(made.entries, entry)
		}
		slices.SortFunc(made.entries, func(a, b object.TreeEntry) int { return strings.Compare(a.Name, b.Name) })
	}
	t.folders.known[hash] = made
	return made, nil
}

func (t *treeFS) content(op, name string, entry object.TreeEntry) ([]byte, error) {
	if entry.Mode == filemode.Dir {
		return nil, &fs.PathError{Op: op, Path: name, Err: wrong("it is a folder")}
	}
	content, err := t.from.read(plumbing.BlobObject, entry.Hash, t.from.limits.FileBytes)
	if err != nil {
		return nil, t.fail(op, name, err)
	}
	return content, nil
}

func (t *treeFS) list(op, name string, entry object.TreeEntry) ([]fs.DirEntry, error) {
	if entry.Mode != filemode.Dir {
		return nil, &fs.PathError{Op: op, Path: name, Err: wrong("it is not a folder")}
	}
	within, err := t.folder(entry.Hash)
	if err != nil {
		return nil, t.fail(op, name, err)
	}
	entries := make([]fs.DirEntry, len(within.entries))
	for i, e := range within.entries {
		entries[i] = fs.FileInfoToDirEntry(t.info(e.Name, e))
	}
	return entries, nil
}

func (t *treeFS) info(name string, entry object.TreeEntry) fileInfo {
	mode := fs.FileMode(0o444)
	switch entry.Mode {
	case filemode.Dir:
		mode = fs.ModeDir | 0o555
	case filemode.Executable:
		mode = 0o555
	}
	return fileInfo{name: path.Base(name), mode: mode, tree: t, id: entry.Hash}
}

type fileInfo struct {
	name string
	mode fs.FileMode
	tree *treeFS
	id   plumbing.Hash
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Mode() fs.FileMode  { return i.mode }
func (i fileInfo) ModTime() time.Time { return i.tree.at }
func (i fileInfo) IsDir() bool        { return i.mode.IsDir() }

// Size is a file's, which is looked up as it is asked for; 0 where it cannot be read,
// as reading it will say.
func (i fileInfo) Size() int64 {
	if i.IsDir() {
		return 0
	}
	size, _ := i.tree.from.size(i.id)
	return size
}

// Sys is Git's name of the content: equal ones are equal files, or folders.
func (i fileInfo) Sys() any {
	if i.id.IsZero() {
		return nil
	}
	return i.id.String()
}

type openFile struct {
	bytes.Reader
	info fileInfo
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

type openFolder struct {
	info    fileInfo
	name    string
	entries []fs.DirEntry
}

func (f *openFolder) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFolder) Close() error               { return nil }
func (f *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.name, Err: wrong("it is a folder")}
}

// ReadDir is fs.ReadDirFile's.
func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(f.entries) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(f.entries) {
		n = len(f.entries)
	}
	next := f.entries[:n:n]
	f.entries = f.entries[n:]
	return next, nil
}
