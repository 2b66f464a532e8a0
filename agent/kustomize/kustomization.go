package kustomize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// kustomization is one kustomization file as kustomize reads it.
type kustomization struct {
	file string
	data []byte
	root *yaml.Node
	types.Kustomization
	bases int // how many of Resources, at their end, stand under bases
}

// refused are the fields that would run programs, fetch, or change the schema
// of the whole process, with the way out; and crds, whose references kustomize
// follows without end where they lead round in a circle.
var refused = map[string]string{
	"openapi":                     "leave it out; list merge keys are Kubernetes' own here",
	"crds":                        "write what they say under configurations, as nameReference and commonLabels",
	"helmGlobals":                 "render the chart and commit what comes out",
	"helmCharts":                  "render the chart and commit what comes out",
	"helmChartInflationGenerator": "render the chart and commit what comes out",
	"generators":                  "use configMapGenerator or secretGenerator, or commit what it generates",
	"transformers":                "use the kustomization's own fields, as patches, labels and replacements",
	"validators":                  "use weir's policies",
}

// fieldNames are the fields of a kustomization that this kustomize knows.
func fieldNames() []string {
	var out []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[types.Kustomization]()) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			out = append(out, name)
		}
	}
	return out
}

// parse reads a kustomization file strictly: what kustomize would take in
// another spelling, or ignore, is a problem.
func parse(file string, data []byte) (*kustomization, rollout.Problems) {
	docs, problems := spec.Documents(data, file)
	switch {
	case len(problems) > 0:
		return nil, problems
	case len(docs) == 0:
		return nil, problem(file, 0, "list what it is made of under resources", "the kustomization is empty")
	case len(docs) > 1:
		return nil, problem(file, docs[1].Line, "keep one kustomization a file", "the file holds %d documents", len(docs))
	case docs[0].Kind != yaml.MappingNode:
		return nil, problem(file, docs[0].Line, "write it as fields and values", "the kustomization is no object")
	}
	k := &kustomization{file: file, data: data, root: docs[0]}
	if problems = k.spelling(); len(problems) > 0 {
		return nil, problems
	}
	if err := k.decode(); err != nil {
		return nil, rollout.Problems{*err}
	}
	//lint:ignore SA1019 users still write it, so it is checked like the rest
	k.bases = len(k.Bases)
	k.FixKustomization()
	for _, text := range k.EnforceFields() {
		problems = append(problems, problem(file, spec.Locate(k.root, "kind"), "see kustomize's reference", "%s", text)...)
	}
	if k.CheckEmpty() != nil {
		problems = append(problems, problem(file, 0, "list what it is made of under resources", "the kustomization is empty")...)
	}
	return k, problems
}

// spelling wants every field to be known, spelt as known, and not refused.
func (k *kustomization) spelling() rollout.Problems {
	var problems rollout.Problems
	known := fieldNames()
	for i := 0; i+1 < len(k.root.Content); i += 2 {
		key := k.root.Content[i]
		if hint, no := refused[key.Value]; no {
			problems = append(problems, problem(k.file, key.Line, hint, "%s is not supported: weir renders without plugins, charts and schemas", key.Value)...)
		} else if !slices.Contains(known, key.Value) {
			problems = append(problems, problem(k.file, key.Line, rollout.Suggest(key.Value, known), "%s is not a field of a kustomization", key.Value)...)
		}
	}
	return problems
}

// decode reads the fields as kustomize does, with a line for what it refuses.
func (k *kustomization) decode() *rollout.Problem {
	asJSON, err := sigsyaml.YAMLToJSON(k.data)
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(asJSON))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(&k.Kustomization)
	}
	if err == nil {
		return nil
	}
	out := &problem(k.file, 0, "see kustomize's reference", "the kustomization cannot be read: %s", guarded(strings.TrimPrefix(err.Error(), "json: ")))[0]
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		out.Message = fmt.Sprintf("%s must not be %s", wrong.Field, wrong.Value)
		out.Line = spec.Locate(k.root, wrong.Field)
	} else if m := regexp.MustCompile(`unknown field "(.+)"`).FindStringSubmatch(err.Error()); m != nil {
		out.Message = fmt.Sprintf("%s is not a field here", m[1])
		out.Line = lineOfKey(k.root, m[1])
	}
	return out
}

// lineOfKey is the line of the first key with the name, anywhere, or 0.
func lineOfKey(n *yaml.Node, name string) int {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.Value == name {
			return child.Line
		}
		if line := lineOfKey(child, name); line > 0 {
			return line
		}
	}
	return 0
}

func (k *kustomization) folder() string { return path.Dir(k.file) }

// at is the position of a field.
func (k *kustomization) at(field string) rollout.Position {
	return rollout.Position{File: k.file, Line: spec.Locate(k.root, field)}
}

// holds says what kustomize makes of what a reference names.
type holds int

const (
	objectsOrFolder holds = iota // resources: a file of objects, or another kustomization
	component                    // the folder of a component
	patch                        // a file of patches
	settings                     // a YAML file that is no object
	anything                     // any bytes
)

// reference is one path that the kustomization names.
type reference struct {
	name  string
	field string
	holds holds
}

// references lists every path that kustomize would follow.
func (k *kustomization) references() []reference {
	var out []reference
	add := func(h holds, field string, names ...string) {
		for i, name := range names {
			out = append(out, reference{name, fmt.Sprintf(field, i), h})
		}
	}
	resources := len(k.Resources) - k.bases
	add(objectsOrFolder, "resources[%d]", k.Resources[:resources]...)
	add(objectsOrFolder, "bases[%d]", k.Resources[resources:]...)
	add(component, "components[%d]", k.Components...)
	add(settings, "configurations[%d]", k.Configurations...)
	one := func(h holds, list string, i int, field, name string) {
		if name != "" {
			out = append(out, reference{name, fmt.Sprintf("%s[%d].%s", list, i, field), h})
		}
	}
	for i, p := range k.Patches {
		one(patch, "patches", i, "path", p.Path)
	}
	//lint:ignore SA1019 users still write it, so it is checked like the rest
	for i, p := range k.PatchesJson6902 {
		one(patch, "patchesJson6902", i, "path", p.Path)
	}
	//lint:ignore SA1019 users still write it, so it is checked like the rest
	for i, p := range k.PatchesStrategicMerge {
		if !inline(string(p)) {
			out = append(out, reference{string(p), fmt.Sprintf("patchesStrategicMerge[%d]", i), patch})
		}
	}
	for i, r := range k.Replacements {
		one(settings, "replacements", i, "path", r.Path)
	}
	for i, g := range k.ConfigMapGenerator {
		out = append(out, sources(fmt.Sprintf("configMapGenerator[%d]", i), g.KvPairSources)...)
	}
	for i, g := range k.SecretGenerator {
		out = append(out, sources(fmt.Sprintf("secretGenerator[%d]", i), g.KvPairSources)...)
	}
	return out
}

// sources lists the files of a generator; files may be written as key=path.
func sources(at string, s types.KvPairSources) []reference {
	var out []reference
	for i, name := range s.FileSources {
		if _, after, ok := strings.Cut(name, "="); ok {
			name = after
		}
		out = append(out, reference{name, fmt.Sprintf("%s.files[%d]", at, i), anything})
	}
	for i, name := range s.EnvSources {
		out = append(out, reference{name, fmt.Sprintf("%s.envs[%d]", at, i), anything})
	}
	return out
}

// inline tells a patch that stands in the kustomization from a path. What
// kustomize cannot read as a patch it takes for a path or a URL, and these two
// marks no URL has.
func inline(text string) bool {
	return strings.Contains(text, "\n") || strings.HasPrefix(strings.TrimSpace(text), "{")
}

func problem(file string, line int, hint, format string, args ...any) rollout.Problems {
	return rollout.Problems{{
		Position: rollout.Position{File: file, Line: line}, Message: fmt.Sprintf(format, args...), Hint: hint,
	}}
}

// fileNames are the names that kustomize looks for in a folder.
func fileNames() []string { return konfig.RecognizedKustomizationFileNames() }
