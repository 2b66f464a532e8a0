package audit_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.FixedZone("CET", 3600))

func routes(v1, v3 int) rollout.Routes {
	split := rollout.Split{
		{Destination: rollout.Destination{Host: "reviews", Subset: "v1"}, Weight: v1},
		{Destination: rollout.Destination{Host: "reviews", Subset: "v3"}, Weight: v3},
	}
	return rollout.Routes{
		{Key: "http:primary", Protocol: rollout.HTTP, Label: "primary", Split: split},
		{Key: "http:fixed", Protocol: rollout.HTTP, Label: "fixed", Split: split, Fixed: true},
	}
}

// entry is the entry for the second move of a journey.
func entry(kind rollout.Kind) audit.Entry {
	reviews := rollout.Ref{Namespace: "bookinfo", Name: "reviews"}
	r := &rollout.Rollout{
		Name:    rollout.Name{Environment: "production", Namespace: "bookinfo", Plan: "reviews"},
		Targets: []rollout.Target{{Ref: reviews}},
		Source:  rollout.Source{Cluster: "edge", Revision: "c0ffee", Author: "ann", Subject: "v3 for all"},
	}
	m := rollout.Move{
		Kind: kind, Journey: rollout.Journey{ID: "0123456789ab", Seq: 2, Step: 1},
		Reason:  rollout.Reason{Code: rollout.Stepping, Sentence: "step 2 of 3, for 10m"},
		Changes: []rollout.Change{{Ref: rollout.Ref{Namespace: "bookinfo", Name: "reviews"}, From: routes(95, 5), To: routes(50, 50)}},
	}
	before := rollout.State{Journey: rollout.Journey{Entry: "sha256:before"}}
	return audit.New(r, rollout.Facts{Live: []rollout.Live{{Ref: reviews, State: &before}}}, m, noon)
}

// seal is an entry as it is pushed.
func seal(t require.TestingT, e audit.Entry) audit.Sealed {
	sealed, err := e.Seal()
	require.NoError(t, err)
	return sealed
}

func denied(e audit.Entry, messages ...string) audit.Entry {
	e.Verdict, e.Policies = policy.Deny, "sha256:policies"
	e.Findings = nil
	for _, m := range messages {
		e.Findings = append(e.Findings, policy.Finding{Rule: "canary.deny", Level: policy.Denies, Message: m})
	}
	return e
}

func TestAnEntrySaysWhatMovesWhereAndWhy(t *testing.T) {
	e := entry(rollout.Forward)
	assert.Equal(t, "edge/production/reviews-0123456789ab", e.Folder())
	assert.Equal(t, []any{"Decision", "production", "bookinfo", "reviews", "c0ffee", "ann", 2, 1, policy.Allow, rollout.Digest("sha256:before")},
		[]any{e.Kind, e.Environment, e.Namespace, e.Rollout, e.Revision, e.Author, e.Seq, e.Step, e.Verdict, e.Previous})
	assert.Equal(t, noon.UTC(), e.Time, "one zone for all")
	require.Len(t, e.Changes, 1)
	assert.Equal(t, "v1 50 · v3 50", e.Changes[0].To.String())
	assert.Len(t, e.Changes[0].To, 1, "routes that the plan does not move are not in it")
}

func TestSealingIsDeterministicAndTheDigestIsThatOfTheBytes(t *testing.T) {
	a, b := seal(t, entry(rollout.Forward)), seal(t, entry(rollout.Forward))
	assert.Equal(t, a, b)
	assert.Equal(t, rollout.DigestBytes(a.Data), a.Digest)
	assert.Equal(t, byte('\n'), a.Data[len(a.Data)-1])

	other := entry(rollout.Forward)
	other.Previous = "sha256:another"
	assert.NotEqual(t, a.Digest, seal(t, other).Digest, "the chain is in the digest")
	assert.Equal(t, a.Path, seal(t, other).Path)
}

func TestWhatCannotBeWrittenDownIsAnErrorAndEndsNothing(t *testing.T) {
	e := entry(rollout.Forward)
	e.Intents = []rollout.Intent{{Verb: rollout.ToApprove, At: time.Date(57000, 1, 1, 0, 0, 0, 0, time.UTC)}}
	_, err := e.Seal()
	assert.ErrorContains(t, err, "writing down move 2 of production/bookinfo/reviews")
}

func TestAnAllowStandsUnderItsNumber(t *testing.T) {
	assert.Equal(t, "decisions/edge/production/reviews-0123456789ab/0002.json", seal(t, entry(rollout.Forward)).Path)
	late := entry(rollout.Forward)
	late.Seq = 12345
	assert.Equal(t, "decisions/edge/production/reviews-0123456789ab/12345.json", seal(t, late).Path)
}

func TestARefusalIsNamedByWhatItRefusesAndWhy(t *testing.T) {
	said := seal(t, denied(entry(rollout.Forward), "too much at once")).Path
	assert.Regexp(t, `^decisions/edge/production/reviews-0123456789ab/0002-denied-[0-9a-f]{12}\.json$`, said)

	later := denied(entry(rollout.Forward), "too much at once")
	later.Time = noon.Add(time.Hour)
	assert.Equal(t, said, seal(t, later).Path, "the same answer an hour later is no new file")

	elsewhere := denied(entry(rollout.Forward), "too much at once")
	elsewhere.Changes[0].To = routes(0, 100)
	newer := denied(entry(rollout.Forward), "too much at once")
	newer.Policies = "sha256:newer"
	failed := denied(entry(rollout.Forward))
	failed.Verdict = policy.Error
	for name, e := range map[string]audit.Entry{
		"other findings": denied(entry(rollout.Forward), "not on a Friday"), "one finding more": denied(entry(rollout.Forward), "too much at once", "x"),
		"another move": elsewhere, "other policies": newer, "policies that failed": failed,
	} {
		path := seal(t, e).Path
		assert.NotEqual(t, said, path, name)
		assert.Contains(t, path, "/0002-denied-", name)
	}
}

func TestNoTwoGoingBackHaveOneName(t *testing.T) {
	back := entry(rollout.Back)
	path := seal(t, back).Path
	assert.Regexp(t, `/0002-back-[0-9a-f]{12}\.json$`, path)
	for name, change := range map[string]func(*audit.Entry){
		"from another state": func(e *audit.Entry) { e.Previous = "sha256:another" },
		"of another target":  func(e *audit.Entry) { e.Changes[0].Target.Name = "ratings" },
		"an hour later":      func(e *audit.Entry) { e.Time = noon.Add(time.Hour) },
		"by another commit":  func(e *audit.Entry) { e.Revision = "another" }, // two agents at once, one of which knows a newer one
	} {
		other := entry(rollout.Back)
		change(&other)
		assert.NotEqual(t, path, seal(t, other).Path, "going back %s is another entry, whose place nobody may have taken", name)
	}
}

func TestTheSameMoveIsTheSameEntryWheneverAndByWhomeverItIsWritten(t *testing.T) {
	e, again := entry(rollout.Forward), entry(rollout.Forward)
	again.Time, again.Revision = noon.Add(time.Minute), "another commit"
	assert.True(t, e.Same(again))

	read, err := audit.Decode(seal(t, e).Data)
	require.NoError(t, err)
	assert.True(t, e.Same(read), "an entry is the same after it was read back")

	for name, change := range map[string]func(*audit.Entry){
		"id": func(e *audit.Entry) { e.ID = "x" }, "seq": func(e *audit.Entry) { e.Seq++ }, "step": func(e *audit.Entry) { e.Step++ },
		"operation": func(e *audit.Entry) { e.Operation = rollout.Correct }, "verdict": func(e *audit.Entry) { e.Verdict = policy.Deny },
		"to": func(e *audit.Entry) { e.Changes[0].To = routes(49, 51) }, "from": func(e *audit.Entry) { e.Changes[0].From = routes(94, 6) },
		"targets": func(e *audit.Entry) { e.Changes = nil }, "state before": func(e *audit.Entry) { e.Previous = "sha256:x" },
	} {
		other := entry(rollout.Forward)
		change(&other)
		assert.False(t, e.Same(other), name)
	}
}

func TestAnEntryIsReadBackAsItWasSealed(t *testing.T) {
	e, err := entry(rollout.Forward).Judged(
		policy.Decision{Verdict: policy.Allow, Policies: "sha256:p", Input: "sha256:i", Findings: []policy.Finding{{Rule: "canary.warn", Level: policy.Warns, Message: "it is late", Step: -1}}},
		policy.Question{Kind: policy.Kind, Environment: "production"})
	require.NoError(t, err)
	sealed := seal(t, e)
	read, err := audit.Decode(sealed.Data)
	require.NoError(t, err)
	assert.Equal(t, e.Findings, read.Findings)
	assert.Equal(t, e.Changes, read.Changes)
	assert.JSONEq(t, string(e.Review), string(read.Review))
	assert.Equal(t, sealed, seal(t, read), "sealing again gives the same bytes")
	assert.Equal(t, []rollout.Digest{"sha256:p", "sha256:i"}, []rollout.Digest{read.Policies, read.Input})
}

// Whoever reads the record wants to know why nobody could judge.
func TestADecisionThatNobodyCouldMakeSaysWhy(t *testing.T) {
	e, err := entry(rollout.Forward).Judged(policy.Decision{Verdict: policy.Error, Problem: "canary.deny: it took more than 1s"}, policy.Question{})
	require.NoError(t, err)
	read, err := audit.Decode(seal(t, e).Data)
	require.NoError(t, err)
	assert.Equal(t, "canary.deny: it took more than 1s", read.Problem)
}

func TestFindingsAreAListEvenWhereThereAreNone(t *testing.T) {
	e, err := entry(rollout.Forward).Judged(policy.Decision{Verdict: policy.Allow}, policy.Question{})
	require.NoError(t, err)
	assert.Contains(t, string(seal(t, e).Data), `"findings": []`)
}

func TestWhatIsNoEntryIsNotRead(t *testing.T) {
	for _, data := range []string{"", "{", `{"seq": "two"}`, `[]`} {
		_, err := audit.Decode([]byte(data))
		assert.ErrorContains(t, err, "reading an audit entry: ", data)
	}
}

func TestAnOutcomeStandsWhereItsDecisionDoes(t *testing.T) {
	decision := seal(t, entry(rollout.Forward))
	o := audit.NewOutcome(decision, audit.Superseded, "the VirtualService changed", noon)
	sealed := o.Seal()
	assert.Equal(t, "outcomes/edge/production/reviews-0123456789ab/0002.json", sealed.Path)
	assert.Equal(t, rollout.DigestBytes(sealed.Data), sealed.Digest)
	assert.Equal(t, sealed, audit.NewOutcome(decision, audit.Superseded, "the VirtualService changed", noon).Seal())

	var read audit.Outcome
	require.NoError(t, json.Unmarshal(sealed.Data, &read))
	assert.Equal(t, o, read)
	assert.Equal(t, decision.Digest, read.Decision)
	assert.Equal(t, noon.UTC(), read.Time)

	for _, kind := range []rollout.Kind{rollout.Back, rollout.Correct} {
		d := seal(t, entry(kind))
		assert.Equal(t, strings.Replace(d.Path, "decisions/", "outcomes/", 1), audit.NewOutcome(d, audit.Applied, "", noon).Seal().Path)
	}
}
