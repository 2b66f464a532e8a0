package simulator

import (
	"slices"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// waits are the reasons that gates give; a table says how often each held or sent
// back.
var waits = []rollout.Code{
	rollout.WindowClosed, rollout.WindowDenies, rollout.WindowShort, rollout.Frozen, rollout.StartAt, rollout.NextTick, rollout.WindowReturned,
	rollout.Analyzing, rollout.Inconclusive, rollout.AnalysisFailed, rollout.WebhookClosed, rollout.WebhookSilent, rollout.WebhookBack,
	rollout.GoingBack,
}

// held is what waits for the reason, or went back for it, as it is counted.
func held(code rollout.Code) Kind { return "held: " + Kind(code) }

// lag is how long after an instant its samples are asked for.
const lag = 2 * time.Second

// instants counts those of a metric since a step began, as the world was, until a
// time: how many were bad, and how the newest was for all that rise.
func (o *oracle) instants(a analysisOf, rising []rollout.Destination, from, until time.Time) (failed, newest int, seen bool) {
	from = from.UTC().Truncate(time.Millisecond)
	for t := from.Add(a.every); !t.Add(lag).After(until); t = t.Add(a.every) {
		newest, seen = good, true
		for _, d := range rising {
			switch is := o.w.qualityOf(d, t); {
			case is == bad:
				newest = bad
			case is == silent && newest == good:
				newest = silent
			}
		}
		if newest == bad {
			failed++
		}
	}
	return failed, newest, seen
}

// rising are the destinations that a target gives more traffic to, and that get
// some now.
func rising(want, stable, live rollout.Routes) []rollout.Destination {
	var out []rollout.Destination
	for _, r := range want {
		was, _ := stable.Find(r.Key)
		is, _ := live.Find(r.Key)
		for _, w := range r.Split {
			if share(r.Split, w.Destination) > share(was.Split, w.Destination)+1e-9 && is.Split.Of(w.Destination) > 0 {
				out = append(out, w.Destination)
			}
		}
	}
	return out
}

// gated holds that a step of a plan with an analysis is taken only once an instant
// of it was there since the step before began, the newest of them good for all
// that rise, and no more failed than may; and only while the webhooks that guard
// it say yes.
func (o *oracle) gated(v *version) {
	e := v.entry
	if e == nil || e.Operation != rollout.Forward || v.before.state == nil {
		return
	}
	if j := v.after.state.Journey; j.ID == e.ID {
		o.taken[j.ID] = append(o.taken[j.ID], j)
	}
	if len(v.reweighed()) == 0 {
		return
	}
	was := v.before.state.Journey
	asked := o.w.history[e.Revision]
	i, there := asked.target(v.Ref.Name)
	p, planned := asked.planOf(i)
	if !there || !planned {
		return
	}
	if was.ID == e.ID && was.Step >= 0 && was.Step < e.Step && !o.promoted(v) {
		a := p.analysis()
		of := rising(o.wanted(e.Revision, i), v.before.state.Member.Stable, v.before.routes)
		if a.every > 0 && len(of) > 0 {
			o.passing(v, a, of, was)
		}
	}
	if e.began.IsZero() || was.ID == e.ID && was.Step >= e.Step {
		return
	}
	for _, h := range hookLists[p.Gate.Hooks] {
		if why := o.guarded(v, p, h); why != "" {
			o.breaks("webhook", "%s goes to %s, and webhook %s (%s) %s", v.Ref.Name, v.after.routes, h.name, h.kind, why)
		}
	}
}

func (o *oracle) passing(v *version, a analysisOf, of []rollout.Destination, was rollout.Journey) {
	since, again := was.Since, false
	for _, j := range o.taken[v.entry.ID] {
		if j.Step == v.entry.Step && j.Seq < v.entry.Seq { // others of the group had taken it before
			since, again = j.Since, true
		}
	}
	failed, newest, seen := o.instants(a, of, since, v.entry.Time)
	switch {
	case again && !seen:
	case !seen:
		o.breaks("analysis", "%s goes on from step %d, of which there is no instant yet", v.Ref.Name, was.Step+1)
	case newest != good:
		o.breaks("analysis", "%s goes on from step %d, and what its newest instant says of %s is %s", v.Ref.Name, was.Step+1, of, qualities[newest])
	case failed > a.failures:
		o.breaks("analysis", "%s goes on from step %d, of which %d instants failed", v.Ref.Name, was.Step+1, failed)
	}
}

// promoted tells whether somebody asked for the step to be taken as it is.
func (o *oracle) promoted(v *version) bool {
	return slices.ContainsFunc(v.entry.Intents, func(i rollout.Intent) bool { return i.Verb == rollout.ToPromote })
}

// guarded says how the webhook forbids the step, by all that it answered in the
// pass that decided it; empty where it does not.
func (o *oracle) guarded(v *version, p planWish, h hookOf) string {
	e := v.entry
	was := v.before.state.Journey
	first := was.ID != e.ID || was.Step < 0 // a move before it may have been recorded, and lost
	steps := stepsOf(p.Steps)
	last := e.Step >= len(steps) || steps[e.Step].SetWeight == 100
	switch {
	case h.kind == "confirm-rollout" && !first, h.kind == "confirm-promotion" && !last:
		return ""
	case h.kind == "rollback":
		if !first && o.only(h.name, yes, e.began, e.at) {
			return "asks for it back"
		}
		return ""
	case o.never(h.name, yes, e.began, e.at):
		return "did not say yes"
	}
	return ""
}

// only and never tell whether the webhook would have given an answer all the time,
// or at no time.
func (o *oracle) only(name string, answer int, from, to time.Time) bool {
	return o.w.answer(name, from) == answer && !slices.ContainsFunc(o.w.hooks[name], func(x since) bool {
		return x.is != answer && x.from.After(from) && !x.from.After(to)
	})
}

func (o *oracle) never(name string, answer int, from, to time.Time) bool {
	return o.w.answer(name, from) != answer && !slices.ContainsFunc(o.w.hooks[name], func(x since) bool {
		return x.is == answer && x.from.After(from) && !x.from.After(to)
	})
}
