package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout"
)

// codes are the values of the constants of type Code, as they are written.
func codes(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../rollout/reason.go", nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Code" {
			for _, value := range spec.Values {
				out = append(out, strings.Trim(value.(*ast.BasicLit).Value, `"`))
			}
		}
		return true
	})
	return out
}

func TestEveryReasonIsExplained(t *testing.T) {
	written := codes(t)
	require.Greater(t, len(written), 20)
	for _, code := range written {
		e, ok := rollout.Explain(rollout.Code(code))
		assert.True(t, ok, "%s is not in the table", code)
		assert.NotEmpty(t, e.Phase, code)
		assert.NotEmpty(t, e.Meaning, code)
		assert.NotEmpty(t, e.WayOut, code)
		exit, out, said := weir(t, "explain", code)
		assert.Equal(t, 0, exit, said)
		assert.Contains(t, out, "What to do: "+e.WayOut)
	}
	assert.Len(t, rollout.Codes(), len(written))
}

func TestEveryFieldIsExplained(t *testing.T) {
	fields, err := fieldsOf()
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, f := range fields {
		assert.False(t, seen[f.Path], "%s twice", f.Path)
		seen[f.Path] = true
		assert.NotEmpty(t, f.Meaning, "the schema says nothing of %s", f.Path)
		exit, out, said := weir(t, "explain", f.Path)
		assert.Equal(t, 0, exit, said)
		assert.Contains(t, out, f.Meaning)
	}
	for _, path := range []string{
		"Delivery.spec.environments.overlays", "Delivery.spec.defaultPlan.steps.pause.duration", "Delivery.metadata.name",
		"WeightPlan.spec.targets.routes", "WeightPlan.spec.steps.pause.duration", "WeightPlan.spec.progressDeadlineSeconds", "Intent.spec.verb",
	} {
		assert.True(t, seen[path], "%s is missing", path)
	}
}
