package policy_test

import (
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// sets loads the embedded sets with the data given, "" for none.
func sets(t *testing.T, data string, names ...string) *policy.Set {
	t.Helper()
	if data == "" {
		set, err := policy.Load(t.Context(), nil, policy.Config{Sets: names})
		require.NoError(t, err)
		return set
	}
	own := policy.Config{Path: "policies", Packages: []string{"own"}, Sets: names}
	return load(t, own, "own.rego", "package own\n\nwarn_never contains \"never\" if input.environment == \"nowhere\"\n", "data.yaml", data)
}

func TestEverySetOfTheLibraryIsNamedAndDescribesItsRules(t *testing.T) {
	for file := range libraryFiles(t) {
		assert.Contains(t, append(policy.SetNames(), "weir"), path.Dir(file), "%s: no set has that name", file)
	}
	for _, page := range []string{"README.md", "../rollout/spec/schema/delivery.schema.json"} {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, name := range policy.SetNames() {
			assert.Contains(t, string(text), name, "%s does not say that there is this set", page)
		}
	}
	for _, r := range sets(t, "", policy.SetNames()...).Rules() {
		for _, says := range []string{r.Title, r.Description, r.Severity, r.Fix} {
			assert.NotEmpty(t, says, r.ID)
		}
		set, rule, _ := strings.Cut(r.ID, ".")
		_, rule, _ = strings.Cut(rule, "_")
		assert.Equal(t, "weir:"+set+"/"+rule+".rego", r.File, "one rule a file, of its name")
	}
}

func TestASetIsEnforcedWhereItIsNamedAndNowhereElse(t *testing.T) {
	enforced := func(names ...string) []string {
		found := map[string]bool{}
		for _, r := range sets(t, "", names...).Rules() {
			set, _, _ := strings.Cut(r.ID, ".")
			found[set] = true
		}
		return slices.Sorted(maps.Keys(found))
	}
	assert.Equal(t, []string{"production", "weir"}, enforced(policy.Production))
	assert.Equal(t, []string{"baseline", "production", "weir"}, enforced(policy.Baseline, policy.Production))
	assert.Equal(t, []string{"baseline", "production", "regulated", "weir"}, enforced(policy.SetNames()...))
	for _, r := range load(t, own("canary"), "p.rego", good).Rules() {
		assert.Equal(t, "canary.deny", r.ID, "who wants no set gets nothing of the library")
	}
}

func TestALimitOfASetThatIsNotEnforcedIsDenied(t *testing.T) {
	const data = "limits: {minSteps: {default: 2}}"
	says := func(s *policy.Set) []string {
		var out []string
		for _, f := range s.Review(t.Context(), question(t, policy.Step)).Findings {
			if f.Rule == "weir.deny_limits" {
				out = append(out, f.Message)
			}
		}
		return out
	}
	assert.Equal(t, []string{"limits.minSteps in the policies' data is not known; there is maxStep"}, says(sets(t, data, policy.Baseline)))
	assert.Empty(t, says(sets(t, data, policy.Baseline, policy.Production)))
	assert.Len(t, says(sets(t, "limits: {minSteps: {default: two}}", policy.SetNames()...)), 1, "said once, not by each set")
}

// dreaded is a question that the sets deny for all that it is: v3 from nothing to
// everything, without endpoints, on a Friday evening in a freeze, by a plan of one step.
func dreaded(t *testing.T, kind rollout.Kind) policy.Question {
	t.Helper()
	friday := time.Date(2026, 11, 27, 20, 0, 0, 0, time.UTC)
	r, f := reviews(100), live(100, 0)
	r.Plan.WhenWindowCloses = rollout.Finish
	r.Rules.Levels = []rollout.Level{{Name: "the Delivery", Freezes: []rollout.Freeze{{Name: "audit", From: friday.Add(-time.Hour), To: friday.Add(time.Hour)}}}}
	f.Ready[destination("v3")] = rollout.Readiness{Defined: false, Ready: 0, Known: true}
	return policy.Ask(policy.Runtime, r, f, moved(kind, 0, 100, 0, 0, 100), friday)
}

func TestTheSetsTogetherDenyWhatNobodyWants(t *testing.T) {
	d := sets(t, "limits: {maxstep: {default: 1}}", policy.SetNames()...).Review(t.Context(), dreaded(t, rollout.Forward))
	assert.Equal(t, policy.Deny, d.Verdict, d.Problem)
	found := map[string]bool{}
	for _, f := range d.Findings {
		assert.NotEmpty(t, f.Fix, f.Rule)
		found[f.Rule] = true
	}
	assert.Equal(t, []string{
		"baseline.deny_max_step", "baseline.deny_subset_exists",
		"production.deny_analysis_required", "production.deny_direct_100", "production.deny_first_step", "production.deny_freeze",
		"production.deny_min_steps", "production.deny_quiet_hours", "production.deny_ready_endpoints", "production.deny_windows_required",
		"regulated.deny_approvers_named", "regulated.deny_progress_deadline", "regulated.deny_signed",
		"regulated.deny_two_approvals", "regulated.deny_window_finish", "weir.deny_limits",
	}, slices.Sorted(maps.Keys(found)))
}

func TestNoSetHoldsARollbackOrSpeaksOfItsPlan(t *testing.T) {
	d := sets(t, "limits: {maxstep: {default: 1}}", policy.SetNames()...).Review(t.Context(), dreaded(t, rollout.Back))
	assert.Equal(t, policy.Allow, d.Verdict, d.Problem)
	for _, f := range d.Findings {
		assert.Equal(t, "baseline.deny_subset_exists", f.Rule, "%s", f.Message)
		assert.Equal(t, policy.Warns, f.Level)
	}
}

func TestWhatTimeAloneForbidsIsAskedAgain(t *testing.T) {
	friday := time.Date(2026, 11, 27, 20, 0, 0, 0, time.UTC)
	set := sets(t, "limits: {windowsRequired: {default: false}, minSoakMinutes: {default: 20}}", policy.Production)
	r := reviews(5, 50)
	r.Plan.Analysis = &rollout.Analysis{Metrics: []rollout.Metric{{Name: rollout.SuccessRate}}}
	ask := func(at time.Time) rollout.Verdict {
		q := policy.Ask(policy.Runtime, r, live(100, 0), moved(rollout.Forward, 0, 100, 0, 95, 5), at)
		return set.Review(t.Context(), q).Answer()
	}
	monday := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	assert.Equal(t, rollout.Verdict{Transient: true, Again: monday, Why: "nothing goes forward in production on a Friday from 14:00 UTC on"}, ask(friday))
	assert.Equal(t, rollout.Verdict{Allow: true}, ask(monday))
}
