package agent

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// Preview is a rollout as a pass would find it, with the move that it would
// make next; nothing of it was written.
type Preview struct {
	// View is where the rollout stands.
	View View
	// Turn went through read, propose and review.
	Turn Turn
	// Pairs are the targets, as the cluster and as Git has them.
	Pairs []Pair
}

// Pair is one target, as the cluster and as Git has it.
type Pair struct {
	Ref rollout.Ref
	// Live is the VirtualService of the cluster, nil where there is none; Owned
	// is what of it our own applies own, nil while it is not ours.
	Live, Owned map[string]any
	// Wanted is Git's, nil where Git has none.
	Wanted map[string]any
	// Routes are the live splits of the routes that the rollout moves.
	Routes rollout.Routes
	// Appliers are the field managers of one that is not ours.
	Appliers []string
}

// Preview reads, proposes and reviews as Pass does, and stops before the first
// write. The agent is for this alone then: it has told the cluster and the
// journal nothing, and may be thrown away. What is wrong in the input is in
// Problems.
func (a *Agent) Preview(ctx context.Context, now time.Time) ([]Preview, error) {
	if err := a.filled(ctx); err != nil {
		return nil, fmt.Errorf("waiting for the cluster: %w", err)
	}
	turns, now := a.read(ctx, now, nil)
	switch {
	case a.journalErr != nil:
		return nil, a.journalErr
	case a.sourceErr != nil:
		return nil, fmt.Errorf("asking Git: %w", a.sourceErr)
	}
	a.propose(turns, now)
	a.review(ctx, turns, now)
	var out []Preview
	for i := range turns {
		t := &turns[i]
		p := Preview{View: t.view(), Turn: *t}
		for _, ref := range t.Rollout.Refs() {
			p.Pairs = append(p.Pairs, a.pair(t, ref))
		}
		out = append(out, p)
	}
	return out, nil
}

func (a *Agent) pair(t *Turn, ref rollout.Ref) Pair {
	s := Pair{Ref: ref, Wanted: a.wanted(t.Rollout, ref)}
	if o, ok := a.cluster.Live(ref); ok {
		s.Live, s.Owned, s.Appliers = o.Object, o.Ours, o.Appliers
		if o.State != nil {
			s.Appliers = nil
		}
	}
	if live, ok := t.Facts.LiveOf(ref); ok {
		s.Routes = live.Routes
	}
	return s
}

// Prop is another object that the routes lean on, such as a DestinationRule.
type Prop struct {
	Kind string
	Ref  rollout.Ref
	// Live is the cluster's, nil where there is none. Wanted is Git's, with what
	// live traffic needs besides.
	Live, Wanted map[string]any
	// Refused says why it cannot become what Git wants.
	Refused string
}

// Props are the other objects that the agent applies, once Preview has read them.
func (a *Agent) Props() []Prop {
	var out []Prop
	for _, key := range slices.Sorted(maps.Keys(a.overlays)) {
		for _, o := range a.overlays[key].Support {
			p := Prop{Kind: kindOf(o.Value), Ref: refOf(o.Value)}
			p.Live, _ = a.cluster.Other(p.Kind, p.Ref)
			wanted, err := a.needed(o.Value, p.Ref)
			if p.Wanted = wanted; err != nil {
				p.Wanted, p.Refused = o.Value, err.Error()
			}
			out = append(out, p)
		}
	}
	return out
}
