package policy_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/policy"
)

// hasty denies every step.
const hasty = `package canary

# METADATA
# labels: {id: H1}
deny_haste contains {"msg": "too soon", "target": "reviews"} if input.operation == "step"

warn_haste contains "soon" if input.operation == "step"
`

// waiving is a set of hasty rules with these waivers, as they stand in data.yaml.
func waiving(t *testing.T, waivers string) (*policy.Set, error) {
	t.Helper()
	tree := fstest.MapFS{
		"policies/hasty.rego": {Data: []byte(hasty)},
		"policies/data.yaml":  {Data: []byte("teams: {}\nwaivers:\n" + waivers)},
	}
	return policy.Load(t.Context(), tree, policy.Config{Path: "policies"})
}

const whole = `rule: canary.deny_haste, reason: the migration, ticket: CHG-12, approvedBy: bob@example.org`

func TestAWaiverLetsAFindingPassAndIsShown(t *testing.T) {
	for name, waivers := range map[string]string{
		"by name":                `- {` + whole + `, expires: "2026-11-24"}`,
		"by the rule's label":    `- {` + strings.Replace(whole, "canary.deny_haste", "H1", 1) + `, expires: "2026-11-24"}`,
		"of the last day":        `- {` + whole + `, expires: "2026-11-23"}`,
		"of the environment":     `- {` + whole + `, expires: "2026-11-24", environment: production}`,
		"of the target":          `- {` + whole + `, expires: "2026-11-24", target: reviews}`,
		"of the whole target":    `- {` + whole + `, expires: "2026-11-24", target: bookinfo/reviews}`,
		"beside one that is old": `- {` + whole + `, expires: "2025-11-24"}` + "\n" + `- {` + whole + `, expires: "2026-11-24"}`,
	} {
		set, err := waiving(t, waivers)
		require.NoError(t, err, name)
		d := set.Review(t.Context(), question(t, policy.Step))
		require.Equal(t, policy.Allow, d.Verdict, "%s: %s", name, d.Problem)
		require.Len(t, d.Findings, 2, "it is evaluated all the same")
		w := d.Findings[0].Waiver
		require.NotNil(t, w, name)
		assert.Equal(t, []string{"the migration", "CHG-12", "bob@example.org"}, []string{w.Reason, w.Ticket, w.ApprovedBy})
		assert.Contains(t, w.String(), "bob@example.org until 2026-11-2")
		assert.Empty(t, d.Findings[0].Void, name)
		assert.Nil(t, d.Findings[1].Waiver, "the other rule is not waived")
	}
}

func TestAWaiverThatDoesNotCountSaysWhy(t *testing.T) {
	for waivers, why := range map[string]string{
		`- {` + whole + `, expires: "2026-11-22"}`:                                     "the waiver of bob@example.org (CHG-12) expired at 2026-11-23T00:00:00Z",
		`- {` + whole + `, expires: "2026-11-23T08:05:00Z"}`:                           "the waiver of bob@example.org (CHG-12) expired at 2026-11-23T08:05:00Z",
		`- {` + strings.Replace(whole, "bob", "ann", 1) + `, expires: "2026-11-24"}`:   "the waiver (CHG-12) is by ann@example.org, who wrote the change",
		`- {` + whole + `, expires: "2026-11-24", environment: staging}`:               "",
		`- {` + whole + `, expires: "2026-11-24", target: ratings}`:                    "",
		`- {` + strings.Replace(whole, "deny", "warn", 1) + `, expires: "2026-11-24"}`: "",
	} {
		set, err := waiving(t, waivers)
		require.NoError(t, err, waivers)
		d := set.Review(t.Context(), question(t, policy.Step))
		assert.Equal(t, policy.Deny, d.Verdict, waivers)
		assert.Nil(t, d.Findings[0].Waiver, waivers)
		assert.Equal(t, why, d.Findings[0].Void, waivers)
	}
}

func TestAWrongWaiverDoesNotLoad(t *testing.T) {
	for waivers, why := range map[string]string{
		` all`:              "data.waivers is a string, and no list",
		`- all`:             "data.waivers[0] is a string, and no object",
		`- {` + whole + `}`: "data.waivers[0] has no expires",
		`- {rule: canary.deny_haste, reason: r, ticket: t, approvedBy: Bob, expires: "2026-11-24"}`:                "data.waivers[0].approvedBy is no mail address: \"Bob\"",
		`- {rule: canary.deny_haste, reason: r, ticket: t, approvedBy: " bob@example.org", expires: "2026-11-24"}`: "data.waivers[0].approvedBy is no mail address: \" bob@example.org\"",
		`- {rule: canary.deny_haste, expires: "2026-11-24"}`:                                                       "data.waivers[0] has no approvedBy",
		`- {` + whole + `, expires: soon}`:                                                                         `data.waivers[0].expires is no time: "soon"`,
		`- {` + whole + `, expires: "2026-11-24", enviroment: production}`:                                         "data.waivers[0].enviroment is not known (did you mean environment?)",
		`- {` + strings.Replace(whole, "CHG-12", "12", 1) + `, expires: "2026-11-24"}`:                             "data.waivers[0].ticket is 12 (write words, in quotes",
		`- {` + strings.Replace(whole, "haste", "hast", 1) + `, expires: "2026-11-24"}`:                            "data.waivers[0] waives a rule that is not enforced: canary.deny_hast (did you mean canary.deny_haste?)",
		`- {` + strings.Replace(whole, "the migration", `""`, 1) + `, expires: "2027-01-01"}`:                      `data.waivers[0].reason is ""`,
	} {
		_, err := waiving(t, waivers)
		require.ErrorContains(t, err, why, waivers)
		require.ErrorContains(t, err, "policies/data.yaml:2: ", waivers)
	}
}

// What is wrong with the data is not waived in the data.
func TestARuleAboutTheDataIsNotWaived(t *testing.T) {
	_, err := policy.Load(t.Context(), fstest.MapFS{"policies/data.yaml": {Data: []byte("waivers: [{rule: X001, reason: r, ticket: t, approvedBy: bob@example.org, expires: 2026-12-31}]")}},
		policy.Config{Path: "policies", Sets: []string{policy.Regulated}})
	require.ErrorContains(t, err, "data.waivers[0] waives X001, which is about the policies' data: waivers (mend the data instead)")
}

// What the page of waivers shows loads, and waives.
func TestThePageOfWaiversIsTrue(t *testing.T) {
	page, err := os.ReadFile("waivers.md")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	tree := fstest.MapFS{
		"policies/first.rego": {Data: []byte("package canary\n\ndeny_first_step contains {\"msg\": \"too much\", \"target\": \"reviews\"} if input.operation == \"step\"\n")},
		"policies/data.yaml":  {Data: []byte(example)},
	}
	set, err := policy.Load(t.Context(), tree, policy.Config{Path: "policies"})
	require.NoError(t, err)
	d := set.Review(t.Context(), question(t, policy.Step))
	assert.Equal(t, policy.Allow, d.Verdict, d.Problem)
	assert.Equal(t, "CHG-1234", d.Findings[0].Waiver.Ticket)
}

// Who wants the sets alone needs a folder for their limits and waivers, and no rule.
func TestAFolderMayHoldDataAloneForTheSets(t *testing.T) {
	tree := fstest.MapFS{"policies/data.yaml": {Data: []byte("limits: {maxStep: {production: 10}}\n")}}
	set, err := policy.Load(t.Context(), tree, policy.Config{Path: "policies", Sets: []string{"baseline"}})
	require.NoError(t, err)
	assert.Equal(t, policy.Deny, set.Review(t.Context(), question(t, policy.Step)).Verdict)
	_, err = policy.Load(t.Context(), tree, policy.Config{Path: "policies"})
	require.ErrorContains(t, err, "there is no rule deny, warn or violation")
}

// A label that rules of two packages have would waive both.
func TestALabelOfSeveralRulesWaivesNone(t *testing.T) {
	rule := "package canary\n\n# METADATA\n# title: Small\n# labels: {id: W003}\ndeny_small contains \"no\" if input.environment == \"production\"\n"
	waivers := "waivers:\n- {rule: W003, reason: r, ticket: CHG-1, approvedBy: bob@example.org, expires: \"2027-01-01\"}\n"
	c := own("canary")
	c.Sets = []string{policy.Production}
	_, err := policy.Load(t.Context(), folder("p.rego", rule, "data.yaml", waivers), c)
	require.ErrorContains(t, err, "waives rules of several packages, canary and production, which share the label W003")
}
