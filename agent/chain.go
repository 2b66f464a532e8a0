package agent

import (
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// chain is what each allowed decision follows, on the status branch or in an
// outbox, those that were merged too.
type chain map[rollout.Digest][]rollout.Digest

// chain reads that of this cluster.
func (a *Agent) chain(read branch) (chain, error) {
	tree, err := read()
	if err != nil {
		return nil, err
	}
	out := chain{}
	for _, o := range a.cluster.Owned() { // what went back just now is on its way to the branch
		for _, r := range o.State.Outbox {
			out.add(r)
		}
	}
	all := func(string) (bool, error) { return true, nil }
	return out, a.eachFile(tree, all, func(file string, data []byte) error {
		out.add(rollout.Record{Path: file, Data: data})
		return nil
	})
}

func (c chain) add(r rollout.Record) {
	for _, s := range audit.Summaries(r) {
		c[s.Digest] = s.Follows()
	}
}

// goesOn tells whether a decision follows this one.
func (c chain) goesOn(from rollout.Digest) bool {
	for _, before := range c {
		if slices.Contains(before, from) {
			return true
		}
	}
	return false
}

// older tells whether the decision is one of those before another.
func (c chain) older(is, than rollout.Digest) bool {
	seen := map[rollout.Digest]bool{"": true}
	for next := c[than]; len(next) > 0; next = next[1:] {
		if next[0] == is {
			return true
		}
		if !seen[next[0]] {
			seen[next[0]] = true
			next = append(next[:len(next):len(next)], c[next[0]]...)
		}
	}
	return false
}

// eachFile reads the files of the status branch that hold the decisions of this cluster
// that allowed something, or what is left of those that were merged: of all those that
// are wanted.
func (a *Agent) eachFile(tree fs.FS, wanted func(file string) (bool, error), do func(file string, data []byte) error) error {
	files, err := fs.Glob(tree, path.Join("decisions", a.options.Cluster, "*", "*", "*.json"))
	if err != nil {
		return fmt.Errorf("listing the decisions on the status branch: %w", err)
	}
	for _, file := range files {
		if audit.Refusal(file) {
			continue
		}
		is, err := wanted(file)
		if err == nil && !is {
			continue
		}
		var data []byte
		if err == nil {
			data, err = fs.ReadFile(tree, file)
		}
		if err != nil {
			return fmt.Errorf("reading %s on the status branch: %w", file, err)
		}
		if err := do(file, data); err != nil {
			return fmt.Errorf("%s on the status branch: %w; undo the commit that brought it, as weir alone writes there", file, err)
		}
	}
	return nil
}
