package kustomize

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// referencesFile and plansFile are where kustomize finds our own. No file of a
// repository can have these names: the walk refuses control characters.
const (
	referencesFile = "/\x00references.yaml"
	plansFile      = "/\x00plans.yaml"
)

var errSealed = errors.New("there is nothing to write to and nothing to search here")

// sealed is a file system that holds the files that the walk reached and
// nothing else. It is never written. Its paths begin with "/", the repository's
// root.
type sealed struct {
	files   map[string][]byte // by path in the repository
	folders map[string]bool   // by path in the repository
	swapped map[string][]byte // by path here; these go before files
}

var _ filesys.FileSystem = sealed{}

// rooted is the path here of a path in the repository.
func rooted(name string) string { return path.Join("/", name) }

func (s sealed) data(name string) ([]byte, bool) {
	name = path.Join("/", name)
	if data, ok := s.swapped[name]; ok {
		return data, true
	}
	data, ok := s.files[name[1:]]
	return data, ok
}

// ReadFile returns the file; the caller must not change it.
func (s sealed) ReadFile(name string) ([]byte, error) {
	data, ok := s.data(name)
	if !ok {
		return nil, fmt.Errorf("reading %s: %w", name, fs.ErrNotExist)
	}
	return data, nil
}

// IsDir tells whether the path is a folder that the walk reached.
func (s sealed) IsDir(name string) bool {
	name = path.Join("/", name)
	return name == "/" || s.folders[name[1:]]
}

// Exists tells whether the path is a file or a folder.
func (s sealed) Exists(name string) bool {
	_, ok := s.data(name)
	return ok || s.IsDir(name)
}

// CleanedAbs splits the path of a file into folder and name.
func (s sealed) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	name = path.Join("/", name)
	if s.IsDir(name) {
		return filesys.ConfirmedDir(name), "", nil
	}
	if !s.Exists(name) {
		return "", "", fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return filesys.ConfirmedDir(path.Dir(name)), path.Base(name), nil
}

// The rest is never called by a build, and refused.

func (sealed) Create(string) (filesys.File, error)  { return nil, errSealed }
func (sealed) Mkdir(string) error                   { return errSealed }
func (sealed) MkdirAll(string) error                { return errSealed }
func (sealed) RemoveAll(string) error               { return errSealed }
func (sealed) Open(string) (filesys.File, error)    { return nil, errSealed }
func (sealed) ReadDir(string) ([]string, error)     { return nil, errSealed }
func (sealed) Glob(string) ([]string, error)        { return nil, errSealed }
func (sealed) WriteFile(string, []byte) error       { return errSealed }
func (sealed) Walk(string, filepath.WalkFunc) error { return errSealed }
