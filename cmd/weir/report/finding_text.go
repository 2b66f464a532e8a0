package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// said is what one rule said in the same words at one or more steps.
type said struct {
	policy.Finding
	steps []int
}

// merge puts together what a rule said in the same words at several steps.
func merge(findings []policy.Finding) []said {
	var out []said
	for _, f := range findings {
		i := slices.IndexFunc(out, func(s said) bool {
			return s.Rule == f.Rule && s.Level == f.Level && s.Message == f.Message && s.Position == f.Position &&
				s.Environment == f.Environment && sameTarget(s.Target, f.Target) && (s.Waiver == nil) == (f.Waiver == nil)
		})
		if i < 0 {
			out = append(out, said{Finding: f})
			i = len(out) - 1
		}
		if f.Step >= 0 && !slices.Contains(out[i].steps, f.Step) {
			out[i].steps = append(out[i].steps, f.Step)
		}
	}
	return out
}

func sameTarget(a, b *policy.FindingTarget) bool { return a == b || a != nil && b != nil && *a == *b }

// findings writes what the rules said, each once.
func (p *page) findings(findings []policy.Finding) {
	for _, f := range merge(findings) {
		glyph, word, paint := "▲", "warns", p.warn
		switch {
		case f.Waiver != nil:
			glyph, word, paint = "▲", "waived", p.faint
		case f.Level == policy.Denies && f.Transient:
			glyph, word = "◷", "not now"
		case f.Level == policy.Denies:
			glyph, word, paint = "✖", "denies", p.bad
		}
		p.line("%s %s  %s  %s%s", paint(glyph), paint(word), p.strong(clean(f.Rule)), clean(f.Environment), clean(f.where()))
		p.para("  ", f.Message, p.plain)
		if f.Transient && !f.Again.IsZero() {
			p.line("  %s %s", p.faint("until"), stamp(f.Again))
		}
		if f.File != "" {
			p.line("  %s %s", p.faint("at"), clean(f.Position.String()))
		}
		if f.Fix != "" {
			p.para("  "+p.faint("fix")+" ", f.Fix, p.plain)
		}
		if f.Void != "" {
			p.line("  %s %s", p.faint("not waived:"), clean(f.Void))
		}
		if f.Waiver != nil {
			p.line("  %s %s", p.faint("waived by"), clean(f.Waiver.String()))
		}
		p.line("")
	}
}

// where is the target and the steps of a finding.
func (s said) where() string {
	out := ""
	if s.Target != nil {
		out += "/" + s.Target.Name
	}
	switch len(s.steps) {
	case 0:
		return out
	case 1:
		return fmt.Sprintf("%s, step %d", out, s.steps[0]+1)
	}
	numbers := make([]string, len(s.steps))
	for i, step := range s.steps {
		numbers[i] = fmt.Sprint(step + 1)
	}
	return out + ", steps " + strings.Join(numbers, ", ")
}

// problems writes what is wrong with the input: where, what, and the way out.
func (p *page) problems(problems rollout.Problems) {
	for _, problem := range problems {
		at := clean(problem.Position.String())
		if at != "" {
			at = p.strong(at) + ": "
		}
		first, rest, _ := strings.Cut(problem.Message, "\n")
		p.line("%s %s%s", p.bad("✖"), at, clean(first))
		p.para("  ", rest, p.plain)
		if problem.Hint != "" {
			p.para("  ", problem.Hint, p.faint)
		}
	}
	if len(problems) > 0 {
		p.line("")
	}
}

// ago is how long something has been, roughly, as people say it.
func ago(d time.Duration) string {
	switch {
	case d < time.Second:
		return "0s"
	case d < 2*time.Minute:
		return rollout.Short(d.Truncate(time.Second))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}
