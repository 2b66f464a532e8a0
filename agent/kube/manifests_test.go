package kube_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/weir-delivery/weir/agent/agenttest"
)

// manifestKinds is where the API server has the kinds in manifests/ that the
// suites do not need.
var manifestKinds = map[string]schema.GroupVersionResource{
	"ConfigMap":     {Version: "v1", Resource: "configmaps"},
	"Service":       {Version: "v1", Resource: "services"},
	"Deployment":    {Group: "apps", Version: "v1", Resource: "deployments"},
	"NetworkPolicy": {Group: "networking.k8s.io", Version: "v1", Resource: "networkpolicies"},
}

func TestTheManifestsInstallAnAgentThatStarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, agenttest.Cluster(t)) // which installs namespace, account, role and definition
	for _, object := range agenttest.Manifests(t) {
		assert.Contains(t, []string{"", "weir-system"}, object.GetNamespace(), object.GetName())
		resource, ok := manifestKinds[object.GetKind()]
		if !ok {
			continue
		}
		in := w.client.Resource(resource).Namespace(object.GetNamespace())
		_, err := in.Apply(t.Context(), object.GetName(), object, metav1.ApplyOptions{FieldManager: "install", Force: true})
		require.NoError(t, err, "applying %s %s", object.GetKind(), object.GetName())
	}
	deployments := w.client.Resource(manifestKinds["Deployment"]).Namespace("weir-system")
	w.eventually(func(t *assert.CollectT) { // the namespace enforces the restricted pod security standard
		d, err := deployments.Get(w.t.Context(), "weir", metav1.GetOptions{})
		require.NoError(t, err)
		ready, _, _ := unstructured.NestedInt64(d.Object, "status", "readyReplicas")
		conditions, _, _ := unstructured.NestedSlice(d.Object, "status", "conditions")
		assert.EqualValues(t, 2, ready, "%v", conditions)
	})
	require.NoError(t, deployments.Delete(t.Context(), "weir", metav1.DeleteOptions{}))
}

func TestTheManifestsFitTogether(t *testing.T) {
	deployment, config := manifest(t, "Deployment"), manifest(t, "ConfigMap")
	containers, _, err := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
	require.NoError(t, err)
	container := containers[0].(map[string]any)
	data, _, err := unstructured.NestedStringMap(config.Object, "data")
	require.NoError(t, err)
	var flags, used []string
	for _, arg := range container["args"].([]any)[1:] {
		flag, value, ok := strings.Cut(arg.(string), "=")
		require.True(t, ok)
		flags = append(flags, flag)
		if m := regexp.MustCompile(`^\$\((\w+)\)$`).FindStringSubmatch(value); m != nil {
			used = append(used, m[1])
		}
	}
	assert.Equal(t, []string{"--repo", "--branch", "--cluster", "--environment", "--delivery", "--interval", "--prometheus", "--prometheus-labels", "--webhook-hosts", "--listen", "--state-dir", "--git-credentials"}, flags)
	for key := range data {
		assert.Contains(t, used, key)
	}
	assert.Len(t, used, len(data))

	labels, _, err := unstructured.NestedStringMap(deployment.Object, "spec", "template", "metadata", "labels")
	require.NoError(t, err)
	for kind, path := range map[string][]string{
		"Service": {"spec", "selector"}, "NetworkPolicy": {"spec", "podSelector", "matchLabels"}, "Deployment": {"spec", "selector", "matchLabels"},
	} {
		selector, found, err := unstructured.NestedStringMap(manifest(t, kind).Object, path...)
		require.NoError(t, err)
		require.True(t, found, kind)
		for k, v := range selector {
			assert.Equal(t, v, labels[k], "%s selects the agent's pod", kind)
		}
	}
}

func TestTheRolesGrantNoMoreThanIsListedHere(t *testing.T) {
	write := []string{"get", "list", "watch", "create", "patch"}
	assert.Equal(t, map[string][]string{
		"networking.istio.io/virtualservices":  append(slices.Clone(write), "delete"),
		"networking.istio.io/destinationrules": write,
		"networking.istio.io/gateways":         write,
		"networking.istio.io/serviceentries":   write,
		"networking.istio.io/workloadentries":  {"list", "watch"},
		"/services":                            {"list", "watch"},
		"/pods":                                {"list", "watch"},
		"discovery.k8s.io/endpointslices":      {"list", "watch"},
		"/events":                              {"create", "patch"},
		"/namespaces[weir-system]":             {"get", "list", "watch"},
	}, granted(t, "ClusterRole"))
	assert.Equal(t, map[string][]string{"coordination.k8s.io/leases": {"get", "create", "update"}}, granted(t, "Role"))
}

// granted lists the verbs of a role in manifests/ by group, resource and name.
func granted(t *testing.T, kind string) map[string][]string {
	t.Helper()
	rules, _, err := unstructured.NestedSlice(manifest(t, kind).Object, "rules")
	require.NoError(t, err)
	out := map[string][]string{}
	for _, r := range rules {
		rule := r.(map[string]any)
		group := rule["apiGroups"].([]any)[0].(string)
		for _, resource := range rule["resources"].([]any) {
			what := group + "/" + resource.(string)
			if names, ok := rule["resourceNames"]; ok {
				what += fmt.Sprint(names)
			}
			for _, verb := range rule["verbs"].([]any) {
				out[what] = append(out[what], verb.(string))
			}
		}
	}
	return out
}

func TestTheAgentsAccountMayNotDoWhatItNeedsNot(t *testing.T) {
	local := agenttest.Cluster(t)
	namespace := local.Namespace(t)
	client, err := dynamic.NewForConfig(local.Agent(t))
	require.NoError(t, err)
	for _, forbidden := range []struct{ verb, group, resource string }{
		{"get", "", "secrets"}, {"list", "", "secrets"}, {"get", "", "configmaps"}, {"list", "", "namespaces"}, {"patch", "", "namespaces"}, {"list", "", "nodes"},
		{"get", "coordination.k8s.io", "leases"},
		{"delete", "apps", "deployments"}, {"create", "", "pods"}, {"delete", "", "pods"}, {"get", "", "pods"}, {"create", "", "serviceaccounts/token"},
		{"update", "networking.istio.io", "virtualservices"}, {"deletecollection", "networking.istio.io", "virtualservices"},
		{"delete", "networking.istio.io", "destinationrules"}, {"delete", "networking.istio.io", "gateways"},
		{"create", "networking.istio.io", "envoyfilters"}, {"list", "security.istio.io", "authorizationpolicies"},
		{"list", "", "events"}, {"delete", "", "events"}, {"list", "weir.dev", "weightplans"},
		{"bind", "rbac.authorization.k8s.io", "clusterroles"}, {"impersonate", "", "users"},
	} {
		assert.False(t, may(t, client, namespace, forbidden.verb, forbidden.group, forbidden.resource), "%v", forbidden)
	}
	assert.True(t, may(t, client, namespace, "patch", "networking.istio.io", "virtualservices"), "or the question is wrong")

	_, err = client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "secrets"}).Namespace(namespace).Get(t.Context(), "any", metav1.GetOptions{})
	assert.True(t, apierrors.IsForbidden(err), "%v", err)
	err = client.Resource(manifestKinds["Deployment"]).Namespace(namespace).Delete(t.Context(), "any", metav1.DeleteOptions{})
	assert.True(t, apierrors.IsForbidden(err), "%v", err)
}

func TestAWeightPlanOfTheExampleFitsTheDefinition(t *testing.T) {
	w := newWorld(t, agenttest.Cluster(t))
	plans := w.client.Resource(schema.GroupVersionResource{Group: "weir.dev", Version: "v1alpha1", Resource: "weightplans"}).Namespace(w.namespace)
	found := 0
	for _, overlay := range []string{"staging", "production"} {
		folder := filepath.Join(agenttest.Root(t), "examples", "bookinfo", "overlays", overlay)
		rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
		require.NoError(t, err)
		for _, r := range rendered.Resources() {
			if r.GetKind() != "WeightPlan" {
				continue
			}
			data, err := r.MarshalJSON()
			require.NoError(t, err)
			object := &unstructured.Unstructured{}
			require.NoError(t, object.UnmarshalJSON(data))
			object.SetNamespace(w.namespace)
			object.SetName(overlay + "-" + object.GetName())
			spec := object.Object["spec"]
			answer, err := plans.Create(t.Context(), object, metav1.CreateOptions{FieldValidation: "Strict"})
			require.NoError(t, err)
			assert.Equal(t, spec, answer.Object["spec"])
			found++
		}
	}
	assert.Positive(t, found)
}

func manifest(t *testing.T, kind string) *unstructured.Unstructured {
	t.Helper()
	for _, object := range agenttest.Manifests(t) {
		if object.GetKind() == kind {
			return object
		}
	}
	require.Fail(t, "not in manifests/", kind)
	return nil
}

// may asks the API server whether the client may do something.
func may(t *testing.T, client dynamic.Interface, namespace, verb, group, resource string) bool {
	t.Helper()
	resource, subresource, _ := strings.Cut(resource, "/")
	answer, err := client.Resource(schema.GroupVersionResource{Group: "authorization.k8s.io", Version: "v1", Resource: "selfsubjectaccessreviews"}).
		Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
			"spec": map[string]any{"resourceAttributes": map[string]any{
				"namespace": namespace, "verb": verb, "group": group, "resource": resource, "subresource": subresource,
			}},
		}}, metav1.CreateOptions{})
	require.NoError(t, err)
	allowed, _, err := unstructured.NestedBool(answer.Object, "status", "allowed")
	require.NoError(t, err)
	return allowed
}
