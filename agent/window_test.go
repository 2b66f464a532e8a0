package agent_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // so that no test hangs on the zones of the machine

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// delivery is the example's weir.yaml with more at its end.
func delivery(t *testing.T, more string) string {
	t.Helper()
	return bookinfo(t)["weir.yaml"] + more
}

const (
	tenToNoon = `  windows: [{name: morning, kind: allow, schedule: "0 10 * * *", duration: 2h, timeZone: UTC}]` + "\n"
	anyTime   = "  windows: [{name: any, kind: allow, schedule: \"0 0 * * *\", duration: 23h, timeZone: UTC}]\n"
	always    = "  freezes: [{name: audit, from: 1999-01-01T00:00:00Z, to: 2001-01-01T00:00:00Z, reason: the auditors}]\n"
)

func TestAChangeIsToldWithItsWindows(t *testing.T) {
	windows := map[string]string{"weir.yaml": delivery(t, tenToNoon)}
	head := weights("50", "0", "50")
	head["weir.yaml"] = windows["weir.yaml"]
	report := checked(t, windows, head)
	require.Equal(t, policy.Allow, report.Decision, report.Problems)
	require.Len(t, report.Rollouts, 1)
	var steps, waits []string
	for _, s := range report.Rollouts[0].Steps {
		steps, waits = append(steps, s.Earliest.Format("02 15:04")), append(waits, s.Waits)
	}
	assert.Equal(t, []string{"24 10:00", "24 10:10", "24 10:20"}, steps)
	assert.Equal(t, []string{"window morning of the Delivery is closed: it opens at 2026-11-24T10:00:00Z and closes at 2026-11-24T12:00:00Z", "", ""}, waits)
}

// Whoever loosens the windows in the commit that they would hold is told what
// the agent will do: those of before hold besides.
func TestAChangeThatTakesItsWindowsAwayIsToldWithThem(t *testing.T) {
	report := checked(t, map[string]string{"weir.yaml": delivery(t, tenToNoon)}, weights("50", "0", "50"))
	require.Len(t, report.Rollouts, 1)
	assert.Contains(t, report.Rollouts[0].Steps[0].Waits, "window morning of the Delivery before this change is closed")
}

func TestAPlanThatNoWindowOfItsEnvironmentHoldsIsAProblem(t *testing.T) {
	plan := planYAML("{setWeight: 10, pause: {duration: 3h}}, {setWeight: 100}") + "  whenWindowCloses: rollback\n"
	report := checked(t, nil, map[string]string{"weir.yaml": delivery(t, tenToNoon), "overlays/production/weightplan.yaml": plan})
	require.Len(t, report.Problems, 1)
	assert.Equal(t, "WeightPlan reviews can never finish beside the windows of weir.yaml: its whenWindowCloses is rollback, and the steps take 3h (3h), which is longer than the longest opening: 2h of window morning of the Delivery", report.Problems[0].Message)
	assert.Equal(t, "overlays/production/weightplan.yaml", report.Problems[0].File)
}

func TestTheAgentWakesWhenAWindowOpens(t *testing.T) {
	story(t, func(w *world) { // it is midnight, the first of January 2000
		w.git.Commit(map[string]string{"weir.yaml": delivery(t, tenToNoon)})
		w.pass(time.Minute)
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says("v1 100 · v2 0 · v3 0", rollout.Pending, "it opens at 2000-01-01T10:00:00Z")
		w.pass(time.Until(time.Date(2000, 1, 1, 9, 59, 59, 0, time.UTC)))
		w.says("v1 100 · v2 0 · v3 0", rollout.Pending, "it opens at")
		w.pass(time.Until(time.Date(2000, 1, 1, 10, 0, 0, 0, time.UTC)))
		w.says("v1 90 · v2 0 · v3 10", rollout.Progressing, "step 1 of 4")
	})
}

// The overlay of a commit may be wrong; the freeze in it acts at once.
func TestAFreezeActsAtOnceBesideAWrongOverlay(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says("v1 90 · v2 0 · v3 10", rollout.Progressing, "")
		w.git.Commit(map[string]string{"weir.yaml": delivery(t, always), "overlays/production/weightplan.yaml": planYAML("{setWeight: 0}")})
		w.pass(15 * time.Minute)
		require.NotEmpty(t, w.told().problems)
		w.says("v1 90 · v2 0 · v3 10", rollout.Progressing, "freeze audit of the Delivery (the auditors) holds")
	})
}

// A commit does not loosen the windows that would hold it, whatever is committed
// next and whichever agent is at it: they go when they are written anew.
func TestWhatACommitLoosensHoldsItself(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"weir.yaml": delivery(t, tenToNoon)})
		w.pass(time.Minute)
		w.git.Commit(map[string]string{"weir.yaml": delivery(t, ""), "base/reviews.yaml": reviewsYAML("0", "0", "100")})
		w.pass(time.Minute)
		w.says("v1 100 · v2 0 · v3 0", rollout.Pending, "window morning of the Delivery before this change is closed")
		w.git.Commit(map[string]string{"README.md": strings.Repeat("x", 3)})
		w.pass(time.Minute)
		w.says("v1 100 · v2 0 · v3 0", rollout.Pending, "window morning of the Delivery before this change is closed")
		w.stop()
		synctest.Wait()
		w.start()
		w.pass(time.Minute)
		w.says("v1 100 · v2 0 · v3 0", rollout.Pending, "window morning of the Delivery before this change is closed")
		w.git.Commit(map[string]string{"weir.yaml": delivery(t, anyTime)})
		w.pass(time.Minute)
		w.says("v1 90 · v2 0 · v3 10", rollout.Progressing, "step 1 of 4")
	})
}

// Labels of a subset move all its traffic, and no weight.
func TestWhatACommitLoosensHoldsItsLabels(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"weir.yaml": delivery(t, tenToNoon)})
		w.pass(time.Minute)
		w.pod("reviews v1b", true)
		relabelled := strings.Replace(reviewsYAML("100", "0", "0"), "{name: v1, labels: {version: v1}}", "{name: v1, labels: {version: v1b}}", 1)
		w.git.Commit(map[string]string{"weir.yaml": delivery(t, ""), "base/reviews.yaml": relabelled})
		w.pass(time.Minute)
		w.says(atV1, rollout.Pending, "window morning of the Delivery before this change is closed")
		require.Equal(t, "v1", w.label("v1"))
		w.pass(time.Until(time.Date(2000, 1, 1, 10, 0, 1, 0, time.UTC)))
		require.Equal(t, "v1b", w.label("v1"))
	})
}

// Whoever asked for weights that still wait stays their author when somebody else
// changes what is around them.
func TestWhoAskedForWhatStillWaitsDoesNotLetItThrough(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"weir.yaml": delivery(t, tenToNoon)})
		w.pass(time.Minute)
		w.git.CommitBy(ann, map[string]string{"base/reviews.yaml": reviewsYAML("0", "0", "100")})
		w.pass(time.Minute)
		w.git.CommitBy(bob, map[string]string{"overlays/production/weightplan.yaml": planYAML("{setWeight: 10, pause: {duration: 2h}}, {setWeight: 50}, {setWeight: 100}")})
		w.pass(time.Minute)
		for range 2 {
			w.ask(ann, rollout.ToOverride)
			w.pass(time.Minute)
			w.says(atV1, rollout.Pending, "window morning of the Delivery is closed")
			w.restart()
			w.pass(time.Minute)
		}
		w.ask(carol, rollout.ToOverride)
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 3")
	})
}

// slowly is a journal whose pushes take their time.
type slowly struct {
	agent.Journal
	takes time.Duration
}

func (s slowly) Record(ctx context.Context, c agent.Commit) (string, map[string][]byte, error) {
	sha, found, err := s.Journal.Record(ctx, c)
	<-time.After(s.takes)
	return sha, found, err
}

// slow is a source of which one fetch takes its time.
type slow struct {
	agent.Source
	takes *atomic.Int64
}

func (s slow) Fetch(ctx context.Context) (agent.Revision, error) {
	<-time.After(time.Duration(s.takes.Swap(0)))
	return s.Source.Fetch(ctx)
}

func TestNoPauseRunsWhileGitKeepsTheAgentWaiting(t *testing.T) {
	story(t, func(w *world) {
		w.stop()
		synctest.Wait()
		clone := w.git.Clone()
		source := slow{clone, &atomic.Int64{}}
		w.startOn(source, clone)
		w.pass(time.Minute)
		var steps []time.Time
		w.kube.Watch(func(s agenttest.Stored) {
			if s.Kind == "VirtualService" && s.Ref == reviews {
				steps = append(steps, time.Now())
			}
		})
		w.git.Commit(map[string]string{
			"overlays/production/weightplan.yaml": planYAML("{setWeight: 10, pause: {duration: 1m}}, {setWeight: 50, pause: {duration: 1h}}, {setWeight: 100}"),
			"base/reviews.yaml":                   reviewsYAML("0", "0", "100"),
		})
		source.takes.Store(int64(40 * time.Second))
		w.pass(5 * time.Minute)
		require.Len(t, steps, 2)
		assert.GreaterOrEqual(t, steps[1].Sub(steps[0]), time.Minute)
	})
}

func TestAPermissionThatEndsWhileItIsRecordedMovesNothing(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"weir.yaml": delivery(t, tenToNoon)})
		w.pass(time.Minute)
		w.stop()
		synctest.Wait()
		clone := w.git.Clone()
		w.startOn(clone, slowly{clone, 40 * time.Second})
		w.pass(time.Until(time.Date(2000, 1, 1, 11, 59, 20, 0, time.UTC)))
		w.weigh(0, 0, 100) // it is seen within 30 s
		w.pass(2 * time.Minute)
		assert.Contains(t, w.log.String(), "its permission ended at 2000-01-01T12:00:00Z, while it was recorded")
		w.pass(20 * time.Minute)
		w.says("v1 100 · v2 0 · v3 0", rollout.Pending, "it opens at 2000-01-02T10:00:00Z")
		var ends []audit.Result
		for _, is := range w.ends() {
			ends = append(ends, is)
		}
		assert.ElementsMatch(t, []audit.Result{audit.Applied, audit.Superseded}, ends, "it was created, and held")
	})
}
