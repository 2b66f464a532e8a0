package istio

import (
	"fmt"

	"github.com/weir-delivery/weir/rollout"
)

// Where is the path of the destination's weight in the route with the key, as in
// "spec.http[0].route[1].weight"; false where the object gives it none.
func Where(object map[string]any, key string, d rollout.Destination) (string, bool) {
	path := ""
	each(object, func(e entry) {
		list, _ := e.route["route"].([]any)
		for i, item := range list {
			at := fmt.Sprintf("%s.route[%d]", e.path, i)
			if w, _ := readWeight(item, at); e.key == key && w.Destination == d && path == "" && weighted(item) {
				path = at + ".weight"
			}
		}
	})
	return path, path != ""
}

// heaviest is the path of the largest weight of a route, of equal ones the
// first; the route's own where none is given.
func heaviest(items []any, path string) string {
	out, most := path, -1
	for i, item := range items {
		at := fmt.Sprintf("%s[%d]", path, i)
		if w, _ := readWeight(item, at); weighted(item) && w.Weight > most {
			out, most = at+".weight", w.Weight
		}
	}
	return out
}

func weighted(item any) bool {
	fields, _ := item.(map[string]any)
	return fields["weight"] != nil
}
