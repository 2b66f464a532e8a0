package kustomize

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// copying notes the copies that a patch makes, if it is a JSON patch. What is plainly
// another operation is none; a patch that cannot be read makes none.
func (g *graph) copying(at rollout.Position, patch string) {
	docs, _ := spec.Documents([]byte(patch), at.File)
	for _, doc := range docs {
		if doc.Kind != yaml.SequenceNode {
			continue
		}
		for _, op := range doc.Content {
			if !slices.Contains([]string{"add", "remove", "replace", "move", "test"}, text(op, "op")) {
				g.copies = append(g.copies, at)
			}
		}
	}
}

// multiplied refuses what copies could make too large. A copy may take an object
// into itself, and so double it; the next one doubles that.
func (g *graph) multiplied(total amount) {
	times := min(len(g.copies), 30)
	if times > 0 && (total.nodes<<times > maxNodes || g.bytes<<times > maxTotal) {
		g.say(g.copies[0], "write the values out, or use replacements",
			"the overlay's JSON patches copy %d times: as each copy may double it, it could come to more than %d YAML nodes or %d MiB", len(g.copies), maxNodes, maxTotal>>20)
	}
}
