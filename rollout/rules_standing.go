package rollout

import (
	"slices"
	"strings"
	"time"
)

// These rules say whether weir may move the target at all.

func unseen(s *situation) (Move, bool) {
	if s.f.Seen {
		return Move{}, false
	}
	return s.hold(time.Time{}, ClusterUnknown)
}

func elsewhere(s *situation) (Move, bool) {
	for _, m := range s.members {
		if m.ours() && m.live.State.Cluster != "" && m.live.State.Cluster != s.r.Source.Cluster {
			return s.hold(time.Time{}, OtherCluster, m.target.Ref, m.live.State.Cluster)
		}
	}
	return Move{}, false
}

// damaged holds what nobody knows the state of. To guess would be to lose the
// way back.
func damaged(s *situation) (Move, bool) {
	for _, m := range s.members {
		if m.present && m.live.Damaged != "" {
			return s.hold(time.Time{}, Damaged, m.target.Ref, m.live.Damaged)
		}
	}
	return Move{}, false
}

func unknown(s *situation) (Move, bool) {
	if s.r.Want != Unknown {
		return Move{}, false
	}
	return s.hold(time.Time{}, GitUnknown, "its overlay was never readable")
}

func gone(s *situation) (Move, bool) {
	if s.r.Want != Gone {
		return Move{}, false
	}
	if !s.any(func(m member) bool { return m.present }) {
		return s.hold(time.Time{}, Removed)
	}
	if !s.r.Rules.Prune || !s.any(member.ours) {
		return s.hold(time.Time{}, GoneFromGit)
	}
	if s.r.Rules.Suspend && !s.f.Unheld {
		return suspended(s)
	}
	j := s.journey
	j.Seq, j.Phase, j.Since, j.Reason = s.after(j), Healthy, s.now, because(Removed)
	return s.careful(s.act(Remove, j, func(m member) (Routes, Member, bool) {
		return nil, Member{}, m.ours()
	}))
}

// foreign refuses a VirtualService that somebody else applies and that weir
// may not take over from: two appliers would fight over every weight.
func foreign(s *situation) (Move, bool) {
	for _, m := range s.members {
		if !m.present || m.ours() {
			continue
		}
		var others []string
		for _, a := range m.live.Appliers {
			if !slices.Contains(s.r.Rules.Adopt, a) {
				others = append(others, a)
			}
		}
		if len(others) > 0 {
			return s.hold(time.Time{}, Foreign, m.target.Ref, strings.Join(others, ", "))
		}
	}
	return Move{}, false
}

func settled(s *situation) (Move, bool) {
	if !s.all(member.settled) {
		return Move{}, false
	}
	j := s.journey
	failed := j.Phase == Degraded
	if j.Phase != Healthy || j.Reason.Sentence == "" || s.begunAnew() { // Git no longer wants it anew
		j.Reason = because(Settled)
	}
	j.Phase = Healthy
	if failed { // what Git asks for next is another journey, be it the same weights
		j.Reason, j.Since = because(Settled), s.now
		return s.act(Hold, j, func(m member) (Routes, Member, bool) { return m.live.Routes, m.live.State.Member, true }), true
	}
	return Move{Kind: Hold, Journey: j, Reason: j.Reason}, true
}

// stopped holds all that does not go back while somebody has stopped the line.
func stopped(s *situation) (Move, bool) {
	if s.f.Stopped == "" {
		return Move{}, false
	}
	return s.still(Stopped, s.f.Stopped)
}

// still holds for people; what went back for good says that instead.
func (s *situation) still(code Code, args ...any) (Move, bool) {
	if m, ok := quiet(s); ok {
		return m, ok
	}
	return s.hold(time.Time{}, code, args...)
}

func suspended(s *situation) (Move, bool) {
	paused, held := s.paused()
	switch {
	case s.f.Unheld:
		return Move{}, false
	case s.r.Rules.Suspend:
		return s.still(Suspended, "the Delivery")
	case s.r.Plan.Suspend:
		return s.still(Suspended, "the plan")
	case held:
		return s.still(PausedByHand, paused.words())
	}
	return Move{}, false
}

// create makes what is not there: at the recorded split, so that a rebuilt
// cluster does not come back at the target, else as Git has it.
func create(s *situation) (Move, bool) {
	if s.all(func(m member) bool { return m.present }) {
		return Move{}, false
	}
	j := Journey{ID: s.id, Before: beforeOf(s.journey), Step: len(s.r.Plan.Steps), Since: s.now, Phase: Healthy, Reason: because(Created)}
	if recorded, ok := Memory(s.r.Refs(), s.f.stood()); ok {
		j = recorded
	}
	if s.any(member.ours) {
		j = s.journey // the group's other members know where it stands
	}
	j.Seq = s.after(j)
	return s.careful(s.act(Create, j, func(m member) (Routes, Member, bool) {
		if m.present {
			return nil, Member{}, false
		}
		to, memory := m.target.Routes, Member{Stable: m.target.Routes.Moving()}
		if recorded, ok := s.f.RecordedOf(m.target.Ref); ok && recorded.State != nil && !recorded.Removed() {
			to, memory = to.With(recorded.Routes), recorded.State.Member
		}
		memory.Rest, memory.Selects = m.target.Rest, m.target.Selects()
		return to, memory, true
	}))
}

// adopt takes over what is there: it becomes ours at its live weights, which nobody
// could tell of a route that Git calls otherwise.
func adopt(s *situation) (Move, bool) {
	if s.all(member.ours) {
		return Move{}, false
	}
	if m, held := s.renames(slices.DeleteFunc(slices.Clone(s.members), member.ours)); held {
		return m, true
	}
	begun := s.begun() // others of the group may be in it
	j := Journey{ID: begun.ID, Before: begun.Before, Attempt: begun.Attempt, Step: -1, Since: s.now, Phase: Healthy, Reason: because(Adopted)}
	j.Seq = s.after(begun)
	if s.same && begun.Reason.Code == Adoption { // who waits does so still
		j.Phase, j.Reason = Pending, begun.Reason
	}
	for _, m := range s.members {
		if live := m.target.Routes.With(m.live.Routes); !m.ours() && !live.Equal(m.target.Routes) {
			j.Phase, j.Reason = Pending, because(Adoption, live, m.target.Routes)
		}
	}
	if s.same && begun.Phase == Degraded { // what went back for good stays so, whoever of the group comes anew
		j.Phase, j.Reason = Degraded, begun.Reason
	}
	return s.careful(s.act(Reshape, j, func(m member) (Routes, Member, bool) {
		if m.ours() {
			return nil, Member{}, false
		}
		to := m.target.Routes.With(m.live.Routes)
		memory := m.remember(to)
		memory.Rest, memory.Selects = m.target.Rest, s.found(m)
		return to, memory, true
	}))
}

// adoption keeps a first install from starting a rollout by itself.
func adoption(s *situation) (Move, bool) {
	if !s.same || s.journey.Reason.Code != Adoption || s.approved(-1) {
		return Move{}, false
	}
	waits := s.members[0]
	for _, m := range s.members {
		if live := m.target.Routes.With(m.live.Routes); !live.Equal(m.target.Routes) {
			waits = m
			break
		}
	}
	return s.hold(time.Time{}, Adoption, waits.live.Routes, waits.target.Routes)
}
