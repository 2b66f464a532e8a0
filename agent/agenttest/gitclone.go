package agenttest

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing/fstest"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// GitClone is a Source and a Journal over the model.
type GitClone struct {
	remote *Git
	mu     sync.Mutex
	last   agent.Revision
	others map[string]agent.Revision // branches besides, as fetched
	log    string                    // the status branch as fetched
	tree   fs.FS
}

// Fetch is agent.Source's.
func (c *GitClone) Fetch(ctx context.Context) (agent.Revision, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remote.mu.Lock()
	defer c.remote.mu.Unlock()
	if err := c.remote.reachable(ctx); err != nil {
		return agent.Revision{}, fmt.Errorf("fetching main: %w", err)
	}
	if c.last.SHA != c.remote.main {
		c.remote.transfers++
		c.last = c.remote.commits[c.remote.main].revision()
	}
	return c.last, nil
}

// Branch is agent.Source's.
func (c *GitClone) Branch(ctx context.Context, name string) (agent.Revision, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remote.mu.Lock()
	defer c.remote.mu.Unlock()
	if err := c.remote.reachable(ctx); err != nil {
		return agent.Revision{}, fmt.Errorf("fetching %s: %w", name, err)
	}
	tip := c.remote.commits[c.remote.branches[name]]
	if tip == nil {
		return agent.Revision{}, nil
	}
	if c.others[name].SHA != tip.sha {
		c.remote.transfers++
		c.others[name] = tip.revision()
	}
	return c.others[name], nil
}

// Open is agent.Source's.
func (c *GitClone) Open(ctx context.Context, sha string) (agent.Revision, error) {
	c.remote.mu.Lock()
	defer c.remote.mu.Unlock()
	if err := c.remote.reachable(ctx); err != nil {
		return agent.Revision{}, fmt.Errorf("opening commit %s: %w", sha, err)
	}
	commit := c.remote.commits[sha]
	if commit == nil {
		return agent.Revision{}, fmt.Errorf("opening commit %s: there is none", sha)
	}
	return commit.revision(), nil
}

// Authors is agent.Source's.
func (c *GitClone) Authors(ctx context.Context, sha string, files []string) (map[string]agent.Revision, error) {
	g := c.remote
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.readable(ctx, sha); err != nil {
		return nil, err
	}
	out := map[string]agent.Revision{}
	for _, file := range files {
		if g.commits[sha].files[file] != nil {
			wrote, depth := g.wrote(g.commits[sha], file, 0)
			rev := wrote.revision()
			rev.Tree, rev.Depth = nil, depth
			out[file] = rev
		}
	}
	return out, nil
}

// wrote is the commit that gave a file the content that it has in this one, and how
// deep it lies.
func (g *Git) wrote(at *gitCommit, file string, depth int) (*gitCommit, int) {
	for _, parent := range []string{at.parent, at.merged} {
		before := g.commits[parent]
		if before != nil && alike(before.files[file], at.files[file]) {
			return g.wrote(before, file, depth+1)
		}
	}
	return at, depth
}

// readable says why the history of a commit cannot be read, if it cannot.
func (g *Git) readable(ctx context.Context, sha string) error {
	switch err := g.reachable(ctx); {
	case err != nil:
		return fmt.Errorf("reading the history of %s: %w", sha, err)
	case g.hidden:
		return fmt.Errorf("reading the history of %s: the server does not serve it", sha)
	case g.commits[sha] == nil:
		return fmt.Errorf("reading the history of %s: there is no such commit", sha)
	}
	return nil
}

func (g *Git) reachable(ctx context.Context) error {
	if g.away {
		return ErrAway
	}
	return ctx.Err()
}

func (c *gitCommit) revision() agent.Revision {
	return agent.Revision{SHA: c.sha, Author: c.author, Authors: c.others, Subject: c.subject, Time: c.at, Key: c.key, Tree: maps.Clone(c.files)}
}

// Read is agent.Journal's.
func (c *GitClone) Read(ctx context.Context) (fs.FS, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remote.mu.Lock()
	defer c.remote.mu.Unlock()
	if err := c.remote.reachable(ctx); err != nil {
		return nil, fmt.Errorf("reading the status branch: %w", err)
	}
	if c.tree == nil || c.log != c.remote.status {
		c.tree = fstest.MapFS{}
		if at := c.remote.commits[c.remote.status]; at != nil {
			c.remote.transfers++
			c.tree = maps.Clone(at.files)
		}
		c.log = c.remote.status
	}
	return c.tree, nil
}

// Record is agent.Journal's. The model holds its lock meanwhile, so it never
// loses a race: what a race leads to, both commits, comes out the same.
func (c *GitClone) Record(ctx context.Context, commit agent.Commit) (string, map[string][]byte, error) {
	g := c.remote
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.reachable(ctx); err != nil {
		return "", nil, fmt.Errorf("recording: %w", err)
	}
	tree, found, err := g.laidOver(commit)
	if err != nil || tree == nil {
		return g.status, found, err
	}
	subject, _, _ := strings.Cut(commit.Message, "\n")
	lose := g.lose
	if g.lose = nil; lose != nil {
		if err := lose(g); err != nil {
			return "", nil, fmt.Errorf("recording: %w", err)
		}
	}
	g.status = g.add(g.status, "weir", subject, commit.Time, tree)
	if g.away {
		return "", nil, fmt.Errorf("recording: %w", ErrAway)
	}
	return g.status, found, nil
}

// laidOver is the status branch's next tree; nil when nothing would change.
func (g *Git) laidOver(commit agent.Commit) (fstest.MapFS, map[string][]byte, error) {
	tree, found, changed := fstest.MapFS{}, map[string][]byte{}, false
	if at := g.commits[g.status]; at != nil {
		maps.Copy(tree, at.files)
	}
	for _, files := range []map[string][]byte{commit.Create, commit.Replace} {
		for path, content := range files {
			_, create := commit.Create[path]
			if _, replace := commit.Replace[path]; create && replace {
				return nil, nil, fmt.Errorf("recording %q: the commit has it twice", path)
			}
			had := tree[path]
			if had == nil {
				if err := clashing(tree, path); err != nil {
					return nil, nil, fmt.Errorf("recording %q: %w", path, err)
				}
			}
			switch {
			case had != nil && create:
				found[path] = slices.Clone(had.Data)
				continue
			case had != nil && string(had.Data) == string(content):
				continue
			}
			if known, ok := commit.Known[path]; ok && had != nil && known != rollout.DigestBytes(had.Data) {
				found[path] = slices.Clone(had.Data)
				continue
			}
			tree[path] = &fstest.MapFile{Data: slices.Clone(content), Mode: 0o444, ModTime: commit.Time}
			changed = true
		}
	}
	if !changed {
		return nil, found, nil
	}
	return tree, found, nil
}

// clash refuses what a Git tree cannot hold.
func clashing(tree fstest.MapFS, path string) error {
	if !fs.ValidPath(path) || path == "." || slices.Contains(strings.Split(strings.ToLower(path), "/"), ".git") {
		return fs.ErrInvalid
	}
	for had := range tree {
		if strings.HasPrefix(had, path+"/") || strings.HasPrefix(path, had+"/") {
			return fmt.Errorf("the branch has %s", had)
		}
	}
	return nil
}
