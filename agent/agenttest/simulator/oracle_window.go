package simulator

import (
	"slices"
	"time"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// timely holds that what goes forward was decided while windows and freezes let it,
// after its startAt and at a tick, by the agent's own clock: as some commit had
// them from the one on that the decision names.
func (o *oracle) timely(v *version) {
	e := v.entry
	if e == nil || v.before.state == nil || v.before.state.Journey.Entry == v.after.state.Journey.Entry || !slices.Contains([]rollout.Kind{rollout.Forward, rollout.Correct, rollout.Reshape}, e.Operation) {
		return
	}
	why := ""
	for _, sha := range o.from(e.Revision) {
		if why = o.w.history[sha].shut(v.Ref.Name, e.Entry, v.before.state.Journey); why == "" {
			break
		}
	}
	if why != "" {
		o.breaks("window", "%s goes to %s by a decision of %s, and %s", v.Ref.Name, v.after.routes, e.Time.Format(time.TimeOnly), why)
	}
	if why := o.missed(v); why != "" {
		o.breaks("window", "%s goes to %s by a decision of %s, and %s", v.Ref.Name, v.after.routes, e.Time.Format(time.TimeOnly), why)
	}
}

// from is every commit since the first time that this one was the newest.
func (o *oracle) from(sha string) []string {
	if i := slices.Index(o.w.commits, sha); i >= 0 {
		return o.w.commits[i:]
	}
	return nil
}

// shut says why the decision was not to be made at its time; empty where it was.
func (w wish) shut(name string, e audit.Entry, was rollout.Journey) string {
	i, there := w.target(name)
	p, planned := w.planOf(i)
	if !there {
		return ""
	}
	steps := e.Operation == rollout.Forward
	overridden := slices.ContainsFunc(e.Intents, func(i rollout.Intent) bool {
		before := i.ID == was.ID && i.Step < was.Step      // of a step that was taken since
		coming := i.ID == e.ID || !steps && i.ID != was.ID // what has to be before the step may be now as well
		return i.Verb == rollout.ToOverride && coming && !before
	})
	finishes := steps && planned && e.Seq > 1 && p.closing(w) == "finish"
	levels := w.levels(p)
	switch {
	case w.frozen(e.Time):
		return "a freeze holds"
	case steps && p.Gate.Start > 0 && e.Time.Before(midnight.Add(starts[p.Gate.Start])):
		return "its startAt is to come"
	case overridden:
		return ""
	case slices.ContainsFunc(levels, func(list []windowOf) bool { return denies(list, e.Time) }):
		return "a window denies it"
	case !finishes && slices.ContainsFunc(levels, func(list []windowOf) bool { return !allows(list, e.Time) }):
		return "no window is open"
	}
	return ""
}

// levels are the windows around a plan.
func (w wish) levels(p planWish) [][]windowOf {
	return [][]windowOf{levelWindows[w.Level], windowLists[p.Gate.Windows]}
}

// closed tells whether a freeze or a window holds the plan back at a time.
func (w wish) closed(p planWish, t time.Time) bool {
	return w.frozen(t) || slices.ContainsFunc(w.levels(p), func(list []windowOf) bool { return denies(list, t) || !allows(list, t) })
}

// missed says that a step was taken without a tick of its own, where the plan of
// the decision's commit has a schedule.
func (o *oracle) missed(v *version) string {
	e, was := v.entry, v.before.state.Journey
	asked := o.w.history[e.Revision]
	i, there := asked.target(v.Ref.Name)
	p, planned := asked.planOf(i)
	if !there || !planned || p.Gate.Schedule == 0 || e.Operation != rollout.Forward || was.ID == e.ID && was.Step >= e.Step {
		return ""
	}
	hour := e.Time.UTC().Truncate(time.Hour)
	for _, minute := range schedules[p.Gate.Schedule] {
		for _, tick := range []time.Time{hour.Add(time.Duration(minute) * time.Minute), hour.Add(time.Duration(minute-60) * time.Minute)} {
			free := was.ID != e.ID || tick.After(was.Since)
			if free && !tick.After(e.Time) && e.Time.Sub(tick) < tickLasts {
				return ""
			}
		}
	}
	return "no tick is free for it"
}
