package agent_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/policy"
)

func TestTheChangesOwnPoliciesAreAdviceAndDecideNothing(t *testing.T) {
	head := weights("0", "0", "100")
	assert.Nil(t, checked(t, nil, head).Advice, "they are those that judge")

	strict := maps.Clone(head)
	strict["policies/night.rego"] = "package canary\n\ndeny_night contains \"it is night\" if input.operation == \"step\"\n"
	strict["weir.yaml"] = delivery(t, "")
	report := checked(t, map[string]string{"weir.yaml": strict["weir.yaml"]}, strict)
	require.NotNil(t, report.Advice)
	assert.Equal(t, []any{policy.Deny, []string{"canary.deny_night"}, []string{}}, []any{report.Advice.Decision, report.Advice.NewRules, report.Advice.LostRules})
	require.NotEmpty(t, report.Advice.Adds)
	assert.Equal(t, "it is night", report.Advice.Adds[0].Message)
	for _, f := range report.Findings {
		assert.NotEqual(t, "canary.deny_night", f.Rule, "what comes with the change does not judge it")
	}
}

// A change that takes away the rule that refuses it is refused by it, and everybody
// sees that the rule goes.
func TestARuleThatAChangeTakesAwayStillRefusesIt(t *testing.T) {
	head := weights("0", "0", "100")
	head["overlays/production/weightplan.yaml"] = planYAML("{setWeight: 40}, {setWeight: 80}, {setWeight: 100}")
	head["policies/first_step.rego"] = "package canary\n\nwarn_nothing contains \"never\" if input.environment == \"nowhere\"\n"
	report := checked(t, nil, head)
	assert.Equal(t, policy.Deny, report.Decision)
	require.NotNil(t, report.Advice)
	assert.Equal(t, []string{"canary.deny_first_step"}, report.Advice.LostRules)
	var gone []string
	for _, f := range report.Advice.Drops {
		gone = append(gone, f.Rule)
	}
	assert.Contains(t, gone, "canary.deny_first_step")
}
