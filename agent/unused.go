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
	come := newcomers{trees: &comparison{a: base.Tree, b: head.Tree, known: map[string]bool{}}, places: places, left: maxEntries}
	if come.look("."); len(come.plans) == 0 {
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
	for _, at := range come.plans {
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

// maxEntries and maxNesting bound how much is looked at: those of a commit that an agent
// takes.
const maxEntries, maxNesting = 100_000, 64

// newcomers are the WeightPlans in YAML files that b has and a lacks.
type newcomers struct {
	trees  *comparison
	places []place
	left   int
	plans  []rollout.Position
}

// look finds those in and below a folder. Of folders that came, only those count that
// hold a kustomization or lead to an overlay: a work tree has many that are nobody's.
func (n *newcomers) look(folder string) {
	if n.left <= 0 || strings.Count(folder, "/") > maxNesting || n.trees.identical(folder) {
		return
	}
	here, err := fs.ReadDir(n.trees.b, folder)
	if n.left -= len(here); err != nil {
		return
	}
	had := map[string]bool{}
	before, missing := fs.ReadDir(n.trees.a, folder)
	for _, e := range before {
		had[e.Name()] = true
	}
	if missing != nil && folder != "." && !n.counts(folder, here) {
		return
	}
	for _, e := range here {
		name, ext := path.Join(folder, e.Name()), path.Ext(e.Name())
		switch {
		case e.IsDir():
			n.look(name)
		case !had[e.Name()] && (ext == ".yaml" || ext == ".yml"):
			n.plans = append(n.plans, planIn(n.trees.b, name)...)
		}
	}
}

// counts tells whether a folder that came is looked at.
func (n *newcomers) counts(folder string, entries []fs.DirEntry) bool {
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(strings.ToLower(e.Name()), "kustomization") }) ||
		slices.ContainsFunc(n.places, func(at place) bool { return strings.HasPrefix(at.folder+"/", folder+"/") })
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
