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

// Wrong input gives a clear error with file and line, leaves the last good
// state in place, applies nothing in part, and shows up in the status. The same
// commit always wants all traffic at v3, so that a pass by silence would show.
func TestWrongInputIsRefusedWholeAndShown(t *testing.T) {
	plan := "overlays/production/weightplan.yaml"
	for _, c := range []struct {
		name, file, text, where, says string
	}{
		{"YAML that is none", "base/reviews.yaml", "kind: [\n", "base/reviews.yaml:", ""},
		{"a negative weight", "base/reviews.yaml", reviewsYAML("110", "-10", "0"), "base/reviews.yaml:13", "weight -10 is negative"},
		{"a huge weight", "base/reviews.yaml", reviewsYAML("1", "0", "99999999999"), "base/reviews.yaml:15", "more than Istio can hold"},
		{"a weight that is no whole number", "base/reviews.yaml", reviewsYAML("99.5", "0", "0.5"), "base/reviews.yaml:11", "weight 99.5 is not a whole number"},
		{"a weight in words", "base/reviews.yaml", reviewsYAML("all", "0", "0"), "base/reviews.yaml:11", "is not a whole number"},
		{"all weights 0", "base/reviews.yaml", reviewsYAML("0", "0", "0"), "base/reviews.yaml:11", "all weights of the route are 0"},
		{"a version that Istio does not have", "base/reviews.yaml", strings.Replace(reviewsYAML("0", "0", "100"), "networking.istio.io/v1", "networking.istio.io/v1beta9", 1), "base/reviews.yaml:1", "Istio has no apiVersion networking.istio.io/v1beta9 of VirtualService"},
		{"a kind that Istio does not have", "base/reviews.yaml", strings.Replace(reviewsYAML("0", "0", "100"), "kind: VirtualService", "kind: VirtualServise", 1), "base/reviews.yaml:1", "Istio has no kind VirtualServise"},
		{"a kind that Istio does not have, of those that weir leaves alone", "base/reviews.yaml", "apiVersion: networking.istio.io/v1\nkind: SideCars\nmetadata: {name: reviews}\n", "base/reviews.yaml:1", "Istio has no kind SideCars (did you mean Sidecar?)"},
		{"two plans for one target", plan, planYAML("{setWeight: 100}") + "---\n" + strings.Replace(planYAML("{setWeight: 100}"), "name: reviews\nspec", "name: again\nspec", 1), plan, "is the target of two WeightPlans"},
		{"a plan for a target that is not there", plan, strings.Replace(planYAML("{setWeight: 100}"), "name: reviews, routes: [primary]", "name: revues", 1), plan + ":1", "targets VirtualService bookinfo/revues, which the overlay does not have"},
		{"a plan for a route that is not there", plan, strings.Replace(planYAML("{setWeight: 100}"), "[primary]", "[primry]", 1), plan + ":1", "its weighted routes are primary"},
		{"a field of a plan that nobody knows", plan, strings.Replace(planYAML("{setWeight: 100}"), "setWeight", "setWieght", 1), plan + ":7", "setWeight"},
		{"steps that go down", plan, planYAML("{setWeight: 50}, {setWeight: 20}"), plan + ":7", "down"},
		{"a field of weir.yaml that nobody knows", "weir.yaml", "apiVersion: weir.dev/v1alpha1\nkind: Delivery\nmetadata: {name: x}\nspec:\n  enviroments: []\n", "weir.yaml:5", "environments"},
		{"a missing overlay", "weir.yaml", "apiVersion: weir.dev/v1alpha1\nkind: Delivery\nmetadata: {name: x}\nspec:\n  environments:\n  - name: production\n    overlays: [overlays/prod]\n", "weir.yaml:7", "overlay overlays/prod is not in the repository"},
		{"no Delivery", "weir.yaml", "", "weir.yaml", ""},
		{"an overlay that leads outside", "overlays/production/kustomization.yaml", "namespace: bookinfo\nresources: [../../../etc]\n", "overlays/production/kustomization.yaml:2", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			story(t, func(w *world) {
				requests := w.kube.Requests()
				files := map[string]string{"base/reviews.yaml": reviewsYAML("0", "0", "100"), c.file: c.text}
				w.git.Commit(files)
				w.pass(5 * time.Minute)
				require.NotEmpty(t, w.told().problems, "it passed in silence\n%s", w.log)
				assert.Contains(t, w.told().problems.Error(), c.where)
				assert.Contains(t, w.told().problems.Error(), c.says)
				assert.Equal(t, atV1, w.live(reviews), "the last good state stays")
				assert.Equal(t, requests, w.kube.Requests(), "nothing is applied in part")
				assert.Contains(t, w.accepted(), strings.Split(c.where, ":")[0], "the status branch shows it")
				page, _ := w.git.StatusFile("README.md")
				assert.Contains(t, page, "## Problems")

				w.git.Commit(bookinfo(t))
				w.weigh(0, 0, 100)
				w.pass(time.Minute)
				w.says(at10, rollout.Progressing, "step 1 of 4")
				assert.Empty(t, w.told().problems, "mended")
			})
		})
	}
}

// A place is another route's as soon as somebody puts one before it, and the route that
// it was would be written as Git has it, at once.
func TestAPlanNamesNoRouteByAPlaceAmongOthers(t *testing.T) {
	plan := func(place string) string {
		return strings.Replace(planYAML("{setWeight: 50}, {setWeight: 100}"), "[primary]", "[\""+place+"\"]", 1)
	}
	alone := strings.Replace(reviewsYAML("100", "0", "0"), "  - name: primary\n    route:", "  - route:", 1)
	report := checked(t, nil, map[string]string{"base/reviews.yaml": alone, "overlays/production/weightplan.yaml": plan("http[0]")})
	assert.Empty(t, report.Problems)
	two := strings.Replace(alone, "  - route:", "  - match: [{uri: {prefix: /new}}]\n    route:\n    - destination: {host: reviews, subset: v3}\n  - route:", 1)
	report = checked(t, nil, map[string]string{"base/reviews.yaml": two, "overlays/production/weightplan.yaml": plan("http[0]")})
	assert.ErrorContains(t, report.Problems.Err(), "overlays/production/weightplan.yaml:1: WeightPlan reviews names route http[0] by its place among 2")
}

func TestAPolicyThatDoesNotCompileLeavesTheTrustedOnesInForce(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"policies/first_step.rego": "package canary\n\ndeny contains msg if {\n"})
		w.pass(time.Minute)
		require.Contains(t, w.told().problems.Error(), "policies/first_step.rego:")
		w.git.Commit(map[string]string{
			"overlays/production/weightplan.yaml": planYAML("{setWeight: 40}, {setWeight: 80}, {setWeight: 100}"),
			"base/reviews.yaml":                   reviewsYAML("0", "0", "100"),
		})
		w.pass(time.Hour)
		w.says(atV1, rollout.Pending, "a first step above 25 percent")
	})
}

func TestARepositoryThatVanishesLeavesEverythingAsItIs(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.git.Away(true)
		w.pass(time.Hour)
		w.says(at10, rollout.Progressing, "")
		require.ErrorContains(t, w.told().err, "away")
		assert.Equal(t, 1, strings.Count(w.log.String(), "the repository cannot be read"), "said once")
		w.git.Away(false)
		w.pass(2 * time.Minute)
		w.says(at25, rollout.Progressing, "step 2 of 4")
	})
}

func TestAClusterThatIsAwayStopsEverythingAndNothingIsLost(t *testing.T) {
	story(t, func(w *world) {
		w.kube.Away(true)
		w.weigh(0, 0, 100)
		w.pass(10 * time.Minute)
		assert.Equal(t, atV1, w.live(reviews))
		assert.NotEmpty(t, w.view().Error, "the status says why")
		w.kube.Away(false)
		w.pass(2 * time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
	})
}

func TestAnAgentThatStartsWithoutAClusterSaysSoAndWaits(t *testing.T) {
	story(t, func(w *world) {
		w.stop()
		synctest.Wait()
		w.kube.Away(true)
		w.start()
		w.pass(2 * time.Minute)
		assert.Contains(t, w.log.String(), "the cluster does not answer")
		w.kube.Away(false)
		w.pass(time.Minute)
		w.says(atV1, rollout.Healthy, "")
	})
}

func TestAnEnvironmentNeverEmptiesInSilence(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"weir.yaml": "apiVersion: weir.dev/v1alpha1\nkind: Delivery\nmetadata: {name: x}\nspec:\n  environments:\n  - name: staging\n    overlays: [overlays/staging]\n"})
		w.pass(time.Minute)
		require.Contains(t, w.told().problems.Error(), "environment production, which this agent is started for, is not in the Delivery")
		w.says(atV1, rollout.Healthy, "")
	})
}

func TestWhatIsGoneFromGitIsOnlyReportedUnlessPruned(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"base/ratings.yaml": strings.Split(bookinfo(t)["base/ratings.yaml"], "\n---")[1]})
		w.pass(time.Minute)
		if w.told().problems != nil {
			require.NoError(t, w.told().problems)
		}
		ratings := rollout.Ref{Namespace: "bookinfo", Name: "ratings"}
		require.Equal(t, "v1 100", w.live(ratings))
		w.git.Commit(map[string]string{"weir.yaml": strings.Replace(bookinfo(t)["weir.yaml"], "spec:\n", "spec:\n  prune: true\n", 1)})
		w.pass(time.Minute)
		assert.Equal(t, "gone", w.live(ratings))
		assert.Equal(t, atV1, w.live(reviews))
	})
}
