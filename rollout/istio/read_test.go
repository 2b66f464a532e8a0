package istio_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

func TestRoutesOfAllThreeProtocolsAreReadInTheirOrder(t *testing.T) {
	routes, wrong := istio.Read(object(t, `{"spec": {
		"tcp":  [{"match": [{"port": 27017}], "route": [{"destination": {"host": "mongo", "port": {"number": 27017}}, "weight": 100}]}],
		"tls":  [{"match": [{"sniHosts": ["a.example"]}], "route": [{"destination": {"host": "a"}, "weight": 7}, {"destination": {"host": "b"}, "weight": 3}]}],
		"http": [{"name": "primary", "route": [`+entry("v1", 95)+`,`+entry("v3", 5)+`]}, {"match": [{"uri": {"prefix": "/x"}}], "route": [`+entry("v2", 0)+`]}]
	}}`), only("primary", "tls[0]"))
	require.Empty(t, wrong)
	require.Len(t, routes, 4)

	var protocols []rollout.Protocol
	var labels []string
	var fixed []bool
	for _, r := range routes {
		protocols, labels, fixed = append(protocols, r.Protocol), append(labels, r.Label), append(fixed, r.Fixed)
	}
	assert.Equal(t, []rollout.Protocol{rollout.HTTP, rollout.HTTP, rollout.TLS, rollout.TCP}, protocols)
	assert.Equal(t, []string{"primary", "http[1]", "tls[0]", "tcp[0]"}, labels)
	assert.Equal(t, []bool{false, true, false, true}, fixed, "the plan moves primary and tls[0]")
	assert.Equal(t, split("v1", 95, "v3", 5), routes[0].Split)
	assert.Equal(t, rollout.Split{{Destination: rollout.Destination{Host: "mongo", Port: 27017}, Weight: 100}}, routes[3].Split)
}

func TestWeightsAreReadInEveryTypeThatAClientMakesOfANumber(t *testing.T) {
	for _, weight := range []any{25, int64(25), float64(25), json.Number("25")} {
		vs := primary(t, entry("v1", 1)+","+entry("v3", 75))
		vs["spec"].(map[string]any)["http"].([]any)[0].(map[string]any)["route"].([]any)[0].(map[string]any)["weight"] = weight
		assert.Equal(t, split("v1", 25, "v3", 75), splitOf(t, vs, "http:primary"), "%T", weight)
	}
}

func TestAMissingWeightIsNoneBesideOthers(t *testing.T) {
	vs := primary(t, entry("v1", 100)+`,{"destination": {"host": "reviews", "subset": "v3"}},{"destination": {"host": "reviews", "subset": "v4"}, "weight": null}`)
	assert.Equal(t, split("v1", 100, "v3", 0, "v4", 0), splitOf(t, vs, "http:primary"))
}

func TestALoneDestinationNeedsNoWeight(t *testing.T) {
	routes, wrong := istio.Read(primary(t, `{"destination": {"host": "reviews", "subset": "v1"}}`), istio.All)
	assert.Empty(t, wrong)
	assert.Equal(t, split("v1", 0), routes[0].Split)
	assert.Equal(t, []rollout.Destination{{Host: "reviews", Subset: "v1"}}, routes[0].Split.Carrying())
}

func TestARouteWithoutANameIsKnownByItsMatchClausesNotByItsPlace(t *testing.T) {
	a := `{"match": [{"uri": {"prefix": "/a"}}], "route": [` + entry("v1", 100) + `]}`
	b := `{"match": [{"uri": {"prefix": "/b"}}], "route": [` + entry("v2", 100) + `]}`
	keys := func(list string) map[string]string {
		out := map[string]string{}
		routes, wrong := istio.Read(object(t, `{"spec": {"http": [`+list+`]}}`), istio.All)
		require.Empty(t, wrong)
		for _, r := range routes {
			out[r.Key] = r.Split.String()
		}
		return out
	}
	assert.Len(t, keys(a+","+b), 2)
	assert.Equal(t, keys(a+","+b), keys(b+","+a))
}

func TestTwoRoutesWithEqualMatchClausesAreToldApartByTheirOrder(t *testing.T) {
	same := `{"match": [{"port": 80}], "route": [` + entry("v1", 100) + `]}`
	routes, wrong := istio.Read(object(t, `{"spec": {"http": [`+same+`,`+same+`], "tcp": [`+same+`]}}`), istio.All)
	require.Empty(t, wrong)
	assert.Equal(t, routes[0].Key+"#2", routes[1].Key)
	assert.NotEqual(t, routes[0].Key, routes[2].Key, "another protocol's route is another route")
}

func TestANameThatLooksLikeANumberedTwinIsStillAnotherRoute(t *testing.T) {
	named := func(name string) string { return `{"name": "` + name + `", "route": [` + entry("v1", 100) + `]}` }
	routes, _ := istio.Read(object(t, `{"spec": {"http": [`+named("a")+`,`+named("a")+`,`+named("a#2")+`]}}`), istio.All)
	assert.Equal(t, []string{"http:a", "http:a#2", "http:a#2#2"}, []string{routes[0].Key, routes[1].Key, routes[2].Key})
}

func TestNoTwoRoutesHaveTheSameKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		routes, wrong := istio.Read(virtualService(t), istio.All)
		require.Empty(t, wrong)
		seen := map[string]bool{}
		for _, r := range routes {
			require.False(t, seen[r.Key], "two routes are %s", r.Key)
			seen[r.Key] = true
		}
	})
}

func TestRoutesWithoutDestinationsHaveNoWeights(t *testing.T) {
	routes, wrong := istio.Read(object(t, `{"spec": {"http": [
		{"name": "moved", "redirect": {"uri": "/new"}},
		{"name": "elsewhere", "delegate": {"name": "other"}},
		{"name": "closed", "directResponse": {"status": 503}},
		{"name": "primary", "route": [`+entry("v1", 100)+`]}]}}`), istio.All)
	assert.Empty(t, wrong)
	require.Len(t, routes, 1)
	assert.Equal(t, "primary", routes[0].Label)
}

func TestAnObjectWithoutRoutesHasNone(t *testing.T) {
	for _, vs := range []string{`{}`, `{"spec": null}`, `{"spec": {}}`, `{"spec": {"http": []}}`, `{"spec": {"http": null}}`} {
		routes, wrong := istio.Read(object(t, vs), istio.All)
		assert.Empty(t, routes, vs)
		assert.Empty(t, wrong, vs)
	}
}

func TestEachWrongInputIsNamedWhereItStands(t *testing.T) {
	const first, second = "spec.http[0].route[0]", "spec.http[0].route[1]"
	v1 := entry("v1", 50)
	for name, c := range map[string]struct{ destinations, path, message string }{
		"negative":              {v1 + "," + entry("v3", -1), second + ".weight", "weight -1 is negative"},
		"more than Istio holds": {v1 + "," + entry("v3", 2147483648), second + ".weight", "weight 2147483648 is more than Istio can hold"},
		"1e12":                  {v1 + "," + entry("v3", "1e12"), second + ".weight", "weight 1000000000000 is more than Istio can hold"},
		"beyond every integer":  {v1 + "," + entry("v3", "1e30"), second + ".weight", "weight 1e+30 is not a whole number"},
		"fractional":            {v1 + "," + entry("v3", "2.5"), second + ".weight", "weight 2.5 is not a whole number"},
		"a string":              {v1 + "," + entry("v3", `"25"`), second + ".weight", `weight "25" is not a whole number`},
		"a truth value":         {entry("v1", true), first + ".weight", "weight true is not a whole number"},
		"all 0":                 {entry("v1", 0) + "," + entry("v3", 0), first + ".weight", "all weights of the route are 0"},
		"none given":            {`{"destination": {"host": "a"}}, {"destination": {"host": "b"}}`, "spec.http[0].route", "all weights of the route are 0"},
		"too much together":     {entry("v1", 2147483647) + "," + entry("v3", 1), first + ".weight", "the weights add up to 2147483648"},
		"twice":                 {v1 + "," + v1, second, "destination v1 stands in this route twice"},
		"no host":               {v1 + `, {"destination": {"subset": "v3"}, "weight": 50}`, second, "the destination has no host"},
		"no destination":        {v1 + `, {"weight": 50}`, second, "the destination has no host"},
		"not an object":         {v1 + `, "v3"`, second, "the destination has no host"},
		"an empty list":         {"", "spec.http[0].route", "the route has no destination"},
	} {
		t.Run(name, func(t *testing.T) {
			_, wrong := istio.Read(primary(t, c.destinations), istio.All)
			require.Len(t, wrong, 1, "%v", wrong)
			assert.Equal(t, c.path, wrong[0].Path)
			assert.Contains(t, wrong[0].Message, c.message)
			assert.NotEmpty(t, wrong[0].Hint)
		})
	}
}

func TestAMisspeltWeightIsNamedWhereNoneIsLeft(t *testing.T) {
	_, wrong := istio.Read(primary(t, `{"destination": {"host": "a"}, "wieght": 100}, {"destination": {"host": "b"}, "weight": 0}`), istio.All)
	require.Len(t, wrong, 1)
	assert.Equal(t, "give at least one destination a weight above 0; Istio knows no field wieght there", wrong[0].Hint)
}

func TestAListOfTheWrongShapeIsAnErrorAndNoSilence(t *testing.T) {
	for vs, path := range map[string]string{
		`{"spec": {"http": {"name": "primary"}}}`:             "spec.http",
		`{"spec": {"http": ["primary"]}}`:                     "spec.http[0]",
		`{"spec": {"tls": [{"route": {"destination": {}}}]}}`: "spec.tls[0].route",
	} {
		_, wrong := istio.Read(object(t, vs), istio.All)
		require.Len(t, wrong, 1, vs)
		assert.Equal(t, path, wrong[0].Path)
	}
}

func TestAllThatIsWrongIsSaidAtOnce(t *testing.T) {
	_, wrong := istio.Read(object(t, `{"spec": {
		"http": [{"route": [`+entry("v1", -1)+`,`+entry("v1", 2)+`]}],
		"tcp":  [{"route": [{"weight": "x"}]}]}}`), istio.All)
	var paths []string
	for _, w := range wrong {
		paths = append(paths, w.Path)
	}
	assert.Equal(t, []string{"spec.http[0].route[0].weight", "spec.http[0].route[1]", "spec.tcp[0].route[0]", "spec.tcp[0].route[0].weight"}, paths)
}
