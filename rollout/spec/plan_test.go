package spec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// planHead are the first four lines of every plan here; the spec follows.
const planHead = "apiVersion: weir.dev/v1alpha1\nkind: WeightPlan\nmetadata: {name: reviews}\nspec:\n"

// Lines 5 and 6 of most plans here.
const (
	target = "  targets: [{kind: VirtualService, name: reviews}]\n"
	oneGo  = "  steps: [{setWeight: 100}]\n"
)

func decodePlan(t *testing.T, text string) (rollout.Plan, rollout.Problems) {
	t.Helper()
	docs, problems := spec.Documents([]byte(text), "plan.yaml")
	if len(problems) > 0 {
		return rollout.Plan{}, problems
	}
	require.Len(t, docs, 1)
	return spec.DecodePlan(docs[0], func(path string) rollout.Position {
		return rollout.Position{File: "plan.yaml", Line: spec.Locate(docs[0], path)}
	})
}

func TestAPlanSaysAllThatItCan(t *testing.T) {
	plan, problems := decodePlan(t, `# the reviews service
apiVersion: weir.dev/v1alpha1
kind: WeightPlan
metadata: {name: reviews, namespace: bookinfo, labels: {team: books}}
spec:
  targets: [{kind: VirtualService, name: reviews, routes: [primary, beta]}]
  steps:
  - {setWeight: 5, pause: {duration: 10m}}
  - {setWeight: 50, pause: {}}
  - {setWeight: 75, pause: {duration: 90}}
  - {setWeight: 100}
  totalWeight: 1000
  approvals: {required: 2}
  rollbackWindow: 1h30m
  rollback: {stepWeight: 20, interval: 30s}
  readiness: required
  settleSeconds: 0
  suspend: true
  whenWindowCloses: hold
  windows: []
`)
	require.Empty(t, problems)
	assert.Equal(t, rollout.Plan{
		Name: "reviews", Namespace: "bookinfo",
		Targets: []rollout.TargetRef{{Name: "reviews", Routes: []string{"primary", "beta"}}},
		Steps: []rollout.Step{
			{SetWeight: 5, Pause: &rollout.Pause{Duration: 10 * time.Minute}},
			{SetWeight: 50, Pause: &rollout.Pause{UntilApproved: true}},
			{SetWeight: 75, Pause: &rollout.Pause{Duration: 90 * time.Second}},
			{SetWeight: 100},
		},
		TotalWeight: 1000, Approvals: 2, RollbackWindow: 90 * time.Minute, Rollback: &rollout.Rollback{StepWeight: 20, Interval: 30 * time.Second},
		Readiness: rollout.Required, Suspend: true,
		Position: rollout.Position{File: "plan.yaml", Line: 2},
	}, plan)
}

func TestAPlanIsFilledInWhereItIsSilent(t *testing.T) {
	plan, problems := decodePlan(t, planHead+target+oneGo)
	require.Empty(t, problems)
	assert.Equal(t, 100, plan.TotalWeight)
	assert.Equal(t, 1, plan.Approvals)
	assert.Equal(t, 24*time.Hour, plan.RollbackWindow)
	assert.Equal(t, 10*time.Second, plan.Settle)
	assert.Equal(t, rollout.WhenKnown, plan.Readiness)
	assert.Zero(t, plan.ProgressDeadline)
}

func TestGeneratedStepsAreWrittenOut(t *testing.T) {
	for text, want := range map[string][]string{
		"  stepWeight: 20\n  maxWeight: 50\n  interval: 1m\n": {"20% for 1m", "40% for 1m", "50% for 1m", "100%"},
		"  stepWeight: 40\n  interval: 30s\n":                 {"40% for 30s", "80% for 30s", "100%"},
		"  stepWeight: 100\n  interval: 1h\n":                 {"100%"},
		"  stepWeight: 50\n  maxWeight: 50\n  interval: 60\n": {"50% for 1m", "100%"},
	} {
		plan, problems := decodePlan(t, planHead+target+text)
		require.Empty(t, problems)
		var got []string
		for _, s := range plan.Steps {
			got = append(got, s.String())
		}
		assert.Equal(t, want, got, text)
		require.NoError(t, refused(t, schemaOf(t, "weightplan.schema.json"), planHead+target+text))
	}
}

func TestAnExplicitZeroIsKept(t *testing.T) {
	plan, problems := decodePlan(t, planHead+target+oneGo+"  rollbackWindow: 0s\n  settleSeconds: 0\n")
	require.Empty(t, problems)
	assert.Zero(t, plan.RollbackWindow)
	assert.Zero(t, plan.Settle)
}

func TestARenderedPlanIsReadLikeAFile(t *testing.T) {
	object := map[string]any{
		"apiVersion": "weir.dev/v1alpha1", "kind": "WeightPlan",
		"metadata": map[string]any{"name": "reviews", "namespace": "bookinfo"},
		"spec": map[string]any{
			"targets": []any{map[string]any{"kind": "VirtualService", "name": "reviews"}},
			"steps":   []any{map[string]any{"setWeight": int64(5), "pause": map[string]any{}}, map[string]any{"setWeight": 7.5}},
			"suspend": false,
			"windows": nil,
		},
	}
	asked := func(path string) rollout.Position { return rollout.Position{File: path, Line: 1} }
	_, problems := spec.DecodePlan(spec.Node(object), asked)
	assert.Equal(t, rollout.Problems{
		{Position: asked("spec.steps[1].setWeight"), Message: "spec.steps[1].setWeight must be a whole number from 1 to 100, not 7.5", Hint: "write digits without quotes"},
		{Position: asked("spec.windows"), Message: "spec.windows has no value", Hint: "give it a value or leave it out"},
	}, problems)

	steps := object["spec"].(map[string]any)
	steps["steps"].([]any)[1].(map[string]any)["setWeight"] = int64(100)
	delete(steps, "windows")
	plan, problems := spec.DecodePlan(spec.Node(object), asked)
	require.Empty(t, problems)
	assert.Equal(t, "5% until approved", plan.Steps[0].String())
	assert.Equal(t, "bookinfo", plan.Namespace)
}

func TestAliasesAreFollowed(t *testing.T) {
	plan, problems := decodePlan(t, planHead+target+"  steps: [{setWeight: 5, pause: &p {duration: 1m}}, {setWeight: 9, pause: *p}]\n")
	require.Empty(t, problems)
	assert.Equal(t, time.Minute, plan.Steps[1].Pause.Duration)
}

// wrong is a document that must not pass, with its one problem.
type wrong struct {
	name, text    string
	line          int
	message, hint string
	// unseen says that a JSON Schema cannot say this.
	unseen bool
}

func wrongPlans() []wrong {
	const rising = "each step must set a higher weight than the one before it; to take traffic back, revert the change in Git"
	const either = "list steps, or give stepWeight and interval, not both"
	const duration = "write it as 45s, 10m or 1h30m, or as whole seconds"
	steps := func(s string) string { return planHead + target + "  steps:\n" + s }
	also := func(s string) string { return planHead + target + oneGo + s }
	targets := func(s string) string { return planHead + oneGo + "  targets:\n" + s }
	return append(append(wrongAnalyses(), []wrong{
		{"a misspelt field", also("  settleSecond: 5\n"), 7, "spec.settleSecond is not a known field", "did you mean settleSeconds?", false},
		{"a field in another case", also("  RollbackWindow: 5m\n"), 7, "spec.RollbackWindow is not a known field", "did you mean rollbackWindow?", false},
		{"a field from nowhere", also("  approvals: {zebra: 1}\n"), 7, "spec.approvals.zebra is not a known field", "known here: required", false},
		{"a misspelt field of a step", steps("  - {setwieght: 5, setWeight: 10}\n"), 7, "spec.steps[0].setwieght is not a known field", "did you mean setWeight?", false},
		{"a status", "status: {}\n" + planHead + target + oneGo, 1, "status is not a known field", "known here: apiVersion, kind, metadata, spec", false},
		{"a merge key", steps("  - <<: {setWeight: 5}\n    setWeight: 6\n"), 7, "spec.steps[0].<< is not a known field", "write the fields out; merge keys are not read here", true},
		{"no steps", planHead + target, 4, "spec has no steps", "add steps, or stepWeight and interval", false},
		{"no targets", planHead + oneGo, 4, "spec has no targets", "add targets", false},
		{"no spec", "apiVersion: weir.dev/v1alpha1\nkind: WeightPlan\nmetadata: {name: reviews}\n", 1, "the document has no spec", "add spec", false},
		{"an empty list of steps", planHead + target + "  steps: []\n", 6, "spec.steps is an empty list", "write at least one step, as in {setWeight: 100}", false},
		{"steps that are none", planHead + target + "  steps: 100\n", 6, "spec.steps must be a list, not 100", "write it as a list", false},
		{"steps without a value", planHead + target + "  steps:\n", 6, "spec.steps has no value", "give it a value or leave it out", false},
		{"a step without a value", steps("  -\n  - {setWeight: 5}\n"), 7, "spec.steps[0] has no value", "give it a value or remove the item", false},
		{"a step that is a number", steps("  - 5\n"), 7, "spec.steps[0] must be an object, not 5", "write it as fields and values", false},
		{"a step without a weight", steps("  - {pause: {}}\n"), 7, "spec.steps[0] has no setWeight", "add setWeight", false},
		{"steps that go down", steps("  - {setWeight: 50}\n  - setWeight: 20\n"), 8, "spec.steps[1].setWeight goes down to 20 from 50 of spec.steps[0].setWeight", rising, true},
		{"equal steps", steps("  - {setWeight: 50}\n  - {pause: {},\n     setWeight: 50}\n"), 9, "spec.steps[1].setWeight is 50, the same as spec.steps[0].setWeight", rising, true},
		{"a weight of 0", steps("  - {setWeight: 0}\n"), 7, "spec.steps[0].setWeight must be from 1 to 100, not 0", "use a number from 1 to 100", false},
		{"a weight over 100", steps("  - {setWeight: 101}\n"), 7, "spec.steps[0].setWeight must be from 1 to 100, not 101", "use a number from 1 to 100", false},
		{"a negative weight", steps("  - {setWeight: -5}\n"), 7, "spec.steps[0].setWeight must be from 1 to 100, not -5", "use a number from 1 to 100", false},
		{"half a percent", steps("  - {setWeight: 0.5}\n"), 7, "spec.steps[0].setWeight must be a whole number from 1 to 100, not 0.5", "write digits without quotes", false},
		{"a weight in quotes", steps("  - {setWeight: \"5\"}\n"), 7, "spec.steps[0].setWeight must be a whole number from 1 to 100, not \"5\"", "write digits without quotes", false},
		{"a weight with a percent sign", steps("  - {setWeight: 5%}\n"), 7, "spec.steps[0].setWeight must be a whole number from 1 to 100, not \"5%\"", "write digits without quotes", false},
		{"a huge weight", steps("  - {setWeight: 99999999999999999999}\n"), 7, "spec.steps[0].setWeight must be a whole number from 1 to 100, not 99999999999999999999", "write digits without quotes", false},
		{"too many steps", steps(strings.Repeat("  - &s {setWeight: 5}\n", 1) + strings.Repeat("  - *s\n", 100)), 6, "spec.steps has 101 steps, and at most 100 are allowed", "use fewer and larger steps", false},
		{"a pause without a value", steps("  - {setWeight: 5, pause: }\n"), 7, "spec.steps[0].pause has no value", "give it a value or leave it out", false},
		{"a pause that is a duration", steps("  - {setWeight: 5, pause: 10m}\n"), 7, "spec.steps[0].pause must be an object, not \"10m\"", "write pause: {duration: 10m}, or pause: {} to wait for approval", false},
		{"a pause of no time", steps("  - {setWeight: 5, pause: {duration: 0s}}\n"), 7, "spec.steps[0].pause.duration must be more than 0 and at most 8784h, not 0s", "write it as 45s, 10m or 1h30m; for none leave the whole pause out, as pause: {} waits for approval", false},
		{"a pause of 0 seconds", steps("  - {setWeight: 5, pause: {duration: 0}}\n"), 7, "spec.steps[0].pause.duration must be more than 0 and at most 8784h, not 0", "write it as 45s, 10m or 1h30m; for none leave the whole pause out, as pause: {} waits for approval", false},
		{"a pause back in time", steps("  - {setWeight: 5, pause: {duration: -5m}}\n"), 7, "spec.steps[0].pause.duration must be more than 0 and at most 8784h, not -5m", "write it as 45s, 10m or 1h30m; for none leave the whole pause out, as pause: {} waits for approval", false},
		{"a pause of days", steps("  - {setWeight: 5, pause: {duration: 1d}}\n"), 7, "spec.steps[0].pause.duration is no duration: \"1d\"", "write days as hours: 24h", false},
		{"a pause in words", steps("  - {setWeight: 5, pause: {duration: ten minutes}}\n"), 7, "spec.steps[0].pause.duration is no duration: \"ten minutes\"", duration, false},
		{"a pause without a unit", steps("  - {setWeight: 5, pause: {duration: \"600\"}}\n"), 7, "spec.steps[0].pause.duration is no duration: \"600\"", duration, false},
		{"a pause of a lifetime", steps("  - {setWeight: 5, pause: {duration: 900000h}}\n"), 7, "spec.steps[0].pause.duration must be more than 0 and at most 8784h, not 900000h", "write it as 45s, 10m or 1h30m; for none leave the whole pause out, as pause: {} waits for approval", true},
		{"a pause beyond counting", steps("  - {setWeight: 5, pause: {duration: 9223372036854775807}}\n"), 7, "spec.steps[0].pause.duration must be more than 0 and at most 8784h, not 9223372036854775807", "write it as 45s, 10m or 1h30m; for none leave the whole pause out, as pause: {} waits for approval", false},
		{"a pause that is true", steps("  - {setWeight: 5, pause: {duration: true}}\n"), 7, "spec.steps[0].pause.duration must be a duration, not true", duration, false},
		{"an analysis of a step without metrics", steps("  - {setWeight: 5, analysis: {interval: 1m}}\n"), 7, "spec.steps[0].analysis has no metrics", "add metrics", false},
		{"a pause over before its own analysis speaks", steps("  - {setWeight: 5, pause: {duration: 30s}, analysis: {interval: 1m, metrics: [{name: success-rate, thresholdRange: {min: 99}}]}}\n"), 7, "spec.steps[0].pause.duration is over after 30s, before the first instant of success-rate, which comes after 1m", "make the pause 1m or longer, or the analysis's interval shorter", true},
		{"another kind of target", targets("  - {kind: Service, name: reviews}\n"), 7, "spec.targets[0].kind must be VirtualService, not \"Service\"", "known here: VirtualService", false},
		{"a misspelt kind of target", targets("  - {kind: Virtualservice, name: reviews}\n"), 7, "spec.targets[0].kind must be VirtualService, not \"Virtualservice\"", "did you mean VirtualService?", false},
		{"a kind that comes later", targets("  - {kind: HTTPRoute, name: reviews}\n"), 7, "spec.targets[0].kind is HTTPRoute, which this version of weir does not support yet", "use VirtualService", false},
		{"a target without a kind", targets("  - {name: reviews}\n"), 7, "spec.targets[0] has no kind", "add kind", false},
		{"a target without a name", targets("  - {kind: VirtualService}\n"), 7, "spec.targets[0] has no name", "add name", false},
		{"a target in another namespace", targets("  - {kind: VirtualService, name: reviews, namespace: other}\n"), 7, "spec.targets[0].namespace is not a known field", "known here: kind, name, routes", false},
		{"a target twice", targets("  - {kind: VirtualService, name: reviews}\n  - {kind: VirtualService, name: reviews, routes: [a]}\n"), 8, "spec.targets[1].name repeats \"reviews\" of spec.targets[0].name", "keep one of them and list all its routes there", true},
		{"a route twice", targets("  - {kind: VirtualService, name: reviews, routes: [a, b, a]}\n"), 7, "spec.targets[0].routes[2] repeats \"a\" of spec.targets[0].routes[0]", "keep one of them", false},
		{"no route", targets("  - {kind: VirtualService, name: reviews, routes: []}\n"), 7, "spec.targets[0].routes is an empty list", "name the routes, or leave the field out to move every weighted route", false},
		{"a route without a name", targets("  - {kind: VirtualService, name: reviews, routes: [\"\"]}\n"), 7, "spec.targets[0].routes[0] is empty", "give it a value or leave it out", false},
		{"a target that is no name", targets("  - {kind: VirtualService, name: Reviews_1}\n"), 7, "spec.targets[0].name is no name of a Kubernetes object: \"Reviews_1\"", "use lower-case letters, digits and -, beginning and ending with a letter or digit; dots may join several", false},
		{"a list of no targets", planHead + oneGo + "  targets: []\n", 6, "spec.targets is an empty list", "name the VirtualService whose weights the plan moves", false},
		{"a total too small", also("  totalWeight: 10\n"), 7, "spec.totalWeight must be from 100 to 10000, not 10", "use a number from 100 to 10000", false},
		{"a total too large", also("  totalWeight: 10001\n"), 7, "spec.totalWeight must be from 100 to 10000, not 10001", "use a number from 100 to 10000", false},
		{"no webhooks", also("  webhooks: []\n"), 7, "spec.webhooks is an empty list", "write at least one webhook, or leave the field out", false},
		{"a webhook without a URL", also("  webhooks: [{name: a, type: rollback}]\n"), 7, "spec.webhooks[0] has no url", "add url", false},
		{"a webhook that is no gate", also("  webhooks: [{name: a, type: post-rollout, url: \"http://a\"}]\n"), 7, "spec.webhooks[0].type is post-rollout, which this version of weir does not support yet", "use confirm-rollout or confirm-traffic-increase or confirm-promotion or rollback", false},
		{"a misspelt type of webhook", also("  webhooks: [{name: a, type: confirm-rolout, url: \"http://a\"}]\n"), 7, "spec.webhooks[0].type must be confirm-rollout or confirm-traffic-increase or confirm-promotion or rollback, not \"confirm-rolout\"", "did you mean confirm-rollout?", false},
		{"a webhook on no port", also("  webhooks: [{name: a, type: rollback, url: \"http://gates:99999/x\"}]\n"), 7, "spec.webhooks[0].url names no server: \"gates:99999\"", "write a name or an address, and a port from 1 to 65535 where it is not the usual one", true},
		{"a webhook on half a port", also("  webhooks: [{name: a, type: rollback, url: \"http://gates:/x\"}]\n"), 7, "spec.webhooks[0].url names no server: \"gates:\"", "write a name or an address, and a port from 1 to 65535 where it is not the usual one", true},
		{"a webhook at a path", also("  webhooks: [{name: a, type: rollback, url: /gate}]\n"), 7, "spec.webhooks[0].url is no URL: \"/gate\"", "write it as http://gates.example.com/check", false},
		{"a webhook in a file", also("  webhooks: [{name: a, type: rollback, url: \"file:///etc/passwd\"}]\n"), 7, "spec.webhooks[0].url is no URL: \"file:///etc/passwd\"", "write it as http://gates.example.com/check", false},
		{"a webhook with a password", also("  webhooks: [{name: a, type: rollback, url: \"http://me:secret@a\"}]\n"), 7, "spec.webhooks[0].url holds credentials, which would stand in Git", "let the gate know the agent by the network instead", false},
		{"a webhook that may take a minute", also("  webhooks: [{name: a, type: rollback, url: \"http://a\", timeout: 1m}]\n"), 7, "spec.webhooks[0].timeout must be at most 10s, not 1m", "a gate that takes longer says no meanwhile, and is asked again", true},
		{"two webhooks of one name", also("  webhooks: [{name: a, type: rollback, url: \"http://a\"}, {name: a, type: rollback, url: \"http://b\"}]\n"), 7, "spec.webhooks[1].name repeats \"a\" of spec.webhooks[0].name", "give each webhook a name of its own", true},
		{"a webhook told a number", also("  webhooks: [{name: a, type: rollback, url: \"http://a\", metadata: {b: 1}}]\n"), 7, "spec.webhooks[0].metadata.b must be a string, not 1", "put quotes around it if it looks like something else", false},
		{"no endpoints at all", also("  readyPercentOfStable: 0\n"), 7, "spec.readyPercentOfStable must be from 1 to 1000, not 0", "use a number from 1 to 1000", false},
		{"no approval", also("  approvals: {required: 0}\n"), 7, "spec.approvals.required must be from 1 to 100, not 0", "use a number from 1 to 100", false},
		{"no time at all", also("  progressDeadlineSeconds: 0\n"), 7, "spec.progressDeadlineSeconds must be from 1 to 31622400, not 0", "use a number from 1 to 31622400", false},
		{"a negative rollback window", also("  rollbackWindow: -1h\n"), 7, "spec.rollbackWindow must be 0 or more and at most 8784h, not -1h", "write it as 45s, 10m or 1h30m, or as whole seconds", false},
		{"a way back of no steps", also("  rollback: {interval: 1m}\n"), 7, "spec.rollback has no stepWeight", "add stepWeight", false},
		{"a way back without an interval", also("  rollback: {stepWeight: 20}\n"), 7, "spec.rollback has no interval", "add interval", false},
		{"a way back in one step", also("  rollback: {stepWeight: 100, interval: 1m}\n"), 7, "spec.rollback.stepWeight must be from 1 to 99, not 100", "use a number from 1 to 99", false},
		{"a way back without a pause", also("  rollback: {stepWeight: 20, interval: 0s}\n"), 7, "spec.rollback.interval must be more than 0 and at most 8784h, not 0s", "write it as 45s, 10m or 1h30m, or as whole seconds", false},
		{"a way back that takes a day", also("  rollback: {stepWeight: 1, interval: 1m}\n"), 7, "spec.rollback may take 1h39m to go back, 1% every 1m, and at most 1h are allowed", "take larger steps or a shorter interval: what fails should be gone soon", true},
		{"a way back of a word", also("  rollback: gradual\n"), 7, "spec.rollback must be an object, not \"gradual\"", "write it as fields and values", false},
		{"a misspelt readiness", also("  readiness: whenknown\n"), 7, "spec.readiness must be required or whenKnown, not \"whenknown\"", "did you mean whenKnown?", false},
		{"suspend in quotes", also("  suspend: \"true\"\n"), 7, "spec.suspend must be true or false, not \"true\"", "write true or false without quotes", false},
		{"suspend as yes", also("  suspend: yes\n"), 7, "spec.suspend must be true or false, not \"yes\"", "write true or false without quotes", false},
		{"settling for ever", also("  settleSeconds: 3601\n"), 7, "spec.settleSeconds must be from 0 to 3600, not 3601", "use a number from 0 to 3600", false},
		{"generated steps beside steps", also("  stepWeight: 10\n"), 7, "spec.stepWeight stands beside steps", either, false},
		{"a largest weight beside steps", also("  maxWeight: 50\n"), 7, "spec.maxWeight stands beside steps", either, false},
		{"an interval beside steps", also("  interval: 1m\n"), 7, "spec.interval stands beside steps", either, false},
		{"generated steps without an interval", planHead + target + "  stepWeight: 10\n", 4, "spec has no interval between its generated steps", "add interval", false},
		{"an interval between no steps", planHead + target + "  interval: 1m\n", 4, "spec has no stepWeight for its generated steps", "add stepWeight", false},
		{"a largest weight of no steps", planHead + target + "  maxWeight: 50\n", 4, "spec has no stepWeight for its generated steps", "add stepWeight", false},
		{"generated steps beyond the largest weight", planHead + target + "  stepWeight: 60\n  maxWeight: 50\n  interval: 1m\n", 6, "spec.stepWeight is 60, more than maxWeight, which is 50", "give it at most maxWeight", true},
		{"generated steps of nothing", planHead + target + "  stepWeight: 0\n  interval: 1m\n", 6, "spec.stepWeight must be from 1 to 100, not 0", "use a number from 1 to 100", false},
		{"a largest weight over 100", planHead + target + "  stepWeight: 10\n  maxWeight: 101\n  interval: 1m\n", 7, "spec.maxWeight must be from 1 to 100, not 101", "use a number from 1 to 100", false},
		{"an interval of no time", planHead + target + "  stepWeight: 10\n  interval: 0s\n", 7, "spec.interval must be more than 0 and at most 8784h, not 0s", "write it as 45s, 10m or 1h30m, or as whole seconds", false},
		{"generated steps over before an analysis speaks", planHead + target + "  stepWeight: 10\n  interval: 30s\n  analysis: {interval: 1m, metrics: [{name: success-rate, thresholdRange: {min: 99}}]}\n", 7, "spec.interval is over after 30s, before the first instant of success-rate, which comes after 1m", "make the pause 1m or longer, or the analysis's interval shorter", true},
		{"another version", "apiVersion: weir.dev/v1\nkind: WeightPlan\nmetadata: {name: reviews}\nspec:\n" + target + oneGo, 1, "apiVersion must be weir.dev/v1alpha1, not \"weir.dev/v1\"", "known here: weir.dev/v1alpha1", false},
		{"another kind", "apiVersion: weir.dev/v1alpha1\nkind: Weightplan\nmetadata: {name: reviews}\nspec:\n" + target + oneGo, 2, "kind must be WeightPlan, not \"Weightplan\"", "did you mean WeightPlan?", false},
		{"no name", "apiVersion: weir.dev/v1alpha1\nkind: WeightPlan\nmetadata: {namespace: a}\nspec:\n" + target + oneGo, 3, "metadata has no name", "add name", false},
		{"a name that is a number", "apiVersion: weir.dev/v1alpha1\nkind: WeightPlan\nmetadata: {name: 7}\nspec:\n" + target + oneGo, 3, "metadata.name must be a string, not 7", "put quotes around it if it looks like something else", false},
		{"a namespace with a dot", "apiVersion: weir.dev/v1alpha1\nkind: WeightPlan\nmetadata: {name: a, namespace: a.b}\nspec:\n" + target + oneGo, 3, "metadata.namespace is no DNS label: \"a.b\"", "use lower-case letters, digits and -, beginning and ending with a letter or digit", false},
		{"a label that is no string", "apiVersion: weir.dev/v1alpha1\nkind: WeightPlan\nmetadata: {name: a, labels: {b: 1}}\nspec:\n" + target + oneGo, 3, "metadata.labels.b must be a string, not 1", "put quotes around it if it looks like something else", false},
		{"a list of fields", "[a, b]\n", 1, "the document must be an object, not a list", "write it as fields and values", false},
		{"a key twice", also("  suspend: true\n  suspend: false\n"), 8, "key \"suspend\" is given twice, first in line 7", "keep one of them", true},
		{"text that is no YAML", also("  suspend: [true\n"), 7, "the YAML cannot be parsed: did not find expected ',' or ']'", "mend the YAML at or near this line", true},
		{"text that is no UTF-8", also("  readiness: \xff\n"), 7, "the text is not valid UTF-8", "save the file as UTF-8", true},
		{"an alias of itself", also("  approvals: &a {required: *a}\n"), 7, "alias \"a\" holds itself", "an alias cannot stand inside what it names", true},
	}...), wrongWindows()...)
}

func TestAWrongPlanSaysWhereWhatAndTheWayOut(t *testing.T) {
	for _, w := range wrongPlans() {
		t.Run(w.name, func(t *testing.T) {
			plan, problems := decodePlan(t, w.text)
			assert.Equal(t, rollout.Problems{{Position: rollout.Position{File: "plan.yaml", Line: w.line}, Message: w.message, Hint: w.hint}}, problems)
			assert.Zero(t, plan)
		})
	}
}

func TestAllProblemsComeAtOnceInTheOrderOfTheFile(t *testing.T) {
	_, problems := decodePlan(t, planHead+"  steps:\n  - {setWeight: 50}\n  - {setWeight: 0}\n  - {setWeight: 20, paus: {}}\n  readines: x\n")
	lines := make([]int, len(problems))
	for i, p := range problems {
		lines[i] = p.Line
	}
	assert.Equal(t, []int{4, 7, 8, 8, 9}, lines, problems.Error())
}
