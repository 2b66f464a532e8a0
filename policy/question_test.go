package policy_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

func TestAStepIsAskedAboutInFull(t *testing.T) {
	assert.JSONEq(t, `{
		"apiVersion": "weir.dev/v1alpha1", "kind": "WeightPlanReview", "moment": "runtime", "operation": "step", "step": 1,
		"time": {"now": "2026-11-23T08:05:00Z", "weekday": "Monday", "hour": 8, "minute": 5, "epochSeconds": 1795421100},
		"cluster": "local", "environment": "production",
		"rollout": {"id": "0123456789ab", "namespace": "bookinfo", "name": "reviews"},
		"targets": [{"kind": "VirtualService", "namespace": "bookinfo", "name": "reviews", "file": "base/reviews.yaml", "line": 7,
			"routes": [{"key": "primary", "label": "primary", "protocol": "http", "fixed": false, "total": 100,
				"exposure": {"from": 5, "to": 50},
				"destinations": [
					{"host": "reviews", "subset": "v1", "port": 9080, "subsetDefined": true, "endpoints": {"ready": 3, "want": 3},
						"stable": {"weight": 100, "share": 100}, "from": {"weight": 95, "share": 95}, "to": {"weight": 50, "share": 50}, "target": {"weight": 0, "share": 0}},
					{"host": "reviews", "subset": "v3", "port": 9080, "subsetDefined": true, "endpoints": {"ready": 1, "want": 3},
						"stable": {"weight": 0, "share": 0}, "from": {"weight": 5, "share": 5}, "to": {"weight": 50, "share": 50}, "target": {"weight": 100, "share": 100}}],
				"mirrors": []}]}],
		"plan": {"name": "reviews", "default": false, "totalWeight": 100, "file": "overlays/production/plan.yaml", "line": 1, "steps": [
			{"index": 0, "setWeight": 5, "pauseSeconds": 600, "untilApproved": false},
			{"index": 1, "setWeight": 50, "pauseSeconds": 600, "untilApproved": false}],
			"approvals": {"required": 1, "approvers": [], "signed": false}, "progressDeadlineSeconds": 0, "whenWindowCloses": "hold",
			"windows": [], "freezes": [], "webhooks": []},
		"change": {"revision": "abc", "author": "Ann <ann@example.org>", "authors": ["Ann <ann@example.org>"], "subject": "reviews to v3", "signer": ""}
	}`, string(encoded(t, question(t, policy.Step))))
}

// gated is reviews with all that a plan can wait for.
func gated(t testing.TB) *rollout.Rollout {
	t.Helper()
	window := func(name, schedule string, kind rollout.WindowKind, line int) rollout.Window {
		starts, err := cron.ParseStandard(schedule)
		require.NoError(t, err)
		return rollout.Window{
			Name: name, Kind: kind, Schedule: schedule, Duration: 8 * time.Hour, TimeZone: "UTC", Starts: starts, Zone: time.UTC,
			Position: rollout.Position{File: "overlays/production/plan.yaml", Line: line},
		}
	}
	r := reviews(5, 50)
	p := &r.Plan
	p.Approvals, p.ProgressDeadline, p.WhenWindowCloses = 2, 4*time.Hour, rollout.GoBack
	p.Rollback = &rollout.Rollback{StepWeight: 20, Interval: time.Minute}
	p.StartAt, p.Schedule = now.Add(-time.Hour), &rollout.Schedule{Cron: "0 10 * * *", TimeZone: "Europe/Berlin"}
	p.Windows = []rollout.Window{window("office", "0 9 * * MON-THU", rollout.Allow, 9)}
	p.Steps[1].Windows = []rollout.Window{window("night", "0 4 * * *", rollout.Deny, 14)}
	p.Analysis = &rollout.Analysis{Interval: time.Minute, FailureLimit: 2, InconclusiveLimit: 4, Metrics: []rollout.Metric{{Name: rollout.SuccessRate}}}
	p.Steps[1].Analysis = &rollout.Analysis{Interval: time.Hour, Metrics: []rollout.Metric{{Name: "errors", Query: "sum(secret)"}}}
	p.Webhooks = []rollout.Webhook{{Name: "gate", Type: rollout.ConfirmRollout, URL: "https://gate.example.com/?token=hunter2"}}
	r.Rules = rollout.Rules{Approvers: []string{"@ops.example.com"}, Signed: true, Levels: []rollout.Level{{Name: "the Delivery", Freezes: []rollout.Freeze{
		{Name: "audit", Reason: "the auditors", From: now.Add(-time.Minute), To: now.Add(time.Minute)},
	}}}}
	return r
}

func gatedStep(t testing.TB) policy.Question {
	return policy.Ask(policy.Runtime, gated(t), live(95, 5), moved(rollout.Forward, 1, 95, 5, 50, 50), now)
}

// known is the step's question with all that may be known: who signed what, what else
// changes, and what else is under way.
func known(t testing.TB) policy.Question {
	r, yes := gated(t), true
	r.Source.Authors = []string{"Bob <bob@example.org>"}
	r.Source.Signed, r.Source.Signer, r.Source.Trailers = &yes, "ann@example.org", map[string]string{"Change-Id": "CHG123"}
	r.Targets[0].Mirrors = map[string][]rollout.Mirror{"primary": {{Destination: destination("v4"), Percent: 100}}}
	before := r.Plan
	before.Approvals = 3
	before.Steps = append(before.Steps, rollout.Step{SetWeight: 60, Pause: &rollout.Pause{UntilApproved: true}})
	q := policy.Ask(policy.Runtime, r, live(95, 5), moved(rollout.Forward, 1, 95, 5, 50, 50), now)
	q.Targets[0].Instead = &[]policy.Predecessor{{Environment: "staging", Namespace: "bookinfo", Name: "reviews-old"}}
	elsewhere := map[rollout.Ref][]policy.Elsewhere{ref: {policy.ElsewhereOf("staging", rollout.Ref{Namespace: "bookinfo-staging", Name: ref.Name}, routes(1, 3))}}
	return q.Amid(r, policy.Around{Before: &before, TouchesPolicies: &yes, Elsewhere: elsewhere, InFlight: &[]rollout.Name{{Environment: "production", Namespace: "bookinfo", Plan: "ratings"}}})
}

func TestWhatIsKnownAroundAMoveIsAskedAbout(t *testing.T) {
	q := known(t)
	assert.JSONEq(t, `{"revision": "abc", "author": "Ann <ann@example.org>", "authors": ["Ann <ann@example.org>", "Bob <bob@example.org>"],
		"subject": "reviews to v3", "signed": true, "signer": "ann@example.org", "trailers": {"Change-Id": "CHG123"}, "touchesPolicies": true}`, string(encoded(t, q.Change)))
	assert.JSONEq(t, `[{"host": "reviews", "subset": "v4", "port": 9080, "percent": 100}]`, string(encoded(t, q.Targets[0].Routes[0].Mirrors)))
	assert.JSONEq(t, `[{"environment": "production", "namespace": "bookinfo", "name": "ratings"}]`, string(encoded(t, q.InFlight)))
	assert.Equal(t, []string{"its largest step adds 50 percentage points, and added 45 before", "0 of its pauses wait for approval, and 1 did before"}, *q.Plan.Loosened)
	assert.JSONEq(t, `[{"environment": "staging", "namespace": "bookinfo-staging", "routes": [{"label": "primary", "destinations": [
		{"host": "reviews", "subset": "v1", "port": 9080, "share": 25}, {"host": "reviews", "subset": "v3", "port": 9080, "share": 75}]}]}]`, string(encoded(t, q.Targets[0].Elsewhere)))
	nothing := gatedStep(t).Amid(gated(t), policy.Around{})
	assert.Equal(t, string(encoded(t, gatedStep(t))), string(encoded(t, nothing)), "what nobody knows is absent")
}

func TestTheGatesAreAskedAboutInFull(t *testing.T) {
	q := gatedStep(t)
	assert.NotContains(t, string(encoded(t, q)), "hunter2")
	assert.JSONEq(t, `{
		"name": "reviews", "default": false, "totalWeight": 100, "file": "overlays/production/plan.yaml", "line": 1,
		"steps": [
			{"index": 0, "setWeight": 5, "pauseSeconds": 600, "untilApproved": false},
			{"index": 1, "setWeight": 50, "pauseSeconds": 600, "untilApproved": false,
				"analysis": {"intervalSeconds": 3600, "failureLimit": 0, "inconclusiveLimit": 0, "metrics": ["errors"]}}],
		"approvals": {"required": 2, "approvers": ["@ops.example.com"], "signed": true},
		"progressDeadlineSeconds": 14400, "whenWindowCloses": "rollback", "rollback": {"stepWeight": 20, "intervalSeconds": 60},
		"startAt": "2026-11-23T07:05:00Z", "schedule": {"cron": "0 10 * * *", "timeZone": "Europe/Berlin"},
		"windows": [
			{"name": "office", "kind": "allow", "schedule": "0 9 * * MON-THU", "durationSeconds": 28800, "timeZone": "UTC", "open": false,
				"level": "the plan", "step": -1, "file": "overlays/production/plan.yaml", "line": 9},
			{"name": "night", "kind": "deny", "schedule": "0 4 * * *", "durationSeconds": 28800, "timeZone": "UTC", "open": true,
				"level": "step 2", "step": 1, "file": "overlays/production/plan.yaml", "line": 14}],
		"freezes": [{"name": "audit", "reason": "the auditors", "from": "2026-11-23T08:04:00Z", "to": "2026-11-23T08:06:00Z", "active": true, "level": "the Delivery"}],
		"analysis": {"intervalSeconds": 60, "failureLimit": 2, "inconclusiveLimit": 4, "metrics": ["success-rate"]},
		"webhooks": [{"name": "gate", "type": "confirm-rollout"}]
	}`, string(encoded(t, q.Plan)))
}

// A rule may want an allow window of every plan for production.
func TestARuleReadsTheGates(t *testing.T) {
	rules := load(t, own(), "p.rego", `package canary

deny_no_window contains "production moves in windows" if {
	input.environment == "production"
	not allowed
}

allowed if {
	some w in input.plan.windows
	w.kind == "allow"
}
`)
	assert.Equal(t, policy.Deny, rules.Review(t.Context(), question(t, policy.Step)).Verdict)
	assert.Equal(t, policy.Allow, rules.Review(t.Context(), gatedStep(t)).Verdict)
}

func TestTheOperationIsWhatTheMoveDoes(t *testing.T) {
	for kind, want := range map[rollout.Kind]policy.Operation{
		rollout.Create: policy.Create, rollout.Reshape: policy.Reshape, rollout.Forward: policy.Step, rollout.CatchUp: policy.Step,
		rollout.Back: policy.Rollback, rollout.Correct: policy.Correct, rollout.Remove: policy.Remove, rollout.Hold: "",
	} {
		q := policy.Ask(policy.Runtime, reviews(5, 50), live(95, 5), moved(kind, 1, 95, 5, 50, 50), now)
		assert.Equal(t, want, q.Operation, kind)
		assert.Equal(t, want == policy.Step, q.Step >= 0, kind)
	}
	assert.Equal(t, policy.Promote, question(t, policy.Promote).Operation, "the last step")
	beyond := policy.Ask(policy.Runtime, reviews(5, 50), live(50, 50), moved(rollout.Forward, 2, 50, 50, 0, 1), now)
	assert.Equal(t, policy.Promote, beyond.Operation, "shares count, not numbers")
	assert.Equal(t, 2, beyond.Step)
}

func TestWhatNextProposesCanBeAsked(t *testing.T) {
	r, f := reviews(5, 50), live(100, 0)
	m := rollout.Next(r, f, now)
	require.Equal(t, rollout.Forward, m.Kind)
	q := policy.Ask(policy.Admission, r, f, m, now)
	assert.Equal(t, policy.Step, q.Operation)
	assert.Equal(t, 0, q.Step)
	assert.Equal(t, m.Journey.ID, q.Rollout.ID)
	assert.Equal(t, 5.0, *q.Targets[0].Routes[0].Exposure.To)
}

func TestWhatIsNotKnownIsAbsent(t *testing.T) {
	r := reviews(5)
	created := policy.Ask(policy.Runtime, r, rollout.Facts{Seen: true}, rollout.Move{Kind: rollout.Create, Changes: []rollout.Change{{Ref: ref, To: routes(0, 100)}}}, now)
	route := created.Targets[0].Routes[0]
	assert.Equal(t, policy.Exposure{}, route.Exposure)
	for _, d := range route.Destinations {
		assert.Nil(t, d.From)
		assert.Nil(t, d.Stable)
		assert.Nil(t, d.SubsetDefined)
		assert.Nil(t, d.Endpoints)
		assert.NotNil(t, d.To)
	}

	r.Want = rollout.Gone
	removed := policy.Ask(policy.Runtime, r, live(100, 0), rollout.Move{Kind: rollout.Remove, Changes: []rollout.Change{{Ref: ref, From: routes(100, 0)}}}, now)
	for _, d := range removed.Targets[0].Routes[0].Destinations {
		assert.Nil(t, d.To)
		assert.Nil(t, d.Target)
		assert.NotNil(t, d.From)
	}

	outside := live(100, 0)
	outside.Ready[destination("v3")] = rollout.Readiness{Defined: false}
	q := policy.Ask(policy.Runtime, reviews(5), outside, moved(rollout.Forward, 0, 100, 0, 95, 5), now)
	assert.False(t, *q.Targets[0].Routes[0].Destinations[1].SubsetDefined)
	assert.Nil(t, q.Targets[0].Routes[0].Destinations[1].Endpoints)
}

func TestOnTheWayBackExposureFalls(t *testing.T) {
	e := question(t, policy.Rollback).Targets[0].Routes[0].Exposure
	assert.Equal(t, 50.0, *e.From)
	assert.Equal(t, 0.0, *e.To)
}

func TestARouteThatNoStepMovesIsExposedByWhatItLoses(t *testing.T) {
	fixed := func(v1, v3 int) rollout.Routes {
		out := routes(v1, v3)
		out[0].Fixed = true
		return out
	}
	r, f := reviews(5), live(100, 0)
	r.Targets[0].Routes, f.Live[0].State.Member.Stable = fixed(0, 100), nil
	m := rollout.Move{Kind: rollout.Reshape, Changes: []rollout.Change{{Ref: ref, From: fixed(100, 0), To: fixed(0, 100)}}}
	route := policy.Ask(policy.Runtime, r, f, m, now).Targets[0].Routes[0]
	assert.True(t, route.Fixed)
	assert.Equal(t, 0.0, *route.Exposure.From)
	assert.Equal(t, 100.0, *route.Exposure.To)
}

func TestSharesArePercentWhateverTheWeightsSumTo(t *testing.T) {
	q := policy.Ask(policy.Runtime, reviews(5), live(2, 1), moved(rollout.Forward, 0, 2, 1, 1, 2), now)
	d := q.Targets[0].Routes[0].Destinations[1]
	assert.Equal(t, &policy.Part{Weight: 1, Share: 33.333333}, d.From)
	assert.Equal(t, &policy.Part{Weight: 2, Share: 66.666667}, d.To)

	alone := rollout.Routes{{Key: "primary", Label: "primary", Protocol: rollout.TCP, Split: rollout.Split{{Destination: destination("v1"), Weight: 0}}}}
	q = policy.Ask(policy.Runtime, reviews(5), live(100, 0), rollout.Move{Kind: rollout.Reshape, Changes: []rollout.Change{{Ref: ref, From: alone, To: alone}}}, now)
	assert.Equal(t, &policy.Part{Weight: 100, Share: 100}, q.Targets[0].Routes[0].Destinations[0].To)
	assert.Equal(t, 100, q.Targets[0].Routes[0].Total)

	nothing := policy.Ask(policy.Runtime, reviews(5), live(100, 0), moved(rollout.Reshape, 0, 0, 0, 0, 0), now)
	assert.Equal(t, &policy.Part{}, nothing.Targets[0].Routes[0].Destinations[0].To)
}

func TestEveryQuestionFitsTheSchemaAndTheSchemaNamesNothingElse(t *testing.T) {
	var schema any
	require.NoError(t, json.Unmarshal(policy.Schema(), &schema))
	check, err := rego.New(rego.Query("json.match_schema(input.document, input.schema)")).PrepareForEval(context.Background())
	require.NoError(t, err)
	fits := func(document any) (bool, any) {
		results, err := check.Eval(context.Background(), rego.EvalInput(map[string]any{"document": document, "schema": schema}))
		require.NoError(t, err)
		pair := results[0].Expressions[0].Value.([]any)
		return pair[0].(bool), pair[1]
	}
	created := policy.Ask(policy.Admission, reviews(5), rollout.Facts{}, rollout.Move{Kind: rollout.Create, Changes: []rollout.Change{{Ref: ref, To: routes(0, 100)}}}, now.In(time.FixedZone("x", 3600)))
	for _, q := range []policy.Question{question(t, policy.Step), question(t, policy.Promote), question(t, policy.Rollback), created, gatedStep(t), known(t)} {
		ok, why := fits(q)
		assert.True(t, ok, "%v", why)
	}
	var document map[string]any
	require.NoError(t, json.Unmarshal(encoded(t, known(t)), &document))
	delete(document["change"].(map[string]any)["trailers"].(map[string]any), "Change-Id") // their names are anybody's
	assert.Equal(t, shape(document, "input"), shapeOfSchema(schema.(map[string]any), "input"), "the step's question has every field that there is")
	document["extra"] = 1
	ok, _ := fits(document)
	assert.False(t, ok)
}

// shape is the set of paths in a document.
func shape(v any, at string) map[string]bool {
	out := map[string]bool{at: true}
	add := func(more map[string]bool) {
		for path := range more {
			out[path] = true
		}
	}
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			add(shape(value, at+"."+key))
		}
	case []any:
		for _, value := range v {
			add(shape(value, at+"[]"))
		}
	}
	return out
}

func shapeOfSchema(s map[string]any, at string) map[string]bool {
	out := map[string]bool{at: true}
	if items, ok := s["items"].(map[string]any); ok {
		for path := range shapeOfSchema(items, at+"[]") {
			out[path] = true
		}
	}
	properties, _ := s["properties"].(map[string]any)
	for key, value := range properties {
		for path := range shapeOfSchema(value.(map[string]any), at+"."+key) {
			out[path] = true
		}
	}
	return out
}

// A commit without trailers is no work tree: a rule that asks for one denies it.
func TestACommitWithoutTrailersSaysSo(t *testing.T) {
	for want, trailers := range map[string]map[string]string{`"trailers":{}`: {}, `"trailers":{"a":"b"}`: {"a": "b"}} {
		said, err := json.Marshal(policy.Change{Trailers: trailers})
		require.NoError(t, err)
		assert.Contains(t, string(said), want)
	}
	said, err := json.Marshal(policy.Change{})
	require.NoError(t, err)
	assert.NotContains(t, string(said), "trailers", "of a work tree")
}
