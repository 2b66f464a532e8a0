package agent_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout"
)

// These are stories of Git that moves while weights do.

// flying has reviews at 10 of 100 percent on its way to v3.
func flying(t *testing.T, tell func(w *world)) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		tell(w)
	})
}

// planless is the production overlay without its WeightPlan.
func planless(t *testing.T) map[string]string {
	t.Helper()
	const path = "overlays/production/kustomization.yaml"
	return map[string]string{path: strings.Replace(bookinfo(t)[path], "- weightplan.yaml\n", "", 1)}
}

// What nobody plans any more goes on by the default plan, from where it is: 10, 50
// and 100 percent, of which the first is met and its pause holds anew.
func TestAPlanThatIsRemovedInFlightIsTheDefaultOne(t *testing.T) {
	flying(t, func(w *world) {
		w.git.Commit(planless(t))
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 3")
		w.pass(4*time.Minute + 30*time.Second)
		w.says("v1 50 · v2 0 · v3 50", rollout.Progressing, "step 2 of 3")
		w.pass(6 * time.Minute)
		w.says(atV3, rollout.Healthy, "")
	})
}

// A weir.yaml without the agent's environment is wrong, and a wrong one keeps the
// last good: what flies goes on by that, which is told all the time, and stops for
// whoever asks.
func TestAnEnvironmentThatIsRemovedInFlightIsAMistakeAndStopsNothing(t *testing.T) {
	flying(t, func(w *world) {
		without := strings.Replace(bookinfo(t)["weir.yaml"], "  - name: production\n    overlays: [overlays/production]\n    namespaces: [bookinfo]\n", "", 1)
		w.git.Commit(map[string]string{"weir.yaml": without})
		w.pass(15 * time.Minute)
		w.says(at25, rollout.Progressing, "step 2 of 4")
		require.Contains(t, w.told().problems.Error(), "environment production, which this agent is started for, is not in the Delivery")
		w.ask(bob, rollout.ToAbort)
		w.pass(time.Minute)
		w.says(atV1, rollout.Degraded, "aborted by "+bob)
	})
}
