package rollout

import (
	"slices"
	"time"
)

// These rules answer to what others did to the weights, and to routes that
// nobody can follow.

// fightWindow and fightLimit say when a manager that keeps writing is a fight.
const (
	fightWindow = 10 * time.Minute
	fightLimit  = 3
)

// drift answers to weights that are not as we left them. What takes traffic
// off the rollout is an abort by hand and stays; what adds some is corrected.
func drift(s *situation) (Move, bool) {
	for _, m := range s.members {
		live := m.there(m.target.Routes).With(m.live.Routes)
		was, idle := live.With(m.live.State.Member.Last()), m.target.Routes.Equal(m.stable())
		switch {
		case live.Equal(was), !s.same && m.target.Routes.With(live).Equal(m.target.Routes): // Git has changed since, to what it is
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
			memory.Corrected = s.corrected(x)
			return was, memory, x.target.Ref == m.target.Ref
		})
		move.Reason = because(Corrected, was, m.editor()) // the journey keeps its own
		return s.careful(move)
	}
	return Move{}, false
}

// there are the routes that the cluster has too: what is missing there is nobody's
// edit of weights.
func (m member) there(routes Routes) Routes {
	return slices.DeleteFunc(slices.Clone(routes), func(r Route) bool {
		_, lives := m.live.Routes.Find(r.Key)
		return !lives
	})
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
	for _, r := range m.there(m.target.Routes.Moving()) {
		a, _ := was.Find(r.Key)
		b, _ := live.Find(r.Key)
		c, _ := from.Find(r.Key)
		_, known := origin.Find(r.Key) // not where the route had another name then
		if !known && memory.Applied == nil && !a.Split.Equal(b.Split) || !between(a.Split, b.Split, c.Split) {
			return false
		}
	}
	return true
}

// carrying are the destinations that get traffic of the route now, and those that
// will again once a hand edit is corrected.
func (m member) carrying(r Route) []Destination {
	now := m.liveOf(r).Carrying()
	if !m.ours() || m.lowered() {
		return now
	}
	written, _ := m.as(m.live.State.Member.Last()).Find(r.Key)
	for _, d := range written.Split.Carrying() {
		if !slices.Contains(now, d) {
			now = append(now, d)
		}
	}
	return now
}

// resting tells whether a completed rollout was lowered by hand: that stays
// until Git says otherwise, whoever wrote it had a reason at that hour.
func (s *situation) resting(m member) bool {
	return m.live.State.Member.Applied == nil && m.live.Editor != "" && m.lowered()
}

// fighting tells whether corrections do not last: somebody keeps writing.
func (s *situation) fighting(m member) bool {
	return len(s.lately(m)) >= fightLimit
}

// corrected is the times of the member's last corrections and of one more: no more
// than a fight takes.
func (s *situation) corrected(m member) []time.Time {
	times := append(s.lately(m), s.now)
	return times[max(len(times)-fightLimit, 0):]
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
func renamed(s *situation) (Move, bool) { return s.renames(s.members) }

func (s *situation) renames(members []member) (Move, bool) {
	for _, m := range members {
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
