package agent_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// gatedPlan has two steps and an analysis.
var gatedPlan = planYAML("{setWeight: 10, pause: {duration: 5m}}, {setWeight: 50}") +
	"  settleSeconds: 0\n  analysis: {interval: 1m, failureLimit: 1, metrics: [{name: success-rate, thresholdRange: {min: 99}}]}\n"

// gated is a story whose plan has an analysis, in a world that has Prometheus.
func gated(t *testing.T, tell func(w *world)) {
	t.Helper()
	story(t, func(w *world) {
		w.metrics = agenttest.NewMetrics()
		w.restart()
		w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": gatedPlan})
		w.pass(time.Minute)
		tell(w)
	})
}

// restart throws the agent away and starts another one.
func (w *world) restart() {
	w.stop()
	synctest.Wait()
	w.start()
	w.pass(time.Minute)
}

// serves has v3 fail so many of its hundred requests a second, from now on for a while.
func (w *world) serves(failed int, d time.Duration) {
	w.metrics.Serve(agenttest.Traffic{
		Namespace: "bookinfo", Service: "reviews", Version: "v3", From: time.Now(), To: time.Now().Add(d), Requests: 100, Failed: failed, Millis: 20,
	})
}

func TestAGoodCanaryPassesItsAnalysis(t *testing.T) {
	gated(t, func(w *world) {
		w.serves(0, time.Hour)
		w.weigh(0, 0, 100)
		w.pass(31 * time.Second)
		w.says(at10, rollout.Progressing, "step 1 of 2, for 5m")
		w.pass(5*time.Minute + rollout.Lag)
		w.says(atHalf, rollout.Progressing, "step 2 of 2 waits for its analysis")
		w.pass(time.Minute + rollout.Lag)
		w.says(atV3, rollout.Progressing, "the target waits for its analysis")
		w.pass(time.Minute + rollout.Lag)
		w.says(atV3, rollout.Healthy, "as Git has it")
		asked := len(w.metrics.Asked())
		w.pass(time.Hour)
		assert.Len(t, w.metrics.Asked(), asked, "a rollout at rest asks nothing")
		var moves []audit.Entry
		for _, e := range w.entries() {
			if len(e.Samples) > 0 {
				moves = append(moves, e)
			}
		}
		require.Len(t, moves, 2, "the record holds what the step rests on")
		assert.Equal(t, 1, moves[0].Step)
		assert.EqualValues(t, 100, moves[0].Samples[0].Value)
	})
}

func TestABadCanaryGoesBackInTheFirstPassAfterTheFailingSample(t *testing.T) {
	gated(t, func(w *world) {
		w.serves(0, 2*time.Minute)
		w.weigh(0, 0, 100)
		w.pass(31 * time.Second)
		w.says(at10, rollout.Progressing, "step 1 of 2")
		began := w.began()
		w.pass(3 * time.Minute) // of which the second and the third fail
		w.serves(5, time.Hour)
		<-time.After(time.Until(began.Add(5*time.Minute + rollout.Lag)))
		synctest.Wait()
		w.says(atV1, rollout.Degraded, "went back: success-rate of v3 was 95 at "+began.Add(5*time.Minute).Truncate(time.Millisecond).Format(time.RFC3339))
		w.pass(3 * time.Hour)
		w.says(atV1, rollout.Degraded, "went back: success-rate of v3 was 95")
		last := w.entries()[len(w.entries())-1]
		require.Equal(t, rollout.Back, last.Operation)
		assert.Len(t, last.Samples, 2, "the failures")
	})
}

func TestAnotherAgentJudgesTheSameHistory(t *testing.T) {
	gated(t, func(w *world) {
		w.serves(5, time.Minute+40*time.Second) // one failure, which is allowed
		w.weigh(0, 0, 100)
		w.pass(2 * time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 2")
		w.restart()
		w.serves(5, time.Minute)
		w.pass(2 * time.Minute)
		w.says(atV1, rollout.Degraded, "(failure 2, and 1 are allowed)")
	})
}

func TestPrometheusAwayNeverRaisesAndNeverGoesBack(t *testing.T) {
	gated(t, func(w *world) {
		w.serves(0, 10*time.Hour)
		w.weigh(0, 0, 100)
		w.pass(31 * time.Second)
		w.metrics.Fail(errors.New("connection refused"))
		w.pass(6 * time.Minute)
		w.says(at10, rollout.Paused, "no success-rate of v3")
		assert.Contains(t, w.view().Unmeasured, "no samples of success-rate: connection refused")
		w.pass(5 * time.Hour)
		w.says(at10, rollout.Paused, "connection refused")
		assert.Equal(t, 1, strings.Count(w.log.String(), "the metrics of production/bookinfo/reviews do not answer"), "it is said once")
		w.metrics.Fail(nil)
		w.pass(3 * time.Minute)
		w.says(atV3, rollout.Healthy, "as Git has it")
		assert.Empty(t, w.view().Unmeasured)
	})
}

func TestAPlanThatIsGatedDoesNotBeginWithoutPrometheus(t *testing.T) {
	gated(t, func(w *world) {
		w.metrics = nil
		w.restart()
		w.weigh(0, 0, 100)
		w.pass(time.Hour)
		w.says(atV1, rollout.Pending, "no metric can be asked for: this agent knows no Prometheus")
	})
}

func TestMetricsThatHangHoldNoOther(t *testing.T) {
	gated(t, func(w *world) {
		w.serves(0, time.Hour)
		w.weigh(0, 0, 100)
		w.pass(31 * time.Second)
		w.metrics.Hang(true)
		w.pass(10 * time.Minute)
		require.Equal(t, at10, w.live(reviews))
		w.weigh(100, 0, 0)
		w.pass(time.Minute)
		w.says(atV1, rollout.Healthy, "back at stable")
	})
}

func TestABuiltInMetricOfWhatHasNoneIsRefused(t *testing.T) {
	gated(t, func(w *world) {
		tcp := strings.Replace(reviewsYAML("100", "0", "0"), "  http:\n  - name: primary\n", "  tcp:\n  - match: [{port: 9080}]\n", 1)
		w.git.Commit(map[string]string{"base/reviews.yaml": tcp, "overlays/production/weightplan.yaml": strings.Replace(gatedPlan, ", routes: [primary]", "", 1)})
		w.pass(time.Minute)
		assert.Contains(t, w.told().problems.Error(), "weightplan.yaml:1: WeightPlan reviews measures success-rate, which is of HTTP and gRPC alone, and VirtualService bookinfo/reviews has routes of tcp")
		w.git.Commit(map[string]string{"base/reviews.yaml": strings.Replace(reviewsYAML("100", "0", "0"), "labels: {version: v3}", "labels: {track: canary}", 1), "overlays/production/weightplan.yaml": gatedPlan})
		w.pass(time.Minute)
		assert.Contains(t, w.told().problems.Error(), "measures success-rate of subset v3 of host reviews.bookinfo.svc.cluster.local, whose labels name no version")
	})
}

// Beside routes of HTTP, one of TCP that the plan moves would move unmeasured, and
// where it is the only one to move, nothing would be measured at all.
func TestABuiltInMetricIsRefusedWhereARouteOfTCPMovesBesideHTTP(t *testing.T) {
	gated(t, func(w *world) {
		both := strings.Replace(reviewsYAML("100", "0", "0"), "---\n", `  tcp:
  - match: [{port: 9080}]
    route:
    - {destination: {host: reviews, subset: v1}, weight: 100}
    - {destination: {host: reviews, subset: v3}, weight: 0}
---
`, 1)
		plan := "overlays/production/weightplan.yaml"
		w.git.Commit(map[string]string{"base/reviews.yaml": both, plan: strings.Replace(gatedPlan, ", routes: [primary]", "", 1)})
		w.pass(time.Minute)
		assert.Contains(t, w.told().problems.Error(), "weightplan.yaml:1: WeightPlan reviews measures success-rate, which is of HTTP and gRPC alone, and VirtualService bookinfo/reviews has routes of tcp that the plan moves: tcp[0]")
		w.git.Commit(map[string]string{plan: gatedPlan})
		w.pass(time.Minute)
		assert.Empty(t, w.told().problems, "the plan moves the route of HTTP alone")
		lone := strings.Replace(both, "    - {destination: {host: reviews, subset: v3}, weight: 0}\n---", "---", 1)
		w.git.Commit(map[string]string{"base/reviews.yaml": lone, plan: strings.Replace(gatedPlan, ", routes: [primary]", "", 1)})
		w.pass(time.Minute)
		assert.Empty(t, w.told().problems, "what goes to one destination stays there")
	})
}

// began is when the current step began.
func (w *world) began() time.Time {
	w.t.Helper()
	o, ok := w.kube.Cache().Live(reviews)
	require.True(w.t, ok)
	return o.State.Journey.Since
}

// entries are the decisions on the status branch, in order.
func (w *world) entries() []audit.Entry {
	w.t.Helper()
	var out []audit.Entry
	for _, file := range w.decisions() {
		text, _ := w.git.StatusFile(file)
		var e audit.Entry
		require.NoError(w.t, json.Unmarshal([]byte(text), &e))
		out = append(out, e)
	}
	return out
}
