package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/agent"
)

// Bounds of a comment: GitHub takes 65,536 characters, and nobody reads more than a
// few tables.
const (
	maxComment = 60_000
	maxTables  = 20
)

// marker is the first line of a comment, by which it is found and updated in place.
const marker = "<!-- weir check -->"

// CheckMarkdown writes a CheckReport as a comment of a pull request: the verdict, what
// the rules say with the way out, and each rollout before and after, step by step.
// The same report gives the same text.
func CheckMarkdown(w io.Writer, r agent.CheckReport, look Look) error {
	p := &page{}
	glyph, word, _ := p.verdict(r.Decision)
	if len(r.Problems) > 0 {
		glyph, word = "✖", "wrong"
	}
	p.line("%s\n## %s weir check: %s\n", marker, glyph, word)
	p.line("%s\n", summary(r))
	p.notes(notes(r))
	p.markAdvice(r.Advice)
	for i, c := range r.Rollouts {
		if i == maxTables {
			p.line("%s more are not shown; `weir check` shows them.\n", plural(len(r.Rollouts)-i, "rollout"))
			break
		}
		p.markRollout(c, look)
	}
	_, err := io.WriteString(w, cut(strings.TrimRight(p.out.String(), "\n")+"\n"))
	return err
}

// summary is the report in a sentence.
func summary(r agent.CheckReport) string {
	if len(r.Rollouts)+len(r.Findings)+len(r.Problems) == 0 {
		return "The change moves nothing."
	}
	parts := []string{plural(len(r.Rollouts), "rollout"), plural(len(merge(r.Findings)), "finding"), plural(len(r.Problems), "problem")}
	return strings.Join(parts, ", ") + fmt.Sprintf(", from %s to %s.", mark(short(r.Base.Revision)), mark(short(r.Head.Revision)))
}

func short(revision string) string { return revision[:min(len(revision), 8)] }

// notes is a list of what the rules say and what is wrong.
func (p *page) notes(all []note) {
	glyphs := map[severity]string{failure: "✖", warning: "▲", notice: "◷"}
	for _, n := range all {
		glyph := glyphs[n.severity]
		if n.waiver != "" {
			glyph = "▲ waived"
		}
		head := fmt.Sprintf("- %s **%s**", glyph, mark(n.rule))
		if n.about != "" {
			head += " " + mark(n.about)
		}
		if at := n.at.String(); at != "" {
			head += ", at " + mark(at)
		}
		said := []string{head}
		for line := range strings.Lines(n.text) {
			said = append(said, mark(strings.TrimRight(line, "\r\n")))
		}
		for _, more := range []struct{ before, text string }{{"waived by ", n.waiver}, {"not waived: ", n.void}, {"it may pass ", n.passes}, {"**fix:** ", n.fix}} {
			if more.text != "" {
				said = append(said, more.before+mark(strings.ReplaceAll(more.text, "\n", " ")))
			}
		}
		p.line("%s", strings.Join(said, "\\\n  ")) // each a line of its own
	}
	if len(all) > 0 {
		p.line("")
	}
}

// markRollout is one rollout: a table for each of its routes.
func (p *page) markRollout(c agent.CheckRollout, look Look) {
	glyph, word, _ := p.verdict(c.Decision)
	p.line("### %s %s: %s, %s\n", glyph, mark(c.Environment+"/"+c.Name), mark(c.Kind), word)
	p.line("Plan %s, id %s%s.\n", mark(planOf(c.Plan)), mark(cmp.Or(string(c.ID), "-")), map[bool]string{true: " (provisional)"}[c.Provisional])
	for _, r := range routesOf(c) {
		p.line("%s %s\n", mark(r.target), mark(r.route))
		p.steps(c, r, look.Now).markdown(p)
		p.line("")
	}
	for _, s := range c.Steps {
		if s.Waits != "" {
			p.line("- %s", mark(waitOf(s)))
		}
	}
	if slices.ContainsFunc(c.Steps, func(s agent.CheckStep) bool { return s.Waits != "" }) {
		p.line("")
	}
	if len(c.Steps) == 0 {
		p.line("It holds where it is: %s.\n", mark(why(c.Reason.Sentence)))
	}
}

// markdown writes the table, whose first row is its head.
func (t table) markdown(p *page) {
	for i, row := range t {
		cells := make([]string, len(row))
		for n, c := range row {
			cells[n] = mark(strings.TrimSpace(c.text))
		}
		p.line("| %s |", strings.Join(cells, " | "))
		if i == 0 {
			p.line("|%s", strings.Repeat(" --- |", len(row)))
		}
	}
}

// mark has text stand in Markdown as it is written: nothing in it is markup, a tag,
// a mention, a reference, or the beginning of a list or a heading.
func mark(s string) string {
	var b strings.Builder
	digits := true // only digits so far
	for i, r := range clean(s) {
		switch {
		case strings.ContainsRune("@#<>&", r):
			fmt.Fprintf(&b, "&#%d;", r)
		case strings.ContainsRune("\\`*_{}[]()|~!", r), i == 0 && strings.ContainsRune("-+=", r), digits && r == '.':
			b.WriteRune('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
		digits = digits && r >= '0' && r <= '9'
	}
	return b.String()
}

// cut keeps a comment as long as a forge takes it.
func cut(s string) string {
	if len(s) <= maxComment {
		return s
	}
	end := strings.LastIndexByte(s[:maxComment], '\n')
	return s[:end+1] + "\nThe rest is cut: `weir check` says all of it.\n"
}
