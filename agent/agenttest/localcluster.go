package agenttest

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// LocalCluster is a real API server with Istio's custom resources, in which
// manifests/ is installed but for the agent's Deployment.
type LocalCluster struct {
	// Kubeconfig is the path of the one that may do everything; AgentKubeconfig
	// is that of the service account of manifests/.
	Kubeconfig      string `json:"kubeconfig"`
	AgentKubeconfig string `json:"agentKubeconfig"`
	// Prometheus is the URL of a real one, which knows what Mesh tells it.
	Prometheus string `json:"prometheus"`
	// Binary starts another cluster.
	Binary string `json:"binary"`

	stop func()
}

// Cluster is the cluster that serves all tests of a run; each takes namespaces
// of its own in it.
func Cluster(t *testing.T) *LocalCluster {
	t.Helper()
	file := os.Getenv("WEIR_LOCALCLUSTER")
	if file == "" { // `go test ./...` needs no cluster; `make test` has one, and fails if a test was skipped
		t.Skip("WEIR_LOCALCLUSTER names no cluster; run `make test`")
	}
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	c := &LocalCluster{stop: func() {}}
	require.NoError(t, json.Unmarshal(data, c))
	c.install(t)
	return c
}

// Start starts a cluster of the test's own, whose data and port a later start
// with the same folder and port takes up. Port 0 is any.
func (c *LocalCluster) Start(t *testing.T, dir string, port int) *LocalCluster {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), c.Binary, "--dir", dir, "--keep", "--port", fmt.Sprint(port), "--until-stdin-closes")
	stdin, err := cmd.StdinPipe() // it ends with this process, whatever becomes of that
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var said strings.Builder
	cmd.Stderr = &said
	require.NoError(t, cmd.Start())
	stopped := false
	own := &LocalCluster{stop: func() {
		if !stopped {
			stopped = true
			_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself, which Wait tells
			_ = cmd.Wait()
			_ = stdin.Close()
		}
	}}
	t.Cleanup(own.stop)
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		own.stop()
	}
	require.NoError(t, err, "starting a cluster: %s", &said)
	require.NoError(t, json.Unmarshal(line, own))
	own.install(t)
	return own
}

// Stop ends a cluster that Start started.
func (c *LocalCluster) Stop() { c.stop() }

// Admin may do everything.
func (c *LocalCluster) Admin(t *testing.T) *rest.Config { return connection(t, c.Kubeconfig) }

// Agent is the agent's service account.
func (c *LocalCluster) Agent(t *testing.T) *rest.Config { return connection(t, c.AgentKubeconfig) }

func connection(t *testing.T, kubeconfig string) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	require.NoError(t, err)
	config.QPS = -1
	return config
}

// Namespace makes a namespace for the test and deletes it afterwards.
func (c *LocalCluster) Namespace(t *testing.T) string {
	t.Helper()
	name := "test-" + strings.ToLower(rand.Text()[:12])
	c.Named(t, name)
	return name
}

// Named makes the namespace of that name and deletes it afterwards.
func (c *LocalCluster) Named(t *testing.T, name string) {
	t.Helper()
	client, err := dynamic.NewForConfig(c.Admin(t))
	require.NoError(t, err)
	namespaces := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	_, err = namespaces.Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name},
	}}, metav1.CreateOptions{})
	require.NoError(t, err)
	t.Cleanup(func() {
		err := namespaces.Delete(context.WithoutCancel(t.Context()), name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Logf("deleting namespace %s: %v", name, err) // the cluster may be stopped by now
		}
	})
}

// install applies what the agent needs to run as its service account. Many
// tests do it at once, with the same result.
func (c *LocalCluster) install(t *testing.T) {
	t.Helper()
	client, err := dynamic.NewForConfig(c.Admin(t))
	require.NoError(t, err)
	for _, object := range Manifests(t) {
		resource, ok := installed[object.GetKind()]
		if !ok {
			continue
		}
		var in dynamic.ResourceInterface = client.Resource(resource)
		if object.GetNamespace() != "" {
			in = client.Resource(resource).Namespace(object.GetNamespace())
		}
		_, err := in.Apply(t.Context(), object.GetName(), object, metav1.ApplyOptions{FieldManager: "install", Force: true})
		require.NoError(t, err, "applying %s %s", object.GetKind(), object.GetName())
	}
}

// installed are the kinds that come before the agent. It is never changed.
var installed = map[string]schema.GroupVersionResource{
	"Namespace":                {Version: "v1", Resource: "namespaces"},
	"ServiceAccount":           {Version: "v1", Resource: "serviceaccounts"},
	"ClusterRole":              {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"},
	"ClusterRoleBinding":       {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterrolebindings"},
	"Role":                     {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "roles"},
	"RoleBinding":              {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"},
	"CustomResourceDefinition": {Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"},
}

// Manifests is manifests/ as kustomize renders it.
func Manifests(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(Root(t), "manifests"))
	require.NoError(t, err)
	var out []*unstructured.Unstructured
	for _, r := range rendered.Resources() {
		data, err := r.MarshalJSON()
		require.NoError(t, err)
		object := &unstructured.Unstructured{}
		require.NoError(t, object.UnmarshalJSON(data))
		out = append(out, object)
	}
	return out
}

// Root is the folder of the repository.
func Root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		require.NotEqual(t, dir, filepath.Dir(dir), "no go.mod above the working directory")
		dir = filepath.Dir(dir)
	}
}
