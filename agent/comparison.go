package agent

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"sync"
)

// comparison holds two trees against each other, path by path, each once.
type comparison struct {
	a, b  fs.FS
	mu    sync.Mutex
	known map[string]bool
}

// alike tells whether both have the same at a path: the same file, a folder, or nothing.
// What cannot be read is not.
func (c *comparison) alike(name string) bool {
	for at := path.Dir(name); at != "." && at != "/"; at = path.Dir(at) {
		if c.once("in "+at, func() bool { return c.identical(at) }) {
			return true
		}
	}
	return c.once(name, func() bool { return c.look(name) })
}

// once answers a question, and knows the answer after that.
func (c *comparison) once(question string, answer func() bool) bool {
	c.mu.Lock()
	is, known := c.known[question]
	c.mu.Unlock()
	if !known {
		is = answer()
		c.mu.Lock()
		c.known[question] = is
		c.mu.Unlock()
	}
	return is
}

// identical tells whether both have a folder by the same name of Git's, and so all
// that is in it.
func (c *comparison) identical(folder string) bool {
	x, missing := fs.Stat(c.a, folder)
	y, gone := fs.Stat(c.b, folder)
	return missing == nil && gone == nil && x.IsDir() && y.IsDir() && named(x) != "" && named(x) == named(y)
}

// named is what Git calls the content, if the tree knows.
func named(info fs.FileInfo) string {
	name, _ := info.Sys().(string)
	return name
}

func (c *comparison) look(name string) bool {
	x, missing := fs.Stat(c.a, name)
	y, gone := fs.Stat(c.b, name)
	switch {
	case missing != nil || gone != nil:
		return errors.Is(missing, fs.ErrNotExist) && errors.Is(gone, fs.ErrNotExist)
	case x.IsDir() || y.IsDir():
		return x.IsDir() && y.IsDir()
	}
	if one, other := named(x), named(y); one != "" && other != "" {
		return one == other
	}
	one, err := fs.ReadFile(c.a, name)
	other, wrong := fs.ReadFile(c.b, name)
	return err == nil && wrong == nil && bytes.Equal(one, other)
}

// within tells whether both have the same in a whole folder.
func (c *comparison) within(folder string) bool {
	mine, err := fs.ReadDir(c.a, folder)
	theirs, wrong := fs.ReadDir(c.b, folder)
	if err != nil || wrong != nil || len(mine) != len(theirs) {
		return false
	}
	for i, e := range mine {
		name := path.Join(folder, e.Name())
		if e.Name() != theirs[i].Name() || !c.alike(name) || e.IsDir() && !c.within(name) {
			return false
		}
	}
	return true
}
