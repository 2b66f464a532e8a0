package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	objects *objects
}

// openClone opens the clone that the folder is in.
func openClone(dir string) (*clone, error) {
	repo, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	switch {
	case errors.Is(err, git.ErrRepositoryNotExists):
		return nil, usagef("%s is not in a clone of a Git repository; name one with --repo", dir)
	case err != nil:
		return nil, fmt.Errorf("opening the clone in %s: %w", dir, err)
	}
	return &clone{repo, newObjects(repo.Storer)}, nil
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

var hexadecimal = regexp.MustCompile(`^[0-9a-f]+$`)

// revision reads what a name stands for: a branch, a tag, a commit id, HEAD~1.
func (c *clone) revision(name string) (agent.Revision, error) {
	hash, err := c.resolve(name)
	if err != nil {
		return agent.Revision{}, usagef("revision %q is not in the clone (%v); commit or fetch it, or name another", name, err)
	}
	commit, err := c.repo.CommitObject(*hash)
	if err != nil {
		return agent.Revision{}, fmt.Errorf("reading commit %s: %w", hash, err)
	}
	tree := &commitTree{c.objects, commit.TreeHash, commit.Committer.When}
	if _, err := fs.Stat(tree, "."); err != nil {
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
		Time: commit.Committer.When, Tree: tree, Open: c.open,
	}, nil
}

// open is agent.Revision's.
func (c *clone) open(_ context.Context, sha string) (fs.FS, error) {
	at, err := c.revision(sha)
	return at.Tree, err
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
