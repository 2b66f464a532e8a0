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

// A group went back for good, and one of it lost our annotation: it is taken
// over anew, and the group stays where it is.
func TestAGroupThatWentBackForGoodStaysWhenAMemberIsTakenOverAnew(t *testing.T) {
	r, f := pair()
	f.Live = Next(r, f, noon).On(f.Live)
	f.Intents = []Intent{{Verb: ToAbort, ID: f.Live[0].State.Journey.ID, By: "ann"}}
	f.Live = Next(r, f, noon.Add(time.Second)).On(f.Live)
	was := f.Live[0].State.Journey
	require.Equal(t, Degraded, was.Phase)

	f.Live[1].State = nil
	m := Next(r, f, noon.Add(time.Minute))
	require.Equal(t, Reshape, m.Kind, m.Reason)
	require.Equal(t, was.Seq+1, m.Journey.Seq)
	m = settles(t, r, &f, noon.Add(time.Minute))
	require.Equal(t, Aborted, m.Reason.Code, m.Reason)
	require.Equal(t, was.ID, f.Live[0].State.Journey.ID)
}
