package kustomize

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/kyaml/utils"

	"github.com/weir-delivery/weir/rollout/spec"
)

// feed is a field that something copies into other objects, perhaps into a
// weight. The kind is empty where it may be any.
type feed struct {
	kind string
	path []string
}

// feedsOf are the fields that the kustomization's replacements and vars copy.
// What an object is called is none: no name is ever exchanged.
func feedsOf(k *kustomization, files map[string][]byte) []feed {
	var out []feed
	add := func(kind, field string) {
		at := utils.SmarterPathSplitter(field, ".")
		if called := []string{"", "kind", "apiVersion", "metadata", "metadata.name", "metadata.namespace"}; !slices.Contains(called, field) {
			out = append(out, feed{kind, at})
		}
	}
	replacements := items(k.root, "replacements")
	for _, r := range k.Replacements {
		file, refused := resolved(k.folder(), r.Path)
		if docs, problems := spec.Documents(files[file], file); refused == nil && len(problems) == 0 {
			for _, doc := range docs {
				replacements = append(replacements, listed(doc)...)
			}
		}
	}
	for _, r := range replacements {
		add(text(r, "source", "kind"), text(r, "source", "fieldPath"))
	}
	//lint:ignore SA1019 users still write it, so it is traced like the rest
	for _, v := range k.Vars {
		add(v.ObjRef.Kind, v.FieldRef.FieldPath)
	}
	return out
}

// below is the rest of the feed's path below the other path.
func (f feed) below(at []string) ([]string, bool) {
	if len(at) > len(f.path) || !slices.Equal(at, f.path[:len(at)]) {
		return nil, false
	}
	return f.path[len(at):], true
}

// copied exchanges what is copied from the object.
func (x *exchange) copied(t passage, d document) {
	for _, f := range x.feeds {
		if f.kind == "" || f.kind == d.kind {
			x.fed(t, d.node, f.path)
		}
	}
}

// fed exchanges what stands at the path below the node: everything below where
// it ends, and all items of the lists on its way.
func (x *exchange) fed(t passage, n *yaml.Node, at []string) {
	rest := at[min(1, len(at)):]
	switch n.Kind {
	case yaml.AliasNode:
		x.fed(t, n.Alias, at)
	case yaml.ScalarNode: // a path may lead on into JSON that it holds
		x.scalar(t, n)
	case yaml.SequenceNode:
		for _, item := range n.Content {
			x.fed(t, item, rest)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			switch key := n.Content[i]; {
			case key.ShortTag() == "!!merge":
				x.fed(t, n.Content[i+1], at)
			case len(at) == 0 || key.Value == at[0]:
				x.fed(t, n.Content[i+1], rest)
			}
		}
	}
}

// scalar exchanges a scalar that is the value of a weight, or the numbers in it
// that are.
func (x *exchange) scalar(t passage, n *yaml.Node) {
	switch value := rendered(n); {
	case n.ShortTag() == "!!null":
	case x.values[value]:
		x.put(n, x.number(t.at(t.offset(n)), value), value, n.ShortTag() == "!!str")
	case n.ShortTag() == "!!str":
		x.string(t, n, 0)
	}
}

// string exchanges the numbers in a string, from the offset on.
func (x *exchange) string(t passage, n *yaml.Node, from int) {
	if after, changed := x.part(t.inside(n), from, len(n.Value)); changed {
		x.done[n] = n.Value
		n.Value, n.Style = n.Value[:from]+after, yaml.DoubleQuotedStyle
	}
}

// part is a part of the passage, exchanged: all of it, or the numbers in it.
func (x *exchange) part(t passage, from, to int) (string, bool) {
	all := t.data[from:to]
	if value := strings.Trim(all, " \t\r\n\"'"); x.values[value] {
		at := strings.Index(all, value)
		return all[:at] + x.number(t.at(from+at), value) + all[at+len(value):], true
	}
	var out strings.Builder
	done := 0
	for _, m := range numerals.FindAllStringIndex(all, -1) {
		if value := all[m[0]:m[1]]; x.values[value] {
			out.WriteString(all[done:m[0]] + x.number(t.at(from+m[0]), value))
			done = m[1]
		}
	}
	return out.String() + all[done:], done > 0
}

// constants exchanges the values that stand in replacements.
func (x *exchange) constants(t passage, replacements []*yaml.Node) {
	for _, r := range replacements {
		if n := child(r, "sourceValue"); n != nil && n.Kind == yaml.ScalarNode && len(x.values) > 0 {
			x.scalar(t, n)
		}
	}
}

// settles tells whether the key of a generated ConfigMap is copied.
func (x *exchange) settles(key string) bool {
	return slices.ContainsFunc(x.feeds, func(f feed) bool {
		_, whole := f.below([]string{"data"})
		return whole && (f.kind == "" || f.kind == "ConfigMap") && (len(f.path) == 1 || f.path[1] == key)
	})
}

// literals exchanges in what stands in the generators of ConfigMaps.
func (x *exchange) literals(t passage, k *kustomization) {
	for _, generator := range items(k.root, "configMapGenerator") {
		for _, n := range items(generator, "literals") {
			if key, _, found := strings.Cut(n.Value, "="); found && n.Kind == yaml.ScalarNode && x.settles(key) {
				x.string(t, n, len(key)+1)
			}
		}
	}
}

// generated exchanges in the files that ConfigMaps are generated from. What is
// an object too was exchanged as that.
func (x *exchange) generated(k *kustomization) {
	for _, generator := range k.ConfigMapGenerator {
		for _, name := range generator.FileSources {
			key, file, named := strings.Cut(name, "=")
			if !named {
				key, file = path.Base(name), name
			}
			if x.settles(key) {
				x.file(k, file, func(t passage) string {
					out, _ := x.part(t, 0, len(t.data))
					return out
				})
			}
		}
		for _, name := range generator.EnvSources {
			x.file(k, name, x.variables)
		}
	}
}

// file exchanges in a file that the kustomization names.
func (x *exchange) file(k *kustomization, name string, by func(passage) string) {
	file, refused := resolved(k.folder(), name)
	if data, reached := x.files[file]; refused == nil && reached && !x.read[file] {
		x.read[file] = true
		x.files[file] = []byte(by(whole(file, data)))
	}
}

// variables exchanges in a file of lines that are a key, = and a value.
func (x *exchange) variables(t passage) string {
	var out strings.Builder
	for i, from := range t.lines {
		to := len(t.data)
		if i+1 < len(t.lines) {
			to = t.lines[i+1]
		}
		line := t.data[from:to]
		if key, _, found := strings.Cut(line, "="); found && x.settles(strings.TrimSpace(key)) {
			after, _ := x.part(t, from+len(key)+1, to)
			line = key + "=" + after
		}
		out.WriteString(line)
	}
	return out.String()
}
