package agent

import (
	"fmt"
	"strings"

	"github.com/weir-delivery/weir/rollout"
)

// page is the status branch's README.md: what a person sees who opens the
// branch. It holds no time of its own, so it changes only with what it shows.
func (a *Agent) page() []byte {
	var b strings.Builder
	b.WriteString("# Rollouts\n\nWritten by weir; edit nothing here. `status/` holds each rollout in full, `decisions/` every decision in order,\n`outcomes/` how each ended, `accepted/` which revisions are in force.\n\n")
	fmt.Fprintf(&b, "## Cluster %s\n\n", a.options.Cluster)
	if len(a.status) == 0 {
		b.WriteString("No rollout yet.\n")
	} else {
		b.WriteString("| | rollout | phase | step | weights | why | revision |\n|---|---|---|---|---|---|---|\n")
	}
	for _, v := range a.Views() {
		fmt.Fprintf(&b, "| %s | %s/%s/%s | %s | %s | %s | %s | %s |\n", Glyph(v.Phase), v.Environment, v.Namespace, v.Name,
			v.Phase, stepOf(v), cell(splits(v.Routes)), cell(why(v)), shortRevision(v.Revision))
	}
	if problems := a.Problems(); len(problems) > 0 {
		b.WriteString("\n## Problems\n\nThe last good state stays in place for these:\n\n")
		for _, p := range problems {
			fmt.Fprintf(&b, "- `%s` %s", p.Position, p.Message)
			if p.Hint != "" {
				fmt.Fprintf(&b, " — %s", p.Hint)
			}
			b.WriteString("\n")
		}
	}
	return []byte(b.String())
}

// Glyph goes with a phase wherever it is shown, always beside its word.
func Glyph(p rollout.Phase) string {
	return map[rollout.Phase]string{
		rollout.Healthy: "✔", rollout.Pending: "◷", rollout.Progressing: "◌", rollout.Paused: "॥", rollout.Degraded: "✖",
	}[p]
}

func why(v View) string {
	if v.Error != "" {
		return v.Error
	}
	return v.Reason.Sentence
}

func stepOf(v View) string {
	if v.Phase == rollout.Healthy || v.Steps == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d", v.Step, v.Steps)
}

func splits(routes []RouteView) string {
	parts := make([]string, len(routes))
	for i, r := range routes {
		parts[i] = r.Destinations.String()
		if len(routes) > 1 {
			parts[i] = r.Target + " " + r.Route + ": " + parts[i]
		}
	}
	return strings.Join(parts, "; ")
}

func shortRevision(sha string) string { return sha[:min(7, len(sha))] }

// cell makes text safe for a Markdown table.
func cell(s string) string { return cells.Replace(s) }

// cells is never changed.
var cells = strings.NewReplacer("|", "\\|", "\n", " ", "\r", " ")
