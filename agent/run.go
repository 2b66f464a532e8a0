package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// idle is how long the loop sleeps at most with nothing due.
// patience is how long it waits for the cluster before it says so.
const (
	idle     = time.Hour
	patience = 30 * time.Second
)

// Run passes until the context ends: when something is due, when the cluster
// says that something changed, and when it is time to ask Git. It returns nil
// on a clean stop.
func (a *Agent) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
		case <-timer.C:
		case c := <-a.changes():
			a.wake(c, time.Now())
		}
		if ctx.Err() != nil {
			return nil
		}
		now := time.Now()
		turns, next := a.Step(ctx, now)
		if a.synced {
			a.observe(now, time.Since(now), turns)
		}
		timer.Reset(max(time.Until(next), 0))
	}
}

// Step is what Run does each time it wakes: it takes in what the cluster said
// meanwhile, and passes. It returns what the pass did, and when to step again
// if the cluster says nothing until then. Before the cluster's caches are
// filled there is no pass.
func (a *Agent) Step(ctx context.Context, now time.Time) (turns []Turn, next time.Time) {
	if !a.synced {
		err := a.filled(ctx)
		if ctx.Err() != nil {
			return nil, now
		}
		a.complain("the cluster does not answer; nothing moves", err)
		if err != nil {
			a.waits++
			return nil, now.Add(backoff(a.waits))
		}
	}
	a.drain(now)
	turns = a.Pass(ctx, now, a.due.take(now))
	return turns, now.Add(a.sleep(now))
}

// clock is the time now, for what must not be late.
func (a *Agent) clock() time.Time {
	if a.options.Clock != nil {
		return a.options.Clock()
	}
	return time.Now()
}

// changes is what the cluster says, once its caches are filled.
func (a *Agent) changes() <-chan Change {
	if !a.synced {
		return nil
	}
	return a.cluster.Changed()
}

// Once passes until nothing is left to do now, and returns an error if Git or
// the cluster did not answer or a rollout failed.
func (a *Agent) Once(ctx context.Context) error {
	if err := a.filled(ctx); err != nil {
		return fmt.Errorf("waiting for the cluster: %w", err)
	}
	var errs []error
	for ctx.Err() == nil {
		now := time.Now()
		turns, _ := a.Step(ctx, now)
		a.observe(now, time.Since(now), turns)
		errs = errs[:0]
		for _, t := range turns {
			errs = append(errs, t.Err)
		}
		errs = append(errs, a.sourceErr, a.journalErr, a.Problems().Err())
		if next, ok := a.due.next(); !ok || next.After(a.clock()) {
			break
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}

// filled waits a while for the caches of the cluster.
func (a *Agent) filled(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := a.cluster.Synced(ctx)
	a.synced = err == nil
	return err
}

// sleep is how long nothing needs the agent.
func (a *Agent) sleep(now time.Time) time.Duration {
	wait := min(idle, a.fetchAt.Sub(now))
	if next, ok := a.due.next(); ok {
		wait = min(wait, next.Sub(now))
	}
	return max(wait, 0)
}

// drain takes the changes that are waiting already, so that many make one pass.
func (a *Agent) drain(now time.Time) {
	for {
		select {
		case c := <-a.cluster.Changed():
			a.wake(c, now)
		default:
			return
		}
	}
}

// wake makes the rollouts due that a change may concern.
func (a *Agent) wake(c Change, now time.Time) {
	known := false
	for _, r := range a.rollouts {
		if c == (Change{}) {
			a.due.soon(r.Name, now)
		}
		if r.Name.Namespace != c.Ref.Namespace {
			continue
		}
		if _, ok := r.Target(c.Ref); ok || c.Ref.Name == "" {
			known = true
			a.due.soon(r.Name, now)
		}
	}
	if live, ok := a.cluster.Live(c.Ref); ok && !known && live.State != nil {
		a.due.soon(rollout.Name{}, now) // one of ours, perhaps, that nobody names
	}
}

func (a *Agent) observe(now time.Time, took time.Duration, turns []Turn) {
	a.observer.Passed(now, took, turns, a.Views(), a.Problems(), errors.Join(a.sourceErr, a.journalErr))
}

// context is for the log, which no deadline should stop.
func (a *Agent) context() context.Context { return context.Background() }
