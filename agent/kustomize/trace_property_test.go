package kustomize_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/kustomize"
)

// stack is overlays upon each other, each of which sets weights in a way of its
// own. No weight stands in the sources twice, tests aside, so that a weight
// tells by itself which line it must be found at.
type stack struct {
	t       *rapid.T
	files   map[string]string
	weights []int // of the route, as they come out
	last    int
	height  int
}

func (s *stack) next() int { s.last++; return s.last }

func (s *stack) folder() string { return fmt.Sprintf("layer%d", s.height) }

// route writes a route whose destinations have new weights.
func (s *stack) route(indent string) string {
	out := "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: reviews}\nspec:\n  http:\n  - route:\n"
	for i := range s.weights {
		s.weights[i] = s.next()
		if rapid.Bool().Draw(s.t, "flow") {
			out += fmt.Sprintf("    - {destination: {host: h%c}, weight: %d}\n", 'a'+i, s.weights[i])
		} else {
			out += fmt.Sprintf("    - weight: %d\n      destination: {host: h%c} # größer\n", s.weights[i], 'a'+i)
		}
	}
	return indent + strings.ReplaceAll(strings.TrimSuffix(out, "\n"), "\n", "\n"+indent) + "\n"
}

// operations writes a JSON patch of one weight, perhaps with a test of what it
// was.
func (s *stack) operations(indent string, json bool) string {
	i := rapid.IntRange(0, len(s.weights)-1).Draw(s.t, "destination")
	at, was := fmt.Sprintf("/spec/http/0/route/%d/weight", i), s.weights[i]
	s.weights[i] = s.next()
	test, set := fmt.Sprintf("{op: test, path: %s, value: %d}", at, was), fmt.Sprintf("op: replace\n  path: %s\n  value: %d", at, s.weights[i])
	if json {
		test, set = fmt.Sprintf(`{"op": "test", "path": "%s", "value": %d}`, at, was), fmt.Sprintf(`{"op": "replace", "path": "%s", "value": %d}`, at, s.weights[i])
	}
	list := []string{set}
	if rapid.Bool().Draw(s.t, "tested") {
		list = []string{test, set}
	}
	if json {
		return indent + "[" + strings.Join(list, ",\n"+indent) + "]\n"
	}
	return indent + "- " + strings.ReplaceAll(strings.Join(list, "\n- "), "\n", "\n"+indent) + "\n"
}

// layer adds an overlay upon those that there are.
func (s *stack) layer() {
	below := s.folder()
	s.height++
	top := "resources: [../" + below + "]\n"
	add := func(name, text string) string {
		s.files[s.folder()+"/"+name] = text
		return name
	}
	const copied = "  targets: [{select: {kind: VirtualService}, fieldPaths: [spec.http.0.route.%d.weight]}]\n"
	feed := func() (int, int) {
		i := rapid.IntRange(0, len(s.weights)-1).Draw(s.t, "copied")
		s.weights[i] = s.next()
		return i, s.weights[i]
	}
	source := fmt.Sprintf("replacements:\n- source: {kind: ConfigMap, name: %s, fieldPath: data.canary%%s}\n", s.folder())
	const target = "- target: {kind: VirtualService}\n"
	switch rapid.IntRange(0, 11).Draw(s.t, "way") {
	case 0:
		top += "namespace: shop\n"
	case 1:
		top += "patches:\n- path: " + add("merge.yaml", "# first\n"+s.route("")) + "\n"
	case 2:
		top += "patches:\n- patch: |-\n" + s.route("    ")
	case 3:
		top += "patchesStrategicMerge:\n- |\n" + s.route("  ")
	case 4:
		top += "patches:\n" + target + "  patch: |\n" + s.operations("    ", false)
	case 5:
		top += "patches:\n" + target + "  patch: '" + strings.TrimSpace(s.operations("    ", true)) + "'\n"
	case 6:
		top += "patches:\n" + target + "  path: " + add("ops.json", s.operations("", true)) + "\n"
	case 7:
		top += "patches:\n" + target + "  path: " + add("ops.yaml", "---\n"+s.operations("", false)) + "\n"
	case 8:
		top += "components: [part]\n"
		s.files[s.folder()+"/part/kustomization.yaml"] = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n" + target + "  patch: |-\n" + s.operations("    ", false)
	case 9:
		i, n := feed()
		top += fmt.Sprintf("configMapGenerator:\n- name: %s\n  literals:\n  - other=%d\n  - canary=%d\n", s.folder(), s.next(), n) + fmt.Sprintf(source, "") + fmt.Sprintf(copied, i)
	case 10:
		i, n := feed()
		add("all.env", fmt.Sprintf("other=%d\n\ncanary=%d\n", s.next(), n))
		top += fmt.Sprintf("configMapGenerator: [{name: %s, envs: [all.env]}]\n", s.folder()) + fmt.Sprintf(source, "") + fmt.Sprintf(copied, i)
	case 11:
		i, n := feed()
		add("settings.yaml", fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata:\n  canary: |-\n    %d\n    %d\n", s.folder(), s.next(), n))
		top += fmt.Sprintf(source, `, options: {delimiter: "\n", index: 1}`) + fmt.Sprintf(copied, i)
		top = strings.Replace(top, "]\n", ", settings.yaml]\n", 1)
	}
	add("kustomization.yaml", top)
}

// line is the line that the weight stands on.
func (s *stack) line(weight int) string {
	word := regexp.MustCompile(fmt.Sprintf(`\b%d\b`, weight))
	for name, text := range s.files {
		for i, line := range strings.Split(text, "\n") {
			if word.MatchString(line) && !strings.Contains(line, "test") {
				return fmt.Sprintf("%s:%d", name, i+1)
			}
		}
	}
	return "nowhere"
}

func TestThroughAnyStackOfOverlaysEveryWeightIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &stack{t: t, files: map[string]string{}, last: 100, weights: make([]int, rapid.IntRange(2, 4).Draw(t, "destinations"))}
		s.files["layer0/kustomization.yaml"] = "resources: [reviews.yaml]\n"
		s.files["layer0/reviews.yaml"] = s.route("")
		for range rapid.IntRange(0, 5).Draw(t, "layers") {
			s.layer()
		}
		tree := fstest.MapFS{}
		for name, text := range s.files {
			tree[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
		}
		objects, err := kustomize.New().Render(t.Context(), tree, s.folder())
		require.NoError(t, err, "%v", s.files)
		for _, o := range objects {
			if o.Value["kind"] != "VirtualService" {
				continue
			}
			for i, weight := range s.weights {
				at := fmt.Sprintf("spec.http[0].route[%d].weight", i)
				require.Equal(t, int64(weight), field(t, o, at))
				require.Equal(t, s.line(weight), o.Where(at).String(), "%v", s.files)
			}
		}
	})
}

// FuzzTrace holds that, whatever the sources are, asking for lines changes no
// object and leads to lines that there are.
func FuzzTrace(f *testing.F) {
	for _, way := range ways(f) {
		tree, _ := marked(f, way.archive)
		if tree["top/kustomization.yaml"] == nil {
			continue
		}
		top := string(tree["top/kustomization.yaml"].Data)
		for _, name := range []string{"top/weights.yaml", "top/settings.yaml", "top/weights.env", "top/reviews.yaml"} {
			if file := tree[name]; file != nil {
				f.Add(strings.ReplaceAll(top, strings.TrimPrefix(name, "top/"), "file.yaml"), string(file.Data))
			}
		}
		f.Add(top, "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: &w \"60\"}\nspec: {weight: *w, setWeight: &x [{weight: 1}, *x]}\n")
	}
	f.Fuzz(func(t *testing.T, top, file string) {
		tree := repository(reviewsBase)
		tree["top/kustomization.yaml"] = &fstest.MapFile{Data: []byte(top), Mode: 0o644}
		tree["top/file.yaml"] = &fstest.MapFile{Data: []byte(file), Mode: 0o644}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		objects, err := kustomize.New().Render(ctx, tree, "top")
		if err != nil {
			return
		}
		before := fmt.Sprint(values(objects))
		for _, o := range objects {
			for _, field := range []string{"spec.http[0].route[0].weight", "spec.http[0].route[1].weight", "spec.weight", "spec.steps[0].setWeight"} {
				at := o.Where(field)
				require.Contains(t, tree, at.File)
				require.LessOrEqual(t, at.Line, 1+strings.Count(string(tree[at.File].Data), "\n"))
			}
		}
		assert.Equal(t, before, fmt.Sprint(values(objects)))
		again, err := kustomize.New().Render(ctx, tree, "top")
		require.NoError(t, err)
		assert.Equal(t, before, fmt.Sprint(values(again)))
	})
}

func values(objects []agent.Object) []map[string]any {
	var out []map[string]any
	for _, o := range objects {
		out = append(out, o.Value)
	}
	return out
}

// BenchmarkTrace is a render with the first line that is asked for, to be held
// against BenchmarkRender.
func BenchmarkTrace(b *testing.B) {
	tree, r := bookinfo(b), kustomize.New()
	for b.Loop() {
		objects, err := r.Render(b.Context(), tree, "overlays/production")
		require.NoError(b, err)
		at := the(b, objects, "VirtualService", "reviews").Where("spec.http[0].route[1].weight")
		require.Equal(b, "overlays/production/weights.yaml", at.File)
	}
}
