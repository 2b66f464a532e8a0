package rollout

import (
	"slices"
	"time"
)

// These rules move weights, or say why not yet.

// fightWindow and fightLimit say when a manager that keeps writing is a fight.
const (
	fightWindow = 10 * time.Minute
	fightLimit  = 3
)

// back goes to stable in one move. It asks no window, no pause, no policy and
// no sibling; only a stable without any ready endpoint, while the live split
// has some, makes it wait.
func back(s *situation) (Move, bool) {
	if s.r.Want != Known || !s.all(member.ours) {
		return Move{}, false
	}
	goals := map[Ref]Routes{}
	for _, m := range s.members {
		if goal, ok := s.goal(m); ok {
			goals[m.target.Ref] = goal
		}
	}
	if len(goals) == 0 {
		return Move{}, false
	}
	for _, m := range s.members {
		if goal, ok := goals[m.target.Ref]; ok && s.starves(m, goal) {
			return s.hold(time.Time{}, StableNotReady, goal)
		}
	}
	j := s.journey
	j.Seq, j.Step, j.Since, j.Phase = s.after(j), len(s.r.Plan.Steps), s.now, Healthy
	j.Reason = because(RolledBack, goals[s.members[0].target.Ref], s.cause())
	return s.act(Back, j, func(m member) (Routes, Member, bool) {
		goal, ok := goals[m.target.Ref]
		memory := m.live.State.Member
		if !m.target.Routes.Equal(m.stable()) { // the stable before this one
			memory.Stable, memory.Previous = goal.Moving(), nil
		}
		memory.Applied = nil
		if m.live.Editor != "" {
			memory.Corrected = append(s.lately(m), s.now)
		}
		return m.live.Routes.With(goal), memory, ok
	}), true
}

// goal is where the member has to go back to: Git equals stable, or within the
// plan's rollbackWindow after completion the stable before it, and the live
// weights do not.
func (s *situation) goal(m member) (Routes, bool) {
	stable, live := m.stable(), m.target.Routes.With(m.live.Routes)
	if m.target.Routes.Equal(stable) {
		atRest := m.live.State.Member.Applied == nil // in flight, going back waits for nobody
		return stable, !live.Equal(stable) && !(atRest && (s.resting(m) || s.fighting(m)))
	}
	previous := m.as(m.live.State.Member.Previous)
	recent := s.now.Sub(m.live.State.Member.Completed) <= s.r.Plan.RollbackWindow
	if recent && s.journey.Phase == Healthy && m.live.State.Member.Previous != nil && m.target.Routes.Equal(previous) {
		return previous, true
	}
	return nil, false
}

// starves tells whether the goal has no ready endpoint while live has some.
func (s *situation) starves(m member, goal Routes) bool {
	for _, r := range goal.Moving() {
		if s.noneReady(r.Split.Carrying()) && !s.noneReady(m.liveOf(r).Carrying()) {
			return true
		}
	}
	return false
}

func (s *situation) noneReady(of []Destination) bool {
	return !slices.ContainsFunc(of, func(d Destination) bool {
		ready, ok := s.f.Ready[d]
		return !ok || !ready.Known || ready.Ready > 0
	})
}

// cause says in a few words why the weights go back.
func (s *situation) cause() string {
	for _, m := range s.members {
		if m.live.Editor != "" {
			return m.live.Editor + " had changed them"
		}
	}
	return "Git asks for it"
}

// drift answers to weights that are not as we left them. What takes traffic
// off the rollout is an abort by hand and stays; what adds some is corrected.
func drift(s *situation) (Move, bool) {
	for _, m := range s.members {
		was, live := m.as(m.live.State.Member.Last()), m.target.Routes.With(m.live.Routes)
		idle := m.target.Routes.Equal(m.stable())
		switch {
		case live.Equal(was):
			continue
		case s.fighting(m):
			return s.hold(s.lately(m)[0].Add(fightWindow), Fight, m.editor(), m.target.Ref)
		case m.lowered() && (s.same || idle):
			return s.hold(time.Time{}, HandEdit, m.editor(), live)
		case m.lowered():
			continue // Git has changed since: the new rollout goes on from here
		}
		j := s.journey
		j.Seq = s.after(j)
		move := s.act(Correct, j, func(x member) (Routes, Member, bool) {
			memory := x.live.State.Member
			memory.Corrected = append(s.lately(x), s.now)
			return was, memory, x.target.Ref == m.target.Ref
		})
		move.Reason = because(Corrected, was, m.editor()) // the journey keeps its own
		return s.careful(move)
	}
	return Move{}, false
}

// lowered tells whether a hand edit only took back what a rollout added: every
// share lies between what we wrote and where the rollout came from, which is
// stable in flight and the stable before it at rest.
func (m member) lowered() bool {
	memory := m.live.State.Member
	origin := memory.Stable
	if memory.Applied == nil {
		origin = memory.Previous
	}
	if origin == nil {
		return false
	}
	was, live, from := m.as(memory.Last()), m.target.Routes.With(m.live.Routes), m.as(origin)
	for _, r := range m.target.Routes.Moving() {
		a, _ := was.Find(r.Key)
		b, _ := live.Find(r.Key)
		c, _ := from.Find(r.Key)
		if !between(a.Split, b.Split, c.Split) {
			return false
		}
	}
	return true
}

// resting tells whether a completed rollout was lowered by hand: that stays
// until Git says otherwise, whoever wrote it had a reason at that hour.
func (s *situation) resting(m member) bool {
	return m.live.State.Member.Applied == nil && m.live.Editor != "" && m.lowered()
}

// fighting tells whether corrections do not last: somebody keeps writing.
func (s *situation) fighting(m member) bool {
	return m.live.Editor != "" && len(s.lately(m)) >= fightLimit
}

// lately is the times of the member's corrections within the fight window.
func (s *situation) lately(m member) []time.Time {
	return slices.DeleteFunc(slices.Clone(m.live.State.Member.Corrected), func(t time.Time) bool {
		return s.now.Sub(t) >= fightWindow
	})
}

func (m member) editor() string {
	if m.live.Editor == "" {
		return "somebody"
	}
	return m.live.Editor
}

// renamed holds a route that Git calls otherwise now and weighs otherwise too:
// nobody could tell its steps. It may come at the weights of a route that goes.
func renamed(s *situation) (Move, bool) {
	for _, m := range s.members {
		var gone Routes
		for _, r := range m.live.Routes {
			if _, kept := m.target.Routes.Find(r.Key); !kept {
				gone = append(gone, r)
			}
		}
		for _, r := range m.target.Routes.Moving() {
			_, known := m.live.Routes.Find(r.Key)
			same := func(o Route) bool { return o.Split.Equal(r.Split) }
			if !known && len(gone) > 0 && !slices.ContainsFunc(gone, same) {
				return s.hold(time.Time{}, Renamed, r.Label, gone[0].Label, r.Split, gone[0].Split)
			}
		}
	}
	return Move{}, false
}

// reshape writes what changed outside the weights, at the live weights.
func reshape(s *situation) (Move, bool) {
	if s.all(func(m member) bool { return m.target.Rest == m.live.State.Member.Rest }) {
		return Move{}, false
	}
	j := s.journey
	j.Seq = s.after(j)
	m := s.act(Reshape, j, func(m member) (Routes, Member, bool) {
		to := m.target.Routes.With(m.live.Routes)
		memory := m.remember(to)
		memory.Rest = m.target.Rest
		return to, memory, m.target.Rest != m.live.State.Member.Rest
	})
	m.Reason = because(Reshaped, m.Changes[0].To) // the journey keeps its own
	return s.careful(m)
}

// forward goes to the next step, if its destinations can take the traffic.
func forward(s *situation) (Move, bool) {
	j := Journey{ID: s.id, Before: beforeOf(s.journey), Step: -1}
	if s.same {
		j = s.journey
	}
	step, met := s.met()
	if s.same || !met {
		step = s.next(j.Step)
	}
	j.Step, j.Seq, j.Since = step, s.after(j), s.now
	last := s.reaches(j.Step)
	rest := s.pauseOf(j.Step)
	done := last && rest == nil
	switch {
	case done:
		j.Phase, j.Reason = Healthy, because(Settled)
	case last:
		j.Phase, j.Reason = Progressing, because(Promoting, rest)
	default:
		j.Phase, j.Reason = Progressing, because(Stepping, j.Step+1, len(s.r.Plan.Steps), s.r.Plan.Steps[j.Step].rest())
	}
	m := s.act(Forward, j, func(m member) (Routes, Member, bool) {
		to := s.at(m, j.Step)
		memory := m.remember(to)
		if done {
			memory = m.completed(s.now)
		}
		return to, memory, true
	})
	if rest != nil && !rest.UntilApproved {
		m.Again = s.now.Add(rest.Duration)
	}
	return s.careful(m)
}

// complete makes the target the new stable once its own pause is over. It
// changes no weight, so it is a Hold that stores a state.
func complete(s *situation) (Move, bool) {
	arrived := func(m member) bool { return m.target.Routes.Equal(m.target.Routes.With(m.live.Routes)) }
	if !s.moving() || !s.reaches(s.journey.Step) || !s.all(arrived) {
		return Move{}, false
	}
	if _, waits := pause(s); waits {
		return Move{}, false
	}
	j := s.journey
	j.Phase, j.Since, j.Reason = Healthy, s.now, because(Settled)
	return s.act(Hold, j, func(m member) (Routes, Member, bool) {
		return m.live.Routes, m.completed(s.now), true
	}), true
}

// completed is the member's memory once the target is its stable.
func (m member) completed(now time.Time) Member {
	memory := m.live.State.Member
	memory.Completed = now
	memory.Previous, memory.Stable, memory.Applied = m.stable().Moving(), m.target.Routes.Moving(), nil
	return memory
}
