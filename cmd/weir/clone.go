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

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/weir-delivery/weir/agent"
	weirgit "github.com/weir-delivery/weir/agent/git"
)

// clone is a clone of a repository on this machine, which is read and never
// written. No hook, filter or program of it runs.
type clone struct{ repo *git.Repository }

// openClone opens the clone that the folder is in.
func openClone(dir string) (*clone, error) {
	repo, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	switch {
	case errors.Is(err, git.ErrRepositoryNotExists):
		return nil, usagef("%s is not in a clone of a Git repository; name one with --repo", dir)
	case err != nil:
		return nil, fmt.Errorf("opening the clone in %s: %w", dir, err)
	}
	return &clone{repo}, nil
}

// top is the folder of the work tree.
func (c *clone) top() (string, error) {
	tree, err := c.repo.Worktree()
	if err != nil {
		return "", fmt.Errorf("finding the work tree: %w", err)
	}
	return tree.Filesystem.Root(), nil
}

// has tells whether the clone knows the revision.
func (c *clone) has(name string) bool {
	_, err := c.repo.ResolveRevision(plumbing.Revision(name))
	return err == nil
}

// revision reads what a name stands for: a branch, a tag, a commit id, HEAD~1.
func (c *clone) revision(name string) (agent.Revision, error) {
	hash, err := c.repo.ResolveRevision(plumbing.Revision(name))
	if err != nil {
		return agent.Revision{}, usagef("revision %q is not in the clone (%v); fetch it, or name another", name, err)
	}
	commit, err := c.repo.CommitObject(*hash)
	if err != nil {
		return agent.Revision{}, fmt.Errorf("reading commit %s: %w", hash, err)
	}
	tree, err := commit.Tree()
	if err != nil {
		return agent.Revision{}, fmt.Errorf("reading the tree of commit %s: %w", hash, err)
	}
	subject, _, _ := strings.Cut(commit.Message, "\n")
	raw, err := c.raw(*hash)
	if err != nil {
		return agent.Revision{}, fmt.Errorf("reading commit %s: %w", hash, err)
	}
	return agent.Revision{
		Key: weirgit.SignerOf(raw), Trailers: agent.Trailers(commit.Message),
		SHA: hash.String(), Author: fmt.Sprintf("%s <%s>", commit.Author.Name, commit.Author.Email), Subject: subject,
		Time: commit.Committer.When, Tree: &commitTree{tree: tree, at: commit.Committer.When},
	}, nil
}

// raw is a commit's own bytes.
func (c *clone) raw(commit plumbing.Hash) (raw []byte, err error) {
	object, err := c.repo.Storer.EncodedObject(plumbing.CommitObject, commit)
	if err != nil {
		return nil, err
	}
	reader, err := object.Reader()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	return io.ReadAll(io.LimitReader(reader, maxCommit))
}

// maxCommit bounds what is read of a commit.
const maxCommit = 1 << 20

// commitTree is a commit's tree as a read-only file system, without symbolic
// links and submodules, as the agent sees it.
type commitTree struct {
	mu   sync.Mutex // the tree fills its caches as it is read
	tree *object.Tree
	at   time.Time
}

// Open is fs.FS's.
func (c *commitTree) Open(name string) (fs.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	file, err := c.open(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return file, nil
}

func (c *commitTree) open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, fs.ErrInvalid
	}
	if name == "." {
		return c.folder(".", c.tree), nil
	}
	entry, err := c.tree.FindEntry(name)
	switch {
	case errors.Is(err, object.ErrEntryNotFound), errors.Is(err, object.ErrDirectoryNotFound):
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, err
	case !fit(*entry):
		return nil, fmt.Errorf("%w: it is a symbolic link or a submodule", fs.ErrNotExist)
	case entry.Mode == filemode.Dir:
		tree, err := c.tree.Tree(name)
		if err != nil {
			return nil, err
		}
		return c.folder(path.Base(name), tree), nil
	}
	file, err := c.tree.TreeEntryFile(entry)
	if err != nil {
		return nil, err
	}
	reader, err := file.Reader()
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(reader)
	if err = errors.Join(err, reader.Close()); err != nil {
		return nil, err
	}
	return &openFile{bytes.NewReader(content), c.info(path.Base(name), 0o444, file.Size)}, nil
}

// fit tells whether an entry is a file or a folder.
func fit(e object.TreeEntry) bool {
	return e.Mode.IsFile() && e.Mode != filemode.Symlink || e.Mode == filemode.Dir
}

func (c *commitTree) folder(name string, tree *object.Tree) fs.File {
	open := &openFolder{info: c.info(name, fs.ModeDir|0o555, 0)}
	for _, e := range tree.Entries {
		if !fit(e) {
			continue
		}
		info := c.info(e.Name, 0o444, 0)
		if e.Mode == filemode.Dir {
			info.mode = fs.ModeDir | 0o555
		} else if size, err := tree.Size(e.Name); err == nil {
			info.size = size
		}
		open.entries = append(open.entries, fs.FileInfoToDirEntry(info))
	}
	slices.SortFunc(open.entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return open
}

func (c *commitTree) info(name string, mode fs.FileMode, size int64) fileInfo {
	return fileInfo{name: name, mode: mode, size: size, at: c.at}
}

type fileInfo struct {
	name string
	mode fs.FileMode
	size int64
	at   time.Time
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return i.size }
func (i fileInfo) Mode() fs.FileMode  { return i.mode }
func (i fileInfo) ModTime() time.Time { return i.at }
func (i fileInfo) IsDir() bool        { return i.mode.IsDir() }
func (i fileInfo) Sys() any           { return nil }

type openFile struct {
	*bytes.Reader
	info fileInfo
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }
