package istio

import (
	"cmp"
	"maps"
	"slices"

	"github.com/weir-delivery/weir/rollout"
)

// Overlay is the VirtualService with the moving routes' splits laid over it:
// a deep copy in which nothing but weights differs. A route whose split is the
// object's own is left as it is, so Git's last word is Git's, key for key.
// Destinations that only the split knows are appended after the object's own, as
// the live object has them: while they carry traffic, their headers go on too. It
// may be nil. No route is added.
func Overlay(object map[string]any, routes rollout.Routes, live map[string]any) map[string]any {
	out := clone(object).(map[string]any)
	there := map[string][]any{}
	each(live, func(e entry) { there[e.key], _ = e.route["route"].([]any) })
	each(out, func(e entry) {
		r, ok := routes.Find(e.key)
		if !ok || r.Fixed {
			return
		}
		list, ok := e.route["route"].([]any)
		if !ok {
			return
		}
		if own, _ := readSplit(list, e.path); own.Verbatim(r.Split) {
			return
		}
		e.route["route"] = weigh(list, r.Split, there[e.key])
	})
	return out
}

// weigh gives each entry its weight and appends the destinations that the list
// does not have, each as it is there.
func weigh(list []any, split rollout.Split, there []any) []any {
	out := make([]any, 0, len(split))
	var listed []rollout.Destination
	for _, item := range list {
		w, _ := readWeight(item, "")
		fields, ok := item.(map[string]any)
		if !ok {
			continue
		}
		fields["weight"] = weightOf(split, w.Destination)
		listed = append(listed, w.Destination)
		out = append(out, fields)
	}
	for _, w := range split {
		if !slices.Contains(listed, w.Destination) {
			fields := entryOf(there, w.Destination)
			fields["weight"] = weightOf(split, w.Destination)
			out = append(out, fields)
		}
	}
	return out
}

// entryOf is a copy of the destination's entry in the list, else a plain one.
func entryOf(list []any, d rollout.Destination) map[string]any {
	for _, item := range list {
		w, _ := readWeight(item, "")
		if fields, ok := clone(item).(map[string]any); ok && w.Destination == d {
			return fields
		}
	}
	return map[string]any{"destination": plain(d)}
}

// weightOf is the number to write for the destination. A lone destination is
// the whole, and where it stands beside others its number has to say so.
func weightOf(split rollout.Split, d rollout.Destination) int64 {
	weight := split.Of(d)
	if len(split) == 1 && weight > 0 {
		weight = cmp.Or(split[0].Weight, rollout.DefaultTotal)
	}
	return int64(weight)
}

// plain is a destination as an entry names it that says nothing else.
func plain(d rollout.Destination) map[string]any {
	out := map[string]any{"host": d.Host}
	if d.Subset != "" {
		out["subset"] = d.Subset
	}
	if d.Port != 0 {
		out["port"] = map[string]any{"number": int64(d.Port)}
	}
	return out
}

// Rest is the digest of all of a VirtualService that a step does not change:
// labels, annotations and the spec, with the weights of its moving routes
// blanked. Destinations that stand there with nothing but a weight are part of
// the split, so that listing one more is not a reshape.
func Rest(object map[string]any, moves func(label string) bool) rollout.Digest {
	blank := clone(object).(map[string]any)
	each(blank, func(e entry) {
		list, ok := e.route["route"].([]any)
		if !ok || !moves(e.label) {
			return
		}
		var extras []any
		for _, item := range list {
			w, _ := readWeight(item, "")
			fields, _ := item.(map[string]any)
			fields = maps.Clone(fields)
			delete(fields, "weight")
			if len(fields) > 1 || rollout.DigestOf(fields["destination"]) != rollout.DigestOf(plain(w.Destination)) {
				extras = append(extras, fields)
			}
		}
		e.route["route"] = extras
	})
	metadata, _ := blank["metadata"].(map[string]any)
	return rollout.DigestOf(map[string]any{
		"labels": metadata["labels"], "annotations": metadata["annotations"], "spec": blank["spec"],
	})
}

// Solid is a deep copy of a JSON value without the fields that are null. They
// count as left out: the API server keeps none, and refuses an apply that has one.
func Solid(v any) any {
	out := clone(v)
	bare(out)
	return out
}

func bare(v any) {
	switch x := v.(type) {
	case map[string]any:
		maps.DeleteFunc(x, func(_ string, e any) bool { return e == nil })
		for _, e := range x {
			bare(e)
		}
	case []any:
		for _, e := range x {
			bare(e)
		}
	}
}

// clone copies a JSON value deeply.
func clone(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = clone(e)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = clone(e)
		}
		return out
	}
	return v
}
