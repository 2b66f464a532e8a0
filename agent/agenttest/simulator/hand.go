package simulator

import (
	"fmt"

	"github.com/weir-delivery/weir/rollout"
)

// handiwork is what people and other programs do to the cluster.
func handiwork() map[Kind]deed {
	return map[Kind]deed{
		"hand": func(w *world, e Event) bool { // weights edited
			ref, n, ok := w.live(e)
			if !ok {
				return false
			}
			w.edit("kubectl-edit", ref, func(spec object) {
				for _, list := range routeLists(spec) {
					set(list, weights(n, e.B))
				}
			})
			return true
		},
		"fight": func(w *world, e Event) bool { // the same, again and again
			ref, n, ok := w.live(e)
			if !ok {
				return false
			}
			for k := range 4 {
				w.at(w.now.Add(durationOf(k*(20+e.C))), func() {
					if w.kube.Get("VirtualService", ref) != nil {
						w.edit("other-controller", ref, func(spec object) {
							for _, list := range routeLists(spec) {
								set(list, weights(n, e.B))
							}
						})
					}
				})
			}
			return true
		},
		"field": func(w *world, e Event) bool { // a label of somebody else's
			ref, _, ok := w.live(e)
			if !ok {
				return false
			}
			w.say("kubectl-label labels %s", ref.Name)
			w.kube.Edit("kubectl-label", "VirtualService", ref, func(o map[string]any) {
				below(o, "metadata", "labels")["team"] = fmt.Sprint(e.B)
			})
			return true
		},
		"damage": func(w *world, e Event) bool { // our annotation
			ref, _, ok := w.live(e)
			if !ok {
				return false
			}
			annotations := below(w.kube.Get("VirtualService", ref), "metadata", "annotations")
			if _, ours := annotations[annotation]; !ours {
				return false
			}
			w.say("somebody changes the annotation of %s", ref.Name)
			w.kube.Edit("kubectl-edit", "VirtualService", ref, func(o map[string]any) {
				annotations := below(o, "metadata", "annotations")
				if e.B%2 == 0 {
					delete(annotations, annotation)
				} else {
					annotations[annotation] = "{"
				}
			})
			return true
		},
		"delete": func(w *world, e Event) bool {
			ref, _, ok := w.live(e)
			if ok {
				w.say("somebody deletes VirtualService %s", ref.Name)
				w.kube.Delete("VirtualService", ref)
			}
			return ok
		},
		"make": func(w *world, e Event) bool { // a VirtualService by hand
			return w.byHand(e.A%len(w.wish.Targets), nil, managers[e.B%len(managers)])
		},
		"unrule": func(w *world, e Event) bool { // a DestinationRule deleted or cut
			ref := rollout.Ref{Namespace: namespace, Name: hosts[e.A%len(hosts)]}
			if w.kube.Get("DestinationRule", ref) == nil {
				return false
			}
			if e.B%2 == 0 {
				w.say("somebody deletes DestinationRule %s", ref.Name)
				w.kube.Delete("DestinationRule", ref)
				return true
			}
			w.say("somebody cuts DestinationRule %s", ref.Name)
			w.kube.Edit("kubectl-edit", "DestinationRule", ref, func(o map[string]any) {
				spec := below(o, "spec")
				if list, _ := spec["subsets"].([]any); len(list) > 0 {
					spec["subsets"] = list[:len(list)-1]
				}
			})
			return true
		},
		"anew": func(w *world, e Event) bool { // the cluster thrown away and made anew
			if e.B%3 > 0 {
				return false // seldom
			}
			w.say("the cluster is made anew")
			w.oracle.forgets()
			for _, t := range w.everNamed() {
				for _, kind := range []string{"VirtualService", "DestinationRule"} {
					if ref := (rollout.Ref{Namespace: namespace, Name: t}); w.kube.Get(kind, ref) != nil {
						w.kube.Delete(kind, ref)
					}
				}
			}
			for _, p := range w.processes {
				if p.agent != nil {
					p.die()
				}
			}
			return true
		},
	}
}

// annotation is where the agent keeps its state.
const annotation = "weir.dev/state"

// everNamed is every name that a VirtualService or its host may have.
func (w *world) everNamed() []string {
	var out []string
	for _, h := range hosts {
		out = append(out, h, h+"-b", h+"-c")
	}
	return out
}

// live is the event's VirtualService, if the cluster has it, and how many
// destinations its routes have.
func (w *world) live(e Event) (rollout.Ref, int, bool) {
	t := w.wish.Targets[e.A%len(w.wish.Targets)]
	ref := rollout.Ref{Namespace: namespace, Name: t.Name}
	return ref, len(t.Routes[0].Weights), w.kube.Get("VirtualService", ref) != nil
}

// edit changes the spec of a VirtualService.
func (w *world) edit(by string, ref rollout.Ref, f func(spec object)) {
	w.kube.Edit(by, "VirtualService", ref, func(o map[string]any) { f(below(o, "spec")) })
	w.say("%s sets %s to %s", by, ref.Name, splitsOf(w.kube.Get("VirtualService", ref)))
}

// byHand makes a target's VirtualService as somebody else would.
func (w *world) byHand(target int, weights []int, manager string) bool {
	t := w.wish.clone().Targets[target]
	if w.kube.Get("VirtualService", rollout.Ref{Namespace: namespace, Name: t.Name}) != nil {
		return false
	}
	if weights != nil {
		t.Routes[0].Weights = weights
	}
	w.say("%s makes VirtualService %s", manager, t.Name)
	w.kube.Create(manager, whole(t.service(false)).(object))
	return true
}

// below is the object at a path, made where it is not.
func below(o object, path ...string) object {
	for _, name := range path {
		next, ok := o[name].(object)
		if !ok {
			next = object{}
			o[name] = next
		}
		o = next
	}
	return o
}

// routeLists are the destinations of each route.
func routeLists(spec object) [][]any {
	var out [][]any
	for _, protocol := range []string{"http", "tls", "tcp"} {
		routes, _ := spec[protocol].([]any)
		for _, r := range routes {
			if list, ok := r.(object)["route"].([]any); ok {
				out = append(out, list)
			}
		}
	}
	return out
}

// set gives the destinations these weights, as far as there are any.
func set(list []any, weights []int) {
	total := 0
	for i := range list {
		if i < len(weights) {
			total += weights[i]
		}
	}
	if total == 0 {
		return
	}
	for i, item := range list {
		weight := 0
		if i < len(weights) {
			weight = weights[i]
		}
		item.(object)["weight"] = int64(weight)
	}
}

// whole has every number as the API server gives it.
func whole(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			x[k] = whole(e)
		}
	case []any:
		for i, e := range x {
			x[i] = whole(e)
		}
	case int:
		return int64(x)
	}
	return v
}
