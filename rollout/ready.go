package rollout

import "time"

// careful lets a move pass when the windows allow it and every destination that
// it gives more traffic to can take it: its subset is defined and seen for long
// enough, and it has a ready endpoint. Otherwise it answers with the Hold that
// says what it waits for.
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
				if held, bad := s.unready(d); bad {
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
