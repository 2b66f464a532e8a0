package agent

import (
	"slices"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// sent is the decisions that were pushed from each rollout's outboxes and may
// stand there still, in full or merged.
type sent map[rollout.Name]map[rollout.Digest]bool

// note has the outboxes of a rollout, as they were read, for pushed.
func (s sent) note(name rollout.Name, live []rollout.Live) {
	pushed := map[rollout.Digest]bool{}
	for _, l := range live {
		if l.State == nil {
			continue
		}
		for _, r := range l.State.Outbox {
			for _, summary := range audit.Summaries(r) {
				pushed[summary.Digest] = true
			}
		}
	}
	if s[name] = pushed; len(pushed) == 0 {
		delete(s, name)
	}
}

// left is the records of an outbox of which something was not pushed yet.
func (s sent) left(name rollout.Name, outbox []rollout.Record) []rollout.Record {
	return slices.DeleteFunc(slices.Clone(outbox), func(r rollout.Record) bool {
		return !slices.ContainsFunc(audit.Summaries(r), func(of audit.Summary) bool { return !s[name][of.Digest] })
	})
}
