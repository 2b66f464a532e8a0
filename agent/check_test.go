package agent_test

import (
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/kustomize"
	"github.com/weir-delivery/weir/policy"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// checked is what Check says of a change of the example.
func checked(t *testing.T, base, head map[string]string) agent.CheckReport {
	t.Helper()
	return checkedIn(t, base, head, "production")
}

// checkedAll is the same of all environments.
func checkedAll(t *testing.T, base, head map[string]string) agent.CheckReport {
	t.Helper()
	return checkedIn(t, base, head)
}

func checkedIn(t *testing.T, base, head map[string]string, environments ...string) agent.CheckReport {
	t.Helper()
	side := func(name string, changes map[string]string) agent.Side {
		tree := fstest.MapFS{}
		for path, text := range bookinfo(t) {
			tree[path] = &fstest.MapFile{Data: []byte(text)}
		}
		for path, text := range changes {
			tree[path] = &fstest.MapFile{Data: []byte(text)}
		}
		return agent.ReadSide(t.Context(), kustomize.New(), agent.Revision{SHA: name, Tree: tree, Author: "Alice <alice@example.com>"}, "weir.yaml", environments)
	}
	return agent.Check(t.Context(), side("base", base), side("head", head), noon)
}

func weights(v1, v2, v3 string) map[string]string {
	return map[string]string{"base/reviews.yaml": reviewsYAML(v1, v2, v3)}
}

func TestAChangeIsToldStepByStep(t *testing.T) {
	report := checked(t, nil, weights("50", "0", "50"))
	require.Equal(t, policy.Allow, report.Decision)
	require.Len(t, report.Rollouts, 1)
	var steps []string
	for _, s := range report.Rollouts[0].Steps {
		steps = append(steps, s.Earliest.Format("15:04 ")+s.Routes[0].Destinations.String())
	}
	assert.Equal(t, []string{"12:00 " + at10, "12:10 " + at25, "12:20 " + atHalf}, steps)
}

func TestOtherPodsBehindASubsetWithTrafficAreAMove(t *testing.T) {
	relabelled := strings.Replace(reviewsYAML("100", "0", "0"), "{name: v1, labels: {version: v1}}", "{name: v1, labels: {version: v1b}}", 1)
	report := checked(t, nil, map[string]string{"base/reviews.yaml": relabelled})
	require.Len(t, report.Rollouts, 1)
	assert.Equal(t, "reshape", report.Rollouts[0].Kind)
	require.Len(t, report.Rollouts[0].Steps, 1)
	assert.Equal(t, "other pods behind v1, at "+atV1, report.Rollouts[0].Steps[0].Reason)
}

func TestAChangeOfNothingMovesNothing(t *testing.T) {
	report := checked(t, nil, map[string]string{"NEWS": "x"})
	assert.Equal(t, policy.Allow, report.Decision)
	assert.Empty(t, report.Rollouts)
	assert.NotNil(t, report.Findings)
	assert.NotNil(t, report.Problems)
}

func TestTheBasesRulesJudgeNotTheHeads(t *testing.T) {
	change := weights("0", "0", "100")
	change["overlays/production/weightplan.yaml"] = planYAML("{setWeight: 40}, {setWeight: 80}, {setWeight: 100}")
	change["policies/first_step.rego"] = strings.Replace(bookinfo(t)["policies/first_step.rego"], "first_step := 25", "first_step := 100", 1)
	assert.Equal(t, policy.Deny, checked(t, nil, change).Decision)
	assert.Equal(t, policy.Allow, checked(t, map[string]string{"policies/first_step.rego": change["policies/first_step.rego"]}, change).Decision)
}

func TestABaseWhosePoliciesDoNotLoadJudgesNothingAndLetsNothingPass(t *testing.T) {
	broken := map[string]string{"policies/first_step.rego": "package canary\n\ndeny contains {"}
	report := checked(t, broken, weights("0", "0", "100"))
	assert.Equal(t, policy.Error, report.Decision)
	assert.Contains(t, report.Problems.Error(), "policies/first_step.rego:")
	assert.Equal(t, policy.Allow, checked(t, broken, nil).Decision, "mending them moves nothing")
}

func TestATransientDenialIsAWaitAndNoRefusal(t *testing.T) {
	night := map[string]string{"policies/night.rego": `package canary

deny_night contains {"msg": "it is night", "transient": true} if input.operation == "step"
`}
	change := weights("50", "0", "50")
	maps.Copy(change, night)
	report := checked(t, night, change)
	assert.Equal(t, policy.Allow, report.Decision)
	require.NotEmpty(t, report.Findings)
	assert.True(t, report.Findings[0].Transient)
}

func TestARolloutThatIsHeldSaysWhy(t *testing.T) {
	change := weights("50", "0", "50")
	change["weir.yaml"] = strings.Replace(bookinfo(t)["weir.yaml"], "spec:\n", "spec:\n  suspend: true\n", 1)
	report := checked(t, nil, change)
	require.Len(t, report.Rollouts, 1)
	assert.Equal(t, "suspended by the Delivery", report.Rollouts[0].Reason.Sentence)
}

func TestAStepThatNobodyIsLeftToApproveIsSaid(t *testing.T) {
	said := func(approvers string) []string {
		delivery := map[string]string{"weir.yaml": strings.Replace(bookinfo(t)["weir.yaml"], "spec:\n", "spec:\n  approvals: {approvers: ["+approvers+"]}\n", 1)}
		change := weights("0", "0", "100")
		change["overlays/production/weightplan.yaml"] = planYAML("{setWeight: 20, pause: {}}, {setWeight: 60}")
		maps.Copy(change, delivery)
		var out []string
		for _, f := range checked(t, delivery, change).Findings {
			out = append(out, f.Rule)
		}
		return out
	}
	assert.Contains(t, said("alice@example.com"), "weir-nobody-approves")
	assert.NotContains(t, said("alice@example.com, bob@example.com"), "weir-nobody-approves")
	assert.NotContains(t, said("'@example.com'"), "weir-nobody-approves")
}

// What is held for longer than can be foretold is judged all the same: whoever lets it
// go later changes nothing that a check would see.
func TestWhatIsHeldForLongIsJudged(t *testing.T) {
	steep := "{setWeight: 10}, {setWeight: 90}, {setWeight: 100}"
	spread := "{setWeight: 10}, {setWeight: 40}, {setWeight: 80}, {setWeight: 100}"
	delivery := bookinfo(t)["weir.yaml"]
	for name, c := range map[string]struct{ steps, more, delivery, waits string }{
		"suspended by the plan":     {steep, "\n  suspend: true", delivery, "suspended by the plan"},
		"suspended by the Delivery": {steep, "", strings.Replace(delivery, "spec:\n", "spec:\n  suspend: true\n", 1), "suspended by the Delivery"},
		"begins in two years":       {steep, "\n  startAt: 2028-12-01T00:00:00Z", delivery, "nothing goes forward before 2028-12-01T00:00:00Z"},
		"frozen for two years": {steep, "", strings.Replace(delivery, "spec:\n", "spec:\n  freezes: [{name: long, from: 2026-01-01T00:00:00Z, to: 2029-01-01T00:00:00Z, reason: a merger}]\n", 1),
			"freeze long of the Delivery"},
		"in leap years": {strings.Replace(steep, "{setWeight: 90}", `{setWeight: 90, windows: [{name: leap, kind: allow, schedule: "0 10 29 2 *", duration: 8h, timeZone: UTC}]}`, 1), "", delivery,
			"window leap of step 2 is closed: it opens at 2028-02-29T10:00:00Z"},
		"a step for longer than a year": {"{setWeight: 10, pause: {duration: 8784h}}, {setWeight: 90, pause: {duration: 8784h}}, {setWeight: 100}", "", delivery, "step 2 of 3, for 8784h"},
		"approved by nobody else": {strings.Replace(steep, "{setWeight: 10}", "{setWeight: 10, pause: {}}", 1), "", strings.Replace(delivery, "spec:\n", "spec:\n  approvals: {approvers: [alice@example.com]}\n", 1),
			"step 1 of 3 waits for approval"},
	} {
		with := func(steps string) agent.CheckReport {
			change := weights("0", "0", "100")
			change["overlays/production/weightplan.yaml"] = planYAML(steps) + strings.TrimPrefix(c.more, "\n") + "\n"
			change["weir.yaml"] = c.delivery
			return checked(t, map[string]string{"weir.yaml": c.delivery}, change)
		}
		report := with(c.steps)
		require.Empty(t, report.Problems, name)
		require.Equal(t, policy.Deny, report.Decision, name)
		require.Len(t, report.Rollouts, 1, name)
		var waits []string
		for _, s := range report.Rollouts[0].Steps {
			waits = append(waits, s.Waits)
		}
		assert.Len(t, waits, 3, name)
		assert.Contains(t, strings.Join(waits, "\n"), c.waits, name)
		assert.Zero(t, report.Rollouts[0].Steps[2].Earliest, name)
		assert.Equal(t, policy.Allow, with(spread).Decision, name)
	}
}

// A plan by which nothing could move is said when it comes, not when somebody needs it.
func TestAPlanThatWouldBeRefusedIsSaidWhenItComes(t *testing.T) {
	plan := "overlays/production/weightplan.yaml"
	report := checked(t, nil, map[string]string{plan: hasty})
	assert.Equal(t, policy.Allow, report.Decision, "it moves nothing")
	require.Len(t, report.Findings, 1)
	f := report.Findings[0]
	assert.Equal(t, "weir-plan-refused", f.Rule)
	assert.Equal(t, policy.Warns, f.Level)
	assert.Equal(t, plan, f.File)
	assert.Contains(t, f.Message, "a change of weights by plan reviews as it is here would be refused (canary.deny_first_step): ")
	assert.Empty(t, checked(t, map[string]string{plan: hasty}, map[string]string{plan: hasty, "NEWS": "x"}).Findings, "it stood there before")
	assert.Empty(t, checked(t, nil, map[string]string{plan: planYAML("{setWeight: 20, pause: {duration: 1m}}, {setWeight: 60}, {setWeight: 100}")}).Findings, "it passes")
}

// A route that the plan does not move gets its weights at once: nobody has to look for
// that in the diff.
func TestARouteThatNoPlanMovesIsShown(t *testing.T) {
	two := func(a, b string) map[string]string {
		text := strings.Replace(reviewsYAML("100", "0", "0"), "  - name: primary\n", "  - name: other\n    match: [{uri: {prefix: /other}}]\n    route:\n    - {destination: {host: reviews, subset: v1}, weight: "+a+"}\n    - {destination: {host: reviews, subset: v3}, weight: "+b+"}\n  - name: primary\n", 1)
		return map[string]string{"base/reviews.yaml": text}
	}
	report := checked(t, two("100", "0"), two("60", "40"))
	require.Len(t, report.Rollouts, 1)
	c := report.Rollouts[0]
	require.Len(t, c.Steps, 1)
	shown := map[string]string{}
	for _, r := range c.Steps[0].Routes {
		shown[r.Route] = r.Destinations.String()
	}
	assert.Equal(t, map[string]string{"other": "v1 60 · v3 40", "primary": atV1}, shown)
	assert.Len(t, c.From, 2)

	still := checked(t, two("100", "0"), map[string]string{"base/reviews.yaml": strings.Replace(two("100", "0")["base/reviews.yaml"], "/other", "/another", 1)})
	require.Len(t, still.Rollouts, 1)
	assert.Len(t, still.Rollouts[0].From, 1, "of the others nothing is said")
}
