package kustomize_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
)

// here marks the line that a weight must be found at. The mark is taken out
// before anything is rendered, so that it may stand in any file.
const here = " # <- here"

// reviewsBase is what the overlays of the ways are made from, unless they
// bring files of the same names.
const reviewsBase = `
-- base/kustomization.yaml --
resources: [reviews.yaml]
-- base/reviews.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, labels: {app: reviews}}
spec:
  hosts: [reviews]
  http:
  - name: primary
    route:
    - destination: {host: reviews, subset: v1}
      weight: 75
    - destination: {host: reviews, subset: v2}
      weight: 25
`

// marked reads an archive, takes the mark out and says where it was.
func marked(t testing.TB, archive string) (tree fstest.MapFS, at string) {
	t.Helper()
	tree = repository(archive)
	for name, file := range tree {
		for i, line := range strings.Split(string(file.Data), "\n") {
			if strings.Contains(line, here) {
				require.Empty(t, at, "the mark is there once")
				at = fmt.Sprintf("%s:%d", name, i+1)
			}
		}
		file.Data = []byte(strings.ReplaceAll(string(file.Data), here, ""))
	}
	require.NotEmpty(t, at, "the mark is there")
	return tree, at
}

// field is the value at a path of an object.
func field(t require.TestingT, o agent.Object, path string) any {
	var value any = o.Value
	for _, key := range strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
		if list, ok := value.([]any); ok {
			var i int
			_, err := fmt.Sscan(key, &i)
			require.NoError(t, err)
			value = list[i]
			continue
		}
		value = value.(map[string]any)[key]
	}
	return value
}

// way is a way to set a weight through kustomize, told by a file in
// testdata/ways: the files of a repository, with the mark, and before them what
// is asked for where that is not the second weight of VirtualService reviews.
type way struct{ name, kind, of, field, archive string }

func ways(t testing.TB) []way {
	t.Helper()
	files, err := filepath.Glob("testdata/ways/*.txtar")
	require.NoError(t, err)
	var out []way
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		comment := string(txtar.Parse(data).Comment)
		w := way{
			name: strings.TrimSuffix(filepath.Base(file), ".txtar"), kind: "VirtualService", of: "reviews", field: second,
			archive: reviewsBase + strings.TrimPrefix(string(data), comment),
		}
		for line := range strings.Lines(comment) {
			switch key, value, _ := strings.Cut(strings.TrimSpace(line), ": "); key {
			case "object":
				w.kind, w.of, _ = strings.Cut(value, " ")
			case "field":
				w.field = value
			default:
				require.Fail(t, "not understood", "%s: %s", file, line)
			}
		}
		out = append(out, w)
	}
	return out
}

// second is the weight that most ways set.
const second = "spec.http[0].route[1].weight"

func TestAWeightIsFoundAtTheLineThatSetsIt(t *testing.T) {
	all := ways(t)
	require.GreaterOrEqual(t, len(all), 55)
	for _, w := range all {
		t.Run(w.name, func(t *testing.T) {
			tree, at := marked(t, w.archive)
			o := the(t, render(t, tree, "top"), w.kind, w.of)
			require.NotNil(t, field(t, o, w.field))
			assert.Equal(t, at, o.Where(w.field).String())
		})
	}
}

func TestTheLineIsRightUnderUmlautsAndWithWindowsLineEnds(t *testing.T) {
	tree, at := marked(t, strings.ReplaceAll(reviewsBase+`
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: |-
    # größer
    - {op: replace, path: /spec/http/0/route/1/weight, value: 60} # <- here
`, "\n", "\r\n"))
	assert.Equal(t, at, the(t, render(t, tree, "top"), "VirtualService", "reviews").Where(second).String())
}

const setTwice = `
-- top/kustomization.yaml --
resources: [../base, settings.yaml, other.yaml]
patches:
- target: {kind: VirtualService, name: reviews}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/0/weight", "value": 40}]' # <- here
replacements:
- source: {kind: ConfigMap, name: settings, fieldPath: data.canary}
  targets:
  - {select: {kind: VirtualService, name: reviews}, fieldPaths: [spec.http.0.route.1.weight]}
  - {select: {kind: Gateway}, fieldPaths: [metadata.name]}
-- top/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {canary: "60"}
-- top/other.yaml --
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: other}
`

// The setting is the name of an object as well, which no number may stand for.
func TestAWeightThatCannotBeTracedHidesNoOther(t *testing.T) {
	tree, at := marked(t, reviewsBase+setTwice)
	o := the(t, render(t, tree, "top"), "VirtualService", "reviews")
	assert.Equal(t, "base/reviews.yaml:12", o.Where(second).String(), "where it stood before")
	assert.Equal(t, at, o.Where("spec.http[0].route[0].weight").String())
}

// A selector finds the label no more when a number stands for it, so that the
// second patch is left out and the number of the first one lands.
func TestWhatLandsCountsOnlyForTheValueThatWasRendered(t *testing.T) {
	tree, at := marked(t, strings.Replace(reviewsBase, "app: reviews", "weight: high", 1)+`
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: |-
    - {op: replace, path: /spec/http/0/route/0/weight, value: 70} # <- here
    - {op: replace, path: /spec/http/0/route/1/weight, value: 30}
- target: {labelSelector: weight=high}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": 60}]'
`)
	o := the(t, render(t, tree, "top"), "VirtualService", "reviews")
	assert.Equal(t, at, o.Where("spec.http[0].route[0].weight").String())
	assert.Equal(t, "base/reviews.yaml:12", o.Where(second).String(), "not the first patch's")
}

func TestANumberOfTheSourcesIsNoneOfOurs(t *testing.T) {
	tree, _ := marked(t, strings.NewReplacer("60", "1900000001", "75", "1900000001").Replace(reviewsBase+setTwice))
	o := the(t, render(t, tree, "top"), "VirtualService", "reviews")
	assert.Equal(t, "base/reviews.yaml:12", o.Where(second).String())
}

func TestManyMayAskForLinesAtOnce(t *testing.T) {
	tree, at := marked(t, reviewsBase+setTwice)
	objects := render(t, tree, "top")
	before := printed(t, objects)
	reviews := the(t, objects, "VirtualService", "reviews")
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() { assert.Equal(t, at, reviews.Where("spec.http[0].route[0].weight").String()) })
	}
	wg.Wait()
	assert.Equal(t, before, printed(t, objects), "the objects stay as they are")
	assert.Equal(t, before, printed(t, render(t, tree, "top")), "and so do the sources")
}
