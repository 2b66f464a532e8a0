package istio_test

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// object reads a VirtualService or DestinationRule as a client would.
func object(t require.TestingT, text string) map[string]any {
	var out map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &out))
	return out
}

// text is the object's JSON; keys are in order, so equal objects read the same.
func text(t require.TestingT, object any) string {
	data, err := json.Marshal(object)
	require.NoError(t, err)
	return string(data)
}

// primary is a VirtualService of one route with the given destinations.
func primary(t require.TestingT, destinations string) map[string]any {
	return object(t, `{"spec": {"http": [{"name": "primary", "route": [`+destinations+`]}]}}`)
}

func entry(subset string, weight any) string {
	return fmt.Sprintf(`{"destination": {"host": "reviews", "subset": %q}, "weight": %v}`, subset, weight)
}

// split is weights of the subsets of reviews: v1, 95, v3, 5.
func split(pairs ...any) rollout.Split {
	var s rollout.Split
	for i := 0; i < len(pairs); i += 2 {
		s = append(s, rollout.Weight{Destination: rollout.Destination{Host: "reviews", Subset: pairs[i].(string)}, Weight: pairs[i+1].(int)})
	}
	return s
}

func splitOf(t require.TestingT, object map[string]any, key string) rollout.Split {
	routes, wrong := istio.Read(object, istio.All)
	require.Empty(t, wrong)
	r, ok := routes.Find(key)
	require.True(t, ok, "no route %s among %v", key, routes)
	return r.Split
}

// only moves the routes with the labels.
func only(labels ...string) func(string) bool {
	return func(label string) bool { return slices.Contains(labels, label) }
}

// anything draws a value such as nobody has a type for.
func anything(t *rapid.T) any {
	return rapid.SampledFrom([]any{nil, true, "x", 1.5, 12.0, []any{}, []any{"a", map[string]any{"b": 1.0}}, map[string]any{}, map[string]any{"deep": []any{"er"}}}).Draw(t, "anything")
}

// with adds fields that no version of Istio knows to some of the objects.
func with(t *rapid.T, fields map[string]any) map[string]any {
	for range rapid.IntRange(0, 2).Draw(t, "unknown fields") {
		fields[rapid.StringMatching(`x-[a-z]{1,3}`).Draw(t, "unknown")] = anything(t)
	}
	return fields
}

// virtualService draws a valid VirtualService with unknown fields everywhere.
func virtualService(t *rapid.T) map[string]any {
	spec := with(t, map[string]any{"hosts": []any{"reviews"}})
	for _, protocol := range []string{"http", "tls", "tcp"} {
		var list []any
		for range rapid.IntRange(0, 3).Draw(t, protocol) {
			list = append(list, route(t))
		}
		if list != nil {
			spec[protocol] = list
		}
	}
	metadata := with(t, map[string]any{"name": "reviews", "labels": map[string]any{"app": "reviews"}})
	return with(t, map[string]any{"metadata": metadata, "spec": spec})
}

func route(t *rapid.T) map[string]any {
	out := with(t, map[string]any{})
	if name := rapid.SampledFrom([]string{"", "", "primary", "canary", "primary#2"}).Draw(t, "name"); name != "" {
		out["name"] = name
	}
	if rapid.Bool().Draw(t, "matches") {
		out["match"] = []any{with(t, map[string]any{"port": float64(rapid.IntRange(80, 82).Draw(t, "port"))})}
	}
	if rapid.IntRange(0, 4).Draw(t, "kind") == 0 {
		out["redirect"] = map[string]any{"uri": "/"}
		return out
	}
	out["route"] = destinations(t)
	return out
}

func destinations(t *rapid.T) []any {
	var list []any
	total := 0.0
	n := rapid.IntRange(1, 4).Draw(t, "destinations")
	for i := range n {
		to := with(t, map[string]any{"host": "reviews", "subset": fmt.Sprintf("v%d", i)})
		if rapid.Bool().Draw(t, "with port") {
			to["port"] = with(t, map[string]any{"number": 9080.0})
		}
		fields := with(t, map[string]any{"destination": to})
		if rapid.Bool().Draw(t, "weighted") {
			weight := float64(rapid.IntRange(0, 100).Draw(t, "weight"))
			fields["weight"] = weight
			total += weight
		}
		list = append(list, fields)
	}
	if n > 1 && total == 0 {
		list[0].(map[string]any)["weight"] = 100.0
	}
	return list
}
