package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/cmd/weir/report"
)

// shop is a repository on a Git server, and a namespace for its one overlay.
type shop struct {
	t          *testing.T
	local      *agenttest.LocalCluster
	git        *agenttest.GitServer
	author     *agenttest.Author
	namespace  string
	state, url string
}

const shopPlan = `apiVersion: weir.dev/v1alpha1
kind: WeightPlan
metadata: {name: shop}
spec:
  targets: [{kind: VirtualService, name: shop}]
  settleSeconds: 0
  steps:
`

const shopService = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop.example.com]
  http:
  - route:
    - {destination: {host: v1.example.com}, weight: V1}
    - {destination: {host: v2.example.com}, weight: V2}
`

func newShop(t *testing.T) *shop {
	local := agenttest.Cluster(t)
	server, err := agenttest.NewGitServer(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	require.NoError(t, server.Create(t.Context(), "shop"))
	author, err := agenttest.NewAuthor(t.Context(), server.URL("shop"), filepath.Join(t.TempDir(), "clone"), "Dana Developer")
	require.NoError(t, err)
	s := &shop{
		t: t, local: local, git: server, author: author, namespace: local.Namespace(t),
		state: filepath.Join(t.TempDir(), "state"), url: server.URL("shop"),
	}
	s.commit(map[string]string{
		"weir.yaml":               "apiVersion: weir.dev/v1alpha1\nkind: Delivery\nmetadata: {name: shop}\nspec:\n  environments:\n  - {name: live, overlays: [live]}\n",
		"live/kustomization.yaml": "namespace: " + s.namespace + "\nresources: [shop.yaml, plan.yaml]\n",
		"live/plan.yaml":          shopPlan + "  - {setWeight: 50, pause: {}}\n  - {setWeight: 100}\n",
		"live/shop.yaml":          weighed("100", "0"),
	})
	return s
}

// weighed is the VirtualService with these weights.
func weighed(v1, v2 string) string {
	return strings.NewReplacer("V1", v1, "V2", v2).Replace(shopService)
}

func (s *shop) commit(files map[string]string) {
	s.t.Helper()
	_, err := s.author.Publish(s.t.Context(), "change the shop", files)
	require.NoError(s.t, err)
}

// agent is the arguments of `weir agent` for this shop.
func (s *shop) agent(more ...string) []string {
	return append([]string{
		"agent", "--repo", s.url, "--cluster", s.namespace, "--environment", "live", "--kubeconfig", s.local.AgentKubeconfig,
		"--state-dir", s.state, "--interval", "1s",
	}, more...)
}

// status is what `weir status` says of the shop, as JSON.
func (s *shop) status(code int, more ...string) report.StatusReport {
	s.t.Helper()
	got, out, said := weir(s.t, append([]string{"status", "shop", "-n", s.namespace, "-o", "json"}, more...)...)
	require.Equal(s.t, code, got, said)
	var read report.StatusReport
	require.NoError(s.t, json.Unmarshal([]byte(out), &read))
	require.Len(s.t, read.Rollouts, 1)
	return read
}

func TestAnAgentThatPassesOnceAnswersByItsExitCode(t *testing.T) {
	s := newShop(t)
	once := func(want int) string {
		t.Helper()
		code, out, said := weir(t, s.agent("--once", "--log-format", "text")...)
		require.Equal(t, want, code, said)
		assert.Empty(t, out, "what it says is talk")
		return said
	}
	assert.Contains(t, once(0), "created as Git has it")
	s.status(0, "--kubeconfig", s.local.Kubeconfig)

	s.commit(map[string]string{"live/shop.yaml": weighed("0", "100")})
	assert.Contains(t, once(4), "step 1 of 2")
	for _, from := range [][]string{{"--kubeconfig", s.local.Kubeconfig}, {"--from", "git", "--repo", s.url}} {
		r := s.status(4, from...).Rollouts[0]
		assert.Equal(t, "v1.example.com 50 · v2.example.com 50", r.Routes[0].Destinations.String(), from)
		assert.Equal(t, 1, r.Step, from)
		assert.False(t, r.Since.IsZero(), from)
	}

	s.commit(map[string]string{"live/shop.yaml": weighed("-1", "100")})
	assert.Contains(t, once(2), "weir: live/shop.yaml:8: weight -1 is negative")
	wrong := s.status(4, "--from", "git", "--repo", s.url)
	require.Len(t, wrong.Problems, 1, "it is wrong, and the rollout stands where it was")
	assert.Equal(t, "live/shop.yaml:8", wrong.Problems[0].Position.String())

	s.git.Away(true)
	once(1)
}

func TestAnAgentWhoseChangeIsDeniedSaysNo(t *testing.T) {
	s := newShop(t)
	code, _, said := weir(t, s.agent("--once")...)
	require.Equal(t, 0, code, said)
	s.commit(map[string]string{"live/plan.yaml": shopPlan + "  - {setWeight: 100}\n", "live/shop.yaml": weighed("0", "100")})
	code, _, said = weir(t, s.agent("--once")...)
	require.Equal(t, 3, code, said)
	r := s.status(3, "--from", "git", "--repo", s.url).Rollouts[0]
	assert.Equal(t, "v1.example.com 100 · v2.example.com 0", r.Routes[0].Destinations.String())
}

func TestAnAgentWhoseClusterIsAwayIsAliveNotReadyAndStopsCleanly(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	agent := start(ctx, t, "agent", "--repo", "https://git.example.com/shop.git", "--cluster", "eu-1", "--environment", "live",
		"--kubeconfig", kubeconfigOf(t, "http://127.0.0.1:1"), "--listen", "127.0.0.1:0")
	status, _ := agent.get("/healthz")
	assert.Equal(t, http.StatusOK, status)
	status, said := agent.get("/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, said, "the caches of the cluster")
	stop()
	agent.stops()
}

// started is an agent that runs until its context ends.
type started struct {
	t       *testing.T
	address string
	lines   <-chan map[string]any // of its log
	code    <-chan int
}

// start runs weir until it listens.
func start(ctx context.Context, t *testing.T, args ...string) *started {
	t.Helper()
	read, write := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, args, strings.NewReader(""), io.Discard, write)
		_ = write.Close()
	}()
	lines := make(chan map[string]any, 1000)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(read); in.Scan(); {
			var line map[string]any
			if assert.NoError(t, json.Unmarshal(in.Bytes(), &line), "every line of the log is JSON: %s", in.Text()) {
				lines <- line
			}
		}
	}()
	for line := range lines {
		if line["msg"] == "listening" {
			return &started{t, "http://" + line["address"].(string), lines, code}
		}
	}
	t.Fatal("it never listened")
	return nil
}

func (s *started) get(path string) (int, string) {
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.address+path, nil)
	require.NoError(s.t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	said, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, response.Body.Close())
	return response.StatusCode, string(said)
}

// stops wants it to end soon and well.
func (s *started) stops() {
	s.t.Helper()
	select {
	case got := <-s.code:
		assert.Equal(s.t, 0, got)
	case <-time.After(10 * time.Second):
		s.t.Fatal("it does not stop")
	}
	var last map[string]any
	for line := range s.lines {
		last = line
	}
	assert.Equal(s.t, "stopped", last["msg"])
}

func TestAnAgentServesHealthAndMetricsAndStopsCleanly(t *testing.T) {
	s := newShop(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	agent := start(ctx, t, s.agent("--listen", "127.0.0.1:0")...)
	status, _ := agent.get("/healthz")
	assert.Equal(t, http.StatusOK, status)
	require.Eventually(t, func() bool {
		_, said := agent.get("/metrics")
		status, _ := agent.get("/readyz")
		return status == http.StatusOK && strings.Contains(said, `weir_weight{destination="v1.example.com",environment="live",namespace="`+
			s.namespace+`",rollout="shop",route="http[0]",target="shop"} 100`)
	}, 30*time.Second, 100*time.Millisecond)
	stop()
	agent.stops()
}

func TestAnAddressThatIsTakenIsExitCodeOneAndNothingMoves(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	code, _, said := weir(t, "agent", "--repo", "https://git.example.com/shop.git", "--cluster", "eu-1", "--environment", "live",
		"--kubeconfig", kubeconfigOf(t, "http://127.0.0.1:1"), "--listen", taken.Addr().String())
	assert.Equal(t, 1, code)
	assert.Contains(t, said, "weir: listening: ")
	assert.NotContains(t, said, "starting")
}
