package rollout

import (
	"fmt"
	"slices"
	"testing"
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
	p.Targets = []TargetRef{{"reviews", rapid.SampledFrom([][]string{nil, nil, {"a"}}).Draw(t, "moves")}}
	return p.WithDefaults()
}

// settle lets the agent do all that it would do now.
func (w *walker) settle(t *rapid.T) {
	w.made = nil
	for range 100 {
		m := Next(w.r, w.f, w.now)
		if m.Kind.Traits().Decided && !w.allowed {
			m = m.Under(Verdict{Why: "no"})
		}
		w.last = m
		if !m.Writes() {
			t.Logf("%s %s, %s wanted: %s", w.now.Format(time.TimeOnly), m.Journey.Phase, w.r.Targets[0].Routes, m.Reason)
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
	if m.Kind == Forward {
		w.paces(t, m)
	}
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
				previous, _ := w.f.Live[0].State.Member.Previous.Find(r.Key)
				require.True(t, r.Split.Equal(before) || r.Split.Equal(stable) || r.Split.Equal(previous.Split), "back goes from %s to %s, neither stable %s nor what was before it", before, r.Split, stable)
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

func (w *walker) commit(t *rapid.T) {
	routes := slices.Clone(w.r.Targets[0].Routes)
	for i := range routes {
		routes[i].Split = walkSplit(t)
	}
	w.git(routes)
}

// git is what Git has from now on. Fixed routes are part of the rest.
func (w *walker) git(routes Routes) {
	rest := []any{w.rest}
	for i, r := range routes {
		if routes[i].Fixed = !w.r.Plan.Targets[0].Moves(r.Label); routes[i].Fixed {
			rest = append(rest, r.Split)
		}
	}
	w.r.Want, w.r.Targets = Known, []Target{{Ref: reviews, Rest: DigestOf(rest), Routes: routes}}
}

func (w *walker) reshape(t *rapid.T) {
	w.rest = rapid.IntRange(1, 3).Draw(t, "rest")
	w.git(slices.Clone(w.r.Targets[0].Routes))
}

// replan is another plan; it may move other routes, of which the first is one.
func (w *walker) replan(t *rapid.T) {
	w.r.Plan = walkPlan(t)
	w.git(slices.Clone(w.r.Targets[0].Routes))
	if rapid.Bool().Draw(t, "and other weights") {
		w.commit(t)
	}
	if len(w.f.Live) == 0 {
		return
	}
	live := w.f.Live[0]
	live.Routes = slices.Clone(live.Routes)
	for i, r := range live.Routes {
		live.Routes[i].Fixed = !w.r.Plan.Targets[0].Moves(r.Label)
	}
	w.f.Live = []Live{live}
}

// revert is a commit of stable: whatever holds other moves, the weights are
// back in one, unless nobody would be there to answer.
func (w *walker) revert(t *rapid.T) {
	if len(w.f.Live) == 0 || w.f.Live[0].State == nil {
		return
	}
	live := w.f.Live[0]
	stable := w.r.Targets[0].Routes.With(live.Routes).With(live.State.Member.Stable)
	w.git(stable)
	resting := live.Editor != "" && live.State.Member.Applied == nil // a hand edit of a completed rollout may stay
	w.settle(t)
	is := w.r.Targets[0].Routes.With(w.f.Live[0].Routes)
	switch {
	case is.Equal(stable):
		require.LessOrEqual(t, len(w.made), 2, "%v", w.made) // a reshape may follow
	case resting:
	default:
		require.Equal(t, StableNotReady, w.last.Reason.Code, "%s is not back at %s: %s", is, stable, w.last.Reason)
		require.True(t, slices.ContainsFunc(stable, func(r Route) bool {
			return !slices.ContainsFunc(r.Split.Carrying(), func(d Destination) bool { return w.f.Ready[d].Ready > 0 })
		}), "stable %s has ready endpoints, and it is not gone back to", stable)
	}
}

func (w *walker) edit(t *rapid.T) {
	if len(w.f.Live) == 0 {
		return
	}
	l := w.f.Live[0]
	l.Editor, l.Routes = "kubectl-edit", slices.Clone(l.Routes)
	i := rapid.IntRange(0, len(l.Routes)-1).Draw(t, "edited route")
	l.Routes[i].Split = walkSplit(t)
	w.f.Live = []Live{l}
}

func (w *walker) pods(t *rapid.T) {
	d := version(rapid.IntRange(0, 3).Draw(t, "version"))
	w.f.Ready[d] = Readiness{
		Defined: rapid.IntRange(0, 3).Draw(t, "defined") > 0, SeenSince: w.now,
		Known: rapid.IntRange(0, 3).Draw(t, "known") > 0, Ready: rapid.IntRange(0, 1).Draw(t, "ready"), Want: 1,
	}
}

func (w *walker) approve(by string) {
	w.f.Intents = append(w.f.Intents, Intent{Verb: "approve", ID: w.last.Journey.ID, Step: w.last.Journey.Step, By: by})
}

func (w *walker) wait(d time.Duration) { w.now = w.now.Add(d) }

// actions are what may happen; the agent looks after each.
func (w *walker) actions() map[string]func(*rapid.T) {
	happen := func(what func(*rapid.T)) func(*rapid.T) {
		return func(t *rapid.T) {
			what(t)
			w.settle(t)
		}
	}
	return map[string]func(*rapid.T){
		"commit":  happen(w.commit),
		"reshape": happen(w.reshape),
		"revert":  w.revert,
		"edit":    happen(w.edit),
		"pods":    happen(w.pods),
		"plan":    happen(w.replan),
		"policy":  happen(func(t *rapid.T) { w.allowed = rapid.Bool().Draw(t, "allowed") }),
		"suspend": happen(func(t *rapid.T) { w.r.Rules.Suspend = rapid.Bool().Draw(t, "suspended") }),
		"git":     happen(func(t *rapid.T) { w.r.Want = rapid.SampledFrom([]Want{Known, Unknown}).Draw(t, "want") }),
		"approve": happen(func(*rapid.T) { w.approve("bob"); w.approve("cem") }),
		"time":    happen(func(t *rapid.T) { w.wait(time.Duration(rapid.IntRange(1, 40).Draw(t, "minutes")) * time.Minute) }),
		"again": happen(func(*rapid.T) {
			if w.last.Again.After(w.now) {
				w.now = w.last.Again
			}
		}),
	}
}

// end makes everything well and waits: every rollout ends Healthy, as Git has it.
func (w *walker) end(t *rapid.T) {
	w.r.Want, w.r.Rules.Suspend, w.allowed = Known, false, true
	for i := range 4 {
		w.f.Ready[version(i)] = Readiness{Defined: true, Known: true, Ready: 1, Want: 1}
	}
	for range 40 {
		w.settle(t)
		if w.last.Journey.Phase == Healthy {
			is := w.r.Targets[0].Routes.With(w.f.Live[0].Routes)
			require.True(t, is.Equal(w.r.Targets[0].Routes), "Healthy at %s, and Git wants %s", is, w.r.Targets[0].Routes)
			return
		}
		switch {
		case w.last.Reason.Code == HandEdit:
			w.commit(t) // a hand edit stays until Git changes
		case w.last.Again.After(w.now):
			w.now = w.last.Again
		default:
			w.approve("bob")
			w.approve("cem")
		}
	}
	t.Fatalf("all is well, and it does not end: %s %+v", w.last.Reason, w.last.Journey)
}

func TestARandomWalkBreaksNoPromise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWalker(t)
		t.Repeat(w.actions())
		w.end(t)
	})
}

func TestNeedsNamesWhatGitLiveStableAndTheSplitsBeforeThemUse(t *testing.T) {
	routes := func(v int) Routes { return Routes{{Key: "http:a", Split: Split{{version(v), 1}, {version(9), 0}}}} }
	r := &Rollout{Targets: []Target{{Ref: reviews, Routes: routes(0)}, {Ref: Ref{"bookinfo", "new"}, Routes: routes(0)}}}
	live := []Live{{Ref: reviews, Routes: routes(1), State: &State{Member: Member{Stable: routes(2), Previous: routes(3), Applied: routes(4)}}}}
	var named []Destination
	for _, q := range Needs(r, live, noon) {
		named = append(named, q.Destination)
	}
	require.ElementsMatch(t, []Destination{version(0), version(1), version(2), version(3), version(4)}, named, "each once, and none that gets nothing")
}

// A commit may name one more route in the plan and change its weights: that is
// a rollout of its own, which starts from the live weights.
func TestARouteThatThePlanMovesFromNowOnStartsFromItsLiveWeights(t *testing.T) {
	r, f := benchmark()
	fixed := Route{Key: "http:b", Protocol: HTTP, Label: "b", Split: mustSplit("v1", 100, "v3", 0), Fixed: true}
	r.Targets[0].Routes = append(r.Targets[0].Routes, fixed)
	f.Live[0].Routes = append(slices.Clone(f.Live[0].Routes), fixed)

	moving := fixed
	moving.Fixed = false
	f.Live[0].Routes[1] = moving
	moving.Split = mustSplit("v1", 0, "v3", 100)
	r.Targets[0].Routes[1] = moving
	m := Next(r, f, noon)
	require.Equal(t, Forward, m.Kind, m.Reason)
	require.Equal(t, "primary: v1 100 · v3 0; b: v1 90 · v3 10", m.Changes[0].To.String())
}

// The plan leaves a route alone; what Git says of it is still no reason to
// send traffic where nobody answers.
func TestAFixedRouteWaitsForEndpointsToo(t *testing.T) {
	r, f := benchmark()
	fixed := Route{Key: "http:b", Protocol: HTTP, Label: "b", Split: mustSplit("v1", 100, "v3", 0), Fixed: true}
	f.Live[0].Routes = append(slices.Clone(f.Live[0].Routes), fixed)
	fixed.Split = mustSplit("v1", 0, "v3", 100)
	r.Targets[0].Routes, r.Targets[0].Rest = append(r.Targets[0].Routes, fixed), "another"
	require.Equal(t, Reshape, Next(r, f, noon).Kind)
	f.Ready[version(2)] = Readiness{Defined: true, Known: true, Want: 1}
	require.Equal(t, NotReady, Next(r, f, noon).Reason.Code)
}
