package rollout

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// whenOpen is a rollout that would step now, under a window of the plan.
func whenOpen(schedule string) (*Rollout, Facts) {
	r, f := wish()
	r.Plan.Windows = []Window{window(schedule, 4*time.Hour, "UTC")}
	return r, f
}

func TestAPermissionEndsWithItsWindow(t *testing.T) {
	r, f := whenOpen("0 10 * * *")
	m := Next(r, f, noon)
	require.Equal(t, Forward, m.Kind, m.Reason)
	assert.Equal(t, noon.Add(2*time.Hour), m.Until)
	assert.Equal(t, noon.Add(10*time.Minute), m.Again, "its pause ends before")
}

func TestAHoldIsLookedAtAgainWhenTheWindowOpens(t *testing.T) {
	r, f := whenOpen("30 12 * * *")
	m := Next(r, f, noon)
	require.Equal(t, Hold, m.Kind)
	assert.Equal(t, Reason{WindowClosed, "window office of the plan is closed: it opens at 2026-11-23T12:30:00Z and closes at 2026-11-23T16:30:00Z"}, m.Reason)
	assert.Equal(t, noon.Add(30*time.Minute), m.Again)
}

// Who waits for pods is told that the window has closed, too.
func TestWhatIsNotReadyIsLookedAtAgainWhenTheWindowCloses(t *testing.T) {
	r, f := whenOpen("0 10 * * *")
	f.Ready[version(2)] = Readiness{Defined: true, Known: true, Want: 1}
	m := Next(r, f, noon)
	require.Equal(t, NotReady, m.Reason.Code)
	assert.Equal(t, noon.Add(2*time.Hour), m.Again)
}

// Nothing else would wake who waits for an approval when it is time to go back.
func TestWhatGoesBackWithItsWindowIsLookedAtAgainWhenItCloses(t *testing.T) {
	r, f := whenOpen("0 10 * * *")
	r.Plan.WhenWindowCloses = GoBack
	r.Plan.Steps = []Step{{SetWeight: 10, Pause: &Pause{UntilApproved: true}}, {SetWeight: 100}}
	f.Live = Next(r, f, noon).On(f.Live)
	m := Next(r, f, noon)
	require.Equal(t, Approval, m.Reason.Code)
	assert.Equal(t, noon.Add(2*time.Hour), m.Again)
	m = Next(r, f, m.Again)
	require.Equal(t, Back, m.Kind)
	assert.Equal(t, Reason{WindowReturned, "back at stable, v1 100 · v3 0, until it begins anew: window office of the plan closed, and it opens at 2026-11-24T10:00:00Z"}, m.Reason)
	assert.Equal(t, Healthy, m.Journey.Phase, "it has not failed")
	before := m.Journey.ID
	f.Live = m.On(f.Live)
	m = Next(r, f, noon.Add(22*time.Hour))
	require.Equal(t, Forward, m.Kind, m.Reason)
	assert.NotEqual(t, before, m.Journey.ID, "no old approval fits")
	assert.Equal(t, []ID{before}, m.Journey.Before)
}

// inWindow is a group of two in flight, whose window goes back when it closes at two.
// Its sibling may be one whose weights Git leaves as they are.
func inWindow(edit func(sibling *Target, live *Live)) (*Rollout, Facts) {
	r, f := whenOpen("0 10 * * *")
	r.Plan.WhenWindowCloses = GoBack
	other, twin := r.Targets[0], f.Live[0]
	other.Ref.Name = "ratings"
	twin.Ref = other.Ref
	edit(&other, &twin)
	r.Targets, f.Live = append(r.Targets, other), append(f.Live, twin)
	f.Live = Next(r, f, noon).On(f.Live)
	return r, f
}

// Members go back together; one whose write was lost follows, though the window
// has opened again meanwhile.
func TestAMemberThatHasNotGoneBackWithTheOthersFollows(t *testing.T) {
	r, f := inWindow(func(*Target, *Live) {})
	m := Next(r, f, noon.Add(2*time.Hour))
	require.Equal(t, Back, m.Kind, m.Reason)
	require.Len(t, m.Changes, 2)
	m.Changes = m.Changes[:1]
	f.Live = m.On(f.Live)
	m = Next(r, f, noon.Add(22*time.Hour))
	require.Equal(t, Back, m.Kind, m.Reason)
	require.Len(t, m.Changes, 1)
	assert.Equal(t, r.Targets[1].Ref, m.Changes[0].Ref)
}

// What another controller did to a member that Git leaves at stable is mended with
// them, not instead.
func TestAnEditOfOneMemberKeepsNoOtherFromGoingBackWithItsWindow(t *testing.T) {
	r, f := inWindow(func(sibling *Target, live *Live) { sibling.Routes = live.Routes })
	edited := &f.Live[1]
	stable := edited.Routes
	edited.Routes = slices.Clone(stable)
	edited.Routes[0].Split = mustSplit("v1", 40, "v3", 60)
	edited.Editor = "other-controller"
	m := Next(r, f, noon.Add(2*time.Hour))
	require.Equal(t, Back, m.Kind, m.Reason)
	assert.Equal(t, WindowReturned, m.Reason.Code, m.Reason)
	require.Len(t, m.Changes, 2)
	assert.Equal(t, stable, m.Changes[1].To)
}

// Nor does a hand edit of a member that is at rest, which stays.
func TestAHandEditOfAMemberAtRestKeepsNoOtherFromGoingBackWithItsWindow(t *testing.T) {
	r, f := inWindow(func(sibling *Target, live *Live) {
		sibling.Routes = live.Routes
		state := *live.State
		state.Member.Previous = slices.Clone(live.Routes)
		state.Member.Previous[0].Split = mustSplit("v1", 50, "v3", 50)
		live.State = &state
	})
	edited := &f.Live[1]
	edited.Routes = slices.Clone(edited.Routes)
	edited.Routes[0].Split = mustSplit("v1", 75, "v3", 25)
	edited.Editor = "kubectl-edit"
	require.Equal(t, HandEdit, Next(r, f, noon.Add(time.Minute)).Reason.Code)
	m := Next(r, f, noon.Add(2*time.Hour))
	require.Equal(t, Back, m.Kind, m.Reason)
	assert.Equal(t, WindowReturned, m.Reason.Code, m.Reason)
	require.Len(t, m.Changes, 1)
	assert.Equal(t, f.Live[0].Ref, m.Changes[0].Ref)
}

// Where the policies refuse the next step, nobody would look again in time: neither
// when the window closes that takes the rollout back, nor at a webhook that may.
func TestWhatIsRefusedIsLookedAtAgainForWhatMaySendItBack(t *testing.T) {
	r, f := whenOpen("0 10 * * *")
	r.Plan.WhenWindowCloses = GoBack
	f.Live = Next(r, f, noon).On(f.Live)
	monday := Verdict{Again: noon.Add(5 * 24 * time.Hour), Why: "not before the weekend"}
	at := noon.Add(10 * time.Minute)
	m := Next(r, f, at)
	require.Equal(t, Forward, m.Kind, m.Reason)
	held := m.Under(monday)
	assert.Equal(t, noon.Add(2*time.Hour), held.Again)
	assert.Equal(t, 0, held.Journey.Step, "it stands at the step that it has taken")
	assert.Equal(t, Progressing, held.Journey.Phase)

	r.Plan.WhenWindowCloses = KeepWeights
	r.Plan.Webhooks = []Webhook{{Name: "alarm", Type: AskRollback}}
	f.Live[0].State.Journey.ID = Next(r, f, at).Journey.ID
	assert.Equal(t, at.Add(reask), Next(r, f, at).Under(monday).Again)
}

// A step that comes some milliseconds after its tick, as each does, keeps the tick at
// which its pause ends.
func TestAPauseAsLongAsThePeriodLosesNoTick(t *testing.T) {
	r, f := whenOpen("* * * * *")
	hours := window("0 * * * *", time.Hour, "UTC")
	r.Plan.Windows, r.Plan.Schedule = nil, &Schedule{Cron: hours.Schedule, TimeZone: "UTC", Starts: hours.Starts, Zone: hours.Zone}
	r.Plan.Steps = []Step{{SetWeight: 10, Pause: &Pause{Duration: time.Hour}}, {SetWeight: 50}, {SetWeight: 100}}
	f.Live[0].State.Journey.Since = noon.Add(-time.Hour)
	late := noon.Add(400 * time.Millisecond)
	m := Next(r, f, late)
	require.Equal(t, Forward, m.Kind, m.Reason)
	f.Live = m.On(f.Live)
	m = Next(r, f, late.Add(time.Minute))
	require.Equal(t, late.Add(time.Hour), m.Again, m.Reason)
	m = Next(r, f, m.Again)
	require.Equal(t, Forward, m.Kind, m.Reason)
	f.Live = m.On(f.Live)
	m = Next(r, f, m.Journey.Since.Add(time.Minute))
	require.Equal(t, NextTick, m.Reason.Code, "and takes one step at it")
	assert.Equal(t, noon.Add(2*time.Hour), m.Again)

	r.Plan.Steps[1].Pause = &Pause{Duration: time.Hour}
	r.Plan.Analysis = &Analysis{Interval: time.Minute, Metrics: []Metric{{Name: SuccessRate, Range: atLeast(99)}}}
	assert.True(t, r.Plan.fits(nil, noon, noon.Add(3*time.Hour)), "steps at twelve, one and two")
	assert.False(t, r.Plan.fits(nil, noon, noon.Add(2*time.Hour)))
}

// What is wrong with a plan's windows and with its schedule is told at once.
func TestAllThatNeverMeetsIsTold(t *testing.T) {
	hours := window("0 18 * * *", time.Hour, "UTC")
	p := Plan{
		Windows:  []Window{window("0 9 * * *", 8*time.Hour, "UTC")},
		Schedule: &Schedule{Cron: hours.Schedule, TimeZone: "UTC", Starts: hours.Starts, Zone: hours.Zone},
		Steps:    []Step{{SetWeight: 50, Windows: []Window{window("0 22 * * *", time.Hour, "UTC")}}, {SetWeight: 100}},
	}
	var paths []string
	for _, m := range p.Misfits(nil) {
		paths = append(paths, m.Path)
	}
	assert.Equal(t, []string{"steps[0].windows", "schedule"}, paths)
}
