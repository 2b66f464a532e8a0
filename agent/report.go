package agent

import (
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// How soon a rollout is looked at again when nothing else wakes it.
const (
	afterDenial = 5 * time.Minute
	firstRetry  = time.Second
	lastRetry   = time.Minute
)

// report tells what the pass did, to the log, the events, the metrics and the
// status branch's next commit, and says when each rollout is due again.
func (a *Agent) report(turns []Turn, now time.Time) {
	for i := range turns {
		t := &turns[i]
		was := a.status[t.Rollout.Name]
		is := a.statusOf(t)
		if !is.same(was) {
			a.status[t.Rollout.Name], a.news = is.sealed(), true
		}
		if !is.Rollout.same(was.Rollout) {
			a.tell(t, is.Rollout)
		}
		a.schedule(t, now)
	}
	a.complain("the repository cannot be read; the last good state stays", a.sourceErr)
	a.complain("the status branch cannot be written; what goes forward waits", a.journalErr)
}

// complain says an error once, until it is over or another.
func (a *Agent) complain(what string, err error) {
	switch {
	case err == nil:
		delete(a.troubled, what)
	case a.troubled[what] != err.Error():
		a.troubled[what] = err.Error()
		a.log.Error(what, "error", err)
	}
}

// schedule says when the rollout is due again.
func (a *Agent) schedule(t *Turn, now time.Time) {
	name := t.Rollout.Name
	switch {
	case t.Err != nil && t.Move.Kind.Traits().Posted: // going back waits for nothing that failed before it
		a.returns[name]++
		a.due.set(name, now.Add(backoff(a.returns[name])))
	case errors.Is(t.Err, ErrConflict) || errors.Is(t.Err, ErrSuperseded):
		a.tries[name]++
		a.due.set(name, now.Add(backoff(a.tries[name])/4))
	case t.Err != nil:
		a.tries[name]++
		a.due.set(name, now.Add(backoff(a.tries[name])))
	case t.Done || a.owed(name):
		if a.journalErr == nil {
			a.due.set(name, now) // its outcome and its status are to be recorded
			return
		}
		a.tries[name]++
		a.due.set(name, now.Add(backoff(a.tries[name])))
	default:
		delete(a.tries, name)
		delete(a.returns, name)
		a.due.set(name, again(t.Move, now))
		if len(a.unapplied) > 0 {
			a.due.soon(name, now.Add(lastRetry))
		}
		if end := a.awaited(name, now); !end.IsZero() {
			a.due.soon(name, end)
		}
		if t.uncertain {
			a.due.soon(name, now.Add(lastRetry))
		}
		if len(a.doubts) > 0 && a.sourceErr == nil && a.current(rollout.Ref{}) {
			a.due.soon(name, now) // Git is looked at first
		} else if len(a.doubts) > 0 {
			a.due.soon(name, now.Add(lastRetry))
		}
	}
	if at := again(t.Move, now); !at.IsZero() { // whatever else is tried again later
		a.due.soon(name, at)
	}
}

// owed tells whether the status branch still lacks something of the rollout.
func (a *Agent) owed(name rollout.Name) bool {
	s := a.status[name]
	return len(a.outcomes) > 0 || a.unsettled(name) || a.journalErr != nil && a.opened(name) || a.written[s.path()] != s.digest
}

// again is when the move wants to be looked at. A refusal without a time of its
// own is proposed again after a while.
func again(m rollout.Move, now time.Time) time.Time {
	refused := m.Reason.Code == rollout.Denied || m.Reason.Code == rollout.Unchecked
	if m.Again.IsZero() && refused {
		return now.Add(afterDenial)
	}
	return m.Again
}

// backoff is how long to wait before the n-th try, from one second to a minute.
func backoff(n int) time.Duration {
	return min(lastRetry, firstRetry<<min(n-1, 10))
}

// tell says one thing about a rollout to people: one line, one event.
func (a *Agent) tell(t *Turn, v View) {
	level := slog.LevelInfo
	if v.Phase == rollout.Degraded || t.Err != nil || len(t.Decision.Findings) > 0 {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("rollout", t.Rollout.Name.String()), slog.String("id", string(v.ID)), slog.String("move", string(t.Move.Kind)),
		slog.String("phase", string(v.Phase)), slog.Int("step", v.Step), slog.Int("steps", v.Steps),
		slog.String("weights", a.weights(t)), slog.String("revision", v.Revision),
	}
	if t.Err != nil {
		attrs = append(attrs, slog.String("error", t.Err.Error()))
	}
	a.log.LogAttrs(a.context(), level, v.Reason.Sentence, attrs...)
	if !t.Done && level == slog.LevelInfo {
		return
	}
	for _, target := range t.Rollout.Targets {
		if l, ok := t.Facts.LiveOf(target.Ref); ok {
			a.cluster.Tell(l.Ref, l.UID, v.Reason.Code, level == slog.LevelWarn, v.Reason.Sentence)
		}
	}
}

// weights is the live split after the turn.
func (a *Agent) weights(t *Turn) string {
	live := t.Facts.Live
	if t.Done {
		live = t.Move.On(live)
	}
	if len(live) == 0 {
		return "none"
	}
	return live[0].Routes.String()
}

// Problems is everything wrong now: what could not be accepted, and what the
// cluster did not take.
func (a *Agent) Problems() rollout.Problems {
	out := slices.Concat(a.problems, a.ruling.problems, a.judgesProblems, a.intents.problems)
	for _, p := range a.unapplied {
		out = append(out, p)
	}
	return out.Sorted()
}

// Views is every rollout of the agent, by name.
func (a *Agent) Views() []View {
	out := make([]View, 0, len(a.status))
	for _, s := range a.status {
		out = append(out, s.Rollout)
	}
	slices.SortFunc(out, func(x, y View) int {
		return rollout.Name{Environment: x.Environment, Namespace: x.Namespace, Plan: x.Name}.Compare(
			rollout.Name{Environment: y.Environment, Namespace: y.Namespace, Plan: y.Name})
	})
	return out
}
