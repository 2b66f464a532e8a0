package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-delivery/weir/agent"
	weirgit "github.com/weir-delivery/weir/agent/git"
)

// clone is a clone of a repository on this machine, which is read and never
// written. No hook, filter or program of it runs.
type clone struct {
	repo    *git.Repository
	commits *weirgit.Clone
	dir     string // where it was looked for
}

// openClone opens the clone that the folder is in.
func openClone(dir string) (*clone, error) {
	if info, err := os.Stat(dir); strings.Contains(dir, "://") || scpLike.MatchString(dir) && err != nil {
		return nil, usagef("%s is the address of a repository, and this needs a folder: clone it, and name the clone", dir)
	} else if err != nil || !info.IsDir() {
		return nil, usagef("%s is not a folder; name one that is in a clone of a Git repository with --repo", dir)
	}
	return open(dir, true)
}

// open opens the clone in the folder, or the one that the folder is in.
func open(dir string, within bool) (*clone, error) {
	repo, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: within, EnableDotGitCommonDir: true})
	switch {
	case errors.Is(err, git.ErrRepositoryNotExists):
		return nil, usagef("%s is not in a clone of a Git repository; name one with --repo", dir)
	case err != nil:
		return nil, fmt.Errorf("opening the clone in %s: %w", dir, err)
	}
	return &clone{repo, weirgit.ReadClone(repo.Storer), dir}, nil
}

// base is the folder that git's relative paths go from: that of the work tree, or the
// repository itself where there is none.
func (c *clone) base() string {
	if top, err := c.top(); err == nil {
		return top
	}
	if dir, err := filepath.Abs(c.dir); err == nil {
		return dir
	}
	return c.dir
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
	_, err := c.resolve(name)
	return err == nil
}

// minAbbreviation is the least of a commit's id that stands for it, as for Git.
const minAbbreviation = 4

// resolve finds the commit that a name stands for, as Git does: the name of a branch
// or a tag goes before an abbreviated id, so that nobody's commit can be mistaken for a
// branch because its id begins with the branch's name.
func (c *clone) resolve(name string) (*plumbing.Hash, error) {
	if unreadable.MatchString(name) { // the library would take what stands before it
		return nil, errors.New("weir does not read that form of a name: write the commit's id, as git rev-parse prints it")
	}
	base := name
	if end := strings.IndexAny(name, "~^@"); end > 0 {
		base = name[:end]
	}
	if !plumbing.IsHash(base) {
		for _, rule := range plumbing.RefRevParseRules {
			ref := fmt.Sprintf(rule, base)
			if _, err := c.repo.Reference(plumbing.ReferenceName(ref), true); err == nil && base != "HEAD" {
				return c.repo.ResolveRevision(plumbing.Revision(ref + name[len(base):]))
			}
		}
		if hexadecimal.MatchString(base) && len(base) < minAbbreviation {
			return nil, errors.New("no branch or tag has that name, and it is too short for the id of a commit")
		}
	}
	return c.repo.ResolveRevision(plumbing.Revision(name))
}

// unreadable are a branch's history and upstream, a path, a text to look for, and the
// parents of merges of three and more.
var unreadable = regexp.MustCompile(`@\{|:|\^([3-9]|[1-9][0-9])`)

var hexadecimal = regexp.MustCompile(`^[0-9a-f]+$`)

// revision reads what a name stands for: a branch, a tag, a commit id, HEAD~1.
func (c *clone) revision(name string) (agent.Revision, error) {
	hash, err := c.resolve(name)
	if err != nil {
		return agent.Revision{}, usagef("revision %q is not in the clone (%v); commit or fetch it, or name another", name, err)
	}
	found, err := c.commits.Revision(*hash)
	found.Open = c.open
	return found, err
}

// open is agent.Revision's.
func (c *clone) open(_ context.Context, sha string) (fs.FS, error) {
	at, err := c.revision(sha)
	return at.Tree, err
}
