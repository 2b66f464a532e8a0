package policy_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// folder is a policies folder: each pair is a name under policies/ and its text.
func folder(pairs ...string) fstest.MapFS {
	tree := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		tree["policies/"+pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return tree
}

// own is a configuration with the user's rules only.
func own(packages ...string) policy.Config {
	return policy.Config{Path: "policies", Packages: packages}
}

func load(t *testing.T, c policy.Config, pairs ...string) *policy.Set {
	t.Helper()
	set, err := policy.Load(context.Background(), folder(pairs...), c)
	require.NoError(t, err)
	return set
}

const good = "package canary\n\ndeny contains \"no\" if input.environment == \"production\"\n"

func TestWhatOtherEnginesPassInSilenceDoesNotLoad(t *testing.T) {
	rule := func(head string) string { return "package canary\n\n" + head + "\n" }
	for _, trap := range []struct{ name, text, at, says, hint string }{
		{"a syntax error", rule(`deny contains msg if {`), "policies/p.rego:4", "unexpected eof", ""},
		{"an undefined variable", rule(`deny contains msg if true`), "policies/p.rego:3", "var msg is unsafe", ""},
		{"no rule at all", rule(`helper := 1`), "policies", "package canary has no rule deny, warn or violation", ""},
		{"an empty file", "\n", "policies/p.rego", "empty", ""},
		{"a boolean rule", rule(`deny if input.environment == "x"`), "policies/p.rego:3", "rule deny is no set of messages", "deny contains"},
		{"a single message", rule(`deny := "no" if input.environment == "x"`), "policies/p.rego:3", "rule deny is no set", "deny contains"},
		{"a default", rule(`default deny := false`), "policies/p.rego:3", "rule deny is no set", ""},
		{"an object, as deny[msg] is now", rule(`deny[msg] if msg := "no"`), "policies/p.rego:3", "rule deny is no set", "deny contains"},
		{"a function", rule(`deny(x) := x`), "policies/p.rego:3", "rule deny is no set", ""},
		{"a rule with dots", rule(`deny.first contains "no" if true`), "policies/p.rego:3", "rule deny is no set", ""},
		{"a boolean exception", rule("deny_a contains \"no\" if true\n\nexception if true"), "policies/p.rego:5", "rule exception is no set", ""},
		{"another form of the word", rule(`denies contains "no" if true`), "policies/p.rego:3", "rule denies would never be asked", "deny, warn or violation"},
		{"another case", rule(`Deny contains "no" if true`), "policies/p.rego:3", "rule Deny would never be asked", ""},
		{"an underscore too many", rule(`deny_ contains "no" if true`), "policies/p.rego:3", "rule deny_ would never be asked", ""},
		{"two underscores", rule(`deny__a contains "no" if true`), "policies/p.rego:3", "rule deny__a would never be asked", ""},
		{"a suffix without its underscore", rule(`denyFirst contains "no" if true`), "policies/p.rego:3", "rule denyFirst would never be asked", ""},
		{"a form of warn", rule(`warning_pause contains "no" if true`), "policies/p.rego:3", "rule warning_pause would never be asked", ""},
		{"letters swapped", rule(`dney_first contains "no" if true`), "policies/p.rego:3", "rule dney_first would never be asked", ""},
		{"a misspelt input field", rule(`deny contains "no" if input.enviroment == "x"`), "policies/p.rego:3", "undefined ref: input.enviroment", "did you mean environment?"},
		{"a misspelt field far down", rule(`deny contains "no" if { some t in input.targets; some r in t.routes; r.exposre.to > 3 }`), "policies/p.rego:3", "undefined ref", "did you mean exposure?"},
		{"an operation that there is not", rule(`deny contains "no" if input.operation == "promot"`), "policies/p.rego:3", `input.operation is never "promot"`, "did you mean promote?"},
		{"an operation that there is not, in a set", rule(`deny contains "no" if input.operation in {"step", "plan"}`), "policies/p.rego:3", `input.operation is never "plan"`, ""},
		{"a day that there is not", rule(`deny contains "no" if input.time.weekday == "friday"`), "policies/p.rego:3", `input.time.weekday is never "friday"`, "did you mean Friday?"},
		{"a number compared with a string", rule(`deny contains "no" if input.plan.totalWeight == "100"`), "policies/p.rego:3", "match error", ""},
		{"the network", rule(`deny contains "no" if http.send({"method": "get", "url": "http://x"}).status_code == 200`), "policies/p.rego:3", "undefined function http.send", "http.send is not available to policies"},
		{"a name server", rule(`deny contains "no" if net.lookup_ip_addr("x") == set()`), "policies/p.rego:3", "undefined function net.lookup_ip_addr", "not available"},
		{"the process's environment", rule(`deny contains "no" if opa.runtime().env.TOKEN`), "policies/p.rego:3", "undefined function opa.runtime", "not available"},
		{"chance", rule(`deny contains "no" if rand.intn("x", 2) == 1`), "policies/p.rego:3", "undefined function rand.intn", "not available"},
		{"memory without bounds", rule(`deny contains "no" if bits.lsh(1, 100000000000) > 0`), "policies/p.rego:3", "undefined function bits.lsh", "not available"},
		{"the network in a with", rule(`deny contains "no" if count([1]) == 1 with count as http.send`), "policies/p.rego:3", "var http is unsafe", ""},
		{"a misspelt builtin", rule(`deny contains "no" if startwith(input.environment, "x")`), "policies/p.rego:3", "undefined function startwith", "did you mean startswith?"},
		{"a variable that is never used", rule(`deny contains "no" if x := 1`), "policies/p.rego:3", "assigned var x unused", ""},
		{"a package of ours", "package baseline\n\ndeny_mine contains \"no\" if true\n", "policies/p.rego:1", "package baseline is reserved", ""},
		{"a package of what the sets share", "package weir.limits\n\ndeny_mine contains \"no\" if true\n", "policies/p.rego:1", "package weir.limits is reserved", ""},
		{"a package of OPA's", "package system.log\n\ndeny contains \"no\" if true\n", "policies/p.rego:1", "package system.log is reserved", ""},
		{"brackets without end", rule("deny contains \"no\" if x == " + strings.Repeat("[", 50000)), "policies/p.rego:3", "brackets are nested more than 100 deep", ""},
		{"an expression that takes minutes to compile", rule("deny contains \"no\" if 3 == 1" + strings.Repeat("+1", 60000)), "policies/p.rego:3", "an expression is nested more than 100 deep", "helper"},
		{"comprehensions that take longer still", rule("deny contains \"no\" if 3 == " + strings.Repeat("[y | y := ", 40) + "1" + strings.Repeat("]", 40)), "policies/p.rego:3", "comprehensions are nested more than 6 deep", "helper"},
		{"a body without end", rule("deny contains \"no\" if { " + strings.Repeat("true; ", 20000) + "true }"), "policies/p.rego:3", "a body has more than 500 expressions", "helper"},
	} {
		t.Run(trap.name, func(t *testing.T) {
			c := own("canary")
			if trap.at == "policies/p.rego:1" {
				c = own()
			}
			_, err := policy.Load(context.Background(), folder("p.rego", trap.text), c)
			found := problems(t, err)
			assert.Equal(t, trap.at, found[0].Position.String(), "%v", err)
			assert.Regexp(t, pattern(trap.says), found[0].Message)
			assert.Contains(t, found[0].Hint, trap.hint)
		})
	}
}

func pattern(says string) string {
	if strings.Contains(says, "|") {
		return says
	}
	return strings.NewReplacer("[", `\[`, ".", `\.`, "(", `\(`).Replace(says)
}

func problems(t *testing.T, err error) rollout.Problems {
	t.Helper()
	var found rollout.Problems
	require.ErrorAs(t, err, &found)
	require.NotEmpty(t, found)
	return found
}

func TestAConfigurationThatEnforcesLessThanItSeemsToDoesNotLoad(t *testing.T) {
	for _, trap := range []struct {
		name     string
		config   policy.Config
		files    []string
		at, says string
		hint     string
	}{
		{"a folder that is not there", policy.Config{Path: "polices"}, nil, "polices", "there is no folder polices", "spec.policies.path"},
		{"a folder outside", policy.Config{Path: "../policies"}, nil, "../policies", "is no path in the repository", ""},
		{"an empty folder", own(), []string{"README.md", "hello"}, "policies", "there is no rule deny, warn or violation", ""},
		{"an empty folder beside the baseline", policy.Config{Path: "policies", Sets: []string{"baseline"}}, []string{"README.md", "hello"}, "policies", "there is no rule deny, warn or violation", ""},
		{"a package that is not there", own("canry"), []string{"p.rego", good}, "policies", "there is no package canry", "did you mean canary?"},
		{"a package that is not there, after one that is", own("canary", "canari"), []string{"p.rego", good}, "policies", "there is no package canari", "did you mean canary?"},
		{"a rule in a package that is not enforced", own("canary"), []string{"p.rego", good, "q.rego", strings.Replace(good, "canary", "windows", 1)}, "policies/q.rego:3", "rule deny would never be asked: package windows is not enforced", "add windows"},
		{"a rule in a test file", own("canary"), []string{"p.rego", good, "p_test.rego", good}, "policies/p_test.rego:3", "rule deny is in a test file", ""},
		{"a file whose name ends in other letters", own("canary"), []string{"p.rego", good, "q.REGO", good}, "policies/q.REGO", "this file would not be read", "rename it"},
		{"data by another name", own("canary"), []string{"p.rego", good, "limits.yaml", "a: 1"}, "policies/limits.yaml", "this file would not be read as data", "data.yaml"},
		{"data that does not parse", own("canary"), []string{"p.rego", good, "data.yaml", "a: 1\nb: [\n"}, "policies/data.yaml:2", "reading data", ""},
		{"data that is no object", own("canary"), []string{"p.rego", good, "data.json", "[1]"}, "policies/data.json", "reading data", ""},
		{"data in two documents", own("canary"), []string{"p.rego", good, "data.yaml", "a: 1\n---\nb: 2\n"}, "policies/data.yaml:2", "more than one YAML document", ""},
		{"data in capitals", own("canary"), []string{"p.rego", good, "data.YAML", "a: 1"}, "policies/data.YAML", "this file would not be read", "rename it to end in .yaml"},
		{"a key said twice", own("canary"), []string{"p.rego", good, "data.yaml", "limits:\n  maxStep: {production: 40}\nlimits: {}\n"}, "policies/data.yaml:3", "\"limits\" is said twice", ""},
		{"a key said twice in JSON", own("canary"), []string{"p.rego", good, "data.json", `{"a": {"b": 1, "b": 2}}`}, "policies/data.json:1", "\"b\" is said twice", ""},
		{"data said twice", own("canary"), []string{"p.rego", good, "data.yaml", "a: {b: 1}", "data.json", `{"a": {"b": 2}}`}, "policies/data.yaml", "data.a.b is said twice", ""},
		{"data in place of a rule", own("canary"), []string{"p.rego", good, "data.yaml", "canary: {deny: []}"}, "policies/p.rego:3", "conflicting rule for data path canary/deny", ""},
		{"data of ours", own("canary"), []string{"p.rego", good, "data.yaml", "baseline: {x: 1}"}, "policies/data.yaml", "data.baseline is reserved", ""},
		{"data of what the sets share", own("canary"), []string{"p.rego", good, "weir/data.yaml", "limits: {}"}, "policies/weir/data.yaml", "data.weir is reserved", ""},
		{"a set that there is not", policy.Config{Sets: []string{"basline"}}, nil, "", `there is no policy set "basline"`, "did you mean baseline?"},
		{"packages without a folder", policy.Config{Packages: []string{"canary"}}, nil, "", "packages canary have no folder", ""},
		{"a file that is too large", own("canary"), []string{"p.rego", good + strings.Repeat("#", 128<<10)}, "policies/p.rego", "larger than 128 KiB", ""},
	} {
		t.Run(trap.name, func(t *testing.T) {
			_, err := policy.Load(context.Background(), folder(trap.files...), trap.config)
			found := problems(t, err)
			assert.Equal(t, trap.at, found[0].Position.String(), "%v", err)
			assert.Contains(t, found[0].Message, trap.says)
			assert.Contains(t, found[0].Hint, trap.hint)
		})
	}
}

func TestTooManyFilesDoNotLoad(t *testing.T) {
	var files []string
	for i := range 257 {
		files = append(files, fmt.Sprintf("p%d.rego", i), good)
	}
	_, err := policy.Load(context.Background(), folder(files...), own("canary"))
	assert.Contains(t, problems(t, err)[0].Message, "more than 256 files")

	files = nil
	for i := range 9 {
		files = append(files, fmt.Sprintf("p%d.rego", i), good+strings.Repeat("#", 127<<10))
	}
	_, err = policy.Load(context.Background(), folder(files...), own("canary"))
	assert.Contains(t, problems(t, err)[0].Message, "more than 1024 KiB")
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	_, err := policy.Load(context.Background(), folder(
		"a.rego", "package canary\n\ndenies contains \"no\" if true\n",
		"b.rego", "package canary\n\ndeny contains \"no\" if input.plann.name == \"x\"\n\nwarn := 3\n",
	), own("canary"))
	var at []string
	for _, p := range problems(t, err) {
		at = append(at, p.Position.String())
	}
	assert.Equal(t, []string{"policies/a.rego:3", "policies/b.rego:3", "policies/b.rego:5"}, at)
}

func TestHelpersAreNotTakenForMisspeltRules(t *testing.T) {
	load(t, own("canary"), "p.rego", `package canary

import rego.v1

denylist := {"evil"}

warm contains name if some name in {"a", "b"}

deny_name contains "evil" if input.rollout.name in denylist

deny_warm contains "warm" if "a" in warm

denied(name) if name in denylist
`)
}

func TestWithoutConfigurationTheBaselineIsEnforced(t *testing.T) {
	set, err := policy.Load(context.Background(), nil, policy.Config{})
	require.NoError(t, err)
	var ids []string
	for _, r := range set.Rules() {
		ids = append(ids, r.ID)
		assert.NotEmpty(t, r.Title, r.ID)
		assert.NotEmpty(t, r.Description, r.ID)
		assert.NotEmpty(t, r.Severity, r.ID)
		assert.NotEmpty(t, r.Fix, r.ID)
		assert.Equal(t, map[bool]policy.Level{true: policy.Warns, false: policy.Denies}[strings.Contains(r.ID, ".warn_")], r.Level)
		assert.True(t, strings.HasPrefix(r.File, "weir:"), r.File)
		assert.Positive(t, r.Line)
	}
	assert.Equal(t, []string{"baseline.deny_max_step", "baseline.deny_policies_apart", "baseline.deny_renamed", "baseline.deny_subset_exists", "baseline.deny_weights_sum", "baseline.warn_plan_loosened", "baseline.warn_subset_exists", "weir.deny_limits"}, ids)
}

func TestRulesComeFromSubPackagesAndAreDescribedByTheirAnnotations(t *testing.T) {
	set := load(t, own("canary"), "a.rego", good, "sub/b.rego", `package canary.sub

# METADATA
# title: Named
# description: Said at length.
# labels: {severity: low}
# custom: {fix: Do it., data: teams}
warn_b contains "careful" if input.environment == "production"
`)
	assert.Equal(t, []policy.Rule{
		{ID: "canary.deny", Level: policy.Denies, Position: rollout.Position{File: "policies/a.rego", Line: 3}},
		{
			ID: "canary.sub.warn_b", Level: policy.Warns, Position: rollout.Position{File: "policies/sub/b.rego", Line: 8},
			Title: "Named", Description: "Said at length.", Severity: "low", Fix: "Do it.", Data: "teams",
		},
	}, set.Rules())
}

func TestTheDigestNamesEveryByteAndNoOrder(t *testing.T) {
	base := load(t, own("canary", "other"), "a.rego", good, "b.rego", strings.Replace(good, "canary", "other", 1), "data.yaml", "x: 1").Digest()
	same := load(t, own("other", "canary"), "data.yaml", "x: 1", "b.rego", strings.Replace(good, "canary", "other", 1), "a.rego", good).Digest()
	assert.Equal(t, base, same)
	assert.NotEmpty(t, base)

	tested := load(t, own("canary", "other"), "a.rego", good, "b.rego", strings.Replace(good, "canary", "other", 1), "data.yaml", "x: 1", "a_test.rego", "package canary_test").Digest()
	assert.Equal(t, base, tested, "tests change no answer")

	for _, changed := range [][]string{
		{"a.rego", good + "# more\n", "b.rego", strings.Replace(good, "canary", "other", 1), "data.yaml", "x: 1"},
		{"a.rego", good, "c.rego", strings.Replace(good, "canary", "other", 1), "data.yaml", "x: 1"},
		{"a.rego", good, "b.rego", strings.Replace(good, "canary", "other", 1), "data.yaml", "x: 2"},
	} {
		assert.NotEqual(t, base, load(t, own("canary", "other"), changed...).Digest())
	}
	with := own("canary", "other")
	with.Sets = []string{policy.Baseline}
	assert.NotEqual(t, base, load(t, with, "a.rego", good, "b.rego", strings.Replace(good, "canary", "other", 1), "data.yaml", "x: 1").Digest())
}

func FuzzLoad(f *testing.F) {
	f.Add(good, "x: 1")
	f.Add("package canary\n\ndeny contains {\"msg\": sprintf(\"%v\", [input.step])} if every t in input.targets { t.name == `x` }", "{}")
	f.Add("package a.b\n\n# METADATA\n# title: x\ndeny[x] contains y if { x := 1; y := data.z[_] }\nelse := 3", "a: &a [*a]")
	f.Add(strings.Repeat("not ", 3000)+"x", "? [")
	f.Fuzz(func(t *testing.T, module, data string) {
		set, err := policy.Load(context.Background(), folder("p.rego", module, "data.yaml", data), policy.Config{Path: "policies"})
		if err != nil {
			assert.NotEmpty(t, err.Error())
			return
		}
		set.Review(context.Background(), question(t, policy.Step))
	})
}

func TestDataMayBeginWithACommentAndAMark(t *testing.T) {
	load(t, own("canary"), "p.rego", good, "data.yaml", "# of the shop\n---\na: \"\\n---\"\n")
}
