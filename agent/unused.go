package agent

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// planKind is the line by which a document says that it is a WeightPlan.
var planKind = regexp.MustCompile(`(?m)^kind:[ \t]*["']?WeightPlan["']?[ \t\r]*(#.*)?$`)

// Unused are warnings of the WeightPlans that a change adds in files which no overlay of
// the Delivery reads: kustomize passes over what no kustomization names, and the traffic
// that such a plan was written for goes by another one, or at once. Where an overlay does
// not tell what it reads, there are none.
func Unused(renderer Reacher, base, head Revision, delivery string) []policy.Finding {
	places := draftOf(head, delivery, nil).places
	trees := &comparison{a: base.Tree, b: head.Tree, known: map[string]bool{}}
	added := trees.plansAdded(".", func(folder string) bool {
		return slices.ContainsFunc(places, func(at place) bool { return strings.HasPrefix(at.folder+"/", folder+"/") })
	})
	if len(added) == 0 {
		return nil
	}
	read := map[string]bool{}
	reaching := renderer.Reaching(head.Tree)
	for _, at := range places {
		reach, known := reaching(at.folder)
		if !known {
			return nil
		}
		for _, file := range reach.Files {
			read[file] = true
		}
	}
	var out []policy.Finding
	for _, at := range added {
		if !read[at.File] {
			out = append(out, policy.Finding{
				Rule: "weir-plan-unused", Level: policy.Warns, Step: -1, Position: at,
				Message: fmt.Sprintf("no overlay in %s reads %s, so no traffic goes by its WeightPlan", delivery, at.File),
				Fix:     "Add the file to the resources of its overlay's kustomization.yaml, or take it out.",
			})
		}
	}
	return out
}

// plansAdded are the WeightPlans in YAML files that came, in and below a folder. Of
// folders that came, only those count that hold a kustomization or lead to an overlay: a
// work tree has many that are nobody's.
func (c *comparison) plansAdded(folder string, leads func(folder string) bool) []rollout.Position {
	if c.identical(folder) {
		return nil
	}
	here, err := fs.ReadDir(c.b, folder)
	if err != nil {
		return nil
	}
	had := map[string]bool{}
	before, missing := fs.ReadDir(c.a, folder)
	for _, e := range before {
		had[e.Name()] = true
	}
	kustomized := slices.ContainsFunc(here, func(e fs.DirEntry) bool { return strings.HasPrefix(strings.ToLower(e.Name()), "kustomization") })
	if missing != nil && !kustomized && !leads(folder) {
		return nil
	}
	var out []rollout.Position
	for _, e := range here {
		name, ext := path.Join(folder, e.Name()), path.Ext(e.Name())
		switch {
		case e.IsDir():
			out = append(out, c.plansAdded(name, leads)...)
		case had[e.Name()] || ext != ".yaml" && ext != ".yml":
		default:
			out = append(out, planIn(c.b, name)...)
		}
	}
	return out
}

// planIn is the first WeightPlan in a file; none where it cannot be read.
func planIn(tree fs.FS, name string) []rollout.Position {
	data, _ := fs.ReadFile(tree, name)
	found := planKind.FindIndex(data)
	if found == nil {
		return nil
	}
	return []rollout.Position{{File: name, Line: 1 + bytes.Count(data[:found[0]], []byte("\n"))}}
}
