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
