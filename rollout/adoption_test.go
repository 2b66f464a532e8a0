package rollout

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// found is a plan of two targets: the first is as Git has it, the second was
// found at other weights. An earlier pass has taken both over, but for the lost.
func found(lost ...int) (*Rollout, Facts) {
	r, f := benchmark()
	ingress := Ref{Namespace: "bookinfo", Name: "ingress"}
	other := r.Targets[0]
	other.Ref = ingress
	r.Targets = append(r.Targets, other)
	f.Live[0].State = nil
	f.Live = append(f.Live, Live{Ref: ingress, Routes: Routes{{Key: "http:primary", Protocol: HTTP, Label: "primary", Split: mustSplit("v1", 5, "v3", 95)}}})
	taken := Next(r, f, noon).On(f.Live)
	for _, i := range lost {
		taken[i] = f.Live[i]
	}
	f.Live = taken
	return r, f
}

// settles plays on until nothing is left to write.
func settles(t *testing.T, r *Rollout, f *Facts, now time.Time) Move {
	t.Helper()
	for range 10 {
		m := Next(r, *f, now)
		require.NotEqual(t, Forward, m.Kind, m.Reason)
		if !m.Writes() {
			return m
		}
		f.Live = m.On(f.Live)
	}
	t.Fatal("it never comes to rest")
	return Move{}
}

// A first install of a group waits for a wish, be its targets taken over one
// after the other.
func TestAGroupThatIsTakenOverInTwoStepsWaitsForAWishToo(t *testing.T) {
	for _, lost := range [][]int{{}, {0}, {1}, {0, 1}} {
		r, f := found(lost...)
		require.Equal(t, Adoption, settles(t, r, &f, noon.Add(time.Minute)).Reason.Code)
	}
}

// Somebody edits a sibling that Git asks nothing of: it is put right, and the
// first install waits as before.
func TestAFirstInstallWaitsAlsoWhenASiblingGoesBack(t *testing.T) {
	r, f := found()
	waits := settles(t, r, &f, noon)
	f.Live[0].Routes = Routes{{Key: "http:primary", Protocol: HTTP, Label: "primary", Split: mustSplit("v1", 67, "v3", 33)}}
	f.Live[0].Editor = "kubectl-edit"

	m := Next(r, f, noon.Add(time.Minute))
	require.Equal(t, Back, m.Kind, m.Reason)
	require.Equal(t, RolledBack, m.Reason.Code)
	f.Live = m.On(f.Live)
	again := settles(t, r, &f, noon.Add(2*time.Minute))
	require.Equal(t, Adoption, again.Reason.Code, again.Reason)
	require.Equal(t, waits.Journey.ID, again.Journey.ID)
	require.Equal(t, "v1 100 · v3 0", f.Live[0].Routes.String())
}

// A group that went back for good stays so when one of its targets loses our
// annotation and is taken over anew.
func TestAGroupThatWentBackForGoodStaysSoWhenATargetIsTakenOverAnew(t *testing.T) {
	for lost := range 2 {
		r, f := found()
		waits := settles(t, r, &f, noon)
		f.Intents = []Intent{{Verb: ToAbort, ID: waits.Journey.ID, Step: -1, By: "Ann <ann@example.com>", At: noon, Now: true}}
		aborted := settles(t, r, &f, noon.Add(time.Minute))
		require.Equal(t, Aborted, aborted.Reason.Code, aborted.Reason)

		f.Live[lost].State, f.Intents = nil, nil // the annotation that asked is gone too
		m := Next(r, f, noon.Add(2*time.Minute))
		require.Equal(t, Reshape, m.Kind, m.Reason)
		f.Live = m.On(f.Live)
		again := settles(t, r, &f, noon.Add(3*time.Minute))
		require.Equal(t, Degraded, again.Journey.Phase, again.Reason)
		require.Equal(t, aborted.Reason, again.Reason)
		require.Equal(t, aborted.Journey.ID, again.Journey.ID)
	}
}

// What weir takes over stays at its live weights, or is not taken over: Git's would be
// written at once where a route has another name there.
func TestARouteThatGitCallsOtherwiseIsNotTakenOverAtGitsWeights(t *testing.T) {
	r, f := benchmark()
	r.Targets[0].Routes = Routes{{Key: "http:primary", Protocol: HTTP, Label: "primary", Split: mustSplit("v1", 0, "v3", 100)}}
	f.Live[0].State = nil
	f.Live[0].Routes = Routes{{Key: "http~0123", Protocol: HTTP, Label: "http[0]", Split: mustSplit("v1", 100, "v3", 0)}}
	m := Next(r, f, noon)
	require.Equal(t, Hold, m.Kind, m.Reason)
	require.Equal(t, Renamed, m.Reason.Code)

	r.Targets[0].Routes[0].Split = mustSplit("v1", 100, "v3", 0)
	m = Next(r, f, noon)
	require.Equal(t, Reshape, m.Kind, m.Reason)
	require.Equal(t, "v1 100 · v3 0", m.On(f.Live)[0].Routes.String())
}
