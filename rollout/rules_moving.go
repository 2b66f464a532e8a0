package rollout

import (
	"slices"
	"time"
)

// These rules move weights forward, or write what changed around them.

// level brings members up to where the group is, where a write was lost between
// them: no step begins, and nothing is reshaped, until all stand at the same one.
// The group's decision allowed it already. Where another came after it, which
// spoke of other members only, the state would name that one: the step is
// decided once more.
func level(s *situation) (Move, bool) {
	if len(s.members) < 2 || !s.any(s.behind) {
		return Move{}, false
	}
	if s.any(s.unsaid) {
		for _, holds := range []func(*situation) (Move, bool){unmetered, blind, doubtful, gated} {
			if held, waits := holds(s); waits {
				return held, true
			}
		}
		j := s.journey
		j.Seq, j.Found = s.after(j), s.tracks()
		j.Stepped = j.Seq
		if s.partial() { // its analysis begins anew; a pause goes on
			j.Since = s.now
		}
		m := s.act(Forward, j, func(m member) (Routes, Member, bool) {
			to := s.abreast(m)
			return to, m.remember(to), true
		})
		m.Reason = because(Leveling, m.Changes[0].To)
		return s.careful(m)
	}
	m := s.act(CatchUp, s.journey, func(m member) (Routes, Member, bool) {
		switch {
		case !s.behind(m):
			return nil, Member{}, false
		case !s.same:
			return m.live.Routes, m.completed(m.live.State.Member.Applied, s.journey.Since), true
		case s.journey.Step < 0:
			return m.live.Routes, m.live.State.Member, true
		}
		to := s.abreast(m)
		return to, m.remember(to), true
	})
	m.Reason = because(Leveling, m.Changes[0].To) // the journey keeps its own
	return s.careful(m)
}

// abreast is the member's routes at the group's step. Its shape waits for its
// own move.
func (s *situation) abreast(m member) Routes {
	return m.live.Routes.With(s.at(m, s.journey.Step))
}

// unsaid tells whether the member has weights to make up for that no decision says,
// or none that holds still: the group's last one is not the one that took the step,
// which spoke of all members, the member has moved on a journey of its own since,
// a window has closed or a freeze has begun since, or what was to be analysed of it has
// begun without it.
func (s *situation) unsaid(m member) bool {
	if !s.moving() || !s.behind(m) || s.abreast(m).Equal(m.live.Routes) {
		return false
	}
	own := m.live.State.Journey
	moved := own.ID != s.journey.ID && s.journey.Found[m.target.Ref.String()] != Track{own.ID, own.Seq}
	return moved || s.journey.Seq != s.journey.Stepped || s.partial() || s.shutOut()
}

// partial tells whether an instant of the step's analysis has come while a member had
// not taken the step yet: it says nothing of what that one does.
func (s *situation) partial() bool {
	a := s.r.Plan.AnalysisAt(s.journey.Step)
	return a != nil && slices.ContainsFunc(a.Metrics, func(m Metric) bool {
		return !s.now.Before(s.journey.entered(s.now).Add(a.Every(m)))
	})
}

// shutOut tells whether the step may not be taken any more: no weight goes up while a
// window or a freeze holds, and what a group has to make up for is no exception.
func (s *situation) shutOut() bool {
	levels := unticked(s.levels(Forward, s.journey.Step)) // its tick is used up
	if len(s.asked(ToOverride, s.journey.ID)) > 0 {
		levels = without(levels, Allow, Deny)
	}
	return !Openings(levels, s.now).Open
}

// tracks are where the members of a group are now.
func (s *situation) tracks() map[string]Track {
	if len(s.members) < 2 {
		return nil
	}
	out := map[string]Track{}
	for _, m := range s.members {
		if m.ours() {
			out[m.target.Ref.String()] = Track{m.live.State.Journey.ID, m.live.State.Journey.Seq}
		}
	}
	return out
}

// behind tells whether the member lacks the group's last write. One whose
// journey ended otherwise than the group's has nothing to make up for.
func (s *situation) behind(m member) bool {
	if !m.ours() {
		return false
	}
	was, is := m.live.State.Journey, s.journey
	if !s.same {
		return is.Phase == Healthy && is.Reason.Code == Settled && was.ID == is.ID && m.live.State.Member.Applied != nil
	}
	return was.ID != is.ID || was.Seq != is.Seq || was.Step != is.Step || was.Phase != is.Phase
}

// reshape writes what changed outside the weights, at the live weights. The
// labels of a subset are such a thing: they move all its traffic at once, so
// they change by a move of their own, when somebody ready has the new ones.
func reshape(s *situation) (Move, bool) {
	if s.all(member.shaped) {
		return Move{}, false
	}
	relabelled := ""
	for _, m := range s.members {
		held, bad, names := s.relabelled(m)
		if bad {
			return held, true
		}
		relabelled += names
	}
	j := s.journey
	j.Seq = s.after(j)
	m := s.act(Reshape, j, func(m member) (Routes, Member, bool) {
		to := m.target.Routes.With(m.live.Routes)
		memory := m.remember(to)
		if m.live.State.Member.Applied == nil { // what a hand left at rest is none of our steps
			memory.Applied = nil
		}
		memory.Rest, memory.Selects = m.target.Rest, m.target.Selects()
		return to, memory, !m.shaped()
	})
	if m.Reason = because(Reshaped, m.Changes[0].To); relabelled != "" { // the journey keeps its own
		m.Reason = because(Relabelled, relabelled, m.Changes[0].To)
	}
	return s.careful(m)
}

// coming is the step that is taken next: where somebody asked for it in full, the
// target, or the first pause on the way there for which too few people are.
func (s *situation) coming() int {
	at := s.begun().Step
	step, met := s.met()
	if s.same || !met {
		step = s.next(at)
	}
	for s.full(at) && !s.reaches(step) && !s.unapproved(step) {
		step++
	}
	return step
}

// unapproved tells whether the step's pause waits for more people than have approved it.
func (s *situation) unapproved(step int) bool {
	rest := s.pauseOf(step)
	return rest != nil && rest.UntilApproved && !s.approved(step)
}

// forward goes to the next step, if its destinations can take the traffic.
func forward(s *situation) (Move, bool) {
	j := s.begun()
	step := s.coming()
	j.Step, j.Seq, j.Since, j.Deadline = step, s.after(j), s.now, time.Time{}
	j.Stepped, j.Found = j.Seq, s.tracks()
	last := s.reaches(j.Step)
	rest := s.pauseOf(j.Step)
	done := last && rest == nil && s.r.Plan.AnalysisAt(j.Step) == nil && len(s.members) == 1 // a group is done once all are there
	switch {
	case done:
		j.Phase, j.Reason = Healthy, because(Settled)
	case last:
		j.Phase, j.Reason = Progressing, because(Promoting, s.lasts(j.Step))
	default:
		j.Phase, j.Reason = Progressing, because(Stepping, j.Step+1, len(s.r.Plan.Steps), s.lasts(j.Step))
	}
	m := s.act(Forward, j, func(m member) (Routes, Member, bool) {
		to := s.at(m, j.Step)
		memory := m.remember(to)
		if done {
			memory = m.completed(m.target.Routes, s.now)
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
	if !s.moving() || !s.reaches(s.journey.Step) || !s.all(member.ours) || !s.all(arrived) {
		return Move{}, false
	}
	if _, waits := pause(s); waits {
		return Move{}, false
	}
	if _, waits := analysed(s); waits {
		return Move{}, false
	}
	j := s.journey
	j.Phase, j.Since, j.Deadline, j.Reason = Healthy, s.now, time.Time{}, because(Settled)
	return s.act(Hold, j, func(m member) (Routes, Member, bool) {
		return m.live.Routes, m.completed(m.target.Routes, s.now), true
	}), true
}

// completed is the member's memory once the routes are its stable: Git's, or,
// where Git has moved on since, those that it was brought to.
func (m member) completed(routes Routes, now time.Time) Member {
	memory := m.live.State.Member
	memory.Completed = now
	memory.Previous, memory.Stable, memory.Applied = m.stable().Moving(), routes.Moving(), nil
	return memory
}
