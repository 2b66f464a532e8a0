package rollout

import (
	"fmt"
	"slices"
	"time"
)

// These rules hold a step to its metrics.

// recheck is how soon a question without an answer is asked again; late is how
// long after an instant its data may still come.
const (
	recheck = 15 * time.Second
	late    = time.Minute
)

// outcome is what a metric said at one instant.
type outcome int

const (
	inconclusive outcome = iota
	passed
	failed
)

// reading is how a metric stands at the current step: what its newest instant
// said and why, which instants failed since the step began, and how many of the
// newest said nothing, in a row.
type reading struct {
	metric   Metric
	newest   outcome
	at       time.Time // the newest instant; zero while there was none
	next     time.Time // when the next may be asked for
	last     time.Time // the last instant of the step's pause, or the first of all
	why      string    // of the newest, where it did not pass
	failures []time.Time
	silent   int
	broke    Reason // the failure that was one too many
}

// readings are those of every metric of the current step.
func (s *situation) readings() []reading {
	if !s.overseen() || s.gates != nil {
		return s.gates
	}
	samples := map[place]float64{}
	for _, x := range s.f.Samples {
		samples[placeOf(x.Metric, x.Destination, x.At)] = x.Value
	}
	s.gates = []reading{}
	for _, m := range s.analysis().Metrics {
		if rising, stable := s.sides(m); len(rising) > 0 && (m.Against == "" || len(stable) > 0) {
			s.gates = append(s.gates, s.read(m, rising, stable, samples))
		}
	}
	return s.gates
}

// place is where a sample stands.
type place struct {
	metric string
	of     Destination
	at     int64
}

func placeOf(metric string, of Destination, at time.Time) place {
	return place{metric, of, at.UnixMilli()}
}

// read goes through the instants of one metric.
func (s *situation) read(m Metric, rising, stable []Destination, samples map[place]float64) reading {
	a, since := s.analysis(), s.began()
	every, limit := a.Every(m), a.Failures(m)
	first, last := s.window(m)
	r := reading{metric: m, next: since.Add(time.Duration(last+1)*every + Lag), last: since.Add(every)}
	if rest := s.pauseOf(s.journey.Step); rest != nil && rest.Duration > every {
		r.last = since.Add(rest.Duration.Truncate(every))
	}
	for k := first; k <= last; k++ {
		r.at = since.Add(time.Duration(k) * every)
		r.newest, r.why = passed, ""
		if s.f.Hopeful {
			continue
		}
		silent := r.silent + 1
		r.silent = 0
		for _, d := range rising {
			v, ok := m.value(d, stable, r.at, samples)
			switch {
			case ok && !m.Range.Keeps(v) && r.newest != failed:
				r.failures = append(r.failures, r.at)
				r.newest = failed
				r.why = fmt.Sprintf("%s was %s at %s, and has to be %s", m.shownAs(d), figure(v), clock(r.at), m.Range)
				if len(r.failures) == limit+1 {
					r.broke = because(AnalysisFailed, m.shownAs(d), figure(v), r.at.Format(time.RFC3339), m.Range, counted(limit))
				}
			case !ok && r.newest == passed:
				r.newest, r.silent = inconclusive, silent
				r.why = fmt.Sprintf("no %s at %s%s", m.shownAs(d), clock(r.at), s.excuse(m, d, stable))
			}
		}
		if r.newest == failed {
			r.silent = 0
		}
	}
	return r
}

// value is the metric's value of a destination at an instant, held against
// stable's where the metric asks for that.
func (m Metric) value(d Destination, stable []Destination, at time.Time, samples map[place]float64) (float64, bool) {
	v, ok := samples[placeOf(m.Name, d, at)]
	if !ok || m.Against == "" {
		return v, ok
	}
	sum, n := 0.0, 0
	for _, d := range stable {
		if v, ok := samples[placeOf(m.Name, d, at)]; ok {
			sum, n = sum+v, n+1
		}
	}
	switch {
	case n == 0 || m.Against == Ratio && sum == 0:
		return 0, false
	case m.Against == Ratio:
		return v / (sum / float64(n)), true
	}
	return v - sum/float64(n), true
}

// excuse is why a sample is absent, where that is known.
func (s *situation) excuse(m Metric, d Destination, stable []Destination) string {
	for _, u := range s.f.Unmeasured {
		if u.Metric == m.Name && (u.Destination == d || m.Against != "" && slices.Contains(stable, u.Destination)) {
			return ": " + u.Why
		}
	}
	return ""
}

func clock(t time.Time) string { return t.Format("15:04:05Z07:00") }

func counted(limit int) string {
	if limit == 0 {
		return "no failure is allowed"
	}
	return fmt.Sprintf("failure %d, and %d are allowed", limit+1, limit)
}

// gateFailed is why the current step's analysis failed, if it did.
func (s *situation) gateFailed() (Reason, bool) {
	for _, r := range s.readings() {
		if r.broke.Code != "" {
			return r.broke, true
		}
	}
	return Reason{}, false
}

// unmetered holds what would be gated by metrics that nobody can ask for.
func unmetered(s *situation) (Move, bool) {
	if len(s.r.Plan.Analyses()) == 0 || s.f.NoMetrics == "" || s.promoted(s.journey.Step) {
		return Move{}, false
	}
	return s.hold(time.Time{}, NoMetrics, s.f.NoMetrics)
}

// blind asks people where a metric has said nothing for too long.
func blind(s *situation) (Move, bool) {
	if !s.measured() || s.promoted(s.journey.Step) {
		return Move{}, false
	}
	for _, r := range s.readings() {
		if r.silent > s.analysis().InconclusiveLimit {
			return s.hold(time.Time{}, Inconclusive, s.where(), r.metric.Name, r.silent, clock(r.at), r.why)
		}
	}
	return Move{}, false
}

// analysed holds until all instants of the pause, and at least one, are known, and
// the newest of every metric has passed. A
// promotion goes on without it, and no promotion keeps a failed analysis from
// going back.
func analysed(s *situation) (Move, bool) {
	if !s.measured() || s.promoted(s.journey.Step) {
		return Move{}, false
	}
	for _, r := range s.readings() {
		switch {
		case r.at.Before(r.last):
			return s.hold(time.Time{}, Analyzing, s.where(), fmt.Sprintf("its %s is known at %s", r.metric.Name, clock(r.last.Add(Lag))))
		case r.newest != passed:
			return s.hold(time.Time{}, Analyzing, s.where(), r.why)
		}
	}
	return Move{}, false
}

// doubtful holds what was decided some time ago until the newest instant of every metric
// has passed: what they said then is no reason to raise a weight now.
func doubtful(s *situation) (Move, bool) {
	if !s.measured() || s.promoted(s.journey.Step) {
		return Move{}, false
	}
	for _, r := range s.readings() {
		if !r.at.IsZero() && r.newest != passed {
			return s.hold(time.Time{}, Analyzing, s.where(), r.why)
		}
	}
	return Move{}, false
}

// where is where the rollout is, in words.
func (s *situation) where() string {
	if k := s.journey.Step; k < len(s.r.Plan.Steps) {
		return fmt.Sprintf("step %d of %d", k+1, len(s.r.Plan.Steps))
	}
	return "the target"
}

// watched looks again at the next instant, whatever holds the rollout meanwhile:
// an analysis that fails goes back at once.
func (s *situation) watched(m Move) Move {
	m.timer = m.Again
	if !s.overseen() || m.Kind == Back {
		return m
	}
	var next time.Time
	for _, r := range s.readings() {
		switch {
		case !s.f.Hopeful:
			next = soonest(next, r.next)
		case r.at.Before(r.last):
			next = soonest(next, r.last.Add(Lag))
		}
		if r.silent > 0 && (len(s.f.Unmeasured) > 0 || s.now.Sub(r.at) < late) {
			next = soonest(next, s.now.Add(recheck))
		}
	}
	if m.watch = next; m.Kind == Hold {
		m.Again = soonest(m.Again, next)
	}
	return m
}

// maxEvidence bounds what a record holds of samples.
const maxEvidence = 10

// Evidence is the samples that a move in analysis rests on, for the record: those
// of each metric's newest instant and of its last failures.
func Evidence(r *Rollout, f Facts, now time.Time) []Sample {
	s := situate(r, f, now)
	var out []Sample
	for _, g := range s.readings() {
		for _, x := range f.Samples {
			same := func(at time.Time) bool { return at.UnixMilli() == x.At.UnixMilli() }
			if x.Metric == g.metric.Name && (same(g.at) || slices.ContainsFunc(g.failures, same)) {
				out = append(out, x)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Sample) int { return a.At.Compare(b.At) })
	return out[max(0, len(out)-maxEvidence):]
}
