package agent

import (
	"slices"

	"github.com/weir-delivery/weir/rollout"
)

// weighing are the routes that get other weights, be it at once and by no plan.
type weighing map[string]bool

func (w weighing) key(of rollout.Ref, r rollout.Route) string { return of.String() + " " + r.Key }

// weighed are those that moves weigh.
func weighed(live []rollout.Live, moves []Foreseen) weighing {
	out := weighing{}
	before := map[string]rollout.Split{}
	see := func(of rollout.Ref, routes rollout.Routes) {
		for _, r := range routes {
			key := out.key(of, r)
			if was, known := before[key]; known && !was.Equal(r.Split) || !r.Fixed {
				out[key] = true
			}
			before[key] = r.Split
		}
	}
	for _, l := range live {
		see(l.Ref, l.Routes)
	}
	for _, m := range moves {
		for _, c := range m.Move.Changes {
			see(c.Ref, c.To)
		}
	}
	return out
}

// view shows the weighed routes of a target.
func (w weighing) view(of rollout.Ref, routes rollout.Routes) []RouteView {
	shown := slices.Clone(routes)
	for i, r := range shown {
		shown[i].Fixed = !w[w.key(of, r)]
	}
	return ViewRoutes(of.Name, shown)
}
