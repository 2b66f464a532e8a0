package agent_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

const oneAtATime = `package canary

import rego.v1

deny_two contains {"msg": sprintf("%v is under way", [other.name]), "transient": true} if {
	input.operation in {"step", "promote"}
	input.step == 0
	some other in input.inFlight
}
`

// Two rollouts that begin in the same pass know of each other: the second waits for
// the first to end, and a restart in between forgets nobody.
func TestRolloutsKnowWhatElseIsUnderWay(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"base/reviews.yaml": bothYAML("100", "0"), "overlays/production/weightplan.yaml": planYAML("{setWeight: 10, pause: {duration: 10m}}, {setWeight: 50, pause: {duration: 10m}}, {setWeight: 100}")})
		w.git.Commit(map[string]string{"policies/two.rego": oneAtATime})
		w.pass(time.Minute)
		w.git.Commit(map[string]string{"base/reviews.yaml": bothYAML("0", "100")})
		w.pass(time.Minute)
		require.Equal(t, []string{at10, atV1}, []string{w.live(reviews), w.live(ingress)}, w.log)
		w.restart()
		w.pass(10 * time.Minute)
		require.Equal(t, []string{atHalf, atV1}, []string{w.live(reviews), w.live(ingress)}, w.log)
		w.pass(11 * time.Minute) // reviews has arrived
		w.pass(2 * time.Minute)  // what was denied is asked again within five minutes
		require.Equal(t, []string{atV3, at10}, []string{w.live(reviews), w.live(ingress)}, w.log)
		w.says(atV3, rollout.Healthy, "")
	})
}

// In a pull request nobody knows what is under way, and everybody sees what of the
// plan is loosened and whether the policies change.
func TestAPullRequestKnowsWhatElseItChanges(t *testing.T) {
	asked := func(base, head map[string]string) policy.Question {
		t.Helper()
		report := checked(t, base, head)
		require.NotEmpty(t, report.Reviews)
		return report.Reviews[0]
	}
	head := weights("0", "0", "100")
	q := asked(nil, head)
	assert.Nil(t, q.InFlight)
	assert.Equal(t, []any{false, []string{}}, []any{*q.Change.TouchesPolicies, *q.Plan.Loosened})
	head["overlays/production/weightplan.yaml"] = planYAML("{setWeight: 25, pause: {duration: 1m}}, {setWeight: 50}, {setWeight: 100}")
	head["policies/more.rego"] = "package canary\n\nwarn_never contains \"never\" if input.environment == \"nowhere\"\n"
	q = asked(nil, head)
	assert.True(t, *q.Change.TouchesPolicies)
	assert.NotEmpty(t, *q.Plan.Loosened)
	base := maps.Clone(head)
	maps.Copy(base, weights("100", "0", "0"))
	q = asked(base, head)
	assert.Equal(t, []any{false, []string{}}, []any{*q.Change.TouchesPolicies, *q.Plan.Loosened}, "what was so before is not touched")
}
