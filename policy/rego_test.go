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

func TestThePoliciesOfTheLibraryPassTheirOwnTestsAndEveryLineIsCovered(t *testing.T) {
	runRegoTests(t, os.DirFS("library"), "*/*.rego")
}

func TestThePoliciesOfTheExamplePassTheirOwnTestsAndEveryLineIsCovered(t *testing.T) {
	runRegoTests(t, os.DirFS("../examples/bookinfo/policies"), "*.rego")
}

// runRegoTests does what `opa test --coverage --threshold 100` does.
func runRegoTests(t *testing.T, tree fs.FS, files string) {
	t.Helper()
	all, production := map[string]*ast.Module{}, map[string]*ast.Module{}
	names, err := fs.Glob(tree, files)
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
	report := coverage.Report(production)
	for name, file := range report.Files {
		for _, lines := range file.NotCovered {
			t.Errorf("%s: no test covers lines %d to %d", name, lines.Start.Row, lines.End.Row)
		}
	}
	assert.Equal(t, 100.0, report.Coverage, "percent of the lines that tests cover")
}
