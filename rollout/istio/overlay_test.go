package istio_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// blank takes out of a VirtualService what an overlay may touch: the weights of
// its moving routes, and the destinations beyond the first so many.
func blank(vs map[string]any, routes rollout.Routes, lengths map[string]int) {
	spec := vs["spec"].(map[string]any)
	i := 0
	for _, protocol := range []string{"http", "tls", "tcp"} {
		list, _ := spec[protocol].([]any)
		for _, item := range list {
			fields := item.(map[string]any)
			destinations, ok := fields["route"].([]any)
			if !ok {
				continue
			}
			r := routes[i]
			i++
			if r.Fixed {
				continue
			}
			destinations = destinations[:min(len(destinations), lengths[r.Key])]
			for _, d := range destinations {
				delete(d.(map[string]any), "weight")
			}
			fields["route"] = destinations
		}
	}
}

// move draws other weights for the destinations of every route, and sometimes
// one more destination, before or after the others.
func move(t *rapid.T, routes rollout.Routes) rollout.Routes {
	out := make(rollout.Routes, len(routes))
	for i, r := range routes {
		out[i] = r
		out[i].Split = nil
		for _, w := range r.Split {
			w.Weight = rapid.IntRange(0, 100).Draw(t, "moved weight")
			out[i].Split = append(out[i].Split, w)
		}
		more := rollout.Weight{Destination: rollout.Destination{Host: "elsewhere", Port: 80}, Weight: rapid.IntRange(1, 9).Draw(t, "more")}
		switch rapid.IntRange(0, 2).Draw(t, "where") {
		case 1:
			out[i].Split = append(out[i].Split, more)
		case 2:
			out[i].Split = append(rollout.Split{more}, out[i].Split...)
		}
		if out[i].Split.Total() == 0 {
			out[i].Split[0].Weight = 1
		}
	}
	return out
}

func TestAnOverlayChangesNothingButTheWeightsOfMovingRoutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vs := virtualService(t)
		before := text(t, vs)
		moves := func(label string) bool { return label != "canary" }
		was, wrong := istio.Read(vs, moves)
		require.Empty(t, wrong)
		to := move(t, was)

		out := istio.Overlay(vs, to, nil)
		require.Equal(t, before, text(t, vs), "the input was altered")

		is, wrong := istio.Read(out, moves)
		require.Empty(t, wrong)
		require.Len(t, is, len(to), "no route is added or dropped")
		lengths := map[string]int{}
		for i, r := range to {
			lengths[r.Key] = len(was[i].Split)
			if r.Fixed {
				require.Equal(t, was[i].Split, is[i].Split, "a fixed route")
				continue
			}
			require.True(t, is[i].Split.Equal(r.Split), "%s became %s, not %s", was[i].Split, is[i].Split, r.Split)
			for j, w := range was[i].Split {
				require.Equal(t, w.Destination, is[i].Split[j].Destination, "the list's order")
			}
		}
		blank(vs, was, lengths)
		blank(out, was, lengths)
		require.Equal(t, text(t, vs), text(t, out))
	})
}

func TestAnOverlayOfAnObjectsOwnWeightsIsTheObject(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vs := virtualService(t)
		routes, wrong := istio.Read(vs, istio.All)
		require.Empty(t, wrong)
		require.Equal(t, text(t, vs), text(t, istio.Overlay(vs, routes, nil)))
	})
}

func TestALoneDestinationWithoutAWeightKeepsHavingNone(t *testing.T) {
	vs := primary(t, `{"destination": {"host": "reviews", "subset": "v1"}}`)
	routes, _ := istio.Read(vs, istio.All)
	assert.Equal(t, text(t, vs), text(t, istio.Overlay(vs, routes, nil)))
}

// Git names v2 alone, the cluster has v1 alone, and neither writes a weight:
// on the way all traffic is v1's, whatever the numbers say.
func TestALoneDestinationLaidOverAnotherIsStillTheWhole(t *testing.T) {
	vs := primary(t, `{"destination": {"host": "reviews", "subset": "v2"}}`)
	for _, weight := range []int{0, 1, 100} {
		out := istio.Overlay(vs, rollout.Routes{{Key: "http:primary", Split: split("v1", weight)}}, nil)
		is := splitOf(t, out, "http:primary")
		assert.True(t, is.Equal(split("v1", 1)), "%d became %s", weight, is)
	}
	back := primary(t, entry("v1", 50)+","+entry("v2", 50))
	is := splitOf(t, istio.Overlay(back, rollout.Routes{{Key: "http:primary", Split: split("v1", 0)}}, nil), "http:primary")
	assert.Equal(t, "v1 100 · v2 0", is.String())
}

func TestDestinationsThatOnlyTheSplitKnowsAreAppendedWhole(t *testing.T) {
	more := rollout.Weight{Destination: rollout.Destination{Host: "old", Subset: "v0", Port: 9080}, Weight: 40}
	out := istio.Overlay(primary(t, entry("v1", 100)), rollout.Routes{{Key: "http:primary", Split: append(rollout.Split{more}, split("v1", 60)...)}}, nil)
	assert.JSONEq(t, `{"spec": {"http": [{"name": "primary", "route": [`+entry("v1", 60)+`,
		{"destination": {"host": "old", "subset": "v0", "port": {"number": 9080}}, "weight": 40}]}]}}`, text(t, out))
}

// Git names v2 alone now. Until v1 has no traffic left, its requests are answered as before.
func TestADestinationThatOnlyTheSplitKnowsKeepsWhatItsEntrySaysLive(t *testing.T) {
	const said = `{"destination": {"host": "reviews", "subset": "v1"}, "headers": {"request": {"set": {"x-tier": "old"}}}, "weight": %d}`
	live := primary(t, fmt.Sprintf(said, 100)+","+entry("v2", 0))
	git := primary(t, `{"destination": {"host": "reviews", "subset": "v2"}}`)
	for range 2 { // the second step finds what the first one wrote
		live = istio.Overlay(git, rollout.Routes{{Key: "http:primary", Split: split("v1", 90, "v2", 10)}}, live)
		assert.JSONEq(t, `{"spec": {"http": [{"name": "primary", "route": [`+entry("v2", 10)+","+fmt.Sprintf(said, 90)+`]}]}}`, text(t, live))
	}
	out := istio.Overlay(git, rollout.Routes{{Key: "http:primary", Split: split("v2", 100)}}, live)
	assert.NotContains(t, text(t, out), "x-tier", "nothing is left of it in the end")
}

func TestARouteThatTheMoveDoesNotKnowOrThatIsFixedStays(t *testing.T) {
	vs := primary(t, entry("v1", 100)+","+entry("v3", 0))
	for _, r := range []rollout.Route{{Key: "http:other", Split: split("v1", 1, "v3", 99)}, {Key: "http:primary", Fixed: true, Split: split("v1", 1, "v3", 99)}} {
		assert.Equal(t, text(t, vs), text(t, istio.Overlay(vs, rollout.Routes{r}, nil)))
	}
}

// whole is a VirtualService with something of everything.
const whole = `{"metadata": {"name": "reviews", "labels": {"app": "reviews"}, "annotations": {"note": "a"}, "resourceVersion": "1"},
	"spec": {"hosts": ["reviews"], "http": [
		{"name": "canary", "match": [{"headers": {"end-user": {"exact": "jason"}}}], "timeout": "1s", "route": [%s]},
		{"name": "primary", "route": [{"destination": {"host": "reviews", "subset": "v1"}, "weight": %d, "headers": {"request": {"set": {"x": "%s"}}}}, %s]}]}}`

func rest(t require.TestingT, vs string) rollout.Digest {
	return istio.Rest(object(t, vs), only("primary"))
}

func TestTheRestIsAllButTheWeightsOfMovingRoutes(t *testing.T) {
	fixed := entry("v1", 50) + "," + entry("v2", 50)
	base := fmt.Sprintf(whole, fixed, 95, "y", entry("v3", 5))
	for name, vs := range map[string]string{
		"other weights":                  fmt.Sprintf(whole, fixed, 0, "y", entry("v3", 100)),
		"one more plain destination":     fmt.Sprintf(whole, fixed, 95, "y", entry("v3", 5)+","+entry("v4", 0)),
		"another plain destination":      fmt.Sprintf(whole, fixed, 95, "y", entry("v4", 5)),
		"what the server keeps for weir": replace(t, base, `"resourceVersion": "1"`, `"resourceVersion": "2"`),
	} {
		assert.Equal(t, rest(t, base), rest(t, vs), name)
	}
	for name, vs := range map[string]string{
		"a fixed route's weight":            fmt.Sprintf(whole, entry("v1", 51)+","+entry("v2", 49), 95, "y", entry("v3", 5)),
		"a fixed route's destination":       fmt.Sprintf(whole, fixed+","+entry("v3", 0), 95, "y", entry("v3", 5)),
		"headers of a destination":          fmt.Sprintf(whole, fixed, 95, "z", entry("v3", 5)),
		"headers that a destination gained": fmt.Sprintf(whole, fixed, 95, "y", `{"destination": {"host": "reviews", "subset": "v3"}, "weight": 5, "headers": {}}`),
		"a field nobody knows":              fmt.Sprintf(whole, fixed, 95, "y", `{"destination": {"host": "reviews", "subset": "v3", "zone": "a"}, "weight": 5}`),
		"a match clause":                    replace(t, base, `"jason"`, `"json"`),
		"a timeout":                         replace(t, base, `"1s"`, `"2s"`),
		"a name":                            replace(t, base, `"primary"`, `"Primary"`),
		"a label":                           replace(t, base, `{"app": "reviews"}`, `{"app": "ratings"}`),
		"an annotation":                     replace(t, base, `"note": "a"`, `"note": "b"`),
		"a host":                            replace(t, base, `"hosts": ["reviews"]`, `"hosts": ["ratings"]`),
	} {
		assert.NotEqual(t, rest(t, base), rest(t, vs), name)
	}
}

func replace(t require.TestingT, s, old, by string) string {
	require.Contains(t, s, old)
	return strings.Replace(s, old, by, 1)
}

func TestTheOrderOfRoutesIsPartOfTheRest(t *testing.T) {
	a, b := `{"name": "a", "route": [`+entry("v1", 100)+`]}`, `{"name": "b", "route": [`+entry("v1", 100)+`]}`
	assert.NotEqual(t,
		istio.Rest(object(t, `{"spec": {"http": [`+a+`,`+b+`]}}`), istio.All),
		istio.Rest(object(t, `{"spec": {"http": [`+b+`,`+a+`]}}`), istio.All))
}

func TestNoMoveChangesTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vs := virtualService(t)
		routes, wrong := istio.Read(vs, istio.All)
		require.Empty(t, wrong)
		require.Equal(t, istio.Rest(vs, istio.All), istio.Rest(istio.Overlay(vs, move(t, routes), nil), istio.All))
	})
}

func TestEveryFieldThatAnyoneAddsIsPartOfTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vs := virtualService(t)
		was := istio.Rest(vs, istio.All)
		spec := vs["spec"].(map[string]any)
		places := []map[string]any{spec}
		for _, protocol := range []string{"http", "tls", "tcp"} {
			list, _ := spec[protocol].([]any)
			for _, item := range list {
				fields := item.(map[string]any)
				places = append(places, fields)
				destinations, _ := fields["route"].([]any)
				for _, d := range destinations {
					places = append(places, d.(map[string]any), d.(map[string]any)["destination"].(map[string]any))
				}
			}
		}
		rapid.SampledFrom(places).Draw(t, "place")["y-new"] = anything(t)
		require.NotEqual(t, was, istio.Rest(vs, istio.All))
	})
}
