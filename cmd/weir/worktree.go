package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// workTree is the work tree of a clone as a read-only file system that shows
// what a commit of it would: no symbolic links, nothing of Git's own folder,
// and nothing outside.
type workTree struct{ root *os.Root }

func openWorkTree(dir string) (*workTree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the work tree: %w", err)
	}
	return &workTree{root}, nil
}

// Close gives the folder back.
func (w *workTree) Close() error { return w.root.Close() }

// Open is fs.FS's.
func (w *workTree) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if why := w.unfit(name); why != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: why}
	}
	file, err := w.root.FS().Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil || !info.IsDir() {
		return file, err
	}
	defer file.Close()
	return w.folder(file, info)
}

// unfit says why a path is not in a commit of the work tree, as far as that can
// be seen.
func (w *workTree) unfit(name string) error {
	for at, rest := "", name; rest != "" && name != "."; {
		element, after, _ := strings.Cut(rest, "/")
		at, rest = path.Join(at, element), after
		info, err := w.root.Lstat(at)
		switch {
		case element == ".git":
			return fmt.Errorf("%w: it is Git's own", fs.ErrNotExist)
		case err != nil:
			return cmp.Or(errors.Unwrap(err), err)
		case info.Mode()&fs.ModeSymlink != 0:
			return fmt.Errorf("%w: %s is a symbolic link, which is left out", fs.ErrNotExist, at)
		case !info.IsDir() && !info.Mode().IsRegular():
			return fmt.Errorf("%w: %s is neither a file nor a folder", fs.ErrNotExist, at)
		}
	}
	return nil
}

func (w *workTree) folder(file fs.File, info fs.FileInfo) (fs.File, error) {
	entries, err := file.(fs.ReadDirFile).ReadDir(-1)
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		return e.Name() == ".git" || !e.IsDir() && !e.Type().IsRegular()
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
