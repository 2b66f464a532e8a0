package cmd_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryBuildIsOfOneGoVersion(t *testing.T) {
	version := found(t, "go.mod", `(?m)^go (\d+\.\d+)`)
	assert.Equal(t, version, found(t, "cmd/localcluster/go.mod", `(?m)^go (\d+\.\d+)`))
	assert.Equal(t, version, found(t, ".ci/tools/go.mod", `(?m)^go (\d+\.\d+)`))
	assert.Equal(t, version, found(t, ".ci/tools/istio/go.mod", `(?m)^go (\d+\.\d+)`))
	assert.Equal(t, version, found(t, "Dockerfile", `golang:(\d+\.\d+)`))
}

// Equal versions also share the build cache, which saves minutes.
func TestTheAgentAndTheLocalClusterAreOfOneKubernetesVersion(t *testing.T) {
	for _, name := range []string{"api", "apimachinery", "client-go"} {
		version := `(?m)^\s+k8s\.io/` + name + ` (v\S+)`
		assert.Equal(t, found(t, "go.mod", version), found(t, "cmd/localcluster/go.mod", version), name)
	}
}

// Otherwise what is recorded of an object would be of two Istios.
func TestIstiosVerdictsAndTheLocalClustersCustomResourcesAreOfOneAPI(t *testing.T) {
	const version = `(?m)^\s+istio\.io/api (v\S+)`
	assert.Equal(t, found(t, "cmd/localcluster/go.mod", version), found(t, ".ci/tools/istio/go.mod", version))
}

// found returns the first submatch of the pattern in a file of the repository.
func found(t *testing.T, file, pattern string) string {
	t.Helper()
	match := regexp.MustCompile(pattern).FindSubmatch(read(t, file))
	require.NotNil(t, match, "%s in %s", pattern, file)
	return string(match[1])
}
