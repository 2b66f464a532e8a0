package istio

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-delivery/weir/rollout"
)

// MaxWeight is the largest weight that Istio's API can hold (int32).
const MaxWeight = math.MaxInt32

// Wrong is one thing wrong with an object, at a path like
// "spec.http[0].route[1].weight".
type Wrong struct {
	Path, Message, Hint string
}

// Read returns the weighted routes of a VirtualService in its own order, and
// all that is wrong with them. moves says by its label whether the plan moves a
// route; the others are Fixed. Routes that redirect, answer directly or
// delegate have no weights and are left out.
func Read(object map[string]any, moves func(label string) bool) (rollout.Routes, []Wrong) {
	var routes rollout.Routes
	wrong := misshapen(object)
	each(object, func(e entry) {
		list := e.route["route"]
		if list == nil || e.protocol == rollout.HTTP && elsewhere(e.route) {
			return
		}
		split, bad := readSplit(list, e.path+".route")
		wrong = append(wrong, bad...)
		routes = append(routes, rollout.Route{
			Key: e.key, Protocol: e.protocol, Label: e.label, Split: split, Fixed: !moves(e.label),
		})
	})
	return routes, wrong
}

// Unnamed is how many routes of its protocol the object has, where the label is the
// place of one that has no name; 0 where it is not.
func Unnamed(object map[string]any, label string) int {
	count := map[rollout.Protocol]int{}
	var of rollout.Protocol
	each(object, func(e entry) {
		count[e.protocol]++
		if name, _ := e.route["name"].(string); name == "" && e.label == label {
			of = e.protocol
		}
	})
	return count[of]
}

// elsewhere tells whether a route of HTTP has no destinations and does something else.
func elsewhere(route map[string]any) bool {
	list, ok := route["route"].([]any)
	return ok && len(list) == 0 && (route["redirect"] != nil || route["directResponse"] != nil || route["delegate"] != nil)
}

// All moves every route.
func All(string) bool { return true }

// entry is one route of the object where it stands.
type entry struct {
	protocol         rollout.Protocol
	path, key, label string
	route            map[string]any
}

// each visits the object's routes, http before tls before tcp, and tells them
// apart: by name, else by their match clauses, the second of two equals by a
// number.
func each(object map[string]any, visit func(entry)) {
	spec, _ := object["spec"].(map[string]any)
	seen := map[string]bool{}
	for _, protocol := range protocols() {
		list, _ := spec[string(protocol)].([]any)
		for i, item := range list {
			route, ok := item.(map[string]any)
			if !ok {
				continue
			}
			e := entry{protocol: protocol, route: route, path: fmt.Sprintf("spec.%s[%d]", protocol, i)}
			e.label = fmt.Sprintf("%s[%d]", protocol, i)
			e.key = string(protocol) + "~" + matchDigest(route["match"])
			if name, _ := route["name"].(string); name != "" {
				e.label, e.key = name, string(protocol)+":"+name
			}
			for n, key := 2, e.key; seen[e.key]; n++ {
				e.key = fmt.Sprintf("%s#%d", key, n)
			}
			seen[e.key] = true
			visit(e)
		}
	}
}

// protocols are the lists of routes in the order in which they are read.
func protocols() []rollout.Protocol {
	return []rollout.Protocol{rollout.HTTP, rollout.TLS, rollout.TCP}
}

// misshapen names what stands where routes belong and is none: each passes it over.
func misshapen(object map[string]any) []Wrong {
	var wrong []Wrong
	spec, _ := object["spec"].(map[string]any)
	for _, protocol := range protocols() {
		path := "spec." + string(protocol)
		list, ok := spec[string(protocol)].([]any)
		if !ok && spec[string(protocol)] != nil {
			wrong = append(wrong, Wrong{path, string(protocol) + " is not a list", "list the routes under " + string(protocol) + ":"})
		}
		for i, item := range list {
			if _, ok := item.(map[string]any); !ok {
				wrong = append(wrong, Wrong{fmt.Sprintf("%s[%d]", path, i), "the route is not an object", "list its destinations under route:"})
			}
		}
	}
	return wrong
}

func matchDigest(match any) string {
	if match == nil {
		return "any"
	}
	return rollout.DigestOf(match).Short()[:8]
}

func readSplit(list any, path string) (rollout.Split, []Wrong) {
	items, ok := list.([]any)
	if !ok {
		return nil, []Wrong{{path, "route is not a list", "list the destinations under route:"}}
	}
	if len(items) == 0 {
		return nil, []Wrong{{path, "the route has no destination", "list at least one destination under route:"}}
	}
	var split rollout.Split
	var wrong []Wrong
	total := 0
	for i, item := range items {
		at := fmt.Sprintf("%s[%d]", path, i)
		w, bad := readWeight(item, at)
		wrong = append(wrong, bad...)
		if slices.ContainsFunc(split, func(o rollout.Weight) bool { return o.Destination == w.Destination }) {
			wrong = append(wrong, Wrong{at, fmt.Sprintf("destination %s stands in this route twice", w.Destination), "add its weights up in one entry"})
			continue
		}
		split = append(split, w)
		total += w.Weight
	}
	if len(items) > 1 && total == 0 && len(wrong) == 0 {
		wrong = append(wrong, Wrong{heaviest(items, path), "all weights of the route are 0, so no destination gets traffic", "give at least one destination a weight above 0" + unheard(items)})
	}
	if total > MaxWeight {
		wrong = append(wrong, Wrong{heaviest(items, path), fmt.Sprintf("the weights add up to %d, more than Istio can hold", total), "use weights that add up to 100"})
	}
	return split, wrong
}

// unheard names the fields in place of a weight that Istio does not know.
func unheard(items []any) string {
	var out []string
	for _, item := range items {
		fields, _ := item.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			if !slices.Contains([]string{"destination", "headers", "weight"}, name) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "; Istio knows no field " + strings.Join(out, ", ") + " there"
}

func readWeight(item any, path string) (rollout.Weight, []Wrong) {
	var wrong []Wrong
	fields, _ := item.(map[string]any)
	destination, _ := fields["destination"].(map[string]any)
	host, _ := destination["host"].(string)
	subset, _ := destination["subset"].(string)
	if host == "" {
		wrong = append(wrong, Wrong{path, "the destination has no host", "name the service under destination.host"})
	}
	w := rollout.Weight{Destination: rollout.Destination{Host: host, Subset: subset}}
	if port, ok := destination["port"].(map[string]any); ok {
		number, _ := integer(port["number"])
		w.Port = int(number)
	}
	value, given := fields["weight"]
	if !given || value == nil {
		return w, wrong
	}
	n, ok := integer(value)
	switch {
	case !ok:
		wrong = append(wrong, Wrong{path + ".weight", fmt.Sprintf("weight %s is not a whole number", literal(value)), "write the weight as a whole number, such as 25"})
	case n < 0:
		wrong = append(wrong, Wrong{path + ".weight", fmt.Sprintf("weight %d is negative", n), "a weight is 0 or more"})
	case n > MaxWeight:
		wrong = append(wrong, Wrong{path + ".weight", fmt.Sprintf("weight %d is more than Istio can hold (%d)", n, MaxWeight), "use weights that add up to 100"})
	default:
		w.Weight = int(n)
	}
	return w, wrong
}

// literal prints a value as it stands in the file: a string in its quotes.
func literal(v any) string {
	if s, ok := v.(string); ok {
		return strconv.Quote(s)
	}
	return fmt.Sprint(v)
}

// integer reads a JSON number that is a whole one.
func integer(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	case float64:
		return int64(n), n == math.Trunc(n) && math.Abs(n) < 1<<53
	case json.Number:
		i, err := n.Int64()
		return i, err == nil
	}
	return 0, false
}
