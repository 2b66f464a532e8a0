package audit

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// Bounds of the outbox, which travels in an annotation: the API server takes
// 256 KiB of annotations on an object, and others want some of it.
const (
	MaxRecords = 16
	MaxBytes   = 64 << 10
)

// Merged stands for records that an outbox had no room for in full: of each it
// keeps the digest, so that the chain can be followed through it, and what
// moved when and why; of the oldest, where there is no room for that either,
// the digest and the time.
type Merged struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"` // Merged
	Entries    []Summary `json:"entries"`
}

// Summary is what is left of a merged record.
type Summary struct {
	Path      string         `json:"path"`
	Digest    rollout.Digest `json:"digest"`
	Previous  rollout.Digest `json:"previous,omitempty"`
	Operation rollout.Kind   `json:"operation"`
	Changes   []Change       `json:"changes,omitempty"`
	Reason    rollout.Reason `json:"reason,omitzero"`
	Revision  string         `json:"revision,omitempty"`
	Time      time.Time      `json:"time"`
}

// maxSummaries bounds a merged record; the oldest of them go, and the chain
// shows the gap.
const maxSummaries = 256

// Post adds a sealed entry to the outbox. Where that is full, the oldest
// records are merged into one, and the oldest in that are shortened.
func Post(outbox []rollout.Record, s Sealed) []rollout.Record {
	out := append(slices.Clone(outbox), rollout.Record{Path: s.Path, Data: s.Data})
	for len(out) > MaxRecords {
		out = append([]rollout.Record{merge(out[0], out[1])}, out[2:]...)
	}
	for len(out) > 1 && size(out) > MaxBytes {
		shorter, ok := shorten(out[0])
		switch {
		case len(out) > 2:
			out = append([]rollout.Record{merge(out[0], out[1])}, out[2:]...)
		case ok:
			out[0] = shorter
		default:
			out = out[1:] // the newest is the only record of its move
		}
	}
	return out
}

// merge is both records in one.
func merge(a, b rollout.Record) rollout.Record {
	return merged(path.Dir(a.Path), numberOf(a.Path), append(Summaries(a), Summaries(b)...))
}

// shorten takes from the oldest entry of a merged record that has it what moved and
// why; false where none has.
func shorten(r rollout.Record) (rollout.Record, bool) {
	if !IsMerged(r.Path) {
		return r, false
	}
	entries := Summaries(r)
	i := slices.IndexFunc(entries, func(s Summary) bool { return !s.Short() })
	if i < 0 {
		return r, false
	}
	full := entries[i]
	entries[i] = Summary{Path: full.Path, Digest: full.Digest, Previous: full.Previous, Operation: full.Operation, Time: full.Time}
	for _, c := range full.Changes {
		if c.Previous != "" { // the chain goes on through it
			entries[i].Changes = append(entries[i].Changes, Change{Target: c.Target, Previous: c.Previous})
		}
	}
	return merged(path.Dir(r.Path), numberOf(r.Path), entries), true
}

// Short tells whether what moved and why was left out for want of room.
func (s Summary) Short() bool { return s.Reason == (rollout.Reason{}) }

func merged(folder, number string, entries []Summary) rollout.Record {
	m := Merged{APIVersion, "Merged", entries[max(len(entries)-maxSummaries, 0):]}
	data, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("audit: internal error: merging into %s: %v", folder, err))
	}
	data = append(data, '\n')
	return rollout.Record{Path: path.Join(folder, fmt.Sprintf("%s-merged-%s.json", number, rollout.DigestBytes(data).Short())), Data: data}
}

// numberOf is the number that the name of an entry's file begins with.
func numberOf(file string) string {
	name, _, _ := strings.Cut(path.Base(file), "-")
	return strings.TrimSuffix(name, ".json")
}

// Summaries is what a record of an outbox, or a file of the status branch, says in
// short: of one decision, or of each of those merged into it.
func Summaries(r rollout.Record) []Summary {
	if IsMerged(r.Path) {
		var m Merged
		if err := json.Unmarshal(r.Data, &m); err == nil {
			return m.Entries
		}
	}
	e, _ := Decode(r.Data) // what cannot be read keeps its path and digest
	return []Summary{{r.Path, rollout.DigestBytes(r.Data), e.Previous, e.Operation, e.Changes, e.Reason, e.Revision, e.Time}}
}

// IsMerged tells whether a file of the status branch holds merged records.
func IsMerged(file string) bool { return strings.Contains(path.Base(file), "-merged-") }

// Refusal tells whether a file of the status branch is a decision that allowed nothing.
func Refusal(file string) bool { return strings.Contains(path.Base(file), "-denied-") }

// Applications are the outcomes of the moves in a record of an outbox: they
// were applied, as the record was written in the same apply.
func Applications(r rollout.Record) []Sealed {
	if IsMerged(r.Path) {
		return nil
	}
	e, err := Decode(r.Data)
	if err != nil || e.Verdict != policy.Allow {
		return nil
	}
	return []Sealed{NewOutcome(Sealed{Path: r.Path, Data: r.Data, Digest: rollout.DigestBytes(r.Data)}, Applied, "", e.Time).Seal()}
}

// Follows are the digests of the decisions that this one follows.
func (s Summary) Follows() []rollout.Digest { return follows(s.Previous, s.Changes) }

func size(outbox []rollout.Record) int {
	n := 0
	for _, r := range outbox {
		n += len(r.Path) + len(r.Data)
	}
	return n
}
