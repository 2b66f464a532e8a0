package agent_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout"
)

const (
	atV1   = "v1 100 · v2 0 · v3 0"
	at10   = "v1 90 · v2 0 · v3 10"
	at25   = "v1 75 · v2 0 · v3 25"
	atHalf = "v1 50 · v2 0 · v3 50"
	atV3   = "v1 0 · v2 0 · v3 100"
)

func TestACanaryGoesUpStepByStep(t *testing.T) {
	story(t, func(w *world) {
		w.says(atV1, rollout.Healthy, "created")
		w.weigh(0, 0, 100)
		w.pass(31 * time.Second)
		w.says(at10, rollout.Progressing, "step 1 of 4, for 10m")
		w.pass(10 * time.Minute)
		w.says(at25, rollout.Progressing, "step 2 of 4")
		w.pass(10 * time.Minute)
		w.says(atHalf, rollout.Progressing, "step 3 of 4")
		w.pass(10 * time.Minute)
		w.says(atV3, rollout.Healthy, "as Git has it")
	})
}

func TestARevertInMidFlightIsOneMoveAtOnce(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(12 * time.Minute)
		w.says(at25, rollout.Progressing, "step 2 of 4")
		w.weigh(100, 0, 0)
		w.pass(30 * time.Second)
		w.says(atV1, rollout.Healthy, "back at stable")
		w.pass(time.Hour)
		w.says(atV1, rollout.Healthy, "back at stable")
		object := w.kube.Get("VirtualService", reviews)
		assert.NotContains(t, object["metadata"].(map[string]any)["annotations"].(map[string]any)["weir.dev/state"], "outbox", "its record is pushed")
	})
}

func TestNothingMovesForwardBeforeItsDecisionIsPushed(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.git.BreakBefore()
		w.pass(5 * time.Minute)
		require.Equal(t, atV1, w.live(reviews), "the decision is not in Git")
		w.git.Away(false)
		w.pass(2 * time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
	})
}

func TestGoingBackDoesNotWaitForGit(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		w.weigh(100, 0, 0)
		before := len(w.decisions())
		w.git.BreakBefore() // the commit can be read; the status branch takes nothing
		w.pass(2 * time.Minute)
		require.Equal(t, atV1, w.live(reviews))
		w.git.Away(false)
		w.pass(3 * time.Minute)
		assert.Greater(t, len(w.decisions()), before, "the outbox is pushed when Git is back")
	})
}

func TestADeniedChangeMovesNothingAndIsWrittenOnce(t *testing.T) {
	story(t, func(w *world) {
		before := len(w.decisions())
		w.git.Commit(map[string]string{
			"overlays/production/weightplan.yaml": planYAML("{setWeight: 100}"),
			"base/reviews.yaml":                   reviewsYAML("0", "0", "100"),
		})
		w.pass(time.Hour)
		w.says(atV1, rollout.Pending, "denied by policy")
		assert.Len(t, w.decisions(), before+1, "an unchanged answer is written once")
		assert.NotEmpty(t, w.view().Findings)
		w.weigh(100, 0, 0)
		w.pass(time.Minute)
		w.says(atV1, rollout.Healthy, "")
	})
}

// The plan's first steps are allowed and its last is not: the rollout does not
// begin, as it could not end.
func TestARolloutThatCannotEndDoesNotBegin(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{
			"overlays/production/weightplan.yaml": planYAML("{setWeight: 10, pause: {duration: 1m}}, {setWeight: 100}"),
			"base/reviews.yaml":                   reviewsYAML("0", "0", "100"),
		})
		w.pass(time.Hour)
		w.says(atV1, rollout.Pending, "at step 2")
	})
}

func TestAStepWaitsForAReadyEndpointAndForNothingElse(t *testing.T) {
	story(t, func(w *world) {
		w.pod("reviews v3", false)
		w.weigh(0, 0, 100)
		w.pass(time.Hour)
		w.says(atV1, rollout.Pending, "v3 has no ready endpoint (0 of 1)")
		w.pod("reviews v3", true)
		synctest.Wait()
		w.pass(time.Second)
		w.says(at10, rollout.Progressing, "step 1 of 4")
	})
}

func TestARestartGoesOnWhereItWas(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(5 * time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		w.stop()
		synctest.Wait()
		before := w.decisions()
		w.start()
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		assert.Equal(t, before, w.decisions(), "a restart decides nothing anew")
		w.pass(5 * time.Minute)
		w.says(at25, rollout.Progressing, "step 2 of 4")
	})
}

func TestACrashBetweenRecordAndApplyRepeatsNothing(t *testing.T) {
	for name, fault := range map[string]func(*world){
		"the write is lost before it took effect": func(w *world) { w.kube.LoseBefore() },
		"the write is lost after it took effect":  func(w *world) { w.kube.LoseAfter() },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				before := len(w.decisions())
				w.weigh(0, 0, 100)
				fault(w)
				w.pass(2 * time.Minute)
				w.says(at10, rollout.Progressing, "step 1 of 4")
				assert.Len(t, w.decisions(), before+1, "one move, one entry")
			})
		})
	}
}

func TestARebuiltClusterComesBackAtTheRecordedSplit(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(12 * time.Minute)
		w.says(at25, rollout.Progressing, "step 2 of 4")
		w.stop()
		synctest.Wait()
		w.kube.Delete("VirtualService", reviews)
		w.start()
		w.pass(30 * time.Second)
		w.says(at25, rollout.Progressing, "")
	})
}

func TestAHandEditThatRaisesIsUndoneAndOneThatLowersStays(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.edit("kubectl-edit", 20, 0, 80)
		w.pass(time.Second)
		require.Equal(t, at10, w.live(reviews))
		w.edit("kubectl-edit", 100, 0, 0)
		w.pass(time.Hour)
		w.says(atV1, rollout.Paused, "kubectl-edit set v1 100")
	})
}

func TestAnIdleRolloutCostsNothing(t *testing.T) {
	story(t, func(w *world) {
		requests, commits, passes := w.kube.Requests(), len(w.git.StatusLog()), w.told().passes
		w.pass(24 * time.Hour)
		assert.Equal(t, requests, w.kube.Requests(), "API requests")
		assert.Len(t, w.git.StatusLog(), commits, "commits")
		assert.LessOrEqual(t, w.told().passes-passes, 24*120+1, "passes, which only ask Git for news")
	})
}

func TestAStepCostsOneWriteAndTwoCommits(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(5 * time.Minute)
		requests, commits := w.kube.Requests(), len(w.git.StatusLog())
		w.pass(10 * time.Minute)
		w.says(at25, rollout.Progressing, "step 2 of 4")
		assert.Equal(t, 1, w.kube.Requests()-requests, "one server-side apply")
		assert.Equal(t, 2, len(w.git.StatusLog())-commits, "the decision, and its outcome with the status")
	})
}

func TestPoliciesComeInForceAfterTheChangeTheyCameWith(t *testing.T) {
	story(t, func(w *world) {
		lax := `package canary

import rego.v1

deny_nothing contains "never" if input.environment == "nowhere"
`
		w.git.Commit(map[string]string{
			"policies/first_step.rego": lax, "base/reviews.yaml": reviewsYAML("0", "0", "100"),
			"overlays/production/weightplan.yaml": planYAML("{setWeight: 40, pause: {duration: 1m}}, {setWeight: 80, pause: {duration: 1m}}, {setWeight: 100}"),
		})
		w.pass(10 * time.Minute)
		w.says(atV1, rollout.Pending, "a first step above 25 percent")
		w.restart() // another life sees the same commit
		w.pass(10 * time.Minute)
		w.says(atV1, rollout.Pending, "a first step above 25 percent")
		w.git.Commit(map[string]string{"NEWS": "anything"})
		w.pass(10 * time.Minute)
		w.says(atV3, rollout.Healthy, "")
	})
}

// A team whose every commit moves weights waits for no other kind of commit.
func TestPoliciesComeInForceForTheNextChangeOfWeights(t *testing.T) {
	story(t, func(w *world) {
		strict := "package canary\n\nimport rego.v1\n\ndeny_all contains \"nothing moves\" if input.operation == \"step\"\n"
		files := weights("0", "0", "100")
		files["policies/first_step.rego"] = strict
		w.git.Commit(files)
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		w.weigh(0, 100, 0)
		w.pass(10 * time.Minute)
		w.says(at10, rollout.Pending, "denied by policy: nothing moves")
	})
}

// edit sets the live weights of reviews by hand.
func (w *world) edit(by string, weights ...int) {
	w.kube.Edit(by, "VirtualService", reviews, func(object map[string]any) {
		spec := object["spec"].(map[string]any)
		route := spec["http"].([]any)[0].(map[string]any)["route"].([]any)
		for i, n := range weights {
			route[i].(map[string]any)["weight"] = int64(n)
		}
	})
}
