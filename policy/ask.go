package policy

import (
	"math"
	"slices"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// Ask builds the question about a move of the rollout, at the time given.
func Ask(moment Moment, r *rollout.Rollout, f rollout.Facts, m rollout.Move, now time.Time) Question {
	now = now.UTC().Round(0)
	q := Question{
		APIVersion: Version, Kind: Kind, Moment: moment, Operation: operations[m.Kind],
		Time:        Time{now, now.Weekday().String(), now.Hour(), now.Minute(), now.Unix()},
		Cluster:     r.Source.Cluster,
		Environment: r.Name.Environment,
		Rollout:     Name{m.Journey.ID, r.Name.Namespace, r.Name.Plan},
		Targets:     []Target{},
		Plan:        askPlan(r, now),
		Step:        -1,
		Change:      askChange(r.Source),
	}
	for _, c := range m.Changes {
		q.Targets = append(q.Targets, askTarget(r, f, m, c))
	}
	if q.Operation == Step {
		q.Step = m.Journey.Step
		if reaches(r, m) {
			q.Operation = Promote
		}
	}
	return q
}

func askChange(s rollout.Source) Change {
	c := Change{
		Revision: s.Revision, Author: s.Author, Authors: append([]string{}, s.Authors...), Subject: s.Subject,
		Signed: s.Signed, Signer: s.Signer, Trailers: s.Trailers,
	}
	if s.Author != "" && !slices.Contains(c.Authors, s.Author) {
		c.Authors = append([]string{s.Author}, c.Authors...)
	}
	return c
}

// reaches tells whether the move ends at Git's weights everywhere.
func reaches(r *rollout.Rollout, m rollout.Move) bool {
	return !slices.ContainsFunc(m.Changes, func(c rollout.Change) bool {
		t, ok := r.Target(c.Ref)
		return !ok || !t.Routes.Equal(t.Routes.With(c.To))
	})
}

func askPlan(r *rollout.Rollout, now time.Time) Plan {
	p := r.Plan.WithDefaults()
	out := Plan{
		Name: p.Name, Default: p.Default, Steps: []PlanStep{}, TotalWeight: p.TotalWeight,
		File: p.Position.File, Line: p.Position.Line, Gates: askGates(r, now),
	}
	for i, s := range p.Steps {
		step := PlanStep{Index: i, SetWeight: s.SetWeight, Analysis: askAnalysis(s.Analysis)}
		if s.Pause != nil {
			step.PauseSeconds, step.UntilApproved = s.Pause.Duration.Seconds(), s.Pause.UntilApproved
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}

func askTarget(r *rollout.Rollout, f rollout.Facts, m rollout.Move, c rollout.Change) Target {
	git, _ := r.Target(c.Ref)
	s := sides{from: c.From, to: c.To, target: git.Routes, stable: stableOf(f, c.Ref)}
	if r.Want != rollout.Known || m.Kind == rollout.Remove {
		s.target = nil // Git does not say
	}
	out := Target{
		Kind: "VirtualService", Namespace: c.Ref.Namespace, Name: c.Ref.Name,
		File: git.Position.File, Line: git.Position.Line, Routes: []Route{},
	}
	seen := map[string]bool{}
	for _, route := range slices.Concat(c.To, c.From) {
		if !seen[route.Key] {
			seen[route.Key] = true
			asked := s.route(route, f.Ready)
			for _, m := range git.Mirrors[route.Key] {
				asked.Mirrors = append(asked.Mirrors, Mirror{m.Host, m.Subset, m.Port, m.Percent})
			}
			out.Routes = append(out.Routes, asked)
		}
	}
	return out
}

// stableOf is where going back would lead, as far as anybody knows.
func stableOf(f rollout.Facts, ref rollout.Ref) rollout.Routes {
	live, ok := f.LiveOf(ref)
	switch recorded, known := f.RecordedOf(ref); {
	case ok && live.State != nil:
		return live.State.Member.Stable
	case ok:
		return live.Routes
	case known && recorded.State != nil:
		return recorded.State.Member.Stable
	}
	return nil
}

// sides are a VirtualService's routes before and after the move, in Git and in
// stable; nil where they do not exist or are not known.
type sides struct{ from, to, target, stable rollout.Routes }

func (s sides) route(r rollout.Route, ready map[rollout.Destination]rollout.Readiness) Route {
	from, to, target, stable := splitOf(s.from, r), splitOf(s.to, r), splitOf(s.target, r), splitOf(s.stable, r)
	out := Route{
		Key: r.Key, Label: r.Label, Protocol: r.Protocol, Fixed: r.Fixed,
		Total: total(r.Split), Destinations: []Destination{}, Mirrors: []Mirror{},
	}
	base, goal := stable, target
	if base == nil {
		base = from
	}
	if goal == nil || base.Equal(goal) { // on the way back, what goes down is what had risen
		goal = from
	}
	if base != nil && goal != nil {
		rising := rollout.Rising(base, goal)
		out.Exposure = Exposure{exposed(from, rising), exposed(to, rising)}
	}
	var seen []rollout.Destination
	for _, w := range slices.Concat(to, target, from, stable) {
		if slices.Contains(seen, w.Destination) {
			continue
		}
		seen = append(seen, w.Destination)
		d := Destination{
			Host: w.Host, Subset: w.Subset, Port: w.Port,
			From: part(from, w.Destination), To: part(to, w.Destination),
			Target: part(target, w.Destination), Stable: part(stable, w.Destination),
		}
		d.know(w.Destination, ready)
		out.Destinations = append(out.Destinations, d)
	}
	return out
}

// know adds what was read of the destination.
func (d *Destination) know(key rollout.Destination, ready map[rollout.Destination]rollout.Readiness) {
	r, read := ready[key]
	if !read {
		return
	}
	if d.Subset != "" {
		d.SubsetDefined = &r.Defined
	}
	if r.Known {
		d.Endpoints = &Endpoints{r.Ready, r.Want}
	}
}

func splitOf(rs rollout.Routes, r rollout.Route) rollout.Split {
	found, _ := rs.Find(r.Key)
	return found.Split
}

func part(s rollout.Split, d rollout.Destination) *Part {
	if s == nil {
		return nil
	}
	return &Part{written(s, d), percent(s, d)}
}

// written is the destination's weight as the split has it, 100 if it is alone.
func written(s rollout.Split, d rollout.Destination) int {
	if len(s) == 1 {
		return 100 * s.Of(d)
	}
	return s.Of(d)
}

func total(s rollout.Split) int {
	if len(s) == 1 {
		return 100
	}
	return s.Total()
}

func exposed(s rollout.Split, rising []rollout.Destination) *float64 {
	if s == nil {
		return nil
	}
	share := percent(s, rising...)
	return &share
}

// percent is the destinations' combined share, to six places.
func percent(s rollout.Split, of ...rollout.Destination) float64 {
	held, all := 0, s.Total()
	if all == 0 {
		return 0
	}
	for _, d := range of {
		held += s.Of(d)
	}
	return math.Round(float64(held)*1e8/float64(all)) / 1e6
}
