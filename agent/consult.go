package agent

import (
	"context"
	"sync"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// consult asks the webhooks whose answers the rollouts need now, several at once, and
// those first that may take a rollout back: gates that hang use up the time of all.
// What does not answer is no yes: the domain waits for it.
func (a *Agent) consult(ctx context.Context, turns []Turn, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, measuring)
	defer cancel()
	var first, then []func()
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
			ask := func() { t.Facts.Answers[n] = a.call(ctx, *c) }
			if c.Type == rollout.AskRollback {
				first = append(first, ask)
			} else {
				then = append(then, ask)
			}
		}
	}
	var asked sync.WaitGroup
	turn := make(chan struct{}, atOnce)
	for _, ask := range append(first, then...) {
		turn <- struct{}{}
		asked.Go(func() {
			defer func() { <-turn }()
			ask()
		})
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
	if ctx.Err() != nil {
		out.Why = "the others took all the time of this pass; it was not asked"
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
