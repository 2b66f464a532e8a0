package main

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOfTwoAgentsOneStandsByAndTakesOver(t *testing.T) {
	s := newShop(t)
	elected := []string{"--leader-elect", "--namespace", "weir-system", "--listen", "127.0.0.1:0"}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	first := start(ctx, t, s.agent(elected...)...)
	soon := func(agent *started, path, said string) {
		t.Helper()
		require.Eventually(t, func() bool {
			status, got := agent.get(path)
			return status == http.StatusOK && strings.Contains(got, said)
		}, 30*time.Second, 50*time.Millisecond)
	}
	soon(first, "/metrics", "weir_weight{")
	soon(first, "/metrics", "weir_leading 1")

	s.state = filepath.Join(t.TempDir(), "state")
	later, end := context.WithCancel(t.Context())
	defer end()
	second := start(later, t, s.agent(elected...)...)
	soon(second, "/readyz", "standing by; ")
	soon(second, "/readyz", " leads")
	soon(second, "/healthz", "ok")
	soon(second, "/metrics", "weir_leading 0")
	_, said := second.get("/metrics")
	assert.NotContains(t, said, "weir_weight{", "of each rollout one agent speaks")

	stop()
	first.stops()
	soon(second, "/metrics", "weir_leading 1")
	s.commit(map[string]string{"live/shop.yaml": weighed("0", "100")})
	soon(second, "/metrics", `destination="v2.example.com",environment="live",namespace="`+s.namespace+`",rollout="shop",route="http[0]",target="shop"} 50`)
	end()
	second.stops()
}

func TestWhatCannotBeLedIsAUsageError(t *testing.T) {
	for said, flags := range map[string][]string{
		"name it with --namespace": {"--leader-elect"},
		"exclude each other":       {"--leader-elect", "--once", "--namespace", "weir-system"},
	} {
		code, _, got := weir(t, append([]string{"agent", "--repo", "https://git.example.com/shop.git", "--cluster", "eu-1",
			"--environment", "live", "--kubeconfig", kubeconfigOf(t, "http://127.0.0.1:1"), "--listen", ""}, flags...)...)
		assert.Equal(t, 2, code)
		assert.Contains(t, got, said)
	}
}
