package agent

import (
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// chain is what each allowed decision follows, on the status branch or in an
// outbox.
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
			out[rollout.DigestBytes(r.Data)] = audit.Follows(r)
		}
	}
	return out, a.eachDecision(tree, func(_ string, data []byte, e audit.Entry) error {
		if e.Verdict == policy.Allow {
			out[rollout.DigestBytes(data)] = e.Follows()
		}
		return nil
	})
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

// eachDecision reads the decisions of this cluster on the status branch.
func (a *Agent) eachDecision(tree fs.FS, do func(file string, data []byte, e audit.Entry) error) error {
	files, err := fs.Glob(tree, path.Join("decisions", a.options.Cluster, "*", "*", "*.json"))
	if err != nil {
		return fmt.Errorf("listing the decisions on the status branch: %w", err)
	}
	for _, file := range files {
		if audit.Refusal(file) || audit.IsMerged(file) {
			continue
		}
		data, err := fs.ReadFile(tree, file)
		if err != nil {
			return fmt.Errorf("reading %s on the status branch: %w", file, err)
		}
		e, err := audit.Decode(data)
		if err == nil {
			err = do(file, data, e)
		}
		if err != nil {
			return fmt.Errorf("%s on the status branch: %w", file, err)
		}
	}
	return nil
}
