package agent

import (
	"context"
	"io/fs"
	"slices"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// Side is one side of a change: a revision, its overlays as they would be
// accepted, its policies, and all that is wrong with it.
type Side struct {
	Revision string
	// Delivered says that the revision has a Delivery, be it wrong.
	Delivered bool
	Overlays  []Overlay
	Policies  *policy.Set
	Problems  rollout.Problems
	// Unused are what Unused found, for Check to tell.
	Unused []policy.Finding

	whole    bool // all environments were read
	delivery spec.Delivery
	own      *policy.Set // the policies of this very revision, whoever judges
}

// ReadSide renders and accepts a revision's overlays of the environments; none
// named means all that the Delivery has.
func ReadSide(ctx context.Context, renderer Renderer, rev Revision, delivery string, environments []string) Side {
	d := draftOf(rev, delivery, environments)
	each(len(d.places), func(i int) {
		objects, err := renderer.Render(ctx, rev.Tree, d.places[i].folder)
		d.take(i, objects, err)
	})
	d.load(ctx, delivery)
	return d.side()
}

// JudgedBy is the side with the policies and the rules of another revision, which a
// change has to pass that came from this one.
func (s Side) JudgedBy(ctx context.Context, rev Revision, delivery string) Side {
	_, missing := fs.Stat(rev.Tree, delivery)
	s.Delivered, s.Policies = missing == nil, nil
	d, problems := ReadDelivery(rev.Tree, delivery)
	if len(problems) > 0 {
		s.Problems = append(s.Problems, problems...)
		return s
	}
	set, err := LoadPolicies(ctx, rev, d)
	if err != nil {
		s.Problems = append(s.Problems, problemsOf(err, delivery)...)
	}
	s.delivery, s.Policies = d, set
	return s
}

// names are the environments of this side.
func (s Side) names() []string {
	var out []string
	for _, e := range s.delivery.Environments {
		out = append(out, e.Name)
	}
	return out
}

// Rollouts are those of this side, by name.
func (s Side) Rollouts() []*rollout.Rollout {
	var accepted []rollout.Accepted
	for _, o := range s.Overlays {
		accepted = append(accepted, o.Accepted)
	}
	out := rollout.Match(accepted, nil)
	label(out, s.Overlays)
	return out
}

// vanished are the rules that this side requires and another lacks: a rule goes by two
// changes, of which the first says that it may.
func (s Side) vanished(head Side) rollout.Problems {
	var out rollout.Problems
	if head.own == nil {
		return nil
	}
	there := ids(head.own)
	for _, id := range s.delivery.Policies.Required {
		if !slices.Contains(there, id) {
			out = append(out, rollout.Problem{
				Position: rollout.Position{File: head.delivery.Policies.Path}, Message: "rule " + id + " is required by the base, and is not enforced after this change",
				Hint: "bring it back; one that is to go is taken from spec.policies.required first, in a change of its own",
			})
		}
	}
	return out
}

// live is a target of this side as if the cluster had it.
func (s Side) live(o Overlay, t rollout.Target) rollout.Live {
	name := rollout.Name{Environment: o.Environment, Namespace: t.Ref.Namespace, Plan: t.Ref.Name}
	for _, p := range o.Plans {
		if _, ok := p.Target(t.Ref.Name); ok && p.Namespace == t.Ref.Namespace {
			name.Plan = p.Name
		}
	}
	return rollout.Live{
		Ref: t.Ref, UID: "base", Version: s.Revision, Routes: t.Routes,
		State: &rollout.State{
			Name: name, Journey: rollout.Journey{Step: -1, Phase: rollout.Healthy},
			Member: rollout.Member{Stable: t.Routes.Moving(), Rest: t.Rest, Selects: t.Selects()},
		},
	}
}

// Base is the tree of an empty revision: what a first commit changes.
func Base() fs.FS { return nothing{} }

type nothing struct{}

func (nothing) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
