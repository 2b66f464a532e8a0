package agent_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout"
)

// edgeYAML is a VirtualService of an overlay of its own.
const edgeYAML = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: edge}\nspec:\n  hosts: [ratings]\n  http: [{name: all, route: [{destination: {host: ratings}}]}]\n"

var edge = rollout.Ref{Namespace: "bookinfo", Name: "edge"}

// edged is a story with two overlays of production: the example's and overlays/edge.
func edged(t *testing.T, spec string, tell func(w *world)) {
	t.Helper()
	story(t, func(w *world) {
		y := strings.Replace(bookinfo(t)["weir.yaml"], "overlays: [overlays/production]", "overlays: [overlays/production, overlays/edge]", 1)
		w.git.Commit(map[string]string{
			"weir.yaml":                        strings.Replace(y, "spec:\n", "spec:\n"+spec, 1),
			"overlays/edge/kustomization.yaml": "namespace: bookinfo\nresources: [edge.yaml]\n",
			"overlays/edge/edge.yaml":          edgeYAML,
		})
		w.pass(time.Minute)
		require.NotEqual(t, "gone", w.live(edge), w.told().problems)
		tell(w)
	})
}

const (
	production = "overlays/production/kustomization.yaml"
	broken     = "resources: [{\n"
)

// What went over to an overlay that is wrong at the very commit is not gone from Git.
func TestWhatMovesToAnOverlayThatIsWrongIsNotPruned(t *testing.T) {
	edged(t, "  prune: true\n", func(w *world) {
		w.git.Commit(map[string]string{
			"overlays/edge/kustomization.yaml": "namespace: bookinfo\nresources: [other.yaml]\n",
			"overlays/edge/other.yaml":         strings.ReplaceAll(edgeYAML, "name: edge", "name: other"),
			"overlays/production/edge.yaml":    edgeYAML,
			production:                         broken,
		})
		w.pass(time.Hour)
		require.NotEmpty(t, w.told().problems)
		assert.NotEqual(t, "gone", w.live(edge))
		w.git.Commit(map[string]string{production: strings.Replace(bookinfo(t)[production], "resources:\n", "resources:\n- edge.yaml\n", 1)})
		w.pass(time.Minute)
		require.Empty(t, w.told().problems)
		assert.NotEqual(t, "gone", w.live(edge))
	})
}

// The overlay that it left is wrong: until that is mended, nobody can tell which of
// both is meant, and what stays as it was stays.
func TestWhatLeavesAnOverlayThatIsWrongIsNotHadTwice(t *testing.T) {
	edged(t, "", func(w *world) {
		moved := map[string]string{"overlays/production/edge.yaml": edgeYAML, production: strings.Replace(bookinfo(t)[production], "resources:\n", "resources:\n- edge.yaml\n", 1)}
		moved["overlays/edge/kustomization.yaml"] = broken
		moved["base/reviews.yaml"] = reviewsYAML("0", "0", "100")
		w.git.Commit(moved)
		w.pass(time.Hour)
		require.ErrorContains(t, w.told().problems, "VirtualService bookinfo/edge is also rendered by overlay overlays/edge")
		w.says(atV1, rollout.Healthy, "")
		w.git.Commit(map[string]string{"weir.yaml": bookinfo(t)["weir.yaml"]})
		w.pass(time.Minute)
		require.Empty(t, w.told().problems)
		w.says(at10, rollout.Progressing, "step 1 of 4")
	})
}

// Whoever stops the line in weir.yaml stops what is not listed there any more too.
func TestASuspensionHoldsAnOverlayThatIsListedNoMore(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		without := strings.Replace(bookinfo(t)["weir.yaml"], "  - name: production\n    overlays: [overlays/production]\n    namespaces: [bookinfo]\n", "", 1)
		w.git.Commit(map[string]string{"weir.yaml": strings.Replace(without, "spec:\n", "spec:\n  suspend: true\n", 1)})
		w.pass(time.Hour)
		w.says(at10, rollout.Paused, "suspended by the Delivery")
	})
}

// Two DestinationRules of one name would be written in turn, for ever.
func TestADestinationRuleOfTwoOverlaysIsRefusedUnlessBothSayTheSame(t *testing.T) {
	rule := strings.TrimPrefix(reviewsYAML("0", "0", "0")[strings.Index(reviewsYAML("0", "0", "0"), "---\n"):], "---\n")
	edged(t, "", func(w *world) {
		requests := w.kube.Requests()
		w.git.Commit(map[string]string{"overlays/edge/edge.yaml": edgeYAML + "---\n" + strings.Replace(rule, "spec:\n", "spec:\n  trafficPolicy: {connectionPool: {http: {http1MaxPendingRequests: 7}}}\n", 1)})
		w.pass(time.Hour)
		require.ErrorContains(t, w.told().problems, "DestinationRule bookinfo/reviews is also rendered by overlay overlays/production")
		assert.Less(t, w.kube.Requests()-requests, 10)
	})
}

// Whoever moves a VirtualService to a folder of another name has written the change,
// whoever merges it.
func TestWhoMovesAnOverlayIsItsAuthor(t *testing.T) {
	story(t, func(w *world) {
		files := bookinfo(t)
		moved := map[string]string{
			"weir.yaml":                        strings.Replace(files["weir.yaml"], "overlays/production", "overlays/live", 1),
			"overlays/live/weightplan.yaml":    planYAML("{setWeight: 10, pause: {}}, {setWeight: 50, pause: {}}, {setWeight: 100}"),
			"overlays/live/kustomization.yaml": files[production],
			"base/reviews.yaml":                reviewsYAML("0", "0", "100"),
		}
		w.git.CommitBy(ann, moved)
		w.git.CommitBy(bob, map[string]string{"README.md": "merged\n"})
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "step 1 of 3")
		w.ask(ann, rollout.ToApprove)
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "step 1 of 3")
		w.stop()
		synctest.Wait()
		w.start()
		w.pass(time.Minute)
		w.ask(carol, rollout.ToApprove)
		w.pass(time.Minute)
		w.says("v1 50 · v2 0 · v3 50", rollout.Paused, "step 2 of 3")
	})
}
