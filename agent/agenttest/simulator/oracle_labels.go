package simulator

import (
	"fmt"
	"maps"
	"slices"

	"github.com/weir-delivery/weir/rollout"
)

// labels are those of a host's subsets, as text, by the subsets' names.
type labels map[string]string

// leans holds what section 4 says of what weights lean on: no subset that
// carries traffic, or may get it back, is taken out of its DestinationRule, and
// its labels change only once a move allowed it. It is judged by what the
// agent's cache says as it asks; what struck in the pass may be newer than that.
func (o *oracle) leans(p *process, want object) {
	if want["kind"] != "DestinationRule" || p.hurt {
		return
	}
	host, _ := below(want, "spec")["host"].(string)
	name, _ := below(want, "metadata")["name"].(string)
	have, ok := p.cache.Other("DestinationRule", rollout.Ref{Namespace: namespace, Name: name})
	if !ok {
		return
	}
	was, is := labelsOf(have), labelsOf(want)
	for _, subset := range slices.Sorted(maps.Keys(was)) {
		now, kept := is[subset]
		if now == was[subset] {
			continue
		}
		for _, by := range o.carriers(p, rollout.Destination{Host: host, Subset: subset}) {
			switch {
			case !kept:
				o.breaks("4", "agent %d takes %s out of DestinationRule %s, and %s sends traffic there or may again", p.n, subset, name, below(by, "metadata")["name"])
			case o.permits[versionOf(by)][subset] != now:
				o.breaks("relabel", "agent %d turns %s of DestinationRule %s from %s to %s, and no move of %s allowed it", p.n, subset, name, was[subset], now, below(by, "metadata")["name"])
			}
		}
	}
}

// labelsOf reads the subsets of a DestinationRule.
func labelsOf(rule object) labels {
	out := labels{}
	list, _ := below(rule, "spec")["subsets"].([]any)
	for _, item := range list {
		s, _ := item.(object)
		name, _ := s["name"].(string)
		out[name] = fmt.Sprint(s["labels"])
	}
	return out
}

// carriers are the VirtualServices in the agent's cache that send traffic to
// the destination, or would on their way back: its own, and what Git would have it take over.
func (o *oracle) carriers(p *process, d rollout.Destination) []object {
	var out []object
	for _, name := range o.w.everNamed() {
		live, ok := p.cache.Live(rollout.Ref{Namespace: namespace, Name: name})
		if !ok {
			continue
		}
		s := sideOf(live.Object)
		if _, asked := o.w.history[p.known].target(name); s.state == nil && !asked {
			continue
		}
		routes := s.routes
		if s.state != nil {
			routes = slices.Concat(routes, s.state.Member.Stable, s.state.Member.Previous)
		}
		if slices.ContainsFunc(routes, func(r rollout.Route) bool { return carries(r.Split, d) }) {
			out = append(out, live.Object)
		}
	}
	return out
}

func carries(s rollout.Split, d rollout.Destination) bool {
	return slices.ContainsFunc(s, func(w rollout.Weight) bool {
		return w.Host == d.Host && w.Subset == d.Subset && share(s, w.Destination) > 0
	})
}

// relabelled notes what labels a version allows behind its subsets: those of
// the commit for which it was made or shaped anew, and those that it was found with.
func (o *oracle) relabelled(v *version) {
	again := v.before.state != nil && v.before.state.Journey.Entry == v.after.state.Journey.Entry
	if v.entry == nil || v.entry.Operation != rollout.Reshape && v.entry.Operation != rollout.Create || again {
		return
	}
	asked := o.w.history[v.entry.Revision]
	i, there := asked.target(v.Ref.Name)
	if !there || asked.Targets[i].NoRule {
		return
	}
	allowed := labelsOf(whole(asked.Targets[i].rule()).(object))
	for subset := range allowed {
		seen, ok := v.by.seen[rollout.Destination{Host: asked.Targets[i].Host, Subset: subset}]
		if found := v.Before != nil && v.before.state == nil; found && ok && seen.Defined {
			allowed[subset] = fmt.Sprint(seen.Labels)
		}
	}
	o.permits[versionOf(v.After)] = allowed
}

// versionOf tells the versions of objects apart.
func versionOf(o object) string {
	metadata := below(o, "metadata")
	return fmt.Sprint(metadata["uid"], " ", metadata["resourceVersion"])
}
