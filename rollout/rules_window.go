package rollout

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// These say when what goes forward may. Which moves heed windows is said in the
// table of kinds; careful asks here about each.

// startName is what the plan's startAt is called where it decides.
const startName = "startAt"

// around is the windows and freezes that hold for the rollout as a whole, from
// the outermost level inwards.
func (s *situation) around() []Level {
	if s.f.Unheld {
		return nil
	}
	levels := slices.Clone(s.r.Rules.Levels)
	if len(s.r.Plan.Windows) > 0 {
		levels = append(levels, Level{Name: planLevel, Windows: s.r.Plan.Windows})
	}
	return levels
}

// levels is all that says when a move to the step may be made.
func (s *situation) levels(kind Kind, step int) []Level {
	if s.f.Unheld {
		return nil
	}
	levels, steps := s.around(), kind.Traits().Step
	if steps && s.r.Plan.WhenWindowCloses == Finish && s.moving() {
		levels = without(levels, Allow)
	}
	if steps && step < len(s.r.Plan.Steps) {
		levels = append(levels, stepLevel(step, s.r.Plan.Steps[step])...)
	}
	if s.overridden() {
		levels = without(levels, Allow, Deny)
	}
	if !s.r.Plan.StartAt.IsZero() {
		levels = append(levels, Level{Name: planLevel, Freezes: []Freeze{{Name: startName, To: s.r.Plan.StartAt}}})
	}
	if steps && s.r.Plan.Schedule != nil {
		levels = append(levels, s.r.Plan.Schedule.ticks(s.free()))
	}
	return levels
}

// without leaves the windows of the kinds out.
func without(levels []Level, kinds ...WindowKind) []Level {
	var out []Level
	for _, l := range levels {
		l.Windows = slices.DeleteFunc(slices.Clone(l.Windows), func(w Window) bool { return slices.Contains(kinds, w.Kind) })
		out = append(out, l)
	}
	return out
}

// free is from when on a tick is free for the next step: after the last one, and
// once its pause is over. A step that was taken some seconds after its tick does not
// lose the one that comes when as many seconds of its pause are left; the pause holds
// by itself.
func (s *situation) free() time.Time {
	rest := s.pauseOf(s.journey.Step)
	if !s.moving() || s.promoted(s.journey.Step) {
		rest = nil
	}
	return freeAfter(s.journey.entered(s.now), rest)
}

// freeAfter is from when on a tick is free after a step that was taken at a time, with a
// pause or none.
func freeAfter(taken time.Time, rest *Pause) time.Time {
	if taken = taken.Truncate(time.Minute); rest != nil && !rest.UntilApproved && rest.Duration > 0 {
		return taken.Add(rest.Duration)
	}
	return taken.Add(1) // a tick is used up by one step
}

// tried is how many openings are looked at for one that is long enough. If none
// of them is, it is asked again when the last of them comes.
const tried = 100

// opening says whether the move may be made now. A rollout that would go back
// when its window closes does not begin in one that is too short for it; short
// is when that one closes.
func (s *situation) opening(m Move) (o Opening, short time.Time) {
	if !m.Kind.Traits().Windowed {
		return Opening{Open: true}, time.Time{}
	}
	levels := s.levels(m.Kind, m.Journey.Step)
	o = Openings(levels, s.now)
	if !m.Kind.Traits().Step || s.r.Plan.WhenWindowCloses != GoBack || s.moving() || s.any(member.flying) || s.overridden() {
		return o, short
	}
	for range tried {
		begin := o.Opens
		if o.Open {
			begin = s.now
		}
		if begin.IsZero() {
			return o, short
		}
		around := Openings(s.around(), begin) // a tick or a step's own window ends sooner
		if around.Closes.IsZero() || s.r.Plan.fits(s.around(), begin, around.Closes) {
			return o, short
		}
		if o.Open {
			short = around.Closes
		}
		next := Openings(levels, around.Closes)
		o = Opening{By: o.By, Opens: next.Opens, Closes: next.Closes}
		if next.Open {
			o.Opens = around.Closes
		}
	}
	return o, short
}

// closed is the Hold of what may not go forward now. It names what decides, and
// is looked at again exactly when it opens.
func (s *situation) closed(o Opening, short time.Time) (Move, bool) {
	opens := o.opens()
	switch {
	case !short.IsZero():
		return s.hold(o.Opens, WindowShort, o.By, o.By.moment(short), opens)
	case o.By.Kind == Freezing && o.By.Name == startName:
		start := o.By.moment(s.r.Plan.StartAt)
		return s.hold(o.Opens, StartAt, start, strings.TrimPrefix(opens, "it ends at "+start+", and "))
	case o.By.Kind == Freezing && o.By.Reason != "":
		return s.hold(o.Opens, Frozen, fmt.Sprintf("%s (%s)", o.By, o.By.Reason), opens)
	case o.By.Kind == Freezing:
		return s.hold(o.Opens, Frozen, o.By, opens)
	case o.By.Kind == Deny:
		return s.hold(o.Opens, WindowDenies, o.By, opens)
	case o.By.Name == tickName && s.r.Plan.Schedule != nil && o.By.Level == planLevel:
		return s.hold(o.Opens, NextTick, s.r.Plan.Schedule.Cron, s.r.Plan.Schedule.TimeZone, strings.Replace(opens, "it opens", "it comes", 1))
	}
	return s.hold(o.Opens, WindowClosed, o.By, opens)
}

// opens says when it opens: of what decides, and of all where others hold on then.
func (o Opening) opens() string {
	never := fmt.Sprintf(" within %d years", Horizon/(366*24*time.Hour))
	itself := "it ends at "
	if o.By.Kind == Allow {
		itself = "it opens at "
	}
	switch {
	case o.Opens.IsZero() && o.Turns.IsZero():
		return "it does not open" + never
	case o.Opens.IsZero():
		return itself + o.By.moment(o.Turns) + ", and then nothing may go forward" + never
	case !o.Turns.IsZero() && !o.Turns.Equal(o.Opens) && o.Closes.IsZero():
		return itself + o.By.moment(o.Turns) + ", and it may go forward from " + o.By.moment(o.Opens)
	case !o.Turns.IsZero() && !o.Turns.Equal(o.Opens):
		return itself + o.By.moment(o.Turns) + ", and it may go forward from " + o.By.moment(o.Opens) + " to " + o.By.moment(o.Closes)
	case o.Closes.IsZero():
		return "it opens at " + o.By.moment(o.Opens)
	}
	return "it opens at " + o.By.moment(o.Opens) + " and closes at " + o.By.moment(o.Closes)
}

// awaited are the reasons that time alone takes away. What they hold could not
// have moved, so that no deadline runs. It is never changed.
var awaited = []Code{WindowClosed, WindowDenies, WindowShort, Frozen, StartAt, NextTick}

// Awaited tells whether time alone takes the reason away: a window, a freeze or
// a tick is waited for.
func (c Code) Awaited() bool { return slices.Contains(awaited, c) }

// openFor is when the rollout will have had the time, while it could have taken
// its next step; zero for never.
func (s *situation) openFor(d time.Duration) time.Time {
	levels := lasting(s.levels(Forward, s.next(s.journey.Step)))
	now := s.now
	for range 1000 {
		o := Openings(levels, now)
		if !o.Open {
			if now = o.Opens; now.IsZero() {
				return time.Time{}
			}
		}
		if o.Closes.IsZero() || !now.Add(d).After(o.Closes) {
			return now.Add(d)
		}
		d -= o.Closes.Sub(now)
		now = o.Closes
	}
	return time.Time{}
}

// lasting are the levels with ticks that are over as windows are.
func lasting(levels []Level) []Level {
	out := slices.Clone(levels)
	for i, l := range out {
		out[i].Windows = slices.Clone(l.Windows)
		for k := range out[i].Windows {
			out[i].Windows[k].brief = false
		}
	}
	return out
}

// flying tells whether the member stands between stable and a target.
func (m member) flying() bool { return m.ours() && m.live.State.Member.Applied != nil }

// overtaken is the goals of members in flight whose window has closed, where
// the plan has them go back then. Whoever overrode a window, or took traffic
// of one of them off by hand, wanted the weights where they are. What only has
// to be called complete is.
func (s *situation) overtaken() (map[Ref]Routes, Opening) {
	if s.r.Want != Known || s.r.Plan.WhenWindowCloses != GoBack || s.journey.Phase == Degraded || !s.any(member.flying) {
		return nil, Opening{}
	}
	o := Openings(s.around(), s.now)
	if s.journey.Reason.Code != WindowReturned { // else a member has not followed yet
		lowered := func(m member) bool {
			return m.flying() && m.lowered() && !m.target.Routes.With(m.live.Routes).Equal(m.as(m.live.State.Member.Last()))
		}
		if o.Open || len(s.asked(ToOverride, s.journey.ID)) > 0 || s.any(lowered) {
			return nil, o
		}
		if _, done := complete(s); done {
			return nil, o
		}
	}
	goals := map[Ref]Routes{}
	for _, m := range s.members {
		if m.flying() {
			goals[m.target.Ref] = m.live.Routes.With(m.live.State.Member.Stable)
		}
	}
	return goals, o
}

// closing looks again when the window of a rollout closes that goes back then.
func (s *situation) closing(m Move) Move {
	flies := s.any(member.flying) || m.Writes() && m.Kind.Traits().Step
	if s.r.Want != Known || s.r.Plan.WhenWindowCloses != GoBack || !flies || m.Journey.Phase == Degraded || m.Journey.Phase == Healthy {
		return m
	}
	if o := Openings(s.around(), s.now); o.Open {
		m.Again, m.timer = soonest(m.Again, o.Closes), soonest(m.timer, o.Closes)
		m.watch = soonest(m.watch, o.Closes)
	}
	return m
}

// begunAnew tells whether the journey before went back because its window closed:
// what people said of it is meant for the one that begins anew.
func (s *situation) begunAnew() bool { return s.journey.Reason.Code == WindowReturned }

// shut says what closed, and when the rollout begins anew.
func (s *situation) shut(o Opening) string {
	again := ""
	if !o.Opens.IsZero() {
		again = ", and it opens at " + o.By.moment(o.Opens)
	}
	if o.Open { // it opened again before the last of them was back
		return "its window had closed"
	}
	if o.By.Kind == Allow {
		return o.By.String() + " closed" + again
	}
	return o.By.String() + " began" + again
}
