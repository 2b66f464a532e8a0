package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/weir-delivery/weir/agent/agenttest"
)

// ordeal is a world of real parts, in which weir runs as a program that can be
// killed, and a witness who sees all that it does.
type ordeal struct {
	*testing.T
	*agenttest.Witness
	local     *agenttest.LocalCluster
	services  dynamic.ResourceInterface
	git       *agenttest.GitServer
	author    *agenttest.Author
	namespace string
	// kubeconfig is the agent's, over a wire that can be cut.
	kubeconfig string
	wire       *agenttest.Wire
}

// The ordeals' plan, the splits that it leads through, and a VirtualService with
// more in it than weights.
const (
	ordealPlan = `apiVersion: weir.dev/v1alpha1
kind: WeightPlan
metadata: {name: NAME}
spec:
  targets: [{kind: VirtualService, name: NAME}]
  settleSeconds: 0
  steps:
  - {setWeight: 10, pause: {duration: PAUSE}}
  - {setWeight: 50, pause: {duration: PAUSE}}
  - {setWeight: 100}
`
	ordealService = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: NAME
  labels: {team: shop}
  annotations: {example.com/owner: dana}
spec:
  hosts: [NAME.example.com]
  http:
  - name: health
    match: [{uri: {exact: /healthz}}]
    directResponse: {status: 200}
  - name: primary
    timeout: 3s
    retries: {attempts: 2, perTryTimeout: 1s}
    headers: {response: {set: {x-shop: NAME}}}
    route:
    - destination: {host: v1.example.com}
      weight: V1
    - destination: {host: v2.example.com}
      weight: V2
      headers: {request: {add: {x-canary: "yes"}}}
`
)

func serviceOf(name string, v2 int) string {
	return strings.NewReplacer("NAME", name, "V1", fmt.Sprint(100-v2), "V2", fmt.Sprint(v2)).Replace(ordealService)
}

func planOf(name string, pause time.Duration) string {
	return strings.NewReplacer("NAME", name, "PAUSE", pause.String()).Replace(ordealPlan)
}

// at is the split with so much for the canary, as it is printed.
func at(v2 int) string { return fmt.Sprintf("v1.example.com %d · v2.example.com %d", 100-v2, v2) }

func along(v2 ...int) []string {
	out := make([]string, len(v2))
	for i, w := range v2 {
		out[i] = at(w)
	}
	return out
}

// newOrdeal has Git want these VirtualServices at their stable split.
func newOrdeal(t *testing.T, pause time.Duration, names ...string) *ordeal {
	t.Helper()
	local := agenttest.Cluster(t)
	server, err := agenttest.NewGitServer(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	require.NoError(t, server.Create(t.Context(), "shop"))
	author, err := agenttest.NewAuthor(t.Context(), server.URL("shop"), filepath.Join(t.TempDir(), "clone"), "Dana Developer")
	require.NoError(t, err)
	o := &ordeal{T: t, git: server, author: author, namespace: local.Namespace(t)}
	o.lives(local)
	o.Witness = agenttest.NewWitness(t, local.Admin(t), o.namespace, server, "shop")
	files := map[string]string{"weir.yaml": delivery("")}
	resources := ""
	for _, name := range names {
		files["live/"+name+".yaml"], files["live/"+name+"-plan.yaml"] = serviceOf(name, 0), planOf(name, pause)
		resources += fmt.Sprintf("- %s.yaml\n- %s-plan.yaml\n", name, name)
		o.Keeps(o.object(name, 0))
	}
	files["live/kustomization.yaml"] = "namespace: " + o.namespace + "\nresources:\n" + resources
	o.commit("the shop", files)
	return o
}

// lives makes the cluster the ordeal's.
func (o *ordeal) lives(in *agenttest.LocalCluster) {
	o.Helper()
	client, err := dynamic.NewForConfig(in.Admin(o.T))
	require.NoError(o, err)
	o.local = in
	o.services = client.Resource(schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"}).Namespace(o.namespace)
	o.kubeconfig, o.wire = in.Wired(o.T)
}

// moves puts another, empty cluster in the place of the one there was.
func (o *ordeal) moves(to *agenttest.LocalCluster) {
	o.Helper()
	to.Named(o.T, o.namespace)
	o.lives(to)
	o.Follow(to.Admin(o.T))
}

// delivery is weir.yaml, with more of its spec.
func delivery(more string) string {
	return "apiVersion: weir.dev/v1alpha1\nkind: Delivery\nmetadata: {name: shop}\nspec:\n  environments:\n  - {name: live, overlays: [live]}\n" + more
}

// object is the VirtualService as Git has it.
func (o *ordeal) object(name string, v2 int) map[string]any {
	o.Helper()
	object := &unstructured.Unstructured{}
	data, err := yaml.YAMLToJSON([]byte(serviceOf(name, v2)))
	require.NoError(o, err)
	require.NoError(o, object.UnmarshalJSON(data))
	object.SetNamespace(o.namespace)
	return object.Object
}

func (o *ordeal) commit(message string, files map[string]string) {
	o.Helper()
	_, err := o.author.Publish(o.Context(), message, files)
	require.NoError(o, err)
}

// wants commits a weight for the canary.
func (o *ordeal) wants(v2 int, names ...string) {
	o.Helper()
	files := map[string]string{}
	for _, name := range names {
		files["live/"+name+".yaml"] = serviceOf(name, v2)
	}
	o.commit(fmt.Sprintf("%d %% for the canary of %s", v2, strings.Join(names, ", ")), files)
}

// reaches waits for a split.
func (o *ordeal) reaches(name string, v2 int) {
	o.Helper()
	o.Until(time.Minute, name+" at "+at(v2), func() bool { return o.Last(name).Split() == at(v2) })
}

// settles waits for a split at which the rollout is in the phase.
func (o *ordeal) settles(name string, v2 int, phase string) {
	o.Helper()
	o.Until(time.Minute, fmt.Sprintf("%s %s at %s", name, phase, at(v2)), func() bool {
		v := o.Last(name)
		return v.Split() == at(v2) && v.State != nil && string(v.State.Journey.Phase) == phase
	})
}

// edits changes the weights by hand, as kubectl edit does.
func (o *ordeal) edits(name string, v2 int) {
	o.Helper()
	patch := fmt.Sprintf(`[{"op":"replace","path":"/spec/http/1/route/0/weight","value":%d},{"op":"replace","path":"/spec/http/1/route/1/weight","value":%d}]`, 100-v2, v2)
	_, err := o.services.Patch(o.Context(), name, "application/json-patch+json", []byte(patch), metav1.PatchOptions{FieldManager: "kubectl-edit"})
	require.NoError(o, err)
}

// program is weir as it is built, once for all ordeals of a run.
var program = sync.OnceValues(func() (string, error) {
	built, err := filepath.Abs("../../.build/weir-under-test")
	if err != nil {
		return "", err
	}
	if said, err := exec.Command("go", "build", "-o", built, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building weir: %w: %s", err, said)
	}
	return built, nil
})

// process is a running agent.
type process struct {
	o   *ordeal
	cmd *exec.Cmd
	log *safeBuffer
	// ended is closed when the process is gone.
	ended chan struct{}
}

// safeBuffer may be read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *safeBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.String()
}

// starts runs an agent, whose folder for what it fetches is its own.
func (o *ordeal) starts(more ...string) *process {
	o.Helper()
	weir, err := program()
	require.NoError(o, err)
	p := &process{o: o, log: &safeBuffer{}, ended: make(chan struct{})}
	p.cmd = exec.Command(weir, append([]string{
		"agent", "--repo", o.git.URL("shop"), "--cluster", o.namespace, "--environment", "live", "--kubeconfig", o.kubeconfig,
		"--state-dir", o.TempDir(), "--interval", "1s", "--listen", "", "--log-format", "text",
	}, more...)...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	require.NoError(o, p.cmd.Start())
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // killed, most often
	}()
	o.Cleanup(func() {
		p.kill()
		if o.Failed() {
			lines := strings.Split(strings.TrimSpace(p.log.text()), "\n")
			o.Logf("the last words of an agent:\n%s", strings.Join(lines[max(0, len(lines)-25):], "\n"))
		}
	})
	return p
}

// kill ends the process as a power cut does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be gone
	<-p.ended
}
