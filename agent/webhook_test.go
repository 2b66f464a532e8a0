package agent_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/weir-delivery/weir/rollout"
)

// gates answers webhooks by their names.
type gates struct {
	mu    sync.Mutex
	says  map[string]string // yes, silent, or why not
	asked []rollout.Call
}

func (g *gates) say(name, what string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.says[name] = what
}

func (g *gates) calls() []rollout.Call {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}

func (g *gates) Ask(_ context.Context, c rollout.Call) (bool, string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, c)
	switch said := g.says[c.Name]; said {
	case "yes":
		return true, "200 OK", nil
	case "silent":
		return false, "", errors.New("no answer in time")
	default:
		return false, said, nil
	}
}

const guarded = `  webhooks:
  - {name: board, type: confirm-rollout, url: "http://gates.test/board"}
  - {name: alarm, type: rollback, url: "http://gates.test/alarm", metadata: {team: shop}}
`

// guardedStory has a plan with webhooks, and an agent that may ask them, or not.
func guardedStory(t *testing.T, g *gates, tell func(w *world)) {
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
	g := &gates{says: map[string]string{"board": "403 Forbidden", "alarm": "404 Not Found"}}
	guardedStory(t, g, func(w *world) {
		assert.Empty(t, g.calls(), "at rest nobody is asked")
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says(atV1, rollout.Paused, "webhook board (confirm-rollout) says no: 403 Forbidden")
		g.say("board", "silent")
		w.pass(31 * time.Second)
		w.says(atV1, rollout.Pending, "webhook board (confirm-rollout) does not answer: no answer in time")
		g.say("board", "yes")
		w.pass(31 * time.Second)
		w.says(at10, rollout.Progressing, "step 1 of 3")
		assert.Equal(t, rollout.Name{Environment: "production", Namespace: "bookinfo", Plan: "reviews"}, g.calls()[0].Rollout)
		g.say("alarm", "yes")
		w.pass(31 * time.Second)
		w.says(atV1, rollout.Degraded, "went back: webhook alarm asked for it: 200 OK")
		last := g.calls()[len(g.calls())-1]
		assert.Equal(t, []any{"alarm", map[string]string{"team": "shop"}}, []any{last.Name, last.Metadata})
		n := len(g.calls())
		w.pass(time.Hour)
		w.says(atV1, rollout.Degraded, "went back")
		assert.Len(t, g.calls(), n, "what went back for good asks nobody")
	})
}

func TestARetryAsksTheWebhooksAgain(t *testing.T) {
	g := &gates{says: map[string]string{"board": "yes", "alarm": "yes"}}
	guardedStory(t, g, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(2 * time.Minute)
		w.says(atV1, rollout.Degraded, "went back: webhook alarm asked for it")
		g.say("alarm", "404 Not Found")
		w.ask(bob, rollout.ToRetry)
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 3")
	})
}

func TestNobodyIsAskedWhereNoAnswerCouldDecide(t *testing.T) {
	g := &gates{says: map[string]string{"board": "403 Forbidden", "alarm": "404 Not Found"}}
	guardedStory(t, g, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.now(rollout.ToPause)
		w.pass(time.Minute)
		n := len(g.calls())
		w.pod("reviews v3", false) // which wakes it
		w.pass(time.Minute)
		assert.Len(t, g.calls(), n, "while it is paused by hand")
		w.kube.Stop("Ann: an incident")
		w.now(rollout.ToResume)
		w.pass(time.Minute)
		w.pod("reviews v3", true)
		w.pass(time.Minute)
		assert.Len(t, g.calls(), n, "while the line is stopped")
		w.kube.Stop("")
		w.pass(time.Minute)
		assert.Greater(t, len(g.calls()), n)
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
