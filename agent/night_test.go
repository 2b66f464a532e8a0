package agent_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// These are stories that a reader of the code thought of, of nights on which
// two things go wrong at once.

// bothAt is reviews and its ingress at the same weights of all three.
func bothAt(v1, v2, v3 string) string {
	mesh := reviewsYAML(v1, v2, v3)
	service, _, _ := strings.Cut(mesh, "---")
	return mesh + "---\n" + strings.NewReplacer("name: reviews\n", "name: reviews-ingress\n", "hosts: [reviews]", "hosts: [reviews.example.com]").Replace(service)
}

// completionLost has both take the last step, and reviews alone end there.
func completionLost(w *world) {
	w.git.Commit(map[string]string{"base/reviews.yaml": bothYAML("0", "100")})
	w.after(func() {
		if o := w.live(ingress); o == atV3 {
			w.then = nil
			w.kube.LoseBeforeOf(ingress, 100000)
		}
	})
	w.pass(30 * time.Minute)
	require.Equal(w.t, []string{atV3, atV3}, []string{w.live(reviews), w.live(ingress)}, w.log)
}

func TestAMemberThatMissedTheEndStepsTowardsWhatGitWantsNext(t *testing.T) {
	together(t, func(w *world) {
		completionLost(w)
		w.git.Commit(map[string]string{"base/reviews.yaml": bothAt("0", "100", "0")})
		w.pass(40 * time.Second)
		w.kube.LoseBeforeOf(ingress, 0)
		w.pass(2 * time.Minute)
		require.NotEqual(t, "v1 0 · v2 100 · v3 0", w.live(ingress), w.log)
	})
}

func TestAnAbortOfWhatHasEndedHalfwayEndsInNoHalf(t *testing.T) {
	together(t, func(w *world) {
		completionLost(w)
		w.kube.LoseBeforeOf(ingress, 0)
		w.now(rollout.ToAbort)
		w.pass(5 * time.Second)
		require.Equal(t, w.live(reviews), w.live(ingress))
		w.pass(time.Hour)
		w.both(atV3)
	})
}

func TestABrokenOverlayHoldsNobodyElsesGoingBack(t *testing.T) {
	story(t, func(w *world) {
		y := bookinfo(t)["weir.yaml"]
		w.git.Commit(map[string]string{
			"weir.yaml":                         strings.Replace(y, "overlays: [overlays/production]", "overlays: [overlays/production, overlays/other]", 1),
			"overlays/other/kustomization.yaml": "resources: [missing.yaml]\n",
		})
		w.pass(time.Minute)
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		w.kube.LoseBeforeOf(reviews, 2)
		w.pass(12 * time.Minute)
		w.weigh(100, 0, 0)
		w.pass(10 * time.Minute)
		require.Equal(t, atV1, w.live(reviews), w.log)
	})
}

func TestGarbageOnTheStatusBranchDoesNotKeepFromGoingBack(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		_, _, err := w.git.Clone().Record(context.Background(), agent.Commit{Message: "x", Time: time.Now(), Create: map[string][]byte{"decisions/eu1/production/x/1.json": []byte("garbage")}})
		require.NoError(t, err)
		w.stop()
		synctest.Wait()
		w.start()
		w.weigh(100, 0, 0)
		w.pass(10 * time.Minute)
		require.Equal(t, atV1, w.live(reviews), w.log)
	})
}

func TestARestartForgetsNoAuthor(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": planYAML("{setWeight: 10, pause: {}}, {setWeight: 50, pause: {}}, {setWeight: 100}")})
		w.pass(time.Minute)
		w.pod("reviews v3", false)
		w.pass(time.Minute)
		alice := "Alice <alice@example.com>"
		w.git.CommitBy(alice, map[string]string{"base/reviews.yaml": reviewsYAML("0", "0", "100")})
		w.git.CommitBy("Carl <carl@example.com>", map[string]string{"docs.txt": "x"})
		w.pass(time.Minute)
		w.stop()
		synctest.Wait()
		w.start()
		w.pass(time.Minute)
		w.pod("reviews v3", true)
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "waits for approval")
		w.ask(alice, rollout.ToApprove)
		w.pass(2 * time.Minute)
		require.Equal(t, at10, w.live(reviews))
	})
}

// apart gives the two different weights.
func apart(w *world, mesh, in [3]string) {
	y := reviewsYAML(mesh[0], mesh[1], mesh[2])
	service, _, _ := strings.Cut(reviewsYAML(in[0], in[1], in[2]), "---")
	w.git.Commit(map[string]string{"base/reviews.yaml": y + "---\n" + strings.NewReplacer("name: reviews\n", "name: reviews-ingress\n", "hosts: [reviews]", "hosts: [reviews.example.com]").Replace(service)})
}

func TestGoingBackWaitsForNoSiblingThatCannot(t *testing.T) {
	together(t, func(w *world) {
		apart(w, [3]string{"100", "0", "0"}, [3]string{"0", "100", "0"})
		w.pass(2 * time.Hour)
		require.Equal(t, "v1 0 · v2 100 · v3 0", w.live(ingress))
		apart(w, [3]string{"0", "0", "100"}, [3]string{"0", "0", "100"})
		w.pass(time.Minute)
		require.Equal(t, at10, w.live(reviews))
		w.pod("reviews v2", false)
		apart(w, [3]string{"100", "0", "0"}, [3]string{"0", "100", "0"})
		w.pass(10 * time.Minute)
		require.Equal(t, atV1, w.live(reviews))
	})
}

func TestGoingBackWaitsForNoSiblingThatIsDamaged(t *testing.T) {
	together(t, func(w *world) {
		w.git.Commit(map[string]string{"base/reviews.yaml": bothYAML("0", "100")})
		w.pass(time.Minute)
		w.both(at10)
		w.kube.Edit("kubectl-edit", "VirtualService", ingress, func(o map[string]any) {
			o["metadata"].(map[string]any)["annotations"].(map[string]any)["weir.dev/state"] = "{"
		})
		w.pass(time.Second)
		w.git.Commit(map[string]string{"base/reviews.yaml": bothYAML("100", "0")})
		w.pass(10 * time.Minute)
		require.Equal(t, atV1, w.live(reviews))
	})
}

// goesBackIn is how long it takes until v1 has everything.
func (w *world) goesBackIn() time.Duration {
	for d := time.Duration(0); d < 5*time.Minute; d += time.Second {
		if w.live(reviews) == atV1 {
			return d
		}
		w.pass(time.Second)
	}
	return time.Hour
}

func TestGoingBackDoesNotWaitAsLongAsWhatFailedBeforeIt(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.git.Away(true)
		w.pass(3 * time.Hour)
		w.kube.LoseBeforeOf(reviews, 1)
		w.now(rollout.ToAbort)
		took := w.goesBackIn()
		require.Less(t, took, 5*time.Second)
	})
}

func TestAResumeOnTheClusterLiftsNoCommittedPause(t *testing.T) {
	story(t, func(w *world) {
		w.git.Clock(time.Now)
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.ask(bob, rollout.ToPause)
		w.pass(time.Minute)
		w.now(rollout.ToResume)
		w.pass(time.Hour)
		require.Equal(t, at10, w.live(reviews))
		w.ask(bob, rollout.ToResume)
		w.pass(time.Minute)
		require.Equal(t, at25, w.live(reviews))
	})
}

func TestAWithdrawnApprovalThatAnotherPutsBackIsTheOthers(t *testing.T) {
	story(t, func(w *world) {
		alice := "Alice <alice@example.com>"
		w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": planYAML("{setWeight: 10, pause: {}}, {setWeight: 50, pause: {}}, {setWeight: 100}")})
		w.pass(time.Minute)
		w.git.CommitBy(alice, map[string]string{"base/reviews.yaml": reviewsYAML("0", "0", "100")})
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "waits for approval")
		w.pod("reviews v3", false)
		w.pass(time.Minute)
		v := w.view()
		text := "apiVersion: weir.dev/v1alpha1\nkind: Intent\nmetadata: {name: reviews, namespace: bookinfo}\nspec: {environment: production, verb: approve, id: " + string(v.ID) + ", step: 1}\n"
		w.git.CommitBy(bob, map[string]string{"approvals/a.yaml": text})
		w.pass(time.Minute)
		w.git.CommitBy(bob, nil, "approvals/a.yaml")
		w.pass(time.Minute)
		w.git.CommitBy(alice, map[string]string{"approvals/a.yaml": text})
		w.pass(time.Minute)
		w.pod("reviews v3", true)
		w.pass(time.Minute)
		require.Equal(t, at10, w.live(reviews))
	})
}

func TestTwoPlansOfOneNameAreRefused(t *testing.T) {
	story(t, func(w *world) {
		y := bookinfo(t)["weir.yaml"]
		edge := func(v1, v3 string) string {
			service, _, _ := strings.Cut(reviewsYAML(v1, "0", v3), "---")
			return strings.NewReplacer("name: reviews\n", "name: reviews-ingress\n", "hosts: [reviews]", "hosts: [reviews.example.com]").Replace(service)
		}
		plan := func(target string) string {
			return strings.Replace(planYAML("{setWeight: 10, pause: {duration: 10m}}, {setWeight: 50, pause: {duration: 10m}}, {setWeight: 100}"), "name: reviews, routes", "name: "+target+", routes", 1)
		}
		w.git.Commit(map[string]string{
			"weir.yaml":                        strings.Replace(y, "overlays: [overlays/production]", "overlays: [overlays/production, overlays/edge]", 1),
			"overlays/edge/kustomization.yaml": "namespace: bookinfo\nresources: [vs.yaml, plan.yaml]\n",
			"overlays/edge/vs.yaml":            edge("100", "0"),
			"overlays/edge/plan.yaml":          plan("reviews-ingress"),
		})
		w.pass(time.Minute)
		assert.Contains(t, w.told().problems.Error(), "rollout production/bookinfo/reviews is also that of overlay")
		require.Equal(t, []string{atV1, "gone"}, []string{w.live(reviews), w.live(ingress)})
	})
}
