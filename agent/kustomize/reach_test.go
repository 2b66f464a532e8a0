package kustomize

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNothingIsRenderedThatWasNotReached holds the quick look against the walk, which
// reads all that a build gets to see.
func TestNothingIsRenderedThatWasNotReached(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	known := 0
	for _, archive := range append(archives, "") {
		data := []byte(everyPath)
		if archive != "" {
			data, err = os.ReadFile(archive)
			require.NoError(t, err)
		}
		tree := fstest.MapFS{}
		folders := map[string]bool{}
		for _, f := range txtar.Parse(data).Files {
			tree[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o644}
			folders[filepath.Dir(f.Name)] = true
		}
		reaching := New().Reaching(tree)
		for folder := range folders {
			g, err := walk(t.Context(), tree, folder)
			reach, ok := reaching(folder)
			if archive == "" && folder == "top" {
				require.NoError(t, err)
				require.True(t, ok)
			}
			if err != nil || !ok {
				continue // a build tells
			}
			known++
			for file := range g.files {
				assert.Contains(t, reach.Files, file, "%s: %s", archive, folder)
			}
		}
	}
	assert.Greater(t, known, 3)
}

// everyPath has a kustomization with every field that names a file.
const everyPath = `
-- top/kustomization.yaml --
resources: [../base, a.yaml]
components: [../part]
patches:
- path: patch.yaml
- {path: six.yaml, target: {kind: ConfigMap, name: a}}
replacements: [{path: replacement.yaml}]
configMapGenerator:
- {name: g, files: [plain.txt, key=named.txt], envs: [some.env]}
secretGenerator:
- {name: s, files: [secret.txt]}
configurations: [configuration.yaml]
-- top/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
-- top/patch.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {x: y}
-- top/six.yaml --
[{op: add, path: /data/z, value: z}]
-- top/replacement.yaml --
source: {kind: ConfigMap, name: a, fieldPath: data.x}
targets: [{select: {kind: ConfigMap, name: b}, fieldPaths: [data.x]}]
-- top/plain.txt --
-- top/named.txt --
-- top/some.env --
-- top/secret.txt --
-- top/configuration.yaml --
nameReference: []
-- base/kustomization.yml --
resources: [b.yaml]
-- base/b.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: b}
data: {x: x}
-- part/kustomization.yaml --
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches: [{path: patch.yaml}]
-- part/patch.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: b}
data: {y: y}
`

func TestWhatIsWrongToBeSeenAtOnceIsNotReached(t *testing.T) {
	for name, kustomization := range map[string]string{
		"a file that is missing":    "resources: [missing.yaml]",
		"a folder that is none":     "resources: [../elsewhere]",
		"a patch that is missing":   "resources: [a.yaml]\npatches: [{path: missing.yaml}]",
		"no YAML":                   "resources: [",
		"nothing":                   "",
		"two documents":             "resources: [a.yaml]\n---\nresources: [a.yaml]",
		"a field that nobody knows": "resource: [a.yaml]",
		"a chart":                   "helmCharts: [{name: a}]",
		"an alias":                  "x: &x [a.yaml]\nresources: *x",
		"a way out of the tree":     "resources: [../../a.yaml]",
	} {
		tree := fstest.MapFS{"top/kustomization.yaml": {Data: []byte(kustomization)}, "top/a.yaml": {}}
		_, ok := New().Reaching(tree)("top")
		assert.False(t, ok, name)
	}
	tree := fstest.MapFS{"top/kustomization.yaml": {Data: []byte("resources: [a.yaml]")}, "top/a.yaml": {}}
	reach, ok := New().Reaching(tree)("top")
	assert.True(t, ok)
	assert.Equal(t, []string{"top/kustomization.yaml", "top/kustomization.yml", "top/Kustomization", "top/a.yaml"}, reach.Files)
	assert.False(t, reach.Composed)
	tree["top/kustomization.yaml"].Data = []byte("resources: [a.yaml]\nnamePrefix: a-")
	reach, _ = New().Reaching(tree)("top")
	assert.True(t, reach.Composed)
}
