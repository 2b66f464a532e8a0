package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// CheckText writes a CheckReport for people: each rollout with its steps, what
// the rules said, what is wrong, and the tally.
func CheckText(w io.Writer, r agent.CheckReport, look Look) error {
	p := &page{ink: ink{look.Color}}
	for _, c := range r.Rollouts {
		p.checkRollout(c, look.Now)
	}
	p.findings(r.Findings)
	p.advice(r.Advice)
	p.problems(r.Problems)
	p.checkTally(r)
	return p.writeTo(w)
}

// verdict is the word for the policies' answer, with its glyph.
func (i ink) verdict(v policy.Verdict) (glyph, word string, paint paint) {
	switch v {
	case policy.Allow:
		return "✔", "allowed", i.good
	case policy.Deny:
		return "✖", "denied", i.bad
	}
	return "✖", "not judged", i.bad
}

func (p *page) checkRollout(c agent.CheckRollout, now time.Time) {
	glyph, word, paint := p.verdict(c.Decision)
	p.line("%s %s  %s  %s", paint(glyph), paint(word), p.strong(clean(c.Environment+"/"+c.Name)), clean(c.Kind))
	about := table{
		{{"plan", p.faint}, {clean(planOf(c.Plan)), nil}},
		{{"id", p.faint}, {clean(idOf(c)), nil}},
	}
	about.lines(p, "  ")
	for _, r := range routesOf(c) {
		p.line("")
		p.line("  %s", p.faint(clean(fmt.Sprintf("%s %s", r.target, r.route))))
		p.steps(c, r, now).lines(p, "  ")
	}
	p.waits(c)
	if len(c.Steps) == 0 {
		p.line("  it holds where it is: %s", clean(why(c.Reason.Sentence)))
	}
	p.line("")
}

// waits says which window, freeze or tick each step waits for.
func (p *page) waits(c agent.CheckRollout) {
	for _, s := range c.Steps {
		if s.Waits != "" {
			p.para("  ", clean(waitOf(s)), p.faint)
		}
	}
}

// waitOf says what a step waits for.
func waitOf(s agent.CheckStep) string {
	if s.Index < 0 {
		return "it waits: " + s.Waits
	}
	return fmt.Sprintf("step %d waits: %s", s.Index+1, s.Waits)
}

// why is the reason, or what to say where there is none.
func why(reason string) string {
	if reason == "" {
		return "nothing goes forward as things are"
	}
	return reason
}

func planOf(v agent.PlanView) string {
	name := v.Name
	if name == "" {
		name = "the default plan"
	}
	if v.File == "" {
		return name
	}
	return fmt.Sprintf("%s (%s)", name, rollout.Position{File: v.File, Line: v.Line})
}

func idOf(c agent.CheckRollout) string {
	switch {
	case c.ID == "":
		return "-"
	case c.Provisional:
		return fmt.Sprintf("%s (provisional: it counts from the base, not from what is live)", c.ID)
	}
	return string(c.ID)
}

// routeName tells the routes of a rollout apart.
type routeName struct{ target, route string }

// routesOf lists the routes that the rollout moves, in order of first sight.
func routesOf(c agent.CheckRollout) []routeName {
	var out []routeName
	add := func(views []agent.RouteView) {
		for _, v := range views {
			if name := (routeName{v.Target, v.Route}); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	add(c.From)
	for _, s := range c.Steps {
		add(s.Routes)
	}
	return out
}

func (n routeName) in(views []agent.RouteView) rollout.Split {
	for _, v := range views {
		if v.Target == n.target && v.Route == n.route {
			return v.Destinations
		}
	}
	return nil
}

// steps is the table of one route: a row for each split, the one before the
// change first, and a column for each destination.
func (p *page) steps(c agent.CheckRollout, name routeName, now time.Time) table {
	from := name.in(c.From)
	splits := []rollout.Split{from}
	for _, s := range c.Steps {
		splits = append(splits, name.in(s.Routes))
	}
	columns := everyone(splits)
	all := rollout.Split{}
	head := row(p.faint, "step", "earliest")
	for _, d := range columns {
		all = append(all, rollout.Weight{Destination: d})
	}
	for _, d := range columns {
		head = append(head, cell{clean(label(all, d)), p.faint})
	}
	out := table{append(head, cell{"", nil})}
	digits := digitsOf(splits)
	rising := rollout.Rising(from, splits[len(splits)-1])
	if len(from) > 0 {
		out = append(out, p.weights([]cell{{"", nil}, {"now", nil}}, from, columns, rising, digits))
	}
	before := from
	for i, s := range c.Steps {
		split := splits[i+1]
		start := []cell{{numberOf(s), nil}, {earliest(c, i, now), nil}}
		cells := p.weights(start, split, columns, rising, digits)
		out = append(out, append(cells, cell{noteOf(c, i, before, split), p.faint}))
		before = split
	}
	return out
}

// everyone lists the destinations of all splits once, in order of first sight.
func everyone(splits []rollout.Split) []rollout.Destination {
	var out []rollout.Destination
	for _, s := range splits {
		for _, w := range s {
			if !slices.Contains(out, w.Destination) {
				out = append(out, w.Destination)
			}
		}
	}
	return out
}

// weights adds a split's cells to a row: its numbers, each with its bar.
func (p *page) weights(start []cell, s rollout.Split, columns, rising []rollout.Destination, digits int) []cell {
	cells := 10
	if len(columns) > 4 {
		cells = 4
	}
	for _, d := range columns {
		part, whole := shown(s, d)
		c := cell{strings.TrimRight(fmt.Sprintf("%*d %s", digits, part, bar(part, whole, cells)), " "), nil}
		switch {
		case len(s) == 0 || !slices.ContainsFunc(s, func(w rollout.Weight) bool { return w.Destination == d }):
			c = cell{fmt.Sprintf("%*s", digits, "-"), p.faint}
		case part == 0:
			c.paint = p.faint
		case slices.Contains(rising, d):
			c.paint = p.move
		}
		start = append(start, c)
	}
	return start
}

// numberOf is the step as people count; what belongs to no step of the plan has none.
func numberOf(s agent.CheckStep) string {
	if s.Index < 0 {
		return "   ·"
	}
	return fmt.Sprintf("%4d", s.Index+1)
}

// earliest says when a step comes at the earliest: from now, and by the clock
// unless it waits for people.
func earliest(c agent.CheckRollout, i int, now time.Time) string {
	at := c.Steps[i].Earliest
	waits := slices.ContainsFunc(c.Steps[:i], func(s agent.CheckStep) bool { return s.Pause != nil && s.Pause.UntilApproved })
	switch wait := at.Sub(now); {
	case at.IsZero():
		return "not foreseeable"
	case wait <= 0 && waits:
		return "once approved"
	case wait <= 0:
		return "at once"
	case waits:
		return "+" + rollout.Short(wait) + ", once approved"
	default:
		return "+" + rollout.Short(wait) + ", " + stampIn(c.Zone, at)
	}
}

func stamp(t time.Time) string { return stampIn(nil, t) }

// stampIn is a time as the clocks of a zone show it; nil is UTC.
func stampIn(zone *time.Location, t time.Time) string {
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone).Format("2006-01-02 15:04:05 MST")
}

// noteOf says what a row is, or how long its step lasts.
func noteOf(c agent.CheckRollout, i int, before, after rollout.Split) string {
	s := c.Steps[i]
	switch {
	case s.Pause != nil && s.Pause.UntilApproved:
		return "until approved"
	case s.Pause != nil:
		return "for " + rollout.Short(time.Duration(s.Pause.Seconds)*time.Second)
	case s.Index >= 0:
		return ""
	case len(after) == 0:
		return "removed"
	case len(before) == 0:
		return "created"
	case strings.HasPrefix(s.Reason, "other pods"):
		what, _, _ := strings.Cut(s.Reason, ", at ")
		return what
	case before.Equal(after) && !slices.ContainsFunc(c.Steps[:i], func(s agent.CheckStep) bool { return s.Index >= 0 }):
		return "all but these weights" // a reshape comes before the first step
	}
	return "as Git has it"
}

func (p *page) checkTally(r agent.CheckReport) {
	glyph, word, paint := p.verdict(r.Decision)
	if len(r.Problems) > 0 {
		glyph, word, paint = "✖", "wrong", p.bad
	}
	if len(r.Rollouts)+len(r.Findings)+len(r.Problems) == 0 {
		p.line("%s %s: the change moves nothing", paint(glyph), paint(word))
		return
	}
	parts := []string{plural(len(r.Rollouts), "rollout"), plural(len(merge(r.Findings)), "finding"), plural(len(r.Problems), "problem")}
	p.line("%s %s: %s", paint(glyph), paint(word), strings.Join(parts, ", "))
}
