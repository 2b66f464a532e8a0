package kustomize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// objects turns what kustomize built into what the agent reads.
func objects(g *graph, built resmap.ResMap, origins map[*resource.Resource]*resource.Origin) ([]agent.Object, error) {
	var problems rollout.Problems
	out := make([]agent.Object, 0, built.Size())
	t := follow(g, built)
	for _, r := range built.Resources() {
		o := agent.Object{Origin: rollout.Position{File: g.top.file}}
		o.Where = func(string) rollout.Position { return o.Origin }
		if origin := origins[r]; origin != nil {
			o.Origin, o.Where = g.origin(origin, r)
		}
		value, err := plain(r)
		if err != nil {
			problems = append(problems, rollout.Problem{Position: o.Origin, Message: fmt.Sprintf("%s %s %s", r.GetKind(), r.GetName(), guarded(err.Error())), Hint: "write it as a string, or a smaller number"})
		}
		o.Value, o.Where = value, t.where(r, value, o.Where)
		out = append(out, o)
	}
	if len(problems) > 0 {
		return nil, problems.Sorted()
	}
	return out, nil
}

// origin finds the document that kustomize says the object came from.
func (g *graph) origin(from *resource.Origin, r *resource.Resource) (rollout.Position, func(string) rollout.Position) {
	if from.ConfiguredIn != "" {
		at := g.generator(path.Join(g.top.folder(), from.ConfiguredIn), r.GetName())
		return at, func(string) rollout.Position { return at }
	}
	file := path.Join(g.top.folder(), from.Path)
	d, ok := source(g.documents[file], r)
	at := rollout.Position{File: file, Line: d.line}
	if !ok {
		return at, func(string) rollout.Position { return at }
	}
	return at, where(at, g.files[file], d.index, d.path)
}

// source is the document with the object's kind and, of several, the one whose
// name kustomize made the object's name from: the same, or the longest part of it.
func source(docs []document, r *resource.Resource) (document, bool) {
	best, found := document{}, -1
	for _, d := range docs {
		if d.kind != r.GetKind() || group(d.apiVersion) != group(r.GetApiVersion()) {
			continue
		}
		score := 0
		switch {
		case d.name == r.GetName():
			score = 2000
		case strings.Contains(r.GetName(), d.name):
			score = 2 * len(d.name)
		}
		if d.namespace == r.GetNamespace() {
			score++
		}
		if score > found {
			best, found = d, score
		}
	}
	if found < 0 && len(docs) > 0 { // a patch changed the kind
		return docs[0], true
	}
	return best, found >= 0
}

func group(apiVersion string) string {
	before, _, ok := strings.Cut(apiVersion, "/")
	if !ok {
		return ""
	}
	return before
}

// generator is the position of the generator that made the object.
func (g *graph) generator(file, name string) rollout.Position {
	at := rollout.Position{File: file}
	k := g.parsed[path.Dir(file)]
	if k == nil {
		return at
	}
	longest := -1
	look := func(list string, i int, n string) {
		if strings.Contains(name, n) && len(n) > longest {
			longest, at = len(n), k.at(fmt.Sprintf("%s[%d]", list, i))
		}
	}
	for i, a := range k.ConfigMapGenerator {
		look("configMapGenerator", i, a.Name)
	}
	for i, a := range k.SecretGenerator {
		look("secretGenerator", i, a.Name)
	}
	return at
}

// where parses the file when it is first asked, and again by nobody.
func where(at rollout.Position, data []byte, index int, inside string) func(string) rollout.Position {
	parse := sync.OnceValue(func() func(string) int {
		docs, problems := spec.Documents(data, at.File)
		if len(problems) > 0 || index >= len(docs) {
			return func(string) int { return at.Line }
		}
		return func(path string) int { return spec.Locate(docs[index], path) }
	})
	return func(field string) rollout.Position {
		if field == "" {
			return at
		}
		full := strings.TrimPrefix(inside+"."+field, ".")
		return rollout.Position{File: at.File, Line: parse()(full)}
	}
}

// plain is the object as JSON types. Numbers that neither int64 nor float64
// can hold are an error.
func plain(r *resource.Resource) (map[string]any, error) {
	data, err := r.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("cannot be written as JSON: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var out map[string]any
	if err := decoder.Decode(&out); err != nil {
		return nil, fmt.Errorf("cannot be read back: %w", err)
	}
	_, err = numbers(out)
	return out, err
}

// numbers replaces every json.Number, in place.
func numbers(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case map[string]any:
		for key, item := range v {
			if v[key], err = numbers(item); err != nil {
				return nil, err
			}
		}
	case []any:
		for i, item := range v {
			if v[i], err = numbers(item); err != nil {
				return nil, err
			}
		}
	case json.Number:
		return number(v.String())
	}
	return v, nil
}

func number(text string) (any, error) {
	if !strings.ContainsAny(text, ".eE") {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("holds the number %s, which no 64 bits can hold", text)
		}
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("holds the number %s, which no 64 bits can hold", text)
	}
	return f, nil
}
