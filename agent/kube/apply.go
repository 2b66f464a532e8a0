package kube

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

const istioGroup = "networking.istio.io"

// deadline is how long one write may take, if the context does not say less.
const deadline = 15 * time.Second

// absent is a resourceVersion that no object has: the store's first write makes
// a later one. An apply that carries it creates what is not there, and conflicts
// with whatever is.
const absent = "1"

// Apply is agent.Cluster's. Taking over from other managers costs a second
// request, before the apply, which unites their entries in managedFields with
// ours and changes nothing else; a crash between the two loses nothing.
func (c *Cluster) Apply(ctx context.Context, w agent.Write) error {
	if err := c.apply(ctx, w); err != nil {
		return fmt.Errorf("applying VirtualService %s: %w", w.Ref, err)
	}
	return nil
}

func (c *Cluster) apply(ctx context.Context, w agent.Write) error {
	s := c.stores[virtualService]
	if err := c.applicable(w); err != nil {
		return err
	}
	state, err := encode(w.State)
	if err != nil {
		return err
	}
	version, err := c.adopt(ctx, s, w)
	if err != nil {
		return err
	}
	body := bodyOf(virtualService, w.Ref, w.Object)
	annotations := body.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[Annotation] = state
	body.SetAnnotations(annotations)
	under(body, w.UID, version)
	return c.patch(ctx, s, body, w.Force)
}

// applicable refuses a write whose end is plain from the cache.
func (c *Cluster) applicable(w agent.Write) error {
	if w.State.Cluster == "" || w.Ref.Namespace == "" || w.Ref.Name == "" {
		return errors.New("internal error: the write names no cluster, or no object")
	}
	if w.Object["spec"] == nil { // an apply of nothing would take away all that is ours
		return errors.New("internal error: the write has no spec")
	}
	live, ok := c.Live(w.Ref)
	switch {
	case !ok || live.UID != w.UID || live.Version != w.Version:
		return nil // the API server has the last word on what is newer
	case live.Damaged != "":
		return fmt.Errorf("%w: %s; mend the annotation, or delete it to have weir begin anew", agent.ErrRefused, live.Damaged)
	}
	return nil
}

// bodyOf is the object as it is applied: what people say, and nothing that the
// API server says itself.
func bodyOf(kind string, ref rollout.Ref, object map[string]any) *unstructured.Unstructured {
	body := &unstructured.Unstructured{Object: runtime.DeepCopyJSON(normal(object).(map[string]any))}
	unstructured.RemoveNestedField(body.Object, "status")
	for _, field := range []string{"managedFields", "creationTimestamp", "deletionTimestamp", "generation", "selfLink", "uid", "resourceVersion"} {
		unstructured.RemoveNestedField(body.Object, "metadata", field)
	}
	body.SetAPIVersion(istioGroup + "/" + resources[kind].Version)
	body.SetKind(kind)
	body.SetNamespace(ref.Namespace)
	body.SetName(ref.Name)
	return body
}

// normal turns Go's int into the int64 that JSON objects have here.
func normal(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = normal(e)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = normal(e)
		}
		return out
	case int:
		return int64(x)
	}
	return v
}

// under makes the apply conditional on what was observed.
func under(body *unstructured.Unstructured, uid, version string) {
	if uid == "" && version == "" {
		version = absent
	}
	body.SetUID(types.UID(uid))
	body.SetResourceVersion(version)
}

// patch sends one server-side apply, and keeps the answer until the cache has it.
func (c *Cluster) patch(ctx context.Context, s *store, body *unstructured.Unstructured, force bool) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	ref := refOf(body)
	answer, err := c.client.Resource(s.resource).Namespace(ref.Namespace).
		Apply(ctx, ref.Name, body, metav1.ApplyOptions{FieldManager: Manager, Force: force})
	if err != nil {
		return c.explain(ctx, s, body, withoutValues(err))
	}
	s.keep(ref, write{uid: answer.GetUID(), version: answer.GetResourceVersion(), object: answer})
	return nil
}

// explain tells the two conflicts apart: what was observed is not so any more,
// or other managers own fields that the apply would change. Where both hold, the
// API server speaks of the second, so it is asked what there is now.
func (c *Cluster) explain(ctx context.Context, s *store, body *unstructured.Unstructured, err error) error {
	if !apierrors.IsConflict(err) {
		return err
	}
	now, lookErr := c.look(ctx, s, refOf(body))
	if held := fieldsHeld(err); held != "" && body.GetUID() != "" {
		if lookErr != nil {
			return fmt.Errorf("asking whether it changed: %w", lookErr)
		}
		if now != nil && now.GetUID() == body.GetUID() && now.GetResourceVersion() == body.GetResourceVersion() {
			return fmt.Errorf("%w: %s", agent.ErrRefused, held)
		}
	}
	return fmt.Errorf("%w: %w", agent.ErrConflict, err)
}

// look asks the API server for an object, past the cache, which then has it too;
// nil when there is none.
func (c *Cluster) look(ctx context.Context, s *store, ref rollout.Ref) (*unstructured.Unstructured, error) {
	now, err := c.client.Resource(s.resource).Namespace(ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		s.forget(ref)
		return nil, nil
	case err != nil:
		return nil, err
	}
	s.keep(ref, write{uid: now.GetUID(), version: now.GetResourceVersion(), object: now})
	return now, nil
}

// fieldsHeld names the managers that own what was to be changed, and the
// fields; empty when the error is about something else.
func fieldsHeld(err error) string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return ""
	}
	var out []string
	for _, cause := range status.Status().Details.Causes {
		if cause.Type != metav1.CauseTypeFieldManagerConflict {
			continue
		}
		who := strings.TrimPrefix(cause.Message, "conflict with ")
		if parts := strings.SplitN(cause.Message, `"`, 3); len(parts) == 3 {
			who = parts[1]
		}
		out = append(out, fmt.Sprintf("%s owns %s", who, strings.TrimPrefix(cause.Field, ".")))
	}
	return strings.Join(out, ", ")
}

// Remove is agent.Cluster's.
func (c *Cluster) Remove(ctx context.Context, ref rollout.Ref, uid, version string) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	s := c.stores[virtualService]
	was := metav1.Preconditions{UID: (*types.UID)(&uid), ResourceVersion: &version}
	err := c.client.Resource(s.resource).Namespace(ref.Namespace).Delete(ctx, ref.Name, metav1.DeleteOptions{Preconditions: &was})
	switch {
	case err == nil:
		s.keep(ref, write{uid: types.UID(uid), version: version})
		return nil
	case apierrors.IsConflict(err) || apierrors.IsNotFound(err):
		_, _ = c.look(ctx, s, ref) // so that the next look finds what is so; the conflict says it already
		err = fmt.Errorf("%w: %w", agent.ErrConflict, err)
	}
	return fmt.Errorf("removing VirtualService %s: %w", ref, err)
}
