package rollout

import (
	"slices"
	"time"
)

// These say where the steps lead and when the next may come.

// next is the first step after the current one that raises the exposure of
// some route, or the one that reaches the target. Steps already met are passed
// over; len(steps) is the target beyond the last of them.
func (s *situation) next(current int) int {
	for k := current + 1; k < len(s.r.Plan.Steps); k++ {
		if s.reaches(k) || s.raises(k) {
			return k
		}
	}
	return len(s.r.Plan.Steps)
}

// met is the last step that the live weights of a rollout in flight have met
// already, where a new journey takes it up: its pause holds anew, so that a
// commit in flight skips none.
func (s *situation) met() (step int, ok bool) {
	if !s.any(member.flying) {
		return 0, false
	}
	for k := range s.r.Plan.Steps {
		if s.reaches(k) || s.raises(k) {
			break
		}
		step, ok = k, true
	}
	return step, ok
}

// reaches tells whether every route is at its target's exposure at the step.
func (s *situation) reaches(k int) bool {
	if k >= len(s.r.Plan.Steps) {
		return true
	}
	return s.every(func(_ member, stable, target Split) bool {
		return s.exposure(stable, target, k) == Exposure(stable, target, 100, s.total())
	})
}

// raises tells whether the step changes some route's live split.
func (s *situation) raises(k int) bool {
	return s.any(func(m member) bool {
		return !s.at(m, k).Equal(m.target.Routes.With(m.live.Routes))
	})
}

// at is the member's routes at the step: the target verbatim where the step
// reaches it, otherwise on the way from the live split.
func (s *situation) at(m member, k int) Routes {
	to := slices.Clone(m.target.Routes)
	if s.reaches(k) {
		return to
	}
	for i, r := range to {
		if !r.Fixed {
			to[i].Split = Toward(m.liveOf(r), m.stableOf(r), r.Split, s.r.Plan.Steps[k].SetWeight, s.total())
		}
	}
	return to
}

func (s *situation) exposure(stable, target Split, k int) int {
	return Exposure(stable, target, s.r.Plan.Steps[k].SetWeight, s.total())
}

func (s *situation) every(holds func(m member, stable, target Split) bool) bool {
	return s.all(func(m member) bool {
		for _, r := range m.target.Routes.Moving() {
			if !holds(m, m.stableOf(r), r.Split) {
				return false
			}
		}
		return true
	})
}

func (s *situation) total() int { return s.r.Plan.WithDefaults().TotalWeight }

// pauseOf is the step's pause; the target beyond the last step has none.
func (s *situation) pauseOf(k int) *Pause {
	if k < 0 || k >= len(s.r.Plan.Steps) {
		return nil
	}
	return s.r.Plan.Steps[k].Pause
}

// pause holds while the current step's pause is not over.
func pause(s *situation) (Move, bool) {
	if !s.moving() {
		return Move{}, false
	}
	k := s.journey.Step
	rest := s.pauseOf(k)
	if rest == nil {
		return Move{}, false
	}
	if rest.UntilApproved && s.approved(k) || !rest.UntilApproved && s.promoted(k) {
		return Move{}, false
	}
	if rest.UntilApproved {
		return s.hold(time.Time{}, Approval, k+1, len(s.r.Plan.Steps), s.soFar(k))
	}
	over := s.journey.entered(s.now).Add(rest.Duration)
	for _, r := range s.readings() { // an instant at its end is known a little later
		if known := r.last.Add(Lag); known.After(over) {
			over = known
		}
	}
	if !over.After(s.now) {
		return Move{}, false
	}
	if code := s.journey.Reason.Code; code == Stepping || code == Promoting { // its sentence still holds
		return Move{Kind: Hold, Journey: s.journey, Reason: s.journey.Reason, Again: over}, true
	}
	return s.hold(over, Waiting, k+1, len(s.r.Plan.Steps), over.Format(time.RFC3339))
}

// lasts says in words how long the step lasts.
func (s *situation) lasts(k int) string {
	rest := s.pauseOf(k)
	switch {
	case rest == nil && s.r.Plan.AnalysisAt(k) != nil:
		return "until its analysis passes"
	case rest == nil && s.reaches(k):
		return "all of them"
	case rest == nil:
		return "without a pause"
	}
	return rest.String()
}

// String says how long the pause lasts.
func (p *Pause) String() string {
	if p.UntilApproved {
		return "until approved"
	}
	return "for " + Short(p.Duration)
}
