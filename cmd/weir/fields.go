package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/rollout/spec/schema"
)

// field is one field of a document that users write.
type field struct {
	// Path leads there from the document's kind: WeightPlan.spec.steps.setWeight.
	Path    string `json:"path"`
	Meaning string `json:"meaning"`
	// Takes is what may be written there, in words.
	Takes string `json:"takes,omitempty"`
}

// documents are the kinds that users write, each in the schema of its name.
func documents() []string { return []string{"Delivery", "WeightPlan", "Intent"} }

// shape is what is read of a JSON Schema.
type shape struct {
	Description string           `json:"description"`
	Ref         string           `json:"$ref"`
	Type        string           `json:"type"`
	Const       any              `json:"const"`
	Enum        []any            `json:"enum"`
	Minimum     *int             `json:"minimum"`
	Maximum     *int             `json:"maximum"`
	Required    []string         `json:"required"`
	Properties  map[string]shape `json:"properties"`
	Items       *shape           `json:"items"`
	Defs        map[string]shape `json:"$defs"`
	// Additional is false, or the shape of what an object may hold besides.
	Additional json.RawMessage `json:"additionalProperties"`
}

// schemas are the published schemas, by file.
type schemas map[string]shape

// fieldsOf lists every field of every document, each document's own order being
// that of its names.
func fieldsOf() ([]field, error) {
	all := schemas{}
	for _, kind := range documents() {
		file := strings.ToLower(kind) + ".schema.json"
		data, err := schema.Files.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading the schema of %s: %w", kind, err)
		}
		var s shape
		if err := json.Unmarshal(data, &s); err != nil {
			return nil, fmt.Errorf("reading the schema of %s: %w", kind, err)
		}
		all[file] = s
	}
	var out []field
	for _, kind := range documents() {
		file := strings.ToLower(kind) + ".schema.json"
		all.walk(file, all[file], kind, &out)
	}
	return out, nil
}

// walk adds a shape and what is below it.
func (a schemas) walk(file string, s shape, path string, out *[]field) {
	target, whole := a.resolve(file, s)
	*out = append(*out, field{Path: path, Meaning: whole.Description, Takes: takes(whole)})
	for whole.Items != nil {
		target, whole = a.resolve(target, *whole.Items)
	}
	for _, name := range slices.Sorted(maps.Keys(whole.Properties)) {
		a.walk(target, whole.Properties[name], path+"."+name, out)
	}
}

// resolve lays a shape over the one that it refers to, and says in which file
// that stands. What stands beside the reference comes first.
func (a schemas) resolve(file string, s shape) (string, shape) {
	if s.Ref == "" {
		return file, s
	}
	other, name, _ := strings.Cut(s.Ref, "#/$defs/")
	if other == "" {
		other = file
	}
	in, base := a.resolve(other, a[other].Defs[name])
	if s.Description != "" {
		base.Description = s.Description
	}
	if base.Required = append(slices.Clone(s.Required), base.Required...); s.Type != "" {
		base.Type = s.Type
	}
	properties := maps.Clone(base.Properties)
	for name, own := range s.Properties { // of this file, which then has the same definitions
		if properties == nil {
			properties = map[string]shape{}
		}
		properties[name] = own
	}
	base.Properties = properties
	return in, base
}

// takes says what may be written.
func takes(s shape) string {
	switch {
	case s.Const != nil:
		return fmt.Sprint(s.Const)
	case len(s.Enum) > 0:
		words := make([]string, len(s.Enum))
		for i, w := range s.Enum {
			words[i] = fmt.Sprint(w)
		}
		return strings.Join(words, " or ")
	case s.Type == "integer" && s.Minimum != nil && s.Maximum != nil:
		return fmt.Sprintf("a whole number from %d to %d", *s.Minimum, *s.Maximum)
	case s.Type == "boolean":
		return "true or false"
	case s.Type == "array":
		return "a list"
	case s.Type == "string":
		return "a string"
	case len(s.Properties) > 0 && len(s.Required) > 0:
		return "an object with " + strings.Join(s.Required, ", ") + " at least"
	case s.Type == "object":
		return "an object"
	}
	return ""
}
