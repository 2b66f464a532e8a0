package policy_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// The same rules say the same under conftest, of the questions that weir writes. What
// differs is meant to, and each has a test here: conftest lets nothing pass that goes
// back, knows no waivers, and takes for silence what weir calls an error.

// theConftest is the real one, built by `make test`; `go test ./...` needs none, and
// `make test` fails if a test was skipped.
func theConftest(t *testing.T) string {
	t.Helper()
	program := os.Getenv("WEIR_CONFTEST")
	if program == "" {
		t.Skip("WEIR_CONFTEST names no conftest; run `make test`")
	}
	return program
}

// conftest runs it.
func conftest(t *testing.T, args ...string) (out []byte, failed bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), theConftest(t), args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 && len(out) > 0 {
		return out, true
	}
	require.NoError(t, err, "%s", &said)
	return out, false
}

// said is what both engines say of one finding.
type said struct{ Rule, Verdict, Message string }

func (s said) compare(other said) int {
	return cmp.Or(cmp.Compare(s.Rule, other.Rule), cmp.Compare(s.Verdict, other.Verdict), cmp.Compare(s.Message, other.Message))
}

// conftested asks conftest the questions, by their names, under the packages of the
// policies in the folders; data, if any, lie in the first.
func conftested(t *testing.T, questions map[string]policy.Question, packages []string, folders ...string) map[string][]said {
	t.Helper()
	reviews := t.TempDir()
	for name, q := range questions {
		require.NoError(t, os.WriteFile(filepath.Join(reviews, name+".json"), encoded(t, q), 0o600))
	}
	args := []string{"test", reviews, "--output", "json", "--data", folders[0]}
	for _, f := range folders {
		args = append(args, "--policy", f)
	}
	for _, p := range packages {
		args = append(args, "--namespace", p)
	}
	text, failed := conftest(t, args...)
	type result struct {
		Msg      string
		Metadata struct{ Query string }
	}
	var found []struct {
		Filename, Namespace string
		Failures, Warnings  []result
	}
	require.NoError(t, json.Unmarshal(text, &found), "%s", text)
	out := map[string][]said{}
	refused := false
	for _, f := range found {
		name := strings.TrimSuffix(filepath.Base(f.Filename), ".json")
		for verdict, results := range map[string][]result{"deny": f.Failures, "warn": f.Warnings} {
			for _, r := range results {
				out[name] = append(out[name], said{strings.TrimPrefix(r.Metadata.Query, "data."), verdict, r.Msg})
				refused = refused || verdict == "deny"
			}
		}
		slices.SortFunc(out[name], said.compare)
	}
	assert.Equal(t, refused, failed, "conftest's exit code")
	return out
}

// here is what weir's own engine says, in conftest's words: there a rollback is refused
// too, and what the data waive; and nothing is said of what an exception lets pass.
func here(t *testing.T, set *policy.Set, q policy.Question) []said {
	t.Helper()
	d := set.Review(t.Context(), q)
	require.NotEqual(t, policy.Error, d.Verdict, d.Problem)
	var out []said
	denied := false
	for _, f := range d.Findings {
		s := said{f.Rule, "deny", f.Message}
		if strings.Contains(f.Rule, ".warn") {
			s.Verdict = "warn"
		}
		if f.Waiver != nil && f.Waiver.Rule != "" {
			continue // conftest names the exception, and not what it excepts
		}
		denied = denied || s.Verdict == "deny" && f.Waiver == nil
		out = append(out, s)
	}
	assert.Equal(t, denied && q.Operation != policy.Rollback, d.Verdict == policy.Deny)
	slices.SortFunc(out, said.compare)
	return out
}

// asIn is a folder of policies with data, for the library.
func asIn(t *testing.T, data string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "data.yaml"), []byte(data), 0o600))
	return dir
}

func TestTheLibrarySaysUnderConftestWhatItSaysHere(t *testing.T) {
	theConftest(t)
	questions := libraryQuestions(t)
	for _, operation := range []policy.Operation{policy.Step, policy.Promote, policy.Rollback} {
		questions["plain "+string(operation)] = question(t, operation)
	}
	for _, kind := range []rollout.Kind{rollout.Create, rollout.Reshape, rollout.Forward, rollout.Back, rollout.Remove, rollout.Correct} {
		questions["dreaded "+string(kind)] = dreaded(t, kind)
		questions["usual "+string(kind)] = policy.Ask(policy.Runtime, reviews(5, 50), live(95, 5), moved(kind, 1, 95, 5, 50, 50), now)
	}
	questions["gated"], questions["known"] = gatedStep(t), known(t)
	begins, no := dreaded(t, rollout.Forward), false
	begins.InFlight, begins.Change.Signed = known(t).InFlight, &no
	questions["begins"] = begins
	renamed := policy.Ask(policy.PullRequest, reviews(5, 50), live(95, 5), moved(rollout.Create, 1, 95, 5, 50, 50), now)
	renamed.Targets[0].Instead = known(t).Targets[0].Instead
	questions["renamed"] = renamed
	questions["reshaped"] = policy.Ask(policy.PullRequest, reviews(5, 50), live(95, 5), moved(rollout.Reshape, 1, 95, 5, 50, 50), now)
	odd, blind := question(t, policy.Step), question(t, policy.Step)
	for i := range odd.Targets[0].Routes[0].Destinations {
		odd.Targets[0].Routes[0].Destinations[i].Target = &policy.Part{}
		blind.Targets[0].Routes[0].Destinations[i].Endpoints = nil
	}
	questions["odd"], questions["blind"] = odd, blind
	spoke := map[string]bool{}
	for name, data := range map[string]string{
		"without data":                        "{}",
		"with strict limits":                  "limits: {maxStep: {default: 1}, firstStep: {production: 1}, minSteps: {default: 9}, minSoakMinutes: {default: 600}, approvals: {default: 9}, unknownEndpoints: {default: warn}, maxConcurrent: {default: 1}, signedChanges: {default: true}, ticketTrailer: {default: Ticket}, after: {production: staging}}\nwaivers: [{rule: baseline.deny_renamed, reason: a long one, ticket: CHG-9, approvedBy: bob@example.org, expires: 2099-01-01}]",
		"with limits that nobody understands": "limits: {maxstep: {default: 1}, minSteps: {default: two}, production: 3}",
		"where most is exempt":                "limits: {production: {default: false}, regulated: {production: false}}",
	} {
		t.Run(name, func(t *testing.T) {
			set := sets(t, data, policy.SetNames()...)
			there := conftested(t, questions, append(policy.SetNames(), "weir"), asIn(t, data), "library")
			for of, q := range questions {
				ours := here(t, set, q)
				assert.Equal(t, ours, there[of], of)
				for _, s := range ours {
					spoke[s.Rule] = true
				}
			}
		})
	}
	for _, r := range sets(t, "", policy.SetNames()...).Rules() {
		assert.True(t, spoke[r.ID], "no question has %s speak", r.ID)
	}
}

// libraryQuestions are the inputs of the library's own tests, as far as they make
// questions: what the tests leave out is empty in both engines.
func libraryQuestions(t *testing.T) map[string]policy.Question {
	t.Helper()
	modules := map[string]*ast.Module{}
	library := os.DirFS("library")
	names, err := fs.Glob(library, "*/*.rego")
	require.NoError(t, err)
	for _, name := range names {
		data, err := fs.ReadFile(library, name)
		require.NoError(t, err)
		modules[name], err = ast.ParseModuleWithOpts(name, string(data), ast.ParserOptions{ProcessAnnotation: true})
		require.NoError(t, err)
	}
	seen, ctx, store := &inputs{}, t.Context(), inmem.New()
	txn := storage.NewTransactionOrDie(ctx, store)
	defer store.Abort(ctx, txn)
	results, err := tester.NewRunner().SetStore(store).SetModules(modules).SetCoverageQueryTracer(seen).RunTests(ctx, txn)
	require.NoError(t, err)
	for r := range results {
		require.True(t, r.Pass(), "%s", r)
	}
	set := sets(t, "", policy.SetNames()...)
	out := map[string]policy.Question{}
	known := map[string]bool{}
	seen.seen.Range(func(term, _ any) bool {
		value, err := ast.JSON(term.(*ast.Term).Value)
		require.NoError(t, err)
		q := policy.Question{}
		if text := encoded(t, value); known[string(text)] || json.Unmarshal(text, &q) != nil {
			return true
		} else {
			known[string(text)] = true
		}
		q.APIVersion, q.Kind = policy.Version, policy.Kind
		if set.Review(ctx, q).Verdict != policy.Error {
			out[fmt.Sprintf("library %03d", len(out))] = q
		}
		return true
	})
	assert.Greater(t, len(out), 30)
	return out
}

// inputs notes every input that is asked about, by many tests at once.
type inputs struct{ seen sync.Map } // of *ast.Term

// Enabled is topdown.QueryTracer's.
func (i *inputs) Enabled() bool { return true }

// Config is topdown.QueryTracer's.
func (i *inputs) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent is topdown.QueryTracer's.
func (i *inputs) TraceEvent(e topdown.Event) {
	if input := e.Input(); input != nil {
		i.seen.Store(input, nil)
	}
}

func TestTheLibrarysOwnTestsPassUnderConftest(t *testing.T) {
	out, failed := conftest(t, "verify", "--policy", "library", "--output", "json")
	require.False(t, failed, "%s", out)
	var found []struct{ Successes int }
	require.NoError(t, json.Unmarshal(out, &found))
	passed := 0
	for _, f := range found {
		passed += f.Successes
	}
	assert.Greater(t, passed, 100, "%s", out)
	_, failed = conftest(t, "verify", "--policy", "../examples/bookinfo/policies", "--output", "json")
	assert.False(t, failed)
}

func TestWhatDiffersUnderConftestIsMeantTo(t *testing.T) {
	const rules = `package canary

deny_a contains "a" if true

deny_b contains {"msg": "b", "transient": true} if true

deny_c contains "c" if true

warn_d contains {"msg": "d", "again": "2026-11-24T00:00:00Z"} if true

exception contains ["c"] if true
`
	const waivers = `waivers: [{rule: canary.deny_a, reason: the migration, ticket: CHG-12, approvedBy: bob@example.org, expires: "2026-11-24"}]`
	ours := load(t, own("canary"), "p.rego", rules, "data.yaml", waivers)
	dir := asIn(t, waivers)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "p.rego"), []byte(rules), 0o600))
	ask := func(op policy.Operation) (policy.Decision, []said) {
		q := question(t, op)
		theirs := conftested(t, map[string]policy.Question{"q": q}, []string{"canary"}, dir)["q"]
		assert.Equal(t, here(t, ours, q), theirs)
		return ours.Review(t.Context(), q), theirs
	}
	d, theirs := ask(policy.Step)
	assert.Equal(t, []said{{"canary.deny_a", "deny", "a"}, {"canary.deny_b", "deny", "b"}, {"canary.warn_d", "warn", "d"}}, theirs)
	assert.Equal(t, policy.Deny, d.Verdict)
	assert.True(t, d.Answer().Transient, "a is waived by the data and c by the rule, and b is asked again; conftest refuses for a and b")
	d, theirs = ask(policy.Rollback)
	assert.Equal(t, policy.Allow, d.Verdict, "going back is never refused")
	assert.Len(t, theirs, 3)
	assert.Len(t, d.Findings, 4, "what is excepted is shown")

	// What a rule cannot judge is an error here, and nothing there.
	const failing = "package canary\n\ndeny contains \"odd\" if to_number(input.rollout.name) > 1\n"
	dir = asIn(t, "{}")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "p.rego"), []byte(failing), 0o600))
	q := question(t, policy.Step)
	assert.Empty(t, conftested(t, map[string]policy.Question{"q": q}, []string{"canary"}, dir)["q"])
	assert.Equal(t, policy.Error, load(t, own("canary"), "p.rego", failing).Review(t.Context(), q).Verdict)
}
