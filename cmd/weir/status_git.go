package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/git"
	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/rollout"
)

// polling is how often the status branch is asked for news while it is watched.
const polling = 10 * time.Second

// branch reads rollouts from a status branch: a remote repository's, or that of
// a clone on this machine.
type branch struct {
	name, cluster string
	read          func(context.Context) (fs.FS, error)
	close         func() error
}

func openBranch(ctx context.Context, o asking) (*branch, error) {
	b := &branch{name: o.branch, cluster: o.cluster, close: func() error { return nil }}
	if !strings.Contains(o.repo, "://") {
		if _, err := openClone(o.repo); err != nil {
			return nil, err
		}
		b.read = func(context.Context) (fs.FS, error) {
			clone, err := openClone(o.repo) // anew each time: somebody may have fetched
			if err != nil {
				return nil, err
			}
			return b.inClone(clone)
		}
		return b, nil
	}
	// Only the status branch is read; the watched one need not exist.
	remote, err := openURL(ctx, git.Config{
		URL: o.repo, Branch: "watched-by-nobody", StatusBranch: o.branch, Credentials: o.credentials, AllowFile: o.allowFile,
	})
	if err != nil {
		return nil, err
	}
	b.read, b.close = remote.Read, remote.Close
	return b, nil
}

// inClone prefers what was fetched to a branch of the clone's own.
func (b *branch) inClone(c *clone) (fs.FS, error) {
	for _, name := range []string{"refs/remotes/origin/" + b.name, "refs/heads/" + b.name} {
		if c.has(name) {
			revision, err := c.revision(name)
			return revision.Tree, err
		}
	}
	return nil, fmt.Errorf("the clone has no branch %s; fetch it, or name another with --status-branch", b.name)
}

// Close is io.Closer's.
func (b *branch) Close() error { return b.close() }

// Look is place's.
func (b *branch) Look(ctx context.Context) ([]report.Rollout, rollout.Problems, error) {
	tree, err := b.read(ctx)
	if err != nil {
		return nil, nil, err
	}
	clusters, err := b.clusters(tree)
	if err != nil {
		return nil, nil, err
	}
	var out []report.Rollout
	var problems rollout.Problems
	for _, name := range clusters {
		statuses, err := agent.ReadStatus(tree, name)
		if err != nil {
			return nil, nil, err
		}
		for _, s := range statuses {
			leading := leadingOf(s.Live)
			if v := &s.Rollout; v.ID == leading.ID && v.Phase != rollout.Healthy && leading.Step == v.Steps { // the target, which is no step of the plan
				v.Step = leading.Step + 1
			}
			out = append(out, report.Rollout{View: s.Rollout, Cluster: s.Cluster, Since: leading.Since})
		}
		wrong, err := problemsOn(tree, name)
		if err != nil {
			return nil, nil, err
		}
		problems = append(problems, wrong...)
	}
	return out, problems, nil
}

// clusters are those that the branch knows, or the one that was asked for.
func (b *branch) clusters(tree fs.FS) ([]string, error) {
	files, err := fs.Glob(tree, "accepted/*.json")
	if err != nil {
		return nil, fmt.Errorf("listing the clusters on %s: %w", b.name, err)
	}
	var names []string
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".json")
		if b.cluster == name {
			return []string{name}, nil
		}
		names = append(names, name)
	}
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("there is no status on %s: no agent has written there yet; see its log, or ask the cluster with --kubeconfig", b.name)
	case b.cluster != "":
		return nil, fmt.Errorf("no agent of cluster %s has written on %s; there are: %s", b.cluster, b.name, strings.Join(names, ", "))
	}
	return names, nil
}

// leadingOf is where the most advanced target stands.
func leadingOf(live []rollout.Live) rollout.Journey {
	var leading rollout.Journey
	for _, l := range live {
		if l.State != nil && compare(l.State.Journey, leading) > 0 {
			leading = l.State.Journey
		}
	}
	return leading
}

// problemsOn reads what the agent of a cluster found wrong and kept out.
func problemsOn(tree fs.FS, cluster string) (rollout.Problems, error) {
	file := path.Join("accepted", cluster+".json")
	data, err := fs.ReadFile(tree, file)
	if err != nil {
		return nil, fmt.Errorf("reading %s on the status branch: %w", file, err)
	}
	var accepted struct{ Problems rollout.Problems }
	if err := json.Unmarshal(data, &accepted); err != nil {
		return nil, fmt.Errorf("reading %s on the status branch: %w", file, err)
	}
	return accepted.Problems, nil
}

// Follow is place's: Git has no way to tell, so it is asked now and then.
func (b *branch) Follow(ctx context.Context, changed chan<- struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(polling):
			poke(changed)
		}
	}
}
