package rollout

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// tale is what a destination's metrics say from a time on; no destination is all
// of them. A value of none is no sample.
type tale struct {
	at    time.Time
	of    Destination
	value float64
}

const (
	none   = -1
	bad    = 0
	good   = 1
	nobody = 2 // gets more traffic than in stable, so there is nothing to judge
)

// walkAnalysis is an analysis that good passes and bad fails.
func walkAnalysis(t *rapid.T) *Analysis {
	a := someAnalysis(t)
	if a == nil {
		return nil
	}
	half, minusHalf := 0.5, -0.5
	for i := range a.Metrics {
		if a.Metrics[i].Range = (Range{Min: &half}); a.Metrics[i].Against == Difference {
			a.Metrics[i].Range.Min = &minusHalf
		}
	}
	return a
}

// metrics change what they say, of one destination.
func (w *walker) metrics(t *rapid.T) {
	w.told = append(w.told, tale{w.now, version(rapid.IntRange(0, 3).Draw(t, "version")), rapid.SampledFrom([]float64{none, bad, good, good}).Draw(t, "metrics")})
}

// says is what a destination's metrics say at an instant.
func (w *walker) says(d Destination, at time.Time) float64 {
	value := float64(good)
	for _, x := range w.told {
		if !x.at.After(at) && (x.of == d || x.of == Destination{}) {
			value = x.value
		}
	}
	return value
}

// measure answers all that Needs asks of the metrics.
func (w *walker) measure() {
	w.f.Samples = nil
	for _, q := range Needs(w.r, w.f, w.now) {
		if q.Measure == nil {
			continue
		}
		for at := q.Measure.From; !at.After(q.Measure.To); at = at.Add(q.Measure.Interval) {
			if v := w.says(q.Destination, at); v != none {
				w.f.Samples = append(w.f.Samples, Sample{q.Measure.Metric, q.Destination, at, v})
			}
		}
	}
}

// judged is what the walker makes of a metric at an instant, by its own count:
// good, bad, none or nobody.
func (w *walker) judged(at time.Time) float64 {
	out := float64(nobody)
	for _, r := range w.r.Targets[0].Routes.Moving() {
		live, _ := w.before(r.Key)
		for _, d := range Rising(w.stable(r.Key), r.Split) {
			switch v := w.says(d, at); {
			case !slices.Contains(live.Carrying(), d):
			case v == bad:
				return bad
			case v == none:
				out = none
			case out == nobody:
				out = good
			}
		}
	}
	return out
}

// passes: nothing goes on, nor is done, before the newest instant of every
// metric passed.
func (w *walker) passes(t *rapid.T, m Move) {
	if len(w.f.Live) == 0 || w.f.Live[0].State == nil || w.r.Plan.Analysis == nil {
		return
	}
	j := w.f.Live[0].State.Journey
	goes := m.Kind == Forward || m.Kind == Hold && m.Journey.Phase == Healthy
	if !goes || j.Phase == Healthy || j.Step < 0 || j.ID != m.Journey.ID {
		return
	}
	for _, metric := range w.r.Plan.Analysis.Metrics {
		if metric.Against != "" {
			continue
		}
		every := w.r.Plan.Analysis.Every(metric)
		last := int(w.now.Add(-Lag).Sub(j.Since) / every)
		if said := w.judged(j.Since.Add(time.Duration(last) * every)); said != nobody {
			require.GreaterOrEqual(t, last, 1, "%s goes on before its first instant", m.Kind)
			require.EqualValues(t, good, said, "%s goes on at step %d, and %s did not pass", m.Kind, j.Step, metric.Name)
		}
	}
}

// gates: nothing stays up after more failures than are allowed, unless nobody
// would be there to answer.
func (w *walker) gates(t *rapid.T) {
	if len(w.f.Live) == 0 || w.f.Live[0].State == nil || w.r.Plan.Analysis == nil {
		return
	}
	j := w.f.Live[0].State.Journey
	asked := situate(w.r, w.f, w.now).same // Git may ask for another by now, whose steps have not begun
	if !asked || j.Phase == Healthy || j.Phase == Degraded || j.Step < 0 || w.last.Reason.Code == StableNotReady {
		return
	}
	for _, metric := range w.r.Plan.Analysis.Metrics {
		failures, every := 0, w.r.Plan.Analysis.Every(metric)
		for at := j.Since.Add(every); !at.After(w.now.Add(-Lag)); at = at.Add(every) {
			if metric.Against == "" && w.judged(at) == bad {
				failures++
			}
		}
		require.LessOrEqual(t, failures, w.r.Plan.Analysis.Failures(metric), "%s failed, and it stays up at step %d: %s", metric.Name, j.Step, w.last.Reason)
	}
}
