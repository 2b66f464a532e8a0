package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Position is a place in a file of the repository. Line 0 means the file as a whole.
type Position struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// String is "file:line", as editors and terminals open it.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Problem is something wrong in the input: where, what, and the way out.
type Problem struct {
	Position
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// Error makes a Problem an error: "file:line: message (hint)".
func (p Problem) Error() string {
	out := p.Message
	if p.File != "" {
		out = p.Position.String() + ": " + out
	}
	if p.Hint != "" {
		out += " (" + p.Hint + ")"
	}
	return out
}

// Problems is everything wrong with an input, reported at once.
type Problems []Problem

// Error lists the problems, one a line, by file and line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps.Sorted() {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Sorted orders the problems by file, line and message, each once.
func (ps Problems) Sorted() Problems {
	out := slices.Clone(ps)
	slices.SortStableFunc(out, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(out)
}

// Err is nil when there is no problem.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}
