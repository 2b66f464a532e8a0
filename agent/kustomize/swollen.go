package kustomize

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/utils"
	"sigs.k8s.io/yaml"

	"github.com/weir-delivery/weir/rollout"
)

// Limits of an overlay's replacements: the fields that they name, and how many
// times its own size a field that one copies may reach.
const (
	maxFields = 2_000
	maxGrowth = 10_000
)

// several is how many fields a path stands for that leads through each item of a
// list.
const several = 30

// replacement is one of an overlay, and where it stands.
type replacement struct {
	types.Replacement
	at rollout.Position
}

// copied is a field that replacements copy, and how many times its own size it may
// have come to.
type copied struct {
	kind, name string
	path       []string
	times      int
}

// replacing notes the kustomization's replacements, after those of what it is made
// of. What cannot be read is left to kustomize.
func (g *graph) replacing(k *kustomization) {
	for i, field := range k.Replacements {
		list := []types.Replacement{field.Replacement}
		if file, r := resolved(k.folder(), field.Path); field.Path != "" && r == nil {
			list = make([]types.Replacement, 1)
			if yaml.Unmarshal(g.files[file], &list) != nil && yaml.Unmarshal(g.files[file], &list[0]) != nil {
				continue
			}
		}
		for _, r := range list {
			g.replacements = append(g.replacements, replacement{r, k.at(fmt.Sprintf("replacements[%d]", i))})
		}
	}
}

// swollen refuses replacements that copy into what replacements copy, until it could
// be too large: a field that is copied into itself twice is four times as large.
func (g *graph) swollen() {
	fields, known := 0, map[string]*copied{}
	for _, r := range g.replacements {
		sourceOf(known, r)
		fields++
		for _, t := range r.Targets {
			fields += len(pathsOf(t))
		}
		if fields > maxFields {
			g.say(r.at, "split the overlay", "the overlay's replacements name more than %d fields", maxFields)
			return
		}
	}
	for _, r := range g.replacements {
		from := sourceOf(known, r)
		for _, t := range r.Targets {
			for _, path := range pathsOf(t) {
				times := from.times
				for _, c := range known {
					if c.receives(times, c == from, t, path); c.times > maxGrowth {
						g.say(r.at, "copy from where nothing is copied to", "the replacement copies into what replacements copy, which could come to more than %d times its size", maxGrowth)
						return
					}
				}
			}
		}
	}
}

// sourceOf is what the replacement copies.
func sourceOf(known map[string]*copied, r replacement) *copied {
	if r.Source == nil {
		return &copied{times: 1}
	}
	path := r.Source.FieldPath
	if path == "" {
		path = types.DefaultReplacementFieldPath
	}
	key := r.Source.Kind + " " + r.Source.Name + " " + path
	if known[key] == nil {
		known[key] = &copied{r.Source.Kind, r.Source.Name, utils.SmarterPathSplitter(path, "."), 1}
	}
	return known[key]
}

// pathsOf are the fields that are copied to, split.
func pathsOf(t *types.TargetSelector) [][]string {
	if t == nil || len(t.FieldPaths) == 0 {
		return [][]string{utils.SmarterPathSplitter(types.DefaultReplacementFieldPath, ".")}
	}
	var out [][]string
	for _, path := range t.FieldPaths {
		out = append(out, utils.SmarterPathSplitter(path, "."))
	}
	return out
}

// receives notes that a field, itself or one that came to so many times its size, is
// copied to the path in all that is selected.
func (c *copied) receives(times int, itself bool, t *types.TargetSelector, path []string) {
	for i := range min(len(path), len(c.path)) {
		if !meets(path[i], c.path[i]) {
			return
		}
	}
	if t == nil || t.Select == nil || !maybe(t.Select.Kind, c.kind, false) || !maybe(t.Select.Name, c.name, true) {
		return
	}
	writes := 1
	if slices.ContainsFunc(path, func(key string) bool { return key == "*" || strings.Contains(key, "=") }) {
		writes = several
	}
	switch {
	case len(path) > len(c.path) && itself:
		c.times = min(c.times<<writes, maxGrowth+1)
	case len(path) > len(c.path):
		c.times = min(c.times+writes*times, maxGrowth+1)
	case len(path) == len(c.path) && t.Options != nil && t.Options.Delimiter != "":
		c.times = min(c.times+times, maxGrowth+1)
	default:
		c.times = max(c.times, times)
	}
}

// maybe tells whether the pattern may select what a source calls so. On its way
// through kustomizations a name may become longer at both ends.
func maybe(pattern, called string, longer bool) bool {
	return pattern == "" || called == "" || pattern == called || regexp.QuoteMeta(pattern) != pattern ||
		longer && (strings.Contains(pattern, called) || strings.Contains(called, pattern))
}

// meets tells whether two keys of paths may lead to the same.
func meets(a, b string) bool {
	if a == b || a == "*" || b == "*" {
		return true
	}
	field, value, found := strings.Cut(strings.Trim(a, "[]"), "=")
	other, wanted, also := strings.Cut(strings.Trim(b, "[]"), "=")
	if found && also && field == other {
		return regexp.QuoteMeta(value) != value || regexp.QuoteMeta(wanted) != wanted
	}
	return item(a) && item(b)
}

// item tells whether the key leads to an item of a list.
func item(key string) bool {
	_, err := strconv.Atoi(key)
	return err == nil || key == "-" || strings.Contains(key, "=")
}
