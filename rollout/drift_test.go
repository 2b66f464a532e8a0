package rollout

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Somebody takes the weights of one member back by hand, and Git then asks for
// just these of it: nothing of it is left to judge, and the group goes on.
func TestAHandEditThatGitAgreesWithHoldsNobody(t *testing.T) {
	r, f := wish()
	ingress := Ref{Namespace: "bookinfo", Name: "ingress"}
	sibling, live := r.Targets[0], f.Live[0]
	state := *live.State
	sibling.Ref, live.Ref, live.State = ingress, ingress, &state
	r.Targets, f.Live = append(r.Targets, sibling), append(f.Live, live)
	m := Next(r, f, noon)
	require.Equal(t, Forward, m.Kind, m.Reason)
	f.Live = m.On(f.Live)

	stable := f.Live[1].State.Member.Stable
	f.Live[1].Routes, f.Live[1].Editor = f.Live[1].Routes.With(stable), "kubectl-edit"
	require.Equal(t, HandEdit, Next(r, f, noon.Add(time.Minute)).Reason.Code)

	r.Targets[0].Routes = Routes{{Key: "http:primary", Protocol: HTTP, Label: "primary", Split: mustSplit("v1", 40, "v3", 60)}}
	r.Targets[1].Routes = r.Targets[1].Routes.With(stable)
	m = Next(r, f, noon.Add(2*time.Minute))
	require.NotEqual(t, HandEdit, m.Reason.Code, m.Reason)
}

// A group went back for good, or is on its way, and somebody raises a member
// that Git asks nothing of: that one is put right, and the group's journey is
// what it was.
func TestASiblingThatIsPutRightEndsNobodysJourney(t *testing.T) {
	for _, aborted := range []bool{false, true} {
		r, f := pair()
		f.Live = Next(r, f, noon).On(f.Live)
		if aborted {
			f.Intents = []Intent{{Verb: ToAbort, ID: f.Live[0].State.Journey.ID, By: "ann"}}
			f.Live = Next(r, f, noon.Add(time.Second)).On(f.Live)
		}
		was := f.Live[0].State.Journey
		f.Live[1].Routes = Routes{{Key: "http:primary", Protocol: HTTP, Label: "primary", Split: mustSplit("v1", 67, "v3", 33)}}
		f.Live[1].Editor = "kubectl-edit"

		m := Next(r, f, noon.Add(time.Minute))
		require.Equal(t, Back, m.Kind, m.Reason)
		require.Equal(t, RolledBack, m.Reason.Code)
		f.Live = m.On(f.Live)
		for range 3 {
			if m = Next(r, f, noon.Add(2*time.Minute)); m.Writes() {
				require.Equal(t, CatchUp, m.Kind, m.Reason)
				f.Live = m.On(f.Live)
			}
		}
		is := f.Live[0].State.Journey
		require.Equal(t, was.ID, is.ID)
		require.Equal(t, was.Phase, is.Phase)
		require.Equal(t, was.Step, is.Step)
		require.Equal(t, was.Since, is.Since, "its pause goes on")
		require.Equal(t, was.Reason, is.Reason)
	}
}

// A write was lost on one member, and somebody raised the other, which was put
// right since. What is left of the step is no part of that decision.
func TestWhatTheLastDecisionDoesNotSayIsDecidedOnceMore(t *testing.T) {
	r, f := pair()
	m := Next(r, f, noon)
	require.Equal(t, Forward, m.Kind, m.Reason)
	m.Changes = m.Changes[1:] // the first member's write is lost
	f.Live = m.On(f.Live)
	require.Equal(t, CatchUp, Next(r, f, noon.Add(time.Second)).Kind)

	f.Live[1].Routes = Routes{{Key: "http:primary", Protocol: HTTP, Label: "primary", Split: mustSplit("v1", 67, "v3", 33)}}
	f.Live[1].Editor = "kubectl-edit"
	m = Next(r, f, noon.Add(time.Second))
	require.Equal(t, Back, m.Kind, m.Reason)
	f.Live = m.On(f.Live)

	was := f.Live[1].State.Journey
	m = Next(r, f, noon.Add(2*time.Second))
	require.Equal(t, Forward, m.Kind, m.Reason)
	require.Equal(t, Leveling, m.Reason.Code)
	require.Len(t, m.Changes, 2)
	require.Equal(t, []int{was.Step, was.Seq + 1}, []int{m.Journey.Step, m.Journey.Seq})
	require.Equal(t, was.Since, m.Journey.Since, "its pause goes on")
	f.Live = m.On(f.Live)
	require.Equal(t, Hold, Next(r, f, noon.Add(3*time.Second)).Kind)
}

// A write was lost on one member, which cannot take its weight now: the deadline
// runs, and the member stays behind until it can.
func TestADeadlineIsNoStepOfWhoIsBehind(t *testing.T) {
	r, f := pair()
	r.Plan.ProgressDeadline = time.Hour
	m := Next(r, f, noon)
	require.Equal(t, Forward, m.Kind, m.Reason)
	m.Changes = m.Changes[1:] // the first member's write is lost
	f.Live = m.On(f.Live)
	ready := f.Ready
	f.Ready = nil
	m = Next(r, f, noon.Add(time.Second))
	require.Equal(t, ReadinessUnread, m.Reason.Code)
	require.Len(t, m.Changes, 1, "the deadline is stored")
	f.Live, f.Ready = m.On(f.Live), ready
	require.Equal(t, CatchUp, Next(r, f, noon.Add(2*time.Second)).Kind)
}

// pair is a group of two, of which Git wants to move the first only.
func pair() (*Rollout, Facts) {
	r, f := wish()
	ingress := Ref{Namespace: "bookinfo", Name: "ingress"}
	sibling, live := r.Targets[0], f.Live[0]
	state := *live.State
	sibling.Ref, live.Ref, live.State = ingress, ingress, &state
	sibling.Routes = live.Routes
	r.Targets, f.Live = append(r.Targets, sibling), append(f.Live, live)
	return r, f
}
