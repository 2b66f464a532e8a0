package agent

import (
	"context"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// draft is a side whose overlays are being rendered, in any order and many at once.
type draft struct {
	Side
	rev    Revision
	places []place
	taken  []*taken // of the places; nil for one that was not rendered
	bare   bool     // nobody asks it where something stands
}

// taken is what became of an overlay.
type taken struct {
	overlay  Overlay
	problems rollout.Problems
}

// draftOf reads a revision's Delivery and lists the overlays of the environments.
func draftOf(rev Revision, delivery string, environments []string) *draft {
	s := &draft{Side: Side{Revision: rev.SHA, whole: len(environments) == 0}, rev: rev}
	_, missing := fs.Stat(rev.Tree, delivery)
	s.Delivered = missing == nil
	d, problems := ReadDelivery(rev.Tree, delivery)
	if s.Problems = problems; len(problems) > 0 {
		return s
	}
	s.delivery = d
	var there []string
	for _, env := range d.Environments {
		if there = append(there, env.Name); len(environments) == 0 || slices.Contains(environments, env.Name) {
			s.list(env)
		}
	}
	for _, name := range environments {
		if !slices.Contains(there, name) {
			s.Problems = append(s.Problems, rollout.Problem{Position: rollout.Position{File: delivery}, Message: "environment " + name + " is not in the Delivery", Hint: "it has " + orNone(there)})
		}
	}
	s.taken = make([]*taken, len(s.places))
	return s
}

// list adds the overlays of an environment, each once.
func (d *draft) list(env spec.Environment) {
	seen := map[string]bool{}
	for i, pattern := range env.Overlays {
		folders := Folders(d.rev.Tree, pattern)
		if len(folders) == 0 {
			d.Problems = append(d.Problems, rollout.Problem{Position: env.At[i], Message: "environment " + env.Name + ": overlay " + pattern + " is not in the repository", Hint: "correct the path, or add the folder with a kustomization.yaml"})
		}
		for _, folder := range folders {
			if !seen[folder] {
				seen[folder] = true
				d.places = append(d.places, place{env, folder})
			}
		}
	}
}

// take accepts an overlay as it was rendered. What a side is not asked for is let go
// of: a fleet's objects are many.
func (d *draft) take(i int, objects []Object, err error) {
	if err != nil {
		d.taken[i] = &taken{problems: problemsOf(err, d.places[i].folder)}
		return
	}
	o, problems := Accept("", d.delivery, d.places[i].env, d.places[i].folder, d.rev, objects)
	if d.bare {
		for ref, object := range o.Services {
			o.Services[ref] = Object{Origin: object.Origin}
		}
		o.Documents = nil
	}
	o.Ignored = nil
	o.Support = slices.DeleteFunc(o.Support, func(object Object) bool { return kindOf(object.Value) != "DestinationRule" })
	d.taken[i] = &taken{o, problems}
}

// load loads the policies, unless the Delivery is wrong.
func (d *draft) load(ctx context.Context, delivery string) {
	if len(d.delivery.Environments) == 0 {
		return
	}
	set, err := LoadPolicies(ctx, d.rev, d.delivery)
	if err != nil {
		d.Problems = append(d.Problems, problemsOf(err, delivery)...)
	}
	d.Policies, d.own = set, set
}

// side is what came of it, in the order of the places. As the agent does, it takes no
// overlay that has a VirtualService or a rollout which one before it has too.
func (d *draft) side() Side {
	type named struct {
		overlay string
		at      rollout.Position
	}
	type said struct {
		named
		digest rollout.Digest
	}
	services, names, support := map[rollout.Name]named{}, map[rollout.Name]named{}, map[called]said{}
	for _, t := range d.taken {
		if t == nil {
			continue
		}
		o, problems := t.overlay, t.problems
		for ref, object := range o.Services {
			if other, twice := services[service(o.Environment, ref)]; twice {
				problems = append(problems, rollout.Problem{Position: object.Origin, Message: fmt.Sprintf("VirtualService %s is also rendered by overlay %s (%s)", ref, other.overlay, other.at), Hint: "keep it in one overlay"})
			}
		}
		for _, object := range o.Support {
			if other, twice := support[o.called(object)]; twice && other.digest != rollout.DigestOf(object.Value) {
				problems = append(problems, apart(object, other.overlay, other.at))
			}
		}
		for name, at := range o.names() {
			if other, twice := names[name]; twice {
				problems = append(problems, rollout.Problem{Position: at, Message: fmt.Sprintf("rollout %s is also that of overlay %s (%s)", name, other.overlay, other.at), Hint: "give one of the two WeightPlans another name"})
			}
		}
		if len(problems) > 0 {
			d.Problems = append(d.Problems, problems...)
			continue
		}
		for ref, object := range o.Services {
			services[service(o.Environment, ref)] = named{o.Source.Overlay, object.Origin}
		}
		for _, object := range o.Support {
			support[o.called(object)] = said{named{o.Source.Overlay, object.Origin}, rollout.DigestOf(object.Value)}
		}
		for name, at := range o.names() {
			names[name] = named{o.Source.Overlay, at}
		}
		d.Overlays = append(d.Overlays, o)
	}
	return d.Side
}

// each does the work from 0 to n-1, as many at once as there are processors.
func each(n int, work func(int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	all.Wait()
}
