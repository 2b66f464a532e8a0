package kustomize_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/weir-delivery/weir/agent/kustomize"
	"github.com/weir-delivery/weir/rollout"
)

// refuse renders what must not render and returns its problems.
func refuse(t *testing.T, tree fstest.MapFS, folder string) rollout.Problems {
	t.Helper()
	objects, err := kustomize.New().Render(context.Background(), tree, folder)
	assert.Empty(t, objects)
	var problems rollout.Problems
	require.ErrorAs(t, err, &problems)
	for _, p := range problems {
		assert.NotEmpty(t, p.Hint, p.Message)
		assert.NotEmpty(t, p.File, p.Message)
	}
	return problems
}

const thing = "-- thing.yaml --\napiVersion: v1\nkind: Thing\nmetadata: {name: thing}\n"

func TestWhatMustNotRenderSaysWhereAndWhy(t *testing.T) {
	for _, c := range []struct{ name, kustomization, want string }{
		{"a URL", "resources:\n- https://user:token@example.com/a.yaml\n", ":2: resources[0] names a remote location"},
		{"a URL in capitals", "resources:\n- HTTPS://example.com/a.yaml\n", ":2: resources[0] names a remote location"},
		{"a host without a scheme", "resources:\n- github.com/a/b\n", ":2: resources[0] names a remote location"},
		{"a repository over ssh", "resources:\n- git@github.com:a/b.git\n", ":2: resources[0] names a remote location"},
		{"a forced protocol", "resources:\n- GIT::https:/a/b\n", ":2: resources[0] names a remote location"},
		{"another user's host", "resources:\n- me@example.com:a/b.git\n", ":2: resources[0] names a remote location"},
		{"a ref", "resources:\n- base?ref=main\n", ":2: resources[0] names a remote location"},
		{"a repository on a disk", "resources:\n- file:///etc\n", ":2: resources[0] names a remote location"},
		{"a remote component", "components:\n- https://example.com/a//b\n", ":2: components[0] names a remote location"},
		{"a remote base", "bases:\n- github.com/a/b\n", ":2: bases[0] names a remote location"},
		{"a remote patch", "patches:\n- path: https://example.com/a\n", ":2: patches[0].path names a remote location"},
		{"a remote patch in another case", "patches:\n- Path: https://example.com/a\n", ":2: patches[0].path names a remote location"},
		{"a remote JSON patch", "patchesJson6902:\n- path: http://example.com/a\n", ":2: patchesJson6902[0].path names a remote location"},
		{"a remote merge patch", "patchesStrategicMerge:\n- 'http://example.com/a: b'\n", ":2: patchesStrategicMerge[0] names a remote location"},
		{"a remote configuration", "configurations:\n- http://example.com/a\n", ":2: configurations[0] names a remote location"},
		{"a remote replacement", "replacements:\n- path: http://example.com/a\n", ":2: replacements[0].path names a remote location"},
		{"remote data", "configMapGenerator:\n- name: a\n  files:\n  - a=http://example.com/a\n", ":4: configMapGenerator[0].files[0] names a remote location"},
		{"a remote environment", "secretGenerator:\n- name: a\n  envs: [http://example.com/a]\n", ":3: secretGenerator[0].envs[0] names a remote location"},
		{"a remote environment the old way", "secretGenerator:\n- name: a\n  env: http://example.com/a\n", ":2: secretGenerator[0].envs[0] names a remote location"},
		{"an absolute path", "resources:\n- /etc/passwd\n", ":2: resources[0] names \"/etc/passwd\", an absolute path"},
		{"a path out of the repository", "resources: [thing.yaml]\npatches:\n- path: ../../../../etc/x\n", ":3: patches[0].path names \"../../../../etc/x\", which lies outside the repository"},
		{"a folder out of the repository", "resources:\n- ..\n", ":2: resources[0] names \"..\", which lies outside the repository"},
		{"two items in one line", "resources:\n- thing\n - ../thing.yaml\n", ":2: resources[0] names \"thing - ../thing.yaml\", where .. stands inside a name"},
		{"nothing", "resources: ['']\n", ":1: resources[0] names nothing"},
		{"a control character", "resources: [\"a\\0\"]\n", ":1: resources[0] holds a control character"},
		{"itself", "resources:\n- .\n", ":2: . leads round in a circle: . → . "},
		{"its own file", "resources:\n- kustomization.yaml\n", ":2: resources[0] names kustomization.yaml, which is a kustomization and no resource"},
		{"a missing file", "resources:\n- thing.yaml\n- gone.yaml\n", ":3: resources[1] names gone.yaml, which does not exist"},
		{"a file as a folder", "resources:\n- thing.yaml/x\n", ":2: resources[0] names thing.yaml/x, where thing.yaml is a file"},
		{"a folder without a kustomization", "resources:\n- empty\n", ":2: empty holds no kustomization"},
		{"a folder as a patch", "patches:\n- path: empty\n", ":2: patches[0].path names empty, which is a folder"},
		{"a file as a component", "components:\n- thing.yaml\n", ":2: components[0] names thing.yaml, which is a file"},
		{"a base as a component", "components:\n- base\n", ":2: base holds a Kustomization"},
		{"a component as a resource", "resources:\n- component\n", ":2: component holds a Component"},
		{"a schema", "openapi: {path: schema.json}\nresources: [thing.yaml]\n", ":1: openapi is not supported"},
		{"a schema in another case", "OpenAPI: {path: schema.json}\nresources: [thing.yaml]\n", ":1: OpenAPI is not a field of a kustomization (did you mean openapi?)"},
		{"charts", "resources: [thing.yaml]\nhelmCharts:\n- name: a\n", ":2: helmCharts is not supported"},
		{"settings of charts", "helmGlobals: {}\nresources: [thing.yaml]\n", ":1: helmGlobals is not supported"},
		{"charts the old way", "resources: [thing.yaml]\nhelmChartInflationGenerator: []\n", ":2: helmChartInflationGenerator is not supported"},
		{"schemas of custom resources", "resources: [thing.yaml]\ncrds: [circle.json]\n", ":2: crds is not supported: weir renders without plugins, charts and schemas (write what they say under configurations"},
		{"generators", "resources: [thing.yaml]\ngenerators:\n- |\n  apiVersion: v1\n", ":2: generators is not supported"},
		{"transformers", "resources: [thing.yaml]\ntransformers: [thing.yaml]\n", ":2: transformers is not supported"},
		{"validators", "resources: [thing.yaml]\nvalidators: [thing.yaml]\n", ":2: validators is not supported"},
		{"an unknown field", "resource: [thing.yaml]\n", ":1: resource is not a field of a kustomization (did you mean resources?)"},
		{"an unknown field deep inside", "resources: [thing.yaml]\npatches:\n- {pth: a.yaml}\n", ":3: pth is not a field here"},
		{"a wrong type", "namespace: a\nresources: thing.yaml\n", ":2: resources must not be string"},
		{"a wrong kind", "resources: [thing.yaml]\nkind: Deployment\n", ":2: kind should be Kustomization or Component"},
		{"nothing at all", "# nothing\n", ": the kustomization is empty"},
		{"nothing in it", "kind: Kustomization\n", ": the kustomization is empty"},
		{"no object", "resources: []\n", ": the overlay renders no object"},
		{"two documents", "resources: [thing.yaml]\n---\nresources: [other.yaml]\n", ":3: the file holds 2 documents"},
		{"a list", "- thing.yaml\n", ":1: the kustomization is no object"},
		{"a key twice", "resources: [thing.yaml]\nresources: [other.yaml]\n", ":2: key \"resources\" is given twice"},
		{"no YAML", "resources:\n- a: b: c\n", ":2: the YAML cannot be parsed"},
		{"no UTF-8", "resources:\n- \xff\n", ":2: the text is not valid UTF-8"},
		{"an inlined patch that is no YAML", "resources: [thing.yaml]\npatches:\n- patch: |-\n    a: 1\n    b: [\n", ":6: the YAML cannot be parsed"},
		{"everything local", "resources: [thing.yaml]\ncommonAnnotations:\n  config.kubernetes.io/local-config: \"true\"\n", ":3: commonAnnotations marks everything with config.kubernetes.io/local-config"},
		{"plans made local", "resources: [thing.yaml]\npatches:\n- target: {kind: Weight.*}\n  patch: '[{\"op\": \"add\", \"path\": \"/metadata/annotations/config.kubernetes.io~1local-config\", \"value\": \"true\"}]'\n", ":3: patches[0] marks WeightPlans with config.kubernetes.io/local-config"},
		{"a patch for nobody", "resources: [thing.yaml]\npatchesStrategicMerge:\n- patch.yaml\n", ": kustomize cannot build the overlay: no matches for Id Thing.v1.[noGrp]/thign.[noNs]; failed to find unique target for patch"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := repository(thing + "-- empty/x --\n-- base/kustomization.yaml --\nresources: [../thing.yaml]\n" +
				"-- component/kustomization.yaml --\nkind: Component\nnamePrefix: a-\n-- patch.yaml --\napiVersion: v1\nkind: Thing\nmetadata: {name: thign}\n")
			tree["kustomization.yaml"] = &fstest.MapFile{Data: []byte(c.kustomization), Mode: 0o644}
			problems := refuse(t, tree, ".")
			assert.Contains(t, problems.Error(), c.want)
			assert.NotContains(t, problems.Error(), "token")
		})
	}
}

func TestWrongFilesSayWhereAndWhy(t *testing.T) {
	plan := "apiVersion: weir.dev/v1alpha1\nkind: WeightPlan\nmetadata:\n  name: p\n  annotations:\n    config.kubernetes.io/local-config: \"true\"\n"
	for _, c := range []struct{ name, archive, want string }{
		{"a plan that kustomize would drop", "-- kustomization.yaml --\nresources: [thing.yaml, plan.yaml]\n" + thing + "-- plan.yaml --\n" + plan, "plan.yaml:6: the WeightPlan p is marked with config.kubernetes.io/local-config, so kustomize would drop it"},
		{"an object without a name", "-- kustomization.yaml --\nresources: [a.yaml]\n-- a.yaml --\n\napiVersion: v1\nkind: A\n", "a.yaml:2: the document has no metadata.name"},
		{"an object without a kind", "-- kustomization.yaml --\nresources: [a.yaml]\n-- a.yaml --\napiVersion: v1\n", "a.yaml:1: the document has no kind"},
		{"a document that is a word", "-- kustomization.yaml --\nresources: [a.yaml]\n-- a.yaml --\nhello\n", "a.yaml:1: the document is no object"},
		{"an empty file", "-- kustomization.yaml --\nresources: [a.yaml]\n-- a.yaml --\n", "kustomization.yaml:1: a.yaml is empty"},
		{"an alias bomb", "-- kustomization.yaml --\nresources: [a.yaml]\n-- a.yaml --\n" + bomb(), "a.yaml:1: the aliases expand to more than"},
		{"a key twice", "-- kustomization.yaml --\nresources: [a.yaml]\n-- a.yaml --\napiVersion: v1\nkind: A\nmetadata: {name: a}\nspec:\n  weight: 1\n  weight: 2\n", "a.yaml:6: key \"weight\" is given twice, first in line 5"},
		{"one object twice", "-- kustomization.yaml --\nresources: [thing.yaml, other.yaml]\n" + thing + "-- other.yaml --\n---\napiVersion: v1\nkind: Thing\nmetadata: {name: thing}\n", "may not add resource with an already registered id: Thing.v1.[noGrp]/thing.[noNs]"},
		{"two kustomizations", "-- kustomization.yaml --\nresources: [thing.yaml]\n-- Kustomization --\nresources: []\n" + thing, "holds more than one kustomization: kustomization.yaml, Kustomization"},
		{"a circle", "-- kustomization.yaml --\nresources: [a]\n-- a/kustomization.yaml --\nnamePrefix: a\nresources:\n- ../b\n-- b/kustomization.yaml --\nresources: [../a]\n", "b/kustomization.yaml:1: a leads round in a circle: . → a → b → a"},
		{"the folder above", "-- kustomization.yaml --\nresources: [a/b]\n-- a/b/kustomization.yaml --\nresources: [../..]\n", "a/b/kustomization.yaml:1: . leads round in a circle"},
		{"a number that is too large", "-- kustomization.yaml --\nresources: [a.yaml]\n-- a.yaml --\n\napiVersion: v1\nkind: A\nmetadata: {name: a}\nspec: {weight: 18446744073709551615}\n", "a.yaml:2: A a holds the number 18446744073709551615, which no 64 bits can hold"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Contains(t, refuse(t, repository(c.archive), ".").Error(), c.want)
		})
	}
}

func TestNoPlanIsDroppedWithoutAWord(t *testing.T) {
	const mark = "config.kubernetes.io/local-config: \"true\""
	const plan = "apiVersion: weir.dev/v1alpha1\nkind: WeightPlan\nmetadata: {name: p}\n"
	marked := strings.ReplaceAll(strings.Replace(plan, "name: p", "name: p, annotations: {"+mark+"}", 1), "\n", "\n    ")
	for name, fields := range map[string]string{
		"a patch in a file":                "patches: [{path: patch.yaml}]\n",
		"a patch":                          "patches:\n- patch: |\n    " + marked + "\n",
		"a patch for all plans":            "patches:\n- target: {kind: WeightPlan}\n  patch: |\n    " + marked + "\n",
		"a patch the old way":              "patchesStrategicMerge:\n- |\n    " + marked + "\n",
		"a file the old way":               "patchesStrategicMerge: [patch.yaml]\n",
		"a JSON patch of all":              "patches:\n- target: {kind: WeightPlan}\n  patch: |\n    - {op: add, path: /metadata/annotations, value: {" + mark + "}}\n",
		"a JSON patch that wants no notes": "patches:\n- target: {kind: WeightPlan}\n  patch: |\n    - {op: test, path: /metadata/annotations/config.kubernetes.io~1origin, value: null}\n    - {op: add, path: /metadata/annotations, value: {" + mark + "}}\n",
		"labels that are annotations":      "labels: [{pairs: {" + mark + "}, fields: [{path: metadata/annotations, create: true}]}]\n",
		"a replacement":                    "replacements:\n- sourceValue: \"true\"\n  targets: [{select: {kind: WeightPlan}, fieldPaths: ['metadata.annotations.[config.kubernetes.io/local-config]'], options: {create: true}}]\n",
	} {
		problems := refuse(t, repository("-- kustomization.yaml --\nresources: [thing.yaml, a/plan.yaml]\n"+fields+thing+"-- a/plan.yaml --\n"+plan+
			"-- patch.yaml --\n"+strings.ReplaceAll(marked, "\n    ", "\n")), ".")
		assert.Contains(t, problems.Error(), "marks the WeightPlan p with config.kubernetes.io/local-config, so kustomize would drop it", name)
	}
	objects := render(t, repository("-- kustomization.yaml --\nresources: [thing.yaml, plan.yaml]\npatches:\n- patch: |\n    "+
		strings.ReplaceAll(plan, "\n", "\n    ")+"$patch: delete\n"+thing+"-- plan.yaml --\n"+plan), ".")
	assert.Len(t, objects, 1, "it was deleted by name")
}

func bomb() string {
	out := "apiVersion: v1\nkind: A\nmetadata: {name: a}\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		out += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 10))
	}
	return out
}

func TestAllProblemsComeAtOnce(t *testing.T) {
	problems := refuse(t, repository("-- kustomization.yaml --\nresources: [gone.yaml, a, bad.yaml]\npatches: [{path: /x}]\n-- bad.yaml --\nkind: A\n-- a/kustomization.yaml --\nhelmCharts: []\nresorces: []\n"), ".")
	assert.Equal(t, []string{"a/kustomization.yaml:1", "a/kustomization.yaml:2", "bad.yaml:1", "kustomization.yaml:1", "kustomization.yaml:2"}, positions(problems))
}

func positions(problems rollout.Problems) []string {
	var out []string
	for _, p := range problems {
		out = append(out, p.Position.String())
	}
	return out
}

func TestAMissingOverlayIsAProblem(t *testing.T) {
	assert.EqualError(t, refuse(t, repository(thing), "overlays/gone"), "overlays/gone: the overlay names overlays/gone, which does not exist (see whether the path is misspelt or the file not committed)")
	assert.Contains(t, refuse(t, repository("-- a/b --\n"), "a").Error(), "a: a holds no kustomization")
	assert.Contains(t, refuse(t, repository(thing), "../x").Error(), "is no folder of the repository")
}

func TestNothingLargeIsTaken(t *testing.T) {
	tree := repository("-- kustomization.yaml --\nconfigMapGenerator: [{name: a, files: [data]}]\n")
	tree["data"] = &fstest.MapFile{Data: make([]byte, 8<<20+1), Mode: 0o644}
	assert.Contains(t, refuse(t, tree, ".").Error(), "kustomization.yaml:1: the overlay names data, which is larger than 8 MiB")

	tree = repository("-- kustomization.yaml --\nconfigMapGenerator: [{name: a, files: [d0, d1, d2, d3, d4, d5, d6, d7, d8]}]\n")
	for i := range 9 {
		tree[fmt.Sprint("d", i)] = &fstest.MapFile{Data: make([]byte, 8<<20), Mode: 0o644}
	}
	assert.Contains(t, refuse(t, tree, ".").Error(), "the overlay reaches more than 64 MiB of files")
}

func TestAnOverlayThatMultipliesIsRefusedBeforeItIsBuilt(t *testing.T) {
	archive := thing + "-- k30/kustomization.yaml --\nresources: [../thing.yaml]\n"
	for i := range 30 {
		for _, side := range []string{"a", "b"} {
			archive += fmt.Sprintf("-- k%d%s/kustomization.yaml --\nnamePrefix: %s\nresources: [../k%d]\n", i, side, side, i+1)
		}
		archive += fmt.Sprintf("-- k%d/kustomization.yaml --\nresources: [../k%da, ../k%db]\n", i, i, i)
	}
	assert.Contains(t, refuse(t, repository(archive), "k0").Error(), "comes to more than 10000 objects and kustomizations")

	tree := repository("-- kustomization.yaml --\nresources: [many.yaml]\n")
	tree["many.yaml"] = &fstest.MapFile{Data: []byte(strings.Repeat("---\n{apiVersion: v1, kind: A, metadata: {name: a}}\n", 10_001)), Mode: 0o644}
	assert.Contains(t, refuse(t, tree, ".").Error(), "many.yaml:20001: the file holds more than 10000 documents")
}

func TestNothingIsReadThroughALinkOrFromADevice(t *testing.T) {
	outside, root := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "secret.yaml"), []byte("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"), 0o600))
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret.yaml"), filepath.Join(root, "link.yaml")))
	require.NoError(t, os.Symlink(outside, filepath.Join(root, "folder")))
	require.NoError(t, os.Symlink("loop", filepath.Join(root, "loop")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(root, "pipe"), 0o600))
	for name, want := range map[string]string{
		"link.yaml":          "names link.yaml, where link.yaml is a symbolic link",
		"folder/secret.yaml": "names folder/secret.yaml, where folder is a symbolic link",
		"folder":             "names folder, where folder is a symbolic link",
		"loop":               "names loop, where loop is a symbolic link",
		"pipe":               "names pipe, where pipe is neither a file nor a folder",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(root, "kustomization.yaml"), []byte("resources:\n- "+name+"\n"), 0o600))
		_, err := kustomize.New().Render(context.Background(), os.DirFS(root), ".")
		assert.ErrorContains(t, err, "kustomization.yaml:2: resources[0] "+want)
	}
	require.NoError(t, os.Remove(filepath.Join(root, "kustomization.yaml")))
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret.yaml"), filepath.Join(root, "kustomization.yaml")))
	_, err := kustomize.New().Render(context.Background(), os.DirFS(root), ".")
	assert.ErrorContains(t, err, "holds no kustomization")
}

func TestNoErrorTellsASecret(t *testing.T) {
	const secret = "\n-- s.yaml --\napiVersion: v1\nkind: Secret\n"
	for name, archive := range map[string]string{
		"a literal without a key":     "secretGenerator:\n- name: a\n  literals: [hunter22]\n",
		"a literal given twice":       "secretGenerator:\n- name: a\n  literals: [k=hunter22, k=hunter22]\n",
		"a literal of a wrong type":   "secretGenerator:\n- name: a\n  literals: [!!int hunter22]\n",
		"an inlined patch":            "resources: [s.yaml]\npatches:\n- patch: |\n    kind: Secret\n    stringData: {k: hunter22}" + secret + "metadata: {name: s}\n",
		"a patch as text":             "resources: [s.yaml]\npatches:\n- patch: 'hunter22'" + secret + "metadata: {name: s}\n",
		"a patch of a wrong shape":    "resources: [s.yaml]\npatchesStrategicMerge:\n- |\n  apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  data: hunter22" + secret + "metadata: {name: s}\ndata: {a: b}\n",
		"labels of a wrong shape":     "resources: [s.yaml]\nlabels: [{pairs: {a: b}}]" + secret + "metadata: {name: s, labels: hunter22}\n",
		"a replacement of a word":     "resources: [s.yaml]\nreplacements:\n- source: {kind: Secret, fieldPath: data.a.b}\n  targets: [{select: {kind: Secret}, fieldPaths: [data.c]}]" + secret + "metadata: {name: s}\ndata: {a: hunter22}\n",
		"a value that is no number":   "resources: [s.yaml]" + secret + "metadata: {name: s}\ndata: {a: !!int hunter22}\n",
		"a value that is no binary":   "resources: [s.yaml]" + secret + "metadata: {name: s}\ndata: {a: !!binary hunter22!}\n",
		"a list that is a word":       "resources: [s.yaml]\n-- s.yaml --\napiVersion: v1\nkind: SecretList\nmetadata: {name: s}\nitems: hunter22\n",
		"a name that is a list":       "resources: [s.yaml]" + secret + "metadata: {name: [hunter22]}\n",
		"an object that stands twice": "resources: [s.yaml, t.yaml]" + secret + "metadata: {name: s}\ndata: {a: hunter22}\n-- t.yaml --\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: hunter22}\n",
	} {
		t.Run(name, func(t *testing.T) {
			assert.NotContains(t, refuse(t, repository("-- kustomization.yaml --\n"+archive), ".").Error(), "hunter22")
		})
	}
}

// A new kustomize may know new fields, and one of them may name files. Whoever
// takes that kustomize looks at them, then changes this list.
func TestEveryFieldOfAKustomizationWasLookedAt(t *testing.T) {
	var fields []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[types.Kustomization]()) {
		fields = append(fields, f.Name)
	}
	assert.Equal(t, "TypeMeta Kind APIVersion MetaData OpenAPI NamePrefix NameSuffix Namespace CommonLabels Labels CommonAnnotations "+
		"PatchesStrategicMerge PatchesJson6902 Patches Images ImageTags Replacements Replicas Vars SortOptions Resources Components Crds Bases "+
		"ConfigMapGenerator SecretGenerator HelmGlobals HelmCharts HelmChartInflationGenerator GeneratorOptions Configurations Generators "+
		"Transformers Validators BuildMetadata", strings.Join(fields, " "))
}

func TestOneOverlayCannotPoisonAnother(t *testing.T) {
	tree := bookinfo(t)
	want := printed(t, render(t, tree, "overlays/production"))
	poison := repository("-- kustomization.yaml --\nopenapi: {version: v1.20.4}\nresources: [thing.yaml]\n" + thing)
	assert.NotEmpty(t, refuse(t, poison, "."))
	assert.Equal(t, want, printed(t, render(t, tree, "overlays/production")))
}
