package rollout

import (
	"iter"
	"time"
)

// Timeline folds Next over virtual time: the moves from one time until
// another, each at its time. Holds that change nothing are in it, once for
// each reason. It is the same code that the agent runs, stopped before the
// writes: check, simulate and every "next" are this.
//
// facts is asked with nil for the live side to begin with, then with the live
// side as the moves made it. judge is asked about every move that needs a
// Decision.
func Timeline(r *Rollout, facts func(time.Time, []Live) Facts, judge func(*Rollout, Facts, Move, time.Time) Verdict, from, until time.Time) iter.Seq2[time.Time, Move] {
	return func(yield func(time.Time, Move) bool) {
		f := facts(from, nil)
		for now := from; !now.After(until); {
			m := Next(r, f, now)
			if m.Kind.Traits().Decided {
				m = m.Under(judge(r, f, m, now))
			}
			if !yield(now, m) {
				return
			}
			if m.Writes() { // its effect wakes the agent at once
				f = facts(now, m.On(f.Live))
				continue
			}
			if !m.Again.After(now) { // nothing but a change of the facts goes on from here
				return
			}
			now = m.Again
			f = facts(now, f.Live)
		}
	}
}
