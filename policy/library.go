package policy

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

// Baseline is the embedded set that is enforced when nothing else is
// configured: weights add up, no step is too large, every subset exists.
const Baseline = "baseline"

// library holds one folder for each set; a set's rules are in the package of
// its name.
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
func SetNames() []string { return []string{Baseline} }

// reserved are the names that packages and data of users may not begin with.
func reserved() []string { return append(SetNames(), "system") }

// embedded is how positions in embedded files begin.
const embedded = "weir:"

// readSet reads the rules of an embedded set, without their tests.
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
