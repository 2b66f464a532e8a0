package rollout

import (
	"maps"
	"slices"
	"time"
)

// back goes to stable, in one move unless the plan's rollback says otherwise. It
// asks no window, no pause, no policy and no sibling; only a route whose stable
// has no ready endpoint, while its live split has some, waits.
func back(s *situation) (Move, bool) {
	if j, ok := s.failed(); ok {
		return s.retreat(j)
	}
	goals := map[Ref]Routes{}
	for _, m := range s.members {
		if goal, ok := s.goal(m); ok {
			goals[m.target.Ref] = goal
		}
	}
	j := s.journey
	late, o := s.overtaken()
	if more := func(r Ref) bool { return goals[r] == nil }; slices.ContainsFunc(slices.Collect(maps.Keys(late)), more) {
		maps.Copy(goals, late)
		if s.same && j.Reason.Code == Adoption { // a first install waits for a wish still
			return s.returned(j, goals, "", s.shut(o))
		}
		// Not failed: this journey has ended, and another begins when it opens.
		j.Phase, j.Step, j.Since, j.Deadline = Healthy, -1, s.now, time.Time{}
		return s.returned(j, goals, WindowReturned, s.shut(o))
	}
	if s.r.Want == Unknown { // it goes on as it was
		if s.begunAnew() {
			return s.returned(j, goals, WindowReturned, s.cause())
		}
		return s.returned(j, goals, RolledBack, s.cause())
	}
	if !s.same { // else others of the group are still on their way, or wait, or went back for good
		j.Phase, j.Step, j.Since, j.Deadline = Healthy, len(s.r.Plan.Steps), s.now, time.Time{}
	}
	return s.returned(j, goals, RolledBack, s.cause())
}

// failed is the journey as it stands once it went back for good: somebody
// aborted it, its analysis failed, or it did so already and a member has not
// followed yet. When Git has changed since, nobody waits for a stable that cannot
// take traffic.
func (s *situation) failed() (Journey, bool) {
	j := s.journey
	able := func(m member) bool { return m.flying() && !s.starves(m, m.stable()) }
	aborts := s.asked(ToAbort, j.ID)
	for _, m := range s.members { // one that missed the group's last move shows people an earlier journey
		if !m.flying() || m.live.State.Journey.ID == s.journey.ID {
			continue
		}
		own := m.live.State.Journey
		said := s.asked(ToAbort, own.ID)
		if len(said) > 0 && j.Phase == Healthy { // nothing of the group's is under way but what that one does
			j = own
		}
		aborts = append(aborts, said...)
	}
	switch {
	case j.Phase == Degraded && (s.same || s.r.Want != Known) && s.any(member.flying), j.Phase == Degraded && s.any(able):
		return j, true
	case j.Phase != Degraded && j.Phase != Healthy && len(aborts) > 0 && (s.same || s.any(member.flying)):
		j.Reason = because(Aborted, aborts[len(aborts)-1].words())
		return j, true
	}
	for _, sent := range []func() (Reason, bool){s.gateFailed, s.askedBack} {
		if reason, back := sent(); back {
			if !s.same {
				j = s.begun() // it ends before its first step
			}
			j.Reason = reason
			return j, true
		}
	}
	if !s.begunAnew() {
		aborts = nil
	}
	if aborts = append(aborts, s.asked(ToAbort, s.id)...); len(aborts) > 0 && !s.same && s.r.Want == Known && s.any(member.ours) && !s.all(member.settled) {
		j = Journey{ID: s.id, Before: beforeOf(s.journey), Attempt: s.attempt} // it ends before its first step
		j.Reason = because(Aborted, aborts[len(aborts)-1].words())
		return j, true
	}
	return Journey{}, false
}

// retreat goes to stable for good: Degraded, and quiet until Git changes or
// somebody says retry. Traffic that somebody took off by hand stays off.
func (s *situation) retreat(j Journey) (Move, bool) {
	goals, again := map[Ref]Routes{}, j.Phase == Degraded
	for _, m := range s.members {
		if stays := again && m.ours() && m.live.State.Member.Applied == nil; m.ours() && !stays && !s.resting(m) {
			goals[m.target.Ref] = m.live.Routes.With(m.live.State.Member.Stable)
		}
	}
	j.Phase, j.Step, j.Since, j.Deadline = Degraded, -1, s.now, time.Time{}
	if len(goals) == 0 && !again && s.any(s.resting) { // it is only not to begin
		return s.act(Hold, j, func(m member) (Routes, Member, bool) {
			if !m.ours() {
				return nil, Member{}, false
			}
			return m.live.Routes, m.live.State.Member, true
		}), true
	}
	return s.returned(j, goals, "", j.Reason.Sentence)
}

// returned is the move of every member that has a goal to go back to, for a cause.
// The code's reason is the journey's then; "" has one that failed keep its own.
func (s *situation) returned(j Journey, goals map[Ref]Routes, code Code, cause string) (Move, bool) {
	if len(goals) == 0 {
		return Move{}, false
	}
	ways, held := s.ways(goals, cause)
	if len(ways) == 0 {
		return held, true
	}
	reason, again := j.Reason, held.Again
	for _, m := range s.members {
		w, goes := ways[m.target.Ref]
		if goes && code != "" {
			reason = because(code, w.goal, cause)
		}
		if goes && !w.to.Equal(w.goal) { // a route waits for pods, or for the next step
			reason = because(GoingBack, w.to, w.goal, cause)
		}
		if w.rests {
			again = soonest(again, s.now.Add(s.pace(m).Interval))
		}
	}
	if j.Phase == Healthy { // a journey that goes on keeps its own
		j.Reason = Reason{code, reason.Sentence}
	}
	j.Seq = s.after(j)
	move := s.act(Back, j, func(m member) (Routes, Member, bool) {
		w, ok := ways[m.target.Ref]
		if !ok {
			return nil, Member{}, false
		}
		return m.live.Routes.With(w.to), s.backed(m, w, j), true
	})
	move.Reason, move.Again = reason, again
	return move, true
}

// way is how far a member goes back now, and whether it rests there before it goes
// on.
type way struct {
	goal, to Routes
	rests    bool
}

// ways are those of the members that go back now. The others hold nobody else up:
// held is the Hold of one of them.
func (s *situation) ways(goals map[Ref]Routes, cause string) (ways map[Ref]way, held Move) {
	ways = map[Ref]way{}
	for _, m := range s.members {
		goal, ok := goals[m.target.Ref]
		if !ok {
			continue
		}
		rests := s.rests(m, goal)
		switch {
		case s.starves(m, goal) && held.Again.IsZero():
			held, _ = s.hold(time.Time{}, StableNotReady, goal)
		case s.starves(m, goal):
		case !rests.IsZero():
			held = s.returning(because(GoingBack, m.live.Routes, goal, cause), soonest(held.Again, rests))
		default:
			to, rests := s.homeward(m, goal)
			ways[m.target.Ref] = way{goal, to, rests}
		}
	}
	return ways, held
}

// backed is the member's memory after it went back.
func (s *situation) backed(m member, w way, j Journey) Member {
	memory := m.live.State.Member
	if j.Phase == Healthy && !m.target.Routes.With(w.goal).Equal(m.stable()) { // the stable before this one
		memory.Stable, memory.Previous = w.goal.Moving(), nil
	}
	if memory.Applied = nil; !w.to.Equal(w.goal) { // the rest of it is to follow
		memory.Applied = m.live.Routes.With(w.to).Moving()
	}
	if memory.Returned, memory.Rollback = (time.Time{}), nil; w.rests {
		memory.Returned, memory.Rollback = s.now, s.pace(m)
	}
	if m.live.Editor != "" {
		memory.Corrected = s.corrected(m)
	}
	return memory
}

// goal is where the member has to go back to: Git equals stable, or within the
// plan's rollbackWindow after completion the stable before it, and the live
// weights do not. Where Git is not known, what was on its way there goes on.
func (s *situation) goal(m member) (Routes, bool) {
	if s.r.Want == Unknown && s.homebound(m) {
		goal := m.live.Routes.With(m.live.State.Member.Stable)
		return goal, !m.live.Routes.Equal(goal)
	}
	if s.r.Want != Known || !m.ours() {
		return nil, false
	}
	stable, live := m.stable(), m.target.Routes.With(m.live.Routes)
	if m.target.Routes.Equal(stable) {
		atRest := m.live.State.Member.Applied == nil // in flight, going back waits for nobody
		return stable, !live.Equal(stable) && !(atRest && (s.resting(m) || s.fighting(m)))
	}
	previous := m.as(m.live.State.Member.Previous)
	known := m.live.State.Member.Previous.cover(m.target.Routes) // under the names that routes have now
	recent := known && s.now.Sub(m.live.State.Member.Completed) <= s.r.Plan.RollbackWindow
	gaveUp := s.journey.Phase == Degraded && !s.same && !s.any(member.flying) // that completed nothing
	ended := s.journey.Phase == Healthy || gaveUp
	if recent && ended && m.target.Routes.Equal(previous) {
		return previous, true
	}
	return nil, false
}

// homebound tells whether the member's state alone says that it is on its way back,
// which ended its journey and has not reached stable yet.
func (s *situation) homebound(m member) bool {
	return m.flying() && m.live.State.Journey.Phase == Healthy && s.journey.Phase == Healthy
}

// starves tells whether no route can go to its goal, as reachable says.
func (s *situation) starves(m member, goal Routes) bool {
	to := s.reachable(m, goal)
	return !to.Equal(goal) && to.Equal(goal.With(m.live.Routes))
}

// reachable is the goal as far as it takes traffic: a route that would have no
// ready endpoint there, while the live one has some, stays where it is.
func (s *situation) reachable(m member, goal Routes) Routes {
	stays := slices.DeleteFunc(slices.Clone(goal.Moving()), func(r Route) bool {
		return !s.noneReady(r.Split.Carrying()) || s.noneReady(m.liveOf(r).Carrying())
	})
	for i, r := range stays {
		stays[i].Split = m.liveOf(r)
	}
	return goal.With(stays)
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
		if m.ours() && m.live.Editor != "" {
			return m.live.Editor + " had changed them"
		}
	}
	if s.r.Want == Unknown {
		return "it was on its way when Git was last read"
	}
	return "Git asks for it"
}

// quiet keeps a journey that failed where it is.
func quiet(s *situation) (Move, bool) {
	if !s.same || s.journey.Phase != Degraded {
		return Move{}, false
	}
	return Move{Kind: Hold, Journey: s.journey, Reason: s.journey.Reason}, true
}
