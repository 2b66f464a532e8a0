package agent

import (
	"cmp"
	"slices"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// register is where a side says what of VirtualServices and of hosts, so that each
// rollout of a change finds its own without a search through all overlays.
type register struct {
	side    Side
	labels  map[string]labelled      // by environment
	subsets map[spot]map[string]bool // those that DestinationRules define; by host
	targets map[rollout.Name][]entry // by environment and VirtualService
}

// entry is a target's place: its overlay's number and its own in that.
type entry struct{ overlay, target int }

// service is a VirtualService's name in an environment.
func service(environment string, ref rollout.Ref) rollout.Name {
	return rollout.Name{Environment: environment, Namespace: ref.Namespace, Plan: ref.Name}
}

func registerOf(s Side) register {
	out := register{s, map[string]labelled{}, map[spot]map[string]bool{}, map[rollout.Name][]entry{}}
	for i, o := range s.Overlays {
		if out.labels[o.Environment] == nil {
			out.labels[o.Environment] = labelsOf(s.Overlays, o.Environment)
		}
		for j, t := range o.Targets {
			name := service(o.Environment, t.Ref)
			out.targets[name] = append(out.targets[name], entry{i, j})
		}
		for _, object := range o.Support {
			if kindOf(object.Value) != "DestinationRule" {
				continue
			}
			about, subsets := istio.Subsets(object.Value)
			at := spot{o.Environment, istio.Host(about, refOf(object.Value).Namespace)}
			if out.subsets[at] == nil {
				out.subsets[at] = map[string]bool{}
			}
			for _, name := range subsets {
				out.subsets[at][name] = true
			}
		}
	}
	return out
}

// facts is what is known of a rollout without a cluster: this side is live, and a
// subset is defined where a DestinationRule of head's says so. Hosts that neither side
// has one for are not in it: it may stand elsewhere.
func (s register) facts(r *rollout.Rollout, head register) rollout.Facts {
	f := rollout.Facts{Seen: true, Ready: map[rollout.Destination]rollout.Readiness{}}
	labels := s.labels[r.Name.Environment]
	var found []entry
	for _, t := range r.Targets {
		found = append(found, s.targets[service(r.Name.Environment, t.Ref)]...)
	}
	slices.SortFunc(found, func(a, b entry) int { return cmp.Or(a.overlay-b.overlay, a.target-b.target) })
	for _, at := range slices.Compact(found) {
		o := s.side.Overlays[at.overlay]
		t := o.Targets[at.target]
		t.Subsets = labels.of(t.Ref.Namespace, t.Routes)
		f.Live = append(f.Live, s.side.live(o, t))
	}
	for _, d := range known(r, f.Live) {
		host := istio.Host(d.Host, r.Name.Namespace)
		at := spot{r.Name.Environment, host}
		_, taken := s.subsets[at] // away, where head does not have it
		if defined, told := head.subsets[at]; told || taken {
			f.Ready[d] = rollout.Readiness{Defined: d.Subset == "" || defined[d.Subset], Labels: labels[host][d.Subset]}
		}
	}
	return f
}
