package audit

import "github.com/weir-delivery/weir/rollout"

// Bounds of the outbox, which travels in an annotation: the API server takes
// 256 KiB of annotations on an object, and others want some of it.
const (
	MaxRecords = 16
	MaxBytes   = 64 << 10
)

// Post adds a sealed entry to the outbox. The oldest records are dropped when
// it is full; the chain then shows the gap, because each entry names the
// digest of the one before it.
func Post(outbox []rollout.Record, s Sealed) []rollout.Record {
	out := append(outbox[:len(outbox):len(outbox)], rollout.Record{Path: s.Path, Data: s.Data})
	for len(out) > MaxRecords || (len(out) > 1 && size(out) > MaxBytes) {
		out = out[1:]
	}
	return out
}

func size(outbox []rollout.Record) int {
	n := 0
	for _, r := range outbox {
		n += len(r.Path) + len(r.Data)
	}
	return n
}
