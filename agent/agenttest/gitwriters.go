package agenttest

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"testing/fstest"

	"github.com/weir-delivery/weir/agent"
)

// Writers is agent.Source's.
func (c *GitClone) Writers(ctx context.Context, since, sha string, files []string) ([]agent.Revision, error) {
	g := c.remote
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := errors.Join(g.readable(ctx, since), g.readable(ctx, sha)); err != nil {
		return nil, err
	}
	old, found := g.reach(since), map[string]agent.Revision{}
	for _, file := range files {
		if g.commits[sha].files[file] != nil {
			g.credit(g.commits[sha], 0, file, g.commits[since].files[file], old, map[string]bool{}, found)
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b agent.Revision) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.Depth, b.Depth), cmp.Compare(a.SHA, b.SHA))
	}), nil
}

// reach is a commit and all before it.
func (g *Git) reach(sha string) map[string]bool {
	out := map[string]bool{}
	for queue := []string{sha}; len(queue) > 0; queue = queue[1:] {
		if at := g.commits[queue[0]]; at != nil && !out[at.sha] {
			out[at.sha] = true
			queue = append(queue, at.parent, at.merged)
		}
	}
	return out
}

// credit adds who wrote a file as it is in a commit, and who wrote what that one wrote
// over, until what it was, or an old commit.
func (g *Git) credit(at *gitCommit, depth int, file string, was *fstest.MapFile, old, been map[string]bool, found map[string]agent.Revision) {
	wrote, depth := g.wrote(at, file, depth)
	began := wrote.files[file] == nil && wrote.parent == ""
	if been[wrote.sha] || len(been) > 0 && (old[wrote.sha] || began) {
		return
	}
	been[wrote.sha] = true
	rev := wrote.revision()
	rev.Tree, rev.Depth = nil, depth
	found[wrote.sha] = rev
	for _, parent := range []string{wrote.parent, wrote.merged} {
		if before := g.commits[parent]; before != nil && !alike(before.files[file], was) {
			g.credit(before, depth+1, file, was, old, been, found)
		}
	}
}

// alike tells whether both are missing, or have the same content.
func alike(a, b *fstest.MapFile) bool {
	if a == nil || b == nil {
		return a == b
	}
	return string(a.Data) == string(b.Data)
}
