// Package report writes what weir's verbs found in the forms that people and
// programs read: one file for each form. It computes nothing and reads nothing
// but its arguments, and it says the same with and without colour.
//
// Start at [CheckText] and [StatusText]; bars.go, table.go and ink.go are what
// they are drawn with.
package report

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// Look is how text is to look.
type Look struct {
	// Color paints; every painted thing has a glyph and a word besides.
	Color bool
	// Ages shows times as ages; without it they are absolute, as what is not
	// read at once wants them.
	Ages bool
	// Wide adds columns.
	Wide bool
	// Now is the time that ages and waits count from.
	Now time.Time
}

// StatusReport is what `weir status` found.
type StatusReport struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Source     string           `json:"source"` // cluster | git
	Rollouts   []Rollout        `json:"rollouts"`
	Problems   rollout.Problems `json:"problems"`
}

// Rollout is a rollout's view, the cluster that it is in, and since when it has
// been at its step.
type Rollout struct {
	agent.View
	Cluster string    `json:"cluster"`
	Since   time.Time `json:"since,omitzero"`
}

// FullName is environment/namespace/name.
func (r Rollout) FullName() string {
	return rollout.Name{Environment: r.Environment, Namespace: r.Namespace, Plan: r.Name}.String()
}

// page is a text in the making. What it is given is cleaned of what a terminal
// would obey: names, messages and subjects are written by others.
type page struct {
	ink
	out strings.Builder
}

// line adds a line; the arguments are clean already.
func (p *page) line(format string, args ...any) {
	p.out.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

// para adds a text of one or more lines, each indented.
func (p *page) para(indent, text string, paint paint) {
	for line := range strings.Lines(text) {
		p.line("%s%s", indent, paint(clean(strings.TrimRight(line, "\r\n"))))
	}
}

func (p *page) writeTo(w io.Writer) error {
	_, err := io.WriteString(w, strings.TrimRight(p.out.String(), "\n")+"\n")
	return err
}

// clean replaces what could move a terminal's cursor, paint or reorder text.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// plural is "1 rollout", "2 rollouts".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
