package kustomize_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
)

func TestALadderOfKustomizationsIsRefused(t *testing.T) {
	ladder := func(rungs int) fstest.MapFS {
		archive := thing + fmt.Sprintf("-- k%d/kustomization.yaml --\nresources: [../thing.yaml]\n", rungs-1)
		for i := range rungs - 1 {
			archive += fmt.Sprintf("-- k%d/kustomization.yaml --\nresources: [../k%d]\n", i, i+1)
		}
		return repository(archive)
	}
	assert.Len(t, render(t, ladder(100), "k0"), 1)
	assert.Contains(t, refuse(t, ladder(101), "k0").Error(), "k99/kustomization.yaml:1: more than 100 kustomizations lie upon one another, down to k100")
}

func TestAnOverlayOfTooManyNodesIsRefused(t *testing.T) {
	// 100,000 nodes each, of a hundred times the same.
	many := "apiVersion: v1\nkind: A\nmetadata: {name: a}\nx: &x [" + strings.Repeat("1, ", 999) + "1]\ny: [" + strings.Repeat("*x, ", 98) + "*x]\n"
	named := func(n int) string { return strings.ReplaceAll(many, "name: a", fmt.Sprint("name: a", n)) }
	archive := "-- kustomization.yaml --\nresources: [a.yaml, b.yaml, c.yaml, d.yaml, e.yaml]\n-- a.yaml --\n" + named(1) + "-- b.yaml --\n" + named(2) + "-- c.yaml --\n" + named(3) + "-- d.yaml --\n" + named(4)
	assert.Contains(t, refuse(t, repository(archive+"-- e.yaml --\n"+named(5)), ".").Error(), "kustomization.yaml: . comes to more than 500000 YAML nodes")
	assert.Len(t, render(t, repository(archive+"-- e.yaml --\n"+strings.TrimPrefix(thing, "-- thing.yaml --\n")), "."), 5)

	again := "-- base/a.yaml --\n" + many + "-- base/kustomization.yaml --\nresources: [a.yaml]\n-- kustomization.yaml --\nresources: [k0, k1, k2, k3, k4]\n"
	for i := range 5 {
		again += fmt.Sprintf("-- k%d/kustomization.yaml --\nnamePrefix: k%d\nresources: [../base]\n", i, i)
	}
	assert.Contains(t, refuse(t, repository(again), ".").Error(), "comes to more than 500000 YAML nodes", "one file, each time that it is taken")

	patches := "-- kustomization.yaml --\nresources: [thing.yaml]\npatches: [" + strings.Repeat("{path: patch.yaml}, ", 5) + "]\n" + thing + "-- patch.yaml --\n" + strings.NewReplacer("kind: A", "kind: Thing", "name: a", "name: thing").Replace(many)
	assert.Contains(t, refuse(t, repository(patches), ".").Error(), "comes to more than 500000 YAML nodes")
}

func TestCopiesThatCouldDoubleAnOverlayTooOftenAreRefused(t *testing.T) {
	patched := func(times int, op string) fstest.MapFS {
		return repository("-- kustomization.yaml --\nresources: [thing.yaml]\npatches:\n- target: {kind: Thing}\n  path: patch.yaml\n" + thing +
			"-- patch.yaml --\n- {op: add, path: /spec, value: [a]}\n" + strings.Repeat("- {op: "+op+", from: /spec, path: /spec/-}\n", times))
	}
	assert.Contains(t, refuse(t, patched(40, "copy"), ".").Error(), "kustomization.yaml:3: the overlay's JSON patches copy 40 times: as each copy may double it")
	assert.Contains(t, refuse(t, patched(40, "!!binary Y29weQ=="), ".").Error(), "the overlay's JSON patches copy 40 times")
	inlined := "-- kustomization.yaml --\nresources: [thing.yaml]\npatches:\n- target: {kind: Thing}\n  patch: |\n" + "    - {op: add, path: /spec, value: [a]}\n" + strings.Repeat("    - {op: copy, from: /spec, path: /spec/-}\n", 40) + thing
	assert.Contains(t, refuse(t, repository(inlined), ".").Error(), "the overlay's JSON patches copy 40 times")
	assert.Len(t, render(t, patched(3, "copy"), ".")[0].Value["spec"], 4)
	few := "-- kustomization.yaml --\nresources: [thing.yaml]\npatches:\n- target: {kind: Thing}\n  patch: |\n" + strings.Repeat("    - {op: copy, from: /kind, path: /spec}\n", 5) + thing
	assert.Equal(t, "Thing", render(t, repository(few), ".")[0].Value["spec"])
}

const two = "apiVersion: v1\nkind: Thing\nmetadata: {name: a}\nspec: {x: y, u: v}\n---\napiVersion: v1\nkind: Thing\nmetadata: {name: b}\nspec: {x: y, u: v}\n"

// replaced is an overlay whose replacements are one text, once or over and over.
func replaced(times int, text string) fstest.MapFS {
	return repository("-- kustomization.yaml --\nresources: [two.yaml]\nreplacements:\n" + strings.Repeat(text, times) + "-- two.yaml --\n" + two)
}

func TestReplacementsThatFeedOneAnotherAreRefused(t *testing.T) {
	const source, target = "- source: {kind: Thing, name: %s, fieldPath: %s}\n", "  targets: [{select: {%s}, fieldPaths: [%s], options: {%s}}]\n"
	for name, text := range map[string]string{
		"a field into itself":           fmt.Sprintf(source+target, "a", "spec", "kind: Thing", "spec.n, spec.m", "create: true"),
		"a field behind itself":         fmt.Sprintf(source+target, "a", "spec.x", "name: a", "spec.x", "delimiter: ',', index: 9"),
		"behind itself by other words":  fmt.Sprintf(source+target, "a", "spec.x", "name: '.*'", ".spec.x", "delimiter: ',', index: 9"),
		"two fields into one another":   fmt.Sprintf(source+target+source+target, "a", "spec", "name: b", "spec.n", "create: true", "b", "spec", "name: a", "spec.n", "create: true"),
		"two fields behind one another": fmt.Sprintf(source+target+source+target, "a", "spec.x", "name: a", "spec.u", "delimiter: ',', index: 9", "a", "spec.u", "name: a", "spec.x", "delimiter: ',', index: 9"),
	} {
		assert.Contains(t, refuse(t, replaced(20, text), ".").Error(), "the replacement copies into what replacements copy", name)
		assert.Len(t, render(t, replaced(1, text), "."), 2, name)
	}
	tree := replaced(0, "")
	tree["kustomization.yaml"].Data = []byte("resources: [two.yaml]\nreplacements:\n" + strings.Repeat("- path: list.yaml\n", 20))
	tree["list.yaml"] = &fstest.MapFile{Data: []byte(fmt.Sprintf(source+target, "a", "spec", "kind: Thing", "spec.n", "create: true")), Mode: 0o644}
	assert.Contains(t, refuse(t, tree, ".").Error(), "kustomization.yaml:16: the replacement copies into what replacements copy")
	assert.Contains(t, refuse(t, replaced(1_001, fmt.Sprintf(source+target, "a", "spec.x", "name: b", "spec.x", "")), ".").Error(), "name more than 2000 fields")
}

func TestReplacementsAsPeopleWriteThemAreNot(t *testing.T) {
	for name, text := range map[string]string{
		"a tag from one to another":   "- source: {kind: Thing, name: a, fieldPath: spec.x, options: {delimiter: ':', index: 0}}\n  targets: [{select: {kind: Thing, name: b}, fieldPaths: [spec.x], options: {delimiter: ':', index: 1}}]\n",
		"one field in all":            "- source: {kind: Thing, name: a, fieldPath: spec.x}\n  targets: [{select: {kind: Thing}, fieldPaths: [spec.x]}]\n",
		"a host of parts, then taken": "- source: {kind: Thing, name: a}\n  targets: [{select: {name: b}, fieldPaths: [spec.u], options: {delimiter: '.', index: 0}}]\n- source: {kind: Thing, name: b, fieldPath: spec.u}\n  targets: [{select: {name: a}, fieldPaths: [spec.u]}]\n",
	} {
		assert.Len(t, render(t, replaced(100, text), "."), 2, name)
	}
}
