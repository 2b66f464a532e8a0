package simulator

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind names what an event does; kinds lists them all.
type Kind string

// Op names a call of the agent.
type Op string

// The calls of an agent at which something can strike. Reads are those of the
// cluster's cache, which cannot fail.
const (
	OpSynced  Op = "synced"
	OpFetch   Op = "fetch"
	OpBranch  Op = "branch"
	OpOpen    Op = "open"
	OpAuthors Op = "authors"
	OpJournal Op = "journal"
	OpRecord  Op = "record"
	OpApply   Op = "apply"
	OpSupport Op = "support"
	OpRemove  Op = "remove"
	OpRead    Op = "read"
)

// Event is one thing that happens: at its time, or at the first fitting call of
// an agent after it. The numbers mean what the kind makes of them, whatever the
// world looks like then, so that a story may lose any of its events.
type Event struct {
	At   time.Duration
	Kind Kind
	// Agent is whom it befalls.
	Agent int
	// On is the call at which it strikes; empty for none. Any fits all of them.
	On Op
	// Skip lets so many fitting calls pass.
	Skip int
	// After strikes once the call has taken effect.
	After bool
	// A, B and C say what exactly.
	A, B, C int
}

// Any fits every call but reads.
const Any Op = "any"

// String is the event on one line.
func (e Event) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-10s %-12s", e.At, e.Kind)
	number := func(name string, n int) {
		if n != 0 {
			fmt.Fprintf(&b, " %s=%d", name, n)
		}
	}
	number("agent", e.Agent)
	if e.On != "" {
		fmt.Fprintf(&b, " on=%s", e.On)
	}
	number("skip", e.Skip)
	if e.After {
		b.WriteString(" after=1")
	}
	number("a", e.A)
	number("b", e.B)
	number("c", e.C)
	return strings.TrimRight(b.String(), " ")
}

// parseEvent reads what String wrote.
func parseEvent(line string) (Event, error) {
	words := strings.Fields(line)
	if len(words) < 2 {
		return Event{}, fmt.Errorf("%q is no event", line)
	}
	at, err := time.ParseDuration(words[0])
	if err != nil {
		return Event{}, fmt.Errorf("%q: %w", line, err)
	}
	e := Event{At: at, Kind: Kind(words[1])}
	for _, word := range words[2:] {
		name, value, _ := strings.Cut(word, "=")
		if name == "on" {
			e.On = Op(value)
			continue
		}
		n, err := strconv.Atoi(value)
		if err != nil {
			return Event{}, fmt.Errorf("%q: %w", line, err)
		}
		switch name {
		case "agent":
			e.Agent = n
		case "skip":
			e.Skip = n
		case "after":
			e.After = n != 0
		case "a":
			e.A = n
		case "b":
			e.B = n
		case "c":
			e.C = n
		default:
			return Event{}, fmt.Errorf("%q: events have no %s", line, name)
		}
	}
	if _, ok := deeds()[e.Kind]; !ok && !e.Kind.fault() {
		return Event{}, fmt.Errorf("%q: there is no such kind of event", line)
	}
	return e, nil
}
