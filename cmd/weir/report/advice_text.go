package report

import (
	"fmt"
	"strings"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/policy"
)

// advice writes what the change's own policies would say, which decide nothing yet.
func (p *page) advice(a *agent.Advice) {
	if a == nil {
		return
	}
	p.para("", ownPolicies(a), p.faint)
	for _, line := range adviceLines(a) {
		p.para("  ", clean(line), p.plain)
	}
	p.line("")
}

// markAdvice is the same in a comment.
func (p *page) markAdvice(a *agent.Advice) {
	if a == nil {
		return
	}
	p.line("%s\n", mark(ownPolicies(a)))
	lines := adviceLines(a)
	for _, line := range lines {
		p.line("- %s", mark(line))
	}
	if len(lines) > 0 {
		p.line("")
	}
}

// ownPolicies says in a sentence what the policies that come with a change are for.
func ownPolicies(a *agent.Advice) string {
	_, word, _ := ink{}.verdict(a.Decision)
	return fmt.Sprintf("The change's own policies judge what comes after it. By them it would be %s.", word)
}

// adviceLines are what differs, each in a line.
func adviceLines(a *agent.Advice) []string {
	var out []string
	if a.Problem != "" {
		out = append(out, "They cannot judge it: "+a.Problem)
	}
	if len(a.NewRules) > 0 {
		out = append(out, "Rules that come: "+strings.Join(a.NewRules, ", "))
	}
	if len(a.LostRules) > 0 {
		out = append(out, "Rules that go: "+strings.Join(a.LostRules, ", "))
	}
	for _, side := range []struct {
		glyph    string
		findings []policy.Finding
	}{{"+", a.Adds}, {"−", a.Drops}} {
		for _, f := range merge(side.findings) {
			first, _, _ := strings.Cut(f.Message, "\n")
			waived := map[bool]string{true: ", waived"}[f.Waiver != nil]
			out = append(out, fmt.Sprintf("%s %s %s%s%s: %s", side.glyph, f.Rule, f.Environment, f.where(), waived, first))
		}
	}
	return out
}
