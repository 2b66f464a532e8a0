package kustomize

import (
	"cmp"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// localConfig is the annotation of what kustomize leaves out of its output.
const localConfig = konfig.IgnoredByKustomizeAnnotation

const plansStay = "leave the annotation out; weir never applies a WeightPlan to the cluster"

// document is one object as a file has it.
type document struct {
	node  *yaml.Node
	index int    // of the YAML document in its file
	path  string // in the YAML document, where that is a list of objects
	line  int
	// Its identity before kustomize changes it.
	apiVersion, kind, namespace, name string
}

// split finds the objects in a file's documents; a list of objects, as
// kubectl prints it, is taken apart as kustomize does.
func split(docs []*yaml.Node) []document {
	var out []document
	for i, node := range docs {
		d := describe(node, i, "")
		items := child(node, "items")
		if !strings.HasSuffix(d.kind, "List") || items == nil || items.Kind != yaml.SequenceNode {
			out = append(out, d)
			continue
		}
		for j, item := range items.Content {
			out = append(out, describe(item, i, fmt.Sprintf("items[%d]", j)))
		}
	}
	return out
}

func describe(node *yaml.Node, index int, at string) document {
	return document{
		node: node, index: index, path: at, line: node.Line,
		apiVersion: text(node, "apiVersion"), kind: text(node, "kind"),
		namespace: text(node, "metadata", "namespace"), name: text(node, "metadata", "name"),
	}
}

// child follows the keys, through aliases.
func child(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		if n = spec.Child(n, key); n == nil {
			return nil
		}
	}
	return n
}

func text(n *yaml.Node, keys ...string) string {
	if n = child(n, keys...); n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

// check reports what is wrong with the object before kustomize sees it.
func (d document) check(g *graph, file string) {
	at := rollout.Position{File: file, Line: d.line}
	switch {
	case d.node.Kind != yaml.MappingNode:
		g.say(at, "every document of a resource file is a Kubernetes object", "the document is no object")
	case d.apiVersion == "" || d.kind == "" || d.name == "":
		missing := cmp.Or(first(d.apiVersion == "", "apiVersion"), first(d.kind == "", "kind"), "metadata.name")
		g.say(at, "add "+missing, "the document has no %s", missing)
	case d.kind == spec.KindPlan && strings.HasPrefix(d.apiVersion, "weir.dev/"):
		if mark := child(d.node, "metadata", "annotations", localConfig); mark != nil && mark.Value != "false" {
			at.Line = spec.Locate(d.node, "metadata.annotations."+localConfig)
			g.say(at, plansStay, "the WeightPlan %s is marked with %s, so kustomize would drop it", d.name, localConfig)
		}
	}
}

func first(is bool, text string) string {
	if is {
		return text
	}
	return ""
}
