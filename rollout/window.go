package rollout

import (
	"time"

	"github.com/robfig/cron/v3"
)

// WindowKind says whether a window allows or denies.
type WindowKind string

// Allow lets go forward while the window is open, Deny holds. Freezing is the
// kind of a freeze, where it decides beside windows.
const (
	Allow    WindowKind = "allow"
	Deny     WindowKind = "deny"
	Freezing WindowKind = "freeze"
)

// Horizon is how far an opening is looked for. What does not come within it
// never comes. A leap day may be eight years away.
const Horizon = 10 * 366 * 24 * time.Hour

// lookahead is how far a closing is looked for: what stays open for longer has
// no end that anybody waits for.
const lookahead = 366 * 24 * time.Hour

// Window is a time that comes again and again: it begins at each start of its
// schedule and lasts for its duration, in elapsed time. What starts in a gap of
// daylight saving begins at the gap's end, and in a repeat at the first.
type Window struct {
	Name     string        `json:"name"`
	Kind     WindowKind    `json:"kind"`
	Schedule string        `json:"schedule"`
	Duration time.Duration `json:"duration"`
	TimeZone string        `json:"timeZone"`

	// Starts is the Schedule, parsed; it is asked about wall times held as UTC
	// and nothing else. Zone is the TimeZone. Both are part of the text above.
	Starts cron.Schedule  `json:"-"`
	Zone   *time.Location `json:"-"`
	// Position is where the window stands.
	Position Position `json:"-"`

	from  time.Time // no start before it counts
	brief bool      // a tick: nobody asks when it is over, only whether it still is
}

// after is the window's first start after t, zero if there is none within the
// Horizon.
func (w Window) after(t time.Time) time.Time {
	if t.Before(w.from) {
		t = w.from.Add(-1)
	}
	last := t.Add(Horizon)
	for wall := wallOf(t, w.Zone); ; {
		next := w.Starts.Next(wall)
		if next.IsZero() { // it looks five years ahead and no further
			wall = time.Date(wall.Year()+5, time.December, 31, 23, 59, 59, 0, time.UTC)
			if wall.After(last.Add(24 * time.Hour)) {
				return time.Time{}
			}
			continue
		}
		switch at := reached(next, w.Zone); {
		case at.After(last):
			return time.Time{}
		case at.After(t):
			return at
		}
		wall = next // clocks that were put back show it for the second time
	}
}

// Open tells whether the window is open at t.
func (w Window) Open(t time.Time) bool {
	_, open := w.until(t)
	return open
}

// until tells whether the window is open at t, and when it closes then. Where
// its next start comes before its end it goes on; a time of zero is longer than
// anybody looks ahead.
func (w Window) until(t time.Time) (closes time.Time, open bool) {
	start := w.after(t.Add(-w.Duration))
	if start.IsZero() || start.After(t) {
		return time.Time{}, false
	}
	if w.brief {
		return w.latest(start, t).Add(w.Duration), true
	}
	for {
		end := start.Add(w.Duration)
		next := w.after(start)
		switch {
		case next.IsZero() || next.After(end):
			return end, true
		case end.After(t.Add(lookahead)):
			return time.Time{}, true
		}
		start = w.latest(next, end)
	}
}

// latest is the last start that is not after the limit, of which start is one.
// Starts may be a minute apart and the window last for days: they are bisected.
func (w Window) latest(start, limit time.Time) time.Time {
	for limit.Sub(start) >= time.Second {
		middle := start.Add(limit.Sub(start) / 2)
		if next := w.after(middle); next.IsZero() || next.After(limit) {
			limit = middle
		} else {
			start = next
		}
	}
	return start
}
