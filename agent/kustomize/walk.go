package kustomize

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// graph is what an overlay reaches: every file and folder, by their paths in
// the repository.
type graph struct {
	ctx          context.Context
	tree         fs.FS
	top          *kustomization
	files        map[string][]byte
	folders      map[string]bool
	parsed       map[string]*kustomization // by folder; nil for those with problems
	documents    map[string][]document     // by file
	sizes        map[string]int            // nodes, by file
	comes        map[string]amount         // by folder
	bytes        int
	copies       []rollout.Position // of JSON patches
	replacements []replacement
	problems     rollout.Problems
}

// amount is what something comes to, each time that it is named: objects and
// kustomizations, and YAML nodes.
type amount struct{ objects, nodes int }

func (a amount) and(b amount) amount { return amount{a.objects + b.objects, a.nodes + b.nodes} }

// walk reads the overlay's kustomization and all that it names, and what that
// names in turn. It reports every problem that it finds as rollout.Problems;
// any other error is the context's.
func walk(ctx context.Context, tree fs.FS, folder string) (*graph, error) {
	g := &graph{
		ctx: ctx, tree: tree, files: map[string][]byte{}, folders: map[string]bool{},
		parsed: map[string]*kustomization{}, documents: map[string][]document{},
		sizes: map[string]int{}, comes: map[string]amount{},
	}
	if !fs.ValidPath(folder) {
		return nil, problem(folder, 0, "name it from the repository's root, without a / before or after it", "%q is no folder of the repository", folder)
	}
	here := rollout.Position{File: folder}
	if _, r := stat(tree, folder); r != nil {
		return nil, problem(folder, 0, r.hint, "the overlay %s", r.message)
	}
	if k := g.kustomization(folder, here); k != nil {
		g.top = k
		g.multiplied(g.visit(k, []string{folder}))
		g.swollen()
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("rendering %s: %w", folder, err)
	}
	if len(g.problems) > 0 {
		return nil, g.problems.Sorted()
	}
	return g, nil
}

// say records a problem at a position.
func (g *graph) say(at rollout.Position, hint, format string, args ...any) {
	g.problems = append(g.problems, rollout.Problem{Position: at, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// kustomization parses the folder's kustomization, once; from names it.
func (g *graph) kustomization(folder string, from rollout.Position) *kustomization {
	if k, known := g.parsed[folder]; known {
		return k
	}
	g.parsed[folder] = nil
	var found []string
	for _, name := range fileNames() {
		if _, r := stat(g.tree, path.Join(folder, name)); r == nil {
			found = append(found, path.Join(folder, name))
		}
	}
	switch len(found) {
	case 0:
		g.say(from, "add a kustomization.yaml there", "%s holds no kustomization", folder)
		return nil
	case 1:
	default:
		g.say(rollout.Position{File: found[1]}, "keep one of them", "%s holds more than one kustomization: %s", folder, strings.Join(found, ", "))
		return nil
	}
	data, ok := g.load(found[0], from)
	if !ok {
		return nil
	}
	for at := folder; !g.folders[at]; at = path.Dir(at) {
		g.folders[at] = true
	}
	k, problems := parse(found[0], data)
	if g.problems = append(g.problems, problems...); len(problems) > 0 {
		return nil
	}
	g.parsed[folder] = k
	return k
}

// load reads a file, once.
func (g *graph) load(file string, from rollout.Position) ([]byte, bool) {
	if data, known := g.files[file]; known {
		return data, data != nil
	}
	g.files[file] = nil
	data, r := read(g.tree, file)
	if r != nil {
		g.say(from, r.hint, "the overlay %s", r.message)
		return nil, false
	}
	if g.bytes += len(data); g.bytes > maxTotal {
		g.say(from, "split the overlay", "the overlay reaches more than %d MiB of files", maxTotal>>20)
		return nil, false
	}
	g.files[file] = data
	return data, true
}

// visit follows what the kustomization names and counts what it comes to. The
// trail are the folders on the way here.
func (g *graph) visit(k *kustomization, trail []string) amount {
	folder := trail[len(trail)-1]
	if n, known := g.comes[folder]; known || g.ctx.Err() != nil || g.bytes > maxTotal {
		return n
	}
	total := amount{1 + len(k.ConfigMapGenerator) + len(k.SecretGenerator), spec.Size([]*yaml.Node{k.root}) + g.inlined(k)}
	for _, ref := range k.references() {
		at := k.at(ref.field)
		full, r := resolved(folder, ref.name)
		if r != nil {
			g.say(at, r.hint, "%s %s", ref.field, r.message)
			continue
		}
		info, r := stat(g.tree, full)
		switch {
		case r != nil:
			g.say(at, r.hint, "%s %s", ref.field, r.message)
		case info.IsDir() && (ref.holds == objectsOrFolder || ref.holds == component):
			total = total.and(g.enter(full, at, ref.holds == component, trail))
		case info.IsDir():
			g.say(at, "name a file", "%s names %s, which is a folder", ref.field, full)
		case ref.holds == component:
			g.say(at, "name the folder of a component", "%s names %s, which is a file", ref.field, full)
		case ref.holds == objectsOrFolder && slices.Contains(fileNames(), path.Base(full)):
			g.say(at, "name its folder", "%s names %s, which is a kustomization and no resource", ref.field, full)
		default:
			total = total.and(g.take(full, at, ref.holds))
		}
	}
	g.replacing(k)
	if total.objects > maxObjects {
		g.say(rollout.Position{File: k.file}, "split the overlay", "%s comes to more than %d objects and kustomizations", folder, maxObjects)
		total.objects = maxObjects
	}
	if total.nodes > maxNodes {
		g.say(rollout.Position{File: k.file}, "split the overlay, or use fewer aliases", "%s comes to more than %d YAML nodes", folder, maxNodes)
		total.nodes = maxNodes
	}
	g.comes[folder] = total
	return total
}

// enter goes into the folder of another kustomization.
func (g *graph) enter(folder string, at rollout.Position, component bool, trail []string) amount {
	for _, before := range trail {
		if before == folder || folder == "." || strings.HasPrefix(before, folder+"/") {
			g.say(at, "a kustomization cannot be made of itself, nor of a folder that it lies in", "%s leads round in a circle: %s", folder, strings.Join(append(slices.Clone(trail), folder), " → "))
			return amount{}
		}
	}
	if len(trail) >= maxDepth {
		g.say(at, "leave out some that lie between", "more than %d kustomizations lie upon one another, down to %s", maxDepth, folder)
		return amount{}
	}
	k := g.kustomization(folder, at)
	if k == nil {
		return amount{}
	}
	if is := k.Kind == types.ComponentKind; is != component {
		g.say(at, "a Component is named under components, everything else under resources", "%s holds a %s", folder, k.Kind)
		return amount{}
	}
	return g.visit(k, append(slices.Clone(trail), folder))
}

// take reads a file that a kustomization names and counts what is in it.
func (g *graph) take(file string, at rollout.Position, h holds) amount {
	_, known := g.documents[file]
	data, ok := g.load(file, at)
	if !ok || h == anything {
		return amount{}
	}
	if !known {
		docs, problems := spec.Documents(data, file)
		g.problems = append(g.problems, problems...)
		if len(problems) == 0 && len(docs) == 0 {
			g.say(at, "take it out of the kustomization", "%s is empty", file)
		}
		g.documents[file], g.sizes[file] = split(docs), spec.Size(docs)
	}
	if h != objectsOrFolder {
		return amount{nodes: g.sizes[file]}
	}
	for _, d := range g.documents[file] {
		d.check(g, file)
	}
	return amount{len(g.documents[file]), g.sizes[file]}
}

// inlined checks what stands in the kustomization itself: its patches, whose nodes
// it counts, and what would make kustomize drop WeightPlans.
func (g *graph) inlined(k *kustomization) int {
	nodes := 0
	//lint:ignore SA1019 users still write it, so it is checked like the rest
	older := k.PatchesJson6902
	for _, list := range []struct {
		name    string
		patches []types.Patch
	}{{"patches", k.Patches}, {"patchesJson6902", older}} {
		for i, p := range list.patches {
			field := fmt.Sprintf("%s[%d]", list.name, i)
			nodes += g.yaml(k, field+".patch", p.Patch)
			text := g.text(k, p)
			g.copying(k.at(field), text)
			if hides(p, text) {
				g.say(k.at(field), plansStay, "%s marks WeightPlans with %s, so kustomize would drop them", field, localConfig)
			}
		}
	}
	//lint:ignore SA1019 users still write it, so it is checked like the rest
	for i, p := range k.PatchesStrategicMerge {
		if inline(string(p)) {
			nodes += g.yaml(k, fmt.Sprintf("patchesStrategicMerge[%d]", i), string(p))
		}
	}
	if value, ok := k.CommonAnnotations[localConfig]; ok && value != "false" {
		g.say(k.at("commonAnnotations."+localConfig), plansStay, "commonAnnotations marks everything with %s, so kustomize would drop it", localConfig)
	}
	return nodes
}

// yaml wants an inlined text to be sound YAML, and counts its nodes; lines count
// from where it begins.
func (g *graph) yaml(k *kustomization, field, text string) int {
	docs, problems := spec.Documents([]byte(text), k.file)
	for _, p := range problems {
		p.Line += spec.Locate(k.root, field)
		g.problems = append(g.problems, p)
	}
	return spec.Size(docs)
}

// text is a patch's text, wherever it stands; what cannot be read is empty.
func (g *graph) text(k *kustomization, p types.Patch) string {
	if p.Path == "" {
		return p.Patch
	}
	full, r := resolved(k.folder(), p.Path)
	if r != nil {
		return ""
	}
	data, _ := read(g.tree, full)
	return string(data)
}

// hides tells whether a JSON patch sets local-config on a WeightPlan. What else
// could is seen when the overlay is built, and then not where it stands.
func hides(p types.Patch, text string) bool {
	if !strings.Contains(text, strings.ReplaceAll(localConfig, "/", "~1")) {
		return false
	}
	if p.Target == nil || p.Target.Kind == "" {
		return true
	}
	kind, err := regexp.Compile("^(?:" + p.Target.Kind + ")$")
	return err == nil && kind.MatchString(spec.KindPlan)
}
