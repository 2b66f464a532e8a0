package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Table is how often each kind of fault and event struck.
type Table map[Kind]int

// Add counts what struck in a story.
func (t Table) Add(struck map[Kind]int) {
	for kind, n := range struck {
		t[kind] += n
	}
}

// Never lists the kinds that never struck, with those of gates or without: of
// these nothing is proved.
func (t Table) Never(gated bool) []Kind {
	var out []Kind
	for _, kind := range Kinds(gated) {
		if t[kind] == 0 {
			out = append(out, kind)
		}
	}
	return out
}

// String has a line for each kind that struck.
func (t Table) String() string {
	var b strings.Builder
	for _, kind := range Kinds(true) {
		if t[kind] > 0 {
			fmt.Fprintf(&b, "%-20s %9d\n", kind, t[kind])
		}
	}
	return b.String()
}

// Kinds lists every kind of fault and event: faults by the call that they
// befall, before its effect or after. Those of gates strike only where there are
// some.
func Kinds(gated bool) []Kind {
	var out []Kind
	for _, op := range []Op{OpSynced, OpFetch, OpOpen, OpAuthors, OpJournal, OpRecord, OpApply, OpSupport, OpRemove} {
		for _, fault := range faults {
			if out = append(out, at(fault, op, false)); fault.sided() {
				out = append(out, at(fault, op, true))
			}
		}
	}
	out = append(out, at(Slow, OpRead, false), at(Dies, OpRead, false), "in a pass")
	for _, kind := range slices.Sorted(maps.Keys(deeds())) {
		if of := gates()[kind] != nil; !of && (!gated || kind != clock) || of && gated {
			out = append(out, kind)
		}
	}
	for _, code := range waits {
		if gated {
			out = append(out, held(code))
		}
	}
	if gated { // the records of an outbox, which takes a way back of many steps; approvals on a branch
		out = append(out, "merged", "aside")
	}
	return out
}

// sided tells whether the fault can strike before a call's effect and after.
func (k Kind) sided() bool { return k == Slow || k == Lost || k == Dies }

// at is a fault of a call, as it is counted.
func at(fault Kind, op Op, after bool) Kind {
	if after && fault.sided() {
		return fault + " after " + Kind(op)
	}
	return fault + " " + Kind(op)
}
