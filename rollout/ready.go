package rollout

import "time"

// careful lets a move pass when the windows allow it and every destination that
// it gives more traffic to can take it: its subset is defined and seen for long
// enough, and it has a ready endpoint, or as many as the plan wants. Otherwise it
// answers with the Hold that says what it waits for.
// Destinations that lose traffic are not asked: a sick stable never blocks
// moving away from it.
func (s *situation) careful(m Move) (Move, bool) {
	o, short := s.opening(m)
	if !o.Open {
		return s.closed(o, short)
	}
	m.Until = soonest(m.Until, o.Closes)
	for _, c := range m.Changes {
		for _, r := range c.To {
			var from Split
			if was, ok := c.From.Find(r.Key); ok {
				from = was.Split
			}
			for _, d := range Rising(from, r.Split) {
				held, bad := s.unready(d)
				if !bad {
					held, bad = s.few(c.Ref, r.Key, d)
				}
				if bad {
					held.Again = soonest(held.Again, o.Closes)
					return held, true
				}
			}
		}
	}
	return m, true
}

// unready is the Hold for a destination that cannot take traffic now.
func (s *situation) unready(d Destination) (Move, bool) {
	ready, read := s.f.Ready[d]
	settle := ready.SeenSince.Add(s.r.Plan.Settle)
	if ready.SeenSince.After(s.now) {
		settle = s.now.Add(s.r.Plan.Settle)
	}
	switch {
	case !read:
		return s.hold(time.Time{}, ReadinessUnread, d)
	case !ready.Defined:
		return s.hold(time.Time{}, SubsetUndefined, d, d.Host)
	case d.Subset != "" && settle.After(s.now):
		return s.hold(settle, Settling, d, settle.Format(time.RFC3339))
	case ready.Known && ready.Ready == 0:
		return s.hold(time.Time{}, NotReady, d, ready.Ready, ready.Want)
	case !ready.Known && s.r.Plan.Readiness == Required:
		return s.hold(time.Time{}, ReadinessUnread, d)
	}
	return Move{}, false
}

// few is the Hold for a destination that has too few ready endpoints beside those
// of stable. What stable sends traffic to itself needs no more than it has.
func (s *situation) few(ref Ref, route string, d Destination) (Move, bool) {
	ready := s.f.Ready[d]
	if s.r.Plan.ReadyPercentOfStable == 0 || !ready.Known || s.f.Hopeful {
		return Move{}, false
	}
	has := 0
	for _, m := range s.members {
		stable, ok := m.stable().Find(route)
		if m.target.Ref != ref || !ok {
			continue
		}
		for _, carries := range stable.Split.Carrying() {
			if carries == d {
				return Move{}, false
			}
			has += s.f.Ready[carries].Ready
		}
	}
	if wants := (has*s.r.Plan.ReadyPercentOfStable + 99) / 100; ready.Ready < wants {
		return s.hold(time.Time{}, TooFewReady, d, ready.Ready, wants, s.r.Plan.ReadyPercentOfStable, has)
	}
	return Move{}, false
}
