package kube_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/rollout"
)

const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
users:
- name: u
  user: `

// CVE-2022-24817: whoever writes the kubeconfig must not run programs by it.
func TestAKubeconfigThatRunsAProgramIsRefused(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "ran")
	for name, user := range map[string]string{
		"exec":          `{exec: {apiVersion: client.authentication.k8s.io/v1, command: touch, args: ["` + marker + `"], interactiveMode: Never}}`,
		"auth-provider": `{auth-provider: {name: gcp, config: {cmd-path: touch, cmd-args: "` + marker + `"}}}`,
	} {
		_, err := kube.Connection(written(t, kubeconfig+user))
		require.ErrorContains(t, err, "weir", name)
		assert.ErrorContains(t, err, "use a token or a client certificate", name)
	}
	_, err := kube.New(t.Context(), kube.Config{Cluster: "c", REST: execing(t, kubeconfig+`{token: t}`)})
	require.ErrorContains(t, err, "never does", "nor one that was not read from a file")
	person := &rest.Config{Host: "https://127.0.0.1:1", ExecProvider: &api.ExecConfig{Command: "touch", APIVersion: "client.authentication.k8s.io/v1", InteractiveMode: api.NeverExecInteractiveMode}}
	_, err = kube.New(t.Context(), kube.Config{Cluster: "c", REST: person, Programs: true})
	require.NoError(t, err, "but of a person at a terminal")
	assert.NoFileExists(t, marker)
}

func TestAKubeconfigWithATokenIsTaken(t *testing.T) {
	token := written(t, "secret")
	for _, user := range []string{`{token: secret}`, `{tokenFile: "` + token + `"}`} {
		config, err := kube.Connection(written(t, kubeconfig+user))
		require.NoError(t, err)
		assert.Equal(t, "https://127.0.0.1:1", config.Host)
	}
}

func TestAKubeconfigThatIsNoneSaysSo(t *testing.T) {
	for _, content := range []string{"{", "kind: Secret", "[]", "\x00"} {
		file := written(t, content)
		_, err := kube.Connection(file)
		assert.ErrorContains(t, err, file)
	}
	_, err := kube.Connection(filepath.Join(t.TempDir(), "absent"))
	require.ErrorContains(t, err, "absent")
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	_, err = kube.Connection("")
	assert.ErrorContains(t, err, "--kubeconfig")
}

func TestAnAPIServerThatDoesNotAnswerIsNamed(t *testing.T) {
	config, err := kube.Connection(written(t, kubeconfig+`{token: secret}`))
	require.NoError(t, err)
	c, err := kube.New(t.Context(), kube.Config{REST: config, Cluster: "c"})
	require.NoError(t, err)
	go c.Run(t.Context())
	require.EventuallyWithT(t, func(collect *assert.CollectT) {
		err := c.Synced(soon(t, 10*time.Millisecond))
		assert.ErrorContains(collect, err, "destinationrules")
		assert.ErrorContains(collect, err, "127.0.0.1:1")
		assert.NotContains(collect, err.Error(), "secret")
	}, 30*time.Second, 10*time.Millisecond)
}

func TestLookingCostsNoRequest(t *testing.T) {
	w, c := connected(t)
	ref := w.ref("reviews")
	require.NoError(t, c.Apply(t.Context(), created(ref, 100, 0)))
	again(t, c, ref, 100, 0)
	before := w.all.Load()
	for range 1000 {
		c.Live(ref)
		c.Owned()
		c.Other("DestinationRule", ref)
		c.Ready(w.namespace, []rollout.Destination{{Host: "reviews"}, {Host: "reviews", Subset: "v1"}})
		require.NoError(t, c.Synced(t.Context()))
	}
	assert.Equal(t, before, w.all.Load())
}

func TestAnAccountWithoutPermissionIsToldWhich(t *testing.T) {
	local := agenttest.Cluster(t)
	config := local.Agent(t)
	config.BearerToken, config.BearerTokenFile = "", ""
	config.TLSClientConfig.CertData, config.TLSClientConfig.CertFile = nil, ""
	config.TLSClientConfig.KeyData, config.TLSClientConfig.KeyFile = nil, ""
	c, err := kube.New(t.Context(), kube.Config{REST: config, Cluster: "c", Namespaces: []string{"default"}})
	require.NoError(t, err)
	go c.Run(t.Context())
	require.EventuallyWithT(t, func(collect *assert.CollectT) {
		assert.ErrorContains(collect, c.Synced(soon(t, 10*time.Millisecond)), "forbidden")
	}, 30*time.Second, 10*time.Millisecond)
}

func written(t *testing.T, content string) string {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

func execing(t *testing.T, content string) *rest.Config {
	config, err := kube.Connection(written(t, content))
	require.NoError(t, err)
	config.ExecProvider = execProvider()
	return config
}
