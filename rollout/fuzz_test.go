package rollout

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// These throw at Next what no story would: rollouts, memories and facts that
// fit together badly or not at all.

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func someTime(t *rapid.T, label string) time.Time {
	if rapid.IntRange(0, 9).Draw(t, label+" unset") == 0 {
		return time.Time{}
	}
	return noon.Add(time.Duration(rapid.IntRange(-90, 30).Draw(t, label)) * time.Minute)
}

func somePlan(t *rapid.T) Plan {
	p := Plan{
		Name: "reviews", Namespace: "bookinfo",
		TotalWeight:    rapid.SampledFrom([]int{0, 100, 100, 1000, 10000}).Draw(t, "total"),
		Approvals:      rapid.IntRange(0, 2).Draw(t, "approvals"),
		RollbackWindow: time.Duration(rapid.IntRange(0, 60).Draw(t, "rollback")) * time.Minute,
		Readiness:      rapid.SampledFrom([]ReadinessMode{"", WhenKnown, Required}).Draw(t, "readiness"),
		Settle:         time.Duration(rapid.IntRange(0, 30).Draw(t, "settle")) * time.Second,
		Suspend:        rapid.IntRange(0, 9).Draw(t, "suspend") == 0,
	}
	if rapid.IntRange(0, 3).Draw(t, "back in steps") == 0 {
		p.Rollback = &Rollback{StepWeight: rapid.IntRange(1, 99).Draw(t, "back by"), Interval: time.Duration(rapid.IntRange(1, 300).Draw(t, "back every")) * time.Second}
	}
	somewhen(t, &p)
	weights := rapid.SliceOfN(rapid.IntRange(0, 100), 1, 5).Draw(t, "steps")
	slices.Sort(weights)
	for _, w := range weights {
		p.Steps = append(p.Steps, Step{SetWeight: w, Pause: somePause(t)})
	}
	if rapid.IntRange(0, 4).Draw(t, "a step's own window") == 0 {
		p.Steps[len(p.Steps)-1].Windows = []Window{someWindow(t)}
	}
	return p
}

// somewhen lets every other plan care for the time.
func somewhen(t *rapid.T, p *Plan) {
	if rapid.Bool().Draw(t, "at any time") {
		return
	}
	for range rapid.IntRange(0, 2).Draw(t, "windows") {
		p.Windows = append(p.Windows, someWindow(t))
	}
	p.WhenWindowCloses = rapid.SampledFrom([]Closing{KeepWeights, Finish, GoBack}).Draw(t, "when it closes")
	if rapid.IntRange(0, 3).Draw(t, "starts at") == 0 {
		p.StartAt = someTime(t, "start")
	}
	if rapid.IntRange(0, 3).Draw(t, "ticks") == 0 {
		w := window(rapid.SampledFrom([]string{"0 * * * *", "*/20 9-15 * * *"}).Draw(t, "cron"), TickLasts, "UTC")
		p.Schedule = &Schedule{Cron: w.Schedule, TimeZone: w.TimeZone, Starts: w.Starts, Zone: w.Zone}
	}
}

func someWindow(t *rapid.T) Window {
	w := window(rapid.SampledFrom([]string{"0 9 * * *", "30 */3 * * *", "0 11,12,20 * * *", "0 8 * * MON-FRI"}).Draw(t, "starts"),
		time.Duration(rapid.IntRange(30, 170).Draw(t, "lasts"))*time.Minute, rapid.SampledFrom([]string{"UTC", "Europe/Berlin"}).Draw(t, "zone"))
	if rapid.IntRange(0, 3).Draw(t, "denies") == 0 {
		w.Kind = Deny
	}
	return w
}

// someLevels are the environment's.
func someLevels(t *rapid.T) []Level {
	switch rapid.IntRange(0, 5).Draw(t, "rules of time") {
	case 0:
		w := window("30 */3 * * *", 175*time.Minute, "UTC") // it meets every other one
		if rapid.Bool().Draw(t, "the Delivery denies") {
			w = denying(window("0 13 * * *", 15*time.Minute, "UTC"))
		}
		return []Level{{Name: "the Delivery", Windows: []Window{w}}}
	case 1:
		from := someTime(t, "frozen")
		return []Level{{Name: "environment production", Freezes: []Freeze{{Name: "audit", From: from, To: from.Add(time.Hour)}}}}
	}
	return nil
}

func somePause(t *rapid.T) *Pause {
	switch rapid.IntRange(0, 3).Draw(t, "pause") {
	case 0:
		return nil
	case 1:
		return &Pause{UntilApproved: true}
	}
	return &Pause{Duration: time.Duration(rapid.IntRange(1, 30).Draw(t, "minutes")) * time.Minute}
}

// someSplit draws up to four destinations, sometimes none, sometimes all 0.
func someSplit(t *rapid.T) Split {
	var s Split
	for i := range 4 {
		if rapid.Bool().Draw(t, "listed") {
			s = append(s, Weight{Destination{Host: "app", Subset: fmt.Sprintf("v%d", i+1)}, rapid.SampledFrom([]int{0, 0, 1, 5, 50, 100, 1 << 20}).Draw(t, "weight")})
		}
	}
	return s
}

func someRoutes(t *rapid.T) Routes {
	var rs Routes
	for _, name := range []string{"a", "b"} {
		if rapid.IntRange(0, 3).Draw(t, "has "+name) > 0 {
			rs = append(rs, Route{Key: "http:" + name, Protocol: HTTP, Label: name, Split: someSplit(t), Fixed: rapid.IntRange(0, 5).Draw(t, "fixed") == 0})
		}
	}
	return rs
}

func someState(t *rapid.T) *State {
	if rapid.IntRange(0, 4).Draw(t, "ours") == 0 {
		return nil
	}
	s := State{Cluster: rapid.SampledFrom([]string{"edge", "edge", "edge", "", "other"}).Draw(t, "cluster")}
	s.Journey = Journey{
		ID:      ID(rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "id")),
		Attempt: rapid.IntRange(0, 2).Draw(t, "attempt"), Seq: rapid.IntRange(0, 9).Draw(t, "seq"), Step: rapid.IntRange(-1, 7).Draw(t, "step"),
		Since: someTime(t, "since"), Phase: rapid.SampledFrom([]Phase{Healthy, Pending, Progressing, Paused, Degraded}).Draw(t, "phase"),
		Reason: Reason{rapid.SampledFrom([]Code{Settled, Adoption, Stepping, Promoting, HandEdit, Corrected, WindowReturned, RolledBack}).Draw(t, "code"), "as it was"},
	}
	s.Member = Member{
		Stable: someRoutes(t), Previous: someRoutes(t), Applied: someRoutes(t), Completed: someTime(t, "completed"),
		Rest: Digest(rapid.SampledFrom([]string{"r1", "r2"}).Draw(t, "rest")), Returned: someTime(t, "returned"),
	}
	for range rapid.IntRange(0, 4).Draw(t, "corrections") {
		s.Member.Corrected = append(s.Member.Corrected, someTime(t, "corrected"))
	}
	return &s
}

func someRollout(t *rapid.T) *Rollout {
	return &Rollout{
		Name: Name{"production", "bookinfo", "reviews"}, Source: Source{Cluster: "edge", Author: "ann"}, Plan: someGatedPlan(t),
		Want:    rapid.SampledFrom([]Want{Known, Known, Known, Unknown, Gone}).Draw(t, "want"),
		Rules:   Rules{Suspend: rapid.IntRange(0, 9).Draw(t, "stopped") == 0, Prune: rapid.Bool().Draw(t, "prune"), Adopt: []string{"helm"}, Levels: someLevels(t)},
		Targets: []Target{{Ref: reviews, Rest: Digest(rapid.SampledFrom([]string{"r1", "r2"}).Draw(t, "rest")), Routes: someRoutes(t)}},
	}
}

var reviews = Ref{"bookinfo", "reviews"}

func someFacts(t *rapid.T, r *Rollout) Facts {
	f := Facts{Seen: rapid.IntRange(0, 9).Draw(t, "seen") > 0, Ready: map[Destination]Readiness{}, Taken: map[ID]int{"x": 3}}
	one := Live{
		Ref: reviews, UID: "1", Version: "1", Routes: someRoutes(t), State: someState(t),
		Editor:   rapid.SampledFrom([]string{"", "", "kubectl-edit"}).Draw(t, "editor"),
		Appliers: rapid.SampledFrom([][]string{nil, {"helm"}, {"flagger"}}).Draw(t, "appliers"),
	}
	switch rapid.IntRange(0, 9).Draw(t, "where") {
	case 0:
	case 1:
		f.Recorded = []Live{one}
	default:
		f.Live = []Live{one}
	}
	for i := range 4 {
		if rapid.IntRange(0, 4).Draw(t, "read") > 0 {
			f.Ready[Destination{Host: "app", Subset: fmt.Sprintf("v%d", i+1)}] = Readiness{
				Defined: rapid.IntRange(0, 4).Draw(t, "defined") > 0, SeenSince: someTime(t, "seen since"),
				Known: rapid.IntRange(0, 4).Draw(t, "known") > 0, Ready: rapid.IntRange(0, 2).Draw(t, "ready"),
			}
		}
	}
	fit(t, r, &f)
	someSamples(t, r, &f)
	return f
}

// fit makes the memory's journey the one that Git asks for, often enough that
// the rules of a rollout in flight have their say.
func fit(t *rapid.T, r *Rollout, f *Facts) {
	if len(f.Live) == 1 && f.Live[0].State != nil && rapid.IntRange(0, 3).Draw(t, "fits") > 0 {
		j := &f.Live[0].State.Journey
		j.ID = situate(r, *f, noon).identity(j.Before, j.Attempt)
		for _, by := range rapid.SliceOf(rapid.SampledFrom([]string{"ann", "bob", "cem"})).Draw(t, "approved by") {
			verb := rapid.SampledFrom([]Verb{ToApprove, ToApprove, ToOverride, ToAbort}).Draw(t, "verb")
			f.Intents = append(f.Intents, Intent{Verb: verb, ID: j.ID, Step: j.Step, By: by, Reason: "so it is"})
		}
	}
}

// sound holds what every answer of Next has to keep.
func sound(t *rapid.T) {
	r := someRollout(t)
	f := someFacts(t, r)
	before := DigestOf([]any{r, f, ready(f)})

	m := Next(r, f, noon)
	require.Equal(t, m, Next(r, f, noon), "the same arguments give the same answer")
	require.Equal(t, before, DigestOf([]any{r, f, ready(f)}), "an argument was altered")

	require.Equal(t, m, Next(r, named(r, f), noon), "Next looked at what Needs did not name")

	require.NotEmpty(t, m.Reason.Sentence)
	require.NotContains(t, m.Reason.Sentence, "%!", "a sentence is filled in wrongly")
	require.NotEmpty(t, m.Journey.Phase)
	require.False(t, !m.Again.IsZero() && !m.Again.After(noon), "look again at %s, which is past", m.Again)
	if !m.Writes() {
		require.Equal(t, Hold, m.Kind, "a %s that changes nothing", m.Kind)
		require.Equal(t, f.Live, m.On(f.Live))
	}
}

// ready writes the readiness down, which has no JSON of its own.
func ready(f Facts) []string {
	var out []string
	for _, d := range slices.SortedFunc(maps.Keys(f.Ready), func(a, b Destination) int { return len(a.Subset) - len(b.Subset) }) {
		out = append(out, fmt.Sprint(d, f.Ready[d]))
	}
	slices.Sort(out)
	return out
}

func TestNextAnswersWhateverItIsGiven(t *testing.T) { rapid.Check(t, sound) }

func FuzzNext(f *testing.F) { f.Fuzz(rapid.MakeFuzz(sound)) }
