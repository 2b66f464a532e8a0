package simulator

import (
	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// waits notes a record of an outbox, which has to come to the status branch, in
// full or, where the outbox had no room, in short.
func (o *oracle) waits(r rollout.Record) {
	if audit.IsMerged(r.Path) {
		o.abridges(r)
		return
	}
	digest := rollout.DigestBytes(r.Data)
	if _, known := o.entries[digest]; known {
		return
	}
	if e, err := audit.Decode(r.Data); err == nil {
		o.entries[digest] = &entry{Entry: e}
	}
	o.posted[r.Path] = string(r.Data)
}

// abridges holds that a merged record says of each decision in it what that said,
// and of none that nobody knows.
func (o *oracle) abridges(r rollout.Record) {
	if o.merged[r.Path] {
		return
	}
	o.merged[r.Path] = true
	o.w.struck["merged"]++
	for _, s := range audit.Summaries(r) {
		e := o.entries[s.Digest]
		switch {
		case e == nil:
			o.breaks("10", "%s stands for %s, which nobody ever saw", r.Path, s.Path)
		case e.Operation != s.Operation || !s.Short() && (e.Revision != s.Revision || rollout.DigestOf(e.Changes) != rollout.DigestOf(s.Changes)):
			o.breaks("10", "%s says of %s what it did not say", r.Path, s.Path)
		}
	}
}

// abridged reads a merged record on the branch: those in it are pushed with it.
func (o *oracle) abridged(path string, data []byte) {
	if !o.merged[path] {
		o.breaks("10", "%s was in no outbox", path)
	}
	for _, s := range audit.Summaries(rollout.Record{Path: path, Data: data}) {
		if e := o.entries[s.Digest]; e != nil {
			e.pushed = true
		}
		delete(o.posted, s.Path)
	}
}

// discards gives up a record that a person threw away.
func (o *oracle) discards(ref rollout.Ref, r rollout.Record) {
	for _, s := range audit.Summaries(r) {
		for _, known := range append(s.Follows(), s.Digest) { // it named the ones before it
			o.fateOf(known).lost = true
		}
		if e := o.entries[s.Digest]; e != nil && !e.pushed {
			delete(o.moved, place(ref, e.ID, e.Seq)) // its number is free again: nobody heard of it
		}
		delete(o.posted, s.Path)
	}
}
