package agent_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout"
)

const dev = "Dev <dev@example.com>"

// doubtful has Bob commit weights that wait for approval, and Dev something else on top,
// while the commit before cannot be opened: by that alone Dev wrote them. The switch has
// it be opened again.
func doubtful(t *testing.T, tell func(w *world, away *atomic.Bool, begin func())) {
	story(t, func(w *world) {
		before := w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": planYAML(untilTold)})
		w.pass(time.Minute)
		var away atomic.Bool
		begin := func() {
			w.stop()
			synctest.Wait()
			clone := w.git.Clone()
			w.startOn(shy{clone, before, &away}, clone)
		}
		begin()
		w.pass(time.Minute)
		away.Store(true)
		w.git.CommitBy(bob, weights("0", "0", "100"))
		w.git.CommitBy(dev, map[string]string{"NOTES.md": "v3 is good\n"})
		w.pass(time.Minute)
		tell(w, &away, begin)
	})
}

func TestNobodyApprovesAChangeOfWhichItIsNotKnownWhoWroteIt(t *testing.T) {
	doubtful(t, func(w *world, away *atomic.Bool, begin func()) {
		for range 2 {
			w.approves(func() { w.ask(bob, rollout.ToApprove) }, false)
			w.says(at10, rollout.Paused, "who wrote the change is not known yet: it may be Bob <bob@example.com>, and somebody else has to approve it")
			assert.Contains(t, w.log.String(), "not all authors of a change are known, and until they are nobody approves it")
			assert.Contains(t, w.accepted(), `"unsure"`)
			begin() // a new life does not forget it
			w.pass(time.Minute)
		}
		w.git.CommitBy(dev, map[string]string{"NOTES.md": "another commit is no answer\n"})
		w.approves(func() { w.ask(carol, rollout.ToPromote) }, false)
		away.Store(false)
		w.pass(time.Minute)
		w.says("v1 50 · v2 0 · v3 50", rollout.Paused, "step 2 of 3 waits for approval")
		assert.NotContains(t, w.accepted(), `"unsure"`)
		w.ask(bob, rollout.ToApprove)
		w.pass(time.Minute)
		w.says("v1 50 · v2 0 · v3 50", rollout.Paused, "Bob <bob@example.com> wrote the change, and somebody else has to approve it")
		w.ask(ann, rollout.ToApprove)
		w.pass(time.Minute)
		w.says(atV3, rollout.Healthy, "")
	})
}

// What came on top of it is known, and what was asked before is not yet.
func TestAChangeOnTopOfADoubtfulOneIsDoubtful(t *testing.T) {
	doubtful(t, func(w *world, away *atomic.Bool, _ func()) {
		w.git.CommitBy(carol, weights("0", "20", "80"))
		w.pass(time.Minute)
		require.Equal(t, rollout.Paused, w.view().Phase)
		was := w.live(reviews)
		w.ask(bob, rollout.ToApprove)
		w.pass(time.Minute)
		require.Equal(t, was, w.live(reviews))
		require.Contains(t, w.view().Reason.Sentence, "who wrote the change is not known yet")
		away.Store(false)
		w.pass(time.Minute)
		require.Equal(t, was, w.live(reviews))
		require.Contains(t, w.view().Reason.Sentence, "Bob <bob@example.com> wrote")
	})
}

// Going back to where it was, and committing it anew, ends what nobody will ever know.
func TestADoubtEndsWithWhatItIsAbout(t *testing.T) {
	doubtful(t, func(w *world, _ *atomic.Bool, _ func()) {
		w.git.CommitBy(carol, weights("100", "0", "0"))
		w.pass(time.Minute)
		w.says(atV1, rollout.Healthy, "")
		w.git.CommitBy(carol, weights("0", "0", "100"))
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "step 1 of 3 waits for approval")
		w.approves(func() { w.ask(bob, rollout.ToApprove) }, true)
		assert.NotContains(t, w.accepted(), `"unsure"`)
	})
}

// A new life that cannot open the commit before for a moment would take the newest for
// the first, whose author wrote everything.
func TestANewLifeThatCannotOpenWhatWasAcceptedWaitsAWhile(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": planYAML(untilTold)})
		w.pass(time.Minute)
		w.pod("reviews v3", false) // so that nothing in the cluster tells yet whose change it is
		w.git.CommitBy(bob, weights("0", "0", "100"))
		at := w.git.CommitBy(dev, map[string]string{"policies/first_step.rego": lax}) // in force with the next commit
		w.pass(time.Minute)
		w.stop()
		synctest.Wait()
		var away atomic.Bool
		away.Store(true)
		clone := w.git.Clone()
		w.startOn(shy{clone, at, &away}, clone)
		w.pass(time.Minute)
		require.ErrorContains(t, w.told().err, "the server is busy")
		away.Store(false)
		w.pass(time.Minute)
		require.NoError(t, w.told().err)
		w.pod("reviews v3", true)
		w.pass(time.Minute)
		w.approves(func() { w.ask(bob, rollout.ToApprove) }, false)
		w.approves(func() { w.ask(ann, rollout.ToApprove) }, true)
	})
}
