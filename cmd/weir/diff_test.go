package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/rollout"
)

// diff is what `weir diff` says of the shop, as text.
func (s *shop) diff(code int, more ...string) string {
	s.t.Helper()
	out, _ := s.does(code, append([]string{"diff", "--repo", s.url, "--kubeconfig", s.local.Kubeconfig, "--cluster", s.namespace}, more...)...)
	return strings.ReplaceAll(out, s.namespace, "NS")
}

func (s *shop) version() string {
	return s.object("networking.istio.io", "v1", "virtualservices", s.namespace, "shop").GetResourceVersion()
}

func TestDiffShowsWhatComesNextAndWritesNothing(t *testing.T) {
	s := newShop(t)
	s.once(0)
	assert.Equal(t, "✔ Healthy  live/NS/shop\n", s.diff(0))

	s.commit(map[string]string{"live/shop.yaml": weighed("0", "100")})
	before := s.version()
	text := s.diff(4, "shop")
	assert.Contains(t, text, "v1.example.com  100  ████████████████████  to 0")
	assert.Contains(t, text, "next  forward")
	assert.Contains(t, text, "the policies: allow")
	assert.Contains(t, text, "v1.example.com 100 · v2.example.com 0 to v1.example.com 50 · v2.example.com 50")
	assert.NotContains(t, text, "@@", "weights are no fields that differ")
	assert.Equal(t, before, s.version())

	s.commit(map[string]string{"live/shop.yaml": strings.Replace(weighed("0", "100"), "  - route:", "  - timeout: 5s\n    route:", 1)})
	text = s.diff(0)
	assert.Contains(t, text, "next  reshape")
	assert.Contains(t, text, "  --- NS/shop in the cluster\n  +++ NS/shop in Git\n")
	assert.Contains(t, text, "+    timeout: 5s\n")
	assert.NotContains(t, text, "managedFields")
	assert.NotContains(t, text, "weir.dev/state")

	s.commit(map[string]string{
		"live/kustomization.yaml": "namespace: " + s.namespace + "\nresources: [shop.yaml, plan.yaml, rule.yaml]\n",
		"live/rule.yaml":          "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: shop}\nspec: {host: v1.example.com}\n",
	})
	assert.Contains(t, s.diff(0), "DestinationRule NS/shop is created")
	var read report.DiffReport
	require.NoError(t, json.Unmarshal([]byte(s.diff(4, "live/"+s.namespace+"/shop", "-o", "json")), &read))
	require.Len(t, read.Rollouts, 1)
	assert.Equal(t, rollout.Reshape, read.Rollouts[0].Move.Kind)
	assert.NotEmpty(t, read.Revision)
	assert.NotNil(t, read.Problems)

	s.once(4)
	assert.NotContains(t, s.diff(0), "DestinationRule")
	s.commit(map[string]string{"live/rule.yaml": "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: shop}\nspec: {host: v1.example.com, trafficPolicy: {connectionPool: {tcp: {maxConnections: 7}}}}\n"})
	text = s.diff(4, "shop")
	assert.Contains(t, text, "DestinationRule NS/shop is brought up to Git")
	assert.Contains(t, text, "+        maxConnections: 7\n")
}

func TestDiffOfWhatIsNotOursSaysWhomItIsTakenFrom(t *testing.T) {
	s := newShop(t)
	client, err := dynamic.NewForConfig(s.local.Admin(t))
	require.NoError(t, err)
	object := &unstructured.Unstructured{}
	require.NoError(t, yaml.Unmarshal([]byte(weighed("80", "20")), &object.Object))
	services := client.Resource(schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"}).Namespace(s.namespace)
	_, err = services.Create(t.Context(), object, metav1.CreateOptions{FieldManager: "kubectl-client-side-apply"})
	require.NoError(t, err)

	text := s.diff(4, "shop", "--environment", "live")
	assert.Contains(t, text, "next  hold")
	assert.Contains(t, text, "is applied by kubectl-client-side-apply")
	assert.Contains(t, text, "not from kubectl-client-side-apply: list it under spec.adopt once it is stopped")
	s.commit(map[string]string{"weir.yaml": "apiVersion: weir.dev/v1alpha1\nkind: Delivery\nmetadata: {name: shop}\nspec:\n  adopt: [kubectl-client-side-apply]\n  environments:\n  - {name: live, overlays: [live]}\n"})
	text = s.diff(0, "--environment", "live")
	assert.Contains(t, text, "next  reshape")
	assert.Contains(t, text, "from kubectl-client-side-apply, as spec.adopt of weir.yaml allows")
	assert.Contains(t, text, "taken over at v1.example.com 80")

	s.commit(map[string]string{"live/plan.yaml": "kind: nonsense\n"})
	text = s.diff(2, "--environment", "live")
	assert.Contains(t, text, "✖ live/plan.yaml")
}

func TestDiffNeedsTheNamesThatTheClusterDoesNotSay(t *testing.T) {
	_, kubeconfig := newAPIServer(t)
	code, _, said := weir(t, "diff", "--kubeconfig", kubeconfig)
	assert.Equal(t, 2, code)
	assert.Contains(t, said, "no VirtualService is weir's yet: name the cluster with --cluster")
	code, _, said = weir(t, "diff", "--kubeconfig", kubeconfig, "--cluster", "eu-1")
	assert.Equal(t, 2, code)
	assert.Contains(t, said, "name the environments with --environment")
	code, _, said = weir(t, "diff", "--kubeconfig", kubeconfig, "--cluster", "eu-1", "--environment", "live", "--repo", t.TempDir())
	assert.Equal(t, 2, code)
	assert.Contains(t, said, "is not in a clone")
	code, _, said = weir(t, "diff", "one", "two")
	assert.Equal(t, 2, code)
	assert.Contains(t, said, "takes one name, not 2")
}

// Who compares asks no metrics: that they say nothing to it is not told of the rollout.
func TestADiffDoesNotJudgeAnAnalysis(t *testing.T) {
	silent := rollout.Reason{Code: rollout.Inconclusive, Sentence: "step 1 of 2 cannot be judged: no success-rate at the last 5 instants"}
	preview := agent.Preview{View: agent.View{Phase: rollout.Paused, Reason: silent, Step: 1, Steps: 2}, Turn: agent.Turn{
		Move: rollout.Move{Kind: rollout.Hold, Journey: rollout.Journey{Phase: rollout.Paused, Reason: silent}, Reason: silent}, Rollout: &rollout.Rollout{},
	}}
	d, err := difference(preview)
	require.NoError(t, err)
	assert.Equal(t, []rollout.Phase{rollout.Progressing, rollout.Progressing}, []rollout.Phase{d.Phase, d.Move.Phase})
	assert.Equal(t, "step 1 of 2 waits for its analysis: only the agent asks the metrics, and weir status says what it knows of them", d.Move.Reason.Sentence)
	assert.Equal(t, d.Move.Reason, d.Reason)

	preview.Turn.Move.Reason = rollout.Reason{Code: rollout.Approval, Sentence: "step 1 of 2 waits for approval"}
	d, err = difference(preview)
	require.NoError(t, err)
	assert.Equal(t, rollout.Paused, d.Phase)
	assert.Equal(t, rollout.Approval, d.Move.Reason.Code)
}

func TestFieldsThatOthersAddedAreNoDifferenceAndListsKeepTheirOrder(t *testing.T) {
	wanted := map[string]any{"metadata": map[string]any{"name": "a"}, "spec": map[string]any{"hosts": []any{"b", "a"}}}
	owned := map[string]any{"metadata": map[string]any{"name": "a"}, "spec": map[string]any{"hosts": []any{"b", "a"}, "gateways": []any{"old"}}}
	live := map[string]any{
		"metadata": map[string]any{"name": "a", "uid": "x", "labels": map[string]any{"team": "books"}, "annotations": map[string]any{"weir.dev/state": "{}"}},
		"spec":     map[string]any{"hosts": []any{"b", "a"}, "gateways": []any{"old"}, "exportTo": []any{"*"}},
	}
	text, err := unified(agent.Pair{Ref: rollout.Ref{Namespace: "n", Name: "a"}, Live: live, Owned: owned, Wanted: wanted})
	require.NoError(t, err)
	assert.Contains(t, text, "-  gateways:\n-  - old\n")
	assert.NotContains(t, text, "exportTo")
	assert.NotContains(t, text, "team")
	live["spec"].(map[string]any)["hosts"] = []any{"a", "b"}
	text, err = unified(agent.Pair{Ref: rollout.Ref{Namespace: "n", Name: "a"}, Live: live, Owned: owned, Wanted: wanted})
	require.NoError(t, err)
	assert.Contains(t, text, "+  - b\n   - a\n-  - b\n")
	live["metadata"].(map[string]any)["uid"] = "y"
	text, err = unified(agent.Pair{Live: live, Wanted: live})
	require.NoError(t, err)
	assert.Empty(t, text)
}
