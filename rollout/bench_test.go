package rollout

import (
	"fmt"
	"testing"
	"time"
)

// benchmark is a rollout of one route under a plan of ten steps, at stable.
func benchmark() (*Rollout, Facts) {
	plan := Plan{Name: "reviews", Namespace: "bookinfo", Settle: DefaultSettle}.WithDefaults()
	for weight := 10; weight <= 100; weight += 10 {
		plan.Steps = append(plan.Steps, Step{SetWeight: weight, Pause: &Pause{Duration: 10 * time.Minute}})
	}
	routes := func(v1, v3 int) Routes {
		return Routes{{Key: "http:primary", Protocol: HTTP, Label: "primary", Split: mustSplit("v1", v1, "v3", v3)}}
	}
	r := &Rollout{
		Name: Name{"production", "bookinfo", "reviews"}, Want: Known, Source: Source{Cluster: "edge"}, Plan: plan,
		Targets: []Target{{Ref: reviews, Rest: "r", Routes: routes(100, 0)}},
	}
	endpoints := Readiness{Defined: true, Known: true, Ready: 2, Want: 2}
	f := Facts{Seen: true, Ready: map[Destination]Readiness{version(0): endpoints, version(2): endpoints}}
	f.Live = Next(r, f, noon).On(f.Live)
	return r, f
}

// wish is the same rollout when Git wants v3, and nothing has moved yet.
func wish() (*Rollout, Facts) {
	r, f := benchmark()
	r.Targets[0].Routes = Routes{{Key: "http:primary", Protocol: HTTP, Label: "primary", Split: mustSplit("v1", 0, "v3", 100)}}
	return r, f
}

func BenchmarkNext(b *testing.B) {
	idle, settled := benchmark()
	stepping, before := wish()
	pausing, after := wish()
	after.Live = Next(pausing, after, noon).On(after.Live)
	for _, c := range []struct {
		name string
		r    *Rollout
		f    Facts
		kind Kind
	}{{"idle", idle, settled, Hold}, {"stepping", stepping, before, Forward}, {"pausing", pausing, after, Hold}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if m := Next(c.r, c.f, noon); m.Kind != c.kind {
					b.Fatalf("a %s: %s", m.Kind, m.Reason)
				}
			}
		})
	}
}

// arrives measures the whole of a rollout, which everybody allows, and wants it to take
// all its steps within the span.
func arrives(b *testing.B, r *Rollout, f Facts, span time.Duration, steps int) {
	b.Helper()
	facts := func(_ time.Time, live []Live) Facts {
		out := f
		if live != nil {
			out.Live = live
		}
		return out
	}
	judge := func(*Rollout, Facts, Move, time.Time) Verdict { return Verdict{Allow: true} }
	b.ReportAllocs()
	for b.Loop() {
		forward := 0
		for _, m := range Timeline(r, facts, judge, noon, noon.Add(span)) {
			if m.Kind == Forward {
				forward++
			}
		}
		if forward != steps {
			b.Fatalf("%d steps", forward)
		}
	}
}

func BenchmarkTimelineOfTenSteps(b *testing.B) {
	r, f := wish()
	arrives(b, r, f, 24*time.Hour, 10)
}

func BenchmarkIdentity(b *testing.B) {
	r, f := wish()
	s := situate(r, f, noon)
	b.ReportAllocs()
	for b.Loop() {
		s.identity(nil, 0)
	}
}

// A year of one rollout: as many steps as a plan may have, each with its share
// of the year. The time between steps costs nothing; each step looks through the
// plan, so cost grows with the square of the steps.
func BenchmarkTimelineOverAYear(b *testing.B) {
	for _, steps := range []int{10, 100} {
		b.Run(fmt.Sprintf("steps=%d", steps), func(b *testing.B) {
			r, f := wish()
			r.Plan.TotalWeight, r.Plan.Steps = MaxTotal, nil
			year := 365 * 24 * time.Hour
			for i := 1; i <= steps; i++ {
				r.Plan.Steps = append(r.Plan.Steps, Step{SetWeight: i * 100 / steps, Pause: &Pause{Duration: year / time.Duration(steps+1)}})
			}
			arrives(b, r, f, year, steps)
		})
	}
}

// How the cost of a whole rollout through daily windows grows: not with the span that its
// steps are spread over, as each wait looks no further than the next opening; less than in
// proportion with the windows; and nearly with the square of the steps.
func BenchmarkTimelineThroughWindows(b *testing.B) {
	for _, c := range []struct{ steps, windows, years int }{{10, 10, 1}, {10, 1, 1}, {10, 100, 1}, {100, 10, 1}, {10, 10, 10}} {
		b.Run(fmt.Sprintf("steps=%d/windows=%d/years=%d", c.steps, c.windows, c.years), func(b *testing.B) {
			r, f := wish()
			span := time.Duration(c.years) * 365 * 24 * time.Hour
			r.Plan.TotalWeight, r.Plan.Steps, r.Plan.Windows = MaxTotal, nil, nil
			for i := 1; i <= c.steps; i++ {
				r.Plan.Steps = append(r.Plan.Steps, Step{SetWeight: i * 100 / c.steps, Pause: &Pause{Duration: span / time.Duration(2*c.steps)}})
			}
			for i := range c.windows { // each opens once a day, a quarter of an hour long
				r.Plan.Windows = append(r.Plan.Windows, window(fmt.Sprintf("%d %d * * *", i%60, i/60+8), 15*time.Minute, "Europe/Berlin"))
			}
			arrives(b, r, f, span, c.steps)
		})
	}
}
