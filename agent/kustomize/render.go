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
	"github.com/weir-delivery/weir/rollout/spec"
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
	plain, err := build(g, nil)
	if err != nil {
		return nil, err
	}
	noted, err := build(g, map[string]string{"transformers": plansFile, "buildMetadata": types.OriginAnnotations})
	if err != nil { // what trips over the annotation hides the origins, no more
		noted, err = build(g, map[string]string{"transformers": plansFile})
	}
	if err != nil {
		return nil, err
	}
	if problems := hidden(g, plain, noted); len(problems) > 0 {
		return nil, problems
	}
	if plain.Size() == 0 {
		return nil, rollout.Problems{{
			Position: rollout.Position{File: g.top.file}, Message: "the overlay renders no object",
			Hint: "take the overlay out of weir.yaml if nothing is left in it",
		}}
	}
	return objects(g, plain, traced(plain, noted))
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

// plans makes kustomize keep the WeightPlans that it would leave out of its output.
const plans = `
apiVersion: builtin
kind: PatchTransformer
metadata: {name: plans}
target: {group: weir.dev, kind: WeightPlan}
patch: |
  apiVersion: weir.dev/v1alpha1
  kind: WeightPlan
  metadata: {name: any, annotations: {config.kubernetes.io/local-config: "false"}}
`

// build runs kustomize on what the walk found; more is added to the lists of the
// user's kustomization.
func build(g *graph, more map[string]string) (resmap.ResMap, error) {
	top, err := extended(g.top.data, more)
	if err != nil {
		return nil, broken(g.top.file, guarded(err.Error()))
	}
	files := sealed{files: g.files, folders: g.folders, swapped: map[string][]byte{
		rooted(g.top.file): top,
		referencesFile:     []byte(references),
		plansFile:          []byte(plans),
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
func extended(data []byte, more map[string]string) ([]byte, error) {
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
	appendTo := func(key, text string) {
		list, _ := fields[key].([]any)
		fields[key] = append(list, text)
	}
	appendTo("configurations", referencesFile)
	for key, text := range more {
		appendTo(key, text)
	}
	return json.Marshal(fields)
}

// traced says for each rendered object where it came from. Kustomize notes
// that in an annotation, and taking it out again would not leave every object
// as it was: an empty map of annotations would go with it. So the notes are
// read off a second build, whose objects are not used.
func traced(plain, noted resmap.ResMap) map[*resource.Resource]*resource.Origin {
	out := make(map[*resource.Resource]*resource.Origin, plain.Size())
	for i, r := range plain.Resources() {
		other := noted.Resources()[min(i, noted.Size()-1)]
		if !other.CurId().Equals(r.CurId()) {
			var err error
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

// hidden are the WeightPlans that kustomize has left out of what it built, since
// something marked them as none of its own. What a patch deletes is in neither build.
func hidden(g *graph, plain, noted resmap.ResMap) rollout.Problems {
	var problems rollout.Problems
	for _, r := range noted.Resources() {
		if r.GetKind() != spec.KindPlan || group(r.GetApiVersion()) != "weir.dev" {
			continue
		}
		if _, err := plain.GetByCurrentId(r.CurId()); err == nil {
			continue
		}
		at := rollout.Position{File: g.top.file}
		if origin, err := r.GetOrigin(); err == nil && origin != nil {
			at, _ = g.origin(origin, r)
		}
		problems = append(problems, rollout.Problem{
			Position: at, Message: fmt.Sprintf("something marks the WeightPlan %s with %s, so kustomize would drop it", r.GetName(), localConfig), Hint: plansStay,
		})
	}
	return problems.Sorted()
}

func broken(file, message string) rollout.Problems {
	return rollout.Problems{{
		Position: rollout.Position{File: file}, Message: message,
		Hint: "`kustomize build` on the same folder shows the same",
	}}
}
