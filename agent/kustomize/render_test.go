package kustomize_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/kustomize"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// repository reads a txtar archive as the tree of a commit.
func repository(archive string) fstest.MapFS {
	tree := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		tree[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o644}
	}
	return tree
}

func bookinfo(t testing.TB) fstest.MapFS {
	t.Helper()
	data, err := os.ReadFile("testdata/bookinfo.txtar")
	require.NoError(t, err)
	return repository(string(data))
}

func render(t testing.TB, tree fs.FS, folder string) []agent.Object {
	t.Helper()
	objects, err := kustomize.New().Render(context.Background(), tree, folder)
	require.NoError(t, err)
	return objects
}

// the finds one object by kind and name.
func the(t testing.TB, objects []agent.Object, kind, name string) agent.Object {
	t.Helper()
	var have []string
	for _, o := range objects {
		meta := o.Value["metadata"].(map[string]any)
		if o.Value["kind"] == kind && meta["name"] == name {
			return o
		}
		have = append(have, fmt.Sprint(o.Value["kind"], "/", meta["name"]))
	}
	require.Failf(t, "no such object", "%s/%s among %s", kind, name, strings.Join(have, ", "))
	return agent.Object{}
}

// onDisk is what kustomize itself builds from the same files on a disk.
func onDisk(t *testing.T, tree fs.FS, folder string) string {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.CopyFS(root, tree))
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified // as `kustomize build` has it
	options.LoadRestrictions = 1 << 8                 // any but root only
	built, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), filepath.Join(root, folder))
	require.NoError(t, err)
	out, err := built.AsYaml()
	require.NoError(t, err)
	return string(out)
}

func printed(t *testing.T, objects []agent.Object) string {
	t.Helper()
	docs := make([]string, len(objects))
	for i, o := range objects {
		data, err := yaml.Marshal(o.Value)
		require.NoError(t, err)
		docs[i] = string(data)
	}
	return strings.Join(docs, "---\n")
}

func TestWhatIsRenderedIsWhatKustomizeBuilds(t *testing.T) {
	tree := bookinfo(t)
	for _, folder := range []string{"base", "overlays/staging", "overlays/production"} {
		assert.Equal(t, onDisk(t, tree, folder), printed(t, render(t, tree, folder)), folder)
	}
}

// The first of these comes out differently, and the third has no origin, when
// origins are noted in the objects that are handed out.
func TestNotingOriginsChangesNothing(t *testing.T) {
	const vs = "\n-- vs.yaml --\napiVersion: v1\nkind: Thing\nmetadata:\n  name: a\n"
	for name, archive := range map[string]string{
		"empty annotations":               "-- kustomization.yaml --\nresources: [vs.yaml]" + vs + "  annotations: {}\n",
		"the annotation of the user":      "-- kustomization.yaml --\nresources: [vs.yaml]" + vs + "  annotations: {config.kubernetes.io/origin: mine}\n",
		"annotations replaced by a patch": "-- kustomization.yaml --\nresources: [vs.yaml]\npatches:\n- target: {kind: Thing}\n  patch: '[{\"op\": \"add\", \"path\": \"/metadata/annotations\", \"value\": {\"b\": \"c\"}}]'" + vs,
		"origins that the user asked for": "-- kustomization.yaml --\nresources: [vs.yaml]\nbuildMetadata: [originAnnotations, managedByLabel, transformerAnnotations]\nnamePrefix: x-" + vs,
		"a deprecated order":              "-- kustomization.yaml --\nsortOptions: {order: fifo}\nbases: [b]\nresources: [vs.yaml]" + vs + "-- b/kustomization.yml --\nresources: [x.yaml]\n-- b/x.yaml --\napiVersion: v1\nkind: Namespace\nmetadata: {name: z}\n",
	} {
		t.Run(name, func(t *testing.T) {
			tree := repository(archive)
			assert.Equal(t, onDisk(t, tree, "."), printed(t, render(t, tree, ".")))
		})
	}
}

func TestEveryObjectKnowsItsFileAndLine(t *testing.T) {
	objects := render(t, bookinfo(t), "overlays/production")
	for _, want := range []struct{ kind, name, at string }{
		{"Gateway", "bookinfo-gateway", "base/gateway.yaml:1"},
		{"VirtualService", "reviews", "base/reviews.yaml:2"},
		{"DestinationRule", "reviews", "base/reviews.yaml:20"},
		{"WeightPlan", "reviews", "base/plan.yaml:1"},
		{"VirtualService", "ratings", "overlays/production/ratings.yaml:4"},
		{"DestinationRule", "ratings", "overlays/production/ratings.yaml:10"},
		{"ConfigMap", "banner-dm9bc4gd2t", "base/kustomization.yaml:8"},
		{"Secret", "token-km5t7gd5d8", "overlays/production/kustomization.yaml:18"},
	} {
		o := the(t, objects, want.kind, want.name)
		assert.Equal(t, want.at, o.Origin.String())
		assert.Equal(t, o.Origin, o.Where(""))
	}
}

func TestAFieldIsFoundInItsSource(t *testing.T) {
	objects := render(t, bookinfo(t), "overlays/production")
	reviews, ratings := the(t, objects, "VirtualService", "reviews"), the(t, objects, "DestinationRule", "ratings")
	assert.Equal(t, "overlays/production/weights.yaml:11", reviews.Where("spec.http[0].route[1].weight").String(), "the patch that sets it")
	assert.Equal(t, "base/reviews.yaml:10", reviews.Where("spec.http[0].name").String())
	assert.Equal(t, "base/reviews.yaml:4", reviews.Where("metadata.namespace").String(), "the nearest parent")
	assert.Equal(t, "overlays/production/ratings.yaml:15", ratings.Where("spec.host").String())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { assert.Equal(t, 7, reviews.Where("spec").Line) })
	}
	wg.Wait()
}

func TestNumbersKeepWhatTheyAre(t *testing.T) {
	objects := render(t, bookinfo(t), "base")
	pool := the(t, objects, "DestinationRule", "reviews").Value["spec"].(map[string]any)["trafficPolicy"].(map[string]any)["connectionPool"]
	assert.Equal(t, map[string]any{"tcp": map[string]any{"maxConnections": int64(9007199254740993)}}, pool)
	http := the(t, objects, "VirtualService", "reviews").Value["spec"].(map[string]any)["http"].([]any)[0].(map[string]any)
	assert.Equal(t, int64(90), http["route"].([]any)[0].(map[string]any)["weight"])
	assert.Equal(t, map[string]any{"value": 0.1}, http["fault"].(map[string]any)["delay"].(map[string]any)["percentage"])
}

// targetsOf are the names that a plan's targets have after the render.
func targetsOf(o agent.Object) []string {
	var out []string
	for _, target := range o.Value["spec"].(map[string]any)["targets"].([]any) {
		out = append(out, target.(map[string]any)["name"].(string))
	}
	return out
}

const named = `
-- base/kustomization.yaml --
namePrefix: team-
resources: [vs.yaml, plan.yaml]
-- base/vs.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews-tcp}
---
apiVersion: v1
kind: Service
metadata: {name: reviews}
-- base/plan.yaml --
apiVersion: weir.dev/v1alpha1
kind: WeightPlan
metadata: {name: reviews}
spec:
  targets: [{kind: VirtualService, name: reviews}, {kind: VirtualService, name: reviews-tcp}, {kind: VirtualService, name: elsewhere}]
  steps: [{setWeight: 100}]
`

func TestAPlanFollowsItsTargetsThroughPrefixSuffixAndNamespace(t *testing.T) {
	objects := render(t, repository(named+`
-- overlays/production/kustomization.yaml --
nameSuffix: -prod
namespace: bookinfo
resources: [../../base, own.yaml]
-- overlays/production/own.yaml --
apiVersion: weir.dev/v1alpha1
kind: WeightPlan
metadata: {name: own}
spec:
  targets: [{kind: VirtualService, name: team-reviews-tcp}]
`), "overlays/production")
	plan := the(t, objects, "WeightPlan", "team-reviews-prod")
	assert.Equal(t, []string{"team-reviews-prod", "team-reviews-tcp-prod", "elsewhere"}, targetsOf(plan))
	assert.Equal(t, "bookinfo", plan.Value["metadata"].(map[string]any)["namespace"])
	assert.Equal(t, "base/plan.yaml:1", plan.Origin.String())
	assert.Equal(t, "base/vs.yaml:5", the(t, objects, "VirtualService", "team-reviews-tcp-prod").Origin.String())
	assert.Equal(t, []string{"team-reviews-tcp-prod"}, targetsOf(the(t, objects, "WeightPlan", "own-prod")), "a name as it was on the way")
}

func TestTwoCopiesOfABaseKeepTheirPlansApart(t *testing.T) {
	objects := render(t, repository(named+`
-- both/kustomization.yaml --
resources: [../blue, ../green]
-- blue/kustomization.yaml --
namePrefix: blue-
resources: [../base]
-- green/kustomization.yaml --
namePrefix: green-
resources: [../base]
`), "both")
	assert.Equal(t, []string{"blue-team-reviews", "blue-team-reviews-tcp", "elsewhere"}, targetsOf(the(t, objects, "WeightPlan", "blue-team-reviews")))
	assert.Equal(t, []string{"green-team-reviews", "green-team-reviews-tcp", "elsewhere"}, targetsOf(the(t, objects, "WeightPlan", "green-team-reviews")))
}

func TestAFollowedPlanDecodesWithItsLines(t *testing.T) {
	tree := bookinfo(t)
	tree["base/plan.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(string(tree["base/plan.yaml"].Data), "setWeight: 100", "setWeight: 4", 1)), Mode: 0o644}
	o := the(t, render(t, tree, "overlays/staging"), "WeightPlan", "reviews")
	_, problems := spec.DecodePlan(spec.Node(o.Value), o.Where)
	assert.EqualError(t, problems.Err(), "base/plan.yaml:9: spec.steps[1].setWeight goes down to 4 from 5 of spec.steps[0].setWeight (each step must set a higher weight than the one before it; to take traffic back, revert the change in Git)")
}

func TestConfigurationsOfTheUserWorkBesideOurs(t *testing.T) {
	objects := render(t, repository(named+`
-- top/kustomization.yaml --
namePrefix: a-
resources: [../base, other.yaml]
configurations: [names.yaml]
-- top/names.yaml --
nameReference:
- kind: VirtualService
  fieldSpecs:
  - {kind: Other, path: spec/vs}
  - {kind: WeightPlan, group: weir.dev, path: spec/targets/name}
-- top/other.yaml --
apiVersion: v1
kind: Other
metadata: {name: o}
spec: {vs: reviews}
`), "top")
	assert.Equal(t, "a-team-reviews", the(t, objects, "Other", "a-o").Value["spec"].(map[string]any)["vs"])
	assert.Equal(t, "a-team-reviews", targetsOf(the(t, objects, "WeightPlan", "a-team-reviews"))[0])
}

func TestARenderEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := kustomize.New().Render(ctx, bookinfo(t), "base")
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "rendering base")
}

// stuck never answers until it is released.
type stuck struct {
	fs.FS
	release chan struct{}
}

func (s stuck) Open(name string) (fs.File, error) {
	<-s.release
	return s.FS.Open(name)
}

func TestARenderDoesNotWaitForATreeThatHangs(t *testing.T) {
	tree := stuck{bookinfo(t), make(chan struct{})}
	defer close(tree.release)
	ctx, cancel := context.WithTimeout(context.Background(), 1)
	defer cancel()
	_, err := kustomize.New().Render(ctx, tree, "base")
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

// angry panics when it is read.
type angry struct{ fs.FS }

func (angry) Open(string) (fs.File, error) { panic("no") }

func TestAPanicIsAProblemAndNoMore(t *testing.T) {
	_, err := kustomize.New().Render(context.Background(), angry{}, "base")
	var problems rollout.Problems
	require.ErrorAs(t, err, &problems)
	assert.Equal(t, "kustomize gave up: no", problems[0].Message)
}

func BenchmarkRender(b *testing.B) {
	tree, r := bookinfo(b), kustomize.New()
	for b.Loop() {
		_, err := r.Render(context.Background(), tree, "overlays/production")
		require.NoError(b, err)
	}
}
