package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/policy"
)

func TestARehearsalFindsWhatCannotJudge(t *testing.T) {
	for name, c := range map[string]struct{ rules, data, want string }{
		"good rules":        {`deny contains "no" if input.operation != "rollback"`, "", ""},
		"an empty message":  {`deny contains "" if input.environment == "production"`, "", "cannot judge a step in environment production: policies/p.rego:3: canary.deny: a finding has an empty message"},
		"a failing builtin": {`deny contains "no" if time.parse_rfc3339_ns(input.plan.name) > 0`, "", "policies/p.rego:3"},
		"a message of another operation": {`deny contains {"msg": ""} if input.operation == "remove"`, "",
			"cannot judge a remove in environment staging"},
		"limits that are misspelt": {`deny contains "no" if input.operation == "remove"`, "limits: {maxstep: {default: 1}}", "limits.maxstep in the policies' data is not known"},
		"a limit of one environment that is of another type": {`deny contains "no" if input.operation == "remove"`, "limits: {maxStep: {production: all}}",
			`limits.maxStep.production in the policies' data is "all"`},
		"a limit of an environment that there is not": {`deny contains "no" if input.operation == "remove"`, "limits: {maxStep: {prodution: 25, default: 50}}",
			"policies/data.yaml:1: limits.maxStep.prodution in the policies' data is for environment prodution, which weir.yaml does not have (did you mean production?)"},
		"limits under another key": {`deny contains "no" if input.operation == "remove"`, "limit: {maxStep: {production: 5}}",
			"policies/data.yaml:1: limit in the policies' data is read by no rule (did you mean limits?)"},
		"a key that a rule reads": {`deny contains "no" if data.limit.production == 6`, "limit: {production: 5}", ""},
		"a waiver of an environment that there is not": {`deny contains "no" if input.operation == "remove"`,
			"waivers: [{rule: canary.deny, environment: stagin, reason: r, ticket: t, approvedBy: bob@example.org, expires: 2026-12-31}]",
			"the waiver of canary.deny in the policies' data is for environment stagin, which weir.yaml does not have (did you mean staging?)"},
		"a waiver that may not last as long": {`deny contains "no" if input.operation == "remove"`,
			"waivers: [{rule: canary.deny, reason: r, ticket: CHG-9, approvedBy: bob@example.org, expires: 2099-12-31}]",
			"policies/data.yaml:1: the waiver CHG-9 of canary.deny lasts until 2099-12-31, more than 90 days"},
	} {
		files := []string{"p.rego", "package canary\n\n" + c.rules}
		if c.data != "" {
			files = append(files, "data.yaml", c.data)
		}
		set := load(t, policy.Config{Path: "policies", Packages: []string{"canary"}, Sets: []string{policy.Baseline, policy.Regulated}}, files...)
		problems := set.Rehearse(t.Context(), []string{"staging", "production"}, now)
		if c.want == "" {
			assert.Empty(t, problems, name)
			continue
		}
		require.Len(t, problems, 1, name)
		assert.Contains(t, problems.Error(), c.want, name)
	}
}

// Whatever the library's rules refuse, they judge.
func TestTheLibraryPassesItsRehearsal(t *testing.T) {
	assert.Empty(t, sets(t, "", policy.SetNames()...).Rehearse(t.Context(), []string{"staging", "production"}, now))
}
