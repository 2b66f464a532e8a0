package rollout

import (
	"slices"
	"time"
)

// stuck are the reasons for which time counts against the plan's
// progressDeadlineSeconds: the rollout may go on and cannot. Waiting for people,
// for a pause, for policies or for Git does not count. It is never changed.
var stuck = []Code{SubsetUndefined, Settling, NotReady, TooFewReady, ReadinessUnread}

// timed holds a rollout in flight to its deadline. The first Hold that counts
// stores when it will be over; the first that does not takes that away again;
// and one that still counts then goes back for good.
func (s *situation) timed(m Move) Move {
	j := s.journey
	if s.r.Want != Known || s.r.Plan.ProgressDeadline == 0 || !s.moving() || m.Kind != Hold || m.Writes() || j.Phase == Degraded {
		return m
	}
	counts := slices.Contains(stuck, m.Reason.Code)
	switch {
	case m.Reason.Code.Awaited():
		return m // what the deadline counts is only when the windows are open
	case !counts && j.Deadline.IsZero():
		return m
	case !counts:
		j.Deadline = time.Time{}
	case j.Deadline.IsZero():
		if j.Deadline = s.openFor(s.r.Plan.ProgressDeadline); j.Deadline.IsZero() {
			return m
		}
	case j.Deadline.After(s.now):
		m.Again = soonest(m.Again, j.Deadline)
		return m
	default:
		j.Reason = because(DeadlineExceeded, Short(s.r.Plan.ProgressDeadline), m.Reason)
		back, _ := s.retreat(j)
		return back
	}
	store := s.act(Hold, j, func(m member) (Routes, Member, bool) {
		if !m.ours() || s.behind(m) { // it would pass for one that took the step
			return nil, Member{}, false
		}
		return m.live.Routes, m.live.State.Member, true
	})
	store.Reason, store.Again = m.Reason, soonest(m.Again, j.Deadline)
	return store
}

// soonest is the earlier of two times, of which zero is never.
func soonest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
