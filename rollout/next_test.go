package rollout

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNeedsNamesWhatGitLiveStableAndTheSplitsBeforeThemUse(t *testing.T) {
	routes := func(v int) Routes { return Routes{{Key: "http:a", Split: Split{{version(v), 1}, {version(9), 0}}}} }
	r := &Rollout{Targets: []Target{{Ref: reviews, Routes: routes(0)}, {Ref: Ref{"bookinfo", "new"}, Routes: routes(0)}}}
	live := []Live{{Ref: reviews, Routes: routes(1), State: &State{Member: Member{Stable: routes(2), Previous: routes(3), Applied: routes(4)}}}}
	var named []Destination
	for _, q := range Needs(r, Facts{Live: live}, noon) {
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
