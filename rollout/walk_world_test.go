package rollout

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

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
	w.settle(t)
	// A hand edit of a completed rollout may stay, and does while there is a fight.
	resting := live.State.Member.Applied == nil && (live.Editor != "" || w.last.Reason.Code == Fight)
	is := w.r.Targets[0].Routes.With(w.f.Live[0].Routes)
	switch {
	case is.Equal(stable):
		require.LessOrEqual(t, len(w.made), 2, "%v", w.made) // a reshape may follow
	case resting:
	case w.r.Plan.Rollback != nil && w.last.Reason.Code == GoingBack:
		require.NotEmpty(t, w.last.Again)
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
		"rules":   happen(func(t *rapid.T) { w.r.Rules.Levels = someLevels(t) }),
		"suspend": happen(func(t *rapid.T) { w.r.Rules.Suspend = rapid.Bool().Draw(t, "suspended") }),
		"git":     happen(func(t *rapid.T) { w.r.Want = rapid.SampledFrom([]Want{Known, Unknown}).Draw(t, "want") }),
		"metrics": happen(w.metrics),
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
	w.r.Want, w.r.Rules.Suspend, w.r.Rules.Levels, w.allowed = Known, false, nil, true
	w.told = append(w.told, tale{at: w.now, value: good})
	for i := range 4 {
		w.f.Ready[version(i)] = Readiness{Defined: true, Known: true, Ready: 1, Want: 1}
	}
	for range 20_000 { // it wakes for every instant of an analysis, also while a window is closed for days
		w.settle(t)
		if w.last.Journey.Phase == Healthy {
			is := w.r.Targets[0].Routes.With(w.f.Live[0].Routes)
			require.True(t, is.Equal(w.r.Targets[0].Routes), "Healthy at %s, and Git wants %s", is, w.r.Targets[0].Routes)
			return
		}
		switch {
		case w.last.Reason.Code == GoingBack:
			w.now = w.last.Again
		case w.last.Reason.Code == HandEdit || w.last.Journey.Phase == Degraded:
			w.commit(t) // a hand edit stays until Git changes, and so does what failed
		case w.last.Reason.Code == Approval || w.last.Reason.Code == Adoption:
			w.approve("bob")
			w.approve("cem")
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
