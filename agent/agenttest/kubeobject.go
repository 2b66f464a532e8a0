package agenttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// kubeObject is an object of the model as server-side apply sees it: fields,
// each with its owners. Maps are taken apart, lists are one field. A stored one
// is never changed, only replaced.
type kubeObject struct {
	key          kubeKey
	uid, version string
	created      time.Time
	fields       map[string]any      // by path
	owners       map[string][]string // by path, the last to write it at the end
	wrote        map[string]time.Time
	reading      *reading // where readers share it
}

func newKubeObject(key kubeKey, uid string, now time.Time) *kubeObject {
	return &kubeObject{key: key, uid: uid, created: now, fields: map[string]any{}, owners: map[string][]string{}, wrote: map[string]time.Time{}}
}

func (o *kubeObject) clone() *kubeObject {
	c := *o
	c.reading = nil
	c.fields, c.owners, c.wrote = maps.Clone(o.fields), maps.Clone(o.owners), maps.Clone(o.wrote)
	return &c
}

// own makes the manager the field's only owner, beside others of the same value.
func (o *kubeObject) own(path string, by string, value any, now time.Time) {
	if old, had := o.fields[path]; !had || !reflect.DeepEqual(old, value) {
		o.fields[path], o.owners[path], o.wrote[path] = value, []string{by}, now
	} else if !slices.Contains(o.owners[path], by) {
		o.owners[path] = append(slices.Clone(o.owners[path]), by)
	}
}

func (o *kubeObject) drop(path string) {
	delete(o.fields, path)
	delete(o.owners, path)
	delete(o.wrote, path)
}

// apply is a server-side apply by our manager.
func (o *kubeObject) apply(said map[string]any, force bool, now time.Time) error {
	var held []string
	for path, value := range said {
		for _, m := range o.owners[path] {
			if m != ourManager && !force && !reflect.DeepEqual(o.fields[path], value) {
				held = append(held, fmt.Sprintf("%s owns %s", m, strings.ReplaceAll(path, separator, ".")))
			}
		}
	}
	if len(held) > 0 {
		slices.Sort(held)
		return fmt.Errorf("%w: %s", agent.ErrRefused, strings.Join(held, ", "))
	}
	for path := range maps.Clone(o.fields) {
		if _, still := said[path]; still || !slices.Contains(o.owners[path], ourManager) {
			continue
		}
		if o.owners[path] = slices.DeleteFunc(slices.Clone(o.owners[path]), isOurs); len(o.owners[path]) == 0 {
			o.drop(path)
		}
	}
	for path, value := range said {
		o.own(path, ourManager, value, now)
	}
	return nil
}

func isOurs(manager string) bool { return manager == ourManager }

// update is an update by another manager, who owns what differs.
func (o *kubeObject) update(by string, said map[string]any, now time.Time) {
	for path := range maps.Clone(o.fields) {
		if _, still := said[path]; !still {
			o.drop(path)
		}
	}
	for path, value := range said {
		if old, had := o.fields[path]; !had || !reflect.DeepEqual(old, value) {
			o.own(path, by, value, now)
		}
	}
}

// fold makes fields of the managers ours.
func (o *kubeObject) fold(managers []string) {
	for path, owners := range o.owners {
		left := slices.DeleteFunc(slices.Clone(owners), func(m string) bool { return slices.Contains(managers, m) })
		if len(left) < len(owners) && !slices.Contains(left, ourManager) {
			left = append(left, ourManager)
		}
		o.owners[path] = left
	}
}

// managers are the owners of parts of the spec that are not ours, by name.
func (o *kubeObject) managers(which func(string) bool) []string {
	var out []string
	for path, owners := range o.owners {
		for _, m := range owners {
			if strings.HasPrefix(path, join("spec", "")) && !isOurs(m) && which(m) {
				out = append(out, m)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// others are all of them; none where there is no object.
func (o *kubeObject) others() []string {
	if o == nil {
		return nil
	}
	return o.managers(func(string) bool { return true })
}

// routePaths are the fields with weights in them. It is never changed.
var routePaths = []string{join("spec", "http"), join("spec", "tls"), join("spec", "tcp")}

// live reads the object as the agent does. Readers that share it get the fields
// themselves, which nobody changes, and others copies.
func (o *kubeObject) live(shared bool) agent.LiveObject {
	live := agent.LiveObject{
		Live:   rollout.Live{Ref: o.key.ref, UID: o.uid, Version: o.version},
		Object: o.whole(shared), Ours: o.ours(shared),
	}
	live.Asked, _ = o.asked() // what cannot be read asks for nothing
	annotation, ok := o.fields[join("metadata", "annotations", stateAnnotation)].(string)
	if !ok {
		live.Appliers = o.others()
		return live
	}
	for _, path := range routePaths {
		if others := slices.DeleteFunc(slices.Clone(o.owners[path]), isOurs); len(others) > 0 {
			live.Editor = others[len(others)-1]
		}
	}
	var state rollout.State
	if err := json.Unmarshal([]byte(annotation), &state); err != nil {
		live.Damaged = fmt.Sprintf("reading annotation %s: %v", stateAnnotation, err)
	} else if state.Cluster == "" {
		live.Damaged = fmt.Sprintf("reading annotation %s: it names no cluster", stateAnnotation)
	} else {
		live.State = &state
	}
	return live
}

// asks is what people wrote on the object; "" for nothing.
func (o *kubeObject) asks() string {
	if o == nil {
		return ""
	}
	said, _ := o.fields[join("metadata", "annotations", intentAnnotation)].(string)
	return said
}

// asked reads it.
func (o *kubeObject) asked() ([]rollout.Intent, error) {
	if o.fields[join("metadata", "annotations", intentAnnotation)] == nil {
		return nil, nil
	}
	var asked []rollout.Intent
	if err := json.Unmarshal([]byte(o.asks()), &asked); err != nil {
		return nil, fmt.Errorf("reading annotation %s: %w", intentAnnotation, err)
	}
	for i := range asked {
		asked[i].Now = true
	}
	return asked, nil
}

// whole is the object as a reader gets it.
func (o *kubeObject) whole(shared bool) map[string]any {
	out := o.with(shared, func(string) bool { return true })
	metadata := out["metadata"].(map[string]any)
	metadata["uid"], metadata["resourceVersion"] = o.uid, o.version
	metadata["creationTimestamp"] = o.created.UTC().Format(time.RFC3339)
	return out
}

// ours is what our applies own, and the routes; nil when they own nothing.
func (o *kubeObject) ours(shared bool) map[string]any {
	mine := func(path string) bool { return slices.Contains(o.owners[path], ourManager) }
	for path := range o.fields {
		if mine(path) || path == join("metadata", "annotations", stateAnnotation) {
			return o.with(shared, func(path string) bool {
				return path != join("metadata", "annotations", stateAnnotation) &&
					(mine(path) || o.key.kind == "VirtualService" && slices.Contains(routePaths, path))
			})
		}
	}
	return nil
}

// with puts the chosen fields together again.
func (o *kubeObject) with(shared bool, chosen func(path string) bool) map[string]any {
	out := map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": o.key.kind,
		"metadata": map[string]any{"namespace": o.key.ref.Namespace, "name": o.key.ref.Name},
	}
	for path, value := range o.fields {
		if !chosen(path) {
			continue
		}
		names := strings.Split(path, separator)
		at := out
		for _, name := range names[:len(names)-1] {
			below, ok := at[name].(map[string]any)
			if !ok {
				below = map[string]any{}
				at[name] = below
			}
			at = below
		}
		if !shared {
			value = copied(value)
		}
		at[names[len(names)-1]] = value
	}
	return out
}

// saysOfOurs tells whether our applies own these fields, with these values, and
// no others.
func (o *kubeObject) saysOfOurs(said map[string]any) bool {
	mine := 0
	for path, owners := range o.owners {
		if slices.ContainsFunc(owners, isOurs) {
			if value, has := said[path]; !has || !reflect.DeepEqual(value, o.fields[path]) {
				return false
			}
			mine++
		}
	}
	return mine > 0 && mine == len(said)
}

const separator = "\x00"

func join(names ...string) string { return strings.Join(names, separator) }

// fieldsOf takes apart what people say in an object.
func fieldsOf(object map[string]any) map[string]any {
	out := map[string]any{}
	metadata, _ := object["metadata"].(map[string]any)
	takeApart(out, join("metadata", "labels"), metadata["labels"])
	takeApart(out, join("metadata", "annotations"), metadata["annotations"])
	takeApart(out, "spec", object["spec"])
	return out
}

func takeApart(out map[string]any, path string, value any) {
	fields, ok := value.(map[string]any)
	if !ok {
		if value != nil {
			out[path] = copied(value)
		}
		return
	}
	for name, v := range fields {
		takeApart(out, join(path, name), v)
	}
}

// copied is a deep copy with the API server's integers.
func copied(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = copied(e)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = copied(e)
		}
		return out
	case int:
		return int64(x)
	}
	return v
}

func keyOf(object map[string]any) kubeKey {
	kind, _ := object["kind"].(string)
	metadata, _ := object["metadata"].(map[string]any)
	namespace, _ := metadata["namespace"].(string)
	name, _ := metadata["name"].(string)
	return kubeKey{kind, rollout.Ref{Namespace: namespace, Name: name}}
}

// annotationOf is the state as it is written: with less of its sentence, or not at
// all, where it has no room.
func annotationOf(s rollout.State) (string, error) {
	bare := s
	bare.Outbox = nil
	data, err := json.Marshal(bare)
	if len(data) > maxStateBytes {
		s.Journey.Reason.Sentence = agent.OneLine(s.Journey.Reason.Sentence, 100)
		bare.Journey = s.Journey
		data, err = json.Marshal(bare)
	}
	if err == nil && len(data) > maxStateBytes {
		err = fmt.Errorf("its state has %d bytes, more than %d", len(data), maxStateBytes)
	}
	if err != nil {
		return "", err
	}
	data, err = json.Marshal(s)
	return string(data), err
}
