package agent_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout"
)

// ask commits an intent about reviews as it stands now.
func (w *world) ask(who string, verb rollout.Verb) {
	w.asks(verb, func(files map[string]string) { w.git.CommitBy(who, files) })
}

// askSigned has somebody ask by a commit in any name, signed with the key of any.
func (w *world) askSigned(name, signer string, verb rollout.Verb) {
	w.asks(verb, func(files map[string]string) { w.git.CommitSigned(name, signer, files) })
}

func (w *world) asks(verb rollout.Verb, commit func(files map[string]string)) {
	v := w.view()
	text := fmt.Sprintf("apiVersion: weir.dev/v1alpha1\nkind: Intent\nmetadata: {name: reviews, namespace: bookinfo}\nspec: {environment: production, verb: %s, id: %s, step: %d, reason: because}\n", verb, v.ID, v.Step)
	w.words++
	commit(map[string]string{fmt.Sprintf("approvals/%s-%d-%s-%d.yaml", v.ID, v.Step, verb, w.words): text})
}

// now marks reviews itself.
func (w *world) now(verb rollout.Verb) {
	v := w.view()
	asked, err := json.Marshal([]rollout.Intent{{Verb: verb, ID: v.ID, Step: v.Step - 1, By: "bob", At: time.Now(), Reason: "it burns"}})
	require.NoError(w.t, err)
	w.kube.Edit("weir-cli", "VirtualService", reviews, func(o map[string]any) {
		o["metadata"].(map[string]any)["annotations"].(map[string]any)["weir.dev/intent"] = string(asked)
	})
}

const bob = "Bob <bob@example.com>"

func TestAnAbortByCommitGoesBackAndARetryBeginsAnew(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		w.ask(bob, rollout.ToAbort)
		w.pass(31 * time.Second)
		w.says(atV1, rollout.Degraded, "aborted by Bob <bob@example.com>: because")
		w.stop()
		synctest.Wait()
		w.start()
		w.pass(48 * time.Hour)
		w.says(atV1, rollout.Degraded, "aborted by Bob")
		was := w.view().ID
		w.ask(bob, rollout.ToRetry)
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		assert.NotEqual(t, was, w.view().ID, "another attempt is another journey")
		w.pass(time.Hour)
		w.says(atV3, rollout.Healthy, "")
		w.everyAllowHasItsOutcome()
	})
}

func TestAnAbortOnTheClusterGoesBackWithGitAwayAndIsRecordedLater(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.git.Away(true)
		w.pass(time.Minute)
		w.now(rollout.ToAbort)
		w.pass(time.Second)
		require.Equal(t, atV1, w.live(reviews))
		w.stop()
		synctest.Wait()
		w.start() // without Git, nobody knows what it wants: it stays where it is
		w.pass(time.Hour)
		require.Equal(t, atV1, w.live(reviews))
		w.git.Away(false)
		w.pass(5 * time.Minute)
		w.says(atV1, rollout.Degraded, "aborted by bob: it burns")
		w.everyAllowHasItsOutcome()
		assert.Contains(t, strings.Join(w.decisions(), "\n"), "-back-")
	})
}

func TestAnAbortGoesBackEvenWhereNobodyKnowsWhatGitWants(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.now(rollout.ToPause)
		w.pass(time.Second)
		w.stop()
		synctest.Wait()
		w.git.Away(true)
		w.start()
		w.pass(time.Hour)
		require.Equal(t, at10, w.live(reviews))
		w.now(rollout.ToAbort)
		w.pass(time.Minute)
		require.Equal(t, atV1, w.live(reviews))
		w.git.Away(false)
		w.pass(time.Hour)
		w.says(atV1, rollout.Degraded, "aborted by bob")
	})
}

func TestAPausedRolloutGoesOnOnlyWhenSomebodyResumesIt(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.ask(bob, rollout.ToPause)
		w.pass(24 * time.Hour)
		w.says(at10, rollout.Paused, "paused by Bob")
		w.ask(bob, rollout.ToResume)
		w.pass(time.Minute)
		w.says(at25, rollout.Progressing, "step 2 of 4")
	})
}

func TestTheAuthorOfAChangeDoesNotPromoteIt(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.ask("Dev <DEV@example.com>", rollout.ToPromote)
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		w.ask(bob, rollout.ToPromote)
		w.pass(time.Minute)
		w.says(at25, rollout.Progressing, "step 2 of 4")
	})
}

func TestAnIntentWhoseAuthorNobodyKnowsYetCountsOnceItIsKnown(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.ask(bob, rollout.ToPromote)
		w.git.HideHistory(true)
		w.pass(5 * time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		w.git.HideHistory(false)
		w.pass(time.Minute)
		w.says(at25, rollout.Progressing, "step 2 of 4")
	})
}

func TestAStoppedLineHoldsEverythingButGoingBack(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.git.Away(true)
		w.kube.Stop("ann: incident 7")
		w.pass(time.Hour)
		w.says(at10, rollout.Paused, "the line is stopped: ann: incident 7")
		w.git.Away(false)
		w.weigh(100, 0, 0)
		w.pass(time.Minute)
		w.says(atV1, rollout.Paused, "the line is stopped")
		w.kube.Stop("")
		w.pass(time.Minute)
		w.says(atV1, rollout.Healthy, "")
	})
}

// What traffic leans on is a part of what a stopped line leaves alone.
func TestAStoppedLineWritesNoDestinationRuleEither(t *testing.T) {
	story(t, func(w *world) {
		w.kube.Stop("ann: incident 7")
		w.git.Commit(map[string]string{"base/reviews.yaml": strings.Replace(reviewsYAML("100", "0", "0"),
			"  - {name: v1, labels", "  - {name: v4, labels: {version: v4}}\n  - {name: v1, labels", 1)})
		w.pass(time.Hour)
		assert.NotContains(t, w.subsets(), "v4")
		w.kube.Stop("")
		w.pass(time.Minute)
		assert.Contains(t, w.subsets(), "v4")
	})
}

// People's clocks are wrong, and Git dates commits by them: what counts is the order
// in which they came to the branch, for an agent that begins anew too.
func TestTheLastWordCountsWhateverTheClocksSay(t *testing.T) {
	const slow, fast = -10 * time.Minute, 30 * 24 * time.Hour
	said := func(w *world, who string, verb rollout.Verb, off time.Duration) {
		at := time.Now().Add(off).Truncate(time.Second)
		w.git.Clock(func() time.Time { return at })
		w.ask(who, verb)
		w.git.Clock(time.Now)
	}
	for name, c := range map[string]struct {
		tell   func(w *world)
		paused string
	}{
		"a pause by a clock that is behind": {func(w *world) {
			said(w, bob, rollout.ToPause, 0)
			w.pass(time.Minute)
			said(w, bob, rollout.ToResume, 0)
			w.pass(time.Minute)
			said(w, carol, rollout.ToPause, slow)
		}, "paused by Carol"},
		"all that while nobody looked": {func(w *world) {
			said(w, bob, rollout.ToPause, 0)
			said(w, bob, rollout.ToResume, 0)
			said(w, carol, rollout.ToPause, slow)
		}, "paused by Carol"},
		"a resume after a pause by a clock that is ahead": {func(w *world) {
			said(w, bob, rollout.ToPause, fast)
			w.pass(time.Minute)
			said(w, carol, rollout.ToResume, 0)
		}, ""},
		"a pause and a resume in one second": {func(w *world) {
			said(w, bob, rollout.ToPause, 0)
			said(w, bob, rollout.ToResume, 0)
		}, ""},
	} {
		for _, anew := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, anew %t", name, anew), func(t *testing.T) {
				story(t, func(w *world) {
					w.weigh(0, 0, 100)
					w.pass(time.Minute)
					c.tell(w)
					w.pass(31 * time.Second)
					if anew {
						w.stop()
						synctest.Wait()
						w.start()
					}
					w.pass(2 * time.Hour)
					if c.paused == "" {
						w.says("v1 0 · v2 0 · v3 100", rollout.Healthy, "")
					} else {
						w.says(at10, rollout.Paused, c.paused)
					}
				})
			})
		}
	}
}

func TestEveryAllowEndsInOneOutcomeWhateverBefallsItsApply(t *testing.T) {
	for name, befall := range map[string]func(*world){
		"its answer is lost":        func(w *world) { w.kube.LoseAfter() },
		"it does not arrive":        func(w *world) { w.kube.LoseBefore() },
		"it is refused for a while": func(w *world) { w.kube.LoseBeforeOf(reviews, 4) },
		"Git wants another meanwhile": func(w *world) {
			w.kube.LoseBeforeOf(reviews, 4)
			w.pass(31 * time.Second)
			w.weigh(0, 100, 0)
		},
		"the agent dies with it": func(w *world) {
			w.kube.LoseBeforeOf(reviews, 4)
			w.pass(31 * time.Second)
			w.stop()
			synctest.Wait()
			w.weigh(0, 100, 0)
			w.start()
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				w.weigh(0, 0, 100)
				befall(w)
				w.pass(2 * time.Hour)
				require.Equal(t, rollout.Healthy, w.view().Phase, w.log)
				w.everyAllowHasItsOutcome()
			})
		})
	}
}

func (w *world) everyAllowHasItsOutcome() {
	w.t.Helper()
	w.pass(time.Minute)
	tree, err := w.git.Clone().Read(w.t.Context())
	require.NoError(w.t, err)
	for _, file := range w.decisions() {
		if strings.Contains(file, "-denied-") {
			continue
		}
		_, err := fs.Stat(tree, "outcomes"+strings.TrimPrefix(file, "decisions"))
		assert.NoError(w.t, err, "%s has no outcome\n%s", file, w.log)
	}
}

// Whoever pushes last before weir looks is not thereby the author of it all.
func TestWhoWroteTheWeightsMayNotApproveThemWhoeverPushedAfter(t *testing.T) {
	const dev, ann = "Dev <dev@example.com>", "Ann <ann@example.com>"
	for name, after := range map[string]map[string]string{
		"another's change": {"NEWS.md": "nothing to do with it\n"},
		"another's intent": {"approvals/other.yaml": "apiVersion: weir.dev/v1alpha1\nkind: Intent\nmetadata: {name: ratings, namespace: bookinfo}\nspec: {environment: production, verb: pause, id: 0123456789ab}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": planYAML("{setWeight: 10, pause: {}}, {setWeight: 50, pause: {}}, {setWeight: 100}")})
				w.pass(time.Minute)
				w.git.CommitBy(dev, map[string]string{"base/reviews.yaml": reviewsYAML("0", "0", "100")})
				w.git.CommitBy(ann, after)
				w.pass(31 * time.Second)
				w.says(at10, rollout.Paused, "waits for approval")
				w.ask(dev, rollout.ToApprove)
				w.pass(time.Minute)
				w.says(at10, rollout.Paused, "waits for approval")
				who := bob
				if name == "another's intent" {
					who = ann // she wrote nothing of it
				}
				w.ask(who, rollout.ToApprove)
				w.pass(time.Minute)
				w.says(atHalf, rollout.Paused, "step 2 of 3 waits for approval")
				w.stop()
				synctest.Wait()
				w.git.CommitBy(ann, map[string]string{"overlays/production/weightplan.yaml": planYAML("{setWeight: 10, pause: {}}, {setWeight: 50, pause: {}}, {setWeight: 90, pause: {}}, {setWeight: 100}")})
				w.start()
				w.pass(time.Minute)
				w.ask(dev, rollout.ToApprove)
				w.pass(time.Minute)
				w.says(atHalf, rollout.Paused, "step 2 of 4 waits for approval")
			})
		})
	}
}
