package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// back applies the moves that wait for nobody. Their record travels with them
// in the annotation's outbox.
func (a *Agent) back(ctx context.Context, turns []Turn, now time.Time) {
	for i := range turns {
		t := &turns[i]
		if t.Err != nil || !t.Move.Kind.Traits().Posted || a.options.DryRun {
			continue
		}
		a.write(ctx, t, t.Sealed.Digest, now)
	}
}

// apply writes what else is to be written: first what weights lean on, then
// the moves whose record is pushed, then states that changed by themselves.
func (a *Agent) apply(ctx context.Context, turns []Turn, now time.Time) {
	if a.options.DryRun {
		return
	}
	a.support(ctx, turns, now)
	for i := range turns {
		t := &turns[i]
		if t.Err != nil || t.Done || !t.Move.Writes() {
			continue
		}
		if t.Move.Kind.Traits().Recorded && !a.stands(t, now) {
			t.Err = fmt.Errorf("%s: %w", t.Rollout.Name, ErrSuperseded)
			a.ended(t, audit.Superseded, "the facts changed between the decision and the apply", now)
			continue
		}
		a.write(ctx, t, t.Sealed.Digest, now)
	}
}

// ErrSuperseded says that a recorded move was not applied because what it was
// decided for had changed.
var ErrSuperseded = errors.New("the facts changed before the move was applied")

// stands tells whether the move is still what Next wants on the current cache.
func (a *Agent) stands(t *Turn, now time.Time) bool {
	again := rollout.Next(t.Rollout, a.facts(t.Rollout), now)
	again.Until = t.Move.Until
	return rollout.DigestOf(again) == rollout.DigestOf(t.Move)
}

// write applies a move's changes, each by one server-side apply that carries
// the state with the weights.
func (a *Agent) write(ctx context.Context, t *Turn, entry rollout.Digest, now time.Time) {
	if entry != "" {
		t.Move.Journey.Entry = entry
	}
	for i, c := range t.Move.Changes {
		err := a.change(ctx, t, c, entry)
		if err == nil {
			continue
		}
		t.Err = fmt.Errorf("%s: applying %s to VirtualService %s: %w", t.Rollout.Name, t.Move.Kind, c.Ref, err)
		switch {
		case t.Move.Kind.Traits().Posted: // going back, no member waits for another
		case i == 0 && errors.Is(err, ErrConflict):
			a.ended(t, audit.Superseded, "the VirtualService changed before the apply", now)
			return
		default: // it may have taken effect, or may yet: the next pass reads which
			a.tried(t)
			return
		}
	}
	if t.Err == nil {
		t.Done = true
		a.ended(t, audit.Applied, "", now)
	}
}

// change applies one target's part of a move. What goes forward is laid over
// Git's object, if that is the one whose shape was allowed; what goes back or
// only stores a state over what is live, so that it needs neither Git nor a
// render.
func (a *Agent) change(ctx context.Context, t *Turn, c rollout.Change, entry rollout.Digest) error {
	traits := t.Move.Kind.Traits()
	if t.Move.Kind == rollout.Remove {
		return a.cluster.Remove(ctx, c.Ref, c.UID, c.Version)
	}
	live, _ := a.cluster.Live(c.Ref)
	base := live.Ours
	if wish, ok := t.Rollout.Target(c.Ref); ok && traits.Recorded && wish.Rest == c.Member.Rest {
		base = a.wanted(t.Rollout, c.Ref)
	}
	state := rollout.State{Cluster: a.options.Cluster, Name: t.Rollout.Name, Journey: t.Move.Journey, Member: c.Member}
	if live.State != nil {
		state.Outbox = a.unsent(live.State.Outbox)
	}
	if traits.Posted {
		state.Outbox = audit.Post(state.Outbox, t.Sealed)
	}
	w := Write{Ref: c.Ref, UID: c.UID, Version: c.Version, Object: istio.Overlay(base, c.To), State: state, Force: live.State != nil}
	if live.State == nil && live.UID != "" {
		w.Adopt = t.Rollout.Rules.Adopt
	}
	a.vouched[c.Ref] = state.Journey.Entry
	return a.cluster.Apply(ctx, w)
}

// wanted is the VirtualService as Git has it.
func (a *Agent) wanted(r *rollout.Rollout, ref rollout.Ref) map[string]any {
	for _, o := range a.overlays {
		if o.Environment == r.Name.Environment {
			if object, ok := o.Services[ref]; ok {
				return object.Value
			}
		}
	}
	return nil
}

// support applies what the due rollouts' namespaces lean on: ServiceEntries,
// DestinationRules as the union of what Git, live and stable use, Gateways. An
// object that is as it should be costs no request.
func (a *Agent) support(ctx context.Context, turns []Turn, now time.Time) {
	namespaces := map[string]*Turn{}
	for i := range turns {
		if t := &turns[i]; t.Rollout.Want == rollout.Known && t.Facts.Seen && !t.Rollout.Rules.Suspend && t.Facts.Stopped == "" {
			namespaces[t.Rollout.Name.Namespace] = t
		}
	}
	for _, o := range a.overlays {
		for _, object := range o.Support {
			ref := refOf(object.Value)
			t, due := namespaces[ref.Namespace]
			if !due || t.Rollout.Name.Environment != o.Environment {
				continue
			}
			at := kindOf(object.Value) + " " + ref.String()
			needed, err := a.needed(object.Value, ref)
			if err == nil {
				err = a.cluster.ApplyOther(ctx, needed, o.Rules.Adopt...)
			}
			if err == nil {
				delete(a.unapplied, at)
				continue
			}
			a.unapplied[at] = rollout.Problem{Position: object.Origin, Message: fmt.Sprintf("applying %s: %v", at, err), Hint: "what needs it waits; it is tried again by itself"}
		}
	}
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
