package agent

import (
	"context"
	"io/fs"
	"slices"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
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

	delivery spec.Delivery
	own      *policy.Set // the policies of this very revision, whoever judges
}

// ReadSide renders and accepts a revision's overlays of the environments; none
// named means all that the Delivery has.
func ReadSide(ctx context.Context, renderer Renderer, rev Revision, delivery string, environments []string) Side {
	s := Side{Revision: rev.SHA}
	_, missing := fs.Stat(rev.Tree, delivery)
	s.Delivered = missing == nil
	d, problems := ReadDelivery(rev.Tree, delivery)
	if s.Problems = problems; len(problems) > 0 {
		return s
	}
	s.delivery = d
	for _, env := range d.Environments {
		if len(environments) > 0 && !slices.Contains(environments, env.Name) {
			continue
		}
		for i := range env.Overlays {
			s.overlay(ctx, renderer, rev, d, env, i)
		}
	}
	var there []string
	for _, env := range d.Environments {
		there = append(there, env.Name)
	}
	for _, name := range environments {
		if !slices.ContainsFunc(d.Environments, func(e spec.Environment) bool { return e.Name == name }) {
			s.Problems = append(s.Problems, rollout.Problem{Position: rollout.Position{File: delivery}, Message: "environment " + name + " is not in the Delivery", Hint: "it has " + orNone(there)})
		}
	}
	set, err := policy.Load(ctx, rev.Tree, PoliciesOf(d))
	if err != nil {
		s.Problems = append(s.Problems, problemsOf(err, delivery)...)
	}
	s.Policies, s.own = set, set
	return s
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
	set, err := policy.Load(ctx, rev.Tree, PoliciesOf(d))
	if err != nil {
		s.Problems = append(s.Problems, problemsOf(err, delivery)...)
	}
	s.delivery, s.Policies = d, set
	return s
}

func (s *Side) overlay(ctx context.Context, renderer Renderer, rev Revision, d spec.Delivery, env spec.Environment, i int) {
	pattern := env.Overlays[i]
	folders := Folders(rev.Tree, pattern)
	if len(folders) == 0 {
		s.Problems = append(s.Problems, rollout.Problem{Position: env.At[i], Message: "environment " + env.Name + ": overlay " + pattern + " is not in the repository", Hint: "correct the path, or add the folder with a kustomization.yaml"})
	}
	for _, folder := range folders {
		objects, err := renderer.Render(ctx, rev.Tree, folder)
		if err != nil {
			s.Problems = append(s.Problems, problemsOf(err, folder)...)
			continue
		}
		o, problems := Accept("", d, env, folder, rev, objects)
		s.Problems = append(s.Problems, problems...)
		if len(problems) == 0 {
			s.Overlays = append(s.Overlays, o)
		}
	}
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

// facts is what is known of a rollout without a cluster: base is live, and a
// subset is defined where a DestinationRule of head's says so. Hosts without
// one are not in it.
func (s Side) facts(r *rollout.Rollout, head Side) rollout.Facts {
	f := rollout.Facts{Seen: true, Ready: map[rollout.Destination]rollout.Readiness{}}
	labels := labelsOf(s.Overlays, r.Name.Environment)
	for _, o := range s.Overlays {
		if o.Environment != r.Name.Environment {
			continue
		}
		for _, t := range o.Targets {
			if _, ok := r.Target(t.Ref); ok {
				t.Subsets = labels.of(t.Ref.Namespace, t.Routes)
				f.Live = append(f.Live, s.live(o, t))
			}
		}
	}
	for _, d := range known(r, f.Live) {
		if ready, ok := head.defined(r.Name, d); ok {
			ready.Labels = labels[istio.Host(d.Host, r.Name.Namespace)][d.Subset]
			f.Ready[d] = ready
		}
	}
	return f
}

// defined says whether the overlay's DestinationRules define the subset; false
// in the second place when none of them is about the host.
func (s Side) defined(name rollout.Name, d rollout.Destination) (rollout.Readiness, bool) {
	host, told := istio.Host(d.Host, name.Namespace), false
	for _, o := range s.Overlays {
		for _, object := range o.Support {
			ref := refOf(object.Value)
			about, subsets := istio.Subsets(object.Value)
			if o.Environment != name.Environment || kindOf(object.Value) != "DestinationRule" || istio.Host(about, ref.Namespace) != host {
				continue
			}
			if told = true; d.Subset == "" || slices.Contains(subsets, d.Subset) {
				return rollout.Readiness{Defined: true}, true
			}
		}
	}
	return rollout.Readiness{}, told
}

// Base is the tree of an empty revision: what a first commit changes.
func Base() fs.FS { return nothing{} }

type nothing struct{}

func (nothing) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
