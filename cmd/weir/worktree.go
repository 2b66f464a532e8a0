package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
)

// workTree is the work tree of a clone as a read-only file system that shows
// what a commit of it would: no symbolic links, nothing of Git's own folder,
// and nothing outside.
type workTree struct {
	root *os.Root
	// folders are those that were found to be fit, once for all that lies in them.
	folders sync.Map
}

func openWorkTree(dir string) (*workTree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the work tree: %w", err)
	}
	return &workTree{root: root}, nil
}

// Close gives the folder back.
func (w *workTree) Close() error { return w.root.Close() }

// Open is fs.FS's.
func (w *workTree) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if _, why := w.lstat(name); why != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: why}
	}
	file, err := w.root.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil || !info.IsDir() {
		return file, err
	}
	defer file.Close()
	return w.folder(name, file, info)
}

// Stat is fs.StatFS's.
func (w *workTree) Stat(name string) (fs.FileInfo, error) {
	info, err := fs.FileInfo(nil), fs.ErrInvalid
	if fs.ValidPath(name) {
		info, err = w.lstat(name)
	}
	if err != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return workFile{info, w.path(name)}, nil
}

// path is where a file lies, for whoever passes on nothing of what is in it: unlike the
// root, it would follow a link that came this moment.
func (w *workTree) path(name string) string {
	return filepath.Join(w.root.Name(), filepath.FromSlash(name))
}

// lstat looks a path up, and says why it is not in a commit of the work tree, as far as
// that can be seen.
func (w *workTree) lstat(name string) (fs.FileInfo, error) {
	if parent := path.Dir(name); parent != "." {
		if _, known := w.folders.Load(parent); !known {
			if _, err := w.lstat(parent); err != nil {
				return nil, err
			}
		}
	}
	info, err := os.Lstat(w.path(name)) // no link is on the way
	switch {
	case path.Base(name) == ".git":
		return nil, fmt.Errorf("%w: it is Git's own", fs.ErrNotExist)
	case err != nil:
		return nil, cmp.Or(errors.Unwrap(err), err)
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, fmt.Errorf("%w: %s is a symbolic link, which is left out", fs.ErrNotExist, name)
	case !info.IsDir() && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s is neither a file nor a folder", fs.ErrNotExist, name)
	case info.IsDir() && name != "." && repository(w.path(name)):
		return nil, fmt.Errorf("%w: %s is a repository of its own, which a commit has no files of", fs.ErrNotExist, name)
	case info.IsDir():
		w.folders.Store(name, nil)
	}
	return info, nil
}

// repository tells whether a folder is a submodule or another clone.
func repository(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, ".git"))
	return err == nil
}

// workFile is a file of the work tree, which knows its name in Git.
type workFile struct {
	fs.FileInfo
	path string
}

// Sys is the name that Git would give the content of a file; none where it cannot be read.
func (f workFile) Sys() any {
	if f.IsDir() {
		return nil
	}
	content, err := os.ReadFile(f.path)
	if err != nil {
		return nil
	}
	return plumbing.ComputeHash(plumbing.BlobObject, content).String()
}

func (w *workTree) folder(name string, file fs.File, info fs.FileInfo) (fs.File, error) {
	entries, err := file.(fs.ReadDirFile).ReadDir(-1)
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		return e.Name() == ".git" || !e.IsDir() && !e.Type().IsRegular() || e.IsDir() && repository(w.path(path.Join(name, e.Name())))
	})
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return &openFolder{info: info, entries: entries}, nil
}

// openFolder is a folder whose entries are read already.
type openFolder struct {
	info    fs.FileInfo
	entries []fs.DirEntry
}

// Stat is fs.File's.
func (f *openFolder) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close is fs.File's.
func (f *openFolder) Close() error { return nil }

// Read is fs.File's.
func (f *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.info.Name(), Err: errors.New("it is a folder")}
}

// ReadDir is fs.ReadDirFile's.
func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(f.entries) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(f.entries) {
		n = len(f.entries)
	}
	out := f.entries[:n:n]
	f.entries = f.entries[n:]
	return out, nil
}
