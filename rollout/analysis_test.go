package rollout

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func someGatedPlan(t *rapid.T) Plan {
	p := somePlan(t)
	p.Analysis = someAnalysis(t)
	return p
}

// someAnalysis draws none, often, else one with metrics of every shape.
func someAnalysis(t *rapid.T) *Analysis {
	if rapid.IntRange(0, 2).Draw(t, "analysed") == 0 {
		return nil
	}
	bound := func(label string) *float64 {
		if rapid.IntRange(0, 3).Draw(t, label+" unset") == 0 {
			return nil
		}
		v := float64(rapid.IntRange(-1, 3).Draw(t, label))
		return &v
	}
	a := &Analysis{
		Interval:     time.Duration(rapid.IntRange(2, 20).Draw(t, "interval")) * time.Minute,
		FailureLimit: rapid.IntRange(0, 3).Draw(t, "failures"), InconclusiveLimit: rapid.IntRange(0, 3).Draw(t, "inconclusive"),
	}
	for _, name := range []string{SuccessRate, "own"}[:rapid.IntRange(1, 2).Draw(t, "metrics")] {
		m := Metric{Name: name, Range: Range{bound("min"), bound("max")}}
		if name == "own" {
			m.Query = "vector(1)"
			m.Against = rapid.SampledFrom([]Comparison{"", Difference, Ratio}).Draw(t, "against")
			m.Interval = time.Duration(rapid.SampledFrom([]int{0, 3, 7}).Draw(t, "own interval")) * time.Minute
		}
		a.Metrics = append(a.Metrics, m)
	}
	return a
}

// someSamples draws values at the instants that Needs names, and beside them.
func someSamples(t *rapid.T, r *Rollout, f *Facts) {
	for _, q := range Needs(r, *f, noon) {
		if q.Measure == nil {
			continue
		}
		if rapid.IntRange(0, 4).Draw(t, "unanswered") == 0 {
			f.Unmeasured = append(f.Unmeasured, Unmeasured{q.Measure.Metric, q.Destination, "it is away"})
			continue
		}
		for at := q.Measure.From.Add(-q.Measure.Interval); !at.After(noon.Add(q.Measure.Interval)); at = at.Add(q.Measure.Interval / 2) {
			if rapid.IntRange(0, 3).Draw(t, "sampled") > 0 {
				f.Samples = append(f.Samples, Sample{q.Measure.Metric, q.Destination, at, float64(rapid.IntRange(0, 2).Draw(t, "value"))})
			}
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "no metrics") == 0 {
		f.NoMetrics = "no Prometheus"
	}
}

// named is the facts cut down to what Needs named.
func named(r *Rollout, f Facts) Facts {
	cut := f
	cut.Ready, cut.Samples, cut.Unmeasured = map[Destination]Readiness{}, nil, nil
	for _, q := range Needs(r, Facts{Live: slices.Concat(f.Live, f.Recorded)}, noon) {
		if q.Measure == nil {
			if ready, read := f.Ready[q.Destination]; read {
				cut.Ready[q.Destination] = ready
			}
			continue
		}
		for _, x := range f.Samples {
			if x.Metric == q.Measure.Metric && x.Destination == q.Destination && q.Measure.Fits(x.At) {
				cut.Samples = append(cut.Samples, x)
			}
		}
		for _, u := range f.Unmeasured {
			if u.Metric == q.Measure.Metric && u.Destination == q.Destination {
				cut.Unmeasured = append(cut.Unmeasured, u)
			}
		}
	}
	return cut
}

// canary is the rollout of wish at its first step, under an analysis.
func canary(t *testing.T, a Analysis, pause *Pause) (*Rollout, Facts) {
	t.Helper()
	r, f := wish()
	r.Plan.Analysis, r.Plan.Steps = &a, []Step{{SetWeight: 10, Pause: pause}, {SetWeight: 50, Pause: pause}}
	f.Live = Next(r, f, noon).On(f.Live)
	require.Equal(t, Stepping, f.Live[0].State.Journey.Reason.Code)
	return r, f
}

func atLeast(v float64) Range { return Range{Min: &v} }

// saying gives the canary's metric these values, a minute apart, and stable 99.
func saying(f Facts, metric string, values ...float64) Facts {
	f.Samples = nil
	for i, v := range values {
		at := noon.Add(time.Duration(i+1) * time.Minute)
		f.Samples = append(f.Samples, Sample{metric, version(0), at, 99})
		if v >= 0 {
			f.Samples = append(f.Samples, Sample{metric, version(2), at, v})
		}
	}
	return f
}

func TestAnAnalysisPassesFailsOrWaits(t *testing.T) {
	rate := func(failures int) Analysis {
		return Analysis{Interval: time.Minute, FailureLimit: failures, InconclusiveLimit: 2, Metrics: []Metric{{Name: SuccessRate, Range: atLeast(99)}}}
	}
	against := func(c Comparison, r Range) Analysis {
		return Analysis{Interval: time.Minute, InconclusiveLimit: 2, Metrics: []Metric{{Name: SuccessRate, Against: c, Range: r}}}
	}
	pause := &Pause{Duration: 3 * time.Minute}
	after := func(m int) time.Time { return noon.Add(time.Duration(m)*time.Minute + Lag) }
	for name, c := range map[string]struct {
		analysis Analysis
		pause    *Pause
		values   []float64
		at       time.Time
		kind     Kind
		says     string
	}{
		"before the first instant of a step without a pause": {rate(0), nil, nil, after(1).Add(-1), Hold, "step 1 of 2 waits for its analysis: its success-rate is known at 12:01:02Z"},
		"the first instant passes a step without a pause":    {rate(0), nil, []float64{99}, after(1), Forward, "step 2 of 2, until its analysis passes"},
		"a pause lasts, though all passes":                   {rate(0), pause, []float64{100, 100}, after(2), Hold, "step 1 of 2, for 3m"},
		"the pause is over, its last instant not":            {rate(0), pause, []float64{100, 100, 100}, after(3).Add(-1), Hold, "step 1 of 2, for 3m"},
		"the pause is over and the newest passed":            {rate(0), pause, []float64{100, 100, 100}, after(3), Forward, "step 2 of 2"},
		"the first failure of none":                          {rate(0), pause, []float64{95}, after(1), Back, "went back: success-rate of v3 was 95 at 2026-11-23T12:01:00Z, and has to be at least 99 (no failure is allowed)"},
		"a sample before its time":                           {rate(0), pause, []float64{95}, after(1).Add(-1), Hold, "step 1 of 2, for 3m"},
		"a failure of one":                                   {rate(1), pause, []float64{95, 100, 100}, after(3), Forward, "step 2 of 2"},
		"a failure of one, the newest":                       {rate(1), pause, []float64{100, 100, 98.765}, after(3), Hold, "step 1 of 2 waits for its analysis: success-rate of v3 was 98.765 at 12:03:00Z, and has to be at least 99"},
		"two failures of one, apart":                         {rate(1), pause, []float64{95, 100, 94}, after(3), Back, "was 94 at 2026-11-23T12:03:00Z, and has to be at least 99 (failure 2, and 1 are allowed)"},
		"no data at the end of the pause":                    {rate(0), pause, []float64{100, 100, -1}, after(3), Hold, "step 1 of 2 waits for its analysis: no success-rate of v3 at 12:03:00Z"},
		"no data for too long":                               {rate(0), pause, []float64{-1, -1, -1}, after(3), Hold, "step 1 of 2 cannot be judged: no success-rate at the last 3 instants, until 12:03:00Z (no success-rate of v3 at 12:03:00Z)"},
		"data again":                                         {rate(0), pause, []float64{-1, -1, -1, 100}, after(4), Forward, "step 2 of 2"},
		"a failure among no data":                            {rate(0), pause, []float64{-1, -1, -1, -1, 4}, after(5), Back, "was 4"},
		"as good as stable, nearly":                          {against(Difference, atLeast(-1)), pause, []float64{98, 98, 98}, after(3), Forward, "step 2 of 2"},
		"worse than stable":                                  {against(Difference, atLeast(-1)), pause, []float64{97.5}, after(1), Back, "success-rate of v3 minus that of stable was -1.5 at"},
		"a fraction of stable":                               {against(Ratio, atLeast(0.9)), pause, []float64{49.5}, after(1), Back, "success-rate of v3 divided by that of stable was 0.5 at"},
	} {
		t.Run(name, func(t *testing.T) {
			r, f := canary(t, c.analysis, c.pause)
			m := Next(r, saying(f, SuccessRate, c.values...), c.at)
			assert.Equal(t, c.kind, m.Kind, m.Reason)
			assert.Contains(t, m.Reason.Sentence, c.says)
			assert.True(t, m.Kind != Hold || m.Again.After(c.at) && !m.Again.After(c.at.Add(time.Minute)), "it looks again at the next instant: %s", m.Again)
		})
	}
}

// What an analysis finds goes back whatever holds the rollout, and stays back.
func TestAFailedAnalysisWaitsForNobody(t *testing.T) {
	a := Analysis{Interval: time.Minute, Metrics: []Metric{{Name: SuccessRate, Range: atLeast(99)}}}
	for name, hold := range map[string]func(*Rollout, *Facts){
		"an approval":      func(*Rollout, *Facts) {},
		"the Delivery":     func(r *Rollout, _ *Facts) { r.Rules.Suspend = true },
		"a stopped line":   func(_ *Rollout, f *Facts) { f.Stopped = "ann" },
		"a missing canary": func(_ *Rollout, f *Facts) { f.Ready[version(2)] = Readiness{Defined: true, Known: true} },
	} {
		t.Run(name, func(t *testing.T) {
			r, f := canary(t, a, &Pause{UntilApproved: true})
			f = saying(f, SuccessRate, 100, 100, 95)
			hold(r, &f)
			assert.Equal(t, Hold, Next(r, f, noon.Add(2*time.Minute+Lag)).Kind)
			m := Next(r, f, noon.Add(3*time.Minute+Lag))
			require.Equal(t, Back, m.Kind, m.Reason)
			f.Live = m.On(f.Live)
			f.Samples = nil
			m = Next(r, f, noon.Add(time.Hour))
			assert.Equal(t, AnalysisFailed, m.Reason.Code)
			assert.Equal(t, Degraded, m.Phase())
			assert.False(t, m.Writes())
			assert.Zero(t, m.Again, "it keeps still")
		})
	}
}

// Weights that would come back once a hand edit is corrected are judged before.
func TestAnEditIsNotCorrectedToWhatHasFailed(t *testing.T) {
	a := Analysis{Interval: time.Minute, Metrics: []Metric{{Name: SuccessRate, Range: atLeast(99)}}}
	r, f := canary(t, a, &Pause{Duration: time.Hour})
	f.Live[0].Editor = "kubectl-edit"
	f.Live[0].Routes = Routes{{Key: "http:primary", Protocol: HTTP, Label: "primary", Split: mustSplit("v2", 100)}}
	m := Next(r, saying(f, SuccessRate, 100), noon.Add(time.Minute+Lag))
	assert.Equal(t, Correct, m.Kind, m.Reason)
	m = Next(r, saying(f, SuccessRate, 100, 95), noon.Add(2*time.Minute+Lag))
	assert.Equal(t, Back, m.Kind, m.Reason)
}

func TestARefusedStepIsStillWatched(t *testing.T) {
	a := Analysis{Interval: time.Minute, Metrics: []Metric{{Name: SuccessRate, Range: atLeast(99)}}}
	r, f := canary(t, a, nil)
	m := Next(r, saying(f, SuccessRate, 100), noon.Add(time.Minute+Lag))
	require.Equal(t, Forward, m.Kind, m.Reason)
	assert.Equal(t, noon.Add(2*time.Minute+Lag), m.Under(Verdict{Why: "no"}).Again)
}

func TestWithoutMetricsAPlanThatIsGatedByThemDoesNotBegin(t *testing.T) {
	r, f := wish()
	r.Plan.Analysis = &Analysis{Interval: time.Minute, Metrics: []Metric{{Name: SuccessRate, Range: atLeast(99)}}}
	f.NoMetrics = "the agent has no Prometheus"
	m := Next(r, f, noon)
	assert.Equal(t, Hold, m.Kind)
	assert.Equal(t, NoMetrics, m.Reason.Code)
	assert.Equal(t, Pending, m.Phase())
}

// The target's own analysis holds before the rollout is Healthy, and where
// nothing is left of stable, nothing is held against it.
func TestTheTargetHasAnAnalysisOfItsOwn(t *testing.T) {
	high := 1.0
	a := Analysis{Interval: time.Minute, Metrics: []Metric{{Name: SuccessRate, Range: atLeast(99)}, {Name: LatencyP99, Against: Ratio, Range: Range{Max: &high}}}}
	r, f := wish()
	r.Plan.Analysis, r.Plan.Steps = &a, []Step{{SetWeight: 100}}
	f.Live = Next(r, f, noon).On(f.Live)
	require.Equal(t, "at Git's weights, until its analysis passes", f.Live[0].State.Journey.Reason.Sentence)
	m := Next(r, f, noon.Add(Lag))
	assert.Equal(t, Analyzing, m.Reason.Code)
	m = Next(r, saying(f, SuccessRate, 100), noon.Add(time.Minute+Lag))
	assert.Equal(t, Healthy, m.Phase(), m.Reason)
	assert.True(t, m.Writes())
	assert.Equal(t, Back, Next(r, saying(f, SuccessRate, 90), noon.Add(time.Minute+Lag)).Kind)
}

func TestNeedsNamesTheMetricsOfTheStep(t *testing.T) {
	a := Analysis{Interval: time.Minute, Metrics: []Metric{
		{Name: SuccessRate, Range: atLeast(99)}, {Name: "own", Query: "up", Against: Difference, Interval: 90 * time.Second, Range: atLeast(0)},
	}}
	r, f := canary(t, a, &Pause{Duration: time.Hour})
	r.Targets[0].Subsets = map[Destination]Labels{version(2): {"version": "three", "app": "x"}}
	asked := func(at time.Time) (out []Measure) {
		for _, q := range Needs(r, f, at) {
			if q.Measure != nil {
				out = append(out, *q.Measure)
			}
		}
		return out
	}
	minute := func(m float64) time.Time { return noon.Add(time.Duration(m * float64(time.Minute))) }
	assert.Empty(t, asked(minute(1)))
	assert.Equal(t, []Measure{
		{SuccessRate, "", "bookinfo", "three", time.Minute, minute(1), minute(3)},
		{"own", "up", "bookinfo", "three", 90 * time.Second, minute(1.5), minute(3)},
		{"own", "up", "bookinfo", "v1", 90 * time.Second, minute(1.5), minute(3)},
	}, asked(minute(3).Add(Lag)))
	days := asked(noon.Add(72 * time.Hour))
	assert.Equal(t, time.Duration(MaxInstants-1)*time.Minute, days[0].To.Sub(days[0].From), "the newest instants count")
	f.Live[0].State.Journey.Phase = Degraded
	assert.Empty(t, asked(noon.Add(time.Hour)))
}

func TestTheRecordHoldsTheSamplesThatAMoveRestsOn(t *testing.T) {
	a := Analysis{Interval: time.Minute, FailureLimit: 1, Metrics: []Metric{{Name: SuccessRate, Range: atLeast(99)}}}
	r, f := canary(t, a, &Pause{Duration: time.Hour})
	var values []float64
	for _, x := range Evidence(r, saying(f, SuccessRate, 100, 95, 100, 94), noon.Add(4*time.Minute+Lag)) {
		if x.Destination == version(2) {
			values = append(values, x.Value)
		}
	}
	assert.Equal(t, []float64{95, 94}, values)
}

func TestOnlyKnownPlaceholdersAreKnown(t *testing.T) {
	assert.Empty(t, UnknownPlaceholders(`up{a="{{ version }}"}[{{interval}}] {`))
	assert.Equal(t, []string{"{{ canary }}", "{{version "}, UnknownPlaceholders("{{ canary }} {{host}} {{version "))
}
