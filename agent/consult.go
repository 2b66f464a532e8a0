package agent

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// consult asks the webhooks whose answers the rollouts need now, several at once.
// Those that hang use up the time of all, so no pass begins where the one before did:
// what may take a rollout back and what lets one go on are asked by turns, each kind
// round a circle of its own. The first half of what is asked at once is sure to be
// asked, with all the time there is: of n webhooks of a kind that are wanted, each is
// asked within n/4 passes, rounded up, whatever hangs.
// What does not answer is no yes: the domain waits for it.
func (a *Agent) consult(ctx context.Context, turns []Turn, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, measuring)
	defer cancel()
	var alarms, gates []consultation
	for i := range turns {
		for _, c := range consultations(&turns[i], now) {
			if c.call.Type == rollout.AskRollback {
				alarms = append(alarms, c)
			} else {
				gates = append(gates, c)
			}
		}
	}
	var asked sync.WaitGroup
	turn := make(chan struct{}, atOnce)
	for _, c := range alternate(a.alarms.order(alarms), a.gates.order(gates)) {
		turn <- struct{}{}
		asked.Go(func() {
			defer func() { <-turn }()
			*c.answer = a.call(ctx, c.call)
		})
	}
	asked.Wait()
}

// consultation is a webhook to ask, and where its answer goes.
type consultation struct {
	call   rollout.Call
	answer *rollout.Answer
}

// consultations are those that the turn needs now.
func consultations(t *Turn, now time.Time) []consultation {
	if len(t.Rollout.Plan.Webhooks) == 0 {
		return nil
	}
	var out []consultation
	for _, q := range rollout.Needs(t.Rollout, t.Facts, now) {
		if q.Call != nil {
			out = append(out, consultation{call: *q.Call})
		}
	}
	t.Facts.Answers = make([]rollout.Answer, len(out))
	for n := range out {
		out[n].answer = &t.Facts.Answers[n]
	}
	return out
}

// circle goes round the webhooks of one kind, in the order of their names, and
// remembers the last of those that were sure to be asked.
type circle struct{ last rollout.Call }

// order begins after those that were sure to be asked last time.
func (c *circle) order(all []consultation) []consultation {
	if len(all) == 0 {
		return nil
	}
	along := func(x, y rollout.Call) int {
		return cmp.Or(x.Rollout.Compare(y.Rollout), cmp.Compare(x.Name, y.Name))
	}
	slices.SortFunc(all, func(x, y consultation) int { return along(x.call, y.call) })
	next := max(0, slices.IndexFunc(all, func(x consultation) bool { return along(x.call, c.last) > 0 }))
	all = slices.Concat(all[next:], all[:next])
	c.last = all[min(atOnce/2, len(all))-1].call
	return all
}

// alternate takes from both by turns, and then what is left of one.
func alternate(a, b []consultation) []consultation {
	var out []consultation
	for i := range max(len(a), len(b)) {
		if i < len(a) {
			out = append(out, a[i])
		}
		if i < len(b) {
			out = append(out, b[i])
		}
	}
	return out
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
