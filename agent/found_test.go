package agent_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// What people who tried the agent found, told once more.

func TestARenamedRouteWithOtherWeightsIsHeld(t *testing.T) {
	change := map[string]string{
		"base/reviews.yaml":                   strings.Replace(reviewsYAML("0", "0", "100"), "name: primary", "name: main", 1),
		"overlays/production/weightplan.yaml": strings.Replace(bookinfo(t)["overlays/production/weightplan.yaml"], "[primary]", "[main]", 1),
	}
	report := checked(t, nil, change)
	require.Len(t, report.Rollouts, 1)
	assert.Empty(t, report.Rollouts[0].Steps)
	assert.Contains(t, report.Rollouts[0].Reason.Sentence, "takes the place of primary with other weights")
	story(t, func(w *world) {
		w.git.Commit(change)
		w.pass(time.Hour)
		w.says(atV1, rollout.Pending, "takes the place of primary")
		change["base/reviews.yaml"] = strings.Replace(reviewsYAML("100", "0", "0"), "name: primary", "name: main", 1)
		w.git.Commit(change)
		w.pass(time.Minute)
		w.says(atV1, rollout.Healthy, "")
	})
}

func TestADestinationRuleInUseKeepsItsHost(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"base/reviews.yaml": strings.Replace(reviewsYAML("100", "0", "0"), "  host: reviews\n", "  host: reviewz\n", 1)})
		w.pass(time.Minute)
		spec := w.kube.Get("DestinationRule", reviews)["spec"].(map[string]any)
		assert.Equal(t, "reviews", spec["host"])
		require.Contains(t, w.told().problems.Error(), "its host would change from reviews to reviewz")
		w.weigh(100, 0, 0)
		w.pass(time.Minute)
		assert.Empty(t, w.told().problems, "the problem goes with its cause")
	})
}

func TestACorrectionBringsNoReshapeThatWasDenied(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"policies/shape.rego": "package canary\n\ndeny_shape contains \"no\" if input.operation == \"reshape\"\n"})
		w.pass(time.Minute)
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.git.Commit(map[string]string{"base/reviews.yaml": strings.Replace(reviewsYAML("0", "0", "100"), "  - name: primary\n", "  - name: primary\n    timeout: 7s\n", 1)})
		w.pass(time.Minute)
		w.says(at10, rollout.Pending, "denied by policy: no")
		w.edit("kubectl-edit", 20, 0, 80)
		w.pass(time.Minute)
		require.Equal(t, at10, w.live(reviews))
		route := w.kube.Get("VirtualService", reviews)["spec"].(map[string]any)["http"].([]any)[0].(map[string]any)
		assert.NotContains(t, route, "timeout")
	})
}

func TestADestinationThatGitDropsKeepsItsHeadersWhileItHasTraffic(t *testing.T) {
	story(t, func(w *world) {
		const entry, headers = "    - destination: {host: reviews, subset: v1}\n", "      headers: {request: {set: {x-tier: old}}}\n"
		with := strings.Replace(reviewsYAML("100", "0", "0"), entry, entry+headers, 1)
		w.git.Commit(map[string]string{"base/reviews.yaml": with})
		w.pass(time.Minute)
		w.git.Commit(map[string]string{"base/reviews.yaml": strings.Replace(reviewsYAML("100", "0", "100"), entry+"      weight: 100\n", "", 1)})
		w.pass(time.Minute)
		require.Equal(t, "v2 0 · v3 10 · v1 90", w.live(reviews))
		route := w.kube.Get("VirtualService", reviews)["spec"].(map[string]any)["http"].([]any)[0].(map[string]any)["route"].([]any)
		assert.Contains(t, fmt.Sprint(route), "x-tier:old")
		w.pass(24 * time.Hour)
		assert.NotContains(t, fmt.Sprint(w.kube.Get("VirtualService", reviews)), "x-tier")
	})
}

func TestARefusalNeverBecomesTheStatesEntry(t *testing.T) {
	story(t, func(w *world) {
		w.git.Away(true)
		w.pass(31 * time.Second)
		w.edit("kubectl-edit", 40, 60, 0)
		w.pass(20 * time.Second)
		require.Equal(t, atV1, w.live(reviews), "undone, its record in the outbox")
		w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": planYAML("{setWeight: 100}"), "base/reviews.yaml": reviewsYAML("0", "100", "0")})
		w.git.Away(false)
		w.pass(time.Hour)
		w.says(atV1, rollout.Pending, "denied by policy")
		for _, file := range w.decisions() {
			_, ended := w.git.StatusFile("outcomes" + strings.TrimPrefix(file, "decisions"))
			assert.NotEqual(t, strings.Contains(file, "-denied-"), ended, "%s: each allow has its outcome, and no refusal", file)
		}
	})
}

func TestNoRolloutWaitsForAnothersDestinationRule(t *testing.T) {
	story(t, func(w *world) {
		w.kube.Create("helm", map[string]any{
			"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": map[string]any{"name": "other", "namespace": "shop"},
			"spec": map[string]any{"host": "helms-own"},
		})
		shop := strings.NewReplacer("[overlays/production]", "[overlays/production, overlays/shop]", "[bookinfo]", "[bookinfo, shop]")
		w.git.Commit(map[string]string{
			"overlays/shop/kustomization.yaml": "namespace: shop\nresources: [shop.yaml]\n",
			"overlays/shop/shop.yaml": `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: other}
spec: {hosts: [other], http: [{name: a, route: [{destination: {host: outside.example.org}}]}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: other}
spec: {host: other}
`,
			"weir.yaml": shop.Replace(bookinfo(t)["weir.yaml"]),
		})
		w.pass(2 * time.Minute)
		require.Contains(t, w.told().problems.Error(), "helm")
		w.weigh(0, 0, 100)
		w.pass(40 * time.Second)
		w.git.BreakBefore()
		w.pass(11 * time.Minute)
		w.git.Away(false)
		w.pass(10 * time.Hour)
		w.says(atV3, rollout.Healthy, "")
	})
}

func TestAHandEditDoesNotStartWhatWaitsForAdoption(t *testing.T) {
	found(t, "kubectl-client-side-apply", "kubectl-client-side-apply", 0, 100, func(w *world) {
		w.says(atV3, rollout.Pending, "Git wants "+atV1)
		w.edit("kubectl-edit", 50, 0, 50)
		w.pass(time.Hour)
		w.says(atV3, rollout.Pending, "Git wants "+atV1)
	})
}

func TestARenamedOverlayGoesOn(t *testing.T) {
	story(t, func(w *world) {
		files := bookinfo(t)
		moved := map[string]string{"weir.yaml": strings.Replace(files["weir.yaml"], "overlays/production", "overlays/prod", 1)}
		var gone []string
		for path, text := range files {
			if rest, ok := strings.CutPrefix(path, "overlays/production/"); ok {
				moved["overlays/prod/"+rest] = text
				gone = append(gone, path)
			}
		}
		moved["base/reviews.yaml"] = reviewsYAML("0", "0", "100")
		w.git.Commit(moved, gone...)
		w.pass(time.Minute)
		require.Empty(t, w.told().problems)
		w.says(at10, rollout.Progressing, "step 1 of 4")
	})
}

func TestADocumentOfOursThatIsMisspeltIsNoSilence(t *testing.T) {
	for _, wrong := range []string{"kind: WeigthPlan", "kind: WeightPlan\n# x"} {
		text := planYAML("{setWeight: 100}")
		if strings.Contains(wrong, "#") {
			text = strings.Replace(text, "weir.dev/", "weird.dev/", 1)
		} else {
			text = strings.Replace(text, "kind: WeightPlan", wrong, 1)
		}
		report := checked(t, nil, map[string]string{"overlays/production/weightplan.yaml": text})
		assert.Equal(t, policy.Error, report.Decision)
		assert.Contains(t, report.Problems.Error(), "overlays/production/weightplan.yaml:1")
	}
}

func TestAnAgentsClusterNameIsPartOfAPath(t *testing.T) {
	_, err := agent.New(agent.Options{Cluster: "a/b", Environments: []string{"production"}}, nil, nil, nil, nil, nil, nil)
	assert.ErrorContains(t, err, "cannot be part of a path")
}

// A VirtualService that only redirects has no weights, and is created all the same.
func TestAVirtualServiceWithoutWeightsIsCreatedNotRemoved(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{
			"base/old.yaml":           "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: old}\nspec: {hosts: [old], http: [{redirect: {authority: reviews}}]}\n",
			"base/kustomization.yaml": bookinfo(t)["base/kustomization.yaml"] + "- old.yaml\n",
		})
		w.pass(time.Minute)
		require.Empty(t, w.told().problems)
		require.NotNil(t, w.kube.Get("VirtualService", rollout.Ref{Namespace: "bookinfo", Name: "old"}))
	})
}

// deaf is a Source that stops answering.
type deaf struct {
	agent.Source
	now *atomic.Bool
}

func (d deaf) Fetch(ctx context.Context) (agent.Revision, error) {
	if d.now.Load() {
		return agent.Revision{}, agenttest.ErrAway
	}
	return d.Source.Fetch(ctx)
}

// Two agents ask Git at different times, and one of them cannot for a while: it
// takes an older commit for what Git wants.
func TestAnAgentThatKnowsLessOfGitUndoesNothing(t *testing.T) {
	story(t, func(w *world) {
		first := w.stop
		w.pass(15 * time.Second)
		clone, away := w.git.Clone(), &atomic.Bool{}
		w.startOn(deaf{clone, away}, clone)
		w.pass(time.Minute)
		away.Store(true)
		before := len(w.decisions())
		w.weigh(0, 0, 100)
		w.pass(2 * time.Hour)
		require.Equal(t, atV3, w.live(reviews), w.log)
		assert.Len(t, w.decisions(), before+4, "four steps, each decided once")
		away.Store(false)
		w.weigh(100, 0, 0)
		w.pass(time.Minute)
		require.Equal(t, atV1, w.live(reviews), "back at the stable before, by whichever asks first")
		first()
	})
}

// Labels are a part of what an overlay asks for, so an agent that starts while
// the newest commit is broken goes on from the last good one, not from the one
// that asked for the weights.
func TestAnAgentThatStartsOnABrokenCommitKeepsTheLabelsOfTheLastGoodOne(t *testing.T) {
	story(t, func(w *world) {
		w.pod("reviews v1b", true)
		relabelled := strings.Replace(reviewsYAML("100", "0", "0"), "{name: v1, labels: {version: v1}}", "{name: v1, labels: {version: v1b}}", 1)
		w.git.Commit(map[string]string{"base/reviews.yaml": relabelled})
		w.pass(time.Minute)
		require.Equal(t, "v1b", w.label("v1"))
		w.git.Commit(map[string]string{"base/reviews.yaml": "kind: ["})
		w.pass(time.Minute)
		before := len(w.decisions())
		w.stop()
		w.start()
		w.pass(time.Hour)
		require.Equal(t, "v1b", w.label("v1"), w.log)
		assert.Len(t, w.decisions(), before)
		assert.NotEmpty(t, w.told().problems)
	})
}
