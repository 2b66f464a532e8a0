package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// DiffReport is what `weir diff` found.
type DiffReport struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Cluster    string           `json:"cluster"`
	Revision   string           `json:"revision"` // of Git
	Rollouts   []Difference     `json:"rollouts"`
	Support    []Prop           `json:"support"`
	Problems   rollout.Problems `json:"problems"`
}

// Difference is one rollout: where it stands, what Git has otherwise, and the
// move that comes next.
type Difference struct {
	Rollout
	Move     NextMove   `json:"move"`
	Adoption []Adoption `json:"adoption,omitempty"`
	Fields   []Fields   `json:"fields"`
}

// Prop is another object that differs, such as a DestinationRule.
type Prop struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Absent    bool   `json:"absent"` // of the cluster
	Refused   string `json:"refused,omitempty"`
	Diff      string `json:"diff,omitempty"`
}

// NextMove is what the agent would do now, and why; Decision is what the
// policies say of it, empty where they are not asked.
type NextMove struct {
	Kind     rollout.Kind   `json:"kind"`
	Phase    rollout.Phase  `json:"phase"`
	Reason   rollout.Reason `json:"reason"`
	Decision policy.Verdict `json:"decision,omitempty"`
	Changes  []Change       `json:"changes"`
	Again    time.Time      `json:"again,omitzero"`
}

// Change is what the move does to one target's splits.
type Change struct {
	Target string            `json:"target"`
	From   []agent.RouteView `json:"from"`
	To     []agent.RouteView `json:"to"`
}

// Adoption is whom a VirtualService that is not weir's is taken over from: From
// may be, Refused may not.
type Adoption struct {
	Target  string   `json:"target"`
	From    []string `json:"from"`
	Refused []string `json:"refused"`
}

// Fields is what differs outside the weights of one target, as a unified diff.
type Fields struct {
	Target string `json:"target"`
	Diff   string `json:"diff"`
}

// DiffText writes each rollout that is not as Git has it in full, the others in
// one line each.
func DiffText(w io.Writer, r DiffReport, look Look) error {
	p := &page{ink: ink{look.Color}}
	p.problems(r.Problems)
	if len(r.Rollouts) == 0 {
		p.line("no rollouts")
	}
	for _, d := range r.Rollouts {
		p.difference(d, look)
	}
	for _, s := range r.Support {
		p.prop(s)
	}
	return p.writeTo(w)
}

// same tells whether there is nothing to show of a rollout but its name.
func (d Difference) same() bool {
	return d.Move.Kind == rollout.Hold && d.Move.Phase == rollout.Healthy && len(d.Adoption) == 0 && len(d.Fields) == 0
}

func (p *page) difference(d Difference, look Look) {
	phase := d.Phase
	paint := p.phase(phase)
	p.line("%s %s  %s", paint(agent.Glyph(phase)), paint(clean(string(phase))), p.strong(clean(d.FullName())))
	if d.same() {
		p.line("")
		return
	}
	for _, route := range d.Routes {
		p.line("")
		p.line("  %s", p.faint(clean(route.Target+" "+route.Route)))
		p.split(route, wantedOf(d.Rollout, route))
	}
	p.line("")
	p.next(d.Move, look)
	for _, a := range d.Adoption {
		p.adoption(a)
	}
	if len(d.Findings) > 0 {
		p.line("")
		p.findings(d.Findings)
	}
	for _, f := range d.Fields {
		p.line("")
		p.unified(f.Diff)
	}
	p.line("")
}

// prop writes another object that differs.
func (p *page) prop(s Prop) {
	becomes := "is brought up to Git"
	switch {
	case s.Refused != "":
		becomes = p.warn(clean("stays: " + s.Refused))
	case s.Absent:
		becomes = "is created"
	}
	p.line("%s %s", p.strong(clean(fmt.Sprintf("%s %s/%s", s.Kind, s.Namespace, s.Name))), becomes)
	p.unified(s.Diff)
	p.line("")
}

func (p *page) next(m NextMove, look Look) {
	p.line("  %s  %s", p.faint("next"), p.strong(clean(string(m.Kind))))
	p.para("    ", m.Reason.Sentence, p.plain)
	if m.Decision != "" {
		p.line("    %s %s", p.faint("the policies:"), clean(string(m.Decision)))
	}
	for _, c := range m.Changes {
		for _, to := range c.To {
			from := "nothing"
			for _, was := range c.From {
				if was.Route == to.Route {
					from = was.Destinations.String()
				}
			}
			if text := to.Destinations.String(); text != from {
				p.line("    %s %s: %s to %s", clean(c.Target), clean(to.Route), clean(from), p.move(clean(text)))
			}
		}
	}
	if !m.Again.IsZero() {
		p.line("    %s %s", p.faint("looks again"), moment(m.Again, look))
	}
}

func (p *page) adoption(a Adoption) {
	p.line("  %s  %s", p.faint("takes over"), clean(a.Target))
	if len(a.From) > 0 {
		p.line("    from %s, as spec.adopt of weir.yaml allows", clean(strings.Join(a.From, ", ")))
	}
	if len(a.Refused) > 0 {
		p.line("    %s", p.warn(fmt.Sprintf("not from %s: list it under spec.adopt once it is stopped", clean(strings.Join(a.Refused, ", ")))))
	}
}

// unified writes a diff, each line painted by what it does.
func (p *page) unified(diff string) {
	for line := range strings.Lines(diff) {
		line = strings.TrimRight(line, "\n")
		paint := p.plain
		switch {
		case strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "@@"):
			paint = p.faint
		case strings.HasPrefix(line, "-"):
			paint = p.bad
		case strings.HasPrefix(line, "+"):
			paint = p.good
		}
		p.line("  %s", paint(clean(line)))
	}
}
