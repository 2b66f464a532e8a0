package simulator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/rollout"
)

// quiet holds that what went back for good stays there, until Git changes or
// somebody says retry.
func (o *oracle) quiet(v *version) {
	id := v.after.state.Journey.ID
	if _, known := o.begun[id]; !known {
		o.begun[id] = o.nth(v.knew)
	}
	if !v.goesOn() || v.before.state.Journey.Phase != rollout.Degraded {
		return
	}
	was := v.before.state.Journey
	if o.unchanged(v.Ref.Name, o.begun[was.ID], o.nth(v.knew)) && !o.retried(was.ID) {
		o.breaks("degraded", "%s goes on to %s after it went back for good (%s), and neither Git nor anybody asked for it", v.Ref.Name, v.after.routes, was.Reason)
	}
}

// goesOn tells whether the version is a step of a journey, from what weir wrote before.
func (v *version) goesOn() bool {
	return v.before.state != nil && v.entry != nil && v.entry.Operation == rollout.Forward && len(v.reweighed()) > 0
}

// retried tells whether a commit has asked for the journey to begin anew.
func (o *oracle) retried(id rollout.ID) bool {
	again := func(content string) bool {
		return strings.Contains(content, `"verb": "retry"`) && strings.Contains(content, `"`+string(id)+`"`)
	}
	for _, tree := range o.w.trees {
		for path, content := range tree {
			if strings.HasPrefix(path, approvals+"/") && again(content) {
				return true
			}
		}
	}
	return slices.ContainsFunc(o.w.aside, func(a aside) bool { return again(a.content) })
}

// nth is where a commit stands among all, the last time that it was the newest.
func (o *oracle) nth(sha string) int {
	for i, c := range slices.Backward(o.w.commits) {
		if c == sha {
			return i
		}
	}
	return -1
}

// unchanged tells whether Git asked the same of a target all along, from one
// commit to a later one. Wrong commits ask for nothing.
func (o *oracle) unchanged(name string, from, to int) bool {
	if from < 0 || to < from {
		return false
	}
	asks := o.w.history[o.w.commits[from]].asks(name)
	for _, sha := range o.w.commits[from : to+1] {
		if now := o.w.history[sha]; now.valid() && now.asks(name) != asks {
			return false
		}
	}
	return true
}

// asks is what Git asks of a target's weights and of those that move with it,
// as text.
func (w wish) asks(name string) string {
	i, ok := w.target(name)
	if !ok {
		return ""
	}
	p := planWish{Name: name, Targets: []int{i}, Steps: w.Default}
	if own, planned := w.planOf(i); planned {
		p = own
	}
	p.Suspend = false // it holds a journey and makes no other
	p.Gate = p.effective(w)
	out := fmt.Sprintf("%+v", p)
	for _, t := range p.Targets {
		out += fmt.Sprintf(" %s %+v", w.Targets[t].Name, w.Targets[t].Routes)
	}
	return out
}
