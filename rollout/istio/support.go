package istio

import (
	"reflect"
	"strings"

	"github.com/weir-delivery/weir/rollout"
)

// Support is the DestinationRule that the host needs now: Git's, and with it
// the live subsets that are still in use and that Git has dropped or labelled
// anew. A subset's labels decide who gets its traffic, so they do not change
// while it carries any. have may be nil; used tells by name whether live,
// stable or a step on the way still sends traffic to the subset. held lists the
// subsets that were kept back from what Git says.
func Support(want, have map[string]any, used func(subset string) bool) (out map[string]any, held []string) {
	out = clone(want).(map[string]any)
	spec, ok := out["spec"].(map[string]any)
	if !ok || have == nil {
		return out, nil
	}
	subsets, _ := spec["subsets"].([]any)
	place := map[string]int{}
	for i, s := range subsets {
		place[subsetName(s)] = i
	}
	for _, s := range liveSubsets(have) {
		name := subsetName(s)
		i, listed := place[name]
		switch {
		case listed && reflect.DeepEqual(labelsOf(subsets[i]), labelsOf(s)):
		case !used(name): // asked last, as it may cost
		case listed:
			subsets[i], held = clone(s), append(held, name)
		default:
			subsets, held = append(subsets, clone(s)), append(held, name)
		}
	}
	if len(subsets) > 0 {
		spec["subsets"] = subsets
	}
	return out, held
}

func liveSubsets(rule map[string]any) []any {
	spec, _ := rule["spec"].(map[string]any)
	subsets, _ := spec["subsets"].([]any)
	return subsets
}

func subsetName(subset any) string {
	fields, _ := subset.(map[string]any)
	name, _ := fields["name"].(string)
	return name
}

func labelsOf(subset any) any {
	fields, _ := subset.(map[string]any)
	labels, _ := fields["labels"].(map[string]any)
	return labels
}

// Host is the full name of a host as the namespace sees it. As in Istio, a name
// without a dot is a service of the namespace; any other stands for itself.
func Host(host, namespace string) string {
	if host == "" || host == "*" || strings.Contains(host, ".") {
		return host
	}
	return host + "." + namespace + ".svc.cluster.local"
}

// Subsets returns the host of a DestinationRule and the names of its subsets.
func Subsets(rule map[string]any) (host string, subsets []string) {
	spec, _ := rule["spec"].(map[string]any)
	host, _ = spec["host"].(string)
	for _, s := range liveSubsets(rule) {
		subsets = append(subsets, subsetName(s))
	}
	return host, subsets
}

// Labels returns the labels of a DestinationRule's subsets, by their names.
func Labels(rule map[string]any) map[string]rollout.Labels {
	out := map[string]rollout.Labels{}
	for _, s := range liveSubsets(rule) {
		labels := rollout.Labels{}
		fields, _ := labelsOf(s).(map[string]any)
		for name, value := range fields {
			labels[name], _ = value.(string)
		}
		out[subsetName(s)] = labels
	}
	return out
}
