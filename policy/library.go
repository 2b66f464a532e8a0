package policy

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

// The embedded sets. Baseline is enforced when nothing else is configured:
// weights add up, no step is too large, every subset exists. Production is what
// a platform team asks of a plan and of the time: small first steps, soak, windows,
// quiet hours, endpoints, somebody who looks. Regulated is what an auditor asks
// besides, and presumes Production beside it.
const (
	Baseline   = "baseline"
	Production = "production"
	Regulated  = "regulated"
)

// shared is the package that comes with every set: it knows their limits, and
// denies those in the policies' data that none of them heeds.
const shared = "weir"

// library holds one folder for each set and the shared package; the rules are in
// the package of the folder's name. README.md in it lists them, as generated.
//
//go:embed library/*/*.rego
var library embed.FS

// schema is the JSON Schema of the input document.
//
//go:embed review.schema.json
var schema []byte

// Schema is the JSON Schema of the input document, WeightPlanReview.
func Schema() []byte { return append([]byte(nil), schema...) }

// SetNames lists the embedded sets.
func SetNames() []string { return []string{Baseline, Production, Regulated} }

// reserved are the names that packages and data of users may not begin with.
func reserved() []string { return append(SetNames(), shared, "system") }

// embedded is how positions in embedded files begin.
const embedded = "weir:"

// readSets reads the rules of the embedded sets and what they share.
func readSets(names []string) ([]file, error) {
	if len(names) == 0 {
		return nil, nil
	}
	var out []file
	for _, name := range append([]string{shared}, names...) {
		rules, err := readSet(name)
		if err != nil {
			return nil, err
		}
		out = append(out, rules...)
	}
	return out, nil
}

// readSet reads the rules of one folder of the library, without their tests.
func readSet(name string) ([]file, error) {
	names, err := fs.Glob(library, "library/"+name+"/*.rego")
	if err != nil {
		return nil, fmt.Errorf("reading policy set %s: %w", name, err)
	}
	var out []file
	for _, n := range names {
		if strings.HasSuffix(n, "_test.rego") {
			continue
		}
		data, err := fs.ReadFile(library, n)
		if err != nil {
			return nil, fmt.Errorf("reading policy set %s: %w", name, err)
		}
		out = append(out, file{embedded + strings.TrimPrefix(n, "library/"), data})
	}
	return out, nil
}
