package agent_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/weir-delivery/weir/rollout"
)

func TestAWrongIntentIsAProblemAndAsksForNothing(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.git.CommitBy(bob, map[string]string{"approvals/x.yaml": "apiVersion: weir.dev/v1alpha1\nkind: Intent\nmetadata: {name: reviews, namespace: bookinfo}\nspec: {environment: production, verb: abbort, id: 0123456789ab}\n"})
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		assert.Contains(t, w.accepted(), "approvals/x.yaml")
	})
}

// Nobody removed spent intents for years. What would let something go forward does
// not count then; whoever holds or goes back is heard, whatever their file is called.
func TestTooManyIntentsDropNobodysAbort(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		files := map[string]string{}
		for n := range 10_001 {
			files[fmt.Sprintf("approvals/0/%d.yaml", n)] = "apiVersion: weir.dev/v1alpha1\nkind: Intent\nmetadata: {name: reviews, namespace: bookinfo}\nspec: {environment: production, verb: approve, id: 0123456789ab, step: 1}\n"
		}
		w.git.CommitBy(bob, files)
		w.pass(time.Minute)
		assert.Contains(t, w.told().problems.Error(), "approvals: holds more than 10000 intents, so none counts that would let something go forward (remove the files")
		w.ask(bob, rollout.ToAbort)
		w.pass(time.Minute)
		w.says(atV1, rollout.Degraded, "aborted by "+bob)
	})
}

// A clock that is ahead, or a tool that counts milliseconds, dates a resume so that
// whoever pauses on the cluster afterwards had come before it.
func TestWhatIsDatedIntoTheFutureWasAskedWhenItWasFound(t *testing.T) {
	for _, year := range []int{2100, 57000} {
		story(t, func(w *world) {
			w.weigh(0, 0, 100)
			w.pass(time.Minute)
			w.git.Clock(func() time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) })
			w.ask(bob, rollout.ToPause)
			w.pass(time.Minute)
			w.says(at10, rollout.Paused, "paused by "+bob)
			w.ask(bob, rollout.ToResume)
			w.pass(time.Minute)
			w.says(at10, rollout.Progressing, "step 1 of 4")
			w.now(rollout.ToPause)
			w.pass(time.Second)
			w.says(at10, rollout.Paused, "paused by bob")
			w.kube.Edit("weir-cli", "VirtualService", reviews, func(o map[string]any) {
				delete(o["metadata"].(map[string]any)["annotations"].(map[string]any), "weir.dev/intent")
			})
			w.ask(bob, rollout.ToPromote)
			w.pass(time.Minute)
			w.says(at25, rollout.Progressing, "step 2 of 4")
		})
	}
}
