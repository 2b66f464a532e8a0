package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/rollout"
)

// weir runs the program and returns its exit code and what it wrote.
func weir(t *testing.T, args ...string) (code int, out, said string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// apiServer answers the list and the watch of VirtualServices.
type apiServer struct {
	mu     sync.Mutex
	status int
	items  []any
	events chan any
}

func newAPIServer(t *testing.T, items ...any) (*apiServer, string) {
	t.Helper()
	api := &apiServer{status: http.StatusOK, items: items, events: make(chan any)}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	return api, kubeconfigOf(t, server.URL)
}

func (a *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Query().Get("watch") != "" {
		w.(http.Flusher).Flush()
		for {
			select {
			case event := <-a.events:
				_ = json.NewEncoder(w).Encode(event)
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
				return
			}
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	w.WriteHeader(a.status)
	if a.status != http.StatusOK {
		_ = json.NewEncoder(w).Encode(map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": a.status})
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"kind": "VirtualServiceList", "apiVersion": "networking.istio.io/v1", "metadata": map[string]any{"resourceVersion": "1"}, "items": a.items,
	})
}

// becomes changes the list, and tells those who watch.
func (a *apiServer) becomes(item any) {
	a.mu.Lock()
	a.items = []any{item}
	a.mu.Unlock()
	a.events <- map[string]any{"type": "MODIFIED", "object": item}
}

func kubeconfigOf(t *testing.T, url string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `{"apiVersion": "v1", "kind": "Config", "current-context": "it",
		"contexts": [{"name": "it", "context": {"cluster": "it"}}], "clusters": [{"name": "it", "cluster": {"server": %q}}]}`, url), 0o600))
	return file
}

// reviews is a VirtualService of weir's with a moving route and a fixed one.
func reviews(phase rollout.Phase, code rollout.Code, v1, v3 int) map[string]any {
	destination := func(subset string) map[string]any { return map[string]any{"host": "reviews", "subset": subset} }
	state, err := json.Marshal(rollout.State{
		Cluster: "eu-1", Name: rollout.Name{Environment: "production", Namespace: "bookinfo", Plan: "reviews"},
		Journey: rollout.Journey{ID: "0123456789ab", Seq: 1, Step: 1, Phase: phase, Reason: rollout.Reason{Code: code, Sentence: "because"}},
		Member:  rollout.Member{Stable: rollout.Routes{{Key: "http:primary", Protocol: rollout.HTTP, Label: "primary"}}},
	})
	if err != nil {
		panic(err)
	}
	return map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
		"metadata": map[string]any{"namespace": "bookinfo", "name": "reviews", "annotations": map[string]any{kube.Annotation: string(state)}},
		"spec": map[string]any{"http": []any{
			map[string]any{"name": "primary", "route": []any{
				map[string]any{"destination": destination("v1"), "weight": v1}, map[string]any{"destination": destination("v3"), "weight": v3},
			}},
			map[string]any{"name": "mirror", "route": []any{map[string]any{"destination": destination("v2")}}},
		}},
	}
}

func TestStatusReadsTheRolloutsFromTheVirtualServices(t *testing.T) {
	foreign := reviews(rollout.Healthy, rollout.Settled, 100, 0)
	foreign["metadata"] = map[string]any{"namespace": "other", "name": "foreign"}
	_, kubeconfig := newAPIServer(t, reviews(rollout.Progressing, rollout.Stepping, 75, 25), foreign)

	code, out, said := weir(t, "status", "--kubeconfig", kubeconfig)
	assert.Equal(t, 0, code, said)
	assert.Contains(t, out, "production/bookinfo/reviews  Progressing  2     v1 75 ▆ · v3 25 ▃")
	assert.Contains(t, out, "1 rollout: 1 Progressing; each as of its last move")
	assert.NotContains(t, out, "foreign")

	code, out, said = weir(t, "status", "reviews", "-o", "json", "--kubeconfig", kubeconfig)
	assert.Equal(t, 4, code, said)
	var read report.StatusReport
	require.NoError(t, json.Unmarshal([]byte(out), &read))
	require.Len(t, read.Rollouts, 1)
	assert.Equal(t, "eu-1", read.Rollouts[0].Cluster)
	require.Len(t, read.Rollouts[0].Routes, 1, "routes that the plan does not move are nobody's business")
	assert.Equal(t, "v1 75 · v3 25", read.Rollouts[0].Routes[0].Destinations.String())
	assert.NotNil(t, read.Problems)
}

func TestStatusOfANamedRolloutAnswersByTheExitCode(t *testing.T) {
	for name, c := range map[string]struct {
		phase rollout.Phase
		code  rollout.Code
		want  int
	}{
		"healthy":     {rollout.Healthy, rollout.Settled, 0},
		"progressing": {rollout.Progressing, rollout.Stepping, 4},
		"paused":      {rollout.Paused, rollout.Approval, 4},
		"degraded":    {rollout.Degraded, rollout.StableNotReady, 3},
		"denied":      {rollout.Pending, rollout.Denied, 3},
		"not judged":  {rollout.Pending, rollout.Unchecked, 2},
	} {
		t.Run(name, func(t *testing.T) {
			_, kubeconfig := newAPIServer(t, reviews(c.phase, c.code, 75, 25))
			for _, form := range []string{"text", "wide", "json", "yaml"} {
				code, _, said := weir(t, "status", "bookinfo/reviews", "-o", form, "--kubeconfig", kubeconfig)
				assert.Equal(t, c.want, code, said)
			}
			code, _, said := weir(t, "status", "--kubeconfig", kubeconfig)
			assert.Equal(t, 0, code, said)
		})
	}
}

func TestStatusOfARolloutThatIsNotThereSaysWhichAre(t *testing.T) {
	_, kubeconfig := newAPIServer(t, reviews(rollout.Healthy, rollout.Settled, 100, 0))
	code, out, said := weir(t, "status", "review", "--kubeconfig", kubeconfig)
	assert.Equal(t, 1, code)
	assert.Empty(t, out)
	assert.Equal(t, "weir: no rollout is named review; there are: production/bookinfo/reviews\n", said)
}

func TestAnAnnotationThatCannotBeReadIsAProblemAndHidesNothingElse(t *testing.T) {
	damaged := reviews(rollout.Healthy, rollout.Settled, 100, 0)
	damaged["metadata"] = map[string]any{"namespace": "bookinfo", "name": "ratings", "annotations": map[string]any{kube.Annotation: "{"}}
	_, kubeconfig := newAPIServer(t, damaged, reviews(rollout.Healthy, rollout.Settled, 100, 0))
	code, out, said := weir(t, "status", "--kubeconfig", kubeconfig)
	assert.Equal(t, 0, code, said)
	assert.Contains(t, out, "✖ VirtualService bookinfo/ratings: its annotation weir.dev/state cannot be read")
	assert.Contains(t, out, "production/bookinfo/reviews")
}

func TestACallThatTheClusterCannotAnswerIsExitCodeOne(t *testing.T) {
	api, kubeconfig := newAPIServer(t)
	api.status = http.StatusNotFound
	code, _, said := weir(t, "status", "--kubeconfig", kubeconfig)
	assert.Equal(t, 1, code)
	assert.Contains(t, said, "is Istio installed?")

	code, _, said = weir(t, "status", "--kubeconfig", kubeconfigOf(t, "http://127.0.0.1:1"))
	assert.Equal(t, 1, code)
	assert.Contains(t, said, "weir: listing the VirtualServices: ")
	for _, wrong := range [][]string{{"--kubeconfig", "nowhere"}, {"--kubeconfig", kubeconfig, "--context", "that"}} {
		code, _, said = weir(t, append([]string{"status"}, wrong...)...)
		assert.Equal(t, 2, code)
		assert.Contains(t, said, "weir: reading the kubeconfig: ")
	}
}

func TestWatchingShowsEachChangeOnceUntilInterrupted(t *testing.T) {
	api, kubeconfig := newAPIServer(t, reviews(rollout.Progressing, rollout.Stepping, 90, 10))
	ctx, interrupt := context.WithCancel(t.Context())
	read, write := io.Pipe()
	code := make(chan int, 1)
	var said bytes.Buffer
	go func() {
		code <- run(ctx, []string{"status", "--watch", "--kubeconfig", kubeconfig}, strings.NewReader(""), write, &said)
		_ = write.Close()
	}()
	seen := make([]byte, 4096)
	next := func() string {
		n, err := read.Read(seen)
		require.NoError(t, err)
		return string(seen[:n])
	}
	assert.Contains(t, next(), "v1 90 ▇ · v3 10 ▂")
	api.becomes(reviews(rollout.Progressing, rollout.Stepping, 90, 10)) // no news
	api.becomes(reviews(rollout.Progressing, rollout.Stepping, 75, 25))
	assert.Contains(t, next(), "v1 75 ▆ · v3 25 ▃")
	interrupt()
	assert.Equal(t, 0, <-code, said.String())
	assert.Empty(t, said.String())
}
