// Package kustomize renders overlays with kustomize's own library, wholly in
// memory: the kustomization graph is walked first, and what it reaches is all
// that kustomize gets to see. There is no disk, no network, no remote base, no
// plugin, no function, no chart and no schema of the user's own. It does not
// know what the rendered objects mean.
//
// Start reading at [Renderer.Render]; walk.go says what is refused before
// kustomize runs, sealed.go is the file system that it runs on, origin.go finds
// the file and line that each object came from, and trace.go those of its weights.
package kustomize

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"sync"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/yaml"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// Renderer renders overlays. It may be used by many at once: kustomize keeps
// one schema for the whole process, which is read before the first build and,
// as no overlay may name another, never written again.
type Renderer struct{ schema sync.Once }

// New returns a Renderer.
func New() *Renderer { return &Renderer{} }

var _ agent.Renderer = (*Renderer)(nil)

// Render builds the kustomization in the folder: what `kustomize build` prints,
// in its order, with one difference: the names in spec.targets of a WeightPlan
// follow the VirtualServices that kustomize renames. Files outside a
// kustomization's own folder may be named, files outside the repository may not.
//
// Whatever is wrong with the overlay comes back as rollout.Problems. When ctx
// ends first, Render returns its error at once; a build that is under way then
// runs out on its own, within the limits on what an overlay may hold.
func (r *Renderer) Render(ctx context.Context, tree fs.FS, folder string) ([]agent.Object, error) {
	r.schema.Do(func() { openapi.Schema() })
	type answer struct {
		objects []agent.Object
		err     error
	}
	done := make(chan answer, 1)
	go func() {
		var a answer
		defer func() { done <- a }()
		defer func() {
			if p := recover(); p != nil {
				a = answer{err: broken(folder, guarded(fmt.Sprintf("kustomize gave up: %v", p)))}
			}
		}()
		a.objects, a.err = render(ctx, tree, folder)
	}()
	select {
	case a := <-done:
		return a.objects, a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("rendering %s: %w", folder, ctx.Err())
	}
}

func render(ctx context.Context, tree fs.FS, folder string) ([]agent.Object, error) {
	g, err := walk(ctx, tree, folder)
	if err != nil {
		return nil, err
	}
	plain, err := build(g)
	if err != nil {
		return nil, err
	}
	if plain.Size() == 0 {
		return nil, rollout.Problems{{
			Position: rollout.Position{File: g.top.file}, Message: "the overlay renders no object",
			Hint: "take the overlay out of weir.yaml if nothing is left in it",
		}}
	}
	return objects(g, plain, traced(g, plain))
}

// references makes kustomize follow the names in a WeightPlan, as it follows
// the name of a ConfigMap in a Deployment.
const references = `
nameReference:
- kind: VirtualService
  group: networking.istio.io
  fieldSpecs:
  - {kind: WeightPlan, group: weir.dev, path: spec/targets/name}
`

// build runs kustomize on what the walk found; options are added to those that
// the user asked for in buildMetadata.
func build(g *graph, options ...string) (resmap.ResMap, error) {
	top, err := extended(g.top.data, options)
	if err != nil {
		return nil, broken(g.top.file, guarded(err.Error()))
	}
	files := sealed{files: g.files, folders: g.folders, swapped: map[string][]byte{
		rooted(g.top.file): top,
		referencesFile:     []byte(references),
	}}
	k := krusty.MakeKustomizer(&krusty.Options{
		Reorder:          krusty.ReorderOptionUnspecified,
		LoadRestrictions: types.LoadRestrictionsNone,
		PluginConfig:     types.DisabledPluginConfig(),
	})
	built, err := k.Run(files, rooted(path.Dir(g.top.file)))
	if err != nil {
		return nil, g.blame(err)
	}
	return built, nil
}

// extended is the top kustomization with our additions. It is read exactly as
// kustomize reads it, so nothing else can change.
func extended(data []byte, options []string) ([]byte, error) {
	asJSON, err := yaml.YAMLToJSON(data)
	if err != nil {
		return nil, err
	}
	fields := map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(asJSON))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return nil, err
	}
	appendTo := func(key string, more ...string) {
		list, _ := fields[key].([]any)
		for _, text := range more {
			list = append(list, text)
		}
		fields[key] = list
	}
	appendTo("configurations", referencesFile)
	if len(options) > 0 {
		appendTo("buildMetadata", options...)
	}
	return json.Marshal(fields)
}

// traced says for each rendered object where it came from. Kustomize notes
// that in an annotation, and taking it out again would not leave every object
// as it was: an empty map of annotations would go with it. So the notes are
// read off a second build, whose objects are not used.
func traced(g *graph, plain resmap.ResMap) map[*resource.Resource]*resource.Origin {
	out := make(map[*resource.Resource]*resource.Origin, plain.Size())
	noted, err := build(g, types.OriginAnnotations)
	if err != nil {
		return out // what trips over the annotation hides the origins, no more
	}
	for i, r := range plain.Resources() {
		other := noted.Resources()[min(i, noted.Size()-1)]
		if !other.CurId().Equals(r.CurId()) {
			if other, err = noted.GetByCurrentId(r.CurId()); err != nil {
				continue
			}
		}
		if origin, err := other.GetOrigin(); err == nil && origin != nil {
			out[r] = origin
		}
	}
	return out
}

func broken(file, message string) rollout.Problems {
	return rollout.Problems{{
		Position: rollout.Position{File: file}, Message: message,
		Hint: "`kustomize build` on the same folder shows the same",
	}}
}
