package agent

import (
	"context"
	"errors"
	"fmt"
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
	a.support(ctx, turns)
	for i := range turns {
		t := &turns[i]
		if t.Err != nil || t.Done || !t.Move.Writes() {
			continue
		}
		if t.Move.Kind.Traits().Recorded && !a.stands(t, now) {
			t.Err = fmt.Errorf("%s: %w", t.Rollout.Name, ErrSuperseded) // or another agent did it: a later pass reads which
			continue
		}
		if until := t.Move.Until; !until.IsZero() && !a.clock().Before(until) {
			t.Err = fmt.Errorf("%s: %w: its permission ended at %s, while it was recorded", t.Rollout.Name, ErrSuperseded, until.Format(time.RFC3339))
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
	again := rollout.Next(t.Rollout, t.as(a.facts(t.Rollout)), now)
	again.Until = t.Move.Until
	return rollout.DigestOf(again) == rollout.DigestOf(t.Move)
}

// write applies a move's changes, each by one server-side apply that carries
// the state with the weights.
func (a *Agent) write(ctx context.Context, t *Turn, entry rollout.Digest, now time.Time) {
	if entry != "" {
		t.Move.Journey.Entry = entry
	}
	for _, c := range t.Move.Changes {
		err := a.change(ctx, t, c, entry)
		if err == nil {
			continue
		}
		t.Err = fmt.Errorf("%s: applying %s to VirtualService %s: %w", t.Rollout.Name, t.Move.Kind, c.Ref, err)
		if !t.Move.Kind.Traits().Posted { // going back, no member waits for another
			a.tried(t, c.Ref) // it may have taken effect, or may yet: a later pass reads which
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
		delete(a.vouched, c.Ref)
		return a.cluster.Remove(ctx, c.Ref, c.UID, c.Version)
	}
	live, _ := a.cluster.Live(c.Ref)
	base := live.Ours
	if wish, ok := t.Rollout.Target(c.Ref); ok && traits.Recorded && wish.Rest == c.Member.Rest {
		base = a.wanted(t.Rollout, c.Ref)
	}
	state := rollout.State{Cluster: a.options.Cluster, Name: t.Rollout.Name, Journey: t.Move.Journey, Member: c.Member}
	if live.State != nil {
		state.Outbox = a.sent.left(t.Rollout.Name, live.State.Outbox)
	}
	if traits.Posted {
		state.Outbox = audit.Post(state.Outbox, t.Sealed)
	}
	w := Write{Ref: c.Ref, UID: c.UID, Version: c.Version, Object: istio.Overlay(base, c.To, live.Object), State: state, Force: live.State != nil}
	if live.State == nil && live.UID != "" {
		w.Adopt = t.Rollout.Rules.Adopt
	}
	if t.uncertain || live.State != nil && standOf(live.State.Journey) == standOf(state.Journey) {
		return a.cluster.Apply(ctx, w) // it stays as doubtful as it is, or where it was left, by whomever
	}
	err := a.cluster.Apply(ctx, w)
	a.vouched.wrote(c.Ref, standOf(state.Journey), err)
	return err
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
