package simulator

import (
	"encoding/json"
	"testing/fstest"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// unsaid is the trust of an agent of which the oracle cannot tell which
// policies it has in force.
const unsaid = -1

// trusted follows which policies an agent has in force: those of a commit that
// moves nothing at once, those that come with weights only with the commit
// after theirs, whatever that changes. Where it cannot tell, it says so and judges nothing.
func (o *oracle) trusted(p *process, sha string) {
	is, was := o.w.history[sha], o.w.history[p.known]
	switch {
	case p.fetched == "" || !p.begun:
		p.trust = o.inherited(p, is)
	case !is.valid() || p.fetched != p.known:
		p.trust = unsaid // of a wrong commit the policies may be right
	case is.apart() == was.apart(), is.Strict == was.Strict:
		p.trust = is.Strict
	case is.Strict == p.trust:
	case !reweighs(was, is):
		p.trust = unsaid // perhaps nothing that policies judge has changed
	}
}

// inherited is the trust that a new life begins with: what the status branch said
// was in force as it read it, where the newest commit says the same.
func (o *oracle) inherited(p *process, is wish) int {
	var was struct{ Policies struct{ Revision string } }
	if p.accepted != "" && json.Unmarshal([]byte(p.accepted), &was) != nil {
		return unsaid
	}
	before, known := o.w.history[was.Policies.Revision]
	if !is.valid() || was.Policies.Revision != "" && (!known || before.Strict != is.Strict) {
		return unsaid
	}
	return is.Strict
}

// apart is all that a commit says but its policies.
func (w wish) apart() string {
	w.Strict = 0
	return w.String()
}

// reweighs tells whether a target that both have gets other weights: that
// policies have to judge.
func reweighs(was, is wish) bool {
	for _, t := range is.Targets {
		i, ok := was.target(t.Name)
		if !ok || t.Absent || len(t.Routes) != len(was.Targets[i].Routes) {
			continue
		}
		for n, r := range t.Routes {
			if before := was.Targets[i].Routes[n]; before.Name == r.Name && before.Match == r.Match && text(before.Weights) != text(r.Weights) {
				return true
			}
		}
	}
	return false
}

// judged holds that a change is never judged by the policies that come with it,
// nor by others than those in force.
func (o *oracle) judged(p *process, c agent.Commit, path string, e audit.Entry) {
	if _, own := c.Create[path]; !own || o.w.rushed || p.trust == unsaid || e.Policies == "" {
		return
	}
	if want := o.digestOf(p.trust); e.Policies != want {
		o.breaks("policy", "agent %d judges %s for commit %s by policies %s, and those in force are %s", p.n, path, e.Revision, e.Policies, want)
	}
}

// digestOf names the policies of wish.Strict.
func (o *oracle) digestOf(strict int) rollout.Digest {
	if d, ok := o.policies[strict]; ok {
		return d
	}
	config := policy.Config{Sets: []string{"baseline"}}
	tree := fstest.MapFS{}
	if strict > 0 {
		config.Path, config.Packages = "policies", []string{"strict"}
		tree["policies/strict.rego"] = &fstest.MapFile{Data: []byte(policyFiles[strict])}
	}
	set, err := o.w.load(o.w.ctx, tree, config)
	if err != nil {
		o.breaks("9", "the policies %d cannot be loaded: %v", strict, err)
		return ""
	}
	o.policies[strict] = set.Digest()
	return set.Digest()
}
