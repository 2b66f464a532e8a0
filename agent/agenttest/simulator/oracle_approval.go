package simulator

import (
	"maps"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// impartial holds that a decision counts nobody's approval of a change of
// their own. All changes in stories are one developer's.
func (o *oracle) impartial(path string, e audit.Entry) {
	for _, i := range e.Intents {
		if (i.Verb == rollout.ToApprove || i.Verb == rollout.ToPromote) && strings.Contains(author, i.By) {
			o.breaks("approval", "%s counts that %s asks to %s, who wrote the change", path, i.By, i.Verb)
		}
		if i.Raises() && !slices.ContainsFunc(o.w.commits, func(sha string) bool { return o.w.history[sha].approves(i) }) {
			o.breaks("approval", "%s counts that %s asks to %s, whom no commit names among the approvers", path, i.By, i.Verb)
		}
		if i.Key != "" && !o.w.signedBy(i) {
			o.breaks("approval", "%s counts that %s asks to %s with the key %s, which signed no such commit", path, i.By, i.Verb, i.Key)
		}
	}
}

// approves tells whether whoever asks is one of the approvers, and has signed that
// where they have to.
func (w wish) approves(i rollout.Intent) bool {
	a := approverLists[w.Approvers]
	if len(a.signers) > 0 && !slices.ContainsFunc(a.signers, func(p string) bool {
		return agenttest.Fingerprint(p) == i.Key && strings.Contains(p, "<"+i.By+">")
	}) {
		return false
	}
	return len(a.who) == 0 || slices.ContainsFunc(a.who, func(a string) bool { return strings.Contains(strings.ToLower(i.By), strings.ToLower(a)) })
}

// signedBy tells whether the key signed a commit that asks for this.
func (w *world) signedBy(i rollout.Intent) bool {
	for _, s := range w.signed {
		if agenttest.Fingerprint(s.signer) != i.Key {
			continue
		}
		for _, content := range s.changed {
			if strings.Contains(content, `"verb": "`+string(i.Verb)+`"`) && strings.Contains(content, `"`+string(i.ID)+`"`) {
				return true
			}
		}
	}
	return false
}

// consented holds that a first install whose weights differ from Git's begins
// only once somebody approved it who did not write it: by a commit that the
// agent has.
func (o *oracle) consented(v *version) {
	if o.w.rushed || v.before.state == nil || v.entry == nil || v.entry.Operation != rollout.Forward {
		return
	}
	was := v.before.state.Journey
	if was.Reason.Code != rollout.Adoption || was.ID != v.entry.ID {
		return // Git has changed since, and that begins a rollout
	}
	read := maps.Clone(o.w.trees[v.by.fetched])
	maps.Copy(read, o.asides(v.by))
	for path, content := range read {
		who, asked := o.w.askers[path]
		raises := strings.Contains(content, `"verb": "approve"`) || strings.Contains(content, `"verb": "promote"`)
		signer := o.w.signers[path]
		others := who != author || signer != "" && signer != author // it may count for either
		if asked && others && raises && strings.Contains(content, `"`+string(was.ID)+`"`) {
			return
		}
	}
	o.breaks("approval", "%s leaves %s, where it was adopted, and nobody but its author approved it", v.Ref.Name, v.before.routes)
}
