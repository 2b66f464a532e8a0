package rollout

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// behindBy is the group of pair, of which the first member's write of the first step
// was lost.
func behindBy(t *testing.T, change func(*Rollout, *Facts)) (*Rollout, Facts) {
	t.Helper()
	r, f := pair()
	if change != nil {
		change(r, &f)
	}
	m := Next(r, f, noon)
	require.Equal(t, Forward, m.Kind, m.Reason)
	require.Len(t, m.Changes, 2)
	m.Changes = m.Changes[1:]
	f.Live = m.On(f.Live)
	require.Equal(t, CatchUp, Next(r, f, noon.Add(time.Second)).Kind)
	return r, f
}

// Who is behind has moved by a journey of its own since the group's decision, as an
// agent that knew an older commit had it: the decision does not say from where it comes.
func TestWhoMovedSinceTheGroupsDecisionIsDecidedOnceMore(t *testing.T) {
	r, f := behindBy(t, nil)
	own := *f.Live[0].State
	own.Journey.Seq++
	f.Live[0].State = &own
	m := Next(r, f, noon.Add(time.Second))
	require.Equal(t, Forward, m.Kind, m.Reason)
	assert.Equal(t, Leveling, m.Reason.Code)
	assert.Len(t, m.Changes, 2)
	m.Changes = m.Changes[1:] // and this one's write is lost again
	f.Live = m.On(f.Live)
	assert.Equal(t, CatchUp, Next(r, f, noon.Add(2*time.Second)).Kind, "now the decision knows it there")
}

// Who takes a step once more asks its webhooks once more, the last step included.
func TestAStepThatIsDecidedOnceMoreAsksItsWebhooks(t *testing.T) {
	r, f := behindBy(t, func(r *Rollout, f *Facts) {
		r.Plan.Webhooks = []Webhook{{Name: "guard", Type: ConfirmTrafficIncrease, URL: "https://guard.example.com"}}
		r.Plan.Steps = []Step{{SetWeight: 100, Pause: &Pause{Duration: 10 * time.Minute}}}
		f.Answers = []Answer{{Webhook: "guard", Known: true, Yes: true}}
	})
	own := *f.Live[0].State
	own.Journey.Seq++
	f.Live[0].State = &own
	f.Answers = []Answer{{Webhook: "guard", Known: true, Why: "no"}}
	assert.Equal(t, WebhookClosed, Next(r, f, noon.Add(time.Second)).Reason.Code)
	f.Answers[0].Yes = true
	m := Next(r, f, noon.Add(time.Second))
	assert.Equal(t, Forward, m.Kind, m.Reason)
}

// Members were on one journey and not all as far on it, as one was put right by hand:
// that is no move since.
func TestMembersThatWereNotAsFarAreStillBroughtLevel(t *testing.T) {
	behindBy(t, func(_ *Rollout, f *Facts) {
		state := *f.Live[1].State
		state.Journey.Seq += 2
		f.Live[1].State = &state
	})
}

// Samples of a step that a member had not taken say nothing of what it will do there:
// the step is decided once more, and its analysis begins when all are at it.
func TestAnAnalysisOfAStepBeginsWhenAllHaveTakenIt(t *testing.T) {
	r, f := behindBy(t, func(r *Rollout, _ *Facts) {
		pause := &Pause{Duration: 10 * time.Minute}
		r.Plan.Analysis = &Analysis{Interval: time.Minute, Metrics: []Metric{{Name: "success-rate", Query: "x", Range: atLeast(99)}}}
		r.Plan.Steps = []Step{{SetWeight: 10, Pause: pause}, {SetWeight: 50, Pause: pause}}
	})
	f = saying(f, "success-rate", 1, 1, 1)
	late := noon.Add(3*time.Minute + Lag)
	m := Next(r, f, late)
	require.Equal(t, Forward, m.Kind, m.Reason)
	assert.Equal(t, Leveling, m.Reason.Code)
	assert.Equal(t, late, m.Journey.Since)
	assert.Equal(t, 0, m.Journey.Step)
	f.Live = m.On(f.Live)
	assert.Equal(t, Hold, Next(r, f, late.Add(time.Second)).Kind, "what was measured before is no failure of it")
}

// answered answers all that is asked of metrics now.
func answered(r *Rollout, f Facts, now time.Time) Facts {
	for _, q := range Needs(r, f, now) {
		if q.Measure == nil {
			continue
		}
		for at := q.Measure.From; !at.After(q.Measure.To); at = at.Add(q.Measure.Interval) {
			f.Samples = append(f.Samples, Sample{q.Measure.Metric, q.Destination, at, 99.9})
		}
	}
	return f
}

// A freeze that begins before a group is level holds what it has to make up for as well,
// and so do a deny window and the end of an allow window; no plan, and nobody who
// overrides a window, goes up in a freeze.
func TestWhoIsBehindDoesNotCatchUpInAFreeze(t *testing.T) {
	later := noon.Add(time.Minute)
	for name, by := range map[Code]Level{
		Frozen:       {Name: "the Delivery", Freezes: []Freeze{{Name: "year-end", From: later, To: later.Add(time.Hour)}}},
		WindowDenies: {Name: "the Delivery", Windows: []Window{{Name: "peak", Kind: Deny, Schedule: "1 12 * * *", Duration: time.Hour, Zone: time.UTC, Starts: window("1 12 * * *", time.Hour, "UTC").Starts}}},
	} {
		r, f := behindBy(t, func(r *Rollout, _ *Facts) { r.Rules.Levels = []Level{by} })
		m := Next(r, f, later)
		require.Equal(t, Hold, m.Kind, name)
		assert.Equal(t, name, m.Reason.Code, m.Reason)
		assert.Equal(t, later.Add(time.Hour), m.Again, "woken by its end")
		assert.Equal(t, CatchUp, Next(r, f, m.Again).Kind)

		f.Intents = []Intent{{Verb: ToOverride, ID: m.Journey.ID, Step: m.Journey.Step, By: "ann", Reason: "it must", At: noon}}
		assert.Equal(t, name == WindowDenies, Next(r, f, later).Kind == CatchUp, "%s overridden", name)
	}
}

// What metrics said when the group's step was decided is no reason to follow it later,
// when they say nothing: no data never raises a weight.
func TestWhoIsBehindDoesNotFollowWithoutData(t *testing.T) {
	r, f := pair()
	pause := &Pause{Duration: 10 * time.Minute}
	r.Plan.Analysis = &Analysis{Interval: time.Minute, InconclusiveLimit: 3, Metrics: []Metric{{Name: SuccessRate, Range: atLeast(99)}}}
	r.Plan.Steps = []Step{{SetWeight: 10, Pause: pause}, {SetWeight: 50, Pause: pause}}
	f.Live = Next(r, f, noon).On(f.Live)
	second := noon.Add(pause.Duration + Lag)
	m := Next(r, answered(r, f, second), second)
	require.Equal(t, Forward, m.Kind, m.Reason)
	m.Changes = m.Changes[1:] // the write of the one that rises is lost
	f.Live = m.On(f.Live)
	require.Equal(t, CatchUp, Next(r, f, second.Add(time.Second)).Kind)

	late := func(minutes int) time.Time { return second.Add(time.Duration(minutes)*time.Minute + Lag) }
	m = Next(r, f, late(2))
	require.Equal(t, Hold, m.Kind, m.Reason)
	assert.Equal(t, Analyzing, m.Reason.Code)
	assert.Equal(t, Inconclusive, Next(r, f, late(5)).Reason.Code, "people are asked after a while")
	m = Next(r, answered(r, f, late(5)), late(5))
	assert.Equal(t, Forward, m.Kind, m.Reason)
	assert.Equal(t, late(5), m.Journey.Since, "and its analysis begins anew")
	f.NoMetrics = "there is no Prometheus"
	assert.Equal(t, NoMetrics, Next(r, f, late(2)).Reason.Code)
}

// Nobody goes up after the window has closed just to go back again; one that finishes
// does so together.
func TestWhoIsBehindDoesNotFollowIntoAClosedWindow(t *testing.T) {
	for closing, kind := range map[Closing]Kind{GoBack: Hold, Finish: CatchUp} {
		r, f := behindBy(t, func(r *Rollout, _ *Facts) {
			r.Plan.Windows = []Window{window("0 10 * * *", 4*time.Hour, "UTC")}
			r.Plan.WhenWindowCloses = closing
		})
		m := Next(r, f, noon.Add(3*time.Hour))
		require.Equal(t, kind, m.Kind, "%s: %s", closing, m.Reason)
		assert.Equal(t, CatchUp, Next(r, f, noon.Add(22*time.Hour)).Kind, "it follows when it opens")
	}
}

// A plan joins a VirtualService in flight to others that are at rest, and somebody
// aborts what that one shows.
func TestAMembersOwnJourneyIsAbortedThoughItsGroupIsAtRest(t *testing.T) {
	r, f := wish()
	f.Live = Next(r, f, noon).On(f.Live)
	own := f.Live[0].State.Journey

	group, facts := pair()
	sibling := facts.Live[1]
	state := *sibling.State
	state.Journey = Journey{ID: "of-the-sibling", Step: 3, Seq: 1, Phase: Healthy, Since: noon.Add(time.Minute), Reason: because(Settled)}
	sibling.State = &state
	facts.Live = []Live{f.Live[0], sibling}
	facts.Stopped = "ann: an incident"
	require.Equal(t, Stopped, Next(group, facts, noon.Add(2*time.Minute)).Reason.Code)

	facts.Intents = []Intent{{Verb: ToAbort, ID: own.ID, Step: own.Step, By: "ann", At: noon.Add(2 * time.Minute)}}
	m := Next(group, facts, noon.Add(2*time.Minute))
	require.Equal(t, Back, m.Kind, m.Reason)
	assert.Equal(t, Degraded, m.Journey.Phase)
	assert.Equal(t, own.ID, m.Journey.ID)
	assert.Equal(t, f.Live[0].State.Member.Stable, m.Changes[0].To.Moving())
}

// Two routes go back, and the stable of one has no endpoint: what is left is said, and
// nothing is called done.
func TestAPartOfTheWayBackIsNotCalledDone(t *testing.T) {
	r, f := wish()
	second := r.Targets[0].Routes[0]
	second.Key, second.Label = "http:beta", "beta"
	was := f.Live[0].Routes[0]
	was.Key, was.Label = second.Key, second.Label
	was.Split = mustSplit("v3", 0, "v2", 100)
	second.Split = mustSplit("v3", 100, "v2", 0)
	r.Targets[0].Routes = append(r.Targets[0].Routes, second)
	state := *f.Live[0].State
	f.Live[0].Routes = append(f.Live[0].Routes, was)
	state.Member.Stable = append(state.Member.Stable, was)
	f.Live[0].State = &state
	f.Ready[version(1)] = Readiness{Defined: true, Known: true, Ready: 1, Want: 1}
	f.Live = Next(r, f, noon).On(f.Live)
	require.Equal(t, Stepping, f.Live[0].State.Journey.Reason.Code)
	flying := f.Live[0].Routes

	f.Ready[version(1)] = Readiness{Defined: true, Known: true, Want: 1}
	r.Targets[0].Routes = r.Targets[0].Routes.With(f.Live[0].State.Member.Stable)
	m := Next(r, f, noon.Add(time.Minute))
	require.Equal(t, Back, m.Kind, m.Reason)
	assert.Equal(t, GoingBack, m.Reason.Code)
	assert.Contains(t, m.Reason.Sentence, "on the way back to")
	left, _ := m.Changes[0].To.Find(second.Key)
	there, _ := flying.Find(second.Key)
	assert.True(t, left.Split.Equal(there.Split), "it waits where it is")
	f.Live = m.On(f.Live)
	assert.Equal(t, StableNotReady, Next(r, f, noon.Add(2*time.Minute)).Reason.Code)
	f.Ready[version(1)] = Readiness{Defined: true, Known: true, Ready: 1, Want: 1}
	m = Next(r, f, noon.Add(3*time.Minute))
	require.Equal(t, Back, m.Kind, m.Reason)
	assert.Equal(t, RolledBack, m.Reason.Code)
}

// Labels that were allowed once hold nothing up, though the cluster has the old ones
// still, as another VirtualService that is left in place needs them.
func TestLabelsThatWereAllowedHoldNothingUp(t *testing.T) {
	r, f := wish()
	r.Targets[0].Subsets = map[Destination]Labels{version(0): {"version": "v1", "build": "2"}}
	r.Targets[0].Rest = "another"
	old := f.Ready[version(0)]
	old.Labels = Labels{"version": "v1"}
	f.Ready[version(0)] = old
	f.Relabelled = map[Destination]Readiness{version(0): {Defined: true, Known: true}}
	state := *f.Live[0].State
	f.Live[0].State = &state
	m := Next(r, f, noon)
	require.Equal(t, NotReady, m.Reason.Code, "nobody ready has the new ones: %s", m.Reason)

	state.Member.Selects, f.Relabelled = r.Targets[0].Selects(), nil
	m = Next(r, f, noon)
	require.Equal(t, Reshape, m.Kind, m.Reason)
}
