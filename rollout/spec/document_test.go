package spec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout/spec"
)

func TestAFieldIsFoundByItsPath(t *testing.T) {
	docs, problems := spec.Documents([]byte(`# a comment
spec:
  http:
  - name: primary
    route: &r
    - destination: {host: reviews}
      weight: 90
    -
      weight: 10
  - route: *r
  - <<: {name: merged}
metadata:
  annotations:
    weir.dev: short
    weir.dev/cluster.name: here
`), "vs.yaml")
	require.Empty(t, problems)
	for path, line := range map[string]int{
		"":                             2,
		"spec":                         2,
		"spec.http[0]":                 4,
		"spec.http[0].name":            4,
		"spec.http[0].route":           5,
		"spec.http[0].route[0].weight": 7,
		"spec.http[0].route[1].weight": 9,
		"spec.http[1].route[0].weight": 7,
		"spec.http[2].name":            11,
		"spec.http[0].route[7].weight": 5,
		"spec.http[0].timeout":         4,
		"spec.http[x]":                 3,
		"spec.http.name":               3,
		"metadata.annotations.weir.dev/cluster.name": 15,
		"metadata.annotations.weir.dev":              14,
		"status":                                     2,
	} {
		assert.Equal(t, line, spec.Locate(docs[0], path), path)
	}
}

func TestAnAliasBombIsRefusedAndNotBuilt(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 12 {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 10))
	}
	docs, problems := spec.Documents([]byte(bomb), "bomb.yaml")
	assert.Empty(t, docs)
	assert.EqualError(t, problems.Err(), "bomb.yaml:1: the aliases expand to more than 2000000 nodes (write the document with fewer aliases)")
}

func TestAFileOfTooManyDocumentsIsRefused(t *testing.T) {
	_, problems := spec.Documents([]byte(strings.Repeat("--- 1\n", spec.MaxDocuments+1)), "many.yaml")
	assert.EqualError(t, problems.Err(), "many.yaml:10001: the file holds more than 10000 documents (split the file)")
}

func TestEmptyDocumentsAreLeftOut(t *testing.T) {
	docs, problems := spec.Documents([]byte("---\n# nothing\n---\na: 1\n---\n"), "a.yaml")
	require.Empty(t, problems)
	require.Len(t, docs, 1)
	assert.Equal(t, 4, docs[0].Line)
}
