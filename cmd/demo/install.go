package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/restmapper"

	"github.com/weir-delivery/weir/agent/kustomize"
)

// install applies what whoever runs the cluster applies: the workloads, and
// the agent's manifests. Of these the Deployment is left out, as the demo runs
// the agent itself: nothing here can pull an image.
func (s *stage) install(ctx context.Context) error {
	for _, at := range []struct{ root, folder string }{
		{s.manifests, "."},
		{s.examples, "workloads"},
	} {
		if err := s.applyAll(ctx, at.root, at.folder); err != nil {
			return fmt.Errorf("applying %s: %w", filepath.Join(at.root, at.folder), err)
		}
	}
	if s.prepare != nil {
		return s.prepare(ctx, s)
	}
	return nil
}

func (s *stage) applyAll(ctx context.Context, root, folder string) error {
	objects, err := kustomize.New().Render(ctx, os.DirFS(root), folder)
	if err != nil {
		return err
	}
	client, err := discovery.NewDiscoveryClientForConfig(s.admin)
	if err != nil {
		return err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client))
	for _, o := range objects {
		object := unstructured.Unstructured{Object: o.Value}
		if object.GetNamespace() == "weir-system" && object.GetKind() == "Deployment" {
			continue
		}
		mapping, err := mapper.RESTMapping(object.GroupVersionKind().GroupKind(), object.GroupVersionKind().Version)
		if err != nil {
			return err
		}
		resource := s.client.Resource(mapping.Resource)
		options := metav1.ApplyOptions{FieldManager: "demo", Force: true}
		if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
			_, err = resource.Namespace(object.GetNamespace()).Apply(ctx, object.GetName(), &object, options)
		} else {
			_, err = resource.Apply(ctx, object.GetName(), &object, options)
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}
