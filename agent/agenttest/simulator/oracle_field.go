package simulator

import (
	"reflect"

	"github.com/weir-delivery/weir/rollout"
)

// kept holds promise 7: a move of weights leaves all else as it is, a reshape
// makes it Git's, and what others wrote beside stays.
func (o *oracle) kept(v *version) {
	after := bare(v.After)
	if v.Before != nil {
		team, had := below(v.Before, "metadata", "labels")["team"]
		if had && below(v.After, "metadata", "labels")["team"] != team {
			o.breaks("7", "%s lost the label that somebody else put there", v.Ref.Name)
		}
	}
	shaped := v.entry != nil && (v.entry.Operation == rollout.Reshape || v.entry.Operation == rollout.Create) || v.Before == nil || v.before.state == nil
	if !shaped {
		if before := bare(v.Before); !reflect.DeepEqual(before, after) && !o.gits(v, after) {
			o.breaks("7", "%s changed outside its weights with no reshape: %s to %s", v.Ref.Name, text(before), text(after))
		}
		return
	}
	if !o.gits(v, after) {
		o.breaks("7", "%s does not say what Git says: %s", v.Ref.Name, text(after))
	}
}

// gits tells whether the object holds all that Git says of it, by a commit that
// could be known to the agent and was not wrong.
func (o *oracle) gits(v *version, after object) bool {
	for _, sha := range o.w.commits {
		asked := o.w.history[sha]
		if i, ok := asked.target(v.Ref.Name); ok && asked.valid() && within(bare(whole(asked.Targets[i].service(false)).(object)), after) {
			return true
		}
	}
	return false
}

// within tells whether all of a is in b. Lists are one value, as to the API server.
func within(a, b any) bool {
	from, ok := a.(object)
	if !ok {
		return reflect.DeepEqual(a, b)
	}
	in, _ := b.(object)
	for name, value := range from {
		if !within(value, in[name]) {
			return false
		}
	}
	return true
}

// bare is an object without its weights and without what the API server and
// the agent's own annotations say.
func bare(o object) object {
	out := copyOf(o).(object)
	metadata := below(out, "metadata")
	for _, name := range []string{"uid", "resourceVersion", "creationTimestamp"} {
		delete(metadata, name)
	}
	annotations := below(out, "metadata", "annotations")
	delete(annotations, annotation)
	delete(annotations, intents)
	delete(annotations, "weir.dev/cluster")
	for _, protocol := range []string{"http", "tls", "tcp"} {
		routes, _ := below(out, "spec")[protocol].([]any)
		for _, r := range routes {
			r.(object)["route"] = nil // whom it leads to is judged by the weights
		}
	}
	return out
}

func copyOf(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = copyOf(e)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = copyOf(e)
		}
		return out
	}
	return v
}
