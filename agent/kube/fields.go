package kube

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// routes are the fields of a VirtualService's spec with weights in them. Each is
// a list without keys, which server-side apply takes as one field.
var routes = []string{"http", "tls", "tcp"}

// ownership is what managedFields says: who owns which fields of an object.
type ownership []owner

type owner struct {
	metav1.ManagedFieldsEntry
	fields *fieldpath.Set
}

// ownershipOf reads managedFields. An entry that cannot be read owns nothing;
// the API server reads them in the same way.
func ownershipOf(object *unstructured.Unstructured) ownership {
	var out ownership
	for _, e := range object.GetManagedFields() {
		set := &fieldpath.Set{}
		if e.Subresource != "" || e.FieldsV1 == nil || set.FromJSON(e.FieldsV1.GetRawReader()) != nil {
			continue
		}
		out = append(out, owner{e, set})
	}
	return out
}

// ours tells whether the entry is that of our applies.
func ours(e metav1.ManagedFieldsEntry) bool {
	return e.Manager == Manager && e.Operation == metav1.ManagedFieldsOperationApply && e.Subresource == ""
}

// own is what our applies own.
func (o ownership) own() *fieldpath.Set {
	set := &fieldpath.Set{}
	for _, e := range o {
		if ours(e.ManagedFieldsEntry) {
			set = set.Union(e.fields)
		}
	}
	return set
}

// appliers are the other managers of anything in the spec, in order.
func (o ownership) appliers() []string {
	var out []string
	for _, e := range o {
		if !ours(e.ManagedFieldsEntry) && holds(e.fields, "spec") {
			out = append(out, e.Manager)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// editor is the other manager that wrote routes last; empty when they are as
// we left them.
func (o ownership) editor() string {
	var last owner
	for _, e := range o {
		if ours(e.ManagedFieldsEntry) || !slices.ContainsFunc(routes, func(r string) bool { return holds(e.fields, "spec", r) }) {
			continue
		}
		if last.Manager == "" || (e.Time != nil && last.Time != nil && last.Time.Before(e.Time)) {
			last = e
		}
	}
	return last.Manager
}

// holds tells whether the set has the field or anything below it.
func holds(set *fieldpath.Set, path ...string) bool {
	for i, name := range path {
		if i == len(path)-1 && set.Has(fieldpath.MakePathOrDie(name)) {
			return true
		}
		set = set.WithPrefix(fieldpath.FieldNameElement(name))
	}
	return !set.Empty()
}

// cut copies from an object the fields of the set.
func cut(object map[string]any, set *fieldpath.Set) map[string]any {
	out := map[string]any{}
	for name, value := range object {
		below := set.WithPrefix(fieldpath.FieldNameElement(name))
		fields, isMap := value.(map[string]any)
		switch {
		case isMap && !below.Empty():
			out[name] = cut(fields, below)
		case set.Has(fieldpath.MakePathOrDie(name)):
			out[name] = runtime.DeepCopyJSONValue(value)
		}
	}
	return out
}

// oursOf is the object cut down to what our applies own, without our
// annotation. The routes of a VirtualService that is ours are in it whoever
// wrote them last: weir writes them whole.
func oursOf(object *unstructured.Unstructured, own *fieldpath.Set) map[string]any {
	if object.GetKind() == virtualService {
		own = own.Copy()
		for _, r := range routes {
			own.Insert(fieldpath.MakePathOrDie("spec", r))
		}
	}
	out := cut(object.Object, own)
	out["apiVersion"], out["kind"] = object.GetAPIVersion(), object.GetKind()
	metadata, ok := out["metadata"].(map[string]any)
	if !ok {
		metadata = map[string]any{}
		out["metadata"] = metadata
	}
	metadata["namespace"], metadata["name"] = object.GetNamespace(), object.GetName()
	if annotations, ok := metadata["annotations"].(map[string]any); ok {
		if delete(annotations, Annotation); len(annotations) == 0 {
			delete(metadata, "annotations")
		}
	}
	return out
}
