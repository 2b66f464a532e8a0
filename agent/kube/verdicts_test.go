package kube_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/rollout/istio"
)

var update = flag.Bool("update", false, "write into rollout/istio/testdata/verdicts what the API server says")

// The record is that of rollout/istio; see its validation.md.
func TestTheAPIServerSaysOfEachObjectWhatIsRecorded(t *testing.T) {
	server := newServer(t)
	files, err := filepath.Glob("../../rollout/istio/testdata/verdicts/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		require.NoError(t, err)
		var fresh []txtar.File
		var object, said, recorded string
		compare := func() {
			assert.Equal(t, recorded, said, "%s: %s: make verdicts records it anew", file, object)
		}
		for _, f := range archive.Files {
			switch f.Name {
			case "server":
				recorded = string(f.Data)
				continue
			case "istio":
				fresh = append(fresh, f)
				if said != "" {
					fresh = append(fresh, txtar.File{Name: "server", Data: []byte(said)})
				}
				continue
			case "weir":
				if !*update {
					compare()
				}
			case "why":
			default:
				object, said, recorded = f.Name, server.verdict(t, f), ""
			}
			fresh = append(fresh, f)
		}
		archive.Files = fresh
		if *update {
			require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
		}
	}
}

// server is an API server that has Istio's custom resources and not its webhook.
type server struct {
	client    dynamic.Interface
	namespace string
	warnings  []string
}

func newServer(t *testing.T) *server {
	cluster := agenttest.Cluster(t)
	s := &server{namespace: cluster.Namespace(t)}
	config := cluster.Admin(t)
	config.WarningHandler = s
	client, err := dynamic.NewForConfig(config)
	require.NoError(t, err)
	s.client = client
	return s
}

// HandleWarningHeader keeps what the server warns of.
func (s *server) HandleWarningHeader(_ int, _, text string) { s.warnings = append(s.warnings, text) }

// verdict is what the server says of the object as weir would write it, one line for each
// error and warning; "" if it takes the object without a word. What its schema does not
// have, an apply is refused for before all else, and the answer lists it in a text alone.
func (s *server) verdict(t *testing.T, f txtar.File) string {
	o := &unstructured.Unstructured{}
	require.NoError(t, yaml.Unmarshal(f.Data, &o.Object), f.Name)
	resource := schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: plural(o.GetKind())}
	o.Object = istio.Solid(o.Object).(map[string]any)
	o.SetAPIVersion("networking.istio.io/v1")
	o.SetName("it")
	s.warnings = nil
	_, err := s.client.Resource(resource).Namespace(s.namespace).Apply(t.Context(), "it", o, metav1.ApplyOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: kube.Manager})
	var lines []string
	var refused apierrors.APIStatus
	switch {
	case errors.As(err, &refused) && refused.Status().Details != nil:
		for _, cause := range refused.Status().Details.Causes {
			if !strings.Contains(cause.Message, "some validation rules were not checked") {
				lines = append(lines, fmt.Sprintf("error %s: %s\n", cause.Field, cause.Message))
			}
		}
	case err != nil:
		require.ErrorContains(t, err, "failed to create typed patch object", f.Name)
		for _, m := range untyped.FindAllStringSubmatch(err.Error(), -1) {
			lines = append(lines, "error "+m[1]+"\n")
		}
		require.NotEmpty(t, lines, "%s: %v", f.Name, err)
	}
	for _, text := range s.warnings {
		lines = append(lines, "warning "+text+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// untyped finds each place of the object that does not fit the schema.
var untyped = regexp.MustCompile(`(?m)(?:^  |\): )\.(.+: .+)$`)

// plural is what the API server calls objects of the kind.
func plural(kind string) string {
	return strings.Replace(strings.ToLower(kind)+"s", "entrys", "entries", 1)
}

// A field that Istio has and weir takes for misspelt would be a false alarm in
// every repository that uses it.
func TestWeirKnowsEachFieldOfIstiosCustomResources(t *testing.T) {
	server := newServer(t)
	definitions := server.client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	for _, kind := range []string{"VirtualService", "DestinationRule", "Gateway", "ServiceEntry"} {
		crd, err := definitions.Get(t.Context(), plural(kind)+".networking.istio.io", metav1.GetOptions{})
		require.NoError(t, err)
		versions, _, err := unstructured.NestedSlice(crd.Object, "spec", "versions")
		require.NoError(t, err)
		spec, found, err := unstructured.NestedMap(versions[0].(map[string]any), "schema", "openAPIV3Schema", "properties", "spec")
		require.NoError(t, err)
		require.True(t, found, kind)

		verdict := istio.Validate(map[string]any{"kind": kind, "spec": sample(spec)})
		for _, w := range verdict.Warnings {
			assert.NotContains(t, []string{istio.UnknownField, istio.UnknownValue}, w.Rule, "%s: %s: %s", kind, w.Path, w.Message)
		}
		for _, w := range verdict.Wrong {
			assert.NotRegexp(t, `^Istio has no field | is .*, not (a|an|true) `, w.Message+" ", "%s: %s", kind, w.Path)
		}
	}
}

// sample is a value of the schema in which every field is given.
func sample(schema map[string]any) any {
	if values, ok := schema["enum"].([]any); ok {
		return values[len(values)-1]
	}
	if rules, ok := schema["x-kubernetes-validations"].([]any); ok && strings.Contains(fmt.Sprint(rules), "duration") {
		return "1s"
	}
	switch schema["type"] {
	case "object":
		out := map[string]any{}
		fields, _ := schema["properties"].(map[string]any)
		for name, of := range fields {
			out[name] = sample(of.(map[string]any))
		}
		if of, ok := schema["additionalProperties"].(map[string]any); ok {
			out["a"] = sample(of)
		}
		return out
	case "array":
		return []any{sample(schema["items"].(map[string]any))}
	case "integer", "number":
		least, _ := schema["minimum"].(int64)
		return max(least, 1)
	case "boolean":
		return true
	}
	return "503" // a reason to retry, too
}
