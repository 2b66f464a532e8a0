package rollout

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Misfit says why a plan can never finish inside its windows. Path is the
// field of the plan that is to blame, as "steps[1].windows".
type Misfit struct{ Path, Message, Hint string }

// eraOf is from when windows are tried: a file is right or wrong whatever the day.
var eraOf = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// Misfits says all for which a plan can never finish, beside the windows of the
// levels around it. Freezes end, so they are no reason.
func (p Plan) Misfits(around []Level) []Misfit {
	levels := []Level{}
	for _, l := range around {
		levels = append(levels, Level{Name: l.Name, Windows: l.Windows})
	}
	levels = append(levels, Level{Name: planLevel, Windows: p.Windows})
	if never(levels) {
		why, hint := apart(levels)
		return []Misfit{{"windows", "leave no time to go forward: " + why, hint}}
	}
	var out []Misfit
	for i, s := range p.Steps {
		if with := slices.Concat(levels, stepLevel(i, s)); len(s.Windows) > 0 && never(with) {
			why, hint := apart(with)
			out = append(out, Misfit{fmt.Sprintf("steps[%d].windows", i), "leave no time for the step: " + why, hint})
		}
	}
	if p.Schedule != nil {
		out = append(out, p.tickless(levels)...)
	}
	if len(out) == 0 && p.WhenWindowCloses == GoBack {
		out = p.hurried(levels)
	}
	return out
}

// tickless says of windows that no tick of the plan's schedule comes in them: of those
// around all steps, else of each step's own, where these leave a time at all.
func (p Plan) tickless(levels []Level) (out []Misfit) {
	in := [][]Level{levels}
	if ticks := p.Schedule.ticks(time.Time{}); !never(append(slices.Clone(levels), ticks)) {
		in = nil
		for i, s := range p.Steps {
			if with := slices.Concat(levels, stepLevel(i, s)); len(s.Windows) > 0 && !never(with) && never(append(slices.Clone(with), ticks)) {
				in = append(in, with)
			}
		}
	}
	for _, l := range in {
		out = append(out, Misfit{"schedule", fmt.Sprintf("has no tick inside the windows: none of %q %s comes, within 10 years, %s", p.Schedule.Cron, p.Schedule.TimeZone, leaves(l)), "let the schedule tick while a step may be taken"})
	}
	return out
}

func never(levels []Level) bool {
	o := Openings(levels, eraOf)
	return !o.Open && o.Opens.IsZero()
}

// apart says why windows leave no time, and what to do.
func apart(levels []Level) (why, hint string) {
	allow, deny := told(levels, Allow), told(levels, Deny)
	switch {
	case deny == "":
		return allow + " are never open together within 10 years", "let them overlap"
	case allow == "":
		return "there is no moment within 10 years that is in none of " + deny, "leave a time between them"
	}
	return fmt.Sprintf("there is no moment within 10 years in %s that is not in %s", allow, deny), "let the allow windows be open outside of the deny windows"
}

// leaves says when windows let a step be taken.
func leaves(levels []Level) string {
	allow, deny := told(levels, Allow), told(levels, Deny)
	switch {
	case deny == "":
		return "while " + allow + " would let a step be taken"
	case allow == "":
		return "outside of " + deny
	}
	return "in " + allow + " and outside of " + deny
}

// told lists the windows of the levels in words, of the kinds.
func told(levels []Level, kinds ...WindowKind) string {
	var out []string
	for _, l := range levels {
		for _, w := range l.Windows {
			if !slices.Contains(kinds, w.Kind) {
				continue
			}
			out = append(out, fmt.Sprintf("%s (%s for %s, %s)", l.window(w), w.Schedule, Short(w.Duration), w.TimeZone))
		}
	}
	return strings.Join(out, " and ")
}

// hurried says that a plan that goes back when its window closes finds none
// that is long enough for its way.
func (p Plan) hurried(levels []Level) []Misfit {
	longest, by := time.Duration(0), Decider{}
	now := eraOf
	for openings := 0; openings < 3 || now.Before(eraOf.AddDate(1, 0, 0)) && openings < 2000; openings++ {
		o := Openings(levels, now)
		opens := now
		if !o.Open {
			opens = o.Opens
		}
		if opens.IsZero() {
			break
		}
		if o.Closes.IsZero() || p.fits(levels, opens, o.Closes.Add(-beginsLate)) {
			return nil
		}
		if d := o.Closes.Sub(opens); d > longest {
			longest, by = d, Openings(levels, opens).By
		}
		now = o.Closes
	}
	var pauses []string
	sum := time.Duration(0)
	for _, s := range p.way() {
		if d := p.lasts(s); d > 0 {
			sum += d
			pauses = append(pauses, Short(d))
		}
	}
	taking := beginsLate + time.Duration(len(p.way()))*stepsLate
	message := fmt.Sprintf("is rollback, and the steps take %s (%s), which is longer than the longest opening: %s of %s", Short(sum), strings.Join(pauses, " + "), Short(longest), by)
	switch {
	case sum > longest:
	case sum+taking > longest:
		message = fmt.Sprintf("is rollback, and the steps take %s (%s) of the longest opening, which is %s of %s: that leaves less than the %s that beginning and taking %d steps may take", Short(sum), strings.Join(pauses, " + "), Short(longest), by, Short(taking), len(p.way()))
	default:
		message = fmt.Sprintf("is rollback, and the steps' own windows or the schedule spread the steps over more than one opening, of which the longest is %s, of %s", Short(longest), by)
	}
	return []Misfit{{"whenWindowCloses", message, "shorten the pauses, lengthen the window, or use hold or finish"}}
}

// What a plan that goes back when its window closes has to have left over: a pause is
// looked at when it is over, and then the cluster is read, the policies are asked and the
// decision is pushed. No opening is used from its first second to its last.
const (
	beginsLate = 30 * time.Second // from the opening until the first step
	stepsLate  = 5 * time.Second  // for each step
)

// fits tells whether all steps and their pauses find room between two times.
func (p Plan) fits(levels []Level, opens, closes time.Time) bool {
	now, since := opens, time.Time{}
	for i, s := range p.way() {
		with := slices.Concat(levels, stepLevel(i, s))
		if p.Schedule != nil {
			with = append(with, p.Schedule.ticks(since))
		}
		if o := Openings(with, now); !o.Open {
			if now = o.Opens; now.IsZero() || !now.Before(closes) {
				return false
			}
		}
		since = freeAfter(now, s.Pause)
		now = now.Add(p.lasts(s) + stepsLate)
	}
	return !now.After(closes)
}

// way is the steps, and the target where it is beyond the last of them: it takes
// a tick and an analysis too.
func (p Plan) way() []Step {
	if n := len(p.Steps); n > 0 && p.Steps[n-1].SetWeight == 100 {
		return p.Steps
	}
	return append(slices.Clone(p.Steps), Step{SetWeight: 100})
}

// lasts is how long a step takes at least: its pause, and until the last instant
// of its analysis is known. Waiting for people is not counted.
func (p Plan) lasts(s Step) time.Duration {
	rest := time.Duration(0)
	if s.Pause != nil {
		rest = s.Pause.Duration
	}
	a := s.Analysis
	if a == nil {
		a = p.Analysis
	}
	if a == nil {
		return rest
	}
	out := rest
	for _, m := range a.Metrics {
		every := a.Every(m)
		out = max(out, max(rest.Truncate(every), every)+Lag)
	}
	return out
}

// planLevel is what the windows of a plan are of.
const planLevel = "the plan"

// stepLevel is the windows of one step, as a level of its own.
func stepLevel(i int, s Step) []Level {
	if len(s.Windows) == 0 {
		return nil
	}
	return []Level{{Name: fmt.Sprintf("step %d", i+1), Windows: s.Windows}}
}
