package agent

import (
	"io/fs"
	"sync"
)

var (
	_ fs.ReadDirFS  = (*attempt)(nil)
	_ fs.ReadFileFS = (*attempt)(nil)
	_ fs.StatFS     = (*attempt)(nil)
	_ fs.ReadLinkFS = (*attempt)(nil)
)

// attempt is a tree that remembers why it could not be read where that may pass: whoever
// reads it says only that something is wrong, as if it were the content. Many may read
// at once.
type attempt struct {
	fs.FS
	mu  sync.Mutex
	err error
}

// failed is the first read that may succeed at another time; nil for none.
func (a *attempt) failed() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

func (a *attempt) note(err error) {
	if !passing(err) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err == nil {
		a.err = err
	}
}

// Open is fs.FS's.
func (a *attempt) Open(name string) (fs.File, error) {
	file, err := a.FS.Open(name)
	a.note(err)
	return file, err
}

// ReadFile is fs.ReadFileFS's.
func (a *attempt) ReadFile(name string) ([]byte, error) {
	data, err := fs.ReadFile(a.FS, name)
	a.note(err)
	return data, err
}

// ReadDir is fs.ReadDirFS's.
func (a *attempt) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(a.FS, name)
	a.note(err)
	return entries, err
}

// Stat is fs.StatFS's.
func (a *attempt) Stat(name string) (fs.FileInfo, error) {
	info, err := fs.Stat(a.FS, name)
	a.note(err)
	return info, err
}

// Lstat is fs.ReadLinkFS's.
func (a *attempt) Lstat(name string) (fs.FileInfo, error) {
	info, err := fs.Lstat(a.FS, name)
	a.note(err)
	return info, err
}

// ReadLink is fs.ReadLinkFS's.
func (a *attempt) ReadLink(name string) (string, error) {
	to, err := fs.ReadLink(a.FS, name)
	a.note(err)
	return to, err
}
