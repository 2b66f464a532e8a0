package cmd_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/weir-delivery/weir/"

// pkg is what `go list` says of a package of this module; ImportPath is
// without the module's own.
type pkg struct {
	ImportPath string
	Imports    []string // of the package itself, tests aside
	Deps       []string // all that it stands on
}

func TestEachLayerImportsOnlyWhatLiesBelowIt(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			if below, ours := strings.CutPrefix(imported, module); ours {
				assert.True(t, mayImport(p.ImportPath, below), "%s must not import %s", p.ImportPath, below)
			}
		}
	}
}

func TestTheImportRulesAreThoseOfTheDesign(t *testing.T) {
	for _, allowed := range [][2]string{
		{"cmd/weir", "agent/git"}, {"cmd/weir", "cmd/weir/report"}, {"cmd/demo", "agent/agenttest"},
		{"agent/kube", "agent"}, {"agent/git", "policy"}, {"agent/kube", "rollout/istio"}, {"agent/web", "agent/audit"},
		{"agent", "agent/audit"}, {"agent", "policy"}, {"agent", "rollout/spec"},
		{"agent/audit", "policy"}, {"policy", "rollout"}, {"policy", "rollout/istio"}, {"rollout/spec", "rollout"},
	} {
		assert.True(t, mayImport(allowed[0], allowed[1]), "%s may import %s", allowed[0], allowed[1])
	}
	for _, forbidden := range [][2]string{
		{"rollout", "rollout/spec"}, {"rollout/spec", "rollout/istio"}, {"rollout/istio", "policy"},
		{"policy", "agent"}, {"policy", "agent/audit"}, {"agent/audit", "agent"},
		{"agent", "agent/git"}, {"agent/git", "agent/kube"}, {"agent/kube", "agent/agenttest"},
		{"cmd/weir", "agent/agenttest"}, {"agent", "cmd/weir"},
	} {
		assert.False(t, mayImport(forbidden[0], forbidden[1]), "%s must not import %s", forbidden[0], forbidden[1])
	}
}

// mayImport tells whether a package of ours may import another one.
func mayImport(importer, imported string) bool {
	domain := imported == "rollout" || path.Dir(imported) == "rollout"
	switch layer, _, _ := strings.Cut(importer, "/"); {
	case strings.HasPrefix(imported, "agent/agenttest"):
		return importer == "cmd/demo" || path.Dir(importer) == "agent/agenttest" // and tests
	case layer == "cmd":
		return true
	case importer == "rollout":
		return false
	case layer == "rollout":
		return imported == "rollout"
	case layer == "policy":
		return domain
	case importer == "agent/audit":
		return domain || imported == "policy"
	case importer == "agent":
		return domain || imported == "policy" || imported == "agent/audit"
	case layer == "agent":
		return domain || imported == "policy" || imported == "agent/audit" || imported == "agent"
	}
	return false
}

func TestTheDomainIsPure(t *testing.T) {
	const cron, yaml, likeness = "github.com/robfig/cron/v3", "go.yaml.in/yaml/v3", "github.com/agnivade/levenshtein"
	thirdParty := map[string][]string{
		"rollout":      {cron, likeness}, // its Schedule
		"rollout/spec": {cron, yaml},
	}
	for _, p := range packages(t) {
		if p.ImportPath != "rollout" && path.Dir(p.ImportPath) != "rollout" {
			continue
		}
		for _, imported := range p.Imports {
			for _, impure := range []string{"os", "net", "log", "context", "embed", "k8s.io"} {
				// net/netip and net/url are values and text, as net/http and its like are not.
				assert.False(t, within(imported, impure) && imported != "net/netip" && imported != "net/url", "%s must not import %s", p.ImportPath, imported)
			}
			if !standard(imported) && !strings.HasPrefix(imported, module) {
				assert.Contains(t, thirdParty[p.ImportPath], imported, "%s must not import it", p.ImportPath)
			}
		}
		for _, dep := range p.Deps {
			for _, impure := range []string{"net", "os/exec", "k8s.io"} {
				// net/netip and the like are values and text; only package net itself opens sockets.
				assert.False(t, dep == impure || impure != "net" && within(dep, impure), "%s must not depend on %s", p.ImportPath, dep)
			}
		}
	}
}

// within tells whether the import path is that of the tree or below it.
func within(imported, tree string) bool {
	return imported == tree || strings.HasPrefix(imported, tree+"/")
}

// standard tells whether the import path is of Go's own library.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

// packages lists the packages of this module, which `cmd/localcluster` is not of.
func packages(t *testing.T) []pkg {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports,Deps", "./...")
	list.Dir = root
	out, err := list.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, list.Start())
	var found []pkg
	for decoder := json.NewDecoder(out); ; {
		var p pkg
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		found = append(found, p)
	}
	require.NoError(t, list.Wait())
	require.True(t, slices.ContainsFunc(found, func(p pkg) bool { return p.ImportPath == "rollout" }))
	return found
}
