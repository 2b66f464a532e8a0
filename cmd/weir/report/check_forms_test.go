package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// forms are those that forges and their tools read.
func forms() map[string]func(io.Writer, agent.CheckReport) error {
	return map[string]func(io.Writer, agent.CheckReport) error{
		"markdown": func(w io.Writer, r agent.CheckReport) error {
			return report.CheckMarkdown(w, r, report.Look{Now: now()})
		},
		"github": report.CheckGitHub,
		"gitlab": report.CheckGitLab,
		"junit":  report.CheckJUnit,
		"sarif":  func(w io.Writer, r agent.CheckReport) error { return report.CheckSARIF(w, r, "v0") },
	}
}

func written(t *testing.T, form string, r agent.CheckReport) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, forms()[form](&b, r))
	return b.String()
}

// whole is checked with what a comment has to say besides.
func whole() agent.CheckReport {
	r := checked()
	r.Base.Revision, r.Head.Revision = "0123456789abcdef", "worktree"
	r.Rollouts[0].Zone = time.FixedZone("CET", 3600)
	r.Advice = &agent.Advice{
		Decision: policy.Allow, NewRules: []string{"canary.deny_night"}, LostRules: []string{"canary.deny_first_step"},
		Adds: []policy.Finding{}, Drops: r.Findings[:1],
	}
	r.Rollouts[0].Steps[2].Waits = "window office of the plan is closed: it opens at 2026-11-24T09:00:00+01:00"
	return r
}

func TestACheckHasAFormForEachForge(t *testing.T) {
	for form, write := range forms() {
		golden(t, "check_"+form, func(w io.Writer) error { return write(w, whole()) })
		assert.Equal(t, written(t, form, whole()), written(t, form, whole()), "the same report gives the same text")
	}
}

func TestSARIFIsValidByItsSchema(t *testing.T) {
	for name, r := range map[string]agent.CheckReport{"all": whole(), "nothing": {Decision: policy.Allow}, "hostile": hostile()} {
		text := written(t, "sarif", r)
		parsed, err := sarif.FromString(text, sarif.WithStrictValidation())
		require.NoError(t, err, name)
		require.NoError(t, parsed.Validate(), "%s:\n%s", name, text)
	}
	var raw struct {
		Runs []struct {
			Results []struct {
				RuleID       string
				Level        string
				Suppressions []any
				Locations    []struct {
					PhysicalLocation struct{ Region struct{ StartLine int } }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(written(t, "sarif", whole())), &raw))
	waived := 0
	for _, result := range raw.Runs[0].Results {
		require.Len(t, result.Locations, 1)
		assert.Positive(t, result.Locations[0].PhysicalLocation.Region.StartLine)
		waived += len(result.Suppressions)
	}
	assert.Equal(t, 1, waived)
}

// A fingerprint tells a finding from others and stays when lines move.
func TestFingerprintsOutliveMovedLines(t *testing.T) {
	prints := func(r agent.CheckReport) (out []string) {
		var entries []struct{ Fingerprint string }
		require.NoError(t, json.Unmarshal([]byte(written(t, "gitlab", r)), &entries))
		for _, e := range entries {
			require.NotContains(t, out, e.Fingerprint)
			out = append(out, e.Fingerprint)
		}
		return out
	}
	moved := whole()
	for i := range moved.Findings {
		if moved.Findings[i].Line > 0 {
			moved.Findings[i].Line += 7
		}
	}
	twice := whole()
	twice.Problems = append(twice.Problems, twice.Problems[0])
	assert.Equal(t, prints(whole()), prints(moved))
	assert.Len(t, prints(twice), len(prints(whole()))+1)
}

// hostile is written by somebody who wants the reader to obey.
func hostile() agent.CheckReport {
	const text = "ok | `code` <img src=x> @shop/team #12 [a](http://b)\r\n::error file=x::fake\n\n# head\n]]> \x1b[31m\u202e"
	return agent.CheckReport{
		Decision: policy.Deny, Rollouts: []agent.CheckRollout{{
			Name: text, Environment: text, Kind: "weights", Decision: policy.Allow, Plan: agent.PlanView{Name: text, File: text},
			From: []agent.RouteView{at(text, 100, 0)}, Steps: []agent.CheckStep{{Earliest: now(), Waits: text, Routes: []agent.RouteView{at(text, 0, 100)}}},
		}},
		Findings: []policy.Finding{{Rule: text, Level: policy.Denies, Message: text, Fix: text, Environment: text, Position: rollout.Position{File: text, Line: 3}, Step: -1}},
		Problems: rollout.Problems{{Position: rollout.Position{File: text}, Message: text, Hint: text}},
	}
}

func TestNothingWrittenByOthersIsObeyed(t *testing.T) {
	for form := range forms() {
		text := written(t, form, hostile())
		assert.NotContains(t, text, "\x1b", form)
		assert.NotContains(t, text, "\u202e", form)
		assert.NotContains(t, text, "\r", form)
	}
	lines := strings.Split(strings.TrimSpace(written(t, "github", hostile())), "\n")
	assert.Len(t, lines, 2, "one command for each finding and problem, and none of theirs")
	for _, line := range lines {
		assert.True(t, strings.HasPrefix(line, "::error file="), line)
	}
	comment := written(t, "markdown", hostile())
	for _, markup := range []string{"<img", "@shop", " #12", "[a](", "\n# head"} {
		assert.NotContains(t, comment, markup)
	}
	var parsed any
	require.NoError(t, xml.Unmarshal([]byte(written(t, "junit", hostile())), &struct{ XMLName xml.Name }{}))
	require.NoError(t, json.Unmarshal([]byte(written(t, "gitlab", hostile())), &parsed))
}

func TestAChangeThatMovesNothingSaysSoInEachForm(t *testing.T) {
	nothing := agent.CheckReport{Decision: policy.Allow}
	assert.Empty(t, written(t, "github", nothing))
	assert.Equal(t, "[]\n", written(t, "gitlab", nothing))
	assert.Contains(t, written(t, "junit", nothing), `tests="1" failures="0" errors="0" skipped="0"`)
	assert.Equal(t, "<!-- weir check -->\n## ✔ weir check: allowed\n\nThe change moves nothing.\n", written(t, "markdown", nothing))
}

// GitHub shows ten annotations of a kind and drops the rest in silence.
func TestWhatGitHubWouldDropIsToldInTheLastAnnotation(t *testing.T) {
	var r agent.CheckReport
	for n := range 25 {
		r.Findings = append(r.Findings, policy.Finding{Rule: fmt.Sprintf("a.deny_%d", n), Level: policy.Denies, Message: fmt.Sprintf("no %d", n), Step: -1})
	}
	lines := strings.Split(strings.TrimSpace(written(t, "github", r)), "\n")
	require.Len(t, lines, 10)
	assert.True(t, strings.HasPrefix(lines[9], "::error title=weir check::and 16 more:%0Aa.deny_9: no 9"), lines[9])
	assert.Contains(t, lines[9], "a.deny_24: no 24")
}

func TestACommentIsNoLongerThanAForgeTakes(t *testing.T) {
	r := whole()
	for n := range 30 {
		c := r.Rollouts[0]
		c.Name = fmt.Sprint("service-", n)
		r.Rollouts = append(r.Rollouts, c)
	}
	assert.Contains(t, written(t, "markdown", r), "14 rollouts more are not shown")
	for n := range 2000 {
		r.Findings = append(r.Findings, policy.Finding{Rule: fmt.Sprint("a.deny_", n), Level: policy.Denies, Message: strings.Repeat("ä", 100), Step: -1})
	}
	text := written(t, "markdown", r)
	assert.Less(t, len(text), 65_536)
	assert.True(t, strings.HasSuffix(text, "The rest is cut: `weir check` says all of it.\n"))
}
