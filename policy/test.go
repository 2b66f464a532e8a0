package policy

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/weir-delivery/weir/rollout"
)

// TestReport is how the tests of a folder of policies went, and which lines of the
// rules none of them ran.
type TestReport struct {
	Tests []TestResult `json:"tests"`
	// Coverage is how much of the folder's rules the tests ran, in percent of lines.
	Coverage   float64     `json:"coverage"`
	NotCovered []LineRange `json:"notCovered"`
}

// TestResult is how one test went.
type TestResult struct {
	// Name is the test's package and name: "canary_test.test_half_is_too_much".
	Name string `json:"name"`
	rollout.Position
	Result TestVerdict `json:"result"`
	// Why is the expression that did not hold, or the error.
	Why string `json:"why,omitempty"`
	// Printed is what print() said.
	Printed string `json:"printed,omitempty"`
}

// TestVerdict is how a test went.
type TestVerdict string

// Passed, Failed and Errored are what they say; Skipped is a test whose name begins
// with todo_.
const (
	Passed  TestVerdict = "pass"
	Failed  TestVerdict = "fail"
	Errored TestVerdict = "error"
	Skipped TestVerdict = "skip"
)

// LineRange is lines of a file, the last included.
type LineRange struct {
	rollout.Position
	To int `json:"to"`
}

// testTimeout bounds one test.
const testTimeout = 5 * time.Second

// Test runs the tests in the folder that the configuration names, by OPA's own
// tester, with no more builtins than rules have. The rules have to load first:
// whatever is wrong with them, or with the tests, comes back as rollout.Problems.
func Test(ctx context.Context, tree fs.FS, c Config) (TestReport, error) {
	out := TestReport{Tests: []TestResult{}, NotCovered: []LineRange{}}
	if _, err := Load(ctx, tree, c); err != nil {
		return out, err
	}
	c, _ = c.complete()
	own, _, err := readFolder(ctx, tree, c)
	if err != nil {
		return out, err
	}
	library, err := readSets(c.Sets)
	if err != nil {
		return out, err
	}
	rules, _ := parse(own.modules)
	all, problems := parse(slices.Concat(own.modules, own.tests, library))
	if problems.Err() != nil {
		return out, problems.Sorted()
	}
	store := inmem.NewFromObjectWithOpts(own.data, inmem.OptRoundTripOnWrite(false))
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return out, fmt.Errorf("reading the policies' data: %w", err)
	}
	defer store.Abort(ctx, txn)
	coverage := cover.New()
	compiler := ast.NewCompiler().WithCapabilities(capabilities()).WithDefaultRegoVersion(ast.RegoV1).WithEnablePrintStatements(true)
	runner := tester.NewRunner().SetCompiler(compiler).SetStore(store).SetModules(all).SetCoverageQueryTracer(coverage).
		CapturePrintOutput(true).RaiseBuiltinErrors(true).SetTimeout(testTimeout)
	again := map[string]int{} // those that failed, to see where
	bad := guarded("testing", func() {
		var results chan *tester.Result
		if results, err = runner.RunTests(ctx, txn); err != nil {
			return
		}
		for r := range results {
			t := testResult(r)
			if out.Tests = append(out.Tests, t); t.Result == Failed && len(again) < maxTraced {
				again[r.Package+"."+r.Name] = len(out.Tests) - 1
			}
		}
		out.covered(coverage.Report(rules))
		if len(again) == 0 {
			return
		}
		if results, err = runner.EnableTracing(true).Filter(anyOf(slices.Sorted(maps.Keys(again)))).RunTests(ctx, txn); err != nil {
			return
		}
		for r := range results {
			if i, ok := again[r.Package+"."+r.Name]; ok {
				out.Tests[i].traced(r)
			}
		}
	})
	switch {
	case bad != nil:
		return out, bad
	case err != nil:
		return out, problemsOf(c.Path, err)
	}
	slices.SortFunc(out.Tests, func(a, b TestResult) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	return out, ctx.Err()
}

func testResult(r *tester.Result) TestResult {
	t := TestResult{Name: strings.TrimPrefix(r.Package, "data.") + "." + r.Name, Result: Passed, Printed: strings.TrimSpace(string(r.Output))}
	if r.Location != nil {
		t.Position = rollout.Position{File: r.Location.File, Line: r.Location.Row}
	}
	switch {
	case r.Skip:
		t.Result = Skipped
	case r.Error != nil:
		t.Result, t.Why = Errored, r.Error.Error()
	case r.Fail:
		t.Result = Failed
	}
	return t
}

// traced finds the last expression of the test that did not hold.
func (t *TestResult) traced(r *tester.Result) {
	for _, event := range r.Trace {
		if event.Op == topdown.FailOp && event.Location != nil && event.Location.File == t.File {
			t.Line, t.Why = event.Location.Row, string(event.Location.Text)
		}
	}
}

// maxTraced bounds of how many tests that failed it is said where.
const maxTraced = 20

// anyOf is a regular expression for just these names.
func anyOf(names []string) string {
	for i, name := range names {
		names[i] = regexp.QuoteMeta(name)
	}
	return "^(" + strings.Join(names, "|") + ")$"
}

// covered takes over how much was run.
func (r *TestReport) covered(c cover.Report) {
	r.Coverage = c.Coverage
	for _, file := range slices.Sorted(maps.Keys(c.Files)) {
		for _, lines := range c.Files[file].NotCovered {
			r.NotCovered = append(r.NotCovered, LineRange{rollout.Position{File: file, Line: lines.Start.Row}, lines.End.Row})
		}
	}
}

// Passes tells whether there are tests, all of which passed, and that ran at least so
// many percent of the lines.
func (r TestReport) Passes(threshold float64) bool {
	return len(r.Tests) > 0 && r.Coverage >= threshold &&
		!slices.ContainsFunc(r.Tests, func(t TestResult) bool { return t.Result == Failed || t.Result == Errored })
}
