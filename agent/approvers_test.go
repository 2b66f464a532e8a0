package agent_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout"
)

const (
	carol      = "Carol <carol@ops.example.com>"
	onlyOps    = "  approvals: {approvers: [ann@example.com, \"@ops.example.com\"]}\n"
	bobToo     = "  approvals: {approvers: [bob@example.com]}\n"
	onlyAuthor = "  approvals: {approvers: [alice@example.com]}\n"
	untilTold  = "{setWeight: 10, pause: {}}, {setWeight: 50, pause: {}}, {setWeight: 100}"
)

func TestOnlyWhoIsNamedApproves(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"weir.yaml": delivery(t, onlyOps), "overlays/production/weightplan.yaml": planYAML(untilTold)})
		w.pass(time.Minute)
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.ask(bob, rollout.ToApprove)
		w.pass(time.Minute)
		w.ask(bob, rollout.ToPromote)
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "step 1 of 3 waits for approval")
		w.ask(carol, rollout.ToApprove)
		w.pass(time.Minute)
		w.says("v1 50 · v2 0 · v3 50", rollout.Paused, "step 2 of 3 waits for approval")
		w.ask(bob, rollout.ToAbort) // going back is everybody's
		w.pass(time.Minute)
		w.says(atV1, rollout.Degraded, "aborted by Bob")
	})
}

// Nobody makes themselves an approver of what comes with it: a check of that change
// finds nobody who could approve it but those of before.
func TestACommitDoesNotChooseItsOwnApprovers(t *testing.T) {
	plan := planYAML(untilTold)
	base := weights("100", "0", "0")
	base["overlays/production/weightplan.yaml"] = plan
	head := weights("0", "0", "100")
	head["overlays/production/weightplan.yaml"] = plan
	steps := func(before, after string) int {
		base["weir.yaml"], head["weir.yaml"] = delivery(t, before), delivery(t, after)
		return len(checked(t, base, head).Rollouts[0].Steps)
	}
	assert.Equal(t, 3, steps(onlyOps, bobToo))
	assert.Equal(t, 3, steps("", bobToo))
	assert.Equal(t, 1, steps(onlyAuthor, bobToo), "the author alone cannot approve it, and Bob not yet")
	assert.Equal(t, 1, steps("", onlyAuthor))
}

func TestAPlanThatNobodyCanApproveIsRefused(t *testing.T) {
	story(t, func(w *world) {
		plan := strings.Replace(planYAML(untilTold), "spec:\n", "spec:\n  approvals: {required: 2}\n", 1)
		w.git.Commit(map[string]string{"weir.yaml": delivery(t, bobToo), "overlays/production/weightplan.yaml": plan})
		w.pass(time.Minute)
		require.ErrorContains(t, w.told().problems, "WeightPlan reviews can never end a pause that waits for approval: it requires 2 approvals, and approvers in weir.yaml names 1")
	})
}
