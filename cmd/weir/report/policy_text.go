package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/weir-delivery/weir/policy"
)

// Policies is what `weir policy list` and `explain` found.
type Policies struct {
	Rules []policy.Rule `json:"rules"`
}

// PolicyList writes a line for each rule.
func PolicyList(w io.Writer, rules []policy.Rule) error {
	p := &page{}
	t := table{row(nil, "RULE", "ID", "LEVEL", "SEVERITY", "WHAT")}
	for _, r := range rules {
		t = append(t, row(nil, clean(r.ID), clean(cmp.Or(r.Label, "-")), string(r.Level), clean(cmp.Or(r.Severity, "-")), clean(r.Title)))
	}
	t.lines(p, "")
	p.line("")
	p.line("%s; weir policy explain RULE says more", plural(len(rules), "rule"))
	return p.writeTo(w)
}

// PolicyExplain writes all that is known of the rules.
func PolicyExplain(w io.Writer, rules []policy.Rule) error {
	p := &page{}
	for _, r := range rules {
		p.line("%s", clean(r.ID))
		about := table{
			{{"what", nil}, {clean(cmp.Or(r.Title, "-")), nil}},
			{{"id", nil}, {clean(cmp.Or(r.Label, "-")), nil}},
			{{"level", nil}, {string(r.Level), nil}},
			{{"severity", nil}, {clean(cmp.Or(r.Severity, "-")), nil}},
			{{"at", nil}, {clean(r.Position.String()), nil}},
		}
		about.lines(p, "  ")
		if r.Description != "" {
			p.para("  ", r.Description, p.plain)
		}
		if r.Fix != "" {
			p.para("  ", "What to do: "+r.Fix, p.plain)
		}
		p.line("")
	}
	return p.writeTo(w)
}

// PolicyTests writes the tests that did not pass, what they leave out, and the tally.
func PolicyTests(w io.Writer, r policy.TestReport, threshold float64, look Look) error {
	p := &page{ink: ink{look.Color}}
	count := map[policy.TestVerdict]int{}
	for _, t := range r.Tests {
		count[t.Result]++
		if t.Result == policy.Passed {
			continue
		}
		glyph, paint := "✖", p.bad
		if t.Result == policy.Skipped {
			glyph, paint = "◷", p.faint
		}
		p.line("%s %s  %s", paint(glyph), paint(string(t.Result)), p.strong(clean(t.Name)))
		p.line("  %s %s", p.faint("at"), clean(t.Position.String()))
		for _, said := range []string{t.Why, t.Printed} {
			p.para("  ", said, p.plain)
		}
	}
	for _, lines := range r.NotCovered {
		p.line("%s no test runs %s", p.warn("▲"), span(lines))
	}
	glyph, word, paint := "✔", "passed", p.good
	if !r.Passes(threshold) {
		glyph, word, paint = "✖", "failed", p.bad
	}
	tally := []string{plural(len(r.Tests), "test")}
	for _, of := range []policy.TestVerdict{policy.Failed, policy.Errored, policy.Skipped} {
		if n := count[of]; n > 0 {
			tally = append(tally, fmt.Sprintf("%d %s", n, of))
		}
	}
	tally = append(tally, fmt.Sprintf("%.1f%% of the lines covered", r.Coverage))
	if r.Coverage < threshold {
		tally = append(tally, fmt.Sprintf("%g%% are asked for", threshold))
	}
	p.line("%s %s: %s", paint(glyph), paint(word), strings.Join(tally, ", "))
	return p.writeTo(w)
}

func span(l policy.LineRange) string {
	if l.To <= l.Line {
		return clean(l.Position.String())
	}
	return fmt.Sprintf("%s-%d", clean(l.Position.String()), l.To)
}
