package policy_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

var now = time.Date(2026, 11, 23, 8, 5, 0, 0, time.UTC)

// reviews is bookinfo's rollout of reviews from v1 to v3, through the steps given.
func reviews(steps ...int) *rollout.Rollout {
	plan := rollout.Plan{Name: "reviews", Namespace: "bookinfo", Position: rollout.Position{File: "overlays/production/plan.yaml", Line: 1}}
	for _, s := range steps {
		plan.Steps = append(plan.Steps, rollout.Step{SetWeight: s, Pause: &rollout.Pause{Duration: 10 * time.Minute}})
	}
	return &rollout.Rollout{
		Name:   rollout.Name{Environment: "production", Namespace: "bookinfo", Plan: "reviews"},
		Want:   rollout.Known,
		Source: rollout.Source{Cluster: "local", Overlay: "overlays/production", Revision: "abc", Author: "Ann <ann@example.org>", Subject: "reviews to v3"},
		Plan:   plan,
		Targets: []rollout.Target{{
			Ref: ref, Rest: "rest", Routes: routes(0, 100), Position: rollout.Position{File: "base/reviews.yaml", Line: 7},
		}},
	}
}

var ref = rollout.Ref{Namespace: "bookinfo", Name: "reviews"}

func destination(subset string) rollout.Destination {
	return rollout.Destination{Host: "reviews", Subset: subset, Port: 9080}
}

func routes(v1, v3 int) rollout.Routes {
	return rollout.Routes{{Key: "primary", Label: "primary", Protocol: rollout.HTTP, Split: rollout.Split{
		{Destination: destination("v1"), Weight: v1}, {Destination: destination("v3"), Weight: v3},
	}}}
}

// live is the cluster's side: at the weights given, with stable at v1.
func live(v1, v3 int) rollout.Facts {
	return rollout.Facts{
		Seen: true,
		Live: []rollout.Live{{Ref: ref, UID: "u", Version: "1", Routes: routes(v1, v3), State: &rollout.State{
			Member: rollout.Member{Stable: routes(100, 0), Rest: "rest"},
		}}},
		Ready: map[rollout.Destination]rollout.Readiness{
			destination("v1"): {Defined: true, Ready: 3, Want: 3, Known: true},
			destination("v3"): {Defined: true, Ready: 1, Want: 3, Known: true},
		},
	}
}

// moved is a move of the kind from one pair of weights to another.
func moved(kind rollout.Kind, step, v1, v3, to1, to3 int) rollout.Move {
	return rollout.Move{
		Kind: kind, Journey: rollout.Journey{ID: "0123456789ab", Step: step, Seq: step + 1},
		Changes: []rollout.Change{{Ref: ref, From: routes(v1, v3), To: routes(to1, to3)}},
	}
}

// question is about reviews at 95/5 being moved to 50/50.
func question(t testing.TB, op policy.Operation) policy.Question {
	t.Helper()
	r, f := reviews(5, 50), live(95, 5)
	switch op {
	case policy.Step:
		return policy.Ask(policy.Runtime, r, f, moved(rollout.Forward, 1, 95, 5, 50, 50), now)
	case policy.Promote:
		return policy.Ask(policy.Runtime, r, live(50, 50), moved(rollout.Forward, 2, 50, 50, 0, 100), now)
	case policy.Rollback:
		r.Targets[0].Routes = routes(100, 0)
		return policy.Ask(policy.Runtime, r, live(50, 50), moved(rollout.Back, 2, 50, 50, 100, 0), now)
	}
	require.Fail(t, "no such question", op)
	return policy.Question{}
}

// asked is the decision of the one rule, with the body given.
func asked(t *testing.T, op policy.Operation, rules string) policy.Decision {
	t.Helper()
	return load(t, own(), "p.rego", "package canary\n\n"+rules+"\n").Review(context.Background(), question(t, op))
}

func TestAMessageBecomesAFindingWithAPlace(t *testing.T) {
	d := asked(t, policy.Step, `deny_all contains "not today" if true`)
	assert.Equal(t, policy.Deny, d.Verdict)
	assert.Equal(t, []policy.Finding{{
		Rule: "canary.deny_all", Level: policy.Denies, Message: "not today",
		Position:    rollout.Position{File: "overlays/production/plan.yaml", Line: 1},
		Environment: "production", Target: &policy.FindingTarget{Kind: "VirtualService", Namespace: "bookinfo", Name: "reviews"},
		Rollout: "0123456789ab", Step: 1,
	}}, d.Findings)
	assert.Equal(t, rollout.Verdict{Why: "not today"}, d.Answer())
}

func TestAnObjectSaysMore(t *testing.T) {
	d := asked(t, policy.Step, `violation contains {
	"msg": "closed", "fix": "Wait.", "route": "primary", "step": 0, "transient": true, "again": "2026-11-23T09:00:00+01:00",
	"details": {"window": "office"}, "ticket": 7, "_loc": {"file": "w.yaml", "line": 12},
} if true

warn contains {"msg": "opens soon", "again": "2026-11-24T09:00:00Z"} if true`)
	require.Len(t, d.Findings, 2)
	f := d.Findings[0]
	assert.Equal(t, "closed", f.Message)
	assert.Equal(t, "Wait.", f.Fix)
	assert.Equal(t, "primary", f.Route)
	assert.Equal(t, 0, f.Step)
	assert.True(t, f.Transient)
	assert.True(t, f.Again.IsZero(), "08:00 UTC is over")
	assert.Equal(t, map[string]any{"window": "office", "ticket": json.Number("7")}, f.Details)
	assert.Equal(t, rollout.Position{File: "w.yaml", Line: 12}, f.Position)
	assert.Equal(t, time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), d.Findings[1].Again)
	assert.True(t, d.Findings[1].Transient, "what names a time passes by itself")
	assert.Equal(t, rollout.Verdict{Transient: true, Why: "closed"}, d.Answer(), "a warning's time is not the refusal's")
}

func TestAFindingMayBeAboutAWeight(t *testing.T) {
	plan, service := rollout.Position{File: "overlays/production/plan.yaml", Line: 1}, question(t, policy.Step).Targets[0]
	git := rollout.Position{File: service.File, Line: service.Line}
	v3 := rollout.Destination{Host: "reviews", Subset: "v3", Port: 9080}
	for rule, want := range map[string]struct {
		weight *rollout.Destination
		at     rollout.Position
	}{
		`{"msg": "no"}`:                     {nil, plan},
		`{"msg": "no", "route": "primary"}`: {&rollout.Destination{}, plan},
		`{"msg": "no", "route": "primary", "_loc": {"file": "a"}}`: {nil, rollout.Position{File: "a"}},
		`{"msg": "no", "weight": true}`:                            {&rollout.Destination{}, git},
		`{"msg": "no", "weight": false}`:                           {nil, plan},
		`{"msg": "no", "weight": 60}`:                              {nil, plan},
		`{"msg": "no", "weight": {"of": "v3"}}`:                    {nil, plan},
		`{"msg": "no", "weight": {"host": "reviews", "subset": "v3", "port": 9080, "to": {}}, "_loc": {"file": "a"}}`: {&v3, rollout.Position{File: "a"}},
	} {
		f := asked(t, policy.Step, "deny contains "+rule+" if true").Findings[0]
		assert.Equal(t, want.weight, f.Weight, rule)
		assert.Equal(t, want.at, f.Position, rule)
		assert.Equal(t, want.weight == nil && strings.Contains(rule, "weight"), f.Details["weight"] != nil, rule)
	}
}

func TestTheAnswerIsTransientOnlyIfEveryDenialIs(t *testing.T) {
	later := `deny_a contains {"msg": "closed", "transient": true, "again": "2026-11-23T12:00:00Z"} if true
deny_b contains {"msg": "frozen", "transient": true, "again": "2026-11-23T10:00:00Z"} if true
`
	ten := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	assert.Equal(t, rollout.Verdict{Transient: true, Again: ten, Why: "closed (and 1 more)"}, asked(t, policy.Step, later).Answer())
	assert.Equal(t, rollout.Verdict{Again: ten, Why: "too big (and 2 more)"}, asked(t, policy.Step, later+`deny_z contains "too big" if true`).Answer())
}

func TestWhatCannotBeJudgedIsAnError(t *testing.T) {
	for name, c := range map[string]struct{ rules, says string }{
		"an empty message":             {`deny contains "" if true`, "empty message"},
		"a blank message":              {`deny contains {"msg": " "} if true`, "empty message"},
		"an object without msg":        {`deny contains {"message": "no"} if true`, "empty message"},
		"a number":                     {`deny contains 7 if true`, "not a number"},
		"a boolean":                    {`deny contains true if true`, "not a boolean"},
		"a list":                       {`deny contains ["no"] if true`, "not a list"},
		"null":                         {`deny contains null if true`, "not null"},
		"a message that is no string":  {`deny contains {"msg": 7} if true`, "msg cannot be 7"},
		"a step that is no number":     {`deny contains {"msg": "no", "step": "x"} if true`, `step cannot be "x"`},
		"a time that is none":          {`deny contains {"msg": "no", "again": "tomorrow"} if true`, `again cannot be "tomorrow"`},
		"a transient that is a string": {`deny contains {"msg": "no", "transient": "yes"} if true`, `transient cannot be "yes"`},
		"a target that is not there":   {`deny contains {"msg": "no", "target": "x"} if true`, `target cannot be "x"`},
		"a builtin that fails":         {`deny contains "no" if to_number(input.environment) > 3`, "policies/p.rego:3: canary.deny: to_number: strconv"},
		"two values for one":           {"deny contains \"no\" if x == 1\n\nx := 1 if input.step == 1\n\nx := 2 if input.step == 1", "rule data.canary.x produced conflicting values: 1 at policies/p.rego:5 2 at policies/p.rego:7"},
		"an exception of nothing":      {"deny_a contains \"no\" if true\n\nexception contains [\"b\"] if true", "no rule with the suffix b"},
		"an exception of no list":      {"deny_a contains \"no\" if true\n\nexception contains \"a\" if true", "not a string"},
	} {
		t.Run(name, func(t *testing.T) {
			d := asked(t, policy.Step, c.rules)
			assert.Equal(t, policy.Error, d.Verdict)
			assert.Contains(t, d.Problem, c.says)
			assert.Equal(t, rollout.Verdict{Failed: true, Why: d.Problem}, d.Answer())
			assert.Empty(t, d.Findings)
		})
	}
}

func TestAQuestionOfAnotherVersionIsAnError(t *testing.T) {
	q := question(t, policy.Step)
	q.APIVersion = "weir.dev/v9"
	d := load(t, own(), "p.rego", good).Review(context.Background(), q)
	assert.Contains(t, d.Problem, "weir.dev/v9")
	assert.Equal(t, policy.Error, d.Verdict)

	q = question(t, policy.Step)
	q.Targets[0].Routes[0].Destinations[0].To.Share = math.NaN()
	assert.Contains(t, load(t, own(), "p.rego", good).Review(context.Background(), q).Problem, "internal error", "a panic is an error")

	hold := policy.Ask(policy.Runtime, reviews(5), live(95, 5), moved(rollout.Hold, 0, 95, 5, 95, 5), now)
	assert.Equal(t, policy.Error, load(t, own(), "p.rego", good).Review(context.Background(), hold).Verdict)
	assert.True(t, policy.Decision{}.Answer().Failed, "nobody asked")
}

func TestGoingBackIsNeverRefused(t *testing.T) {
	rules := `deny contains sprintf("%s is frozen", [input.operation]) if true`
	assert.Equal(t, policy.Deny, asked(t, policy.Step, rules).Verdict)
	d := asked(t, policy.Rollback, rules)
	assert.Equal(t, policy.Allow, d.Verdict)
	require.Len(t, d.Findings, 1)
	assert.Equal(t, policy.Warns, d.Findings[0].Level)
	assert.Equal(t, "rollback is frozen", d.Findings[0].Message)
	assert.True(t, d.Answer().Allow)
}

func TestAnExceptionWaivesAndTheFindingStays(t *testing.T) {
	rules := `deny_a contains "a" if true
deny contains "plain" if true
exception contains ["a", ""] if input.change.author == "Ann <ann@example.org>"
`
	d := asked(t, policy.Step, rules)
	assert.Equal(t, policy.Allow, d.Verdict)
	require.Len(t, d.Findings, 2)
	for _, f := range d.Findings {
		assert.Equal(t, policy.Denies, f.Level)
		assert.Equal(t, &policy.Waiver{Rule: "canary.exception"}, f.Waiver)
	}
	assert.Equal(t, policy.Deny, asked(t, policy.Step, rules+`deny_b contains "b" if true`).Verdict)
}

func TestTheExampleDeniesAFirstStepFromNothingToEverything(t *testing.T) {
	set, err := policy.Load(context.Background(), os.DirFS("../examples/bookinfo"), policy.Config{Path: "policies", Packages: []string{"canary"}, Sets: []string{policy.Baseline}})
	require.NoError(t, err)
	r := reviews(100)
	d := set.Review(context.Background(), policy.Ask(policy.PullRequest, r, live(100, 0), moved(rollout.Forward, 0, 100, 0, 0, 100), now))
	assert.Equal(t, policy.Deny, d.Verdict)
	var rules []string
	for _, f := range d.Findings {
		rules = append(rules, f.Rule)
		assert.NotEmpty(t, f.Fix)
	}
	assert.Equal(t, []string{"baseline.deny_max_step", "canary.deny_first_step"}, rules)
	assert.Equal(t, policy.Allow, set.Review(context.Background(), question(t, policy.Step)).Verdict)
	assert.Equal(t, policy.Allow, set.Review(context.Background(), question(t, policy.Promote)).Verdict)
	assert.Equal(t, policy.Allow, set.Review(context.Background(), question(t, policy.Rollback)).Verdict)
}

// spent is the processor time of this process.
func spent(b *testing.B) time.Duration {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkReview is one review of a step: by the baseline, and by all that the library
// has. The aim is less than a millisecond, as every step of every rollout is asked about;
// the whole library takes about five times as long as the baseline, and met it narrowly.
func BenchmarkReview(b *testing.B) {
	q := question(b, policy.Step)
	for name, enforced := range map[string][]string{"baseline": {policy.Baseline}, "library": policy.SetNames()} {
		b.Run(name, func(b *testing.B) {
			set, err := policy.Load(context.Background(), nil, policy.Config{Sets: enforced})
			require.NoError(b, err)
			began, reviews := spent(b), 0
			for b.Loop() {
				reviews++
				if d := set.Review(context.Background(), q); d.Verdict == policy.Error {
					b.Fatal(d.Problem)
				}
			}
			b.ReportMetric(float64((spent(b)-began).Nanoseconds())/float64(reviews), "cpu-ns/op") // whoever else is on the machine
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	tree := os.DirFS("../examples/bookinfo")
	for b.Loop() {
		if _, err := policy.Load(context.Background(), tree, policy.Config{Path: "policies", Sets: []string{policy.Baseline}}); err != nil {
			b.Fatal(err)
		}
	}
}
