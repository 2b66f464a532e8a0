package agent_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/rollout"
)

// found begins the story anew with a VirtualService that somebody else made.
func found(t *testing.T, by string, adopt string, v1, v3 int, tell func(w *world)) {
	t.Helper()
	story(t, func(w *world) {
		object := w.kube.Get("VirtualService", reviews)
		w.stop()
		synctest.Wait()
		w.kube.Delete("VirtualService", reviews)
		w.git = agenttest.NewGit() // whose status branch never heard of it
		w.git.Commit(bookinfo(t))
		metadata := object["metadata"].(map[string]any)
		object["metadata"] = map[string]any{"name": metadata["name"], "namespace": metadata["namespace"]}
		route := object["spec"].(map[string]any)["http"].([]any)[0].(map[string]any)["route"].([]any)
		route[0].(map[string]any)["weight"], route[2].(map[string]any)["weight"] = int64(v1), int64(v3)
		w.kube.Create(by, object)
		if adopt != "" {
			w.git.Commit(map[string]string{"weir.yaml": strings.Replace(bookinfo(t)["weir.yaml"], "spec:\n", "spec:\n  adopt: ["+adopt+"]\n", 1)})
		}
		w.start()
		w.pass(time.Minute)
		tell(w)
	})
}

func TestAVirtualServiceThatAnotherToolAppliesIsRefusedByName(t *testing.T) {
	found(t, "kubectl-client-side-apply", "", 100, 0, func(w *world) {
		w.says(atV1, rollout.Pending, "is applied by kubectl-client-side-apply, which weir may not take over from")
		w.weigh(0, 0, 100)
		w.pass(time.Hour)
		w.says(atV1, rollout.Pending, "may not take over")
		w.git.Commit(map[string]string{"weir.yaml": strings.Replace(bookinfo(t)["weir.yaml"], "spec:\n", "spec:\n  adopt: [kubectl-client-side-apply]\n", 1)})
		w.pass(time.Minute)
		w.says(atV1, rollout.Pending, "taken over at "+atV1)
	})
}

func TestAVirtualServiceWithGitsSharesIsTakenOverAsItIs(t *testing.T) {
	found(t, "kubectl-client-side-apply", "kubectl-client-side-apply", 100, 0, func(w *world) {
		w.says(atV1, rollout.Healthy, "taken over at its live weights")
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
	})
}

func TestAFirstInstallStartsNoRolloutByItself(t *testing.T) {
	found(t, "kubectl-client-side-apply", "kubectl-client-side-apply", 40, 60, func(w *world) {
		w.says("v1 40 · v2 0 · v3 60", rollout.Pending, "Git wants "+atV1)
		w.pass(24 * time.Hour)
		w.says("v1 40 · v2 0 · v3 60", rollout.Pending, "Git wants "+atV1)
		w.weigh(20, 0, 80)
		w.pass(time.Hour)
		w.says("v1 20 · v2 0 · v3 80", rollout.Healthy, "")
	})
}

func TestWhatChangesOutsideTheWeightsIsAMoveOfItsOwnAtTheLiveWeights(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		shaped := strings.Replace(reviewsYAML("0", "0", "100"), "  - name: primary\n", "  - name: primary\n    timeout: 7s\n", 1)
		w.git.Commit(map[string]string{"base/reviews.yaml": shaped})
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4, for 10m")
		assert.Contains(t, w.log.String(), "changed outside the weights, at "+at10)
		route := w.kube.Get("VirtualService", reviews)["spec"].(map[string]any)["http"].([]any)[0].(map[string]any)
		assert.Equal(t, "7s", route["timeout"])
		w.pass(10 * time.Minute)
		w.says(at25, rollout.Progressing, "step 2 of 4")
	})
}

func TestASubsetThatCarriesTrafficStaysWhateverGitSays(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		without := strings.Replace(reviewsYAML("0", "0", "100"), "  - {name: v1, labels: {version: v1}}\n", "", 1)
		w.git.Commit(map[string]string{"base/reviews.yaml": without})
		w.pass(5 * time.Minute)
		require.Contains(t, w.subsets(), "v1", "90 percent of the traffic go there")
		w.pass(time.Hour)
		w.says(atV3, rollout.Healthy, "")
		assert.Contains(t, w.subsets(), "v1", "going back still leads there")
	})
}

func TestADryRunRecordsAndAppliesNothing(t *testing.T) {
	story(t, func(w *world) {
		w.stop()
		synctest.Wait()
		requests := w.kube.Requests()
		before := len(w.decisions())
		w.dryRun = true
		w.start()
		w.weigh(0, 0, 100)
		w.pass(time.Hour)
		assert.Equal(t, atV1, w.live(reviews))
		assert.Equal(t, requests, w.kube.Requests())
		assert.Len(t, w.decisions(), before+1)
	})
}

// subsets lists the names in reviews' DestinationRule.
func (w *world) subsets() []string {
	var out []string
	spec := w.kube.Get("DestinationRule", reviews)["spec"].(map[string]any)
	for _, s := range spec["subsets"].([]any) {
		out = append(out, s.(map[string]any)["name"].(string))
	}
	return out
}

func TestTakingOverMovesNoTrafficByLabelsEither(t *testing.T) {
	found(t, "kubectl-client-side-apply", "", 100, 0, func(w *world) {
		w.git.Commit(map[string]string{
			"weir.yaml":         strings.Replace(bookinfo(t)["weir.yaml"], "spec:\n", "spec:\n  adopt: [kubectl-client-side-apply]\n", 1),
			"base/reviews.yaml": strings.Replace(reviewsYAML("100", "0", "0"), "{name: v1, labels: {version: v1}}", "{name: v1, labels: {version: v1b}}", 1),
		})
		w.pass(time.Hour)
		require.Equal(t, "v1", w.label("v1"), "nobody is ready behind the new labels")
		w.says(atV1, rollout.Pending, "v1 with its new labels has no ready endpoint")
		w.pod("reviews v1b", true)
		w.pass(time.Minute)
		require.Equal(t, "v1b", w.label("v1"))
	})
}
