package istio_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/weir-delivery/weir/rollout/istio"
)

var update = flag.Bool("update", false, "write into testdata/verdicts what weir says")

// ruled is one object of testdata/verdicts, and what is recorded beside it:
// what Istio's own validation says, what the API server says beyond that, what
// weir says, and why they differ. Istio's part is kept fresh by `make test`.
type ruled struct {
	object                   map[string]any
	istio, server, weir, why string
}

// verdicts reads a file of testdata/verdicts: the names of its objects, in
// order, and the objects.
func verdicts(t testing.TB, file string) (names []string, all map[string]*ruled) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	require.NoError(t, err)
	all = map[string]*ruled{}
	var of *ruled
	for _, f := range archive.Files {
		switch f.Name {
		case "istio":
			of.istio = string(f.Data)
		case "server":
			of.server = string(f.Data)
		case "weir":
			of.weir = string(f.Data)
		case "why":
			of.why = string(f.Data)
		default:
			require.NotContains(t, all, f.Name, file)
			of = &ruled{}
			require.NoError(t, yaml.Unmarshal(f.Data, &of.object), f.Name)
			placed(of.object)
			names, all[f.Name] = append(names, f.Name), of
		}
	}
	return names, all
}

// placed gives the object the name and the namespace that Istio is told too.
func placed(object map[string]any) {
	metadata, ok := object["metadata"].(map[string]any)
	if !ok {
		metadata = map[string]any{}
		object["metadata"] = metadata
	}
	metadata["name"], metadata["namespace"] = "it", "shop"
}

func files(t testing.TB) []string {
	t.Helper()
	found, err := filepath.Glob("testdata/verdicts/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return found
}

func TestEachVerdictIsAsRecordedBesideIstiosAndWhatDiffersIsExplained(t *testing.T) {
	objects, all, refused := map[string]int{}, 0, 0
	for _, file := range files(t) {
		if *update {
			write(t, file)
		}
		names, recorded := verdicts(t, file)
		for _, name := range names {
			of := recorded[name]
			ours := said(istio.Validate(of.object))
			assert.Equal(t, of.weir, ours, "%s: %s: make verdicts records it anew", file, name)
			require.NotEmpty(t, of.istio, "%s: %s: Istio's verdict is not recorded; see validation.md", file, name)
			if theirs := level(of.istio + of.server); theirs != level(ours) {
				assert.NotEmpty(t, strings.TrimSpace(of.why), "%s: %s: Istio says %q and weir %q, and nothing says why", file, name, theirs, level(ours))
			} else {
				assert.Empty(t, of.why, "%s: %s: there is no difference to explain", file, name)
			}
			all++
			objects[of.object["kind"].(string)]++
			if level(of.istio+of.server) == "error" {
				refused++
			}
		}
	}
	assert.GreaterOrEqual(t, objects["VirtualService"]+objects["DestinationRule"], 60)
	assert.Greater(t, refused, all/5, "good and bad")
	assert.Less(t, refused, all*4/5, "good and bad")
}

// said is a verdict as it is recorded, one line for each thing that it says.
func said(v istio.Verdict) string {
	var out strings.Builder
	for _, w := range v.Wrong {
		fmt.Fprintf(&out, "error %s: %s (%s)\n", w.Path, w.Message, w.Hint)
	}
	for _, w := range v.Warnings {
		fmt.Fprintf(&out, "warning %s: %s (%s) [%s]\n", w.Path, w.Message, w.Hint, w.Rule)
	}
	if out.Len() == 0 {
		return "ok\n"
	}
	return out.String()
}

// level is the gravest of what was said.
func level(said string) string {
	for _, level := range []string{"error", "warning"} {
		if strings.HasPrefix(said, level+" ") || strings.Contains(said, "\n"+level+" ") {
			return level
		}
	}
	return "ok"
}

// write puts what weir says into the file.
func write(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	require.NoError(t, err)
	_, all := verdicts(t, file)
	var out []txtar.File
	for i, f := range archive.Files {
		if f.Name == "weir" {
			continue
		}
		out = append(out, f)
		if f.Name != "istio" && f.Name != "server" {
			continue
		}
		if i+1 < len(archive.Files) && archive.Files[i+1].Name == "server" {
			continue
		}
		out = append(out, txtar.File{Name: "weir", Data: []byte(said(istio.Validate(all[owner(archive, i)].object)))})
	}
	archive.Files = out
	require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
}

// owner is the name of the object that the section belongs to.
func owner(archive *txtar.Archive, section int) string {
	for i := section; ; i-- {
		switch name := archive.Files[i].Name; name {
		case "istio", "server", "weir", "why":
		default:
			return name
		}
	}
}

// A case that validation.md names and the record does not have shows nothing.
func TestEachRuleOnThePageHasACaseInTheRecord(t *testing.T) {
	page, err := os.ReadFile("validation.md")
	require.NoError(t, err)
	cases := regexp.MustCompile("`([a-z]+): ([^`]+)`")
	rules := 0
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| rule ") {
			continue
		}
		rules++
		columns := strings.Split(strings.Trim(line, "|\n "), " | ")
		named := cases.FindAllStringSubmatch(columns[len(columns)-1], -1)
		assert.NotEmpty(t, named, line)
		for _, c := range named {
			names, _ := verdicts(t, "testdata/verdicts/"+c[1]+".txtar")
			assert.Contains(t, names, c[2], c[0])
		}
	}
	assert.Greater(t, rules, 20)
}
