package rollout

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// These hold the promises about weights over random routes of up to eight
// destinations, random targets, totals and steps.

func split(t *rapid.T, label string, n, most int) Split {
	s := make(Split, n)
	for i := range s {
		s[i] = Weight{Destination{Host: "app", Subset: fmt.Sprintf("v%d", i+1)}, rapid.IntRange(0, most).Draw(t, label)}
	}
	if s.Total() == 0 {
		s[rapid.IntRange(0, n-1).Draw(t, label+" first")].Weight = 1
	}
	return s
}

// walk is one whole journey, each step from the split before.
type walk struct {
	stable, target Split
	total          int
	steps          []int
	splits         []Split
}

// whole makes the split's parts whole units of total, whoever gets the rest.
func whole(s Split, total int) Split {
	out := s.clone()
	left := total
	for i := range out {
		out[i].Weight = s[i].Weight * total / s.Total()
		left -= out[i].Weight
	}
	out[0].Weight += left
	return out
}

type step func(live, stable, target Split, setWeight, total int) Split

func draw(t *rapid.T, next step) walk {
	n := rapid.IntRange(2, 8).Draw(t, "destinations")
	w := walk{stable: split(t, "stable", n, 100), target: split(t, "target", n, 100), total: rapid.SampledFrom([]int{100, 100, 1000, 10000}).Draw(t, "total")}
	w.steps = rapid.SliceOfNDistinct(rapid.IntRange(1, 99), 1, 8, rapid.ID).Draw(t, "steps")
	slices.Sort(w.steps)
	if rapid.Bool().Draw(t, "whole units") {
		w.stable, w.target = whole(w.stable, w.total), whole(w.target, w.total)
	}
	live := w.stable
	for _, s := range w.steps {
		live = next(live, w.stable, w.target, s, w.total)
		w.splits = append(w.splits, live)
	}
	return w
}

func total(s Split) int {
	n := 0
	for _, w := range s {
		n += w.Weight
	}
	return n
}

func number(s Split, d Destination) int {
	for _, w := range s {
		if w.Destination == d {
			return w.Weight
		}
	}
	return 0
}

// promises returns the first promise that the walk breaks. Where stable and
// target are whole units of total they hold to the unit; where a share is none,
// it may be rounded either way, and what changes by less than that is no change.
func (w walk) promises() error {
	grain := 2.0
	if w.stable.Total() == w.total && w.target.Total() == w.total {
		grain = 1
	}
	before := w.stable
	stable := 0
	for i, s := range w.splits {
		if total(s) != w.total {
			return fmt.Errorf("step %d%%: %s adds up to %d, not %d", w.steps[i], s, total(s), w.total)
		}
		exposed := 0
		for _, d := range union(w.stable, w.target) {
			from := float64(w.stable.Of(d)) * float64(w.total) / float64(w.stable.Total())
			to := float64(w.target.Of(d)) * float64(w.total) / float64(w.target.Total())
			got := number(s, d)
			if got < 0 {
				return fmt.Errorf("step %d%%: %s has a negative weight", w.steps[i], s)
			}
			if float64(got) < math.Floor(min(from, to)) || float64(got) > math.Ceil(max(from, to)) {
				return fmt.Errorf("step %d%%: %s has %d in %s, not between %.2f and %.2f", w.steps[i], d, got, s, from, to)
			}
			moved := float64(got - number(before, d))
			if i > 0 && moved*(to-from) < 0 && math.Abs(to-from) >= grain-1 {
				return fmt.Errorf("step %d%%: %s went from %d to %d, away from its target", w.steps[i], d, number(before, d), got)
			}
			if to-from >= grain {
				exposed += got
				if i == 0 {
					stable += int(math.Ceil(from))
				}
			}
		}
		if exposed > max(w.steps[i]*w.total/100, stable) {
			return fmt.Errorf("step %d%%: %s exposes %d of %d", w.steps[i], s, exposed, w.total)
		}
		before = s
	}
	return nil
}

func TestEveryStepKeepsThePromisesAboutWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := draw(t, Toward).promises(); err != nil {
			t.Fatal(err)
		}
	})
}

// The same promises are broken by the rounding that first comes to mind, which
// is how we know that they can be.
func TestNaiveRoundingBreaksThem(t *testing.T) {
	naive := func(_, stable, target Split, setWeight, total int) Split {
		out := make(Split, len(target))
		for i, w := range target {
			from := float64(stable.Of(w.Destination)) / float64(stable.Total())
			to := float64(w.Weight) / float64(target.Total())
			out[i] = Weight{w.Destination, int(math.Round((from + (to-from)*float64(setWeight)/100) * float64(total)))}
		}
		return out
	}
	broken := 0
	rapid.Check(t, func(t *rapid.T) {
		if draw(t, naive).promises() != nil {
			broken++
		}
	})
	assert.Positive(t, broken, "naive rounding kept every promise, so the promises say nothing")
}

func TestThePathIsTheSameWhereverItIsTakenUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t, Toward)
		last := w.splits[len(w.splits)-1]
		again := Toward(last, w.stable, w.target, w.steps[len(w.steps)-1], w.total)
		if !again.Equal(last) {
			t.Fatalf("taking the step %d%% twice goes from %s to %s", w.steps[len(w.steps)-1], last, again)
		}
	})
}

func TestACanaryGetsItsWeight(t *testing.T) {
	stable, target := mustSplit("v1", 100, "v3", 0), mustSplit("v1", 0, "v3", 100)
	assert.Equal(t, "v1 95 · v3 5", Toward(stable, stable, target, 5, 100).String())
	assert.Equal(t, "v1 9500 · v3 500", Toward(stable, stable, target, 5, 10000).String())
}

func TestSeveralRisingDestinationsShareTheExposure(t *testing.T) {
	stable := mustSplit("v1", 100, "v2", 0, "v3", 0)
	target := mustSplit("v1", 0, "v2", 60, "v3", 40)
	assert.Equal(t, "v1 90 · v2 6 · v3 4", Toward(stable, stable, target, 10, 100).String())
}

func TestExposureIsNeverLessThanStablesNorMoreThanTheTargets(t *testing.T) {
	stable, target := mustSplit("v1", 80, "v3", 20), mustSplit("v1", 40, "v3", 60)
	assert.Equal(t, 20, Exposure(stable, target, 5, 100))
	assert.Equal(t, 35, Exposure(stable, target, 35, 100))
	assert.Equal(t, 60, Exposure(stable, target, 100, 100))
}

func TestALoneDestinationIsTheWhole(t *testing.T) {
	lone := Split{{Destination{Host: "app", Subset: "v1"}, 0}}
	require.True(t, lone.Equal(mustSplit("v1", 100, "v3", 0)))
	assert.Equal(t, "v1 90 · v3 10", Toward(lone, lone, mustSplit("v1", 0, "v3", 100), 10, 100).String())
}

func TestEqualSharesAreEqualSplits(t *testing.T) {
	assert.True(t, mustSplit("v1", 1, "v3", 1).Equal(mustSplit("v1", 50, "v3", 50)))
	assert.False(t, mustSplit("v1", 1, "v3", 2).Equal(mustSplit("v1", 50, "v3", 50)))
	assert.False(t, mustSplit("v1", 0, "v3", 0).Equal(mustSplit("v1", 50, "v3", 50)), "nobody gets anything")
}

func mustSplit(pairs ...any) Split {
	var s Split
	for i := 0; i < len(pairs); i += 2 {
		s = append(s, Weight{Destination{Host: "app", Subset: pairs[i].(string)}, pairs[i+1].(int)})
	}
	return s
}

func BenchmarkToward(b *testing.B) {
	for _, n := range []int{2, 8} {
		b.Run(fmt.Sprintf("%d destinations", n), func(b *testing.B) {
			stable, target := make(Split, n), make(Split, n)
			for i := range n {
				d := Destination{Host: "app", Subset: fmt.Sprintf("v%d", i)}
				stable[i], target[i] = Weight{d, i + 1}, Weight{d, n - i}
			}
			b.ReportAllocs()
			for b.Loop() {
				Toward(stable, stable, target, 37, 10000)
			}
		})
	}
}
