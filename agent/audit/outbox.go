package audit

import (
	"encoding/json"
	"fmt"
	"path"
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
// moved when and why.
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
	Changes   []Change       `json:"changes"`
	Reason    rollout.Reason `json:"reason"`
	Revision  string         `json:"revision"`
	Time      time.Time      `json:"time"`
}

// maxSummaries bounds a merged record; the oldest of them go, and the chain
// shows the gap.
const maxSummaries = 64

// Post adds a sealed entry to the outbox. Where that is full, the oldest
// records are merged into one.
func Post(outbox []rollout.Record, s Sealed) []rollout.Record {
	out := append(outbox[:len(outbox):len(outbox)], rollout.Record{Path: s.Path, Data: s.Data})
	for len(out) > MaxRecords || (len(out) > 2 && size(out) > MaxBytes) {
		out = append([]rollout.Record{merge(out[0], out[1])}, out[2:]...)
	}
	if len(out) == 2 && size(out) > MaxBytes {
		out = out[1:] // the newest is the only record of its move
	}
	return out
}

// merge is both records in one.
func merge(a, b rollout.Record) rollout.Record {
	m := Merged{APIVersion, "Merged", append(Summaries(a), Summaries(b)...)}
	m.Entries = m.Entries[max(len(m.Entries)-maxSummaries, 0):]
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("audit: internal error: merging %s: %v", a.Path, err))
	}
	data = append(data, '\n')
	name, _, _ := strings.Cut(path.Base(a.Path), "-")
	return rollout.Record{Path: path.Join(path.Dir(a.Path), fmt.Sprintf("%s-merged-%s.json", strings.TrimSuffix(name, ".json"), rollout.DigestBytes(data).Short())), Data: data}
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
