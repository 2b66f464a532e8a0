package istio

import "github.com/weir-delivery/weir/rollout"

// Mirrors are the copies of requests that each route of a VirtualService sends, by
// the route's key. Where the object leaves the percentage out, Istio copies all.
func Mirrors(object map[string]any) map[string][]rollout.Mirror {
	out := map[string][]rollout.Mirror{}
	each(object, func(e entry) {
		if to, ok := e.route["mirror"].(map[string]any); ok {
			out[e.key] = append(out[e.key], mirror(to, shareOf(e.route)))
		}
		list, _ := e.route["mirrors"].([]any)
		for _, item := range list {
			fields, _ := item.(map[string]any)
			if to, ok := fields["destination"].(map[string]any); ok {
				out[e.key] = append(out[e.key], mirror(to, percentage(fields["percentage"])))
			}
		}
	})
	return out
}

// shareOf is how much of a route's requests its mirror gets. Istio's custom resource
// has the older field in two spellings; of both, the larger counts.
func shareOf(route map[string]any) float64 {
	a, camel := number(route["mirrorPercent"])
	b, snake := number(route["mirror_percent"])
	if route["mirrorPercentage"] == nil && (camel || snake) {
		return max(a, b)
	}
	return percentage(route["mirrorPercentage"])
}

func mirror(to map[string]any, share float64) rollout.Mirror {
	w, _ := readWeight(map[string]any{"destination": to}, "")
	return rollout.Mirror{Destination: w.Destination, Percent: share}
}

// percentage is Istio's Percent; all where there is none, none where it is empty.
func percentage(of any) float64 {
	fields, ok := of.(map[string]any)
	if !ok {
		return 100
	}
	share, _ := number(fields["value"])
	return share
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int64:
		return float64(n), true
	case int:
		return float64(n), true
	}
	return 0, false
}

// Hosts are those that a VirtualService answers for, as it writes them.
func Hosts(object map[string]any) []string {
	spec, _ := object["spec"].(map[string]any)
	list, _ := spec["hosts"].([]any)
	var out []string
	for _, item := range list {
		if host, ok := item.(string); ok {
			out = append(out, host)
		}
	}
	return out
}
