package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/weir-delivery/weir/agent/agenttest"
)

// TestTheWholeStoryOnRealParts is the end-to-end test: the demo itself, whose
// acts are assertions, with a field in reviews that neither weir nor Istio's
// API knows. Every version of the object that the API server ever held has it.
func TestTheWholeStoryOnRealParts(t *testing.T) {
	var out strings.Builder
	versions := 0
	o := options{
		localcluster: agenttest.Cluster(t).Binary, weir: weir(t), examples: "../../examples/bookinfo", manifests: "../../manifests", out: &out,
		files: func(files map[string]string) {
			text, err := os.ReadFile("../../examples/bookinfo/" + reviews)
			require.NoError(t, err)
			files[reviews] = strings.Replace(string(text), "  - name: primary\n", "  - name: primary\n    novel: {kept: [as, it, is], deeply: {nested: 7}}\n", 1)
			require.NotEqual(t, string(text), files[reviews])
		},
		prepare: allowNovelField,
		inspect: func(object map[string]any) error {
			versions++
			routes, _, err := unstructured.NestedSlice(object, "spec", "http")
			if err != nil {
				return err
			}
			want := map[string]any{"kept": []any{"as", "it", "is"}, "deeply": map[string]any{"nested": int64(7)}}
			if got := routes[0].(map[string]any)["novel"]; !reflect.DeepEqual(got, want) {
				return fmt.Errorf("the field that nobody knows became %v", got)
			}
			return nil
		},
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	require.NoError(t, run(ctx, o), "%s", &out)
	assert.GreaterOrEqual(t, versions, 8, "versions of reviews that were seen")
	assert.Contains(t, out.String(), "✔ The record agrees")
}

// allowNovelField adds a field to the CRD that no Go type of Istio's has.
func allowNovelField(ctx context.Context, s *stage) error {
	crds := s.client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	crd, err := crds.Get(ctx, "virtualservices.networking.istio.io", metav1.GetOptions{})
	if err != nil {
		return err
	}
	versions, _, err := unstructured.NestedSlice(crd.Object, "spec", "versions")
	if err != nil {
		return err
	}
	for _, v := range versions {
		novel := map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
		path := []string{"schema", "openAPIV3Schema", "properties", "spec", "properties", "http", "items", "properties", "novel"}
		if err := unstructured.SetNestedMap(v.(map[string]any), novel, path...); err != nil {
			return err
		}
	}
	if err := unstructured.SetNestedSlice(crd.Object, versions, "spec", "versions"); err != nil {
		return err
	}
	if _, err = crds.Update(ctx, crd, metav1.UpdateOptions{}); err != nil {
		return err
	}
	return s.poll(ctx, "the API server does not take the new field", func() bool {
		trial := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
			"metadata": map[string]any{"name": "trial", "namespace": namespace},
			"spec":     map[string]any{"http": []any{map[string]any{"novel": map[string]any{"a": "b"}}}},
		}}
		made, err := s.client.Resource(virtualServices).Namespace(namespace).Create(ctx, trial, metav1.CreateOptions{DryRun: []string{"All"}})
		if err != nil {
			return false
		}
		routes, _, _ := unstructured.NestedSlice(made.Object, "spec", "http")
		return routes[0].(map[string]any)["novel"] != nil
	})
}

// weir builds the program under test.
func weir(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "weir")
	said, err := exec.Command("go", "build", "-o", program, "../weir").CombinedOutput()
	require.NoError(t, err, string(said))
	return program
}
