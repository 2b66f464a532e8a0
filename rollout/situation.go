package rollout

import (
	"slices"
	"time"
)

// situation is what the rules of Next look at: the rollout paired with the
// facts, and what follows from both.
type situation struct {
	r       *Rollout
	f       Facts
	now     time.Time
	members []member
	// journey is the group's memory: that of its most advanced member.
	journey Journey
	// id is the journey that Git asks for now; same says that it is under way.
	id   ID
	same bool
	// attempt is how often the journey was begun anew.
	attempt int
	// gates are the readings of the current step's metrics, once they were asked for.
	gates []reading
}

// member is one target beside its live side.
type member struct {
	target  Target
	live    Live
	present bool
}

func situate(r *Rollout, f Facts, now time.Time) *situation {
	s := &situation{r: r, f: f, now: now, journey: Journey{Step: -1}}
	for _, t := range r.Targets {
		live, ok := f.LiveOf(t.Ref)
		s.members = append(s.members, member{target: t, live: live, present: ok})
	}
	if j, ok := Remembered(r, f); ok && s.any(member.ours) {
		s.journey = j
	} else if ok { // what follows a removal is no journey of before
		s.journey = Journey{ID: j.ID, Step: -1, Phase: Healthy, Entry: j.Entry}
	}
	if r.Want != Known && s.journey.ID != "" { // nobody asks for another
		s.id, s.same = s.journey.ID, s.journey.Phase != Healthy
		return s
	}
	s.id = s.identity(s.journey.Before, s.journey.Attempt)
	s.same = s.id == s.journey.ID && s.journey.Phase != Healthy // a healthy journey has ended
	if s.same && s.journey.Phase == Degraded && len(s.asked(ToRetry, s.journey.ID)) > 0 {
		s.same, s.attempt = false, s.journey.Attempt+1
	}
	if !s.same && s.journey.ID != "" {
		s.id = s.identity([]ID{s.journey.ID}, s.attempt)
	}
	return s
}

// ours tells whether the VirtualService carries our annotation.
func (m member) ours() bool { return m.present && m.live.State != nil }

// stable is where going back leads.
func (m member) stable() Routes {
	if !m.ours() {
		return m.as(nil)
	}
	return m.as(m.live.State.Member.Stable)
}

// as is Git's routes with the given splits. Routes that were not the plan's to
// move then are as they are live, and those that only Git has as Git has them.
func (m member) as(splits Routes) Routes {
	return m.target.Routes.With(m.live.Routes).With(splits)
}

func (m member) stableOf(r Route) Split {
	found, _ := m.stable().Find(r.Key)
	return found.Split
}

// liveOf is the route's live split; a route that the cluster lacks is as Git has it.
func (m member) liveOf(r Route) Split {
	if found, ok := m.live.Routes.Find(r.Key); ok {
		return found.Split
	}
	return r.Split
}

// settled tells whether nothing is left to do for the member.
func (m member) settled() bool {
	return m.ours() && m.shaped() &&
		m.target.Routes.Equal(m.stable()) && m.target.Routes.Equal(m.target.Routes.With(m.live.Routes))
}

func (s *situation) all(holds func(member) bool) bool {
	return !slices.ContainsFunc(s.members, func(m member) bool { return !holds(m) })
}

func (s *situation) any(holds func(member) bool) bool {
	return slices.ContainsFunc(s.members, holds)
}

// moving tells whether the journey that Git asks for has made its first step.
func (s *situation) moving() bool { return s.same && s.journey.Step >= 0 }

// current is the id of the journey that people see now: the one under way, or
// the one that would begin.
func (s *situation) current() ID {
	if s.same {
		return s.journey.ID
	}
	return s.id
}

// hold answers that nothing moves, and why.
func (s *situation) hold(again time.Time, code Code, args ...any) (Move, bool) {
	j := s.begun()
	j.Reason, j.Phase = because(code, args...), code.Phase()
	switch {
	case j.Phase == Pending && s.moving():
		j.Phase = Progressing
	case j.Phase == Progressing && !s.moving():
		j.Phase = Pending
	}
	return Move{Kind: Hold, Journey: j, Reason: j.Reason, Again: again}, true
}

// begun is the journey under way, or the one that begins now.
func (s *situation) begun() Journey {
	if s.same {
		return s.journey
	}
	return Journey{ID: s.id, Before: beforeOf(s.journey), Attempt: s.attempt, Step: -1}
}

func beforeOf(j Journey) []ID {
	if j.ID == "" {
		return nil
	}
	return []ID{j.ID}
}

// act answers with a move of all members for which change has an answer.
func (s *situation) act(kind Kind, j Journey, change func(member) (Routes, Member, bool)) Move {
	if kind == Forward {
		j.Authors = s.authors()
	}
	m := Move{Kind: kind, Journey: j, Reason: j.Reason}
	for _, x := range s.members {
		to, memory, ok := change(x)
		if !ok {
			continue
		}
		m.Changes = append(m.Changes, Change{
			Ref: x.target.Ref, UID: x.live.UID, Version: x.live.Version,
			From: x.live.Routes, To: to, Member: memory,
		})
	}
	return m
}

// remember is the member's memory after its weights became to.
func (m member) remember(to Routes) Member {
	memory := Member{Stable: m.stable().Moving()}
	if m.ours() {
		memory = m.live.State.Member
		memory.Stable, memory.Returned, memory.Rollback = m.stable().Moving(), time.Time{}, nil
	}
	if memory.Applied = to.Moving(); memory.Applied.Equal(memory.Stable) {
		memory.Applied = nil
	}
	return memory
}
