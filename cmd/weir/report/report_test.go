package report_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

var update = flag.Bool("update", false, "write what was printed into testdata")

// golden compares what is printed with the file in testdata.
func golden(t *testing.T, name string, print func(io.Writer) error) {
	t.Helper()
	var got bytes.Buffer
	require.NoError(t, print(&got))
	file := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.WriteFile(file, got.Bytes(), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got.String())
}

func now() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC) }

// split is the weights of subsets a, b, c, ... of host reviews.
func split(weights ...int) rollout.Split {
	var out rollout.Split
	for i, w := range weights {
		out = append(out, rollout.Weight{Destination: rollout.Destination{Host: "reviews", Subset: string(rune('a' + i)), Port: 9080}, Weight: w})
	}
	return out
}

func at(route string, weights ...int) agent.RouteView {
	return agent.RouteView{Target: "reviews", Route: route, Protocol: rollout.HTTP, Total: 100, Destinations: split(weights...)}
}

func minutes(n int) time.Time { return now().Add(time.Duration(n) * time.Minute) }

// checked is a report with every kind of rollout, finding and problem.
func checked() agent.CheckReport {
	plan := agent.PlanView{Name: "reviews", File: "overlays/production/weightplan.yaml", Line: 4}
	target := &policy.FindingTarget{Kind: "VirtualService", Namespace: "bookinfo", Name: "reviews"}
	warned := policy.Finding{
		Rule: "canary.pauses.warn_no_pause", Level: policy.Warns, Message: "no step pauses",
		Position: rollout.Position{File: plan.File, Line: 4}, Environment: "production", Target: target,
	}
	again := warned
	again.Step = 1
	return agent.CheckReport{
		Decision: policy.Deny,
		Rollouts: []agent.CheckRollout{
			{
				ID: "0123456789ab", Provisional: true, Name: "reviews", Environment: "production", Plan: plan, Decision: policy.Deny, Kind: "weights",
				From: []agent.RouteView{at("primary", 100, 0), at("http[1]", 30, 70)},
				Steps: []agent.CheckStep{
					{Index: -1, Earliest: now(), Routes: []agent.RouteView{at("primary", 100, 0), at("http[1]", 30, 70)}},
					{Index: 0, Earliest: now(), Pause: &agent.CheckPause{Seconds: 90}, Routes: []agent.RouteView{at("primary", 99, 1), at("http[1]", 29, 71)}},
					{Index: 1, Earliest: minutes(90), Pause: &agent.CheckPause{UntilApproved: true}, Routes: []agent.RouteView{at("primary", 1, 99), at("http[1]", 1, 99)}},
					{Index: 2, Earliest: minutes(90), Pause: &agent.CheckPause{Seconds: 3600}, Routes: []agent.RouteView{at("primary", 0, 100), at("http[1]", 0, 100)}},
					{Index: -1, Earliest: minutes(150), Routes: []agent.RouteView{at("primary", 0, 3), at("http[1]", 0, 1)}},
				},
			},
			{
				ID: "ba9876543210", Name: "wide", Environment: "production", Decision: policy.Allow, Kind: "create",
				Steps: []agent.CheckStep{{Index: -1, Earliest: now(), Routes: []agent.RouteView{at("primary", 10, 10, 10, 10, 10, 50)}}},
			},
			{
				Name: "old", Environment: "staging", Plan: agent.PlanView{Name: "old"}, Decision: policy.Error, Kind: "remove",
				From:  []agent.RouteView{at("tcp[0]", 7)},
				Steps: []agent.CheckStep{{Index: -1, Earliest: now()}},
			},
			{ID: "aaaaaaaaaaaa", Name: "held", Environment: "staging", Decision: policy.Allow, Kind: "weights", From: []agent.RouteView{at("primary", 100, 0)}},
		},
		Findings: []policy.Finding{
			{
				Rule: "canary.deny_first_step", Level: policy.Denies, Message: "too much at once:\n99 percent", Fix: "Begin with 25 or less.",
				Position: rollout.Position{File: plan.File, Line: 13}, Environment: "production", Target: target, Step: 1,
			},
			{Rule: "hours.deny_night", Level: policy.Denies, Transient: true, Again: minutes(60), Message: "nobody is there", Environment: "production", Step: -1},
			{Rule: "hours.deny_friday", Level: policy.Denies, Waiver: &policy.Waiver{Rule: "hours.exception_black_friday"}, Message: "it is Friday", Environment: "production", Step: -1},
			warned, again,
		},
		Problems: rollout.Problems{
			{Position: rollout.Position{File: "base/reviews.yaml", Line: 17}, Message: "weight -5 is negative", Hint: "a weight is 0 or more"},
			{Message: "the policies could not judge\nstaging/bookinfo/old"},
		},
	}
}

func TestACheckShowsStepsFindingsProblemsAndATally(t *testing.T) {
	golden(t, "check", func(w io.Writer) error { return report.CheckText(w, checked(), report.Look{Now: now()}) })
}

func TestColourAddsNothingButColour(t *testing.T) {
	var plain, painted bytes.Buffer
	require.NoError(t, report.CheckText(&plain, checked(), report.Look{Now: now()}))
	require.NoError(t, report.CheckText(&painted, checked(), report.Look{Now: now(), Color: true}))
	assert.Equal(t, plain.String(), unpainted(painted.String()))

	plain.Reset()
	painted.Reset()
	require.NoError(t, report.StatusText(&plain, statuses(), report.Look{Now: now()}))
	require.NoError(t, report.StatusText(&painted, statuses(), report.Look{Now: now(), Color: true}))
	assert.NotEqual(t, plain.String(), painted.String())
	assert.Equal(t, plain.String(), unpainted(painted.String()))
}

func unpainted(s string) string {
	var out strings.Builder
	for i, part := range strings.Split(s, "\x1b[") {
		if i > 0 {
			_, part, _ = strings.Cut(part, "m")
		}
		out.WriteString(part)
	}
	return out.String()
}

func TestAChangeThatMovesNothingSaysSo(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, report.CheckText(&out, agent.CheckReport{Decision: policy.Allow}, report.Look{}))
	assert.Equal(t, "✔ allowed: the change moves nothing\n", out.String())
}

// statuses is one rollout in each phase.
func statuses() report.StatusReport {
	one := func(name string, phase rollout.Phase, step, steps int, why string, routes ...agent.RouteView) report.Rollout {
		return report.Rollout{Cluster: "eu-1", Since: minutes(-3), View: agent.View{
			ID: "0123456789ab", Name: name, Namespace: "bookinfo", Environment: "production", Phase: phase,
			Reason: rollout.Reason{Sentence: why}, Plan: agent.PlanView{Name: name}, Step: step, Steps: steps, Routes: routes,
			Revision: "b2ad299b9d317d9322930ffc54a5c711a0e34d8d", Decision: "sha256:feed",
		}}
	}
	return report.StatusReport{Source: "cluster", Rollouts: []report.Rollout{
		one("details", rollout.Healthy, 3, 3, "as Git has it", at("primary", 0)),
		one("productpage", rollout.Pending, 0, 4, "denied by policy: too much at once", at("primary", 100, 0)),
		one("ratings", rollout.Degraded, 2, 0, "cannot go back: no endpoint of stable (v1) is ready", at("primary", 100, 0), at("http[1]", 1, 1)),
		one("reviews", rollout.Progressing, 2, 4, "step 2 of 4, for 10m", at("primary", 75, 0, 25)),
		one("web", rollout.Paused, 1, 3, "step 1 of 3 waits for approval"),
	}}
}

func TestAStatusIsATableAndATally(t *testing.T) {
	golden(t, "status", func(w io.Writer) error { return report.StatusText(w, statuses(), report.Look{Now: now(), Ages: true}) })
}

func TestAWideStatusOfAnotherProgramsPipeHasAbsoluteTimes(t *testing.T) {
	s := statuses()
	s.Problems = checked().Problems
	golden(t, "status_wide", func(w io.Writer) error { return report.StatusText(w, s, report.Look{Now: now(), Wide: true}) })
}

func TestNoRolloutsAreSaidInWords(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, report.StatusText(&out, report.StatusReport{}, report.Look{}))
	assert.Equal(t, "no rollouts\n", out.String())
}

func TestOneRolloutIsShownInFull(t *testing.T) {
	s := statuses()
	s.Rollouts = s.Rollouts[2:4]
	next := minutes(7)
	s.Rollouts[1].Next = &next
	s.Rollouts[1].Wanted = []agent.RouteView{at("primary", 50, 0, 50)}
	s.Rollouts[1].Findings = checked().Findings[3:4]
	golden(t, "rollout", func(w io.Writer) error { return report.RolloutText(w, s, report.Look{Now: now(), Ages: true}) })
}

func TestNothingThatOthersWroteIsObeyedByTheTerminal(t *testing.T) {
	const hostile = "evil\x1b[2J\u202eliam\r\ngone"
	r := checked()
	r.Rollouts[0].Name, r.Rollouts[0].Plan.Name = hostile, hostile
	r.Rollouts[0].From[0].Route, r.Rollouts[0].From[0].Destinations[0].Subset = hostile, hostile
	r.Findings[0].Message, r.Findings[0].Rule, r.Findings[0].Fix, r.Findings[0].File = hostile, hostile, hostile, hostile
	r.Problems[0].Message, r.Problems[0].Hint, r.Problems[0].File = hostile, hostile, hostile
	s := statuses()
	s.Rollouts[3].Name, s.Rollouts[3].Reason.Sentence, s.Rollouts[3].Revision, s.Rollouts[3].Cluster = hostile, hostile, "\x1b[31m", hostile
	s.Rollouts[3].Routes[0].Route, s.Rollouts[3].Routes[0].Destinations[0].Subset = hostile, hostile
	s.Problems = r.Problems

	var out bytes.Buffer
	require.NoError(t, report.CheckText(&out, r, report.Look{Now: now()}))
	require.NoError(t, report.StatusText(&out, s, report.Look{Now: now(), Wide: true}))
	require.NoError(t, report.RolloutText(&out, s, report.Look{Now: now()}))
	for _, control := range []string{"\x1b", "\r", "\u202e"} {
		assert.NotContains(t, out.String(), control)
	}
}

func TestJSONAndYAMLHoldTheSameFields(t *testing.T) {
	s := statuses()
	s.APIVersion, s.Kind, s.Rollouts, s.Problems = "weir.dev/v1alpha1", "StatusReport", s.Rollouts[3:4], rollout.Problems{}
	golden(t, "status_json", func(w io.Writer) error { return report.JSON(w, s) })
	golden(t, "status_yaml", func(w io.Writer) error { return report.YAML(w, s) })
}

func TestBarsNeverRoundSomethingToNothingOrToEverything(t *testing.T) {
	for _, weights := range [][]int{{1, 9999}, {9999, 1}} {
		s := report.StatusReport{Rollouts: []report.Rollout{{View: agent.View{Routes: []agent.RouteView{at("primary", weights...)}}}}}
		var out bytes.Buffer
		require.NoError(t, report.RolloutText(&out, s, report.Look{}))
		assert.Contains(t, out.String(), "    1  ▏\n")
		assert.Contains(t, out.String(), "9999  "+strings.Repeat("█", 19)+"▉\n")
	}
}
