package rollout

import (
	"slices"
	"time"
)

// Rollback has the weights go back in steps, where stable was scaled down and has
// to grow again. A plan without one goes back in one move.
type Rollback struct {
	// StepWeight is how much of a route's traffic goes back in one move, in
	// percent: 1 to 99.
	StepWeight int `json:"stepWeight"`
	// Interval is how long the next one waits, more than 0.
	Interval time.Duration `json:"interval"`
}

// Most is how long the way back takes at most: from all of the traffic to none of
// it, with an interval after each step but the last.
func (b Rollback) Most() time.Duration {
	return time.Duration((100-1)/b.StepWeight) * b.Interval
}

// toward is the split one step on the way from live to the goal.
func (b Rollback) toward(live, goal Split, total int) Split {
	order := union(goal, live)
	from, to := spread(live, order, total), spread(goal, order, total)
	most := b.StepWeight * total / 100
	for i := range order {
		if to[i] > from[i] { // what gains
			most += from[i]
		}
	}
	next := toward(live, live, goal, most, total)
	for i, d := range order {
		if next.Of(d) != to[i] {
			return next
		}
	}
	return goal // to the unit: what is left of the way are shares that whole numbers cannot say
}

// pace is in what steps the member goes back, nil for in one move: as the plan has
// it, or, where Git is not known, as it began. Who edits that by hand into what no
// plan may say gets one move.
func (s *situation) pace(m member) *Rollback {
	if b := s.r.Plan.Rollback; b != nil || s.r.Want != Unknown || !m.ours() {
		return b
	}
	b := m.live.State.Member.Rollback
	if b == nil || b.StepWeight < 1 || b.StepWeight > 99 || b.Interval <= 0 {
		return nil
	}
	return b
}

// homeward is how far the member goes back now: all of the way that takes traffic,
// or one step of it, where the plan's rollback says so, and rests there.
func (s *situation) homeward(m member, goal Routes) (to Routes, rests bool) {
	to = s.reachable(m, goal)
	b := s.pace(m)
	if b == nil || s.hurries(m, goal) {
		return to, false
	}
	to = slices.Clone(to)
	for i, r := range to {
		if live := m.liveOf(r); !r.Fixed && !live.Equal(r.Split) {
			to[i].Split = b.toward(live, r.Split, s.total())
			rests = rests || !to[i].Split.Equal(r.Split)
		}
	}
	return to, rests
}

// rests is until when the member stays where its way back has brought it; zero
// where it goes on now. A time in the future, from a clock that was wrong, delays
// nothing.
func (s *situation) rests(m member, goal Routes) time.Time {
	b, last := s.pace(m), m.live.State.Member.Returned
	if b == nil || last.IsZero() || last.After(s.now) || !last.Add(b.Interval).After(s.now) || s.hurries(m, goal) {
		return time.Time{}
	}
	return last.Add(b.Interval)
}

// returning is the Hold between two steps of the way back, of the journey that
// goes back.
func (s *situation) returning(why Reason, again time.Time) Move {
	j := s.journey
	if j.Reason = why; j.Phase != Degraded {
		j.Phase = why.Code.Phase()
	}
	return Move{Kind: Hold, Journey: j, Reason: why, Again: again}
}

// hurries tells whether the member goes back in one move all the same: somebody
// asked for that, or what it leaves is undefined or has no endpoint that is ready.
func (s *situation) hurries(m member, goal Routes) bool {
	for _, id := range []ID{s.journey.ID, m.live.State.Journey.ID, s.id} {
		if slices.ContainsFunc(s.asked(ToAbort, id), func(i Intent) bool { return i.Full }) {
			return true
		}
	}
	return slices.ContainsFunc(goal.Moving(), func(r Route) bool {
		return slices.ContainsFunc(Rising(r.Split, m.liveOf(r)), s.dead)
	})
}

// dead tells whether the destination answers nobody, as far as is known.
func (s *situation) dead(d Destination) bool {
	ready, ok := s.f.Ready[d]
	return ok && (!ready.Defined || ready.Known && ready.Ready == 0)
}
