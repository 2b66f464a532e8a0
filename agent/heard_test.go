package agent_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/weir-delivery/weir/agent"
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

// dumb is a Source of which one branch cannot be read for a while.
type dumb struct {
	agent.Source
	now *atomic.Bool
}

func (d dumb) Branch(ctx context.Context, name string) (agent.Revision, error) {
	if d.now.Load() {
		return agent.Revision{}, errors.New("the server is busy")
	}
	return d.Source.Branch(ctx, name)
}

// Whoever holds a rollout or takes it back on the watched branch is heard though the
// approvals cannot be read, and what was heard of those stands.
func TestAnAbortIsHeardWhileTheApprovalsCannotBeRead(t *testing.T) {
	changing(t, onOps, func(w *world) { w.weigh(0, 0, 100) }, func(w *world) {
		w.stop()
		clone, away := w.git.Clone(), &atomic.Bool{}
		w.startOn(dumb{clone, away}, clone)
		w.approves(func() { w.askOn("ops", bob, rollout.ToApprove) }, true)
		w.askOn("ops", ann, rollout.ToPause)
		w.pass(time.Minute)
		away.Store(true)
		w.askOn("ops", ann, rollout.ToResume)
		w.pass(2 * time.Minute)
		w.says("v1 50 · v2 0 · v3 50", rollout.Paused, "paused by "+ann)
		w.ask(bob, rollout.ToAbort)
		w.pass(time.Minute)
		w.says(atV1, rollout.Degraded, "aborted by "+bob)
		assert.Contains(t, w.log.String(), "reading the approvals: the server is busy")
	})
}

// lost is a Source whose history is cut off behind one file.
type lost struct {
	agent.Source
	file string
}

func (l lost) Authors(ctx context.Context, sha string, files []string) (map[string]agent.Revision, error) {
	out, err := l.Source.Authors(ctx, sha, files)
	if _, asked := out[l.file]; asked {
		delete(out, l.file)
		err = fmt.Errorf("%w: %s", agent.ErrNoAuthor, l.file)
	}
	return out, err
}

// An old file of which the history does not tell who wrote it counts for nobody, is told,
// and holds nobody else up: not in a new life either, which asks for all of them anew.
func TestAnIntentWithoutAnAuthorHoldsNoOtherRolloutUp(t *testing.T) {
	changing(t, "", func(w *world) { w.weigh(0, 0, 100) }, func(w *world) {
		const old = "approvals/old.yaml"
		w.asks(rollout.ToApprove, func(files map[string]string) {
			for _, text := range files {
				w.git.CommitBy(bob, map[string]string{old: text})
			}
		})
		w.stop()
		clone := w.git.Clone()
		w.startOn(lost{clone, old}, clone)
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "step 1 of 3 waits for approval")
		assert.ErrorContains(t, w.told().problems, "nobody can tell who wrote these files: "+old)
		w.approves(func() { w.ask(ann, rollout.ToApprove) }, true)
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
