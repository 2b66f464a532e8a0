package rollout

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// halfway is a rollout at all of v3 whose Git is back at stable, v1, one step of its
// way back taken.
func halfway(t *testing.T) (*Rollout, Facts) {
	t.Helper()
	r, f := wish()
	r.Plan.Steps, r.Plan.Rollback = []Step{{SetWeight: 100, Pause: &Pause{UntilApproved: true}}}, &Rollback{StepWeight: 40, Interval: time.Minute}
	f.Live = Next(r, f, noon).On(f.Live)
	require.Equal(t, "v1 0 · v3 100", f.Live[0].Routes.String())
	r.Targets[0].Routes = r.Targets[0].Routes.With(f.Live[0].State.Member.Stable)
	m := Next(r, f, noon)
	require.Equal(t, GoingBack, m.Reason.Code)
	f.Live = m.On(f.Live)
	require.Equal(t, "v1 40 · v3 60", f.Live[0].Routes.String())
	return r, f
}

// An agent that is new, and finds Git away, goes on back by what the cluster knows, in
// the steps in which that began.
func TestTheWayBackGoesOnWithoutGit(t *testing.T) {
	known, f := halfway(t)
	r := &Rollout{Name: known.Name, Source: known.Source, Want: Unknown, Targets: []Target{{Ref: reviews}}}

	m := Next(r, f, noon.Add(30*time.Second))
	require.Equal(t, Hold, m.Kind, m.Reason)
	assert.Equal(t, GoingBack, m.Reason.Code)
	assert.Equal(t, noon.Add(time.Minute), m.Again)
	for i, want := range []string{"v1 80 · v3 20", "v1 100 · v3 0"} {
		m = Next(r, f, noon.Add(time.Duration(i+1)*time.Minute))
		require.Equal(t, Back, m.Kind, m.Reason)
		assert.Equal(t, want, m.Changes[0].To.String())
		f.Live = m.On(f.Live)
	}
	asked := Facts{Live: f.Live, Intents: []Intent{{Verb: ToPromote, ID: m.Journey.ID, By: "ann"}, {Verb: ToAbort, ID: m.Journey.ID, By: "ann"}}}
	assert.Equal(t, asked.Intents[1:], Counted(r, asked, m.Journey, noon), "who wrote it is not known, so nobody raises it")
	assert.Equal(t, "back at stable, v1 100 · v3 0: it was on its way when Git was last read", m.Reason.Sentence)
	state := f.Live[0].State
	assert.Nil(t, state.Member.Rollback)
	assert.Equal(t, Healthy, state.Journey.Phase)
	assert.Equal(t, GitUnknown, Next(r, f, noon.Add(3*time.Minute)).Reason.Code)
	assert.Equal(t, RolledBack, Next(known, f, noon.Add(3*time.Minute)).Reason.Code)
}

// What goes back with its window begins anew at the next opening still, with approvals
// of its own.
func TestWhatGoesBackWithItsWindowIsNoOtherWithoutGit(t *testing.T) {
	known, f := halfway(t)
	f.Live[0].State.Journey.Reason.Code = WindowReturned
	r := &Rollout{Name: known.Name, Source: known.Source, Want: Unknown, Targets: []Target{{Ref: reviews}}}
	m := Next(r, f, noon.Add(time.Minute))
	require.Equal(t, Back, m.Kind, m.Reason)
	assert.Equal(t, WindowReturned, m.Journey.Reason.Code)
}

// Git comes first where it is known: a plan that says nothing of steps any more goes
// back in one move, and so does a state that says what no plan may.
func TestThePlanSaysInWhatStepsItGoesBack(t *testing.T) {
	r, f := halfway(t)
	r.Plan.Rollback = nil
	m := Next(r, f, noon.Add(time.Minute))
	require.Equal(t, Back, m.Kind, m.Reason)
	assert.Equal(t, "v1 100 · v3 0", m.Changes[0].To.String())

	r.Want = Unknown
	for _, b := range []Rollback{{StepWeight: 0, Interval: time.Minute}, {StepWeight: 100, Interval: time.Minute}, {StepWeight: 40}} {
		f.Live[0].State.Member.Rollback = &b
		m = Next(r, f, noon.Add(time.Minute))
		assert.Equal(t, "v1 100 · v3 0", m.Changes[0].To.String(), "%+v", b)
	}
}

// What is on its way forward stays where it is while Git is not known.
func TestWhatGoesForwardWaitsForGit(t *testing.T) {
	r, f := wish()
	f.Live = Next(r, f, noon).On(f.Live)
	r.Want = Unknown
	m := Next(r, f, noon.Add(time.Hour))
	assert.Equal(t, Hold, m.Kind, m.Reason)
	assert.Equal(t, GitUnknown, m.Reason.Code)
}
