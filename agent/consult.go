package agent

import (
	"context"
	"sync"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// consult asks the webhooks whose answers the rollouts need now, several at once.
// What does not answer is no yes: the domain waits for it.
func (a *Agent) consult(ctx context.Context, turns []Turn, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, measuring)
	defer cancel()
	var asked sync.WaitGroup
	turn := make(chan struct{}, atOnce)
	for i := range turns {
		t := &turns[i]
		if len(t.Rollout.Plan.Webhooks) == 0 {
			continue
		}
		var calls []*rollout.Call
		for _, q := range rollout.Needs(t.Rollout, t.Facts, now) {
			if q.Call != nil {
				calls = append(calls, q.Call)
			}
		}
		t.Facts.Answers = make([]rollout.Answer, len(calls))
		for n, c := range calls {
			turn <- struct{}{}
			asked.Go(func() {
				defer func() { <-turn }()
				t.Facts.Answers[n] = a.call(ctx, *c)
			})
		}
	}
	asked.Wait()
}

// call asks one webhook.
func (a *Agent) call(ctx context.Context, c rollout.Call) rollout.Answer {
	out := rollout.Answer{Webhook: c.Name}
	if a.options.Webhooks == nil {
		out.Why = "this agent may ask no webhook"
		return out
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	yes, why, err := a.options.Webhooks.Ask(ctx, c)
	if err != nil {
		out.Why = err.Error()
		return out
	}
	out.Known, out.Yes, out.Why = true, yes, why
	return out
}
