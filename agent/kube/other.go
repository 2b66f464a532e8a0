package kube

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// ApplyOther is agent.Cluster's. An object that is as it should be costs no
// request. One that is ours already is written by force; one that is not, only
// where nobody else owns what would change.
func (c *Cluster) ApplyOther(ctx context.Context, object map[string]any, adopt ...string) error {
	kind, _ := object["kind"].(string)
	metadata, _ := object["metadata"].(map[string]any)
	namespace, _ := metadata["namespace"].(string)
	name, _ := metadata["name"].(string)
	ref := rollout.Ref{Namespace: namespace, Name: name}
	if err := c.applyOther(ctx, kind, ref, object, adopt); err != nil {
		return fmt.Errorf("applying %s %s: %w", kind, ref, err)
	}
	return nil
}

func (c *Cluster) applyOther(ctx context.Context, kind string, ref rollout.Ref, object map[string]any, adopt []string) error {
	s, ok := c.stores[kind]
	switch {
	case !ok || s.resource.Group != istioGroup || kind == virtualService:
		return errors.New("weir does not apply this kind here")
	case ref.Namespace == "" || ref.Name == "":
		return errors.New("it has no namespace, or no name")
	}
	body := bodyOf(kind, ref, object)
	have := s.get(ref)
	made, said := object["metadata"].(map[string]any)["resourceVersion"].(string)
	if have == nil {
		if made != "" {
			return agent.ErrConflict
		}
		under(body, "", "")
		return c.patch(ctx, s, body, false)
	}
	own := ownershipOf(have).own()
	if !own.Empty() && reflect.DeepEqual(meant(oursOf(have, own)), meant(body.Object)) {
		return nil
	}
	uid, version := string(have.GetUID()), have.GetResourceVersion()
	if said && made != version {
		return agent.ErrConflict
	}
	if slices.ContainsFunc(ownershipOf(have).appliers(), func(m string) bool { return slices.Contains(adopt, m) }) {
		var err error
		if version, err = c.adopt(ctx, s, agent.Write{Ref: ref, UID: uid, Version: version, Adopt: adopt, Force: !own.Empty()}); err != nil {
			return err
		}
	}
	under(body, uid, version)
	return c.patch(ctx, s, body, !own.Empty())
}

// meant is what an object asks for, without what the API server does not keep.
func meant(object map[string]any) map[string]any {
	metadata, _ := object["metadata"].(map[string]any)
	return istio.Solid(map[string]any{
		"labels": metadata["labels"], "annotations": metadata["annotations"], "spec": object["spec"],
	}).(map[string]any)
}
