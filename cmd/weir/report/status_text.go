package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// StatusText writes a table of every rollout.
func StatusText(w io.Writer, s StatusReport, look Look) error {
	p := &page{ink: ink{look.Color}}
	p.problems(s.Problems)
	if len(s.Rollouts) == 0 {
		p.line("no rollouts")
		return p.writeTo(w)
	}
	head := []string{" ", "ROLLOUT", "PHASE", "STEP", "WEIGHTS", "SINCE"}
	if look.Wide {
		head = append(head, "ID", "REVISION", "CLUSTER", "PLAN")
	}
	t := table{row(p.faint, append(head, "WHY")...)}
	for _, r := range s.Rollouts {
		t = append(t, p.statusRow(r, look))
	}
	t.lines(p, "")
	p.line("")
	p.line("%s", s.tally())
	return p.writeTo(w)
}

func (p *page) statusRow(r Rollout, look Look) []cell {
	paint := p.phase(r.Phase)
	out := []cell{
		{agent.Glyph(r.Phase), paint}, {clean(r.FullName()), p.strong}, {clean(string(r.Phase)), paint},
		{stepOf(r.View), nil}, {weightsOf(r.Routes), nil}, {since(r.Since, look), nil},
	}
	if look.Wide {
		for _, text := range []string{string(r.ID), r.Revision[:min(7, len(r.Revision))], r.Cluster, planOf(r.Plan)} {
			if text == "" {
				text = "-"
			}
			out = append(out, cell{clean(text), nil})
		}
	}
	return append(out, cell{clean(firstLine(whyOf(r.View))), nil})
}

// stepOf is "2/4", "2" where the number of steps is not known, "-" at rest.
func stepOf(v agent.View) string {
	switch {
	case v.Phase == rollout.Healthy || v.Step <= 0:
		return "-"
	case v.Steps == 0:
		return fmt.Sprint(v.Step)
	}
	return fmt.Sprintf("%d/%d", min(v.Step, v.Steps), v.Steps) // the target may be no step of the plan
}

// weightsOf is the first route's split, and how many routes there are besides.
func weightsOf(routes []agent.RouteView) string {
	if len(routes) == 0 {
		return "-"
	}
	out := sparkline(routes[0].Destinations)
	if more := len(routes) - 1; more > 0 {
		out += fmt.Sprintf(" (and %s)", plural(more, "more route"))
	}
	return out
}

func since(t time.Time, look Look) string {
	switch {
	case t.IsZero():
		return "-"
	case look.Ages:
		return ago(look.Now.Sub(t))
	}
	return t.UTC().Format(time.RFC3339)
}

func whyOf(v agent.View) string {
	if v.Error != "" {
		return v.Error
	}
	if v.Unmeasured != "" && !strings.Contains(v.Reason.Sentence, v.Unmeasured) {
		return v.Reason.Sentence + "; " + v.Unmeasured
	}
	return v.Reason.Sentence
}

func firstLine(s string) string {
	first, _, more := strings.Cut(s, "\n")
	if more {
		first += " …"
	}
	return first
}

// tally counts the phases, what needs somebody first.
func (s StatusReport) tally() string {
	count := map[rollout.Phase]int{}
	for _, r := range s.Rollouts {
		count[r.Phase]++
	}
	var parts []string
	for _, phase := range []rollout.Phase{rollout.Degraded, rollout.Paused, rollout.Pending, rollout.Progressing, rollout.Healthy} {
		if n := count[phase]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, phase))
		}
	}
	asOf := "each as of its last move"
	if s.Source == "git" {
		asOf = "as the status branch has them"
	}
	return fmt.Sprintf("%s: %s; %s", plural(len(s.Rollouts), "rollout"), strings.Join(parts, ", "), asOf)
}

// RolloutText writes one rollout, or a few of one name, in full.
func RolloutText(w io.Writer, s StatusReport, look Look) error {
	p := &page{ink: ink{look.Color}}
	for i, r := range s.Rollouts {
		if i > 0 {
			p.line("")
		}
		p.rollout(r, look)
	}
	if len(s.Problems) > 0 {
		p.line("")
		p.problems(s.Problems)
	}
	return p.writeTo(w)
}

func (p *page) rollout(r Rollout, look Look) {
	paint := p.phase(r.Phase)
	p.line("%s %s  %s", paint(agent.Glyph(r.Phase)), paint(clean(string(r.Phase))), p.strong(clean(r.FullName())))
	p.para("  ", whyOf(r.View), p.plain)
	for _, route := range r.Routes {
		p.line("")
		p.line("  %s", p.faint(clean(route.Target+" "+route.Route)))
		p.split(route, wantedOf(r, route))
	}
	p.line("")
	about := table{}
	add := func(name, text string) {
		if text != "" {
			about = append(about, []cell{{name, p.faint}, {clean(text), nil}})
		}
	}
	add("step", stepOf(r.View))
	add("since", moment(r.Since, look))
	if r.Next != nil {
		add("next look", moment(*r.Next, look))
	}
	add("plan", planOf(r.Plan))
	add("cluster", r.Cluster)
	add("id", string(r.ID))
	add("revision", r.Revision)
	add("decision", string(r.Decision))
	about.lines(p, "  ")
	if len(r.Findings) > 0 {
		p.line("")
		p.findings(r.Findings)
	}
}

// wantedOf is what Git wants of the route; nil where that is not known.
func wantedOf(r Rollout, route agent.RouteView) rollout.Split {
	i := slices.IndexFunc(r.Wanted, func(w agent.RouteView) bool { return w.Target == route.Target && w.Route == route.Route })
	if i < 0 {
		return nil
	}
	return r.Wanted[i].Destinations
}

// split draws a route's split with a bar for each destination and, where it is
// to become another, where each is going.
func (p *page) split(route agent.RouteView, wanted rollout.Split) {
	var t table
	digits := digitsOf([]rollout.Split{route.Destinations})
	for _, d := range everyone([]rollout.Split{route.Destinations, wanted}) {
		part, whole := shown(route.Destinations, d)
		line := []cell{{clean(label(route.Destinations, d)), nil}, {fmt.Sprintf("%*d", digits, part), nil}, {bar(part, whole, 20), p.move}}
		if to, _ := shown(wanted, d); wanted != nil && !wanted.Equal(route.Destinations) {
			line = append(line, cell{fmt.Sprintf("to %d", to), p.faint})
		}
		t = append(t, line)
	}
	t.lines(p, "    ")
}

// moment is a time by the clock, and how far it is from now.
func moment(t time.Time, look Look) string {
	switch {
	case t.IsZero():
		return ""
	case !look.Ages:
		return t.UTC().Format(time.RFC3339)
	case t.After(look.Now):
		return fmt.Sprintf("in %s, %s", ago(t.Sub(look.Now)), stamp(t))
	}
	return fmt.Sprintf("%s ago, %s", ago(look.Now.Sub(t)), stamp(t))
}
