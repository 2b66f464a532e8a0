package kustomize

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unique"

	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"

	"github.com/weir-delivery/weir/rollout"
)

// trace says where in the sources each weight of a rendered overlay stands, be
// it through patches, replacements and generators. Kustomize cannot say, so it
// is made to: every weight in the sources is exchanged for a number of its own,
// the overlay is built once more, and where a number lands, there its line is
// known. That is done when the first line is asked for, and never again. What
// does not land as it was rendered has no line here.
type trace struct {
	once    sync.Once
	sources written                                // let go once they have been read
	wanted  map[string]map[string]string           // as rendered: object, path, value
	found   map[string]map[string]rollout.Position // object, path
	objects []string                               // all that there are, in order
}

// written is what an overlay was built from. It may be kept for long, and by
// many overlays upon one base: files of the same content are kept once.
type written struct {
	top            string
	kustomizations []string
	files          map[string]unique.Handle[string]
	folders        map[string]bool
}

// follow prepares to trace what was built from the graph.
func follow(g *graph, built resmap.ResMap) *trace {
	s := written{top: g.top.file, files: map[string]unique.Handle[string]{}, folders: g.folders}
	for name, data := range g.files {
		s.files[name] = unique.Make(string(data))
	}
	for _, k := range g.parsed {
		s.kustomizations = append(s.kustomizations, k.file)
	}
	slices.Sort(s.kustomizations)
	return &trace{sources: s, wanted: map[string]map[string]string{}, found: map[string]map[string]rollout.Position{}, objects: identities(built)}
}

// where finds a weight of the object by its trace, and the rest otherwise.
func (t *trace) where(r *resource.Resource, value map[string]any, otherwise func(string) rollout.Position) func(string) rollout.Position {
	weights := map[string]string{}
	weigh(value, "", weights)
	if len(weights) == 0 {
		return otherwise
	}
	id := r.CurId().String()
	t.wanted[id] = weights
	return func(field string) rollout.Position {
		if _, weight := weights[field]; weight {
			t.once.Do(t.run)
			if at, ok := t.found[id][field]; ok {
				return at
			}
		}
		return otherwise(field)
	}
}

// run exchanges what weights may be made of as well, such as the settings that
// replacements copy; where that does not bring every weight home, it tries with
// the weights alone.
func (t *trace) run() {
	t.attempt(true)
	if !t.complete() {
		t.attempt(false)
	}
	t.sources = written{}
}

func (t *trace) complete() bool {
	for id, weights := range t.wanted {
		if len(t.found[id]) < len(weights) {
			return false
		}
	}
	return true
}

// attempt builds the exchanged sources and reads off what landed. However it
// goes wrong, the render stands, and only lines are missing.
func (t *trace) attempt(wide bool) {
	defer func() { _ = recover() }() // kustomize gave up on our numbers, not on the overlay
	x := exchanged(t.sources, t.values(), wide)
	top := &kustomization{file: t.sources.top, data: x.files[t.sources.top]}
	built, err := build(&graph{top: top, files: x.files, folders: t.sources.folders}, nil)
	if err != nil || !slices.Equal(identities(built), t.objects) {
		return
	}
	for _, r := range built.Resources() {
		id := r.CurId().String()
		if wanted, ok := t.wanted[id]; ok {
			t.read(id, wanted, r, x)
		}
	}
}

// read takes the object's numbers that stand where the weight was rendered that
// they were exchanged for.
func (t *trace) read(id string, wanted map[string]string, r *resource.Resource, x *exchange) {
	value, err := plain(r)
	if err != nil {
		return
	}
	landed := map[string]string{}
	weigh(value, "", landed)
	if t.found[id] == nil {
		t.found[id] = map[string]rollout.Position{}
	}
	for field, value := range landed {
		_, known := t.found[id][field]
		if at, ok := x.home(value, wanted[field]); ok && !known {
			t.found[id][field] = at
		}
	}
}

// values are those of all weights that were rendered.
func (t *trace) values() map[string]bool {
	out := map[string]bool{}
	for _, weights := range t.wanted {
		for value := range maps.Values(weights) {
			out[value] = true
		}
	}
	return out
}

// weighs tells a weight by its key: weight itself, setWeight and their like.
func weighs(key string) bool { return strings.HasSuffix(strings.ToLower(key), "weight") }

// weigh adds the weights below a value, by their paths.
func weigh(value any, at string, to map[string]string) {
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			field := strings.TrimPrefix(at+"."+key, ".")
			if weighs(key) && scalar(item) {
				to[field] = fmt.Sprint(item)
			} else {
				weigh(item, field, to)
			}
		}
	case []any:
		for i, item := range v {
			weigh(item, fmt.Sprintf("%s[%d]", at, i), to)
		}
	}
}

func scalar(value any) bool {
	switch value.(type) {
	case nil, map[string]any, []any:
		return false
	}
	return true
}

// hashed is the end that kustomize gives the name of a generated object. It
// follows from the content, and so it changes when numbers do.
var hashed = regexp.MustCompile(`-[0-9a-z]{10}$`)

// identities are the objects' kinds, namespaces and names without such ends.
func identities(built resmap.ResMap) []string {
	var out []string
	for _, r := range built.Resources() {
		id := r.CurId()
		if id.Kind == "ConfigMap" || id.Kind == "Secret" {
			id.Name = hashed.ReplaceAllString(id.Name, "")
		}
		out = append(out, path.Join(id.Gvk.String(), id.Namespace, id.Name))
	}
	slices.Sort(out)
	return out
}
