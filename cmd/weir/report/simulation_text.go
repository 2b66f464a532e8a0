package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// SimulationReport is what `weir simulate` played.
type SimulationReport struct {
	APIVersion  string       `json:"apiVersion"`
	Kind        string       `json:"kind"`
	Simulations []Simulation `json:"simulations"`
	// Expectations is how many the scenarios have, Unmet how many do not hold.
	Expectations int `json:"expectations"`
	Unmet        int `json:"unmet"`
}

// Simulation is one scenario as it came to be.
type Simulation struct {
	Scenario string        `json:"scenario"`
	Rollout  string        `json:"rollout,omitempty"`
	Plan     string        `json:"plan"`
	From     rollout.Split `json:"from,omitempty"`
	Moments  []Moment      `json:"moments"`
}

// Moment is a move, an event of the scenario, or how the rollout stands.
type Moment struct {
	At time.Time `json:"at"`
	// Operation is a move's, Event the scenario's, Phase what it stands in.
	Operation rollout.Kind  `json:"operation,omitempty"`
	Event     string        `json:"event,omitempty"`
	Phase     rollout.Phase `json:"phase,omitempty"`
	Split     rollout.Split `json:"split,omitempty"`
	Reason    string        `json:"reason,omitempty"`
	// Waited is what a move waited for.
	Waited string `json:"waited,omitempty"`
	// Unmet is the expectation that does not hold, and where it stands.
	Unmet string `json:"unmet,omitempty"`
	Line  int    `json:"line,omitempty"`
}

// Add adds a scenario that was played.
func (r *SimulationReport) Add(s spec.Scenario, told []spec.Told) {
	out := Simulation{Scenario: s.File, Rollout: s.Rollout, Plan: s.Plan.Name, From: s.Stable, Moments: []Moment{}}
	for _, t := range told {
		out.Moments = append(out.Moments, moments(t)...)
		if t.Beat.Expect != nil {
			r.Expectations++
		}
		if t.Differs() != "" {
			r.Unmet++
		}
	}
	r.Simulations = append(r.Simulations, out)
}

// moments are a beat's: the moves until then, what happens, the moves that it
// causes, and how the rollout stands where these do not say so.
func moments(t spec.Told) []Moment {
	var out []Moment
	at, unsaid := t.Beat.At, true
	i := 0
	for ; i < len(t.Moves) && t.Moves[i].At.Before(at); i++ {
		out = append(out, momentOf(t.Moves[i], at.Location()))
	}
	if t.Beat.Event != "" && t.Beat.Event != "look" {
		out = append(out, Moment{At: at, Event: t.Beat.Event, Line: t.Beat.Line})
	}
	for ; i < len(t.Moves); i++ {
		out = append(out, momentOf(t.Moves[i], at.Location()))
		unsaid = t.Moves[i].Reason != t.Sentence
	}
	stands := Moment{At: at, Split: t.Live, Phase: t.Phase, Reason: t.Sentence, Unmet: t.Differs()}
	if t.Beat.Expect != nil {
		stands.Line = t.Beat.Expect.Line
	}
	if unsaid || stands.Unmet != "" {
		out = append(out, stands)
	}
	return out
}

func momentOf(m spec.Moved, zone *time.Location) Moment {
	return Moment{At: m.At.In(zone), Operation: m.Kind, Split: m.Split, Reason: m.Reason, Waited: m.Waited}
}

// SimulationText writes a simulation for people: a drawn line for each move and
// for how the rollout stands, and the events between them.
func SimulationText(w io.Writer, r SimulationReport, look Look) error {
	p := &page{ink: ink{look.Color}}
	for _, s := range r.Simulations {
		p.simulation(s)
		p.line("")
	}
	switch {
	case r.Unmet > 0:
		p.line("%s %s: %d of %s", p.bad("✖"), p.bad("unmet"), r.Unmet, plural(r.Expectations, "expectation"))
	case r.Expectations > 0:
		p.line("%s %s: %s", p.good("✔"), p.good("as expected"), plural(r.Expectations, "expectation"))
	default:
		p.line("%s %s", p.good("✔"), plural(len(r.Simulations), "simulation"))
	}
	return p.writeTo(w)
}

func (p *page) simulation(s Simulation) {
	name := s.Rollout
	if name == "" {
		name = s.Plan
	}
	p.line("%s  %s", p.strong(clean(name)), p.faint(clean(s.Scenario)))
	splits := []rollout.Split{s.From}
	for _, m := range s.Moments {
		splits = append(splits, m.Split)
	}
	columns := everyone(splits)
	all := rollout.Split{}
	for _, d := range columns {
		all = append(all, rollout.Weight{Destination: d})
	}
	head := row(p.faint, "at", "")
	for _, d := range columns {
		head = append(head, cell{clean(label(all, d)), p.faint})
	}
	out, digits := table{append(head, cell{"", nil})}, digitsOf(splits)
	for _, m := range s.Moments {
		out = append(out, p.moment(m, s.From, columns, digits)...)
	}
	out.lines(p, "  ")
}

// moment is a row, with one before it that says what was waited for, or one below
// it that says what was expected.
func (p *page) moment(m Moment, from rollout.Split, columns []rollout.Destination, digits int) table {
	at := cell{m.At.Format("2006-01-02 15:04:05 Z07:00"), nil}
	text := func(start, what cell, note string, paint paint) []cell {
		return append(append([]cell{start, what}, make([]cell, len(columns))...), cell{clean(note), paint})
	}
	if m.Event != "" {
		return table{text(at, cell{"event", p.strong}, m.Event, p.strong)}
	}
	what, note := cell{string(m.Operation), p.move}, cell{clean(m.Reason), nil}
	if m.Operation == "" {
		what, note = cell{string(m.Phase), p.phase(m.Phase)}, cell{clean(m.Reason), nil}
	}
	var out table
	if m.Waited != "" {
		out = append(out, text(cell{}, cell{}, "it waits: "+strings.TrimPrefix(m.Waited, "waits "), p.faint))
	}
	out = append(out, append(p.weights([]cell{at, what}, m.Split, columns, rollout.Rising(from, m.Split), digits), note))
	if m.Unmet != "" {
		out = append(out, text(cell{}, cell{"✖", p.bad}, fmt.Sprintf("line %d: %s", m.Line, m.Unmet), p.bad))
	}
	return out
}
