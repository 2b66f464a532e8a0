package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// stepOf is one step of stepLists, as the oracle reads it.
type stepOf struct {
	SetWeight int
	Pause     *struct{ Duration string }
}

func stepsOf(list int) []stepOf {
	var out []stepOf
	if err := json.Unmarshal([]byte(stepLists[list]), &out); err != nil {
		panic(fmt.Sprintf("simulator: internal error: %v", err))
	}
	return out
}

// journey is what Git asks of one target at the commit that a decision names.
type journey struct {
	steps []stepOf
	total int
	want  rollout.Routes
}

// journeyOf reads it from the wish, not from what the agent made of it. A
// decision names no commit that was wrong: promise 9.
func (o *oracle) journeyOf(v *version) (journey, bool) {
	asked, known := o.w.history[v.entry.Revision]
	i, there := asked.target(v.Ref.Name)
	if !known || !there || !asked.valid() {
		o.breaks("9", "%s moves for commit %q, which asks for no such thing: %s", v.Ref.Name, v.entry.Revision, asked)
		return journey{}, false
	}
	j := journey{steps: stepsOf(asked.Default), total: 100, want: sideOf(whole(asked.Targets[i].service(false)).(object)).routes}
	if p, ok := asked.planOf(i); ok {
		j.steps = stepsOf(p.Steps)
		if p.Total > 0 {
			j.total = p.Total
		}
	}
	return j, true
}

// stepped holds promise 2, and of section 4 what it says of every step: no
// more exposure than the step allows and no less than it asks for, each
// destination towards its target, the sum as the plan says, no step left out
// that was not met, no pause cut short.
func (o *oracle) stepped(v *version) {
	if v.entry == nil || v.entry.Operation != rollout.Forward || v.before.state == nil {
		return
	}
	changes := v.reweighed()
	if len(changes) == 0 {
		return
	}
	j, ok := o.journeyOf(v)
	if !ok {
		return
	}
	k := v.entry.Step
	for _, c := range changes {
		want, ok := j.want.Find(c.key)
		if !ok {
			o.breaks("2", "%s moves route %s, which Git does not have", v.Ref.Name, c.key)
			continue
		}
		stable, had := v.before.state.Member.Stable.Find(c.key)
		if !had { // a route that came by a reshape, or with what was made anew: it is where it was
			stable.Split = c.from
		}
		o.exposed(v, j, k, c, stable.Split, want.Split)
		o.towards(v, j, c, want.Split)
	}
	if v.after.state.Journey.ID == v.entry.ID && v.after.state.Journey.Seq == v.entry.Seq {
		o.skipped(v, j, k)
		o.rested(v, j)
	}
}

// units is what the destinations that rise from stable to the target have
// together, of the plan's total.
func units(s, stable, want rollout.Split, total int) float64 {
	sum := 0.0
	for _, w := range want {
		if share(want, w.Destination) > share(stable, w.Destination)+1e-9 {
			sum += share(s, w.Destination)
		}
	}
	return sum * float64(total)
}

func (o *oracle) exposed(v *version, j journey, k int, c routeMove, stable, want rollout.Split) {
	// Never less than stable's, says section 4; a journey goes on from the live
	// split, towards the target only; shares that whole numbers cannot say take no room.
	floor := max(units(stable, stable, want, j.total), units(c.from, stable, want, j.total)) + float64(len(c.to))
	if c.to.Equal(want) {
		if k < len(j.steps) && units(want, stable, want, j.total) > max(float64(j.steps[k].SetWeight*j.total)/100, floor)+1e-6 {
			o.breaks("2", "%s goes to Git's %s with step %d, which is at most %d%%", v.Ref.Name, c.to, k+1, j.steps[k].SetWeight)
		}
		return
	}
	if k >= len(j.steps) {
		o.breaks("2", "%s goes to %s after its last step, and not to Git's %s", v.Ref.Name, c.to, want)
		return
	}
	if sum := c.to.Total(); sum != j.total {
		o.breaks("3", "%s goes to %s, which sums to %d and not to %d", v.Ref.Name, c.to, sum, j.total)
	}
	rounding := float64(len(c.to)) // shares that whole numbers cannot say
	most := float64(j.steps[k].SetWeight * j.total / 100)
	is := units(c.to, stable, want, j.total)
	if is > max(most, floor)+1e-6 {
		o.breaks("2", "%s goes to %s (stable %s, Git %s): %.1f of %d is exposed at step %d, which is at most %d%%", v.Ref.Name, c.to, stable, want, is, j.total, k+1, j.steps[k].SetWeight)
	}
	// "At most", says section 4: what a rising destination gives up that had got
	// more than its target's share, from a journey before, need not be handed on at once.
	freed := 0.0
	for _, w := range want {
		if share(want, w.Destination) > share(stable, w.Destination)+1e-9 {
			freed += max(share(c.from, w.Destination)-share(c.to, w.Destination), 0) * float64(j.total)
		}
	}
	if least := min(most, units(want, stable, want, j.total)); is < least-freed-rounding-1e-6 {
		o.breaks("2", "%s goes to %s (stable %s, Git %s), between two steps: %.1f of %d is exposed at step %d", v.Ref.Name, c.to, stable, want, is, j.total, k+1)
	}
}

// towards holds that each destination goes towards its target's share and not past it.
func (o *oracle) towards(v *version, j journey, c routeMove, want rollout.Split) {
	grain := 1.0/float64(j.total) + 1e-9
	if c.from.Total() == 0 {
		return // an edit that gave nobody anything
	}
	for _, w := range c.to {
		a, b, t := share(c.from, w.Destination), share(c.to, w.Destination), share(want, w.Destination)
		if b < min(a, t)-grain || b > max(a, t)+grain {
			o.breaks("2", "%s goes from %s to %s on its way to %s: %s moves away from its target", v.Ref.Name, c.from, c.to, want, w.Destination)
		}
	}
}

// skipped holds that no step was left out but those that were met already.
func (o *oracle) skipped(v *version, j journey, k int) {
	from := -1
	if was := v.before.state.Journey; was.ID == v.entry.ID {
		from = was.Step
	}
	if slices.ContainsFunc(v.entry.Intents, func(i rollout.Intent) bool {
		return i.Verb == rollout.ToPromote && i.Full && i.ID == v.entry.ID && i.By != v.entry.Author
	}) {
		return // somebody who may asked for all of them at once
	}
	for s := from + 1; s < min(k, len(j.steps)); s++ {
		for _, r := range v.before.routes {
			want, ok := j.want.Find(r.Key)
			stable, had := v.before.state.Member.Stable.Find(r.Key)
			if !ok || !had {
				continue
			}
			due := min(float64(j.steps[s].SetWeight*j.total/100), units(want.Split, stable.Split, want.Split, j.total))
			if is := units(r.Split, stable.Split, want.Split, j.total); is < due-float64(len(r.Split))-1e-6 {
				o.breaks("2", "%s goes from %s to step %d and leaves out step %d of %d", v.Ref.Name, r.Split, k+1, s+1, len(j.steps))
			}
		}
	}
}

// rested holds that the pause of the step before was over, by the agent's own
// clock, or ended by somebody who may.
func (o *oracle) rested(v *version, j journey) {
	was := v.before.state.Journey
	if was.ID != v.entry.ID || was.Step < 0 || was.Step >= len(j.steps) || j.steps[was.Step].Pause == nil {
		return
	}
	if v.entry.Step == was.Step { // brought up to it once more
		return
	}
	helped := false
	for _, i := range v.entry.Intents {
		helped = helped || (i.Verb == rollout.ToPromote || i.Verb == rollout.ToApprove) && i.ID == was.ID && i.By != v.entry.Author
	}
	d, err := time.ParseDuration(j.steps[was.Step].Pause.Duration)
	switch {
	case helped:
	case err != nil:
		o.breaks("2", "%s goes on from step %d, which nobody approved: %+v", v.Ref.Name, was.Step+1, v.entry.Intents)
	case v.entry.Time.Sub(was.Since) < d:
		o.breaks("2", "%s goes on from step %d after %s of its pause of %s", v.Ref.Name, was.Step+1, v.entry.Time.Sub(was.Since), d)
	}
}

// corrected holds that what is corrected becomes what weir had written.
func (o *oracle) corrected(v *version) {
	if v.entry == nil || v.entry.Operation != rollout.Correct || v.before.state == nil {
		return
	}
	last := v.before.state.Member.Last()
	names := slices.ContainsFunc(v.entry.Changes, func(c audit.Change) bool { return c.Target == v.Ref })
	if names && len(v.reweighed()) == 0 && v.before.state.Journey.Entry != v.after.state.Journey.Entry {
		o.breaks("2", "%s is corrected at %s, and nothing changes", v.Ref.Name, v.after.routes)
	}
	for _, c := range v.reweighed() {
		if was, ok := last.Find(c.key); !ok || !was.Split.Equal(c.to) {
			o.breaks("2", "%s is corrected to %s, and had been %s", v.Ref.Name, c.to, was.Split)
		}
	}
}
