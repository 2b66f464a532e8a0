package agent

import (
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// labelled is the labels that DestinationRules give the subsets of a host.
type labelled map[string]map[string]rollout.Labels

// labelsOf reads the DestinationRules of one environment's overlays.
func labelsOf(overlays []Overlay, environment string) labelled {
	out := labelled{}
	for _, o := range overlays {
		if o.Environment != environment {
			continue
		}
		for _, object := range o.Support {
			if kindOf(object.Value) != "DestinationRule" {
				continue
			}
			of, _ := istio.Subsets(object.Value)
			host := istio.Host(of, refOf(object.Value).Namespace)
			for subset, labels := range istio.Labels(object.Value) {
				if out[host] == nil {
					out[host] = map[string]rollout.Labels{}
				}
				out[host][subset] = labels
			}
		}
	}
	return out
}

// of is the labels of the subsets that the routes name; none where Git says
// nothing of their host.
func (l labelled) of(namespace string, routes rollout.Routes) map[rollout.Destination]rollout.Labels {
	out := map[rollout.Destination]rollout.Labels{}
	for _, r := range routes {
		for _, w := range r.Split {
			if labels, ok := l[istio.Host(w.Host, namespace)][w.Subset]; ok && w.Subset != "" {
				out[w.Destination] = labels
			}
		}
	}
	return out
}

// label gives the targets of the rollouts the labels that the overlays say.
func label(rollouts []*rollout.Rollout, overlays []Overlay) {
	environments := map[string]labelled{}
	for _, r := range rollouts {
		labels, ok := environments[r.Name.Environment]
		if !ok {
			labels = labelsOf(overlays, r.Name.Environment)
			environments[r.Name.Environment] = labels
		}
		for i, t := range r.Targets {
			if r.Want == rollout.Known {
				r.Targets[i].Subsets = labels.of(t.Ref.Namespace, t.Routes)
			}
		}
	}
}
