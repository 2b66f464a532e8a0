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
	} {
		files := []string{"p.rego", "package canary\n\n" + c.rules}
		if c.data != "" {
			files = append(files, "data.yaml", c.data)
		}
		set := load(t, policy.Config{Path: "policies", Packages: []string{"canary"}, Sets: []string{policy.Baseline}}, files...)
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
