package agent

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// leaning is what rollouts lean on, so that one that is due finds its own
// without a search: ServiceEntries, DestinationRules and Gateways of Git.
type leaning struct {
	objects []supporting
	// hosts has the DestinationRules of hosts that some rollout sends traffic
	// to; namespaces has all else.
	hosts, namespaces map[spot][]int
}

// supporting is one object of an overlay.
type supporting struct {
	object Object
	ref    rollout.Ref
	adopt  []string
}

// spot is a host or a namespace of an environment.
type spot struct{ environment, name string }

// lean finds out what the rollouts lean on.
func lean(overlays map[string]Overlay, rollouts []*rollout.Rollout) leaning {
	l := leaning{hosts: map[spot][]int{}, namespaces: map[spot][]int{}}
	used := map[spot]bool{}
	for _, r := range rollouts {
		for _, at := range hostsOf(r) {
			used[at] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(overlays)) {
		o := overlays[key]
		for _, object := range o.Support {
			s := supporting{object: object, ref: refOf(object.Value), adopt: o.Rules.Adopt}
			at := spot{o.Environment, ""}
			if kindOf(object.Value) == "DestinationRule" {
				host, _ := istio.Subsets(object.Value)
				at.name = istio.Host(host, s.ref.Namespace)
			}
			if used[at] {
				l.hosts[at] = append(l.hosts[at], len(l.objects))
			} else {
				at.name = s.ref.Namespace
				l.namespaces[at] = append(l.namespaces[at], len(l.objects))
			}
			l.objects = append(l.objects, s)
		}
	}
	return l
}

// hostsOf are the hosts that the rollout's targets can send traffic to.
func hostsOf(r *rollout.Rollout) []spot {
	var out []spot
	for _, t := range r.Targets {
		for _, route := range t.Routes {
			for _, w := range route.Split {
				at := spot{r.Name.Environment, istio.Host(w.Host, t.Ref.Namespace)}
				if !slices.Contains(out, at) {
					out = append(out, at)
				}
			}
		}
	}
	return out
}

// of is what the due rollouts lean on, in the order to apply it.
func (l leaning) of(turns []Turn) []supporting {
	chosen := map[int]bool{}
	seen := map[spot]bool{}
	add := func(at spot, from map[spot][]int) {
		if !seen[at] {
			seen[at] = true
			for _, i := range from[at] {
				chosen[i] = true
			}
		}
	}
	for i := range turns {
		t := &turns[i]
		if t.Rollout.Want != rollout.Known || !t.Facts.Seen || t.Rollout.Rules.Suspend || t.Facts.Stopped != "" {
			continue
		}
		add(spot{t.Rollout.Name.Environment, t.Rollout.Name.Namespace}, l.namespaces)
		for _, at := range hostsOf(t.Rollout) {
			add(at, l.hosts)
		}
	}
	out := make([]supporting, 0, len(chosen))
	for _, i := range slices.Sorted(maps.Keys(chosen)) {
		out = append(out, l.objects[i])
	}
	return out
}

// support applies what the due rollouts lean on: ServiceEntries,
// DestinationRules as the union of what Git, live and stable use, Gateways. An
// object that is as it should be costs no request.
func (a *Agent) support(ctx context.Context, turns []Turn) {
	doubted := a.doubts
	a.doubts = map[string]bool{}
	for _, s := range a.leaning.of(turns) {
		at := kindOf(s.object.Value) + " " + s.ref.String()
		stands, err := a.supply(ctx, at, s, doubted[at])
		was, refused := a.unapplied[at]
		if stands {
			a.news = a.news || refused
			delete(a.unapplied, at)
		}
		if err == nil {
			continue
		}
		problem := rollout.Problem{Position: s.object.Origin, Message: fmt.Sprintf("applying %s: %v", at, err), Hint: "what needs it waits; it is tried again by itself"}
		a.news = a.news || problem != was
		a.unapplied[at] = problem
	}
}

// supply makes one object what it has to be, unless somebody changed it since:
// then Git is looked at first. again says that it was meant to be.
func (a *Agent) supply(ctx context.Context, at string, s supporting, again bool) (stands bool, err error) {
	version := a.versionOf(s.object.Value, s.ref) // before it is looked at: what comes meanwhile is a conflict
	needed, err := a.needed(s.object.Value, s.ref)
	if err != nil {
		return false, err
	}
	is := stamp{rollout.DigestOf(needed), version}
	if a.doubtful(at, is, again) {
		return false, nil
	}
	if err := a.cluster.ApplyOther(ctx, madeFor(version, needed), s.adopt...); err != nil {
		return false, err
	}
	is.version = a.versionOf(needed, s.ref)
	a.stamps[at] = is
	return true, nil
}

// madeFor is the object as one that was made for a version of what is there.
func madeFor(version string, object map[string]any) map[string]any {
	out := maps.Clone(object)
	metadata, _ := object["metadata"].(map[string]any)
	metadata = maps.Clone(metadata)
	metadata["resourceVersion"], out["metadata"] = version, metadata
	return out
}

// needed is the object as it has to be now. Nothing that live or stable sends
// traffic to is taken out of a DestinationRule, nor turned to another host.
func (a *Agent) needed(object map[string]any, ref rollout.Ref) (map[string]any, error) {
	if kindOf(object) != "DestinationRule" {
		return object, nil
	}
	have, ok := a.cluster.Other("DestinationRule", ref)
	if !ok {
		return object, nil
	}
	wantHost, _ := istio.Subsets(object)
	haveHost, subsets := istio.Subsets(have)
	host := istio.Host(haveHost, ref.Namespace)
	for _, subset := range subsets {
		if istio.Host(wantHost, ref.Namespace) != host && a.carries(host, subset) {
			return nil, fmt.Errorf("its host would change from %s to %s, while %s of %s gets traffic or may get it back; add a second DestinationRule instead", haveHost, wantHost, subset, haveHost)
		}
	}
	out, _ := istio.Support(object, have, func(subset string) bool {
		return slices.ContainsFunc(a.carriers(host, subset), func(o LiveObject) bool { return !a.relabels(o, host, subset) })
	})
	return out, nil
}

// relabels tells whether a move has allowed the labels that Git has now behind
// a subset to which the VirtualService sends traffic.
func (a *Agent) relabels(o LiveObject, host, subset string) bool {
	for _, r := range a.rollouts {
		t, ok := r.Target(o.Ref)
		if !ok || r.Want != rollout.Known || o.State == nil {
			continue
		}
		for d := range t.Subsets {
			if d.Subset == subset && istio.Host(d.Host, o.Ref.Namespace) == host {
				return o.State.Member.Selects == t.Selects()
			}
		}
	}
	return false
}

// carries tells whether anybody sends traffic to the subset.
func (a *Agent) carries(host, subset string) bool { return len(a.carriers(host, subset)) > 0 }

// carriers are the VirtualServices of ours, and those that are to be, that send
// traffic to the subset now, or would on their way back.
func (a *Agent) carriers(host, subset string) []LiveObject {
	var out []LiveObject
	seen := a.cluster.Owned()
	for _, r := range a.rollouts {
		for _, t := range r.Targets {
			if o, ok := a.cluster.Live(t.Ref); ok && o.State == nil {
				seen = append(seen, o)
			}
		}
	}
	for _, o := range seen {
		routes, _ := istio.Read(o.Object, istio.All)
		if o.State != nil {
			routes = slices.Concat(routes, o.State.Member.Stable, o.State.Member.Previous)
		}
		for _, d := range routes.Carrying() {
			if d.Subset == subset && istio.Host(d.Host, o.Ref.Namespace) == host {
				out = append(out, o)
				break
			}
		}
	}
	return out
}
