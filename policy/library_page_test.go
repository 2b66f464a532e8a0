package policy_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/policy"
)

var update = flag.Bool("update", false, "write library/README.md anew")

func TestThePageOfTheLibraryIsWhatTheAnnotationsSay(t *testing.T) {
	page := libraryPage(t)
	if *update {
		require.NoError(t, os.WriteFile("library/README.md", page, 0o644))
	}
	have, err := os.ReadFile("library/README.md")
	require.NoError(t, err)
	assert.Equal(t, string(page), string(have), "write it anew: go test ./policy -run Page -update")
}

const pageHead = `# The library

The sets of rules that come with weir, as their annotations describe them. This page is written by
` + "`go test ./policy -run Page -update`" + `.

    # weir.yaml
    spec:
      policies: {path: policies, packages: [canary], sets: [baseline, production]}

    # policies/data.yaml
    limits:
      maxStep: {production: 25, default: 50}
      quietHours: {production: {Friday: 12, Saturday: 0, Sunday: 0}, default: {}}
      production: {staging: false}      # the set of this name does not judge staging

A limit is what the data say of the environment, else their ` + "`default`" + `, else the set's own. What is misspelt, in the
wrong place or of the wrong type is denied, and so is a limit of a set that is not enforced. Times are UTC.
`

// pageOf is what the page says of each folder of the library, in its order.
var pageOf = []struct{ set, says string }{
	{policy.Baseline, "Enforced where `spec.policies` is left out: what is never right, in any environment."},
	{policy.Production, "What a platform team asks of a plan and of the time. No rule of it holds a rollback. Where\n`limits.production.<environment>` is false, none of them judges."},
	{policy.Regulated, "What an auditor asks besides: who approves, and that a rollout ends. It presumes production beside it, which\nasks for windows, soak and analysis: write `sets: [baseline, production, regulated]`. Where\n`limits.regulated.<environment>` is false, none of its rules judges."},
	{"weir", "Comes with every set."},
}

// libraryPage is library/README.md: a table of rules for each set, and one of limits.
func libraryPage(t *testing.T) []byte {
	t.Helper()
	b := bytes.NewBufferString(pageHead)
	files, limits, heeded := libraryFiles(t), map[string]pageLimit{}, map[string]bool{}
	for _, name := range policy.SetNames() {
		maps.Copy(limits, limitsOf(t, files[name+"/limits.rego"].module, files["weir/limits.rego"].module))
	}
	for _, p := range pageOf {
		fmt.Fprintf(b, "\n## %s\n\n%s\n\n| label | rule | level | title | limits, and their default |\n|---|---|---|---|---|\n", p.set, p.says)
		for _, r := range rulesOf(files, p.set) {
			var heeds []string
			for _, name := range r.limits {
				heeded[name] = true
				heeds = append(heeds, "`"+name+"` "+limits[name].otherwise)
			}
			fmt.Fprintf(b, "| %s | `%s` | %s | %s | %s |\n", r.id, r.name, r.level, r.title, strings.Join(heeds, ", "))
		}
	}
	b.WriteString("\n## The limits\n\n| under `limits` | is | default |\n|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		assert.True(t, heeded[name] || slices.Contains(policy.SetNames(), name), "no rule heeds limits.%s", name)
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", name, limits[name].is, limits[name].otherwise)
	}
	return b.Bytes()
}

// libraryFile is one file of the library.
type libraryFile struct {
	text   string
	module *ast.Module
}

// libraryFiles are the files of the library without its tests, by their paths in it.
func libraryFiles(t *testing.T) map[string]libraryFile {
	t.Helper()
	tree, files := os.DirFS("library"), map[string]libraryFile{}
	names, err := fs.Glob(tree, "*/*.rego")
	require.NoError(t, err)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.rego") {
			continue
		}
		data, err := fs.ReadFile(tree, name)
		require.NoError(t, err)
		module, err := ast.ParseModuleWithOpts(name, string(data), ast.ParserOptions{ProcessAnnotation: true})
		require.NoError(t, err)
		files[name] = libraryFile{string(data), module}
	}
	return files
}

// pageRule is a rule as the page lists it.
type pageRule struct {
	id, name, level, title string
	limits                 []string
}

// heeds finds the limits that a rule asks for.
var heeds = regexp.MustCompile(`weir\.limit\("([A-Za-z]+)"\)`)

// rulesOf are the rules of a set, by their ids, with all limits that their files ask for.
func rulesOf(files map[string]libraryFile, set string) []pageRule {
	var out []pageRule
	for name, f := range files {
		if path.Dir(name) != set {
			continue
		}
		for _, a := range f.module.Annotations {
			at := a.GetTargetPath()
			rule, ok := at[len(at)-1].Value.(ast.String)
			if !ok || a.Scope != "rule" {
				continue
			}
			level, _, _ := strings.Cut(string(rule), "_")
			r := pageRule{id: fmt.Sprint(a.Labels["id"]), name: set + "." + string(rule), level: level, title: a.Title}
			for _, found := range heeds.FindAllStringSubmatch(f.text, -1) {
				if !slices.Contains(r.limits, found[1]) {
					r.limits = append(r.limits, found[1])
				}
			}
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b pageRule) int { return strings.Compare(a.id+a.name, b.id+b.name) })
	return out
}

// pageLimit is a limit as the page lists it.
type pageLimit struct{ is, otherwise string }

// limitsOf reads a set's object of limits, in the words of the shared package.
func limitsOf(t *testing.T, set, shared *ast.Module) map[string]pageLimit {
	t.Helper()
	object := func(m *ast.Module, rule string) map[string]any {
		i := slices.IndexFunc(m.Rules, func(r *ast.Rule) bool { return r.Head.Name.String() == rule })
		require.GreaterOrEqual(t, i, 0, "%s has no %s", m.Package, rule)
		value, err := ast.JSON(m.Rules[i].Head.Value.Value)
		require.NoError(t, err)
		return value.(map[string]any)
	}
	kinds, out := object(shared, "kinds"), map[string]pageLimit{}
	for name, about := range object(set, "limits") {
		about := about.(map[string]any)
		text, err := json.Marshal(about["default"])
		require.NoError(t, err)
		plain := strings.NewReplacer(`"`, "", ",", ", ", ":", ": ").Replace(string(text))
		out[name] = pageLimit{kinds[about["is"].(string)].(string), plain}
	}
	return out
}
