package agent_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/weir-delivery/weir/rollout"
)

// onOps is weir.yaml of a team whose main branch is protected: people approve on
// another one.
const onOps = "  approvals: {branch: ops}\n"

// askOn has somebody ask on a branch.
func (w *world) askOn(branch, who string, verb rollout.Verb) {
	w.asks(verb, func(files map[string]string) { w.git.CommitOn(branch, who, files) })
}

func TestApprovalsCountOnTheBranchThatTheyLieOn(t *testing.T) {
	changing(t, onOps, func(w *world) { w.weigh(0, 0, 100) }, func(w *world) {
		w.git.CommitOn("ops", ann, map[string]string{"README.md": "Here people approve.\n"})
		w.approves(func() { w.ask(bob, rollout.ToApprove) }, false)
		w.approves(func() { w.askOn("elsewhere", bob, rollout.ToApprove) }, false)
		w.approves(func() { w.askOn("ops", "Dev <dev@example.com>", rollout.ToApprove) }, false)
		w.approves(func() { w.askOn("ops", bob, rollout.ToApprove) }, true)
		w.restart()
		w.pass(time.Minute)
		w.askOn("ops", carol, rollout.ToPromote)
		w.pass(time.Minute)
		w.says(atV3, rollout.Healthy, "")
	})
}

// Whoever holds a rollout or takes it back is heard on either branch: nobody looks
// it up at night. What lets it go on again is said where approvals are.
func TestAPauseAndAnAbortCountOnEitherBranch(t *testing.T) {
	changing(t, onOps, func(w *world) { w.weigh(0, 0, 100) }, func(w *world) {
		w.ask(bob, rollout.ToPause)
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "paused by "+bob)
		w.ask(bob, rollout.ToResume)
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "paused by "+bob)
		w.askOn("ops", bob, rollout.ToResume)
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "step 1 of 3 waits for approval")
		w.ask(bob, rollout.ToAbort)
		w.pass(time.Minute)
		w.says(atV1, rollout.Degraded, "aborted by "+bob)
		w.ask(bob, rollout.ToRetry)
		w.pass(time.Minute)
		w.says(atV1, rollout.Degraded, "aborted by "+bob)
		w.askOn("ops", bob, rollout.ToRetry)
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "step 1 of 3 waits for approval")
	})
}

// Where approvals lie is a safeguard like who approves: a commit does not move them
// to a branch that anybody may push to for the weights that come with it.
func TestACommitDoesNotChooseWhereItsOwnApprovalsLie(t *testing.T) {
	changing(t, "", besides(t, onOps), func(w *world) {
		w.approves(func() { w.askOn("ops", bob, rollout.ToApprove) }, false)
		w.restart()
		w.pass(time.Minute)
		w.approves(func() { w.askOn("ops", carol, rollout.ToApprove) }, false)
		w.askOn("ops", bob, rollout.ToPause) // what tightens counts at once
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "paused by "+bob)
		w.askOn("ops", bob, rollout.ToResume)
		w.ask(bob, rollout.ToResume)
		w.approves(func() { w.ask(bob, rollout.ToApprove) }, true)
	})
}

func TestTheBranchOfApprovalsCountsWithTheNextCommit(t *testing.T) {
	changing(t, "", besides(t, onOps), func(w *world) {
		w.approves(func() { w.askOn("ops", bob, rollout.ToApprove) }, false)
		w.approves(func() { w.git.Commit(map[string]string{"NOTES.md": "approvals lie on ops now\n"}) }, true)
		assert.Contains(t, w.accepted(), `"approvalsBranch": "ops"`)
	})
}

func TestWhatIsWrongOnTheBranchOfApprovalsIsToldByItsName(t *testing.T) {
	changing(t, onOps, func(w *world) { w.weigh(0, 0, 100) }, func(w *world) {
		w.git.CommitOn("ops", bob, map[string]string{"approvals/x.yaml": "kind: Intent\n"})
		w.pass(time.Minute)
		assert.Contains(t, w.told().problems.Error(), "ops:approvals/x.yaml")
		w.git.CommitOn("ops", bob, nil, "approvals/x.yaml")
		w.pass(time.Minute)
		assert.NoError(t, w.told().problems.Err())
	})
}
