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

var ingress = rollout.Ref{Namespace: "bookinfo", Name: "reviews-ingress"}

// together plays a story about reviews in the mesh and at the ingress, which
// one plan moves together.
func together(t *testing.T, tell func(w *world)) {
	story(t, func(w *world) {
		plan := strings.Replace(planYAML("{setWeight: 10, pause: {duration: 10m}}, {setWeight: 50, pause: {duration: 10m}}, {setWeight: 100}"),
			"routes: [primary]}]", "routes: [primary]}, {kind: VirtualService, name: reviews-ingress}]", 1)
		w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": plan, "base/reviews.yaml": bothYAML("100", "0")})
		w.pass(time.Minute)
		require.Equal(t, atV1, w.live(ingress), w.log)
		tell(w)
	})
}

// bothYAML is reviews and its ingress at the same weights of v1 and v3.
func bothYAML(v1, v3 string) string {
	mesh := reviewsYAML(v1, "0", v3)
	service, _, _ := strings.Cut(mesh, "---")
	at := strings.NewReplacer("name: reviews\n", "name: reviews-ingress\n", "hosts: [reviews]", "hosts: [reviews.example.com]").Replace(service)
	return mesh + "---\n" + at
}

func (w *world) both(split string) {
	w.t.Helper()
	require.Equal(w.t, split, w.live(reviews), w.log)
	require.Equal(w.t, split, w.live(ingress), w.log)
}

func TestTheTargetsOfAPlanMoveTogether(t *testing.T) {
	together(t, func(w *world) {
		w.git.Commit(map[string]string{"base/reviews.yaml": bothYAML("0", "100")})
		w.pass(31 * time.Second)
		w.both(at10)
		w.pass(10 * time.Minute)
		w.both(atHalf)
		w.git.Commit(map[string]string{"base/reviews.yaml": bothYAML("100", "0")})
		w.pass(31 * time.Second)
		w.both(atV1)
		w.pass(25 * time.Hour)
		w.git.Commit(map[string]string{"base/reviews.yaml": bothYAML("0", "100")})
		w.pass(time.Hour)
		w.both(atV3)
		w.says(atV3, rollout.Healthy, "as Git has it")
		requests := w.kube.Requests()
		w.pass(24 * time.Hour)
		assert.Equal(t, requests, w.kube.Requests())
	})
}

func TestAMemberLeftBehindIsBroughtLevelBeforeTheNextStep(t *testing.T) {
	together(t, func(w *world) {
		w.git.Commit(map[string]string{"base/reviews.yaml": bothYAML("0", "100")})
		w.kube.LoseBeforeOf(ingress, 1000) // the writes of one do not arrive for a while
		before := len(w.decisions())
		w.pass(40 * time.Second)
		require.Equal(t, []string{at10, atV1}, []string{w.live(reviews), w.live(ingress)})
		w.pass(11 * time.Minute)
		require.Equal(t, []string{at10, atV1}, []string{w.live(reviews), w.live(ingress)}, "no step begins while one is behind")
		w.kube.LoseBeforeOf(ingress, 0)
		w.pass(2 * time.Minute)
		require.Contains(t, w.log.String(), "brought level with the other targets")
		w.both(atHalf)
		assert.Len(t, w.decisions(), before+2, "catching up is no decision of its own")
		w.pass(time.Hour)
		w.both(atV3)
		w.says(atV3, rollout.Healthy, "")
	})
}

func TestGoingBackWaitsForNoSibling(t *testing.T) {
	together(t, func(w *world) {
		w.git.Commit(map[string]string{"base/reviews.yaml": bothYAML("0", "100")})
		w.pass(time.Minute)
		w.both(at10)
		w.git.Commit(map[string]string{"base/reviews.yaml": bothYAML("100", "0")})
		w.kube.LoseBeforeOf(reviews, 3)
		w.pass(31 * time.Second)
		require.Equal(t, atV1, w.live(ingress))
		w.pass(time.Minute)
		w.both(atV1)
	})
}

func TestLabelsUnderTrafficChangeByAMoveOnceTheirPodsAreReady(t *testing.T) {
	story(t, func(w *world) {
		relabelled := strings.Replace(reviewsYAML("100", "0", "0"), "{name: v1, labels: {version: v1}}", "{name: v1, labels: {version: v1b}}", 1)
		before := len(w.decisions())
		w.git.Commit(map[string]string{"base/reviews.yaml": relabelled})
		w.pass(time.Hour)
		w.says(atV1, rollout.Pending, "v1 with its new labels has no ready endpoint")
		require.Equal(t, "v1", w.label("v1"))
		w.pod("reviews v1b", true)
		w.pass(time.Minute)
		require.Equal(t, "v1b", w.label("v1"))
		w.says(atV1, rollout.Healthy, "")
		assert.Contains(t, w.log.String(), "other pods behind v1, at "+atV1)
		assert.Len(t, w.decisions(), before+1)
	})
}

// A commit that changes nothing but labels moves traffic as any other: its
// author stands in the decision, and a restart begins with it, not before it.
func TestLabelsAreAWishLikeWeights(t *testing.T) {
	story(t, func(w *world) {
		relabelled := strings.Replace(reviewsYAML("100", "0", "0"), "{name: v1, labels: {version: v1}}", "{name: v1, labels: {version: v1b}}", 1)
		w.pod("reviews v1b", true)
		before := len(w.decisions())
		sha := w.git.CommitBy("Ann <ann@example.com>", map[string]string{"base/reviews.yaml": relabelled})
		w.pass(time.Minute)
		require.Equal(t, "v1b", w.label("v1"))
		decisions := w.decisions()
		require.Len(t, decisions, before+1)
		said, _ := w.git.StatusFile(decisions[before])
		require.Contains(t, said, sha)
		require.Contains(t, said, "ann@example.com")

		w.git.Commit(map[string]string{"base/reviews.yaml": "kind: [VirtualService"})
		w.pass(time.Minute)
		w.stop()
		synctest.Wait()
		w.start()
		w.pass(time.Hour)
		require.Equal(t, "v1b", w.label("v1"))
		require.Len(t, w.decisions(), before+1)
	})
}

// label is the version behind a subset of reviews.
func (w *world) label(subset string) string {
	for _, s := range w.kube.Get("DestinationRule", reviews)["spec"].(map[string]any)["subsets"].([]any) {
		if fields := s.(map[string]any); fields["name"] == subset {
			return fields["labels"].(map[string]any)["version"].(string)
		}
	}
	return ""
}

func TestWhatComesBackUnderAnotherPlanIsWhereItWas(t *testing.T) {
	story(t, func(w *world) {
		alone := func(v1, v3 string) string {
			return reviewsYAML("100", "0", "0") + "---" + strings.SplitN(bothYAML(v1, v3), "---", 3)[2]
		}
		w.git.Commit(map[string]string{"base/reviews.yaml": alone("100", "0")}) // the ingress goes by the default plan
		w.pass(time.Minute)
		w.git.Commit(map[string]string{"base/reviews.yaml": alone("0", "100")})
		w.pass(time.Minute)
		was := w.live(ingress)
		require.NotContains(t, []string{atV1, atV3, "gone"}, was)
		w.kube.Stop("Ann: an incident")
		w.kube.Delete("VirtualService", ingress)
		w.pass(time.Minute)
		w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": strings.Replace(planYAML("{setWeight: 10, pause: {duration: 10m}}, {setWeight: 100}"),
			"routes: [primary]}]", "routes: [primary]}, {kind: VirtualService, name: reviews-ingress}]", 1)})
		w.pass(time.Minute)
		w.kube.Stop("")
		w.pass(30 * time.Second)
		assert.Equal(t, was, w.live(ingress), w.log)
	})
}

// What a rollout once removed is what another has now: that one's record counts.
func TestARebuiltClusterComesBackAtTheRecordOfWhoHadItLast(t *testing.T) {
	together(t, func(w *world) {
		alone := bookinfo(t)["overlays/production/weightplan.yaml"]
		both := strings.Replace(alone, "routes: [primary]}]", "routes: [primary]}, {kind: VirtualService, name: reviews-ingress}]", 1)
		w.git.Commit(map[string]string{
			"weir.yaml":                           strings.Replace(bookinfo(t)["weir.yaml"], "spec:\n", "spec:\n  prune: true\n", 1),
			"overlays/production/weightplan.yaml": alone, "base/reviews.yaml": reviewsYAML("100", "0", "0"),
		})
		w.pass(time.Minute)
		require.Equal(t, "gone", w.live(ingress), w.log)
		w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": both, "base/reviews.yaml": bothYAML("100", "0")})
		w.pass(time.Minute)
		w.git.Commit(map[string]string{"base/reviews.yaml": bothYAML("0", "100")})
		w.pass(time.Minute)
		w.both(at10)
		w.stop()
		synctest.Wait()
		w.kube.Delete("VirtualService", reviews)
		w.kube.Delete("VirtualService", ingress)
		w.start()
		w.pass(time.Minute)
		w.both(at10)
	})
}
