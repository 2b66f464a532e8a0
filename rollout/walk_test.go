package rollout

import (
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// walker lives through a rollout's days: commits, plans, hand edits, pods that
// come and go, policies that change their mind, and time. Every move that Next
// makes of them is held against what must never happen.
type walker struct {
	r       *Rollout
	f       Facts
	now     time.Time
	allowed bool
	last    Move
	made    []Move
	rest    int // what Git has beside weights
	told    []tale
}

func newWalker(t *rapid.T) *walker {
	w := &walker{
		r: &Rollout{
			Name: Name{"production", "bookinfo", "reviews"}, Want: Known, Source: Source{Cluster: "edge", Author: "ann"}, Plan: walkPlan(t),
			Targets: []Target{{Ref: reviews}},
		},
		f: Facts{Seen: true, Ready: map[Destination]Readiness{}}, now: noon, allowed: true,
	}
	for i := range 4 {
		w.f.Ready[version(i)] = Readiness{Defined: true, Known: true, Ready: 1, Want: 1}
	}
	for _, name := range []string{"a", "b"}[:rapid.IntRange(1, 2).Draw(t, "routes")] {
		w.r.Targets[0].Routes = append(w.r.Targets[0].Routes, Route{Key: "http:" + name, Protocol: HTTP, Label: name, Split: walkSplit(t)})
	}
	w.git(w.r.Targets[0].Routes)
	if rapid.Bool().Draw(t, "there before weir") {
		routes := slices.Clone(w.r.Targets[0].Routes)
		if rapid.Bool().Draw(t, "with other weights") {
			routes[0].Split = walkSplit(t)
		}
		w.f.Live = []Live{{Ref: reviews, UID: "1", Version: "1", Routes: routes}}
	}
	w.settle(t)
	return w
}

func version(i int) Destination { return Destination{Host: "app", Subset: fmt.Sprintf("v%d", i+1)} }

// walkSplit draws a split that Git may hold: somebody gets something.
func walkSplit(t *rapid.T) Split {
	s := make(Split, rapid.IntRange(1, 4).Draw(t, "destinations"))
	for i := range s {
		s[i] = Weight{version(i), rapid.SampledFrom([]int{0, 0, 1, 2, 20, 33, 50, 100}).Draw(t, "weight")}
	}
	if s.Total() == 0 {
		s[0].Weight = 100
	}
	return s
}

func walkPlan(t *rapid.T) Plan {
	p := somePlan(t)
	p.Suspend = false
	p.Analysis = walkAnalysis(t)
	if !meet(p) || p.WhenWindowCloses == GoBack && !soon(p) { // no decoder lets it pass, or not in this season
		p.Windows, p.Schedule, p.WhenWindowCloses = nil, nil, KeepWeights
		p.Steps[len(p.Steps)-1].Windows = nil
	}
	p.Targets = []TargetRef{{"reviews", rapid.SampledFrom([][]string{nil, nil, {"a"}}).Draw(t, "moves")}}
	return p.WithDefaults()
}

// meet tells whether each step finds a minute in which it may be taken.
func meet(p Plan) bool {
	for _, step := range p.Steps {
		levels := []Level{{Windows: p.Windows}, {Windows: step.Windows}}
		if s := p.Schedule; s != nil {
			levels = append(levels, Level{Windows: []Window{{Kind: Allow, Schedule: s.Cron, Duration: TickLasts, Zone: s.Zone}}})
		}
		if !slices.Contains(walkLevels(levels, noon, 2*24*60), true) {
			return false
		}
	}
	return true
}

// soon tells whether one of the next openings is long enough for the plan.
func soon(p Plan) bool {
	levels := []Level{{Windows: p.Windows}}
	for now, o := noon, Openings(levels, noon); ; o = Openings(levels, now) {
		begin := o.Opens
		if o.Open {
			begin = now
		}
		if now = o.Closes; now.IsZero() || p.fits(levels, begin, now) {
			return true
		}
		if now.After(noon.AddDate(0, 0, 5)) {
			return false
		}
	}
}

// settle lets the agent do all that it would do now.
func (w *walker) settle(t *rapid.T) {
	w.made = nil
	for range 100 {
		w.measure()
		m := Next(w.r, w.f, w.now)
		if m.Kind.Traits().Decided && !w.allowed {
			m = m.Under(Verdict{Why: "no"})
		}
		w.last = m
		if !m.Writes() {
			t.Logf("%s %s, %s wanted: %s", w.now.Format(time.TimeOnly), m.Journey.Phase, w.r.Targets[0].Routes, m.Reason)
			w.gates(t)
			return
		}
		t.Logf("%s %s to %s: %s", w.now.Format(time.TimeOnly), m.Kind, m.Changes[0].To, m.Reason)
		w.check(t, m)
		w.f.Live = m.On(w.f.Live)
		w.made = append(w.made, m)
	}
	t.Fatalf("the agent never rests: %v", w.made[90:])
}

// check holds one move against section 6 of the promises.
func (w *walker) check(t *rapid.T, m Move) {
	w.minds(t, m)
	if m.Kind == Forward {
		w.paces(t, m)
	}
	w.passes(t, m)
	for _, c := range m.Changes {
		w.keepsFixed(t, m, c)
		for _, r := range c.To {
			before, known := w.before(r.Key)
			target, _ := w.r.Targets[0].Routes.Find(r.Key)
			stable := w.stable(r.Key)
			switch m.Kind {
			case Forward:
				w.adds(t, r.Split, target.Split)
				if !r.Fixed {
					w.exposes(t, m, before, r.Split, stable, target.Split)
				}
			case Back:
				w.returns(t, r, before, stable)
				continue
			case Hold, Reshape:
				require.True(t, !known || r.Fixed || r.Split.Equal(before), "%s moves weights from %s to %s", m.Kind, before, r.Split)
			}
			for _, d := range Rising(before, r.Split) {
				ready := w.f.Ready[d]
				require.True(t, ready.Defined && (!ready.Known || ready.Ready > 0), "%s sends more to %s, which is not ready: %s to %s", m.Kind, d, before, r.Split)
			}
		}
	}
}

// returns: going back leads to stable or to the stable before it, or a part of the
// way where the plan says so: no more than that, and not sooner.
func (w *walker) returns(t *rapid.T, r Route, before, stable Split) {
	memory, b := w.f.Live[0].State.Member, w.r.Plan.Rollback
	if b == nil && w.r.Want == Unknown {
		b = memory.Rollback
	}
	previous, had := memory.Previous.Find(r.Key)
	if r.Split.Equal(before) || r.Split.Equal(stable) || r.Split.Equal(previous.Split) {
		return
	}
	require.NotNil(t, b, "back goes from %s to %s, neither stable %s nor what was before it", before, r.Split, stable)
	unit, lost, toStable, toPrevious := 100/float64(w.r.Plan.TotalWeight), 0.0, true, had
	within := func(d Destination, goal Split) bool {
		a, is, z := percent(before, d), percent(r.Split, d), percent(goal, d)
		return is >= min(a, z)-unit && is <= max(a, z)+unit
	}
	for _, d := range union(before, stable, previous.Split, r.Split) {
		lost += max(percent(before, d)-percent(r.Split, d), 0)
		toStable, toPrevious = toStable && within(d, stable), toPrevious && within(d, previous.Split)
	}
	require.True(t, toStable || toPrevious, "back goes from %s to %s, which is on the way to neither %s nor %s", before, r.Split, stable, previous.Split)
	require.LessOrEqual(t, lost, float64(b.StepWeight)+4*unit, "back goes from %s to %s in one step of %d", before, r.Split, b.StepWeight)
	if last := memory.Returned; !last.IsZero() && last.Before(w.now) {
		require.False(t, w.now.Before(last.Add(b.Interval)), "back goes on %s after %s", w.now, last)
	}
}

// minds: what heeds windows moves while they are open, as one sees who walks
// through time; what has to go back when they close is never seen outside them.
func (w *walker) minds(t *rapid.T, m Move) {
	if !m.Kind.Traits().Windowed {
		return
	}
	levels, steps := append(slices.Clone(w.r.Rules.Levels), Level{Windows: w.r.Plan.Windows}), w.r.Plan.Steps
	if m.Kind == Forward && w.r.Plan.WhenWindowCloses == Finish && w.f.Live[0].State.Journey.ID == m.Journey.ID {
		levels = without(levels, Allow)
	}
	if k := m.Journey.Step; m.Kind == Forward && k < len(steps) {
		levels = append(levels, Level{Windows: steps[k].Windows})
	}
	require.True(t, walkLevels(levels, w.now.Truncate(time.Minute), 1)[0], "%s to step %d at %s, and no window is open", m.Kind, m.Journey.Step, w.now)
	require.False(t, w.now.Before(w.r.Plan.StartAt), "%s before startAt", m.Kind)
	if s := w.r.Plan.Schedule; m.Kind == Forward && s != nil {
		tick := Window{Schedule: s.Cron, Duration: TickLasts, Zone: s.Zone}
		require.True(t, walkWindow(tick, w.now.Truncate(time.Minute), 1)[0], "a step at %s, which is no tick", w.now)
		if j := w.f.Live[0].State.Journey; j.ID == m.Journey.ID && j.Step >= 0 {
			require.GreaterOrEqual(t, w.now.Sub(j.Since), time.Minute, "two steps at one tick")
		}
	}
	require.True(t, m.Until.IsZero() || m.Until.After(w.now))
}

// paces: no step begins before the pause of the one before it is over, and none
// that would have raised a weight is passed over.
func (w *walker) paces(t *rapid.T, m Move) {
	j, steps, from := w.f.Live[0].State.Journey, w.r.Plan.Steps, -1
	if j.ID == m.Journey.ID && j.Phase != Healthy {
		from = j.Step
	}
	if from >= 0 && from < len(steps) && steps[from].Pause != nil {
		by := map[string]bool{}
		for _, i := range w.f.Intents {
			by[i.By] = by[i.By] || i.ID == j.ID && i.Step == from && i.By != "ann"
		}
		over := !w.now.Before(j.Since.Add(steps[from].Pause.Duration))
		approved := by["bob"] && (by["cem"] || w.r.Plan.Approvals == 1)
		require.True(t, steps[from].Pause.UntilApproved && approved || !steps[from].Pause.UntilApproved && over, "step %d begins in the pause of step %d", m.Journey.Step, from)
	}
	unit := 100 / float64(w.r.Plan.TotalWeight)
	for k := from + 1; k < min(m.Journey.Step, len(steps)); k++ {
		for _, r := range w.r.Targets[0].Routes.Moving() {
			live, _ := w.before(r.Key)
			rising := Rising(w.stable(r.Key), r.Split)
			would := min(float64(steps[k].SetWeight), percent(r.Split, rising...))
			require.LessOrEqual(t, would, percent(live, rising...)+5*unit, "step %d was passed over from %s on the way to %s", k, live, r.Split)
		}
	}
}

// keepsFixed: a route that the plan does not move is Git's in what is laid over
// Git's object, and as it was in what is laid over the live one.
func (w *walker) keepsFixed(t *rapid.T, m Move, c Change) {
	for _, r := range c.To {
		if !r.Fixed {
			continue
		}
		is, ok := w.before(r.Key)
		if git, _ := w.r.Targets[0].Routes.Find(r.Key); m.Kind.Traits().Recorded || !ok {
			is = git.Split
		}
		require.True(t, r.Split.Equal(is), "%s: the fixed route %s becomes %s, not %s", m.Kind, r.Label, r.Split, is)
	}
}

func (w *walker) before(key string) (Split, bool) {
	if len(w.f.Live) == 0 {
		return nil, false
	}
	r, ok := w.f.Live[0].Routes.Find(key)
	return r.Split, ok
}

func (w *walker) stable(key string) Split {
	if len(w.f.Live) == 0 || w.f.Live[0].State == nil {
		return nil
	}
	if r, ok := w.f.Live[0].State.Member.Stable.Find(key); ok {
		return r.Split
	}
	live, _ := w.before(key)
	return live
}

// adds: what a step writes sums to the plan's total, unless it is Git's word.
func (w *walker) adds(t *rapid.T, to, target Split) {
	require.True(t, total(to) == w.r.Plan.TotalWeight || to.Verbatim(target), "%s adds up to %d, not %d", to, total(to), w.r.Plan.TotalWeight)
	for _, weight := range to {
		require.GreaterOrEqual(t, weight.Weight, 0)
	}
}

// exposes: a step's exposure is at most what the plan allows it, or what an
// earlier rollout gave already. A total is whole units, so shares between them
// are rounded, by one for each destination, and what grows by less than two
// units does not count as rising.
func (w *walker) exposes(t *rapid.T, m Move, live, to, stable, target Split) {
	unit := 100 / float64(w.r.Plan.TotalWeight)
	rising := slices.DeleteFunc(union(stable, target), func(d Destination) bool {
		return percent(target, d)-percent(stable, d) < 2*unit
	})
	allowed := percent(target, rising...)
	if step := m.Journey.Step; step < len(w.r.Plan.Steps) {
		allowed = min(allowed, float64(w.r.Plan.Steps[step].SetWeight))
	}
	allowed = max(allowed, percent(stable, rising...), percent(live, rising...)) + unit*float64(len(union(to, stable, target)))
	require.LessOrEqual(t, percent(to, rising...), allowed, "step %d exposes too much: %s on the way from %s to %s", m.Journey.Step, to, stable, target)
}

// percent is what the destinations hold of s together.
func percent(s Split, of ...Destination) float64 {
	sum := 0
	for _, d := range of {
		sum += s.Of(d)
	}
	return 100 * float64(sum) / float64(max(s.Total(), 1))
}
