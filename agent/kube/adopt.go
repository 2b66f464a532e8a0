package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/weir-delivery/weir/agent"
)

// adopt unites the managers that may be taken over with ours, under what was
// observed, and returns the version to go on from. It changes nothing but
// managedFields, and refuses while somebody else applies the object too.
func (c *Cluster) adopt(ctx context.Context, s *store, w agent.Write) (version string, err error) {
	if w.UID == "" || len(w.Adopt) == 0 {
		return w.Version, nil
	}
	object := s.get(w.Ref)
	if object == nil || string(object.GetUID()) != w.UID || object.GetResourceVersion() != w.Version {
		return "", fmt.Errorf("%w: the cache has another one", agent.ErrConflict)
	}
	others := slices.DeleteFunc(ownershipOf(object).appliers(), func(m string) bool { return slices.Contains(w.Adopt, m) })
	if len(others) > 0 && !w.Force {
		return "", fmt.Errorf("%w: %s", agent.ErrRefused, strings.Join(others, ", "))
	}
	entries, found, err := folded(object, w.Adopt)
	if err != nil || !found {
		return w.Version, err
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": w.UID, "resourceVersion": w.Version, "managedFields": entries,
	}})
	if err != nil {
		return "", fmt.Errorf("encoding managedFields: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	answer, err := c.client.Resource(s.resource).Namespace(w.Ref.Namespace).
		Patch(ctx, w.Ref.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: Manager})
	if err != nil {
		return "", fmt.Errorf("taking over from %s: %w", strings.Join(w.Adopt, ", "), c.explain(ctx, s, object, err))
	}
	s.keep(w.Ref, write{uid: answer.GetUID(), version: answer.GetResourceVersion(), object: answer})
	return answer.GetResourceVersion(), nil
}

// folded is managedFields with the entries of the given managers united with
// ours; false when they have none. It is what makes a later apply of ours
// remove what they had set and Git does not have. client-go's csaupgrade does
// the same for updates of one API version only; people also take over from
// `kubectl apply --server-side`, and from objects written at v1beta1.
func folded(object *unstructured.Unstructured, managers []string) ([]metav1.ManagedFieldsEntry, bool, error) {
	var kept []metav1.ManagedFieldsEntry
	set, found := ownershipOf(object).own(), false
	var at *metav1.Time
	for _, o := range ownershipOf(object) {
		if ours(o.ManagedFieldsEntry) || slices.Contains(managers, o.Manager) {
			set, at = set.Union(o.fields), o.Time
			found = found || !ours(o.ManagedFieldsEntry)
		}
	}
	for _, e := range object.GetManagedFields() {
		taken := e.Subresource == "" && slices.Contains(managers, e.Manager)
		if !taken && !ours(e) {
			kept = append(kept, e)
		}
	}
	if !found {
		return nil, false, nil
	}
	data, err := set.ToJSON()
	if err != nil {
		return nil, false, fmt.Errorf("uniting the fields of %s: %w", strings.Join(managers, ", "), err)
	}
	fields := &metav1.FieldsV1{}
	fields.SetRawBytes(data)
	return append(kept, metav1.ManagedFieldsEntry{
		Manager: Manager, Operation: metav1.ManagedFieldsOperationApply, APIVersion: object.GetAPIVersion(),
		Time: at, FieldsType: "FieldsV1", FieldsV1: fields,
	}), true, nil
}
