package policy_test

import (
	"context"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestThePoliciesOfTheBaselineSetPassTheirOwnTestsAndEveryLineIsCovered(t *testing.T) {
	runRegoTests(t, os.DirFS("library/baseline"))
}

func TestThePoliciesOfTheExamplePassTheirOwnTestsAndEveryLineIsCovered(t *testing.T) {
	runRegoTests(t, os.DirFS("../examples/bookinfo/policies"))
}

// runRegoTests does what `opa test --coverage --threshold 100` does.
func runRegoTests(t *testing.T, tree fs.FS) {
	t.Helper()
	all, production := map[string]*ast.Module{}, map[string]*ast.Module{}
	names, err := fs.Glob(tree, "*.rego")
	require.NoError(t, err)
	for _, name := range names {
		data, err := fs.ReadFile(tree, name)
		require.NoError(t, err)
		all[name], err = ast.ParseModuleWithOpts(name, string(data), ast.ParserOptions{ProcessAnnotation: true})
		require.NoError(t, err)
		if !strings.HasSuffix(name, "_test.rego") {
			production[name] = all[name]
		}
	}
	coverage, ctx, store := cover.New(), context.Background(), inmem.New()
	txn := storage.NewTransactionOrDie(ctx, store)
	defer store.Abort(ctx, txn)
	results, err := tester.NewRunner().SetStore(store).SetModules(all).SetCoverageQueryTracer(coverage).RaiseBuiltinErrors(true).RunTests(ctx, txn)
	require.NoError(t, err)
	ran := 0
	for r := range results {
		ran++
		assert.True(t, r.Pass(), "%s", r)
	}
	assert.NotZero(t, ran)
	for name, report := range coverage.Report(production).Files {
		assert.Empty(t, report.NotCovered, "%s: lines without a test", name)
	}
}
