package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// note is one thing to say about a change, as forges and their tools take it: what a
// rule found, once for the same words, or what is wrong with the input.
type note struct {
	rule string // the rule's id, or problemRule
	severity
	text, fix string
	at        rollout.Position
	about     string // environment, target and steps; "" for a problem
	waiver    string // who let it pass; "" for nobody
	void      string // why a waiver does not count
	passes    string // when it may pass by itself; "" where it does not
}

// severity is how much a note weighs.
type severity int

const (
	failure severity = iota // the change may not be merged
	warning
	notice // waived, or a wait that is no refusal
)

// problemRule is what problems are of in forms that know rules alone.
const problemRule = "weir.input"

// notes are all that a report says, what is wrong first, then what weighs most.
func notes(r agent.CheckReport) []note {
	var out []note
	for _, p := range r.Problems {
		out = append(out, note{rule: problemRule, text: p.Message, fix: p.Hint, at: p.Position})
	}
	for _, f := range merge(r.Findings) {
		n := note{rule: f.Rule, severity: warning, text: f.Message, fix: f.Fix, at: f.Position, about: f.Environment + f.where(), void: f.Void}
		switch {
		case f.Waiver != nil:
			n.severity, n.waiver = notice, f.Waiver.String()
		case f.Transient:
			if n.severity, n.passes = notice, "by itself"; !f.Again.IsZero() {
				n.passes = "at " + stamp(f.Again)
			}
		case f.Level == policy.Denies:
			n.severity = failure
		}
		out = append(out, n)
	}
	slices.SortStableFunc(out, func(a, b note) int { return cmp.Compare(a.severity, b.severity) })
	return out
}

// title is the first line of what the note says.
func (n note) title() string {
	first, _, _ := strings.Cut(n.text, "\n")
	return clean(first)
}

// body is all that the note says, in lines that nothing obeys.
func (n note) body() string {
	var lines []string
	for line := range strings.Lines(n.text) {
		lines = append(lines, clean(strings.TrimRight(line, "\r\n")))
	}
	for _, more := range []struct{ before, text string }{{"", n.about}, {"waived by ", n.waiver}, {"not waived: ", n.void}, {"it may pass ", n.passes}, {"fix: ", n.fix}} {
		if more.text != "" {
			lines = append(lines, clean(more.before+strings.ReplaceAll(more.text, "\n", " ")))
		}
	}
	return strings.Join(lines, "\n")
}

// file is where the note is shown, by forges that show none without a file.
func (n note) file() (name string, line int) {
	if n.at.File == "" {
		return "weir.yaml", 1
	}
	return clean(n.at.File), max(n.at.Line, 1)
}

// fingerprint is the same for the same thing said of another version of the change:
// no line is in it. Among notes, the n-th of the same has the number in it.
func (n note) fingerprint(seen map[string]int) string {
	key := strings.Join([]string{n.rule, n.about, n.text, n.at.File}, "\x00")
	seen[key]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, seen[key]))
	return hex.EncodeToString(sum[:])
}
