package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sync/errgroup"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	clientv1 "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset/typed/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// readCRDs reads the custom resource definitions in the YAML file at path.
func readCRDs(path string) ([]*apiextensionsv1.CustomResourceDefinition, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var crds []*apiextensionsv1.CustomResourceDefinition
	documents := utilyaml.NewYAMLReader(bufio.NewReader(f))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return crds, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		crd := new(apiextensionsv1.CustomResourceDefinition)
		if err := yaml.Unmarshal(document, crd); err != nil {
			return nil, fmt.Errorf("decoding %s: %w", path, err)
		}
		if crd.Kind == "CustomResourceDefinition" {
			crds = append(crds, crd)
		}
	}
}

// installCRDs installs crds and returns once the API server serves them and
// tells so in its discovery.
func installCRDs(ctx context.Context, config *rest.Config, crds []*apiextensionsv1.CustomResourceDefinition) error {
	client, err := clientset.NewForConfig(config)
	if err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for _, crd := range crds {
		group.Go(func() error {
			if err := installCRD(groupCtx, client.ApiextensionsV1().CustomResourceDefinitions(), crd); err != nil {
				return fmt.Errorf("installing %s: %w", crd.Name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	err = await(ctx, func(context.Context) error { return missing(client.Discovery(), crds) })
	if err != nil {
		return fmt.Errorf("waiting for custom resources: %w", err)
	}
	return nil
}

// installCRD creates crd, or brings the one that a kept cluster has up to it.
func installCRD(ctx context.Context, client clientv1.CustomResourceDefinitionInterface, crd *apiextensionsv1.CustomResourceDefinition) error {
	_, err := client.Create(ctx, crd, metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	live, err := client.Get(ctx, crd.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	crd.ResourceVersion = live.ResourceVersion
	_, err = client.Update(ctx, crd, metav1.UpdateOptions{})
	return err
}

// missing is an error that names a resource of crds which the API server does
// not list yet. It lists those alone which are established.
func missing(client discovery.DiscoveryInterface, crds []*apiextensionsv1.CustomResourceDefinition) error {
	_, lists, err := client.ServerGroupsAndResources()
	if err != nil {
		return err
	}
	served := sets.New[schema.GroupVersionResource]()
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return err
		}
		for _, resource := range list.APIResources {
			served.Insert(version.WithResource(resource.Name))
		}
	}
	for _, crd := range crds {
		for _, version := range crd.Spec.Versions {
			resource := schema.GroupVersionResource{Group: crd.Spec.Group, Version: version.Name, Resource: crd.Spec.Names.Plural}
			if version.Served && !served.Has(resource) {
				return fmt.Errorf("%s is not served yet", resource)
			}
		}
	}
	return nil
}
