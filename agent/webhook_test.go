package agent_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/rollout"
)

// told is gates of which some were told what to say.
func told(says map[string]int) *agenttest.Gates {
	g := agenttest.NewGates()
	for name, status := range says {
		g.Say(name, status, "")
	}
	return g
}

const guarded = `  webhooks:
  - {name: board, type: confirm-rollout, url: "http://gates.test/board"}
  - {name: alarm, type: rollback, url: "http://gates.test/alarm", metadata: {team: shop}}
`

// guardedStory has a plan with webhooks, and an agent that may ask them, or not.
func guardedStory(t *testing.T, g *agenttest.Gates, tell func(w *world)) {
	t.Helper()
	story(t, func(w *world) {
		w.stop()
		synctest.Wait()
		if g != nil {
			w.webhooks = g
		}
		w.start()
		w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": planYAML("{setWeight: 10, pause: {duration: 10m}}, {setWeight: 50, pause: {duration: 10m}}, {setWeight: 100}") + guarded})
		w.pass(time.Minute)
		tell(w)
	})
}

func TestAWebhookOpensARolloutAndAnotherSendsItBack(t *testing.T) {
	g := told(map[string]int{"board": http.StatusForbidden})
	guardedStory(t, g, func(w *world) {
		assert.Empty(t, g.Asked(), "at rest nobody is asked")
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says(atV1, rollout.Paused, "webhook board (confirm-rollout) says no: 403 Forbidden")
		g.Say("board", 0, "")
		w.pass(30*time.Second + rollout.DefaultWebhookTimeout + time.Second)
		w.says(atV1, rollout.Pending, "webhook board (confirm-rollout) does not answer: no answer in time")
		g.Say("board", http.StatusOK, "")
		w.pass(31 * time.Second)
		w.says(at10, rollout.Progressing, "step 1 of 3")
		assert.Equal(t, rollout.Name{Environment: "production", Namespace: "bookinfo", Plan: "reviews"}, g.Asked()[0].Rollout)
		g.Say("alarm", http.StatusOK, "")
		w.pass(31 * time.Second)
		w.says(atV1, rollout.Degraded, "went back: webhook alarm asked for it: 200 OK")
		last := g.Asked()[len(g.Asked())-1]
		assert.Equal(t, []any{"alarm", map[string]string{"team": "shop"}}, []any{last.Name, last.Metadata})
		n := len(g.Asked())
		w.pass(time.Hour)
		w.says(atV1, rollout.Degraded, "went back")
		assert.Len(t, g.Asked(), n, "what went back for good asks nobody")
	})
}

func TestARetryAsksTheWebhooksAgain(t *testing.T) {
	g := told(map[string]int{"board": http.StatusOK, "alarm": http.StatusOK})
	guardedStory(t, g, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(2 * time.Minute)
		w.says(atV1, rollout.Degraded, "went back: webhook alarm asked for it")
		g.Say("alarm", http.StatusNotFound, "")
		w.ask(bob, rollout.ToRetry)
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 3")
	})
}

func TestNobodyIsAskedWhereNoAnswerCouldDecide(t *testing.T) {
	g := told(map[string]int{"board": http.StatusForbidden})
	guardedStory(t, g, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.now(rollout.ToPause)
		w.pass(time.Minute)
		n := len(g.Asked())
		w.pod("reviews v3", false) // which wakes it
		w.pass(time.Minute)
		assert.Len(t, g.Asked(), n, "while it is paused by hand")
		w.kube.Stop("Ann: an incident")
		w.now(rollout.ToResume)
		w.pass(time.Minute)
		w.pod("reviews v3", true)
		w.pass(time.Minute)
		assert.Len(t, g.Asked(), n, "while the line is stopped")
		w.kube.Stop("")
		w.pass(time.Minute)
		assert.Greater(t, len(g.Asked()), n)
	})
}

func TestWithoutWebhooksAllowedWhatTheyGuardDoesNotMove(t *testing.T) {
	guardedStory(t, nil, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says(atV1, rollout.Pending, "webhook board (confirm-rollout) does not answer: this agent may ask no webhook")
		w.weigh(100, 0, 0)
		w.pass(time.Minute)
		w.says(atV1, rollout.Healthy, "")
	})
}

func TestACheckTakesWebhooksForOpen(t *testing.T) {
	head := weights("0", "0", "100")
	head["overlays/production/weightplan.yaml"] = planYAML("{setWeight: 10}, {setWeight: 50}, {setWeight: 100}") + guarded
	report := checked(t, nil, head)
	assert.Len(t, report.Rollouts[0].Steps, 3, strings.TrimSpace(report.Rollouts[0].Reason.Sentence))
}

// Gates that hang use up the time that a pass has for all: what may take a rollout back
// does not wait for its turn behind them.
func TestAnAlarmIsAskedBeforeGatesThatHang(t *testing.T) {
	gates, g := "  webhooks:\n", agenttest.NewGates()
	for i := range 9 {
		name := fmt.Sprintf("slow-%d", i)
		gates += fmt.Sprintf("  - {name: %s, type: confirm-traffic-increase, url: \"http://gates.test/%s\", timeout: 10s}\n", name, name)
		g.Say(name, http.StatusOK, "")
	}
	gates += "  - {name: alarm, type: rollback, url: \"http://gates.test/alarm\"}\n"
	guardedStory(t, g, func(w *world) {
		w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": planYAML("{setWeight: 10, pause: {duration: 10m}}, {setWeight: 50, pause: {duration: 10m}}, {setWeight: 100}") + gates})
		w.weigh(0, 0, 100)
		w.pass(9 * time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 3")
		for i := range 9 {
			g.Say(fmt.Sprintf("slow-%d", i), 0, "")
		}
		w.pass(2 * time.Minute)
		before := len(g.Asked())
		for len(g.Asked()) == before { // until the next pass
			w.pass(time.Second)
		}
		assert.Contains(t, names(g.Asked()[before:]), "alarm", "it is among those that are asked at once")
	})
}

// Nine alarms that hang take all the time of a pass, in which eight are asked at once:
// those behind them have their turn in a later one, be they alarms or gates.
func TestWhatHangsStarvesNobodyBehindIt(t *testing.T) {
	hanging := "  webhooks:\n"
	for i := range 9 {
		hanging += fmt.Sprintf("  - {name: hangs-%d, type: rollback, url: \"http://gates.test/hangs-%d\", timeout: 10s}\n", i, i)
	}
	for _, kind := range []rollout.WebhookType{rollout.ConfirmTrafficIncrease, rollout.AskRollback} {
		g := told(map[string]int{"last": http.StatusOK})
		for i := range 9 {
			g.Say(fmt.Sprintf("hangs-%d", i), 0, "")
		}
		guardedStory(t, g, func(w *world) {
			w.stop()
			synctest.Wait()
			w.webhooks = reluctant{g}
			w.start()
			plan := planYAML("{setWeight: 10, pause: {duration: 1m}}, {setWeight: 50, pause: {duration: 1h}}, {setWeight: 100}") + hanging
			w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": plan + fmt.Sprintf("  - {name: last, type: %s, url: \"http://gates.test/last\"}\n", kind)})
			w.weigh(0, 0, 100)
			w.pass(6 * time.Minute)
			if kind == rollout.AskRollback {
				w.says(atV1, rollout.Degraded, "went back: webhook last asked for it: 200 OK")
			} else {
				w.says("v1 50 · v2 0 · v3 50", rollout.Progressing, "step 2 of 3")
			}
		})
	}
}

// reluctant is gates that take a moment more than they have, as the last of their time does
// not end all of them at once.
type reluctant struct{ *agenttest.Gates }

func (r reluctant) Ask(ctx context.Context, c rollout.Call) (yes bool, why string, err error) {
	yes, why, err = r.Gates.Ask(ctx, c)
	if err != nil {
		<-time.After(time.Millisecond)
	}
	return yes, why, err
}

func names(calls []rollout.Call) (out []string) {
	for _, c := range calls {
		out = append(out, c.Name)
	}
	return out
}
