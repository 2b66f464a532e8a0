package simulator

import (
	"slices"
	"strings"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// impartial holds that a decision counts nobody's approval of a change of
// their own. All changes in stories are one developer's.
func (o *oracle) impartial(path string, e audit.Entry) {
	for _, i := range e.Intents {
		if (i.Verb == rollout.ToApprove || i.Verb == rollout.ToPromote) && i.By == author {
			o.breaks("approval", "%s counts that %s asks to %s, who wrote the change", path, i.By, i.Verb)
		}
		if i.Raises() && !slices.ContainsFunc(o.w.commits, func(sha string) bool { return o.w.history[sha].approves(i.By) }) {
			o.breaks("approval", "%s counts that %s asks to %s, whom no commit names among the approvers", path, i.By, i.Verb)
		}
	}
}

// approves tells whether somebody is one of the approvers.
func (w wish) approves(who string) bool {
	may := approverLists[w.Approvers]
	return len(may) == 0 || slices.ContainsFunc(may, func(a string) bool { return strings.Contains(strings.ToLower(who), strings.ToLower(a)) })
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
	for path, content := range o.w.trees[v.by.fetched] {
		who, asked := o.w.askers[path]
		raises := strings.Contains(content, `"verb": "approve"`) || strings.Contains(content, `"verb": "promote"`)
		if asked && who != author && raises && strings.Contains(content, `"`+string(was.ID)+`"`) {
			return
		}
	}
	o.breaks("approval", "%s leaves %s, where it was adopted, and nobody but its author approved it", v.Ref.Name, v.before.routes)
}
