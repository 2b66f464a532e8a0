package simulator

import (
	"encoding/json"
	"fmt"
)

// These are the documents of a wish, as a developer would write them.

func (w wish) delivery() object {
	name := environment
	if breaks[w.Broken] == "the environment is gone" {
		name = "elsewhere"
	}
	policies := object{"sets": []any{"baseline"}}
	if w.Strict > 0 {
		policies["path"], policies["packages"] = "policies", []any{"strict"}
	}
	spec := object{
		"environments": []any{object{"name": name, "overlays": []any{folder}}},
		"suspend":      w.Suspend, "prune": w.Prune, "policies": policies,
		"defaultPlan": object{"steps": json.RawMessage(stepLists[w.Default])},
	}
	w.gates(spec)
	if len(w.Adopt) > 0 { // an empty list is a mistake
		spec["adopt"] = w.Adopt
	}
	return object{"apiVersion": "weir.dev/v1alpha1", "kind": "Delivery", "metadata": object{"name": "shop"}, "spec": spec}
}

// service is the VirtualService.
func (t targetWish) service(negative bool) object {
	spec := object{"hosts": []any{t.Host}, "gateways": []any{"mesh"}, "exportTo": []any{"."}}
	for i, r := range t.Routes {
		var list []any
		for n, weight := range r.Weights {
			if negative && i == 0 && n == 0 {
				weight = -1
			}
			d := object{"destination": object{"host": t.Host, "subset": subset(n)}, "weight": weight}
			list = append(list, d)
		}
		route := object{"route": list}
		switch r.Protocol {
		case "http":
			route["name"], route["timeout"] = r.Name, fmt.Sprintf("%ds", 1+t.Extra)
			if r.Match > 0 {
				route["match"] = []any{object{"uri": object{"prefix": fmt.Sprintf("/%d", r.Match)}}}
			}
			if t.Extra%2 == 1 {
				route["headers"] = object{"request": object{"set": object{"authorization": secret}}}
			}
		case "tcp":
			route["match"] = []any{object{"port": 5000 + r.Match}}
		case "tls":
			spec["hosts"] = []any{t.Host, "*.example.com"} // a name asked for by SNI is one of the hosts
			route["match"] = []any{object{"port": 443, "sniHosts": []any{fmt.Sprintf("s%d.example.com", r.Match)}}}
		}
		list, _ = spec[r.Protocol].([]any)
		spec[r.Protocol] = append(list, route)
	}
	metadata := object{"name": t.Name, "namespace": namespace, "annotations": object{"example.com/key": secret}}
	if t.Extra > 0 {
		metadata["labels"] = object{"extra": fmt.Sprint(t.Extra)}
	}
	return object{"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": metadata, "spec": spec}
}

// subset is the name of a host's n-th subset, from 0.
func subset(n int) string { return fmt.Sprintf("v%d", n+1) }

// subsets is how many the target's host has.
func (t targetWish) subsets() int {
	n := 0
	for _, r := range t.Routes {
		n = max(n, len(r.Weights))
	}
	return n
}

// rule is the DestinationRule of the target's host.
func (t targetWish) rule() object {
	var list []any
	for n := range t.subsets() {
		labels := object{"version": subset(n)}
		if t.Labels > 0 {
			labels["build"] = fmt.Sprint(t.Labels)
		}
		list = append(list, object{"name": subset(n), "labels": labels})
	}
	return object{
		"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
		"metadata": object{"name": t.Host, "namespace": namespace}, "spec": object{"host": t.Host, "subsets": list},
	}
}

// document is the WeightPlan.
func (p planWish) document(w wish) object {
	targets := []any{}
	for _, i := range p.Targets {
		t := object{"kind": "VirtualService", "name": w.Targets[i].Name}
		if p.Routes != nil {
			t["routes"] = p.Routes
		}
		targets = append(targets, t)
	}
	if breaks[w.Broken] == "a plan targets nothing" {
		targets = []any{object{"kind": "VirtualService", "name": "nothing"}}
	}
	spec := object{"targets": targets, "steps": json.RawMessage(stepLists[p.Steps]), "suspend": p.Suspend}
	if breaks[w.Broken] == "a plan's field is misspelt" {
		spec["setps"] = 1
	}
	if p.Deadline > 0 {
		spec["progressDeadlineSeconds"] = p.Deadline
	}
	if p.Total > 0 {
		spec["totalWeight"] = p.Total
	}
	p.gates(w, spec)
	return object{
		"apiVersion": "weir.dev/v1alpha1", "kind": "WeightPlan",
		"metadata": object{"name": p.Name, "namespace": namespace}, "spec": spec,
	}
}
