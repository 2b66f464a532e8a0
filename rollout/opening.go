package rollout

import (
	"cmp"
	"slices"
	"time"
)

// Level is one of the places that say when to go forward: the Delivery, the
// environment, the plan, a step. Its allow windows are alternatives, and without
// any it restricts nothing. All levels must agree, and what denies at one of
// them denies.
type Level struct {
	Name    string   `json:"name"`
	Windows []Window `json:"windows,omitempty"`
	Freezes []Freeze `json:"freezes,omitempty"`
}

// Decider is the window or freeze that an answer hangs on, and its level.
type Decider struct {
	Level  string
	Name   string
	Kind   WindowKind
	Reason string         // a freeze's
	Zone   *time.Location // in which people think of it
}

// Opening says whether one may go forward at a time, and what decides.
type Opening struct {
	Open bool
	// By is what holds: a freeze before a deny window before the allow window
	// that opens next of a level that has none open. While open, it is what
	// closes first; its Name is empty where nothing ever does.
	By Decider
	// Turns is when By itself ends, or opens, while it holds; others may hold on then.
	Turns time.Time
	// Opens is when it opens next, zero while it is open and for never within
	// the Horizon.
	Opens time.Time
	// Closes is when it, or the next opening, closes; zero for no end within a
	// year.
	Closes time.Time
}

// maxJumps bounds the search for an opening or a closing. What changes more
// often than that, and never for the better, is as good as never open.
const maxJumps = 20_000

// Openings says whether all levels agree at now, which window or freeze decides,
// when that ends and when it opens next. It jumps from one start or end of a
// window to the next, right to the second.
func Openings(levels []Level, now time.Time) Opening {
	s := searching(levels)
	open, by, next := s.at(now)
	if open {
		by, closes := closing(levels, now)
		return Opening{Open: true, By: by, Closes: closes}
	}
	out := Opening{By: by, Turns: next}
	for range maxJumps {
		if next.IsZero() || next.Sub(now) > Horizon {
			return out
		}
		t := next
		if open, _, next = s.at(t); open {
			out.Opens = t.UTC()
			_, out.Closes = closing(levels, t)
			return out
		}
	}
	return out
}

// search goes forward through time and asks each window again only once it has
// opened or closed.
type search struct {
	levels []Level
	states [][]state // of each level's windows
}

// state is whether a window is open, and until when that holds; zero for ever.
type state struct {
	open, known bool
	change      time.Time
}

func searching(levels []Level) *search {
	s := &search{levels: levels, states: make([][]state, len(levels))}
	for i, l := range levels {
		s.states[i] = make([]state, len(l.Windows))
	}
	return s
}

// of is the state of a window at t, which is never before the last one asked for.
func (s *search) of(level, window int, t time.Time) state {
	is := &s.states[level][window]
	if is.known && (is.change.IsZero() || t.Before(is.change)) {
		return *is
	}
	w := s.levels[level].Windows[window]
	is.known = true
	if is.change, is.open = w.until(t); !is.open {
		is.change = w.after(t)
	}
	return *is
}

// unticked are the levels without the ticks of a schedule.
func unticked(levels []Level) []Level {
	return slices.DeleteFunc(slices.Clone(levels), func(l Level) bool {
		return slices.ContainsFunc(l.Windows, func(w Window) bool { return w.brief })
	})
}

// closing follows an open time to its end, and says what ends it. The ticks of
// a schedule end nothing.
func closing(levels []Level, now time.Time) (Decider, time.Time) {
	s := searching(unticked(levels))
	_, by, next := s.at(now)
	for range maxJumps {
		if next.IsZero() || next.Sub(now) > lookahead {
			break
		}
		open, then, later := s.at(next)
		if !open {
			return by, next.UTC()
		}
		by, next = then, later
	}
	return Decider{}, time.Time{}
}

// at says whether all levels agree at t, what decides, and when that may change
// at the earliest; a time of zero is never.
func (s *search) at(t time.Time) (open bool, by Decider, next time.Time) {
	if by, next, holds := frozen(s.levels, t); holds {
		return false, by, next
	}
	for i, l := range s.levels {
		for k, w := range l.Windows {
			is := s.of(i, k, t)
			switch {
			case w.Kind != Deny:
			case is.open:
				return false, l.window(w), is.change
			case sooner(is.change, next):
				by, next = l.window(w), is.change
			}
		}
		for _, f := range l.Freezes {
			if f.From.After(t) && sooner(f.From, next) {
				by, next = l.freeze(f), f.From
			}
		}
	}
	for i := range s.levels {
		opened, restricted, decider, change := s.allows(i, t)
		switch {
		case restricted && !opened:
			return false, decider, change
		case restricted && sooner(change, next):
			by, next = decider, change
		}
	}
	return true, by, next
}

// allows tells whether one of a level's allow windows is open at t, and when
// the last of them closes or the first of them opens.
func (s *search) allows(level int, t time.Time) (open, restricted bool, by Decider, change time.Time) {
	l := s.levels[level]
	for k, w := range l.Windows {
		if w.Kind != Allow {
			continue
		}
		is, first := s.of(level, k, t), !restricted
		restricted = true
		switch {
		case is.open && is.change.IsZero():
			return true, true, Decider{}, time.Time{}
		case is.open && (!open || is.change.After(change)):
			open, by, change = true, l.window(w), is.change
		case !is.open && !open && (first || sooner(is.change, change)):
			by, change = l.window(w), is.change
		}
	}
	return open, restricted, by, change
}

// sooner tells whether a comes before b, of which zero is never.
func sooner(a, b time.Time) bool { return !a.IsZero() && (b.IsZero() || a.Before(b)) }

func (l Level) freeze(f Freeze) Decider {
	return Decider{Level: l.Name, Name: f.Name, Kind: Freezing, Reason: f.Reason, Zone: time.UTC}
}

func (l Level) window(w Window) Decider {
	return Decider{Level: l.Name, Name: w.Name, Kind: w.Kind, Zone: w.Zone}
}

// frozen finds the freeze that holds at t for the longest.
func frozen(levels []Level, t time.Time) (by Decider, until time.Time, holds bool) {
	for _, l := range levels {
		for _, f := range l.Freezes {
			if f.Active(t) && f.To.After(until) {
				by, until, holds = l.freeze(f), f.To, true
			}
		}
	}
	return by, until, holds
}

// String is what people call the decider.
func (d Decider) String() string {
	kind := "window"
	switch d.Kind {
	case Deny:
		kind = "deny window"
	case Freezing:
		kind = "freeze"
	}
	out := kind + " " + d.Name
	if d.Level != "" {
		out += " of " + d.Level
	}
	return out
}

// moment is the time as the decider's people read it.
func (d Decider) moment(t time.Time) string {
	return t.In(cmp.Or(d.Zone, time.UTC)).Format(time.RFC3339)
}
