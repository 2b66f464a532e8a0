package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
