package main

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/rollout"
)

// as makes somebody the one who calls weir.
func (s *shop) as(name, email string) {
	s.t.Setenv("GIT_AUTHOR_NAME", name)
	s.t.Setenv("GIT_AUTHOR_EMAIL", email)
}

// clone is another developer's.
func (s *shop) clone() string {
	s.t.Helper()
	dir := filepath.Join(s.t.TempDir(), "another")
	_, err := agenttest.NewAuthor(s.t.Context(), s.url, dir, "Eve")
	require.NoError(s.t, err)
	return dir
}

// object reads an object of the cluster.
func (s *shop) object(group, version, resource, namespace, name string) *unstructured.Unstructured {
	s.t.Helper()
	client, err := dynamic.NewForConfig(s.local.Admin(s.t))
	require.NoError(s.t, err)
	of := client.Resource(schema.GroupVersionResource{Group: group, Version: version, Resource: resource})
	found, err := dynamic.ResourceInterface(of.Namespace(namespace)).Get(s.t.Context(), name, metav1.GetOptions{})
	require.NoError(s.t, err)
	return found
}

func (s *shop) once(want int) string {
	s.t.Helper()
	code, _, said := weir(s.t, s.agent("--once", "--log-format", "text")...)
	require.Equal(s.t, want, code, said)
	return said
}

// does runs a verb on the shop.
func (s *shop) does(want int, args ...string) (out, said string) {
	s.t.Helper()
	code, out, said := weir(s.t, args...)
	require.Equal(s.t, want, code, "%v: %s%s", args, out, said)
	return out, said
}

// half brings the shop to its first step, which waits for approval.
func (s *shop) half() {
	s.t.Helper()
	s.once(0)
	s.commit(map[string]string{"live/shop.yaml": weighed("0", "100")})
	s.once(4)
}

func TestAnApprovalOfSomebodyElseReleasesTheStep(t *testing.T) {
	s := newShop(t)
	clone := s.clone()
	s.half()
	s.as("Dana Developer", "dana.developer@example.com")
	_, said := s.does(3, "approve", "shop", "--repo", clone)
	assert.Contains(t, said, "wrote the change, and somebody else has to approve it")
	s.as("Eve", "eve@example.com")
	s.does(0, "approve", "shop", "--repo", clone, "--dry-run", "--kubeconfig", s.local.Kubeconfig, "--cluster", s.namespace)
	out, _ := s.does(0, "approve", "shop", "--repo", clone, "--reason", "looks good")
	assert.Contains(t, out, "approved live/"+s.namespace+"/shop at step 1")
	s.once(0)
	assert.Equal(t, "v1.example.com 0 · v2.example.com 100", s.status(0, "--kubeconfig", s.local.Kubeconfig).Rollouts[0].Routes[0].Destinations.String())
}

func TestAnAbortGoesBackAndARetryBeginsAnew(t *testing.T) {
	s := newShop(t)
	clone := s.clone()
	s.half()
	s.as("Dana Developer", "dana.developer@example.com")
	s.does(0, "abort", "shop", "--repo", clone, "--reason", "errors", "--kubeconfig", s.local.Kubeconfig, "--environment", "live", "--cluster", s.namespace)
	s.once(3)
	at := s.status(3, "--kubeconfig", s.local.Kubeconfig).Rollouts[0]
	assert.Equal(t, "v1.example.com 100 · v2.example.com 0", at.Routes[0].Destinations.String())
	assert.Contains(t, at.Reason.Sentence, "aborted by Dana Developer")
	s.does(3, "abort", "shop", "--repo", clone)
	s.does(0, "retry", "shop", "--repo", clone)
	s.once(4)
	assert.Equal(t, "v1.example.com 50 · v2.example.com 50", s.status(4, "--kubeconfig", s.local.Kubeconfig).Rollouts[0].Routes[0].Destinations.String())
}

func TestWhatIsAskedNowStandsOnTheVirtualServiceAndIsTakenAwayAgain(t *testing.T) {
	s := newShop(t)
	s.half()
	s.as("Eve", "eve@example.com")
	cluster := []string{"--kubeconfig", s.local.Kubeconfig, "--cluster", s.namespace, "--repo", t.TempDir()}
	now := func(want int, args ...string) (string, string) { return s.does(want, append(args, cluster...)...) }
	service := func() *unstructured.Unstructured {
		return s.object("networking.istio.io", "v1", "virtualservices", s.namespace, "shop")
	}
	before := service()

	now(0, "pause", "shop", "--now", "--reason", "looking", "--dry-run")
	assert.Equal(t, before.GetResourceVersion(), service().GetResourceVersion())
	out, _ := now(0, "pause", "shop", "--now", "--reason", "looking")
	assert.Contains(t, out, "asked to pause live/"+s.namespace+"/shop at step 1, on the cluster")
	var asked []rollout.Intent
	marked := service()
	require.NoError(t, json.Unmarshal([]byte(marked.GetAnnotations()[kube.IntentAnnotation]), &asked))
	require.Len(t, asked, 1)
	assert.Equal(t, "Eve <eve@example.com>: looking", asked[0].By+": "+asked[0].Reason)
	assert.Equal(t, []any{rollout.ToPause, 0, true, false}, []any{asked[0].Verb, asked[0].Step, asked[0].Now, asked[0].At.IsZero()})
	assert.Equal(t, before.Object["spec"], marked.Object["spec"])
	managers := map[string]bool{}
	for _, m := range marked.GetManagedFields() {
		managers[m.Manager] = true
	}
	assert.True(t, managers["weir-cli"], "%v", managers)

	now(0, "abort", "shop", "--now")
	require.NoError(t, json.Unmarshal([]byte(service().GetAnnotations()[kube.IntentAnnotation]), &asked))
	assert.Len(t, asked, 2)
	out, _ = now(0, "resume", "shop", "--now")
	assert.Contains(t, out, "asked to resume")
	require.NoError(t, json.Unmarshal([]byte(service().GetAnnotations()[kube.IntentAnnotation]), &asked))
	require.Len(t, asked, 1)
	assert.Equal(t, rollout.ToAbort, asked[0].Verb)
	_, said := now(3, "resume", "shop", "--now")
	assert.Contains(t, said, "has no pause of --now on it")
	_, said = s.does(2, "approve", "shop", "--now")
	assert.Contains(t, said, "unknown flag --now")

	assert.Contains(t, s.once(3), "aborted by Eve")
	assert.Equal(t, "v1.example.com 100 · v2.example.com 0", s.status(3, cluster[:4]...).Rollouts[0].Routes[0].Destinations.String())
}

func TestAPauseOfNowIsTakenAwayByAResume(t *testing.T) {
	id := rollout.ID("0123456789ab")
	pause := rollout.Intent{Verb: rollout.ToPause, ID: id, By: "Eve"}
	abort := rollout.Intent{Verb: rollout.ToAbort, ID: id, By: "Eve"}
	resume := rollout.Intent{Verb: rollout.ToResume, ID: id, By: "Eve"}
	one := marks("", pause)
	require.NotNil(t, one)
	assert.Nil(t, marks(*one, resume), "the last one takes the annotation with it")
	assert.Nil(t, marks("", resume))
	assert.Nil(t, marks("[damaged", resume))
	two := marks(*one, abort)
	require.NotNil(t, marks(*two, resume))
	assert.NotContains(t, *marks(*two, resume), "pause")
	other := rollout.Intent{Verb: rollout.ToPause, ID: "ba9876543210", By: "Eve"}
	assert.NotContains(t, *marks(*two, other), string(id), "what was asked of another change is spent")
}

func TestTheLineIsStoppedOnTheAgentsNamespace(t *testing.T) {
	s := newShop(t)
	s.as("Eve", "eve@example.com")
	home := []string{"--agent-namespace", s.namespace, "--kubeconfig", s.local.Kubeconfig}
	sentence := func() string {
		return s.object("", "v1", "namespaces", "", s.namespace).GetAnnotations()[kube.PauseAnnotation]
	}
	s.does(0, append([]string{"pause", "--all", "--dry-run"}, home...)...)
	assert.Empty(t, sentence())
	out, note := s.does(0, append([]string{"pause", "--all", "--reason", "incident 4711"}, home...)...)
	assert.Contains(t, out, "the line is stopped")
	assert.Contains(t, note, "no agent holds a lease in namespace "+s.namespace)
	assert.Regexp(t, `^Eve <eve@example.com>: incident 4711, \d{4}-`, sentence())
	out, _ = s.does(0, append([]string{"pause", "--all"}, home...)...)
	assert.Contains(t, out, "the line is stopped already: Eve <eve@example.com>: incident 4711", "who was first stays")
	s.does(0, append([]string{"resume", "--all"}, home...)...)
	assert.Empty(t, sentence())
	out, _ = s.does(0, append([]string{"resume", "--all"}, home...)...)
	assert.Equal(t, "the line is not stopped\n", out)
	_, said := s.does(2, "pause", "--all", "--agent-namespace", "nowhere-at-all", "--kubeconfig", s.local.Kubeconfig)
	assert.Contains(t, said, "there is no namespace nowhere-at-all; name the agent's with --agent-namespace")
}

// Where main is protected, approvals have a branch of their own.
func TestAnApprovalOnABranchOfItsOwnReleasesTheStep(t *testing.T) {
	s := newShop(t)
	s.commit(map[string]string{"weir.yaml": delivery("  approvals: {branch: ops/approvals}\n")})
	clone := s.clone()
	s.half()
	s.as("Eve", "eve@example.com")
	out, _ := s.does(0, "approve", "shop", "--repo", clone, "--reason", "looks good")
	assert.Regexp(t, `by commit [0-9a-f]{7} on ops/approvals: the agent heeds it`, out)
	s.once(0)
	assert.Equal(t, "v1.example.com 0 · v2.example.com 100", s.status(0, "--kubeconfig", s.local.Kubeconfig).Rollouts[0].Routes[0].Destinations.String())
}
