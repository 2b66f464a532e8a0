package agent_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/kustomize"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// changedReviews is the example's reviews with one text put for another.
func changedReviews(old, by string) map[string]string {
	return map[string]string{"base/reviews.yaml": strings.Replace(reviewsYAML("100", "0", "0"), old, by, 1)}
}

func TestWhatIstioWouldRefuseIsRefusedWholeWithFileAndLine(t *testing.T) {
	for name, change := range map[string]struct{ old, by, problem string }{
		"a timeout that is no duration": {"  - name: primary\n", "  - name: primary\n    timeout: 10 seconds\n", "base/reviews.yaml:9: timeout is no duration"},
		"a mirror of too much":          {"  - name: primary\n", "  - name: primary\n    mirrorPercentage: {value: 101}\n", "base/reviews.yaml:9: mirrorPercentage 101 is no percentage"},
		"a weight below 0":              {"weight: 0", "weight: -1", "base/reviews.yaml:13: weight -1 is negative"},
		"host * in the mesh":            {"hosts: [reviews]", `hosts: ["*"]`, "base/reviews.yaml:6: host * is for gateways"},
		"a subset twice":                {"{name: v3, labels: {version: v3}}", "{name: v2, labels: {version: v3}}", "base/reviews.yaml:26: subset v2 is defined twice"},
		"a misspelt field":              {"  - name: primary\n", "  - name: primary\n    retrys: {attempts: 3}\n", "base/reviews.yaml:9: Istio has no field retrys in spec.http[0], so the API server refuses to apply it (did you mean retries?)"},
		"a misspelt field of a rule":    {"  host: reviews\n", "  host: reviews\n  trafficpolicy: {}\n", "base/reviews.yaml:23: Istio has no field trafficpolicy in spec"},
		"an empty traffic policy":       {"  host: reviews\n", "  host: reviews\n  trafficPolicy: {}\n", "base/reviews.yaml:23: the traffic policy is empty"},
	} {
		report := checked(t, nil, changedReviews(change.old, change.by))
		assert.Equal(t, policy.Error, report.Decision, name)
		assert.Contains(t, report.Problems.Error(), change.problem, name)
		assert.Equal(t, 1, strings.Count(report.Problems.Error(), "\n")+1, "%s: said once: %s", name, report.Problems)
	}
}

func TestWhatIsHardlyMeantIsAWarningThatStopsNobody(t *testing.T) {
	report := checked(t, nil, changedReviews("  - name: primary\n", "  - name: primary\n    retries: {attempts: 3, retryOn: gatewayerror}\n"))
	assert.Equal(t, policy.Allow, report.Decision)
	require.Len(t, report.Findings, 1)
	f := report.Findings[0]
	assert.Equal(t, istio.UnknownValue, f.Rule)
	assert.Equal(t, policy.Warns, f.Level)
	assert.Equal(t, "base/reviews.yaml:9", f.Position.String())
	assert.Equal(t, "did you mean gateway-error?", f.Fix)
	assert.Equal(t, "production", f.Environment)
	assert.Equal(t, policy.FindingTarget{Kind: "VirtualService", Namespace: "bookinfo", Name: "reviews"}, *f.Target)
	assert.Equal(t, -1, f.Step)
}

func TestWhatIsHardlyMeantInADestinationRuleIsAWarningToo(t *testing.T) {
	report := checked(t, nil, changedReviews("  host: reviews\n", odd))
	require.Len(t, report.Findings, 1)
	assert.Equal(t, "base/reviews.yaml:23", report.Findings[0].Position.String())
	assert.Equal(t, "DestinationRule", report.Findings[0].Target.Kind)
}

// odd is a DestinationRule's beginning in which something is deprecated.
const odd = "  host: reviews\n  trafficPolicy: {outlierDetection: {consecutiveErrors: 3}}\n"

func TestAChangeAnswersOnlyForTheObjectsThatItTouches(t *testing.T) {
	odd := changedReviews("  host: reviews\n", odd)
	assert.Empty(t, checked(t, odd, odd).Findings, "it was odd before")

	moved := map[string]string{"base/reviews.yaml": strings.Replace(odd["base/reviews.yaml"], "weight: 100", "weight: 90", 1)}
	for _, f := range checked(t, odd, moved).Findings {
		assert.NotEqual(t, istio.Deprecated, f.Rule, "the VirtualService beside it changed")
	}
	touched := map[string]string{"base/reviews.yaml": strings.Replace(odd["base/reviews.yaml"], "labels: {version: v3}", "labels: {version: v3b}", 1)}
	require.Len(t, checked(t, odd, touched).Findings, 1, "the rule itself changed, elsewhere in it")
}

// The API server keeps no null, and refuses an apply that has one.
func TestWhatIsNullIsLeftOut(t *testing.T) {
	read := func(route string) (rollout.Target, agent.Object) {
		tree := fstest.MapFS{}
		for path, text := range bookinfo(t) {
			tree[path] = &fstest.MapFile{Data: []byte(text)}
		}
		tree["base/reviews.yaml"].Data = []byte(strings.Replace(reviewsYAML("100", "0", "0"), "  - name: primary\n",
			route+"    route: [{destination: {host: reviews}}]\n  - name: primary\n", 1))
		side := agent.ReadSide(t.Context(), kustomize.New(), agent.Revision{SHA: "head", Tree: tree}, "weir.yaml", []string{"production"})
		require.Empty(t, side.Problems)
		for ref, object := range side.Overlays[0].Services {
			if ref.Name == "reviews" {
				i := slices.IndexFunc(side.Overlays[0].Targets, func(x rollout.Target) bool { return x.Ref == ref })
				return side.Overlays[0].Targets[i], object
			}
		}
		t.Fatal("the overlay has no VirtualService reviews")
		return rollout.Target{}, agent.Object{}
	}
	want, bare := read("  - match: [{uri: {prefix: /a}}]\n")
	got, null := read("  - match: [{uri: {prefix: /a}, headers: null}]\n    timeout: null\n")
	assert.Equal(t, want.Routes[0].Key, got.Routes[0].Key)
	assert.Equal(t, want.Rest, got.Rest)
	assert.Equal(t, bare.Value, null.Value)
}
